//! Assessments: what those think who speak of an addressee or a commitment, side by side.

use rapporteur_proto::recommendations::v1;

use crate::context::Context;
use crate::error::Result;
use crate::noun::Noun;
use crate::record::{self, Adding, Page};
use crate::subject::Subject;
use crate::{name, report, when, word};

pub(crate) const NOUN: Noun = Noun {
    kind: "assessment",
    message: "rapporteur.recommendations.v1.Assessment",
    service: "rapporteur.recommendations.v1.AssessmentService",
    pattern: name::ASSESSMENT,
    columns: &[
        "name", "subject", "assessor", "voice", "status", "score", "date",
    ],
};

/// Assessments: what others think of the progress
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List assessments
    List(List),
    /// Record an assessment
    Add(Box<Add>),
    #[command(flatten)]
    Any(record::Command),
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    subject: Subject,
    /// Only by this assessor
    #[arg(long, value_name = "PARTY")]
    assessor: Option<String>,
    /// Only these voices (repeatable)
    #[arg(long, value_parser = word::parser("rapporteur.recommendations.v1.Voice"))]
    voice: Vec<i32>,
    #[command(flatten)]
    page: Page,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Add {
    #[command(flatten)]
    subject: Subject,
    /// Who assesses
    #[arg(long, value_name = "PARTY")]
    assessor: Option<String>,
    /// As whom
    #[arg(long, value_parser = word::parser("rapporteur.recommendations.v1.Voice"))]
    voice: Option<i32>,
    /// How it was assessed
    #[arg(long)]
    method: Option<String>,
    /// How far it is, as the assessor finds
    #[arg(long, value_parser = word::parser("rapporteur.recommendations.v1.Implementation"))]
    status: Option<i32>,
    /// The assessor's own word, kept as written
    #[arg(long)]
    word: Option<String>,
    /// The vocabulary of the word
    #[arg(long)]
    vocabulary: Option<String>,
    /// 0 to 1; made of the status when not given
    #[arg(long)]
    score: Option<f64>,
    /// The day of the assessment
    #[arg(long, value_name = "DATE")]
    on: Option<String>,
    /// Why
    #[arg(long)]
    text: Option<String>,
    #[command(flatten)]
    adding: Adding,
}

pub(crate) async fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    let dialogue = ctx.global.dialogue.clone();
    let dialogue = dialogue.as_deref();
    match command {
        Command::List(list) => {
            let request = v1::ListAssessmentsRequest {
                parent: crate::event::any_dialogue(ctx)?,
                subject: list.subject.full(dialogue)?,
                assessor: name::expand_some(name::PARTY, &list.assessor, None)?,
                voices: list.voice,
                ..Default::default()
            };
            record::list(ctx, &NOUN, request, &list.page).await
        }
        Command::Add(add) => {
            let mut assessment: v1::Assessment = add.adding.base(ctx)?;
            let subject = add.subject.full(dialogue)?;
            if !subject.is_empty() {
                assessment.subject = subject;
            }
            if add.assessor.is_some() {
                assessment.assessor = name::expand_some(name::PARTY, &add.assessor, None)?;
            }
            assessment.voice = add.voice.unwrap_or(assessment.voice);
            assessment.method = add.method.unwrap_or(assessment.method);
            assessment.status = add.status.unwrap_or(assessment.status);
            assessment.word = add.word.unwrap_or(assessment.word);
            if add.vocabulary.is_some() {
                assessment.vocabulary = name::expand_some(name::VOCABULARY, &add.vocabulary, None)?;
            }
            assessment.score = add.score.or(assessment.score);
            assessment.date = when::civil_some(&add.on).or(assessment.date);
            add.adding.text(&mut assessment.text, &add.text);
            let parent = report::parent(ctx, &assessment.subject)?;
            record::add(ctx, &NOUN, parent, assessment, &add.adding).await
        }
        Command::Any(command) => record::run(ctx, &NOUN, command).await,
    }
}
