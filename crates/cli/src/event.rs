//! Events: the calendar of the dialogues.

mod add;

pub(crate) use add::plan_link;

use rapporteur_proto::descriptor_pool;
use rapporteur_proto::events::v1;

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::noun::Noun;
use crate::record::{self, Move, Page};
use crate::{name, word};

pub(crate) const NOUN: Noun = Noun {
    kind: "event",
    message: "rapporteur.events.v1.Event",
    service: "rapporteur.events.v1.EventService",
    pattern: name::EVENT,
    columns: &[
        "name",
        "start",
        "end",
        "state",
        "kind",
        "place.name",
        "title",
    ],
};

/// Events: the calendar of the dialogues
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List events: the calendar
    List(Box<List>),
    /// Record an event
    Add(Box<add::Add>),
    /// A draft, or a postponed event, becomes planned
    Plan(Move),
    /// A planned, or a postponed event, is confirmed
    Confirm(Move),
    /// A confirmed event was held
    Hold(Move),
    /// The outcome of a held event is recorded, or that it had none
    Report {
        #[command(flatten)]
        step: Move,
        /// It had no outcome
        #[arg(long)]
        no_outcome: bool,
    },
    /// Nothing more is expected of a reported event
    Close(Move),
    /// A planned or confirmed event is put off; needs --reason
    Postpone(Move),
    /// An event will not take place; final, needs --reason
    Cancel(Move),
    /// Take a reported event back to held; needs --reason
    Correct(Move),
    #[command(flatten)]
    Any(record::Command),
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct List {
    /// Only those that end on or after this day
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// Only those that start on or before this day
    #[arg(long, value_name = "DATE")]
    to: Option<String>,
    /// Only these states (repeatable)
    #[arg(long, value_parser = word::parser("rapporteur.events.v1.EventState"))]
    state: Vec<i32>,
    /// Only these kinds (repeatable)
    #[arg(long, value_parser = word::parser("rapporteur.events.v1.EventKind"))]
    kind: Vec<i32>,
    /// Only with one of these themes (repeatable)
    #[arg(long)]
    theme: Vec<String>,
    /// Only with this party in a role, a delegation or the chair
    #[arg(long)]
    party: Option<String>,
    /// With --party: only in this role
    #[arg(long, requires = "party", value_parser = word::parser("rapporteur.events.v1.Role"))]
    role: Option<i32>,
    /// Only with a link to this node of a plan or one below it (cadiz/5a)
    #[arg(long, value_name = "NODE")]
    plan_node: Option<String>,
    /// Only with a word of the title that begins so
    #[arg(long, value_name = "PREFIX")]
    text: Option<String>,
    /// Only those that are part of this event
    #[arg(long, value_name = "EVENT")]
    part_of: Option<String>,
    /// By which order; undated events come last
    #[arg(long, value_parser = word::parser("rapporteur.events.v1.EventOrder"))]
    order: Option<i32>,
    /// Leave out joint events that another dialogue owns
    #[arg(long)]
    own_only: bool,
    #[command(flatten)]
    page: Page,
}

pub(crate) async fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::List(list) => {
            let dialogue = ctx.global.dialogue.as_deref();
            let request = v1::ListEventsRequest {
                parent: any_dialogue(ctx)?,
                states: list.state,
                kinds: list.kind,
                themes: list.theme,
                party: name::expand_some(name::PARTY, &list.party, None)?,
                role: list.role.unwrap_or_default(),
                plan_node: name::expand_some(name::NODE, &list.plan_node, dialogue)?,
                from: list.from.unwrap_or_default(),
                to: list.to.unwrap_or_default(),
                text_prefix: list.text.unwrap_or_default(),
                parent_event: name::expand_some(name::EVENT, &list.part_of, dialogue)?,
                order: list.order.unwrap_or_default(),
                own_only: list.own_only,
                ..Default::default()
            };
            record::list(ctx, &NOUN, request, &list.page).await
        }
        Command::Add(add) => add::run(ctx, *add).await,
        Command::Plan(step) => {
            record::act(ctx, &NOUN, &step, v1::PlanEventRequest::default()).await
        }
        Command::Confirm(step) => {
            record::act(ctx, &NOUN, &step, v1::ConfirmEventRequest::default()).await
        }
        Command::Hold(step) => {
            record::act(ctx, &NOUN, &step, v1::HoldEventRequest::default()).await
        }
        Command::Report { step, no_outcome } => {
            record::act(
                ctx,
                &NOUN,
                &step,
                v1::ReportEventRequest {
                    no_outcome,
                    ..Default::default()
                },
            )
            .await
        }
        Command::Close(step) => {
            record::act(ctx, &NOUN, &step, v1::CloseEventRequest::default()).await
        }
        Command::Postpone(step) => {
            record::act(ctx, &NOUN, &step, v1::PostponeEventRequest::default()).await
        }
        Command::Cancel(step) => {
            record::act(ctx, &NOUN, &step, v1::CancelEventRequest::default()).await
        }
        Command::Correct(step) => {
            record::act(ctx, &NOUN, &step, v1::CorrectEventRequest::default()).await
        }
        Command::Any(command) => record::run(ctx, &NOUN, command).await,
    }
}

/// The dialogue of `--dialogue`, or any.
pub(crate) fn any_dialogue(ctx: &Context<'_>) -> Result<String> {
    name::expand(
        name::DIALOGUE,
        ctx.global.dialogue.as_deref().unwrap_or("-"),
        None,
    )
}

/// A word inside a flag, as a number of its enum.
pub(crate) fn number(enumeration: &str, text: &str) -> Result<i32> {
    let values = descriptor_pool()
        .get_enum_by_name(enumeration)
        .ok_or_else(|| Failure::other("UNKNOWN_ENUM", enumeration))?;
    word::number(&values, text).map_err(Failure::Usage)
}
