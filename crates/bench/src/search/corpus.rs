//! Short texts such as states recommend to each other: read from a folder at run time and varied, or made up.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

/// Words of a text that is made up, and words to make it of.
const WORDS: usize = 24;
const VOCABULARY: u64 = 20_000;
/// Texts that are made up, before they are varied.
const MADE_UP: u64 = 10_000;
const SYLLABLES: [&str; 16] = [
    "mi", "gra", "tion", "la", "bour", "pro", "tec", "ret", "urn", "as", "yl", "um", "ri", "ghts",
    "co", "de",
];

/// What is read of a line of `recommendations/upr_sessions_10-13.jsonl`.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Line {
    /// The words.
    pub text: String,
    /// Who has to act.
    #[serde(default)]
    pub addressed_to: String,
    /// What it is about.
    #[serde(default)]
    pub issues: Vec<String>,
}

/// Texts to vary.
#[derive(Debug)]
pub struct Corpus {
    lines: Vec<Line>,
    origin: String,
}

/// Numbers that follow from a number (splitmix64).
fn mix(number: u64) -> u64 {
    let mut z = number
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .wrapping_add(0x1234_5678_9ABC_DEF1);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn below(number: u64, most: usize) -> usize {
    usize::try_from(number % most.max(1) as u64).unwrap_or_default()
}

impl Corpus {
    /// The texts in a folder; made up without one.
    pub fn read(folder: Option<&Path>) -> Result<Self> {
        let Some(folder) = folder else {
            return Ok(Self {
                lines: (0..MADE_UP).map(made_up).collect(),
                origin: "made up".to_owned(),
            });
        };
        let file = folder.join("recommendations/upr_sessions_10-13.jsonl");
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let lines = text
            .lines()
            .map(serde_json::from_str)
            .collect::<Result<Vec<Line>, _>>()?;
        ensure!(!lines.is_empty(), "{} is empty", file.display());
        Ok(Self {
            lines,
            origin: format!("varied from {}", file.display()),
        })
    }

    /// Where they come from.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Text number so many: the first ones as they are, then with two words of another in the place of theirs.
    pub fn line(&self, number: u64) -> Line {
        let mut line = self.lines[below(number, self.lines.len())].clone();
        if number >= self.lines.len() as u64 {
            let other = &self.lines[below(mix(number), self.lines.len())];
            let others: Vec<&str> = other.text.split_whitespace().collect();
            let mut words: Vec<&str> = line.text.split_whitespace().collect();
            for turn in 0..2 {
                if let (false, false) = (words.is_empty(), others.is_empty()) {
                    let place = below(mix(number + turn), words.len());
                    words[place] = others[below(mix(number * 3 + turn), others.len())];
                }
            }
            line.text = words.join(" ");
        }
        line
    }

    /// So many queries: one to three words that stand beside each other in some text.
    pub fn queries(&self, count: usize, texts: u64) -> Vec<String> {
        let mut queries = BTreeSet::new();
        for number in 0..(count as u64 * 10) {
            if queries.len() == count {
                break;
            }
            let line = self.line(mix(number) % texts.max(1));
            let words: Vec<String> = line
                .text
                .split(|c: char| !c.is_alphabetic())
                .filter(|word| word.chars().count() > 3)
                .map(str::to_lowercase)
                .collect();
            let length = 1 + below(mix(number + 7), 3);
            let from = below(mix(number + 13), words.len());
            let query = words
                .iter()
                .skip(from)
                .take(length)
                .cloned()
                .collect::<Vec<_>>()
                .join(" ");
            if !query.is_empty() {
                queries.insert(query);
            }
        }
        queries.into_iter().collect()
    }
}

/// A text of words of which few are frequent and many are rare, as in every language.
fn made_up(number: u64) -> Line {
    let word = |place: u64| {
        let random = mix(number * 100 + place) % (VOCABULARY * VOCABULARY);
        // The square makes small numbers frequent.
        let word = random.isqrt().abs_diff(VOCABULARY);
        let syllable = |turn: u32| SYLLABLES[below(mix(word) >> (4 * turn), SYLLABLES.len())];
        (0..2 + (mix(word) % 3) as u32)
            .map(syllable)
            .collect::<String>()
    };
    Line {
        text: (0..WORDS as u64).map(word).collect::<Vec<_>>().join(" "),
        addressed_to: format!("State {}", mix(number) % 190),
        issues: (0..1 + mix(number) % 3)
            .map(|turn| format!("Issue {}", mix(number + turn) % 60))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_differ_and_queries_find_some() {
        let corpus = Corpus::read(None).unwrap();
        let texts: BTreeSet<String> = (0..30_000).map(|number| corpus.line(number).text).collect();
        assert!(texts.len() > 29_000, "{}", texts.len());
        assert_eq!(corpus.line(29_999).text, corpus.line(29_999).text);
        let queries = corpus.queries(100, 30_000);
        assert_eq!(queries.len(), 100);
        assert!(
            queries
                .iter()
                .all(|query| (1..=3).contains(&query.split(' ').count()))
        );
    }
}
