//! Progress reports: what an addressee or an owner says, and who has verified it.

mod add;

use prost_reflect::{DynamicMessage, Value};
use rapporteur_proto::recommendations::v1;

use crate::context::Context;
use crate::error::Result;
use crate::noun::{Noun, set};
use crate::record::{self, Dated, Page};
use crate::subject::Subject;
use crate::{figures, name, when, word};

pub(crate) const NOUN: Noun = Noun {
    kind: "progress_report",
    message: "rapporteur.recommendations.v1.ProgressReport",
    service: "rapporteur.recommendations.v1.ProgressReportService",
    pattern: name::REPORT,
    columns: &[
        "name",
        "subject",
        "author_party",
        "state",
        "claimed",
        "verified",
        "submitted",
    ],
};

/// Progress reports: what is said to be done, and who has verified it
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List reports
    List(List),
    /// Record a draft
    Add(Box<add::Add>),
    /// Hand a draft in
    Submit(ByPost),
    /// Confirm what a report says; moves the implementation, and never by its own author
    Verify(Box<Verify>),
    /// Send a report back; needs --reason
    Return(ByPost),
    /// Take a returned report up again
    Redraft(ByPost),
    /// Publish a verified report
    Publish(ByPost),
    /// Take a published report back; needs --reason
    Retract(ByPost),
    /// Show the figures of a meeting as they were at a moment, and what has changed since
    Som(figures::Ask),
    #[command(flatten)]
    Any(record::Command),
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    subject: Subject,
    /// Only about addressees of this recommendation
    #[arg(long)]
    recommendation: Option<String>,
    /// Only these states (repeatable)
    #[arg(long, value_parser = word::parser("rapporteur.recommendations.v1.ProgressReportState"))]
    state: Vec<i32>,
    /// Only by this party
    #[arg(long)]
    party: Option<String>,
    /// Only by this post
    #[arg(long)]
    post: Option<String>,
    #[command(flatten)]
    page: Page,
}

/// A verb that is done in the name of a post.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ByPost {
    #[command(flatten)]
    dated: Dated,
    /// The post in whose name
    #[arg(long)]
    post: Option<String>,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    by: ByPost,
    /// Who verifies
    #[arg(long, value_name = "PARTY")]
    verifier: Option<String>,
    /// How far it is; as the report claims when not given
    #[arg(long, value_parser = word::parser("rapporteur.recommendations.v1.Implementation"))]
    implementation: Option<i32>,
    /// The recorded source
    #[arg(long)]
    source: Option<String>,
    /// The words of the source
    #[arg(long, value_name = "WORDS")]
    quote: Option<String>,
}

pub(crate) async fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    let dialogue = ctx.global.dialogue.clone();
    let dialogue = dialogue.as_deref();
    match command {
        Command::List(list) => {
            let request = v1::ListProgressReportsRequest {
                parent: crate::event::any_dialogue(ctx)?,
                subject: list.subject.full(dialogue)?,
                states: list.state,
                author_party: name::expand_some(name::PARTY, &list.party, None)?,
                author_post: name::expand_some(name::POST, &list.post, dialogue)?,
                recommendation: name::expand_some(
                    name::RECOMMENDATION,
                    &list.recommendation,
                    dialogue,
                )?,
                ..Default::default()
            };
            record::list(ctx, &NOUN, request, &list.page).await
        }
        Command::Add(add) => add::run(ctx, *add).await,
        Command::Submit(asked) => step(ctx, "Submit", &asked).await,
        Command::Verify(asked) => {
            let request = v1::VerifyProgressReportRequest {
                on: when::civil_some(&asked.by.dated.on),
                post: name::expand_some(name::POST, &asked.by.post, dialogue)?,
                verifier: name::expand_some(name::PARTY, &asked.verifier, None)?,
                implementation: asked.implementation.unwrap_or_default(),
                provenance: crate::source::provenance(&asked.source, &asked.quote)?,
                ..Default::default()
            };
            record::act(ctx, &NOUN, &asked.by.dated.step, request).await
        }
        Command::Return(asked) => step(ctx, "Return", &asked).await,
        Command::Redraft(asked) => step(ctx, "Redraft", &asked).await,
        Command::Publish(asked) => step(ctx, "Publish", &asked).await,
        Command::Retract(asked) => step(ctx, "Retract", &asked).await,
        Command::Som(ask) => figures::run(ctx, ask).await,
        Command::Any(command) => record::run(ctx, &NOUN, command).await,
    }
}

async fn step(ctx: &mut Context<'_>, verb: &str, asked: &ByPost) -> Result<()> {
    let method = NOUN.method(verb)?;
    let mut request = DynamicMessage::new(method.input());
    record::dated(&mut request, &asked.dated.on)?;
    let post = name::expand_some(name::POST, &asked.post, ctx.global.dialogue.as_deref())?;
    set(&mut request, "post", Value::String(post))?;
    record::send(ctx, &NOUN, &asked.dated.step, &method, request).await
}

/// The dialogue of `--dialogue`; else that of the subject, where what is said of it belongs.
pub(crate) fn parent(ctx: &Context<'_>, subject: &str) -> Result<String> {
    let stated = record::parent(ctx)?;
    if stated.is_empty() {
        Ok(subject.split('/').take(2).collect::<Vec<_>>().join("/"))
    } else {
        Ok(stated)
    }
}
