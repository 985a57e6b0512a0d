//! Where a store is, and what all commands about stores share.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rapporteur_server::stores;
use rapporteur_store::copy::Progress;
use rapporteur_store::engine::{self, Address, Opened, Settings, Text};
use serde_json::Value;

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::output::{self, Format};

/// A store: at an address, or of a running service.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Source {
    /// Address of a store that nobody has open: sled:DIR or postgres://user@host/database?schema=name
    #[arg(value_name = "ADDRESS", conflicts_with = "service")]
    address: Option<Text>,
    /// Address of a running service itself, http://HOST:PORT; the gateway's for the gateway's own store
    #[arg(long, value_name = "URL")]
    service: Option<String>,
}

/// The same, decided.
pub(super) enum Which {
    Place(Address),
    Service(String),
}

impl Source {
    pub(super) fn which(self) -> Result<Which> {
        match (self.address, self.service) {
            (Some(text), None) => Ok(Which::Place(address("ADDRESS", &text)?)),
            (None, Some(url)) => Ok(Which::Service(url)),
            _ => Err(Failure::usage(
                "which store? Give its address (sled:DIR), or --service http://HOST:PORT of the service that has it open",
            )),
        }
    }
}

/// The address that an argument gives.
pub(crate) fn address(argument: &str, text: &Text) -> Result<Address> {
    text.address()
        .map_err(|error| Failure::usage(format!("{argument}: {error}")))
}

/// Opens a store that must be there.
pub(crate) async fn open(address: &Address, settings: &Settings) -> Result<Opened> {
    engine::open_existing(address, settings)
        .await
        .map_err(failed)
}

/// Closes a store after work on it; what went wrong first counts.
pub(crate) async fn closed<T>(opened: Opened, done: rapporteur_store::Result<T>) -> Result<T> {
    let closed = opened.store.close().await;
    let done = done.map_err(failed)?;
    closed.map_err(failed)?;
    Ok(done)
}

/// Why a store could not be used.
pub(crate) fn failed(error: rapporteur_store::Error) -> Failure {
    Failure::other(stores::reason(&error), error.to_string())
}

/// Fields and their values: one a line for people.
pub(crate) fn show(ctx: &mut Context<'_>, fields: &Value) -> Result<()> {
    let words = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let object = fields.as_object().into_iter().flatten();
    let (names, values): (Vec<&str>, Vec<String>) = object
        .map(|(name, value)| (name.as_str(), words(value)))
        .unzip();
    match ctx.global.output {
        Format::Json | Format::Yaml => output::data(ctx, fields),
        Format::Csv => output::table(ctx, &names, &[values]),
        Format::Table => {
            let rows = names.into_iter().zip(values);
            let rows: Vec<_> = rows
                .map(|(name, value)| vec![name.to_owned(), value])
                .collect();
            output::table(ctx, &["field", "value"], &rows)
        }
    }
}

/// A digest, as people compare it.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Now, in microseconds since the Unix epoch.
pub(crate) fn now_us() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}

/// A moment in microseconds since the Unix epoch, as it is written.
pub(crate) fn moment(us: i64) -> String {
    jiff::Timestamp::from_microsecond(us).map_or_else(|_| us.to_string(), |it| it.to_string())
}

/// Shows on a terminal how far something is; gone when dropped.
pub(crate) struct Bar(ProgressBar);

/// A bar that counts log entries.
pub(crate) fn progress(ctx: &Context<'_>) -> Bar {
    let target = if ctx.around.err_is_terminal {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(None, target);
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} commits, {eta} left");
    Bar(match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    })
}

impl Bar {
    /// Hears of progress.
    pub(crate) fn hear(&self) -> impl FnMut(Progress) + Send + use<> {
        let bar = self.0.clone();
        move |Progress { position, head }| {
            bar.set_length(head);
            bar.set_position(position);
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
