//! What a process does that the bench started: it serves, says where, and ends when its stdin does.
//!
//! The services run as they do in their own binaries: the same start function inside the same `run_from`.

use std::ffi::OsString;
use std::future::Future;
use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use anyhow::Result;
use rapporteur_server::{MainError, run_from};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::arguments::Server;
use crate::search::feed;
use crate::{echo, proxy, say};

/// Where the gateway looks for a service that does not run.
pub const NOWHERE: &str = "http://127.0.0.1:1";

/// Serves until stdin ends.
pub fn serve(server: &Server) -> ExitCode {
    match server {
        Server::Echo(answers) => {
            reference(async |listener| echo::serve(answers, listener, stdin_ends()).await)
        }
        Server::Proxy { upstream } => {
            reference(async |listener| proxy::serve(*upstream, listener, stdin_ends()).await)
        }
        Server::Events { data, flags } => {
            let believing = [OsString::from("--trust-callers")];
            let flags = if flags.is_empty() {
                &believing[..]
            } else {
                flags
            };
            run_from(
                service("rapporteur-events", &[("--data", data.into())], flags),
                async |arguments: rapporteur_events::Arguments| {
                    rapporteur_events::start(arguments, listener().await?, stdin_ends()).await
                },
            )
        }
        Server::Recommendations { data, events } => run_from(
            service(
                "rapporteur-recommendations",
                &[("--data", data.into()), ("--events", events.into())],
                &["--trust-callers".into()],
            ),
            async |arguments: rapporteur_recommendations::Arguments| {
                rapporteur_recommendations::start(arguments, listener().await?, stdin_ends()).await
            },
        ),
        Server::Gateway {
            data,
            events,
            flags,
        } => {
            let mut settings = vec![
                ("--data", data.into()),
                ("--events", events.into()),
                // Counted as everywhere, but never refused.
                ("--anonymous-rate", u32::MAX.to_string().into()),
                ("--caller-rate", u32::MAX.to_string().into()),
            ];
            if !flags.iter().any(|flag| flag == "--recommendations") {
                settings.push(("--recommendations", NOWHERE.into()));
            }
            run_from(
                service("rapporteur-gateway", &settings, flags),
                async |arguments: rapporteur_gateway::Arguments| {
                    rapporteur_gateway::start(arguments, listener().await?, stdin_ends()).await
                },
            )
        }
        Server::Feed {
            service,
            texts,
            corpus,
        } => reference(async |listener| {
            feed::serve(service, *texts, corpus.as_deref(), listener, stdin_ends()).await
        }),
    }
}

/// The command line of a service. Errors are logged, since nobody reads a log of a bench.
fn service(name: &str, settings: &[(&str, OsString)], flags: &[OsString]) -> Vec<OsString> {
    let mut argv: Vec<OsString> = vec![name.into(), "--log".into(), "error".into()];
    argv.extend(
        settings
            .iter()
            .flat_map(|(flag, value)| [OsString::from(flag), value.clone()]),
    );
    argv.extend(flags.iter().cloned());
    argv
}

/// A reference on the same runtime as the services.
fn reference(work: impl AsyncFnOnce(TcpListener) -> Result<()>) -> ExitCode {
    let serve = || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let served = runtime
            .block_on(async { work(listener().await.map_err(anyhow::Error::from_boxed)?).await });
        runtime.shutdown_background();
        served
    };
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Listens on a free port and says which.
async fn listener() -> Result<TcpListener, MainError> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{}", listener.local_addr()?)?;
    stdout.flush()?;
    Ok(listener)
}

/// Resolves when the process that started this one closes the pipe, or dies.
fn stdin_ends() -> impl Future<Output = ()> + Send + 'static {
    let (ended, end) = oneshot::channel();
    // A thread of its own: a read that blocks would hold up the end of the runtime.
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        let _ = ended.send(());
    });
    async move {
        let _ = end.await;
    }
}
