//! `store`: keeping and moving the stores themselves. With an address where nobody has the store open, with
//! `--service` through the service that has it.

mod place;
mod service;

use std::path::PathBuf;
use std::time::Duration;

use rapporteur_server::{StoreServerArgs, stores};
use rapporteur_store::engine::{Settings, Text};
use rapporteur_store::switch::{self, Settled};
use rapporteur_store::{archive, copy};
use serde_json::json;

use crate::context::Context;
use crate::error::{Failure, Result};
use place::{Source, Which};
pub(crate) use place::{address, closed, failed, hex, moment, now_us, open, progress, show};
pub(crate) use service::export;

/// Keep, restore, copy, check and move the stores of the services
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Ask {
    #[command(flatten)]
    server: StoreServerArgs,
    #[command(subcommand)]
    command: Command,
}

/// What to do with a store.
#[derive(Clone, Debug, clap::Subcommand)]
enum Command {
    /// Write a store to a file, from which any engine restores it; a running service goes on meanwhile
    Export(Export),
    /// Make a store of an exported file, in an empty place
    Import(Import),
    /// Copy a store that nobody has open to an empty place
    Copy(Copy),
    /// Walk a whole store, or an exported file, and name the first bad place
    Verify(Verify),
    /// Show what a store is and how far it is
    Info {
        #[command(flatten)]
        source: Source,
    },
    /// Move the store of a running service to an empty place; the service goes on there
    Move(Move),
    /// Settle a move that was cut off: where neither place can be opened, the old one is given back
    Settle(Settle),
}

/// From where to which file.
#[derive(Clone, Debug, clap::Args)]
struct Export {
    #[command(flatten)]
    source: Source,
    /// File to write; it must not exist
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

/// From which file to where.
#[derive(Clone, Debug, clap::Args)]
struct Import {
    /// Exported file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Address of an empty place: sled:DIR or postgres://user@host/database?schema=name; one where the same import
    /// was cut off is filled up
    #[arg(long, value_name = "ADDRESS")]
    to: Text,
}

/// From where to where.
#[derive(Clone, Debug, clap::Args)]
struct Copy {
    /// Address of the store: sled:DIR or postgres://user@host/database?schema=name
    #[arg(value_name = "ADDRESS")]
    from: Text,
    /// Address of an empty place: sled:DIR or postgres://user@host/database?schema=name; one where the same copy was
    /// cut off is filled up
    #[arg(long, value_name = "ADDRESS")]
    to: Text,
}

/// What to walk.
#[derive(Clone, Debug, clap::Args)]
struct Verify {
    #[command(flatten)]
    source: Source,
    /// Exported file, instead of a store
    #[arg(long, value_name = "FILE", conflicts_with_all = ["address", "service"])]
    file: Option<PathBuf>,
}

/// Whose store, and where to.
#[derive(Clone, Debug, clap::Args)]
struct Move {
    /// Address of the service itself, http://HOST:PORT; the gateway's for the gateway's own store
    #[arg(long, value_name = "URL")]
    service: String,
    /// Address of an empty place, as the service sees it; start the service with it from then on
    #[arg(long, value_name = "ADDRESS")]
    to: Text,
}

/// Of which store.
#[derive(Clone, Debug, clap::Args)]
struct Settle {
    /// Address of the store that was moved away; stop the service that moved it first
    #[arg(value_name = "ADDRESS")]
    from: Text,
    /// Address that it was moved to, when that needs a password
    #[arg(long, value_name = "ADDRESS")]
    to: Option<Text>,
    /// The place that it was moved to is lost for good: go on with what the old one has
    #[arg(long, conflicts_with = "to")]
    lost: bool,
}

pub(crate) async fn run(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    let settings = ask.server.settings();
    match ask.command {
        Command::Export(ask) => exported(ctx, ask, &settings).await,
        Command::Import(ask) => import(ctx, ask, &settings).await,
        Command::Copy(ask) => copy(ctx, ask, &settings).await,
        Command::Verify(ask) => verify(ctx, ask, &settings).await,
        Command::Info { source } => info(ctx, source, &settings).await,
        // The service opens the new place by itself, and has to be able to again when it starts.
        Command::Move(_) if ask.server.is_given() => Err(Failure::usage(
            "--store-ca and the like are not passed on: start the service with them, then move its store",
        )),
        Command::Move(ask) => service::relocate(ctx, &ask.service, &ask.to).await,
        Command::Settle(ask) => settle(ctx, ask, &settings).await,
    }
}

async fn exported(ctx: &mut Context<'_>, ask: Export, settings: &Settings) -> Result<()> {
    let summary = match ask.source.which()? {
        Which::Service(url) => export(ctx, &url, &ask.to).await?,
        Which::Place(address) => {
            let opened = open(&address, settings).await?;
            let bar = progress(ctx);
            let store = opened.store.clone();
            let exported = copy::export(store, &ask.to, now_us(), bar.hear()).await;
            closed(opened, exported).await?
        }
    };
    let said = json!({
        "file": ask.to.display().to_string(),
        "entries": summary.entries,
        "writes": summary.writes,
        "bytes": summary.bytes,
        "digest": hex(&summary.digest),
    });
    show(ctx, &said)
}

async fn import(ctx: &mut Context<'_>, ask: Import, settings: &Settings) -> Result<()> {
    let to = address("--to", &ask.to)?;
    let bar = progress(ctx);
    let head = copy::import(&ask.file, &to, settings, bar.hear()).await;
    let head = head.map_err(failed)?;
    drop(bar);
    let said = json!({
        "address": to.to_string(),
        "store_id": head.store_id.to_string(),
        "head": head.position,
    });
    show(ctx, &said)
}

async fn copy(ctx: &mut Context<'_>, ask: Copy, settings: &Settings) -> Result<()> {
    let (from, to) = (address("ADDRESS", &ask.from)?, address("--to", &ask.to)?);
    let opened = open(&from, settings).await?;
    let bar = progress(ctx);
    let copied = copy::copy(&*opened.store, &to, settings, bar.hear()).await;
    let head = closed(opened, copied).await?;
    drop(bar);
    let said = json!({
        "address": to.to_string(),
        "store_id": head.store_id.to_string(),
        "head": head.position,
    });
    show(ctx, &said)
}

async fn verify(ctx: &mut Context<'_>, ask: Verify, settings: &Settings) -> Result<()> {
    if let Some(file) = ask.file {
        let path = file.clone();
        let checked = tokio::task::spawn_blocking(move || archive::file::check(&path)).await;
        let checked =
            checked.map_err(|error| rapporteur_store::Error::Unavailable(error.to_string()));
        let (header, summary) = checked.and_then(|it| it).map_err(failed)?;
        let said = json!({
            "file": file.display().to_string(),
            "store_id": header.head.store_id.to_string(),
            "head": header.head.position,
            "created": place::moment(header.created_us),
            "entries": summary.entries,
            "writes": summary.writes,
            "digest": hex(&summary.digest),
        });
        return show(ctx, &said);
    }
    let found = match ask.source.which()? {
        Which::Service(url) => service::verify(ctx, &url).await?,
        Which::Place(address) => {
            let opened = open(&address, settings).await?;
            let verified = opened.store.verify().await;
            stores::whole(closed(opened, verified).await?)
        }
    };
    let said = json!({
        "rows": found.rows,
        "log_entries": found.log_entries,
        "history_rows": found.history_rows,
    });
    show(ctx, &said)
}

async fn info(ctx: &mut Context<'_>, source: Source, settings: &Settings) -> Result<()> {
    let info = match source.which()? {
        Which::Service(url) => {
            let patience = Duration::from_secs(ctx.global.timeout);
            service::info(ctx, &url, patience).await?
        }
        Which::Place(address) => {
            let opened = open(&address, settings).await?;
            let info = stores::info(&*opened.store, &address).await;
            closed(opened, info).await?
        }
    };
    let said = json!({
        "engine": info.engine,
        "address": info.address,
        "store_id": info.store_id,
        "schema": info.schema,
        "head": info.head,
        "head_op_id": info.head_op_id,
        "head_hash": hex(&info.head_hash),
        "disk_bytes": info.disk_bytes,
    });
    show(ctx, &said)
}

async fn settle(ctx: &mut Context<'_>, ask: Settle, settings: &Settings) -> Result<()> {
    let from = address("ADDRESS", &ask.from)?;
    let to = ask.to.map(|to| address("--to", &to)).transpose()?;
    let settled = if ask.lost {
        let given = switch::give_back(&from, settings).await;
        given.map(|()| ("given back", from, None))
    } else {
        let settled = switch::settle(&from, to.as_ref(), settings).await;
        settled.map(|settled| match settled {
            Settled::Open => ("not moved", from, None),
            Settled::GivenBack(copy) => ("given back", from, Some(copy)),
            Settled::Moved(there) => ("moved", there, None),
        })
    };
    let (outcome, usable, copy) = settled.map_err(failed)?;
    let said = json!({
        "outcome": outcome,
        "address": usable.to_string(),
        "unfinished_copy": copy.map(|copy| copy.to_string()),
    });
    show(ctx, &said)
}
