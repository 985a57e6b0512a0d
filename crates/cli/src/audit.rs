//! `audit`: every write and every refused call, from the hash-chained log of each service.

mod export;

use std::path::PathBuf;

use clap::ValueEnum;
use rapporteur_proto::Timestamp;
use rapporteur_proto::changes::v1::{
    AuditEntry, ListAuditEntriesRequest, ListAuditEntriesResponse, Service,
};

use crate::context::Context;
use crate::error::Result;
use crate::noun::reflect;
use crate::output::{self, Format};
use crate::{name, when};

pub(crate) const SERVICE: &str = "rapporteur.changes.v1.AuditService";
const PAGE: usize = 500;

/// Which entries of the audit trail.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Ask {
    /// Only this service's trail
    #[arg(long, value_name = "SERVICE")]
    service: Option<Of>,
    /// Only calls by this caller
    #[arg(long, value_name = "CALLER")]
    caller: Option<String>,
    /// Only calls of this name, as rapporteur.events.v1.EventService/CreateEvent
    #[arg(long, value_name = "RPC")]
    rpc: Option<String>,
    /// Only what is about records whose name begins so, as dialogues/rabat/
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<String>,
    /// Only from this moment on
    #[arg(long, value_name = "WHEN", value_parser = when::moment)]
    from: Option<Timestamp>,
    /// Only before this moment
    #[arg(long, value_name = "WHEN", value_parser = when::moment)]
    to: Option<Timestamp>,
    /// Only refused calls
    #[arg(long)]
    refused: bool,
    /// With the values before and after (in json and yaml)
    #[arg(long)]
    values: bool,
    /// Most entries of each service; 0 = all
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: usize,
    /// Write all of it to SERVICE.ndjson in this folder, with the proof of each commit; goes on with what is there
    #[arg(long, value_name = "FOLDER",
          conflicts_with_all = ["caller", "rpc", "prefix", "from", "to", "refused", "values", "limit"])]
    export: Option<PathBuf>,
}

/// Whose trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Of {
    Events,
    Recommendations,
    Gateway,
}

impl Of {
    pub(crate) const ALL: [Self; 3] = [Self::Events, Self::Recommendations, Self::Gateway];

    /// As it is written.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Recommendations => "recommendations",
            Self::Gateway => "gateway",
        }
    }

    /// As services know it.
    pub(crate) fn service(self) -> Service {
        match self {
            Self::Events => Service::Events,
            Self::Recommendations => Service::Recommendations,
            Self::Gateway => Service::Gateway,
        }
    }

    /// The one that is wanted, or all.
    pub(crate) fn wanted(one: Option<Self>) -> Vec<Self> {
        one.map_or(Self::ALL.to_vec(), |one| vec![one])
    }
}

pub(crate) async fn run(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    if let Some(folder) = &ask.export {
        return export::run(ctx, &Of::wanted(ask.service), folder).await;
    }
    let to = ctx.connect()?;
    let mut found: Vec<(Of, AuditEntry)> = Vec::new();
    for of in Of::wanted(ask.service) {
        let mut request = ListAuditEntriesRequest {
            service: of.service().into(),
            caller: ask.caller.clone().unwrap_or_default(),
            rpc: ask.rpc.clone().unwrap_or_default(),
            name_prefix: ask.prefix.clone().unwrap_or_default(),
            from: ask.from,
            to: ask.to,
            refused_only: ask.refused,
            with_values: ask.values,
            ..Default::default()
        };
        let mut entries = Vec::new();
        loop {
            let wanted = match ask.limit {
                0 => PAGE,
                limit => PAGE.min(limit - entries.len()),
            };
            request.page_size = wanted.try_into().unwrap_or(i32::MAX);
            let answer: ListAuditEntriesResponse = to.ask(SERVICE, &request).await?;
            entries.extend(answer.entries);
            request.token = answer.next_token;
            if answer.at_head || (ask.limit != 0 && entries.len() >= ask.limit) {
                break;
            }
        }
        found.extend(entries.into_iter().map(|entry| (of, entry)));
    }
    found.sort_by_key(|(_, entry)| entry.time.map(|time| (time.seconds, time.nanos)));
    if matches!(ctx.global.output, Format::Json | Format::Yaml) {
        let entries = found.iter().map(|(_, entry)| reflect(entry));
        return output::data(ctx, &entries.collect::<Result<Vec<_>>>()?);
    }
    let rows: Vec<Vec<String>> = found.iter().map(|(of, entry)| row(*of, entry)).collect();
    let headings = [
        "position", "service", "time", "caller", "from", "rpc", "records", "refused",
    ];
    output::table(ctx, &headings, &rows)
}

fn row(of: Of, entry: &AuditEntry) -> Vec<String> {
    let names: Vec<String> = match entry.subject.is_empty() {
        true => entry
            .changes
            .iter()
            .map(|one| name::short(&one.name))
            .collect(),
        false => vec![name::short(&entry.subject)],
    };
    let time = entry.time.unwrap_or_default();
    vec![
        entry.position.to_string(),
        of.name().to_owned(),
        when::show(time.seconds, time.nanos),
        entry.caller.clone(),
        entry.peer.clone(),
        entry.rpc.rsplit('/').next().unwrap_or_default().to_owned(),
        names.join("\n"),
        entry.refused.clone(),
    ]
}
