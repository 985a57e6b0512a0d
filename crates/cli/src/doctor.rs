//! `doctor`: looks after a store that no service has open. Nothing is repaired in silence: index rows are rewritten
//! by commits with a reason, and what is put out of use is kept beside.

use std::sync::Arc;

use rapporteur_records::verify::Examined;
use rapporteur_records::{AnyNoun, Damage, Error, Records};
use rapporteur_server::{StoreServerArgs, audit};
use rapporteur_store::engine::{Address, Settings, Text};
use rapporteur_store::{Store, copy, engine};
use serde_json::{Value, json};

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::store::{address, closed, failed, open, progress, show};

/// Check and repair a store that no service has open
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
    /// Walk the whole store, and compare every index row and guard row with what the records ask for
    Check {
        /// Address of the store: sled:DIR or postgres://user@host/database?schema=name
        #[arg(value_name = "ADDRESS")]
        address: Text,
    },
    /// Rewrite the index rows and guard rows that are not what the records ask for
    Reindex(Reindex),
    /// Make the store as small as its contents, and keep the old one beside it until you remove it
    Compact {
        /// Address of the store: sled:DIR or postgres://user@host/database?schema=name
        #[arg(value_name = "ADDRESS")]
        address: Text,
    },
}

/// Of which store, and why.
#[derive(Clone, Debug, clap::Args)]
struct Reindex {
    /// Address of the store: sled:DIR or postgres://user@host/database?schema=name
    #[arg(value_name = "ADDRESS")]
    address: Text,
    /// Why, for the change log
    #[arg(long, value_name = "WORDS")]
    reason: String,
}

pub(crate) async fn run(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    let settings = ask.server.settings();
    match ask.command {
        Command::Check { address: text } => {
            check(ctx, &address("ADDRESS", &text)?, &settings).await
        }
        Command::Reindex(ask) => reindex(ctx, ask, &settings).await,
        Command::Compact { address: text } => {
            compact(ctx, &address("ADDRESS", &text)?, &settings).await
        }
    }
}

async fn check(ctx: &mut Context<'_>, address: &Address, settings: &Settings) -> Result<()> {
    let opened = open(address, settings).await?;
    let found = examined(&opened.store).await;
    closed(opened, Ok(())).await?;
    show(ctx, &found?)
}

/// How many records a store has, and what its rows are not as those ask for, in words. For one whose hash chain was
/// walked already.
pub(crate) async fn differences(store: &Arc<dyn Store>) -> Result<(u64, Option<String>)> {
    let records = Records::new(store.clone());
    let nouns = nouns(&records).await?;
    let found = records.examine(nouns.of).await.map_err(differs)?;
    let count = found.whole.records;
    let differs = (!found.differences.is_empty()).then(|| listed(found));
    Ok((count, differs))
}

fn listed(found: Examined) -> String {
    let Examined {
        differences, more, ..
    } = found;
    let all = more + differences.len() as u64;
    let mut lines = vec![format!(
        "{all} of the rows differ from what the records ask for"
    )];
    lines.extend(differences);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n  ")
}

async fn examined(store: &Arc<dyn Store>) -> Result<Value> {
    let records = Records::new(store.clone());
    let nouns = nouns(&records).await?;
    let whole = records.whole(nouns.of, None).await.map_err(damaged)?;
    Ok(json!({
        "service": nouns.service,
        "rows": whole.store.rows,
        "log_entries": whole.store.log_entries,
        "history_rows": whole.store.history_rows,
        "records": whole.records.records,
        "index_rows": whole.records.rows,
        "guard_rows": whole.records.guards,
        "mirrored_records": whole.mirrored,
    }))
}

async fn reindex(ctx: &mut Context<'_>, ask: Reindex, settings: &Settings) -> Result<()> {
    if ask.reason.trim().is_empty() || ask.reason.chars().count() > 2_000 {
        return Err(Failure::usage(
            "--reason is empty or longer than 2,000 characters; say in a sentence why the rows are rewritten",
        ));
    }
    let opened = open(&address("ADDRESS", &ask.address)?, settings).await?;
    let done = reindexed(&opened.store, &ask.reason).await;
    closed(opened, Ok(())).await?;
    show(ctx, &done?)
}

async fn reindexed(store: &Arc<dyn Store>, reason: &str) -> Result<Value> {
    let records = Records::new(store.clone());
    let nouns = nouns(&records).await?;
    let done = records.reindex(nouns.of, reason).await.map_err(differs)?;
    Ok(json!({
        "service": nouns.service,
        "right": done.right,
        "written": done.written,
        "removed": done.removed,
        "commits": done.commits,
    }))
}

async fn compact(ctx: &mut Context<'_>, address: &Address, settings: &Settings) -> Result<()> {
    let new = engine::beside(address, "compact").map_err(failed)?;
    let old = engine::beside(address, "before-compact").map_err(failed)?;
    if engine::exists(&old, settings).await.map_err(failed)? {
        return Err(failed(rapporteur_store::Error::Exists(format!(
            "{old} is there from before; remove it when it is not needed any more"
        ))));
    }
    // Just before or after the exchange, a run that was cut off leaves two whole stores.
    let left = engine::mark(&new, settings).await;
    if left.map_err(failed)?.is_some_and(|left| !left.unfinished) {
        return Err(failed(rapporteur_store::Error::Exists(format!(
            "{new} is left from a compaction that was cut off at its end; {address} is whole without it: verify that, \
             then remove it and compact again"
        ))));
    }
    let opened = open(address, settings).await?;
    let bytes_before = disk_bytes(&opened.store).await;
    let bar = progress(ctx);
    let copied = copy::copy(&*opened.store, &new, settings, bar.hear()).await;
    closed(opened, copied).await?;
    drop(bar);
    let replaced = engine::replace(address, &new, &old).await;
    replaced.map_err(failed)?;
    let opened = open(address, settings).await?;
    let bytes_after = disk_bytes(&opened.store).await;
    closed(opened, Ok(())).await?;
    let said = json!({
        "address": address.to_string(),
        "bytes_before": bytes_before,
        "bytes_after": bytes_after,
        "old": old.to_string(),
    });
    show(ctx, &said)
}

/// For telling alone: where it is not known, nothing is said.
async fn disk_bytes(store: &Arc<dyn Store>) -> Option<u64> {
    store.info().await.ok().and_then(|info| info.disk_bytes)
}

/// Whose nouns a store keeps.
pub(crate) struct Nouns {
    /// Of which service; none has written there yet when it is empty.
    pub(crate) service: &'static str,
    pub(crate) of: &'static [&'static dyn AnyNoun],
}

/// The nouns of the service that wrote these records: the change log says which it was.
pub(crate) async fn nouns(records: &Records) -> Result<Nouns> {
    let package = records.written_by().await.map_err(differs)?;
    let (service, of): (_, &'static [&'static dyn AnyNoun]) = match package.as_deref() {
        Some("rapporteur.events.v1") => ("events", &rapporteur_events::NOUNS),
        Some("rapporteur.recommendations.v1") => {
            ("recommendations", &rapporteur_recommendations::NOUNS)
        }
        Some("rapporteur.gateway.v1") => ("gateway", &rapporteur_gateway::access::NOUNS),
        // Mirrors alone, or nothing.
        None => ("", &[]),
        Some(other) => {
            let text = format!("{other} wrote this store, and this tool does not know its records");
            return Err(Failure::other("STORE_UNUSABLE", text));
        }
    };
    Ok(Nouns { service, of })
}

/// What is not as it was written.
pub(crate) fn damaged(damage: Damage) -> Failure {
    Failure::other(audit::reason(&damage), damage.to_string())
}

/// What is wrong with records.
fn differs(error: Error) -> Failure {
    match error {
        Error::Store(error) => failed(error),
        other => Failure::other("RECORDS_DIFFER", other.to_string()),
    }
}
