//! What an operator can set, the same in every process: on the command line, in the environment or
//! in a TOML file.
//!
//! One definition, the clap struct, serves all three: the flag `--drain-seconds` is the variable
//! `RAPPORTEUR_DRAIN_SECONDS` and the key `drain_seconds`. A flag wins over a variable, that over the
//! file, that over the default. A key that no flag has is an error.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{Command, Parser, ValueEnum};

use crate::callers::Callers;
use crate::metrics::Metrics;
use crate::serve::ServeError;
use crate::storage::StoreArgs;
use crate::tls::{Acceptor, ListenArgs};

/// The arguments that every service has; flatten them into the service's own.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7400")]
    pub listen: SocketAddr,
    /// Directory of the data
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub data: PathBuf,
    /// What the store may keep of its pages in memory, in MiB; it needs some more, and little while the
    /// data are few
    #[arg(long, value_name = "MIB", default_value_t = 256, value_parser = clap::value_parser!(u64).range(8..=65_536))]
    pub cache_mib: u64,
    /// Where the store is, when it is not in the data directory.
    #[command(flatten)]
    pub store: StoreArgs,
    /// The gateway's public keys, by which callers are believed: `caller-keys.json` of its data directory. A new
    /// file is taken over within seconds
    #[arg(long, value_name = "FILE")]
    pub caller_keys: Option<PathBuf>,
    /// Believe whoever calls, where only the gateway can reach this service: every caller but the anonymous may do
    /// everything
    #[arg(long)]
    pub trust_callers: bool,
    /// Whom to believe about who calls, when a process that starts several services decides it.
    #[arg(skip)]
    pub callers: Option<Callers>,
    /// Whether and how connections are private.
    #[command(flatten)]
    pub tls: ListenArgs,
    /// Address on which health and `/metrics` alone are answered, without TLS: for probes and Prometheus, which have
    /// no certificate
    #[arg(long, value_name = "ADDRESS")]
    pub health_listen: Option<SocketAddr>,
    /// Where calls, commits and feeds are counted.
    #[arg(skip)]
    pub metrics: Metrics,
    /// Collector of traces (OTLP over gRPC), such as http://127.0.0.1:4317; without it, or
    /// OTEL_EXPORTER_OTLP_ENDPOINT, nothing is traced
    #[arg(long, value_name = "URL")]
    pub otlp: Option<String>,
    /// TOML file with any of these settings, written as `drain_seconds = 30`
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to log: a level, or a filter such as `info,rapporteur_server=debug`
    #[arg(long, value_name = "FILTER", default_value = "info")]
    pub log: String,
    /// Shape of a log line
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// Longest time that calls in flight get to finish when the process stops
    #[arg(long, value_name = "SECONDS", default_value_t = 25, value_parser = clap::value_parser!(u64).range(..=3_600))]
    pub drain_seconds: u64,
    /// Seconds between turning NOT_SERVING and closing the door when the process stops, so that load
    /// balancers notice first
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=600))]
    pub announce_seconds: u64,
    /// Deadline of a call whose client sets none
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub default_deadline_seconds: u64,
    /// Longest deadline that a client gets, except for streams and imports
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub max_deadline_seconds: u64,
    /// Most connections at a time
    #[arg(long, value_name = "COUNT", default_value_t = 1_024, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_connections: u32,
    /// Most connections from one address at a time; 0 = no limit of its own
    #[arg(long, value_name = "COUNT", default_value_t = 256, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub max_connections_per_address: u32,
    /// Seconds that a new connection has to begin speaking HTTP/2
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub handshake_seconds: u64,
    /// Seconds that a client may leave untaken what is sent to it, or an answer that it asked for
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub take_seconds: u64,
    /// Describe the services over gRPC reflection
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set)]
    pub reflection: bool,
}

impl Args {
    /// `drain_seconds` as a duration.
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }

    /// What is wrong with the settings of the listener, as far as it shows before anything is started: files
    /// of TLS that cannot be used, or an address that others can reach without it.
    pub fn check(&self) -> Result<(), String> {
        match Acceptor::new(&self.tls, false) {
            Err(error) => Err(error.to_string()),
            Ok(None) if !self.tls.may_listen_plainly(self.listen) => {
                Err(ServeError::Plaintext(self.listen).to_string())
            }
            Ok(_) => Ok(()),
        }
    }
}

impl Default for Args {
    /// The defaults that the flags have.
    fn default() -> Self {
        #[derive(Parser)]
        struct Alone {
            #[command(flatten)]
            args: Args,
        }
        match Alone::try_parse_from(["rapporteur"]) {
            Ok(alone) => alone.args,
            Err(error) => unreachable!("a default is invalid: {error}"),
        }
    }
}

/// Shape of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object on each line.
    Json,
}

/// The program's arguments with the variable of each, for its manual page.
pub fn arguments<T: Parser>() -> Command {
    with_variables(T::command())
}

/// Parses a command line, the environment and the file that `--config` or `RAPPORTEUR_CONFIG` names.
///
/// Works for any clap struct; every flag gets its variable and its key without further ado.
pub fn parse<T: Parser>(
    argv: impl IntoIterator<Item = impl Into<OsString> + Clone>,
) -> Result<T, clap::Error> {
    let argv: Vec<OsString> = argv.into_iter().map(Into::into).collect();
    let mut command = arguments::<T>();
    // The file has to be known before its values can be defaults, so look for its name alone first.
    let first = command
        .clone()
        .ignore_errors(true)
        .try_get_matches_from(&argv);
    let named = first
        .ok()
        .and_then(|m| m.try_get_one::<PathBuf>("config").ok().flatten().cloned());
    if let Some(file) = &named {
        command = with_file(command, file)?;
    }
    let usage = command.clone();
    let matches = command
        .try_get_matches_from(&argv)
        .map_err(|error| match &named {
            Some(file)
                if matches!(
                    error.kind(),
                    ErrorKind::InvalidValue | ErrorKind::ValueValidation
                ) =>
            {
                let text = error.to_string();
                let text = text
                    .strip_prefix("error: ")
                    .unwrap_or(&text)
                    .trim_end()
                    .to_owned();
                usage.clone().error(
                    error.kind(),
                    format!("{text}\n\nValues were also read from {}.", file.display()),
                )
            }
            _ => error,
        })?;
    T::from_arg_matches(&matches).map_err(|error| error.format(&mut usage.clone()))
}

/// Gives each flag that has no variable the one that follows from its name.
fn with_variables(command: Command) -> Command {
    settable(&command)
        .into_iter()
        .chain(["config".to_owned()])
        .fold(command, |command, id| {
            if command
                .get_arguments()
                .all(|arg| arg.get_id() != id.as_str() || arg.get_env().is_some())
            {
                return command;
            }
            let variable = format!("RAPPORTEUR_{}", id.to_ascii_uppercase());
            command.mut_arg(id, |arg| arg.env(variable))
        })
}

/// Makes the file's values the defaults.
fn with_file(mut command: Command, file: &Path) -> Result<Command, clap::Error> {
    let wrong = |command: &Command, message: String| {
        command.clone().error(
            ErrorKind::InvalidValue,
            format!("{}: {message}", file.display()),
        )
    };
    let text = std::fs::read_to_string(file).map_err(|error| wrong(&command, error.to_string()))?;
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| wrong(&command, error.to_string()))?;
    let known = settable(&command);
    for (key, value) in table {
        let id = key.replace('-', "_");
        if !known.contains(&id) {
            return Err(wrong(
                &command,
                format!("unknown key `{key}`; known are {}", known.join(", ")),
            ));
        }
        let values = words(&value).ok_or_else(|| {
            wrong(
                &command,
                format!("`{key}` must be a text, a number, true or false, or a list of them"),
            )
        })?;
        // A required argument is no longer missing when the file has it.
        command = command.mut_arg(id, |arg| arg.required(false).default_values(values));
    }
    Ok(command)
}

/// The ids of the flags that may stand in a file.
fn settable(command: &Command) -> Vec<String> {
    let ids = command
        .get_arguments()
        .filter(|arg| arg.get_long().is_some())
        .map(|arg| arg.get_id().to_string());
    ids.filter(|id| !["help", "version", "config"].contains(&id.as_str()))
        .collect()
}

/// A TOML value as it would stand on the command line.
fn words(value: &toml::Value) -> Option<Vec<String>> {
    match value {
        toml::Value::String(text) => Some(vec![text.clone()]),
        toml::Value::Integer(number) => Some(vec![number.to_string()]),
        toml::Value::Float(number) => Some(vec![number.to_string()]),
        toml::Value::Boolean(truth) => Some(vec![truth.to_string()]),
        toml::Value::Array(items) if items.iter().all(|item| !item.is_array()) => items
            .iter()
            .map(words)
            .collect::<Option<Vec<_>>>()
            .map(|items| items.concat()),
        toml::Value::Array(_) | toml::Value::Table(_) | toml::Value::Datetime(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Parser)]
    #[command(mut_arg("listen", |arg| arg.default_value("127.0.0.1:7401")))]
    struct Service {
        #[command(flatten)]
        server: Args,
        /// Needed
        #[arg(long)]
        ledger: String,
        #[arg(long, value_delimiter = ',')]
        peers: Vec<String>,
        #[arg(long)]
        verbose: bool,
        /// No other test has this variable
        #[arg(long, default_value_t = 1, env = "CARGO_PKG_VERSION_MINOR")]
        from_environment: u32,
        #[arg(long, default_value = "none")]
        manifest: String,
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    fn parsed(text: &str, flags: &[&str]) -> Result<Service, String> {
        let file = file(text);
        let argv = ["service", "--config", file.path().to_str().unwrap()];
        parse(argv.iter().chain(flags)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let text = "ledger = 'sled:data'\ndrain_seconds = 7\nlog-format = 'json'\npeers = ['a', 'b']\nverbose = true\nreflection = false";
        let service = parsed(text, &["--drain-seconds", "8"]).unwrap();
        assert_eq!(service.server.drain_seconds, 8);
        assert_eq!(service.server.log_format, LogFormat::Json);
        assert_eq!(service.server.max_connections, 1_024);
        assert_eq!(service.server.listen.port(), 7401);
        assert_eq!(
            (
                service.ledger.as_str(),
                service.peers.len(),
                service.verbose
            ),
            ("sled:data", 2, true)
        );
        assert!(!service.server.reflection);
        assert_eq!(parsed(text, &[]).unwrap().server.drain_seconds, 7);
        assert_eq!(
            parsed(text, &["--reflection", "true"])
                .unwrap()
                .server
                .drain(),
            Duration::from_secs(7)
        );
    }

    #[test]
    fn the_environment_stands_between_flag_and_file() {
        // Tests may not change the environment (unsafe), so they read what cargo set.
        let minor: u32 = env!("CARGO_PKG_VERSION_MINOR").parse().unwrap();
        let text = "ledger = 's'\nfrom_environment = 77";
        assert_eq!(parsed(text, &[]).unwrap().from_environment, minor);
        assert_eq!(
            parsed(text, &["--from-environment", "78"])
                .unwrap()
                .from_environment,
            78
        );
    }

    #[test]
    fn every_flag_has_its_variable() {
        let command = with_variables(<Service as clap::CommandFactory>::command());
        let variable = |id: &str| {
            command
                .get_arguments()
                .find(|arg| arg.get_id() == id)
                .unwrap()
                .get_env()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(variable("listen"), "RAPPORTEUR_LISTEN");
        assert_eq!(variable("config"), "RAPPORTEUR_CONFIG");
        assert_eq!(variable("manifest"), "RAPPORTEUR_MANIFEST");
        assert_eq!(variable("from_environment"), "CARGO_PKG_VERSION_MINOR");
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said() {
        let unknown = parsed("legder = 's'", &[]).unwrap_err();
        assert!(
            unknown.contains("`legder`")
                && unknown.contains("drain_seconds")
                && unknown.contains("ledger"),
            "{unknown}"
        );
        assert!(
            parsed("config = 'other'", &[])
                .unwrap_err()
                .contains("unknown key `config`")
        );
        assert!(
            parsed("ledger = { a = 1 }", &[])
                .unwrap_err()
                .contains("`ledger` must be")
        );
        assert!(parsed("ledger = ", &[]).is_err());
        let value = parsed("ledger = 's'\nlisten = 'nowhere'", &[]).unwrap_err();
        assert!(
            value.contains("nowhere") && value.contains("--listen") && value.contains("read from"),
            "{value}"
        );
        assert!(
            parse::<Service>(["service", "--config", "/nonexistent", "--ledger", "s"]).is_err()
        );
        assert!(
            parse::<Service>(["service"])
                .unwrap_err()
                .to_string()
                .contains("--ledger")
        );
        assert_eq!(
            parse::<Service>(["service", "--help"]).unwrap_err().kind(),
            ErrorKind::DisplayHelp
        );
    }

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(Args::default().default_deadline_seconds, 10);
    }
}
