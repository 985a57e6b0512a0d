//! Chairmanships: who chairs a dialogue, and the handover.

use rapporteur_proto::events::v1;

use crate::context::Context;
use crate::error::Result;
use crate::noun::Noun;
use crate::record::{self, Adding, Move, Page};
use crate::{name, when, word};

pub(crate) const NOUN: Noun = Noun {
    kind: "chairmanship",
    message: "rapporteur.events.v1.Chairmanship",
    service: "rapporteur.events.v1.DialogueService",
    pattern: name::CHAIRMANSHIP,
    columns: &["name", "party", "co_chairs", "start", "end", "state"],
};

/// Chairmanships: who chairs a dialogue, and the handover
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List chairmanships
    List(List),
    /// Record a chairmanship
    Add(Box<Add>),
    /// Begin a chairmanship; the active one is handed over in the same commit
    Activate(Dated),
    /// End an active chairmanship without naming the next
    HandOver(Dated),
    #[command(flatten)]
    Any(record::Command),
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct List {
    /// Only those in this state
    #[arg(long, value_parser = word::parser("rapporteur.events.v1.ChairmanshipState"))]
    state: Option<i32>,
    #[command(flatten)]
    page: Page,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Add {
    /// Who chairs
    #[arg(long)]
    party: Option<String>,
    /// Who chairs with it, where the dialogue allows co-chairs (repeatable)
    #[arg(long, value_name = "PARTY")]
    co_chair: Vec<String>,
    /// First day
    #[arg(long, value_name = "DATE")]
    start: Option<String>,
    /// Last day
    #[arg(long, value_name = "DATE")]
    end: Option<String>,
    /// Where it stands; designated when not given
    #[arg(long, value_parser = word::parser("rapporteur.events.v1.ChairmanshipState"))]
    state: Option<i32>,
    /// A priority (repeatable)
    #[arg(long, value_name = "WORDS")]
    priority: Vec<String>,
    /// An event that it means to hold (repeatable)
    #[arg(long, value_name = "EVENT")]
    event: Vec<String>,
    #[command(flatten)]
    adding: Adding,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Dated {
    #[command(flatten)]
    step: Move,
    /// The day of the handover
    #[arg(long, value_name = "DATE")]
    on: Option<String>,
}

pub(crate) async fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::List(list) => {
            let parent = crate::event::any_dialogue(ctx)?;
            let state = list.state.unwrap_or_default();
            let request = v1::ListChairmanshipsRequest {
                parent,
                state,
                ..Default::default()
            };
            record::list(ctx, &NOUN, request, &list.page).await
        }
        Command::Add(add) => {
            let dialogue = ctx.global.dialogue.as_deref();
            let mut term: v1::Chairmanship = add.adding.base(ctx)?;
            if add.party.is_some() {
                term.party = name::expand_some(name::PARTY, &add.party, None)?;
            }
            term.co_chairs
                .extend(name::expand_all(name::PARTY, &add.co_chair, None)?);
            term.start = when::civil_some(&add.start).or(term.start);
            term.end = when::civil_some(&add.end).or(term.end);
            term.state = add.state.unwrap_or(term.state);
            term.priorities.extend(
                add.priority
                    .iter()
                    .map(|words| record::text(&add.adding.language, words)),
            );
            term.provisional_calendar
                .extend(name::expand_all(name::EVENT, &add.event, dialogue)?);
            record::add(ctx, &NOUN, record::parent(ctx)?, term, &add.adding).await
        }
        Command::Activate(Dated { step, on }) => {
            let request = v1::ActivateChairmanshipRequest {
                on: when::civil_some(&on),
                ..Default::default()
            };
            record::act(ctx, &NOUN, &step, request).await
        }
        Command::HandOver(Dated { step, on }) => {
            let request = v1::HandOverChairmanshipRequest {
                on: when::civil_some(&on),
                ..Default::default()
            };
            record::act(ctx, &NOUN, &step, request).await
        }
        Command::Any(command) => record::run(ctx, &NOUN, command).await,
    }
}
