//! Verdicts: what a person decided about suggestions.

use rapporteur_proto::recommendations::v1;

use crate::context::Context;
use crate::error::Result;
use crate::noun::Noun;
use crate::record::{self, Page};
use crate::{event, name, word};

pub(crate) const NOUN: Noun = Noun {
    kind: "verdict",
    message: "rapporteur.recommendations.v1.Verdict",
    service: "rapporteur.recommendations.v1.VerdictService",
    pattern: name::VERDICT,
    columns: &["name", "kind", "object", "decision", "score", "remark"],
};

/// Verdicts: what was decided about suggestions
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List verdicts, of one recommendation or of all
    List(List),
    #[command(flatten)]
    Any(record::Command),
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct List {
    /// Only on this recommendation
    #[arg(long)]
    recommendation: Option<String>,
    /// Only of these kinds (repeatable)
    #[arg(long, value_parser = word::parser("rapporteur.recommendations.v1.VerdictKind"))]
    kind: Vec<i32>,
    /// Only with these decisions (repeatable)
    #[arg(long, value_parser = word::parser("rapporteur.recommendations.v1.VerdictDecision"))]
    decision: Vec<i32>,
    /// Only about this: the code of a theme, or the full name of a recommendation, a plan node or a party
    #[arg(long)]
    object: Option<String>,
    #[command(flatten)]
    page: Page,
}

pub(crate) async fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::List(list) => {
            let dialogue = ctx.global.dialogue.as_deref();
            let parent = match &list.recommendation {
                Some(text) => name::expand(name::RECOMMENDATION, text, dialogue)?,
                None => format!("{}/recommendations/-", event::any_dialogue(ctx)?),
            };
            let request = v1::ListVerdictsRequest {
                parent,
                kinds: list.kind,
                decisions: list.decision,
                object: list.object.unwrap_or_default(),
                ..Default::default()
            };
            record::list(ctx, &NOUN, request, &list.page).await
        }
        Command::Any(command) => record::run(ctx, &NOUN, command).await,
    }
}
