//! How good suggested classes are on a judged set, against plain BM25.

use std::fs::File;
use std::io::{BufReader, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use rapporteur_search::evaluate::classified;
use rapporteur_search::evaluate::suggested::{Quality, Suggested, suggested};
use serde::Serialize;

use crate::arguments::{Output, Suggest};
use crate::evaluate::Verdict;
use crate::table::markdown;

/// One figure of the suggestions' quality.
type Figure = (&'static str, fn(&Quality) -> f64);

/// The figures that plain BM25 is held against.
const FIGURES: [Figure; 3] = [
    ("precision@1", |of| of.precision_1),
    ("precision@3", |of| of.precision_3),
    ("precision", |of| of.precision),
];
/// How often something is said at all: plain BM25 is given the same.
const SAID: [Figure; 2] = [("coverage", |of| of.coverage), ("silence", |of| of.silence)];

#[derive(Debug, Serialize)]
struct Report {
    #[serde(flatten)]
    suggested: Suggested,
    /// Whether no plain figure is better.
    better: bool,
    /// Whether all figures that were asked for were reached.
    reached: bool,
}

/// Reads the set, measures, prints.
pub fn run(set: &Suggest) -> Result<Verdict> {
    let classes = set.data.join("classes.jsonl");
    let classes = classified::classes(&classes.display().to_string(), open(&classes)?)?;
    let texts = set.data.join("texts.jsonl");
    let texts = classified::texts(&texts.display().to_string(), open(&texts)?)?;
    let suggested = suggested(&classes, &texts);
    let better = FIGURES
        .iter()
        .all(|(_, figure)| figure(&suggested.ours) >= figure(&suggested.plain));
    let reached = set.least.iter().all(|(asked, least)| {
        let mut all = FIGURES.iter().chain(&SAID);
        all.any(|(name, figure)| name == asked && figure(&suggested.ours) >= *least)
    });
    let report = Report {
        suggested,
        better,
        reached,
    };
    let mut out = std::io::stdout().lock();
    match set.output {
        Output::Json => writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?,
        Output::Table => writeln!(out, "{}", table(&report.suggested))?,
    }
    Ok(match (reached, better) {
        (false, _) => Verdict::Missed,
        (true, true) => Verdict::Better,
        (true, false) => Verdict::Worse,
    })
}

fn open(file: &Path) -> Result<BufReader<File>> {
    let opened = File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(BufReader::new(opened))
}

fn table(found: &Suggested) -> String {
    let text = format!(
        "{} classes, {} texts with a class, {} without; {:.2} ms a text\n",
        found.classes, found.texts, found.without, found.millis
    );
    let head = ["figure", "plain", "by words", "with neighbours"];
    let mut table = markdown(&head, &[1, 2, 3]);
    for (name, figure) in FIGURES.iter().chain(&SAID) {
        let all = [&found.plain, &found.words, &found.ours];
        let figures = all.map(|of| format!("{:.4}", figure(of)));
        table.add_row(std::iter::once((*name).to_owned()).chain(figures));
    }
    format!("{text}\n{table}")
}
