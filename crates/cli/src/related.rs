//! `related`: what has to do with a record, and why.

use rapporteur_proto::gateway::v1::{RelatedBy, RelatedReason, RelatedRequest, RelatedResponse};

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::followup::dialogues;
use crate::noun::reflect;
use crate::output::{self, Format};
use crate::{language, name, status, word};

const SERVICE: &str = "rapporteur.gateway.v1.SearchService";
/// Reasons and words that are shown in a table.
const SHOWN: usize = 4;
/// What can be found by its words, and how it is named.
const NOUNS: [(&str, &str); 6] = [
    ("event", name::EVENT),
    ("instrument", name::INSTRUMENT),
    ("recommendation", name::RECOMMENDATION),
    ("commitment", name::COMMITMENT),
    ("report", name::REPORT),
    ("source", name::SOURCE),
];

/// To what, and among what.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Ask {
    /// An event, an instrument, a recommendation, a commitment, a report or a source: its name in full, or short with
    /// its noun (event:rabat/x)
    name: String,
    /// Only of this kind: event, instrument, recommendation, commitment, report, source (repeatable)
    #[arg(long)]
    kind: Vec<String>,
    /// Most records to show
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=100))]
    limit: i32,
    /// Wait until everything recorded before this call is seen
    #[arg(long)]
    fresh: bool,
}

pub(crate) async fn run(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    // --dialogue says where to look, so a name says its own.
    let name = full(&ask.name)?;
    let to = ctx.connect()?;
    let request = RelatedRequest {
        name,
        limit: ask.limit,
        dialogues: dialogues(ctx)?,
        kinds: ask.kind,
        at_least: if ask.fresh {
            status::heads(&to).await?
        } else {
            Vec::new()
        },
    };
    let answer: RelatedResponse = to.ask(SERVICE, &request).await?;
    match ctx.global.output {
        Format::Json | Format::Yaml => return output::data(ctx, &reflect(&answer)?),
        Format::Table if answer.records.is_empty() => return ctx.print("Nothing found.\n"),
        Format::Table | Format::Csv => {}
    }
    let asked = ctx.global.lang.clone();
    let rows: Vec<Vec<String>> = answer
        .records
        .iter()
        .map(|one| {
            let reasons = one.reasons.iter().take(SHOWN).map(reason);
            vec![
                format!("{:.2}", one.score),
                name::short(&one.name),
                one.kind.clone(),
                one.date.clone(),
                reasons.collect::<Vec<_>>().join("; "),
                language::words(&one.title, asked.as_deref()),
            ]
        })
        .collect();
    output::table(
        ctx,
        &["score", "name", "kind", "date", "why", "text"],
        &rows,
    )
}

/// `theme missing-migrants 0.21`.
fn reason(reason: &RelatedReason) -> String {
    let by = word::of(reason.by().as_str_name(), "RELATED_BY_").replace('-', " ");
    let what = if reason.by() == RelatedBy::Words {
        let words = reason.words.iter().take(SHOWN);
        let words: Vec<&str> = words.map(|word| word.term.as_str()).collect();
        words.join(", ")
    } else {
        name::short(&reason.value)
    };
    format!("{by} {what} {:.2}", reason.score)
}

/// `event:x`, `recommendation:x`, or a full name.
pub(crate) fn full(given: &str) -> Result<String> {
    if let Some((noun, short)) = given.split_once(':') {
        let found = NOUNS.iter().find(|(known, _)| *known == noun);
        let (_, pattern) = found.ok_or_else(|| {
            let known: Vec<&str> = NOUNS.iter().map(|(known, _)| *known).collect();
            Failure::usage(format!(
                "{noun} is not found by its words; {} are",
                known.join(", ")
            ))
        })?;
        return name::expand(pattern, short, None);
    }
    if given.starts_with("dialogues/") || given.starts_with("sources/") {
        return Ok(given.to_owned());
    }
    Err(Failure::usage(format!(
        "{given}: say what it is, as recommendation:{given}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_it_is() {
        assert_eq!(full("event:rabat/x").unwrap(), "dialogues/rabat/events/x");
        assert_eq!(full("sources/x").unwrap(), "sources/x");
        assert_eq!(full("rabat/x").unwrap_err().exit_code(), 2);
        assert_eq!(full("party:pt").unwrap_err().exit_code(), 2);
    }
}
