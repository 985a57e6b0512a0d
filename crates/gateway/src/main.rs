//! `rapporteur-gateway`: the public door.

use std::process::ExitCode;

use rapporteur_server::{run, shutdown_signal};
use tokio::net::TcpListener;

fn main() -> ExitCode {
    run(|arguments: rapporteur_gateway::Arguments| async move {
        let listener = TcpListener::bind(arguments.server.listen).await?;
        rapporteur_gateway::start(arguments, listener, shutdown_signal()).await
    })
}
