//! Logs: lines on stderr, for people or as JSON.
//!
//! Bodies, metadata and tokens are never logged; what is logged of a call is in `call.rs`. The
//! libraries below us would print headers at their finest levels, so those levels are shut off.

use std::io::{self, IsTerminal as _};
use std::panic;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::args::{Args, LogFormat};

/// Overrides whatever the filter says.
const SHUT: [&str; 4] = ["h2=info", "hyper=info", "hyper_util=info", "tonic=info"];

/// Starts logging as the arguments say. The first call in a process wins and later ones change
/// nothing, so tests and `rapporteur up` may start several services. Says what is wrong with a filter.
pub fn init(args: &Args) -> Result<(), String> {
    let filter = EnvFilter::try_new(&args.log)
        .map_err(|error| format!("log filter `{}`: {error}", args.log))?;
    let shut: Vec<_> = SHUT
        .iter()
        .filter_map(|directive| directive.parse().ok())
        .collect();
    let filter = shut.into_iter().fold(filter, EnvFilter::add_directive);
    let registry = tracing_subscriber::registry().with(filter);
    let started = match args.log_format {
        LogFormat::Text => {
            let lines = fmt::layer()
                .with_writer(io::stderr)
                .with_ansi(io::stderr().is_terminal());
            registry.with(lines).try_init()
        }
        LogFormat::Json => {
            let lines = fmt::layer()
                .json()
                .flatten_event(true)
                .with_writer(io::stderr);
            registry.with(lines).try_init()
        }
    };
    if started.is_ok() {
        log_panics();
    }
    Ok(())
}

/// Panics become log lines too, so that nothing on stderr breaks the format.
fn log_panics() {
    panic::set_hook(Box::new(|panic| {
        let payload = panic.payload();
        let message = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("of unknown type");
        let location = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        tracing::error!(location, message, "panic");
    }));
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::filter::Directive;

    use super::*;

    #[test]
    fn starting_twice_is_fine_and_a_bad_filter_is_named() {
        let mut args = Args::default();
        assert_eq!(init(&args), Ok(()));
        args.log_format = LogFormat::Json;
        assert_eq!(init(&args), Ok(()));
        assert!(
            SHUT.iter()
                .all(|directive| directive.parse::<Directive>().is_ok())
        );
        args.log = "info,=[".to_owned();
        assert!(init(&args).unwrap_err().contains("info,=["));
    }
}
