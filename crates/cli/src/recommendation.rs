//! Recommendations: what meetings ask for, element by element, and the life of the texts.

mod add;

use rapporteur_proto::recommendations::v1;

use crate::context::Context;
use crate::error::Result;
use crate::noun::Noun;
use crate::record::{self, Move, Page};
use crate::{name, when, word};

pub(crate) const NOUN: Noun = Noun {
    kind: "recommendation",
    message: "rapporteur.recommendations.v1.Recommendation",
    service: "rapporteur.recommendations.v1.RecommendationService",
    pattern: name::RECOMMENDATION,
    columns: &["name", "path", "kind", "state", "text"],
};

/// Recommendations: what meetings ask for, and the life of the texts
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List recommendations, in the order of their instruments
    List(Box<List>),
    /// Record a recommendation
    Add(Box<add::Add>),
    /// Address a recommendation to parties and groups; a group becomes its members on that day
    Address(crate::addressee::Address),
    /// A draft is put before the meeting
    Table(Move),
    /// A tabled text is taken back; needs --reason
    Withdraw(Move),
    /// A tabled text goes back to its drafters
    Redraft(Move),
    /// A tabled text is adopted; it does not change any more
    Adopt {
        #[command(flatten)]
        step: Move,
        /// The day of adoption
        #[arg(long, value_name = "DATE")]
        on: Option<String>,
    },
    /// A tabled text is not adopted; needs --reason
    Reject(Move),
    /// An adopted text gives way to another
    Supersede {
        #[command(flatten)]
        step: Move,
        /// The recommendation that takes its place
        #[arg(long, value_name = "RECOMMENDATION")]
        by: String,
    },
    /// The time limit of an adopted text has passed
    Elapse(Move),
    /// An adopted text is ended by a decision
    Retire {
        #[command(flatten)]
        step: Move,
        /// The instrument that decides so
        #[arg(long, value_name = "INSTRUMENT")]
        decision: String,
    },
    /// A retired or elapsed text is adopted again; needs --reason
    Revive(Move),
    /// Issue a corrigendum of an adopted text; needs --reason
    CorrectText {
        #[command(flatten)]
        step: Move,
        /// The corrected text
        #[arg(long)]
        text: String,
        /// Its language
        #[arg(long, value_name = "TAG", default_value = "en")]
        language: String,
    },
    #[command(flatten)]
    Any(record::Command),
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct List {
    /// Only elements of this instrument
    #[arg(long)]
    instrument: Option<String>,
    /// Only those of this event
    #[arg(long)]
    event: Option<String>,
    /// Only these states (repeatable)
    #[arg(long, value_parser = word::parser("rapporteur.recommendations.v1.RecommendationState"))]
    state: Vec<i32>,
    /// Only with one of these themes (repeatable)
    #[arg(long)]
    theme: Vec<String>,
    /// Only with a link to this node of a plan or one below it
    #[arg(long, value_name = "NODE")]
    plan_node: Option<String>,
    /// Only addressed to this party
    #[arg(long, value_name = "PARTY")]
    addressee: Option<String>,
    /// Only with a word of the text that begins so
    #[arg(long, value_name = "PREFIX")]
    text: Option<String>,
    /// Only the elements directly below this one
    #[arg(long, value_name = "RECOMMENDATION")]
    below: Option<String>,
    #[command(flatten)]
    page: Page,
}

pub(crate) async fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    let dialogue = ctx.global.dialogue.clone();
    let dialogue = dialogue.as_deref();
    match command {
        Command::List(list) => {
            let request = v1::ListRecommendationsRequest {
                parent: crate::event::any_dialogue(ctx)?,
                instrument: name::expand_some(name::INSTRUMENT, &list.instrument, dialogue)?,
                event: name::expand_some(name::EVENT, &list.event, dialogue)?,
                states: list.state,
                themes: list.theme,
                plan_node: name::expand_some(name::NODE, &list.plan_node, dialogue)?,
                addressee: name::expand_some(name::PARTY, &list.addressee, None)?,
                text_prefix: list.text.unwrap_or_default(),
                parent_recommendation: name::expand_some(NOUN.pattern, &list.below, dialogue)?,
                ..Default::default()
            };
            record::list(ctx, &NOUN, request, &list.page).await
        }
        Command::Add(add) => add::run(ctx, *add).await,
        Command::Address(address) => crate::addressee::address(ctx, address).await,
        Command::Table(step) => {
            record::act(ctx, &NOUN, &step, v1::TableRecommendationRequest::default()).await
        }
        Command::Withdraw(step) => {
            record::act(
                ctx,
                &NOUN,
                &step,
                v1::WithdrawRecommendationRequest::default(),
            )
            .await
        }
        Command::Redraft(step) => {
            record::act(
                ctx,
                &NOUN,
                &step,
                v1::RedraftRecommendationRequest::default(),
            )
            .await
        }
        Command::Adopt { step, on } => {
            let request = v1::AdoptRecommendationRequest {
                on: when::civil_some(&on),
                ..Default::default()
            };
            record::act(ctx, &NOUN, &step, request).await
        }
        Command::Reject(step) => {
            record::act(
                ctx,
                &NOUN,
                &step,
                v1::RejectRecommendationRequest::default(),
            )
            .await
        }
        Command::Supersede { step, by } => {
            let successor = name::expand(NOUN.pattern, &by, dialogue)?;
            let request = v1::SupersedeRecommendationRequest {
                successor,
                ..Default::default()
            };
            record::act(ctx, &NOUN, &step, request).await
        }
        Command::Elapse(step) => {
            record::act(
                ctx,
                &NOUN,
                &step,
                v1::ElapseRecommendationRequest::default(),
            )
            .await
        }
        Command::Retire { step, decision } => {
            let decision = name::expand(name::INSTRUMENT, &decision, dialogue)?;
            let request = v1::RetireRecommendationRequest {
                decision,
                ..Default::default()
            };
            record::act(ctx, &NOUN, &step, request).await
        }
        Command::Revive(step) => {
            record::act(
                ctx,
                &NOUN,
                &step,
                v1::ReviveRecommendationRequest::default(),
            )
            .await
        }
        Command::CorrectText {
            step,
            text,
            language,
        } => {
            let text = Some(record::text(&language, &text));
            let request = v1::CorrectTextRecommendationRequest {
                text,
                ..Default::default()
            };
            record::act(ctx, &NOUN, &step, request).await
        }
        Command::Any(command) => record::run(ctx, &NOUN, command).await,
    }
}
