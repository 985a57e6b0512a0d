//! `rapporteur-events`: the events service.

use std::process::ExitCode;

use rapporteur_server::{run, shutdown_signal};
use tokio::net::TcpListener;

fn main() -> ExitCode {
    run(|arguments: rapporteur_events::Arguments| async move {
        let listener = TcpListener::bind(arguments.server.listen).await?;
        rapporteur_events::start(arguments, listener, shutdown_signal()).await
    })
}
