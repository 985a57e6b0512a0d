//! A process from its arguments to its exit code. Alone in its binary: it sends itself a signal.

#![allow(clippy::unwrap_used)]

use std::ffi::OsString;
use std::process::Command;

use clap::Parser;
use rapporteur_server::{Args, MainError, Serving, run_from, serve, shutdown_signal};
use tokio::net::TcpListener;
use tonic::service::Routes;

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    server: Args,
}

impl AsRef<Args> for Arguments {
    fn as_ref(&self) -> &Args {
        &self.server
    }
}

fn exit_code(flags: &[&str], main: impl AsyncFnOnce(Arguments) -> Result<(), MainError>) -> String {
    let argv = ["process"].iter().chain(flags).map(OsString::from);
    format!("{:?}", run_from(argv, main))
}

#[test]
fn exit_codes() {
    let code = |n: u8| format!("{:?}", std::process::ExitCode::from(n));
    assert_eq!(exit_code(&["--help"], async |_| unreachable!()), code(0));
    assert_eq!(
        exit_code(&["--no-such-flag"], async |_| unreachable!()),
        code(2)
    );
    assert_eq!(
        exit_code(&["--log", "=["], async |_| unreachable!()),
        code(2)
    );
    assert_eq!(exit_code(&[], async |_| Err("no".into())), code(1));
    let stopped_by_signal = exit_code(&["--listen", "127.0.0.1:0"], async |args| {
        let listener = TcpListener::bind(args.server.listen).await?;
        let shutdown = async {
            let mut signal = std::pin::pin!(shutdown_signal());
            // Polled once, it listens; only then is the signal not deadly.
            assert!(futures::poll!(&mut signal).is_pending());
            assert!(
                Command::new("kill")
                    .args(["-TERM", &std::process::id().to_string()])
                    .status()
                    .unwrap()
                    .success()
            );
            signal.await;
        };
        Ok(serve(
            listener,
            Routes::default(),
            Serving::from(&args.server),
            shutdown,
        )
        .await?)
    });
    assert_eq!(stopped_by_signal, code(0));
}
