//! A question's words, and the query that they are.

use std::collections::{HashMap, HashSet};

use tantivy::query::{
    Bm25StatisticsProvider, BooleanQuery, BoostQuery, EmptyQuery, FuzzyTermQuery, Occur, Query,
    TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};

use super::concepts::{self, Concept};
use super::scorer::Scorer;
use super::{Fields, Tuning};
use crate::analysis::{self, Analysis};
use crate::near::nearly;

/// Longer questions are read to here, in bytes.
const MAX_BYTES: usize = 8_000;
/// More different words than this are not asked for: the rarest count.
const MAX_WORDS: usize = 40;
/// Against its stem, what a word as written counts in the rough order.
const AS_WRITTEN: f32 = 0.35;
/// Against its stem, what a word in a title counts in the rough order.
const IN_TITLE: f32 = 0.35;

/// So many words that are nowhere may be typing errors.
const MAX_MISTYPED: usize = 3;
/// Against a word that is there, what one counts that is there by another letter.
const MISTYPED: f32 = 0.3;

/// One word that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Asked {
    /// As written, folded.
    pub(super) folded: String,
    /// Its stem by language; the same word has another stem in another language.
    pub(super) stems: Vec<(&'static str, String)>,
    /// How often it is asked for, or, of a learned word, a share of once.
    pub(super) weight: f32,
    /// Where it stands in the question; `None`: it was learned.
    pub(super) position: Option<usize>,
}

/// A text that answers a question well.
#[derive(Clone, Copy, Debug)]
pub struct Lesson<'a> {
    /// The text.
    pub words: &'a str,
    /// Its language (ISO 639-1); "" where it is not known.
    pub language: &'a str,
}

/// What somebody wants to find.
#[derive(Clone, Debug)]
pub struct Question {
    pub(super) asked: Vec<Asked>,
    pub(super) concepts: Vec<Concept>,
    pub(super) tuning: Tuning,
    languages: Vec<&'static str>,
}

impl Question {
    /// Reads a question. `language` is the one that it is in (BCP 47); "" reads it in each of `languages`, those
    /// of the texts (ISO 639-1). A question of more than 8,000 bytes is read to there. Words that say nothing by themselves are left out, unless there are no others.
    pub fn new(text: &str, language: &str, languages: &[&'static str], tuning: Tuning) -> Self {
        let known = analysis::languages()
            .find(|known| analysis::tokenizer_name(known) == analysis::tokenizer_name(language));
        let languages = known.map_or_else(|| languages.to_vec(), |known| vec![known]);
        let text = &text[..text.floor_char_boundary(MAX_BYTES)];
        let plain = Analysis::of("").words(text);
        let stop = |folded: &str| {
            if language.is_empty() {
                languages
                    .iter()
                    .any(|language| analysis::stop_word(language, folded))
                    || analysis::stop_word("", folded)
            } else {
                analysis::stop_word(language, folded)
            }
        };
        let only_stop = plain.iter().all(|word| stop(&word.folded));
        let by_language: Vec<_> = languages
            .iter()
            .map(|language| (*language, Analysis::of(language).words(text)))
            .collect();
        let mut asked: Vec<Asked> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for (place, word) in plain.iter().enumerate() {
            if !only_stop && stop(&word.folded) {
                continue;
            }
            if let Some(again) = places.get(word.folded.as_str()) {
                asked[*again].weight += 0.5;
                continue;
            }
            places.insert(&word.folded, asked.len());
            // The splitting does not depend on the language, so that words stand at the same places.
            let stem = |(language, words): &(&'static str, Vec<analysis::Word>)| {
                words.get(place).map(|word| (*language, word.stem.clone()))
            };
            let mut stems: Vec<_> = by_language.iter().filter_map(stem).collect();
            stems.dedup_by(|a, b| a == b);
            asked.push(Asked {
                folded: word.folded.clone(),
                stems,
                weight: 1.0,
                position: (!word.whole).then_some(word.position),
            });
        }
        let concepts = concepts::of(&plain, &by_language);
        Self {
            asked,
            concepts,
            tuning,
            languages,
        }
    }

    /// Whether it is one word at most, and no other words mean the same.
    pub fn is_one_word(&self) -> bool {
        self.asked.len() < 2 && self.concepts.is_empty()
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.asked.is_empty()
    }

    /// The rough order: every text with at least one of the words, those with rare and many of them first.
    pub fn query(
        &self,
        statistics: &dyn Bm25StatisticsProvider,
        fields: &Fields<'_>,
    ) -> tantivy::Result<Box<dyn Query>> {
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for mistyped in self.mistyped(statistics, fields)? {
            let term = Term::from_field_text(fields.folded, mistyped);
            let near = FuzzyTermQuery::new(term, letters_off(mistyped), true);
            clauses.push((
                Occur::Should,
                Box::new(BoostQuery::new(Box::new(near), MISTYPED)),
            ));
        }
        let mut seen = HashSet::new();
        let mut add = |field: Field, text: &str, weight: f32, option: IndexRecordOption| {
            if weight > 0.0 && seen.insert((field, text.to_owned())) {
                let term = TermQuery::new(Term::from_field_text(field, text), option);
                clauses.push((
                    Occur::Should,
                    Box::new(BoostQuery::new(Box::new(term), weight)),
                ));
            }
        };
        let frequencies = IndexRecordOption::WithFreqs;
        for asked in self.rarest(statistics, fields)? {
            for (language, stem) in &asked.stems {
                if let Some(field) = fields.stem(language) {
                    add(field, stem, asked.weight, frequencies);
                }
            }
            let own = if asked.stems.is_empty() {
                1.0
            } else {
                AS_WRITTEN
            };
            add(
                fields.folded,
                &asked.folded,
                own * asked.weight,
                frequencies,
            );
            if let Some(title) = fields.title {
                add(title, &asked.folded, IN_TITLE * asked.weight, frequencies);
            }
        }
        for word in self.concepts.iter().flat_map(Concept::others) {
            if let Some(field) = fields.stem(word.0) {
                add(field, word.1, self.tuning.concept, frequencies);
            }
        }
        if clauses.is_empty() {
            return Ok(Box::new(EmptyQuery));
        }
        Ok(Box::new(BooleanQuery::new(clauses)))
    }

    /// Words that no text has, but perhaps one by another letter.
    fn mistyped(
        &self,
        statistics: &dyn Bm25StatisticsProvider,
        fields: &Fields<'_>,
    ) -> tantivy::Result<Vec<&str>> {
        let mut mistyped = Vec::new();
        for asked in &self.asked {
            let may_be = asked.position.is_some() && letters_off(&asked.folded) > 0;
            if may_be && mistyped.len() < MAX_MISTYPED && found_in(asked, statistics, fields)? == 0
            {
                mistyped.push(asked.folded.as_str());
            }
        }
        Ok(mistyped)
    }

    /// The words, the rarest first where there are too many.
    fn rarest(
        &self,
        statistics: &dyn Bm25StatisticsProvider,
        fields: &Fields<'_>,
    ) -> tantivy::Result<Vec<&Asked>> {
        let mut all: Vec<(u64, &Asked)> = Vec::with_capacity(self.asked.len());
        for asked in &self.asked {
            all.push((found_in(asked, statistics, fields)?, asked));
        }
        if all.len() > MAX_WORDS {
            // What is nowhere finds nothing; it still counts as unanswered in the scorer.
            all.retain(|(texts, _)| *texts > 0);
            all.sort_by(|a, b| (a.0, &a.1.folded).cmp(&(b.0, &b.1.folded)));
            all.truncate(MAX_WORDS);
        }
        Ok(all.into_iter().map(|(_, asked)| asked).collect())
    }

    /// What puts texts in order; it knows how rare each word is in this index, and which words are nearly those that
    /// are mistyped.
    pub fn scorer(
        &self,
        searcher: &Searcher,
        statistics: &dyn Bm25StatisticsProvider,
        fields: &Fields<'_>,
    ) -> tantivy::Result<Scorer> {
        let mut rarity = HashMap::new();
        for asked in &self.asked {
            rarity.insert(asked.folded.clone(), found_in(asked, statistics, fields)?);
        }
        for (language, stem) in self.concepts.iter().flat_map(Concept::others) {
            let texts = match fields.stem(language) {
                Some(field) => statistics.doc_freq(&Term::from_field_text(field, stem))?,
                None => 0,
            };
            rarity.insert(concepts::key(language, stem), texts);
        }
        let texts = statistics.total_num_docs()?;
        let tokens = statistics.total_num_tokens(fields.folded)?;
        let mut near = Vec::new();
        for asked in self.mistyped(statistics, fields)? {
            let words = nearly(searcher, fields.folded, asked, letters_off(asked))?;
            near.push((asked, words.into_keys().collect()));
        }
        Ok(Scorer::new(self.clone(), texts, tokens, &rarity, &near))
    }

    /// The same question, and with it the words that its best answers have in common (RM3: Lavrenko and Croft
    /// 2001, Abdul-Jaleel et al. 2004). `answers` are the best first, each with its score.
    pub fn learn(
        &self,
        scorer: &Scorer,
        answers: &[(f32, Vec<Lesson<'_>>)],
        rarity: impl Fn(&'static str, &str) -> f32,
    ) -> Self {
        let mut learned: HashMap<(&'static str, String), (f32, String)> = HashMap::new();
        let all: f32 = answers
            .iter()
            .take(self.tuning.lessons)
            .map(|(score, _)| score)
            .sum();
        for (score, texts) in answers.iter().take(self.tuning.lessons) {
            for text in texts {
                let Some(language) = analysis::languages().find(|known| *known == text.language)
                else {
                    continue;
                };
                let words: Vec<_> = Analysis::of(language).words(text.words);
                let length = words.len().max(1) as f32;
                for word in words.into_iter().filter(|word| !word.whole) {
                    let common = word.stem.chars().count() < 3
                        || word.stem.bytes().all(|b| b.is_ascii_digit())
                        || analysis::stop_word(language, &word.folded);
                    if !common {
                        let entry = learned
                            .entry((language, word.stem))
                            .or_insert_with(|| (0.0, word.folded));
                        entry.0 += score / all.max(f32::MIN_POSITIVE) / length;
                    }
                }
            }
        }
        let mut learned: Vec<_> = learned
            .into_iter()
            .map(|((language, stem), (share, folded))| {
                (share * rarity(language, &stem), language, stem, folded)
            })
            .collect();
        learned.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.2.cmp(&b.2)));
        learned.truncate(self.tuning.learned_words);
        let (total, mass): (f32, f32) = (learned.iter().map(|word| word.0).sum(), scorer.mass());
        let mut wider = self.clone();
        for (share, language, stem, folded) in learned {
            let known = |asked: &Asked| {
                asked
                    .stems
                    .iter()
                    .any(|(l, s)| *l == language && *s == stem)
            };
            let idf = rarity(language, &stem).max(0.1);
            let weight = self.tuning.learned * mass * share / total.max(f32::MIN_POSITIVE) / idf;
            match wider.asked.iter_mut().find(|asked| known(asked)) {
                Some(asked) => asked.weight += weight,
                None => wider.asked.push(Asked {
                    folded,
                    stems: vec![(language, stem)],
                    weight,
                    position: None,
                }),
            }
        }
        wider
    }

    /// The languages that it was read in.
    pub fn languages(&self) -> &[&'static str] {
        &self.languages
    }
}

/// By how many letters a word may be off and still be meant: none of short ones and of numbers.
pub(super) fn letters_off(word: &str) -> u8 {
    match word.chars().count() {
        _ if !word.chars().all(char::is_alphabetic) => 0,
        0..=4 => 0,
        5..=8 => 1,
        _ => 2,
    }
}

/// In how many texts a word is, in any form; of several languages the most.
fn found_in(
    asked: &Asked,
    statistics: &dyn Bm25StatisticsProvider,
    fields: &Fields<'_>,
) -> tantivy::Result<u64> {
    let mut most = statistics.doc_freq(&Term::from_field_text(fields.folded, &asked.folded))?;
    let mut stems = 0;
    for (language, stem) in &asked.stems {
        if let Some(field) = fields.stem(language) {
            stems += statistics.doc_freq(&Term::from_field_text(field, stem))?;
        }
    }
    most = most.max(stems);
    Ok(most)
}

impl Fields<'_> {
    fn stem(&self, language: &str) -> Option<Field> {
        self.stems
            .iter()
            .find(|(known, _)| *known == language)
            .map(|(_, field)| *field)
    }
}
