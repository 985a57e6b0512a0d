//! `verify`: whether everything is as it was written: the hash chains, what they wrote, the indexes. Of the running
//! services through the gateway, or of stores that nobody has open.

mod offline;

use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum as _;
use rapporteur_proto::changes::v1::{VerifyAuditTrailRequest, VerifyAuditTrailResponse};
use rapporteur_records::Anchor;
use rapporteur_server::StoreServerArgs;
use serde_json::{Value, json};
use tonic::Code;

use crate::audit::{Of, SERVICE};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::output::{self, Format};
use crate::store::hex;

/// A walk takes as long as there is to walk.
const LONG: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Prove that everything is as it was written, or name the first bad place; exits with 0 when all is whole
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Ask {
    #[command(flatten)]
    server: StoreServerArgs,
    /// Only this service
    #[arg(long, value_name = "SERVICE")]
    service: Option<Of>,
    /// Not the running services but stores that nobody has open: the folder of `up --data` or of one service, a file
    /// that `store export` made, or the address of a store
    #[arg(long, value_name = "PLACE", conflicts_with = "service")]
    data: Option<String>,
    /// The past up to this place must be what it was: [SERVICE=]POSITION:HASH, as an earlier `verify` told it
    #[arg(long, value_name = "ANCHOR")]
    since: Vec<Since>,
}

/// A place in a log that was told before.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Since {
    /// Whose log; not said where only one is verified.
    of: Option<Of>,
    anchor: Anchor,
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let (of, place) = match text.split_once('=') {
            Some((of, place)) => (Some(Of::from_str(of, false)?), place),
            None => (None, text),
        };
        let shape = "should be [SERVICE=]POSITION:HASH, as events=12:9f0c... with 64 digits";
        let (position, hash) = place.split_once(':').ok_or(shape)?;
        let position = position.parse().map_err(|_| shape)?;
        let hash = bytes_of(hash).ok_or(shape)?;
        let anchor = Anchor { position, hash };
        Ok(Self { of, anchor })
    }
}

/// A hash out of its 64 hexadecimal digits.
fn bytes_of(digits: &str) -> Option<[u8; 32]> {
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    let mut hash = [0; 32];
    for (place, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(hash)
}

/// What became of one store.
struct Found {
    name: String,
    outcome: Result<VerifyAuditTrailResponse>,
}

pub(crate) async fn run(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    let found = match &ask.data {
        Some(place) => offline::found(&ask, place).await?,
        None => online(ctx, &ask).await?,
    };
    show(ctx, &found)?;
    let (mut is_damaged, mut other) = (false, None);
    for Found { name, outcome } in found {
        let Err(failure) = outcome else { continue };
        if is_damage(&failure) {
            is_damaged = true;
            ctx.say(format_args!("{name}: {failure}"))?;
        } else if other.is_none() {
            other = Some(failure);
        }
    }
    match other {
        _ if is_damaged => Err(Failure::Amiss),
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

async fn online(ctx: &mut Context<'_>, ask: &Ask) -> Result<Vec<Found>> {
    let to = ctx.connect()?.within(LONG);
    let all = Of::wanted(ask.service);
    for since in &ask.since {
        anchored(since, &all, ask)?;
    }
    let mut found = Vec::new();
    for of in all {
        let since = ask
            .since
            .iter()
            .find(|one| one.of.is_none_or(|it| it == of));
        let request = VerifyAuditTrailRequest {
            service: of.service().into(),
            since_position: since.map_or(0, |it| it.anchor.position),
            since_hash: since.map_or(Vec::new(), |it| it.anchor.hash.to_vec()),
        };
        let name = of.name().to_owned();
        let outcome = to.ask(SERVICE, &request).await;
        found.push(Found { name, outcome });
    }
    Ok(found)
}

/// An anchor that nobody is asked about would prove nothing.
fn anchored(since: &Since, all: &[Of], ask: &Ask) -> Result<()> {
    let twice = ask.since.iter().filter(|it| it.of == since.of).count() > 1;
    let is_clear = match since.of {
        Some(of) => all.contains(&of),
        None => all.len() == 1,
    };
    if is_clear && !twice {
        return Ok(());
    }
    Err(Failure::usage(
        "--since: say of which service each anchor is, once, as --since events=POSITION:HASH",
    ))
}

/// Whether something is not as it was written, rather than not to be asked.
fn is_damage(failure: &Failure) -> bool {
    match failure {
        Failure::Status(status) => status.code() == Code::DataLoss,
        Failure::Other(reason, _) => {
            ["STORE_DAMAGED", "RECORDS_DIFFER", "PAST_REWRITTEN"].contains(reason)
        }
        _ => false,
    }
}

fn show(ctx: &mut Context<'_>, found: &[Found]) -> Result<()> {
    if matches!(ctx.global.output, Format::Json | Format::Yaml) {
        return output::data(ctx, &found.iter().map(fields).collect::<Vec<_>>());
    }
    let headings = [
        "service",
        "found",
        "commits",
        "rows",
        "records",
        "index rows",
        "anchor",
    ];
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    output::table(ctx, &headings, &rows)
}

fn row(Found { name, outcome }: &Found) -> Vec<String> {
    let mut row = vec![name.clone()];
    match outcome {
        Ok(whole) => row.extend([
            "whole".to_owned(),
            whole.log_entries.to_string(),
            whole.rows.to_string(),
            whole.records.to_string(),
            (whole.index_rows + whole.guard_rows).to_string(),
            anchor(name, whole),
        ]),
        Err(failure) => {
            let word = if is_damage(failure) {
                "damaged"
            } else {
                "not known"
            };
            row.push(word.to_owned());
            row.resize(7, String::new());
        }
    }
    row
}

/// What `--since` takes.
fn anchor(name: &str, whole: &VerifyAuditTrailResponse) -> String {
    format!("{name}={}:{}", whole.head, hex(&whole.head_hash))
}

fn fields(Found { name, outcome }: &Found) -> Value {
    match outcome {
        Ok(whole) => json!({
            "service": name,
            "whole": true,
            "store_id": whole.store_id,
            "head": whole.head,
            "head_hash": hex(&whole.head_hash),
            "anchor": anchor(name, whole),
            "rows": whole.rows,
            "log_entries": whole.log_entries,
            "history_rows": whole.history_rows,
            "records": whole.records,
            "index_rows": whole.index_rows,
            "guard_rows": whole.guard_rows,
            "mirrored_records": whole.mirrored_records,
        }),
        Err(failure) => json!({
            "service": name,
            "whole": is_damage(failure).then_some(false),
            "error": failure.to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_is_read_as_it_is_told() {
        let whole = VerifyAuditTrailResponse {
            head: 12,
            head_hash: (0..32).collect(),
            ..Default::default()
        };
        let told = anchor("events", &whole);
        let since: Since = told.parse().unwrap();
        assert_eq!(since.of, Some(Of::Events));
        assert_eq!(since.anchor.position, 12);
        assert_eq!(since.anchor.hash[..], whole.head_hash[..]);
        let bare = told.strip_prefix("events=").unwrap();
        assert_eq!(bare.parse::<Since>().unwrap().of, None);
        for odd in [
            "",
            "12",
            "12:",
            "x:00",
            &told[..40],
            &told.replace("events", "people"),
        ] {
            assert!(odd.parse::<Since>().is_err(), "{odd}");
        }
    }
}
