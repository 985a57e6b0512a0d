//! How good search results are on a judged set, against plain BM25, and likeness against plain likenesses.

use std::fs::File;
use std::io::{BufReader, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use rapporteur_search::evaluate::judged::{self, Judged};
use rapporteur_search::evaluate::{self, Likeness, Quality, Retrieval};
use rapporteur_search::rank::Tuning;
use serde::Serialize;

use crate::arguments::{Evaluate, Output};
use crate::table::markdown;

/// One figure of a ranking's quality.
type Figure = fn(&Quality) -> f64;

/// What an evaluation came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// No plain figure is better than ours.
    Better,
    /// Some plain figure is.
    Worse,
    /// A figure that was asked for was not reached.
    Missed,
}

/// The figures.
#[derive(Debug, Serialize)]
struct Report {
    #[serde(skip_serializing_if = "Option::is_none")]
    retrieval: Option<Retrieval>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pairs: Option<Likeness>,
    /// Whether no plain figure is better.
    better: bool,
    /// Whether all figures that were asked for were reached.
    reached: bool,
}

/// A name, the plain figure to beat, and ours.
type Row = (&'static str, f64, f64);

/// Reads the set, measures, prints.
pub fn run(set: &Evaluate) -> Result<Verdict> {
    let corpus = match &set.corpus {
        Some(file) => judged::texts(&name(file), open(file)?)?,
        None => Vec::new(),
    };
    let pairs = match &set.pairs {
        Some(file) => Some(evaluate::likeness(
            &judged::pairs(&name(file), open(file)?, &corpus)?,
            &corpus,
        )),
        None => None,
    };
    let retrieval = match (&set.queries, &set.judgments) {
        (Some(queries), Some(judgments)) => {
            let judged = Judged {
                queries: judged::texts(&name(queries), open(queries)?)?,
                grades: judged::judgments(&name(judgments), open(judgments)?)?,
                corpus,
            };
            Some(evaluate::retrieval(&judged, Tuning::default())?)
        }
        _ => None,
    };
    let rows = rows(retrieval.as_ref(), pairs.as_ref());
    let better = rows.iter().all(|(_, plain, ours)| ours >= plain);
    let reached = set.least.iter().all(|(figure, least)| {
        rows.iter().any(|(name, _, ours)| {
            name.to_lowercase().starts_with(figure.as_str()) && ours >= least
        })
    });
    let report = Report {
        retrieval,
        pairs,
        better,
        reached,
    };
    let mut out = std::io::stdout().lock();
    match set.output {
        Output::Json => writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?,
        Output::Table => writeln!(out, "{}", table(&report, &rows))?,
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

fn name(file: &Path) -> String {
    file.display().to_string()
}

fn rows(retrieval: Option<&Retrieval>, pairs: Option<&Likeness>) -> Vec<Row> {
    let mut rows = Vec::new();
    if let Some(Retrieval { plain, ours, .. }) = retrieval {
        let figures: [(&str, Figure); 4] = [
            ("MAP", |of| of.map),
            ("nDCG@10", |of| of.ndcg_10),
            ("P@10", |of| of.precision_10),
            ("recall@100", |of| of.recall_100),
        ];
        rows.extend(figures.map(|(name, figure)| (name, figure(plain), figure(ours))));
    }
    if let Some(pairs) = pairs {
        rows.push(("Spearman, TF-IDF cosine", pairs.cosine, pairs.ours));
        rows.push(("Spearman, Jaccard", pairs.jaccard, pairs.ours));
    }
    rows
}

fn table(report: &Report, rows: &[Row]) -> String {
    let mut text = String::new();
    if let Some(retrieval) = &report.retrieval {
        text += &format!(
            "{} documents, {} queries; ours takes {:.1} ms a query at the median, {:.1} ms at the 95th percentile\n",
            retrieval.documents, retrieval.queries, retrieval.millis.0, retrieval.millis.1
        );
    }
    if let Some(pairs) = &report.pairs {
        text += &format!("{} pairs\n", pairs.pairs);
    }
    let mut table = markdown(&["figure", "plain", "ours", "difference"], &[1, 2, 3]);
    for (name, plain, ours) in rows {
        let figures = [
            format!("{plain:.4}"),
            format!("{ours:.4}"),
            format!("{:+.4}", ours - plain),
        ];
        table.add_row(std::iter::once((*name).to_owned()).chain(figures));
    }
    format!("{text}\n{table}")
}
