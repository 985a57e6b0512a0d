//! `report add`.

use rapporteur_proto::recommendations::v1;
use rapporteur_proto::r#type::v1::Link;

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::record::{self, Adding};
use crate::subject::Subject;
use crate::{name, when, word};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Add {
    #[command(flatten)]
    subject: Subject,
    /// Who reports
    #[arg(long)]
    party: Option<String>,
    /// The post in whose name
    #[arg(long)]
    post: Option<String>,
    /// First day that it speaks of
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// Last day that it speaks of
    #[arg(long, value_name = "DATE")]
    to: Option<String>,
    /// What was done
    #[arg(long)]
    text: Option<String>,
    /// How far it is, as the report says
    #[arg(long, value_parser = word::parser("rapporteur.recommendations.v1.Implementation"))]
    claimed: Option<i32>,
    /// Their own word for it, kept as written
    #[arg(long)]
    word: Option<String>,
    /// The vocabulary of the word
    #[arg(long)]
    vocabulary: Option<String>,
    /// How much of it is done, 0 to 100
    #[arg(long)]
    percent: Option<i32>,
    /// Address of a piece of evidence (repeatable)
    #[arg(long, value_name = "URL")]
    evidence: Vec<String>,
    /// Value of an indicator, as ID=VALUE (repeatable)
    #[arg(long, value_name = "ID=VALUE")]
    value: Vec<String>,
    /// The schedule whose due it meets
    #[arg(long)]
    schedule: Option<String>,
    /// The due that it meets
    #[arg(long, value_name = "DATE")]
    due: Option<String>,
    /// Anything a reader should know
    #[arg(long)]
    note: Option<String>,
    #[command(flatten)]
    adding: Adding,
}

pub(super) async fn run(ctx: &mut Context<'_>, add: Add) -> Result<()> {
    let dialogue = ctx.global.dialogue.as_deref();
    let mut report: v1::ProgressReport = add.adding.base(ctx)?;
    let subject = add.subject.full(dialogue)?;
    if !subject.is_empty() {
        report.subject = subject;
    }
    if add.party.is_some() {
        report.author_party = name::expand_some(name::PARTY, &add.party, None)?;
    }
    if add.post.is_some() {
        report.author_post = name::expand_some(name::POST, &add.post, dialogue)?;
    }
    report.period_start = when::civil_some(&add.from).or(report.period_start);
    report.period_end = when::civil_some(&add.to).or(report.period_end);
    add.adding.text(&mut report.narrative, &add.text);
    report.claimed = add.claimed.unwrap_or(report.claimed);
    report.word = add.word.unwrap_or(report.word);
    if add.vocabulary.is_some() {
        report.vocabulary = name::expand_some(name::VOCABULARY, &add.vocabulary, None)?;
    }
    report.percent = add.percent.or(report.percent);
    let first = report.evidence.len() + 1;
    for (at, url) in add.evidence.into_iter().enumerate() {
        report.evidence.push(v1::Evidence {
            id: (first + at).to_string(),
            link: Some(Link {
                url,
                ..Link::default()
            }),
            ..Default::default()
        });
    }
    for given in &add.value {
        report.indicator_values.push(value(given)?);
    }
    if add.schedule.is_some() {
        report.schedule = name::expand_some(name::SCHEDULE, &add.schedule, dialogue)?;
    }
    report.due = when::civil_some(&add.due).or(report.due);
    report.note = add.note.unwrap_or(report.note);
    let parent = super::parent(ctx, &report.subject)?;
    record::add(ctx, &super::NOUN, parent, report, &add.adding).await
}

/// `trained=12`.
fn value(given: &str) -> Result<v1::IndicatorValue> {
    let parts = given
        .split_once('=')
        .and_then(|(id, value)| Some((id, value.parse().ok()?)));
    let (id, value) =
        parts.ok_or_else(|| Failure::usage(format!("{given}: write ID=VALUE, as trained=12")))?;
    Ok(v1::IndicatorValue {
        indicator: id.to_owned(),
        value,
        ..Default::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_names_its_indicator() {
        let read = value("trained=12.5").unwrap();
        assert_eq!((read.indicator.as_str(), read.value), ("trained", 12.5));
        for odd in ["trained", "trained=few"] {
            assert_eq!(value(odd).unwrap_err().exit_code(), 2, "{odd}");
        }
    }
}
