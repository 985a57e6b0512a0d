//! Commitments: what somebody took on, and how far it is.

mod add;

use rapporteur_proto::recommendations::v1;

use crate::context::Context;
use crate::error::Result;
use crate::noun::Noun;
use crate::record::{self, Dated, Page};
use crate::{name, when, word};

pub(crate) const NOUN: Noun = Noun {
    kind: "commitment",
    message: "rapporteur.recommendations.v1.Commitment",
    service: "rapporteur.recommendations.v1.CommitmentService",
    pattern: name::COMMITMENT,
    columns: &[
        "name",
        "kind",
        "owners",
        "state",
        "implementation",
        "due",
        "title",
    ],
};

/// Commitments: what somebody took on, and how far it is
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List commitments
    List(List),
    /// Record a commitment
    Add(Box<add::Add>),
    /// An owner takes on what was proposed
    Accept(Dated),
    /// What was proposed is not taken on; needs --reason
    Decline(Dated),
    /// Work begins
    Start(Dated),
    /// Work stops for now; needs --reason
    Hold(Dated),
    /// A commitment on hold goes on
    Resume(Dated),
    /// The owner says that it is done
    Complete(Dated),
    /// What was said to be done is not; needs --reason
    Reopen(Dated),
    /// A verified report says that it is done
    Verify {
        #[command(flatten)]
        dated: Dated,
        /// The verified report; the newest that says so when not given
        #[arg(long)]
        report: Option<String>,
    },
    /// Nothing more is expected of it
    Close(Dated),
    /// It will not be done; needs --reason
    Cancel(Dated),
    /// Other owners take it over; needs --reason
    Reassign {
        #[command(flatten)]
        dated: Dated,
        /// A new owner (repeatable)
        #[arg(long, value_name = "PARTY", required = true)]
        owner: Vec<String>,
    },
    #[command(flatten)]
    Any(record::Command),
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct List {
    /// Only these states (repeatable)
    #[arg(long, value_parser = word::parser("rapporteur.recommendations.v1.CommitmentState"))]
    state: Vec<i32>,
    /// Only these kinds (repeatable)
    #[arg(long, value_parser = word::parser("rapporteur.recommendations.v1.CommitmentKind"))]
    kind: Vec<i32>,
    /// Only with this owner or partner
    #[arg(long)]
    party: Option<String>,
    /// Only for this recommendation
    #[arg(long)]
    recommendation: Option<String>,
    /// Only for this node of a plan or one below it
    #[arg(long, value_name = "NODE")]
    plan_node: Option<String>,
    /// Only due on or before this day
    #[arg(long, value_name = "DATE")]
    due_by: Option<String>,
    /// Only these states of implementation (repeatable)
    #[arg(long, value_parser = word::parser("rapporteur.recommendations.v1.Implementation"))]
    implementation: Vec<i32>,
    #[command(flatten)]
    page: Page,
}

pub(crate) async fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    let dialogue = ctx.global.dialogue.clone();
    let dialogue = dialogue.as_deref();
    match command {
        Command::List(list) => {
            let request = v1::ListCommitmentsRequest {
                parent: crate::event::any_dialogue(ctx)?,
                states: list.state,
                kinds: list.kind,
                party: name::expand_some(name::PARTY, &list.party, None)?,
                recommendation: name::expand_some(
                    name::RECOMMENDATION,
                    &list.recommendation,
                    dialogue,
                )?,
                plan_node: name::expand_some(name::NODE, &list.plan_node, dialogue)?,
                due_by: list.due_by.unwrap_or_default(),
                implementations: list.implementation,
                ..Default::default()
            };
            record::list(ctx, &NOUN, request, &list.page).await
        }
        Command::Add(add) => add::run(ctx, *add).await,
        Command::Accept(asked) => record::step(ctx, &NOUN, "Accept", &asked).await,
        Command::Decline(asked) => record::step(ctx, &NOUN, "Decline", &asked).await,
        Command::Start(asked) => record::step(ctx, &NOUN, "Start", &asked).await,
        Command::Hold(asked) => record::step(ctx, &NOUN, "Hold", &asked).await,
        Command::Resume(asked) => record::step(ctx, &NOUN, "Resume", &asked).await,
        Command::Complete(asked) => record::step(ctx, &NOUN, "Complete", &asked).await,
        Command::Reopen(asked) => record::step(ctx, &NOUN, "Reopen", &asked).await,
        Command::Verify { dated, report } => {
            let request = v1::VerifyCommitmentRequest {
                on: when::civil_some(&dated.on),
                report: name::expand_some(name::REPORT, &report, dialogue)?,
                ..Default::default()
            };
            record::act(ctx, &NOUN, &dated.step, request).await
        }
        Command::Close(asked) => record::step(ctx, &NOUN, "Close", &asked).await,
        Command::Cancel(asked) => record::step(ctx, &NOUN, "Cancel", &asked).await,
        Command::Reassign { dated, owner } => {
            let request = v1::ReassignCommitmentRequest {
                on: when::civil_some(&dated.on),
                owners: name::expand_all(name::PARTY, &owner, None)?,
                ..Default::default()
            };
            record::act(ctx, &NOUN, &dated.step, request).await
        }
        Command::Any(command) => record::run(ctx, &NOUN, command).await,
    }
}
