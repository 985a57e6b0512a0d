//! The life of a process: what `main` hands over to.

use std::error::Error;
use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use clap::error::ErrorKind;
use rapporteur_store::engine::without_passwords;
use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::args::{self, Args};
use crate::{telemetry, trace};

/// How long work on blocking threads gets after `main` returned.
const LEFTOVERS_WITHIN: Duration = Duration::from_secs(5);

/// What stopped a process, for the log.
pub type MainError = Box<dyn Error + Send + Sync>;

/// Reads the arguments, starts telemetry and a runtime, and runs `main` on it. The exit code is 0 when it
/// went well, 1 when not, 2 when the arguments are wrong.
pub fn run<T: Parser + AsRef<Args>>(
    main: impl AsyncFnOnce(T) -> Result<(), MainError>,
) -> ExitCode {
    run_from(std::env::args_os(), main)
}

/// [`run`] with a command line of one's own.
pub fn run_from<T: Parser + AsRef<Args>>(
    argv: impl IntoIterator<Item = OsString>,
    main: impl AsyncFnOnce(T) -> Result<(), MainError>,
) -> ExitCode {
    let args: T = match args::parse(argv) {
        Ok(args) => args,
        Err(error) => return told(&discreet::<T>(error)),
    };
    let checked = args.as_ref().check();
    if let Err(error) = checked.and_then(|()| telemetry::init(args.as_ref())) {
        return told(&T::command().error(ErrorKind::InvalidValue, error));
    }
    let runtime = match runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let exporting = {
        let _within = runtime.enter();
        trace::start(args.as_ref(), T::command().get_name())
    };
    let exporting = match exporting {
        Ok(exporting) => exporting,
        Err(error) => return told(&T::command().error(ErrorKind::InvalidValue, error)),
    };
    let result = runtime.block_on(main(args));
    // While there is still a runtime to send the last spans.
    drop(exporting);
    runtime.shutdown_timeout(LEFTOVERS_WITHIN);
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&*error),
    }
}

/// Resolves at the first SIGINT or SIGTERM. A second SIGINT ends the process at once, for someone who
/// waits at a terminal.
pub async fn shutdown_signal() {
    let (mut interrupt, mut terminate) = match (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) {
        (Ok(interrupt), Ok(terminate)) => (interrupt, terminate),
        (Err(error), _) | (_, Err(error)) => {
            tracing::error!(%error, "cannot listen for signals; only a kill will stop this process");
            return std::future::pending().await;
        }
    };
    let name = tokio::select! {
        _ = interrupt.recv() => "SIGINT",
        _ = terminate.recv() => "SIGTERM",
    };
    tracing::info!(signal = name, "asked to stop");
    tokio::spawn(insist(interrupt));
}

async fn insist(mut interrupt: Signal) {
    if interrupt.recv().await.is_some() {
        tracing::warn!("interrupted again; ending at once");
        std::process::exit(130);
    }
}

/// An argument in the wrong place is repeated by the parser, and it may be an address with a password.
fn discreet<T: Parser>(error: clap::Error) -> clap::Error {
    let said = error.to_string();
    let hidden = without_passwords(&said);
    if !error.use_stderr() || hidden == said {
        return error;
    }
    let words = hidden.strip_prefix("error: ").unwrap_or(&hidden).trim_end();
    T::command().error(error.kind(), words)
}

/// Help and usage errors, as clap shows them.
fn told(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

fn failed(error: &(dyn Error + 'static)) -> ExitCode {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    tracing::error!(error = text, "stopped by an error");
    ExitCode::FAILURE
}
