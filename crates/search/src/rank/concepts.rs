//! Other words for the same thing, in several languages: the terms of migration dialogues and of the United
//! Nations, from `concepts.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::analysis::{self, Word};

/// The file: a concept is a line; `|` parts languages, `,` parts phrases, each language begins with its code.
const FILE: &str = include_str!("concepts.txt");
/// Longer phrases are not looked for.
const MAX_WORDS: usize = 5;

/// A phrase of a concept, as stems.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// ISO 639-1.
    pub language: &'static str,
    /// The stems of its words, stop words left out.
    pub words: Vec<String>,
}

/// A concept that a question names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concept {
    /// The words of the question that name it, folded.
    pub places: Vec<String>,
    /// The other phrases for it.
    pub phrases: Vec<Phrase>,
}

impl Concept {
    /// The words of the other phrases: language and stem.
    pub(super) fn others(&self) -> impl Iterator<Item = (&'static str, &String)> {
        self.phrases
            .iter()
            .flat_map(|phrase| phrase.words.iter().map(|word| (phrase.language, word)))
    }
}

/// A word of a language as one text.
pub(super) fn key(language: &str, stem: &str) -> String {
    format!("{language}:{stem}")
}

struct Lexicon {
    concepts: Vec<Vec<Phrase>>,
    /// The first phrase of each, as it is written.
    names: Vec<&'static str>,
    /// Concepts by language and words of a phrase.
    by_phrase: HashMap<(&'static str, Vec<String>), Vec<usize>>,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| read(FILE));

fn read(file: &'static str) -> Lexicon {
    let mut lexicon = Lexicon {
        concepts: Vec::new(),
        names: Vec::new(),
        by_phrase: HashMap::new(),
    };
    for line in file
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let mut phrases = Vec::new();
        for part in line.split('|') {
            let Some((language, list)) = part.trim().split_once(' ') else {
                continue;
            };
            for phrase in list.split(',') {
                let words = content(&analysis::words(phrase, language), language);
                if !words.is_empty() {
                    phrases.push(Phrase {
                        language,
                        words: words.into_iter().map(|word| word.stem).collect(),
                    });
                }
            }
        }
        phrases.dedup();
        for phrase in &phrases {
            let concepts = lexicon
                .by_phrase
                .entry((phrase.language, phrase.words.clone()))
                .or_default();
            concepts.push(lexicon.concepts.len());
        }
        lexicon.concepts.push(phrases);
        lexicon.names.push(
            line.split([',', '|'])
                .next()
                .and_then(|first| first.trim().split_once(' '))
                .map_or("", |(_, name)| name),
        );
    }
    lexicon
}

/// The numbers of the concepts that words of a language name, in order.
pub(crate) fn named(words: &[Word], language: &str) -> Vec<usize> {
    let words = content(words, language);
    let Some(language) = analysis::languages().find(|known| *known == language) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for from in 0..words.len() {
        for to in (from + 1..=words.len().min(from + MAX_WORDS)).rev() {
            let stems: Vec<String> = words[from..to]
                .iter()
                .map(|word| word.stem.clone())
                .collect();
            if let Some(concepts) = LEXICON.by_phrase.get(&(language, stems)) {
                found.extend(concepts);
                break;
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The concepts of which the words of a language are a phrase as a whole.
pub(crate) fn exactly(words: &[Word], language: &'static str) -> &'static [usize] {
    let stems = content(words, language);
    let stems = stems.into_iter().map(|word| word.stem).collect();
    let found = LEXICON.by_phrase.get(&(language, stems));
    found.map_or(&[], Vec::as_slice)
}

/// A name of a concept: its first phrase.
pub(crate) fn name(concept: usize) -> &'static str {
    LEXICON.names.get(concept).copied().unwrap_or_default()
}

/// The words of a phrase that say something.
fn content(words: &[Word], language: &str) -> Vec<Word> {
    let says = |word: &&Word| !word.whole && !analysis::stop_word(language, &word.folded);
    words.iter().filter(says).cloned().collect()
}

/// The concepts that a question names. `plain` are its words folded, `by_language` the same as read in each
/// language that it may be in.
pub(super) fn of(plain: &[Word], by_language: &[(&'static str, Vec<Word>)]) -> Vec<Concept> {
    let mut found: Vec<(usize, Concept)> = Vec::new();
    for (language, words) in by_language {
        let words = content(words, language);
        for from in 0..words.len() {
            for to in (from + 1..=words.len().min(from + MAX_WORDS)).rev() {
                let stems: Vec<String> = words[from..to]
                    .iter()
                    .map(|word| word.stem.clone())
                    .collect();
                let Some(concepts) = LEXICON.by_phrase.get(&(*language, stems.clone())) else {
                    continue;
                };
                for concept in concepts {
                    if found.iter().any(|(known, _)| known == concept) {
                        continue;
                    }
                    let own =
                        |phrase: &&Phrase| phrase.language != *language || phrase.words != stems;
                    let phrases = LEXICON.concepts[*concept]
                        .iter()
                        .filter(own)
                        .cloned()
                        .collect();
                    let folded = |word: &Word| {
                        plain
                            .iter()
                            .find(|plain| plain.from == word.from && !plain.whole)
                    };
                    let places = words[from..to]
                        .iter()
                        .filter_map(folded)
                        .map(|word| word.folded.clone())
                        .collect();
                    found.push((*concept, Concept { places, phrases }));
                }
                break;
            }
        }
    }
    found.into_iter().map(|(_, concept)| concept).collect()
}
