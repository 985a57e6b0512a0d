//! Hands the command line over; everything else is in the library, where tests can call it.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let mut out = std::io::stdout();
    let mut err = std::io::stderr();
    ExitCode::from(rapporteur_cli::run(std::env::args_os(), &mut out, &mut err).await)
}
