//! What is to be beaten: BM25 as it is in the textbooks, over lower-case words without stemming, and likenesses
//! of bags of words.

use std::collections::{HashMap, HashSet};

use super::judged::Text;

const K1: f64 = 1.2;
const B: f64 = 0.75;

/// Runs of letters and digits, in lower case.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

/// Documents by word.
#[derive(Debug)]
pub struct Index {
    postings: HashMap<String, Vec<(usize, f64)>>,
    lengths: Vec<f64>,
    average: f64,
}

impl Index {
    /// Of a corpus; a title is part of its text.
    pub fn new(corpus: &[Text]) -> Self {
        let mut postings: HashMap<String, Vec<(usize, f64)>> = HashMap::new();
        let mut lengths = Vec::with_capacity(corpus.len());
        for (place, text) in corpus.iter().enumerate() {
            let mut times: HashMap<String, f64> = HashMap::new();
            let mut length = 0.0;
            for word in words(&text.whole()) {
                *times.entry(word).or_default() += 1.0;
                length += 1.0;
            }
            for (word, times) in times {
                postings.entry(word).or_default().push((place, times));
            }
            lengths.push(length);
        }
        let average = lengths.iter().sum::<f64>() / lengths.len().max(1) as f64;
        Self {
            postings,
            lengths,
            average,
        }
    }

    /// The scores of all documents that have a word of the query.
    pub fn scores(&self, query: &str) -> HashMap<usize, f64> {
        let mut scores = HashMap::new();
        for word in words(query) {
            let Some(postings) = self.postings.get(&word) else {
                continue;
            };
            let (all, found) = (self.lengths.len() as f64, postings.len() as f64);
            let idf = (1.0 + (all - found + 0.5) / (found + 0.5)).ln();
            for (place, times) in postings {
                let norm = K1 * (1.0 - B + B * self.lengths[*place] / self.average);
                *scores.entry(*place).or_default() += idf * times * (K1 + 1.0) / (times + norm);
            }
        }
        scores
    }

    /// The best documents; equal ones in the order of the corpus.
    pub fn rank(&self, query: &str, depth: usize) -> Vec<usize> {
        let mut ranked: Vec<(usize, f64)> = self.scores(query).into_iter().collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ranked
            .into_iter()
            .take(depth)
            .map(|(place, _)| place)
            .collect()
    }
}

/// How rare words are.
#[derive(Debug)]
pub struct Terms {
    texts: f64,
    found: HashMap<String, f64>,
}

impl Terms {
    /// Of these texts.
    pub fn new<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let (mut all, mut found) = (0.0, HashMap::new());
        for text in texts {
            all += 1.0;
            for word in words(text).collect::<HashSet<_>>() {
                *found.entry(word).or_default() += 1.0;
            }
        }
        Self { texts: all, found }
    }

    /// The cosine of two texts' words, each weighing its times in the text by ln(N / n) + 1.
    pub fn cosine(&self, a: &str, b: &str) -> f64 {
        let vector = |text: &str| {
            let mut vector: HashMap<String, f64> = HashMap::new();
            for word in words(text) {
                let idf = (self.texts / self.found.get(&word).copied().unwrap_or(1.0)).ln() + 1.0;
                *vector.entry(word).or_default() += idf;
            }
            vector
        };
        let (a, b) = (vector(a), vector(b));
        let length =
            |of: &HashMap<String, f64>| of.values().map(|value| value * value).sum::<f64>().sqrt();
        let both: f64 = a
            .iter()
            .filter_map(|(word, value)| b.get(word).map(|other| value * other))
            .sum();
        let lengths = length(&a) * length(&b);
        if lengths > 0.0 { both / lengths } else { 0.0 }
    }
}

/// The share of words that two texts have in common.
pub fn jaccard(a: &str, b: &str) -> f64 {
    let (a, b): (HashSet<_>, HashSet<_>) = (words(a).collect(), words(b).collect());
    let all = a.union(&b).count();
    if all == 0 {
        0.0
    } else {
        a.intersection(&b).count() as f64 / all as f64
    }
}
