//! What became of each line.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use crate::context::Context;
use crate::error::Result;
use crate::name;
use crate::output::{self, Format};

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    Created,
    Updated,
    Unchanged,
    Refused,
}

/// One line and what became of it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Verdict {
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) kind: String,
    pub(super) name: String,
    #[serde(rename = "verdict")]
    pub(crate) outcome: Outcome,
    #[serde(rename = "reason", skip_serializing_if = "String::is_empty")]
    pub(super) note: String,
}

/// How many lines of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Summary {
    pub(crate) created: usize,
    pub(crate) updated: usize,
    pub(crate) unchanged: usize,
    pub(crate) refused: usize,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
        }
    }
}

impl Display for Verdict {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} line {}: {} {}: {}",
            self.file,
            self.line,
            self.name,
            self.outcome.word(),
            self.note
        )
    }
}

impl Summary {
    pub(crate) fn of(verdicts: &[Verdict]) -> Self {
        let count = |outcome| {
            verdicts
                .iter()
                .filter(|verdict| verdict.outcome == outcome)
                .count()
        };
        Self {
            created: count(Outcome::Created),
            updated: count(Outcome::Updated),
            unchanged: count(Outcome::Unchanged),
            refused: count(Outcome::Refused),
        }
    }
}

impl Display for Summary {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            created,
            updated,
            unchanged,
            refused,
        } = self;
        write!(
            f,
            "{created} created, {updated} updated, {unchanged} unchanged, {refused} refused"
        )
    }
}

/// The verdicts on stdout; the sum on stderr, or in the JSON.
pub(super) fn show(ctx: &mut Context<'_>, verdicts: &[Verdict], quiet: bool) -> Result<()> {
    let summary = Summary::of(verdicts);
    let shown: Vec<&Verdict> = verdicts
        .iter()
        .filter(|v| !quiet || v.outcome != Outcome::Unchanged)
        .collect();
    if matches!(ctx.global.output, Format::Json | Format::Yaml) {
        #[derive(Serialize)]
        struct Report<'a> {
            summary: Summary,
            lines: Vec<&'a Verdict>,
        }
        return output::data(
            ctx,
            &Report {
                summary,
                lines: shown,
            },
        );
    }
    let row = |verdict: &&Verdict| {
        let place = format!("{}:{}", verdict.file, verdict.line);
        let name = if ctx.global.output == Format::Csv {
            verdict.name.clone()
        } else {
            name::short(&verdict.name)
        };
        vec![
            place,
            verdict.outcome.word().to_owned(),
            verdict.kind.clone(),
            name,
            verdict.note.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = shown.iter().map(row).collect();
    if !rows.is_empty() {
        output::table(ctx, &["line", "verdict", "kind", "name", "reason"], &rows)?;
    }
    ctx.say(summary)
}
