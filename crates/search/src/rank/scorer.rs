//! How well one text answers a question.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::concepts;
use super::question::{Question, letters_off};
use crate::analysis::Analysis;

/// Two words of the question that are further apart in a text do not stand together.
const WINDOW: usize = 4;

/// A part of a document.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    /// The text.
    pub words: &'a str,
    /// Its language (ISO 639-1); "" where it is not known.
    pub language: &'a str,
    /// Whether it is a title.
    pub is_title: bool,
}

/// Words of a question, by number. Every word of many texts is looked up in it.
type Places = HashMap<String, usize, RandomState>;

/// What a text has of one word of the question.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
    /// How often, in any form.
    times: f32,
    /// Whether in the form that was asked.
    as_asked: bool,
}

/// Scores texts against one question. Scores are comparable for one question only.
#[derive(Clone, Debug)]
pub struct Scorer {
    question: Question,
    /// How much each word of the question weighs: its weight and how rare it is.
    weights: Vec<f32>,
    /// Words of the question by language and stem.
    stems: HashMap<&'static str, Places>,
    /// Words of the question by folded form.
    folded: Places,
    /// How rare the words of concepts are.
    rarity: HashMap<String, f32>,
    average_length: f32,
    /// Words of the question that no text has.
    mistyped: Vec<String>,
}

/// How much a word says that is in `found` of `texts` texts (BM25's, never below zero).
pub fn idf(texts: u64, found: u64) -> f32 {
    let (texts, found) = (texts.max(found) as f32, found as f32);
    (1.0 + (texts - found + 0.5) / (found + 0.5)).ln()
}

impl Scorer {
    pub(super) fn new(
        question: Question,
        texts: u64,
        tokens: u64,
        found: &HashMap<String, u64>,
        mistyped: Vec<String>,
    ) -> Self {
        let rarity: HashMap<String, f32> = found
            .iter()
            .map(|(word, found)| (word.clone(), idf(texts, *found)))
            .collect();
        let weigh = |asked: &super::question::Asked| {
            asked.weight * rarity.get(&asked.folded).copied().unwrap_or_default()
        };
        let weights = question.asked.iter().map(weigh).collect();
        let mut stems: HashMap<_, Places> = HashMap::new();
        let mut folded = Places::default();
        for (place, asked) in question.asked.iter().enumerate() {
            for (language, stem) in &asked.stems {
                let own = stems.entry(*language).or_default();
                own.entry(stem.clone()).or_insert(place);
            }
            folded.entry(asked.folded.clone()).or_insert(place);
        }
        let average_length = (tokens as f32 / texts.max(1) as f32).max(1.0);
        Self {
            question,
            weights,
            stems,
            folded,
            rarity,
            average_length,
            mistyped,
        }
    }

    /// What all words of the question weigh together, the learned ones left out.
    pub fn mass(&self) -> f32 {
        let own = self
            .question
            .asked
            .iter()
            .zip(&self.weights)
            .filter(|(asked, _)| asked.position.is_some());
        own.map(|(_, weight)| weight).sum()
    }

    /// The score of a document; 0 for one that has nothing of the question.
    pub fn score(&self, texts: &[Text<'_>]) -> f32 {
        let tuning = &self.question.tuning;
        let mut found = vec![Found::default(); self.question.asked.len()];
        let mut places: Vec<(usize, usize)> = Vec::new();
        let mut others: HashMap<String, f32> = HashMap::new();
        let (mut length, mut offset) = (0, 0);
        for text in texts {
            let analysis = Analysis::of(text.language);
            let stems = self.stems.get(analysis.language());
            let mut last = 0;
            analysis.each(text.words, |word| {
                length += usize::from(!word.whole);
                last = word.position + word.length;
                let as_asked = self.folded.get(word.folded).copied();
                let any_form = stems.and_then(|stems| stems.get(word.stem)).copied();
                if !self.question.concepts.is_empty() {
                    let key = concepts::key(analysis.language(), word.stem);
                    if self.rarity.contains_key(&key) {
                        *others.entry(key).or_default() += 1.0;
                    }
                }
                let near = || self.meant(word.folded);
                let Some(place) = as_asked.or(any_form).or_else(near) else {
                    return;
                };
                let one = &mut found[place];
                one.times += if text.is_title {
                    1.0 + tuning.title
                } else {
                    1.0
                };
                one.as_asked |= as_asked.is_some();
                if !word.whole {
                    places.push((offset + word.position, place));
                }
            });
            // Words of different parts do not stand together.
            offset += last + WINDOW + 1;
        }
        let norm = tuning.k1 * (1.0 - tuning.b + tuning.b * length as f32 / self.average_length);
        let mut score = 0.0;
        let (mut answered, mut all) = (0.0, 0.0);
        for ((asked, weight), found) in self.question.asked.iter().zip(&self.weights).zip(&found) {
            if asked.position.is_some() {
                all += weight;
            }
            if found.times > 0.0 {
                let form = if found.as_asked {
                    1.0
                } else {
                    1.0 - tuning.exact
                };
                score += weight * form * found.times * (tuning.k1 + 1.0) / (found.times + norm);
                if asked.position.is_some() {
                    answered += weight;
                }
            }
        }
        score += tuning.proximity * self.together(&places);
        let more = self.other_words(&found, &others);
        score += more;
        if all > 0.0 && tuning.coordination > 0.0 {
            score *= ((answered + more).min(all) / all)
                .max(0.05)
                .powf(tuning.coordination);
        }
        score
    }

    /// The mistyped word of the question that a word of a text is but for a letter or two.
    fn meant(&self, word: &str) -> Option<usize> {
        let near = |asked: &&String| {
            let off = usize::from(letters_off(asked));
            word.len().abs_diff(asked.len()) <= 2 * off && strsim::osa_distance(asked, word) <= off
        };
        let asked = self.mistyped.iter().find(near)?;
        self.folded.get(asked).copied()
    }

    /// What words of the question that stand together weigh: for each pair its best place; pairs in the order of
    /// the question, next to each other, count fully.
    fn together(&self, places: &[(usize, usize)]) -> f32 {
        let mut best: HashMap<(usize, usize), f32> = HashMap::new();
        for (at, (here, one)) in places.iter().enumerate() {
            for (there, other) in &places[at + 1..] {
                let apart = there - here;
                if apart > WINDOW {
                    break;
                }
                if one == other || apart == 0 {
                    continue;
                }
                let asked = |place: usize| self.question.asked[place].position;
                let (Some(first), Some(second)) = (asked(*one), asked(*other)) else {
                    continue;
                };
                let meant = second > first && second - first <= WINDOW;
                let close = if meant && second - first == apart {
                    1.0
                } else {
                    0.5 / apart as f32
                };
                let value = close * self.weights[*one].min(self.weights[*other]);
                let entry = best.entry((*one.min(other), *one.max(other))).or_default();
                *entry = entry.max(value);
            }
        }
        best.values().sum()
    }

    /// What other words for the same thing add, where the words themselves are missing.
    fn other_words(&self, found: &[Found], others: &HashMap<String, f32>) -> f32 {
        let tuning = &self.question.tuning;
        let mut more = 0.0;
        for concept in &self.question.concepts {
            let places: Vec<usize> = concept
                .places
                .iter()
                .filter_map(|folded| self.folded.get(folded).copied())
                .collect();
            let mass: f32 = places.iter().map(|place| self.weights[*place]).sum();
            let there: f32 = places
                .iter()
                .filter(|place| found[**place].times > 0.0)
                .map(|place| self.weights[*place])
                .sum();
            let mut best: f32 = 0.0;
            for phrase in &concept.phrases {
                let keys = phrase
                    .words
                    .iter()
                    .map(|word| concepts::key(phrase.language, word));
                let (mut has, mut of) = (0.0, 0.0);
                for key in keys {
                    let rare = self.rarity.get(&key).copied().unwrap_or_default();
                    of += rare;
                    if others.contains_key(&key) {
                        has += rare;
                    }
                }
                if of > 0.0 {
                    best = best.max((has / of).powi(2));
                }
            }
            more += (tuning.concept * best * mass - there).max(0.0);
        }
        more
    }
}
