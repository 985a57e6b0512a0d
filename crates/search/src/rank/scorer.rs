//! How well one text answers a question.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::concepts;
use super::question::Question;
use crate::analysis::reading::{Form, Reading, form};

/// Two words of the question that are further apart in a text do not stand together.
const WINDOW: usize = 4;

/// A part of a document.
#[derive(Clone, Debug)]
pub struct Text {
    /// Its words.
    pub reading: Arc<Reading>,
    /// Whether it is a title.
    pub is_title: bool,
}

/// Words of a question, by their form, with their numbers. Every word of many texts is looked up in it.
type Places = HashMap<Form, usize, RandomState>;

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
    /// Words of the concepts' other phrases, by language and stem.
    others: HashMap<&'static str, Places>,
    concepts: Vec<Other>,
    /// How many words of other phrases there are.
    other_words: usize,
    average_length: f32,
    /// Words of texts, as they are written, that are a mistyped word of the question but for a letter or two.
    near: Places,
}

/// A concept of the question, in other words.
#[derive(Clone, Debug)]
struct Other {
    /// The words of the question that name it.
    places: Vec<usize>,
    /// What these weigh.
    mass: f32,
    phrases: Vec<Phrase>,
}

/// Another phrase for a concept.
#[derive(Clone, Debug)]
struct Phrase {
    /// Its words by number, and how rare they are.
    words: Vec<(usize, f32)>,
    /// How rare they are, all together.
    mass: f32,
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
        near: &[(&str, Vec<String>)],
    ) -> Self {
        let rarity = |word: &str| found.get(word).map_or(0.0, |found| idf(texts, *found));
        let weigh = |asked: &super::question::Asked| asked.weight * rarity(&asked.folded);
        let weights: Vec<f32> = question.asked.iter().map(weigh).collect();
        let mut stems: HashMap<_, Places> = HashMap::new();
        let mut folded = Places::default();
        for (place, asked) in question.asked.iter().enumerate() {
            for (language, stem) in &asked.stems {
                let own = stems.entry(*language).or_default();
                own.entry(form(stem)).or_insert(place);
            }
            folded.entry(form(&asked.folded)).or_insert(place);
        }
        let mut others: HashMap<&'static str, Places> = HashMap::new();
        let mut other_words = 0;
        let mut phrase = |phrase: &concepts::Phrase| {
            let own = others.entry(phrase.language).or_default();
            let words = phrase.words.iter().map(|word| {
                let number = *own.entry(form(word)).or_insert_with(|| {
                    other_words += 1;
                    other_words - 1
                });
                (number, rarity(&concepts::key(phrase.language, word)))
            });
            let words: Vec<(usize, f32)> = words.collect();
            Phrase {
                mass: words.iter().map(|(_, rare)| rare).sum(),
                words,
            }
        };
        let concept = |concept: &concepts::Concept| {
            let places = concept.places.iter();
            let places: Vec<usize> = places
                .filter_map(|word| folded.get(&form(word)).copied())
                .collect();
            Other {
                mass: places.iter().map(|place| weights[*place]).sum(),
                places,
                phrases: concept.phrases.iter().map(&mut phrase).collect(),
            }
        };
        let concepts = question.concepts.iter().map(concept).collect();
        let mut meant = Places::default();
        for (asked, words) in near {
            if let Some(place) = folded.get(&form(asked)) {
                for word in words {
                    meant.entry(form(word)).or_insert(*place);
                }
            }
        }
        let average_length = (tokens as f32 / texts.max(1) as f32).max(1.0);
        Self {
            question,
            weights,
            stems,
            folded,
            others,
            concepts,
            other_words,
            average_length,
            near: meant,
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
    pub fn score(&self, texts: &[Text]) -> f32 {
        let tuning = &self.question.tuning;
        let mut found = vec![Found::default(); self.question.asked.len()];
        let mut places: Vec<(usize, usize)> = Vec::new();
        let mut others = vec![false; self.other_words];
        let (mut length, mut offset) = (0, 0);
        for text in texts {
            let reading = &*text.reading;
            let stems = self.stems.get(reading.language());
            let other = self.others.get(reading.language());
            let times = if text.is_title {
                1.0 + tuning.title
            } else {
                1.0
            };
            for token in reading.tokens() {
                if let Some(number) = other.and_then(|other| other.get(&token.stem)) {
                    others[*number] = true;
                }
                let as_asked = self.folded.get(&token.folded).copied();
                let any_form = || stems.and_then(|stems| stems.get(&token.stem)).copied();
                let meant = || self.near.get(&token.folded).copied();
                let Some(place) = as_asked.or_else(any_form).or_else(meant) else {
                    continue;
                };
                let one = &mut found[place];
                one.times += times;
                one.as_asked |= as_asked.is_some();
                if !token.is_whole() {
                    places.push((offset + token.position(), place));
                }
            }
            length += reading.words();
            // Words of different parts do not stand together.
            offset += reading.end() + WINDOW + 1;
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
        let more = self.in_other_words(&found, &others);
        score += more;
        if all > 0.0 && tuning.coordination > 0.0 {
            score *= ((answered + more).min(all) / all)
                .max(0.05)
                .powf(tuning.coordination);
        }
        score
    }

    /// What words of the question that stand together weigh: for each pair its best place; pairs in the order of
    /// the question, next to each other, count fully.
    fn together(&self, places: &[(usize, usize)]) -> f32 {
        let mut best: Vec<((usize, usize), f32)> = Vec::new();
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
                let pair = (*one.min(other), *one.max(other));
                match best.iter_mut().find(|(known, _)| *known == pair) {
                    Some((_, most)) => *most = most.max(value),
                    None => best.push((pair, value)),
                }
            }
        }
        best.iter().map(|(_, value)| value).sum()
    }

    /// What other words for the same thing add, where the words themselves are missing.
    fn in_other_words(&self, found: &[Found], others: &[bool]) -> f32 {
        let mut more = 0.0;
        for concept in &self.concepts {
            let there = concept.places.iter().filter(|at| found[**at].times > 0.0);
            let there: f32 = there.map(|place| self.weights[*place]).sum();
            let mut best: f32 = 0.0;
            for phrase in concept.phrases.iter().filter(|phrase| phrase.mass > 0.0) {
                let has = phrase.words.iter().filter(|(number, _)| others[*number]);
                let has: f32 = has.map(|(_, rare)| rare).sum();
                best = best.max((has / phrase.mass).powi(2));
            }
            more += (self.question.tuning.concept * best * concept.mass - there).max(0.0);
        }
        more
    }
}
