//! How good the ranking is, measured on judged sets: ours beside plain BM25 and plain likenesses.
//!
//! | module | holds |
//! | --- | --- |
//! | [`judged`] | the formats of corpora, queries, judgments and pairs |
//! | [`classified`] | the formats of classes, and of texts that people put into them |
//! | [`metrics`] | average precision, nDCG, precision, recall, Spearman's rank correlation |
//! | [`plain`] | what is to be beaten: BM25 with k1 1.2 and b 0.75 over lower-case words; TF-IDF cosine; Jaccard |
//! | [`ours`] | the ranking of this crate over an index in memory |
//! | [`suggested`] | suggested classes: plain BM25, by words, with neighbours |

pub mod classified;
pub mod judged;
pub mod metrics;
pub mod ours;
pub mod plain;
pub mod suggested;

use serde::Serialize;

use self::judged::{Judged, Pair, Text};
use crate::rank::Tuning;

/// As deep as a ranking is looked at.
pub const DEPTH: usize = 1_000;

/// The means over all queries that have a relevant document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Quality {
    /// Mean average precision, to [`DEPTH`].
    pub map: f64,
    /// Normalised discounted cumulative gain of the first ten; the gain is the grade.
    pub ndcg_10: f64,
    /// Share of relevant ones among the first ten.
    pub precision_10: f64,
    /// Share of the relevant ones that are among the first hundred.
    pub recall_100: f64,
}

/// A ranking of a judged set, by plain BM25 and by ours.
#[derive(Clone, Debug, Serialize)]
pub struct Retrieval {
    /// Documents searched.
    pub documents: usize,
    /// Queries with a relevant document; others are not counted.
    pub queries: usize,
    /// What is to be beaten.
    pub plain: Quality,
    /// Ours.
    pub ours: Quality,
    /// Milliseconds that a query took us, at the median and at the 95th of a hundred.
    pub millis: (f64, f64),
}

/// Spearman's correlation of judged likenesses with computed ones.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Likeness {
    /// Pairs compared.
    pub pairs: usize,
    /// TF-IDF cosine of lower-case words.
    pub cosine: f64,
    /// Jaccard's share of lower-case words.
    pub jaccard: f64,
    /// Ours.
    pub ours: f64,
}

/// Ranks each query's documents twice and measures both.
///
/// # Errors
/// When the index in memory cannot be made or read.
pub fn retrieval(judged: &Judged, tuning: Tuning) -> tantivy::Result<Retrieval> {
    let plain = plain::Index::new(&judged.corpus);
    let ours = ours::Ranking::new(&judged.corpus, tuning)?;
    let mut qualities = [Vec::new(), Vec::new()];
    let mut millis = Vec::new();
    for query in &judged.queries {
        let Some(grades) = judged
            .grades
            .get(&query.id)
            .filter(|grades| grades.values().any(|grade| *grade > 0.0))
        else {
            continue;
        };
        let measure = |ranked: Vec<usize>| {
            // A query that was taken from the corpus does not find itself.
            let ids = ranked
                .iter()
                .map(|place| &judged.corpus[*place].id)
                .filter(|id| **id != query.id);
            let found: Vec<f64> = ids
                .take(DEPTH)
                .map(|id| grades.get(id).copied().unwrap_or_default())
                .collect();
            let all: Vec<f64> = grades
                .iter()
                .filter(|(id, _)| **id != query.id)
                .map(|(_, grade)| *grade)
                .collect();
            metrics::quality(&found, &all)
        };
        let since = std::time::Instant::now();
        let ranked = ours.rank(query, DEPTH + 1)?;
        millis.push(since.elapsed().as_secs_f64() * 1e3);
        qualities[0].push(measure(plain.rank(&query.whole(), DEPTH + 1)));
        qualities[1].push(measure(ranked));
    }
    let [plain, ours] = qualities.map(|of| metrics::mean(&of));
    millis.sort_by(f64::total_cmp);
    let at = |share: f64| {
        millis
            .get((millis.len() as f64 * share) as usize)
            .copied()
            .unwrap_or_default()
    };
    Ok(Retrieval {
        documents: judged.corpus.len(),
        queries: millis.len(),
        plain,
        ours,
        millis: (at(0.5), at(0.95)),
    })
}

/// Compares each pair and correlates with the judged likeness.
pub fn likeness(pairs: &[Pair], corpus: &[Text]) -> Likeness {
    let judged: Vec<f64> = pairs.iter().map(|pair| pair.score).collect();
    let texts: Vec<&str> = pairs
        .iter()
        .flat_map(|pair| [pair.a.as_str(), pair.b.as_str()])
        .collect();
    let terms = plain::Terms::new(texts.iter().copied());
    let of = |compare: &dyn Fn(&Pair) -> f64| {
        metrics::spearman(&judged, &pairs.iter().map(compare).collect::<Vec<_>>())
    };
    let ours = ours::likenesses(pairs, corpus);
    Likeness {
        pairs: pairs.len(),
        cosine: of(&|pair| terms.cosine(&pair.a, &pair.b)),
        jaccard: of(&|pair| plain::jaccard(&pair.a, &pair.b)),
        ours: metrics::spearman(&judged, &ours),
    }
}

#[cfg(test)]
mod tests;
