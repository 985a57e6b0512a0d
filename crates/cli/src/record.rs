//! What can be done with a record of any noun: list, show, history, and the verbs of its trade.

mod add;
mod edit;
mod walk;

use prost::{Message, Name};
use prost_reflect::{DynamicMessage, MethodDescriptor, Value};
use prost_types::Timestamp;
use rapporteur_proto::changes::v1 as changes;
use uuid::Uuid;

pub(crate) use add::{Adding, add, parent, text};
pub(crate) use edit::Edit;
pub(crate) use walk::{PAGE, Walk};

use crate::connect::{Connection, method};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::noun::{Noun, reflect, set};
use crate::{name, output, when};

/// The commands that every noun has.
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Show one record, as it stands or as it stood
    Show(Show),
    /// Change fields of a record
    Edit(Edit),
    /// Show who changed a record, when, how and why
    History(History),
}

/// Which record, and when.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Show {
    /// Its name, in full or short
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) when: AsOf,
}

/// As the record stood.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct AsOf {
    /// As it stood then: 2024-10-16T09:30:00Z, 2024-10-16 (its end) or "2 weeks ago"
    #[arg(long, value_name = "TIME", value_parser = when::moment)]
    pub(crate) as_of: Option<Timestamp>,
}

/// Which part of a list.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Page {
    /// Most records to show; 0 = all
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) when: AsOf,
}

/// Which record.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct History {
    /// Its name, in full or short
    pub(crate) name: String,
    /// Most revisions to show, newest first; 0 = all
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pub(crate) limit: usize,
}

/// What every change can say.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Write {
    /// Why, for the change log
    #[arg(long, value_name = "WORDS")]
    pub(crate) reason: Option<String>,
    /// Repeating a command with the same id does it once; a fresh one when not given
    #[arg(long, value_name = "ID")]
    pub(crate) request_id: Option<String>,
    /// Check everything, write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// A verb of the trade on a record.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Move {
    /// Name of the record, in full or short
    pub(crate) name: String,
    /// Only if this is its present etag
    #[arg(long)]
    pub(crate) etag: Option<String>,
    #[command(flatten)]
    pub(crate) write: Write,
}

/// A verb of the trade that happens on a day.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Dated {
    #[command(flatten)]
    pub(crate) step: Move,
    /// The day on which it happened; today when not given
    #[arg(long, value_name = "DATE")]
    pub(crate) on: Option<String>,
}

impl Write {
    pub(crate) fn fill(&self, request: &mut DynamicMessage) -> Result<()> {
        let id = self
            .request_id
            .clone()
            .unwrap_or_else(|| Uuid::new_v4().to_string());
        set(request, "request_id", Value::String(id))?;
        set(request, "validate_only", Value::Bool(self.dry_run))?;
        set(
            request,
            "reason",
            Value::String(self.reason.clone().unwrap_or_default()),
        )
    }

    pub(crate) fn note(&self, ctx: &mut Context<'_>) -> Result<()> {
        if self.dry_run {
            ctx.say("dry run: nothing was written")
        } else {
            Ok(())
        }
    }
}

pub(crate) async fn run(ctx: &mut Context<'_>, noun: &Noun, command: Command) -> Result<()> {
    match command {
        Command::Show(show) => {
            let name = name::expand(noun.pattern, &show.name, ctx.global.dialogue.as_deref())?;
            let record = get(&ctx.connect()?, noun, &name, show.when.as_of).await?;
            output::record(ctx, noun.columns, &record)
        }
        Command::Edit(edit) => edit::run(ctx, noun, edit).await,
        Command::History(asked) => {
            let name = name::expand(noun.pattern, &asked.name, ctx.global.dialogue.as_deref())?;
            history(ctx, name, asked.limit).await
        }
    }
}

/// One record.
pub(crate) async fn get(
    to: &Connection,
    noun: &Noun,
    name: &str,
    as_of: Option<Timestamp>,
) -> Result<DynamicMessage> {
    let method = noun.method("Get")?;
    let mut request = DynamicMessage::new(method.input());
    set(&mut request, "name", Value::String(name.to_owned()))?;
    if let Some(moment) = as_of {
        set(&mut request, "as_of", Value::Message(reflect(&moment)?))?;
    }
    to.call(&method, &request).await
}

/// Lists what `request` asks for: `ListEventsRequest` calls `ListEvents`.
pub(crate) async fn list<Q: Message + Name>(
    ctx: &mut Context<'_>,
    noun: &Noun,
    request: Q,
    page: &Page,
) -> Result<()> {
    let method = method(noun.service, Q::NAME.trim_end_matches("Request"))?;
    let mut request = reflect(&request)?;
    if let Some(moment) = page.when.as_of {
        set(&mut request, "as_of", Value::Message(reflect(&moment)?))?;
    }
    let found = pages(&ctx.connect()?, &method, request, page.limit).await?;
    output::records(ctx, noun.columns, &found.records)?;
    found.finish(ctx)
}

/// What a list gave.
pub(crate) struct Found {
    pub(crate) records: Vec<DynamicMessage>,
    more: bool,
    broken: Option<Failure>,
}

impl Found {
    /// Says what is missing.
    pub(crate) fn finish(self, ctx: &mut Context<'_>) -> Result<()> {
        match self.broken {
            Some(failure) => Err(Failure::Partial(Box::new(failure))),
            None if self.more => ctx.say("There are more: --limit 0 shows all."),
            None => Ok(()),
        }
    }
}

/// Follows the pages up to `limit` records (0 = all). When a later page fails, the earlier ones count.
pub(crate) async fn pages(
    to: &Connection,
    method: &MethodDescriptor,
    request: DynamicMessage,
    limit: usize,
) -> Result<Found> {
    let mut found = Found {
        records: Vec::new(),
        more: false,
        broken: None,
    };
    let mut walk = Walk::new(to, method, request);
    loop {
        let wanted = if limit == 0 {
            PAGE
        } else {
            PAGE.min(limit - found.records.len())
        };
        match walk.next(wanted).await {
            Ok(Some(page)) => found.records.extend(page),
            Ok(None) => return Ok(found),
            Err(failure) if found.records.is_empty() => return Err(failure),
            Err(failure) => {
                found.broken = Some(failure);
                return Ok(found);
            }
        }
        if limit != 0 && found.records.len() >= limit {
            found.more = !walk.is_over();
            return Ok(found);
        }
    }
}

/// A verb of the trade: `PostponeEventRequest` calls `PostponeEvent`; `request` has what is special to it.
pub(crate) async fn act<Q: Message + Name>(
    ctx: &mut Context<'_>,
    noun: &Noun,
    asked: &Move,
    request: Q,
) -> Result<()> {
    let method = method(noun.service, Q::NAME.trim_end_matches("Request"))?;
    send(ctx, noun, asked, &method, reflect(&request)?).await
}

/// A verb that says no more than its day: `Accept` of a commitment calls `AcceptCommitment`.
pub(crate) async fn step(
    ctx: &mut Context<'_>,
    noun: &Noun,
    verb: &str,
    asked: &Dated,
) -> Result<()> {
    let method = noun.method(verb)?;
    let mut request = DynamicMessage::new(method.input());
    dated(&mut request, &asked.on)?;
    send(ctx, noun, &asked.step, &method, request).await
}

/// Fills in the day of a verb.
pub(crate) fn dated(request: &mut DynamicMessage, on: &Option<String>) -> Result<()> {
    match when::civil_some(on) {
        Some(day) => set(request, "on", Value::Message(reflect(&day)?)),
        None => Ok(()),
    }
}

/// Sends a verb whose request has all that is special to it.
pub(crate) async fn send(
    ctx: &mut Context<'_>,
    noun: &Noun,
    asked: &Move,
    method: &MethodDescriptor,
    mut request: DynamicMessage,
) -> Result<()> {
    let name = name::expand(noun.pattern, &asked.name, ctx.global.dialogue.as_deref())?;
    set(&mut request, "name", Value::String(name))?;
    set(
        &mut request,
        "etag",
        Value::String(asked.etag.clone().unwrap_or_default()),
    )?;
    asked.write.fill(&mut request)?;
    let record = ctx.connect()?.call(method, &request).await?;
    output::records(ctx, noun.columns, &[record])?;
    asked.write.note(ctx)
}

/// The revisions of one record, newest first.
pub(crate) async fn history(ctx: &mut Context<'_>, name: String, limit: usize) -> Result<()> {
    let method = method(crate::changes::SERVICE, "ListRevisions")?;
    let request = reflect(&changes::ListRevisionsRequest {
        name,
        ..Default::default()
    })?;
    let found = pages(&ctx.connect()?, &method, request, limit).await?;
    crate::changes::show_revisions(ctx, &found.records)?;
    found.finish(ctx)
}
