//! Suggested themes and nodes of plans.

use std::path::PathBuf;

use rapporteur_proto::gateway::v1::{
    ClassReasons, SuggestClassesRequest, SuggestClassesResponse, SuggestedClass, Suggestion,
};
use rapporteur_proto::recommendations::v1::VerdictKind;

use super::SERVICE;
use crate::connect::Connection;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::noun::reflect;
use crate::output::{self, Format};
use crate::{language, name, plan, status};

/// Most suggestions of one record that are asked for, to find those that are decided.
const MOST: i32 = 50;
/// What is hardly sure can be accepted too, by who has seen it.
const HARDLY: f64 = 0.01;
/// Words and neighbours that are shown of each suggestion.
const SHOWN: usize = 3;

/// For what.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Ask {
    /// The recommendation, or the full name of an instrument or a commitment
    #[arg(required_unless_present_any = ["text", "file"], conflicts_with_all = ["text", "file"])]
    record: Option<String>,
    /// A text instead of a record
    #[arg(long, conflicts_with = "file")]
    text: Option<String>,
    /// A file with the text
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The language of the text; guessed when not given
    #[arg(long, value_name = "LANGUAGE", value_parser = language::tag)]
    text_lang: Option<String>,
    /// Most suggestions to show
    #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = clap::value_parser!(i32).range(1..=50))]
    limit: i32,
    /// Only with this score or more, 0 to 1; 0.5 when not given
    #[arg(long, value_name = "SCORE")]
    min_score: Option<f64>,
    /// Wait until everything recorded before this call is looked at
    #[arg(long)]
    fresh: bool,
}

/// For what, of which plans.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Nodes {
    #[command(flatten)]
    ask: Ask,
    /// Only nodes of this plan (repeatable); of all plans when none is given
    #[arg(long, value_name = "PLAN")]
    plan: Vec<String>,
}

pub(super) async fn nodes(ctx: &mut Context<'_>, nodes: Nodes) -> Result<()> {
    let to = ctx.connect()?;
    let dialogue = ctx.global.dialogue.clone();
    let mut plans = Vec::new();
    for given in &nodes.plan {
        plans.push(plan::meant(&to, given, dialogue.as_deref()).await?);
    }
    suggest(ctx, &to, VerdictKind::PlanNode, nodes.ask, plans).await
}

pub(super) async fn themes(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    let to = ctx.connect()?;
    suggest(ctx, &to, VerdictKind::Theme, ask, Vec::new()).await
}

async fn suggest(
    ctx: &mut Context<'_>,
    to: &Connection,
    kind: VerdictKind,
    ask: Ask,
    plans: Vec<String>,
) -> Result<()> {
    let dialogue = ctx.global.dialogue.as_deref();
    let name = match ask.record {
        Some(record) if record.starts_with("dialogues/") => record,
        Some(record) => name::expand(name::RECOMMENDATION, &record, dialogue)?,
        None => String::new(),
    };
    let text = match (ask.text, &ask.file) {
        (Some(text), _) => text,
        (None, Some(file)) => std::fs::read_to_string(file).map_err(|error| {
            Failure::usage(format!("{} cannot be read: {error}", file.display()))
        })?,
        (None, None) => String::new(),
    };
    let request = SuggestClassesRequest {
        name,
        text,
        language: ask.text_lang.unwrap_or_default(),
        kind: kind.into(),
        plans,
        limit: ask.limit,
        min_score: ask.min_score.unwrap_or_default(),
        at_least: if ask.fresh {
            status::heads(to).await?
        } else {
            Vec::new()
        },
    };
    let answer: SuggestClassesResponse = to.ask(SERVICE, &request).await?;
    match ctx.global.output {
        Format::Json | Format::Yaml => return output::data(ctx, &reflect(&answer)?),
        Format::Table if answer.suggestions.is_empty() => {
            let what = match kind {
                VerdictKind::Theme => "theme",
                _ => "node",
            };
            let of = answer.considered;
            return ctx.print(format_args!("None of {of}: no {what} is sure enough.\n"));
        }
        _ => {}
    }
    table(ctx, &answer, !request.name.is_empty())
}

fn table(ctx: &mut Context<'_>, answer: &SuggestClassesResponse, of_record: bool) -> Result<()> {
    let is_table = ctx.global.output == Format::Table;
    let called = |text: &str| {
        if is_table {
            name::short(text)
        } else {
            text.to_owned()
        }
    };
    let mut headings = vec!["score", "object", "title", "why"];
    // By what it is accepted or rejected.
    let can_be_decided = of_record && answer.suggestions.iter().any(|one| !one.verdict.is_empty());
    if can_be_decided {
        headings.push("verdict");
    }
    let row = |one: &SuggestedClass| {
        let mut row = vec![
            format!("{:.2}", one.score),
            called(&one.object),
            language::words(&one.title, ctx.global.lang.as_deref()),
            why(&one.reasons.clone().unwrap_or_default()).join("; "),
        ];
        if can_be_decided {
            row.push(called(&one.verdict));
        }
        row
    };
    let rows: Vec<Vec<String>> = answer.suggestions.iter().map(row).collect();
    output::table(ctx, &headings, &rows)?;
    if is_table && can_be_decided {
        ctx.say("Accept or reject: rapporteur suggest accept|reject VERDICT.")?;
    }
    Ok(())
}

/// The reasons in words.
fn why(reasons: &ClassReasons) -> Vec<String> {
    let mut all = Vec::new();
    if !reasons.name.is_empty() {
        all.push(format!("names {}", reasons.name));
    }
    let words: Vec<&str> = reasons
        .words
        .iter()
        .take(SHOWN)
        .map(|word| word.text.as_str())
        .collect();
    if !words.is_empty() {
        all.push(format!("words {}", words.join(", ")));
    }
    let alike = reasons.neighbours.iter().take(SHOWN);
    let alike: Vec<String> = alike
        .map(|one| format!("{} ({:.0} %)", name::short(&one.name), one.likeness * 100.0))
        .collect();
    if !alike.is_empty() {
        all.push(format!("as {}", alike.join(", ")));
    }
    all
}

/// The suggestions of themes and nodes that these verdicts would be on.
pub(super) async fn meant(to: &Connection, verdicts: &[String]) -> Result<Vec<Suggestion>> {
    let mut found: Vec<Suggestion> = Vec::new();
    for verdict in verdicts {
        let known = |one: &Suggestion| one.verdict == *verdict;
        let kind = match verdict.rsplit('/').next().unwrap_or_default() {
            id if id.starts_with("theme-") => VerdictKind::Theme,
            id if id.starts_with("plan-node-") => VerdictKind::PlanNode,
            _ => continue,
        };
        let Some((subject, _)) = verdict.split_once("/verdicts/") else {
            continue;
        };
        if found.iter().any(known) {
            continue;
        }
        let request = SuggestClassesRequest {
            name: subject.to_owned(),
            kind: kind.into(),
            limit: MOST,
            min_score: HARDLY,
            ..SuggestClassesRequest::default()
        };
        let answer: SuggestClassesResponse = to.ask(SERVICE, &request).await?;
        let one = answer.suggestions.into_iter();
        found.extend(
            one.filter(|one| one.verdict == *verdict)
                .map(|one| Suggestion {
                    verdict: one.verdict,
                    kind: kind.into(),
                    subject: subject.to_owned(),
                    object: one.object,
                    score: one.score,
                    reasons: why(&one.reasons.unwrap_or_default()),
                    ..Suggestion::default()
                }),
        );
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use rapporteur_proto::gateway::v1::{ClassNeighbour, ClassWord};

    use super::*;

    #[test]
    fn reasons_are_said_in_words() {
        let reasons = ClassReasons {
            name: "labour migration".into(),
            words: ["migrant", "labor", "skill", "match"]
                .map(|text| ClassWord {
                    text: text.into(),
                    share: 0.25,
                })
                .into(),
            neighbours: vec![ClassNeighbour {
                name: "dialogues/rabat/recommendations/r1".into(),
                likeness: 0.934,
            }],
            ..ClassReasons::default()
        };
        assert_eq!(
            why(&reasons),
            [
                "names labour migration",
                "words migrant, labor, skill",
                "as rabat/r1 (93 %)"
            ]
        );
        assert!(why(&ClassReasons::default()).is_empty());
    }
}
