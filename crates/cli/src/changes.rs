//! The change feed: who changed what, in order, resumable anywhere.

use prost::Message;
use prost_reflect::{DynamicMessage, ReflectMessage};
use rapporteur_proto::changes::v1::{
    Change, ListChangesRequest, ListChangesResponse, WatchRequest, WatchResponse,
};
use tonic::Code;

use crate::connect::Connection;
use crate::context::Context;
use crate::error::{Failure, Result, reason};
use crate::noun::reflect;
use crate::output::{self, Format};
use crate::record::{self, History};
use crate::{name, when};

pub(crate) const SERVICE: &str = "rapporteur.changes.v1.ChangeService";

/// The change feed: who changed what, in order
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List changes, oldest first
    List {
        #[command(flatten)]
        which: Which,
        /// Most changes to show; 0 = all
        #[arg(long, value_name = "COUNT", default_value_t = 50)]
        limit: usize,
    },
    /// Show changes as they are made, one a line, until Ctrl-C
    Watch {
        #[command(flatten)]
        which: Which,
        /// Stop after so many changes; 0 = never
        #[arg(long, value_name = "COUNT", default_value_t = 0)]
        limit: usize,
    },
    /// Show who changed one record; its name in full
    History(History),
}

/// From where, and what.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Which {
    /// After the change with this token; from the first when not given
    #[arg(long, value_name = "TOKEN")]
    after: Option<String>,
    /// Only records of this type, as rapporteur.events.v1.Event (repeatable)
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// Only records whose name begins so, as dialogues/rabat/
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<String>,
}

pub(crate) async fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::List { which, limit } => list(ctx, which, limit).await,
        Command::Watch { which, limit } => watch(ctx, which, limit).await,
        Command::History(asked) => record::history(ctx, asked.name, asked.limit).await,
    }
}

async fn list(ctx: &mut Context<'_>, which: Which, limit: usize) -> Result<()> {
    const PAGE: usize = 500;
    let to = ctx.connect()?;
    let mut request = ListChangesRequest {
        token: which.after.unwrap_or_default(),
        page_size: 0,
        types: which.types,
        name_prefix: which.prefix.unwrap_or_default(),
    };
    let mut found: Vec<Change> = Vec::new();
    loop {
        let wanted = if limit == 0 {
            PAGE
        } else {
            PAGE.min(limit - found.len())
        };
        request.page_size = wanted.try_into().unwrap_or(i32::MAX);
        let answer: ListChangesResponse = to.ask(SERVICE, &request).await?;
        found.extend(answer.changes);
        request.token = answer.next_token;
        if answer.at_head || (limit != 0 && found.len() >= limit) {
            break;
        }
    }
    if matches!(ctx.global.output, Format::Json | Format::Yaml) {
        let reflected = found.iter().map(reflect).collect::<Result<Vec<_>>>()?;
        return output::data(ctx, &reflected);
    }
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    output::table(ctx, &HEADINGS, &rows)
}

/// Follows the feed; when the connection breaks, from the last change seen.
async fn watch(ctx: &mut Context<'_>, which: Which, limit: usize) -> Result<()> {
    let to = ctx.connect()?;
    let mut request = WatchRequest {
        token: which.after.unwrap_or_default(),
        types: which.types,
        name_prefix: which.prefix.unwrap_or_default(),
    };
    let mut seen = 0;
    loop {
        match follow(ctx, &to, &mut request, &mut seen, limit).await {
            Ok(true) => return Ok(()),
            // The stream ended (a drain, or a limit on its life).
            Ok(false) => {}
            Err(Failure::Status(status)) if seen > 0 && status.code() == Code::Unavailable => {
                ctx.say(format_args!(
                    "Connection lost, going on from the last change: {}",
                    status.message()
                ))?;
            }
            // Other changes are seen from here on.
            Err(Failure::Status(status)) if reason(&status) == "RIGHTS_CHANGED" => {
                ctx.say("What you are granted has changed, going on from the last change.")?;
            }
            Err(failure) => return Err(failure),
        }
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
}

async fn follow(
    ctx: &mut Context<'_>,
    to: &Connection,
    request: &mut WatchRequest,
    seen: &mut usize,
    limit: usize,
) -> Result<bool> {
    let mut answers = to.stream(SERVICE, request).await?;
    while let Some(bytes) = answers.message().await? {
        let answer = WatchResponse::decode(bytes)
            .map_err(|e| Failure::other("UNREADABLE_ANSWER", e.to_string()))?;
        if let Some(change) = &answer.change {
            let line = match ctx.global.output {
                Format::Json => output::steady(&reflect(change)?)?.to_string(),
                Format::Yaml => format!(
                    "---\n{}",
                    serde_saphyr::to_string(&output::steady(&reflect(change)?)?)
                        .unwrap_or_default()
                ),
                Format::Table | Format::Csv => {
                    output::guard::text(&row(change).join("  ").replace('\n', ", "))
                }
            };
            ctx.print(format_args!("{}\n", line.trim_end()))?;
            *seen += 1;
        }
        if !answer.token.is_empty() {
            request.token = answer.token;
        }
        if limit != 0 && *seen >= limit {
            return Ok(true);
        }
    }
    Ok(false)
}

const HEADINGS: [&str; 7] = [
    "position", "service", "time", "caller", "rpc", "records", "reason",
];

fn row(change: &Change) -> Vec<String> {
    let service = change
        .service()
        .as_str_name()
        .trim_start_matches("SERVICE_")
        .to_ascii_lowercase();
    vec![
        change.position.to_string(),
        service,
        change
            .time
            .as_ref()
            .map(|t| when::show(t.seconds, t.nanos))
            .unwrap_or_default(),
        change.caller.clone(),
        change.rpc.rsplit('/').next().unwrap_or_default().to_owned(),
        change
            .resources
            .iter()
            .map(|r| name::short(&r.name))
            .collect::<Vec<_>>()
            .join("\n"),
        change.reason.clone(),
    ]
}

/// The revisions of one record, newest first: what each changed against the one before it.
pub(crate) fn show_revisions(ctx: &mut Context<'_>, revisions: &[DynamicMessage]) -> Result<()> {
    if matches!(ctx.global.output, Format::Json | Format::Yaml) {
        return output::data(ctx, &revisions);
    }
    let typed: Vec<Change> = revisions
        .iter()
        .map(|revision| {
            revision
                .transcode_to()
                .map_err(|e| Failure::other("UNREADABLE_ANSWER", e.to_string()))
        })
        .collect::<Result<_>>()?;
    let mut rows = Vec::new();
    for (at, change) in typed.iter().enumerate() {
        let mut row = row(change);
        row[5] = changed(typed.get(at + 1), change);
        rows.push(row);
    }
    let headings = HEADINGS.map(|heading| {
        if heading == "records" {
            "changed"
        } else {
            heading
        }
    });
    output::table(ctx, &headings, &rows)
}

/// The fields that a revision changed; nothing for the first (or the oldest shown).
fn changed(before: Option<&Change>, after: &Change) -> String {
    let value = |change: &Change| {
        let any = change.resources.first()?.value.clone()?;
        let kind = rapporteur_proto::descriptor_pool()
            .get_message_by_name(any.type_url.rsplit('/').next()?)?;
        DynamicMessage::decode(kind, any.value.as_slice()).ok()
    };
    let (Some(before), Some(after)) = (before.and_then(value), value(after)) else {
        return String::new();
    };
    let bookkeeping = ["etag", "update_time"];
    let fields = after.descriptor();
    let fields = fields
        .fields()
        .filter(|f| !bookkeeping.contains(&f.name()) && before.get_field(f) != after.get_field(f));
    fields
        .map(|f| f.name().to_owned())
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use prost::Name;
    use rapporteur_proto::changes::v1::ResourceChange;
    use rapporteur_proto::events::v1::Event;

    use super::*;

    #[test]
    fn a_revision_says_what_it_changed() {
        let change = |event: Event| Change {
            resources: vec![ResourceChange {
                value: Some(rapporteur_proto::Any {
                    type_url: format!("type.googleapis.com/{}", Event::full_name()),
                    value: event.encode_to_vec(),
                }),
                ..Default::default()
            }],
            ..Default::default()
        };
        let before = change(Event {
            etag: "1".into(),
            ordinal: 1,
            ..Default::default()
        });
        let after = change(Event {
            etag: "2".into(),
            ordinal: 2,
            series: "s".into(),
            ..Default::default()
        });
        assert_eq!(changed(Some(&before), &after), "series, ordinal");
        assert_eq!(changed(None, &after), "");
    }
}
