//! Words as numbers, and in how many texts each is.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::analysis::{self, Analysis};
use crate::rank::concepts;

/// A word of a text, or a concept that it names.
pub(crate) type Term = u32;
/// Terms with this bit are concepts.
pub(crate) const CONCEPT: Term = 1 << 31;

/// Against a word as rare, what a concept weighs.
const CONCEPT_WEIGHT: f32 = 0.5;
/// Against a word as rare, what a word weighs that says nothing by itself.
const STOP_WEIGHT: f32 = 0.25;
/// Longer texts are compared by their beginning.
const MAX_WORDS: usize = 4_000;

#[derive(Clone, Debug)]
struct Word {
    text: Box<str>,
    texts: u32,
    is_stop: bool,
    /// Its groups of three letters, hashed and in order.
    grams: Box<[u16]>,
}

/// All words of some texts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vocabulary {
    numbers: HashMap<Box<str>, Term>,
    words: Vec<Word>,
    concepts: Vec<u32>,
    pub(crate) texts: u32,
}

impl Vocabulary {
    /// The terms of a text: its words in order, then its concepts, each once. New words get a number.
    pub(crate) fn terms(&mut self, text: &str, language: &str) -> Box<[Term]> {
        let mut terms = Vec::new();
        let words = read(text, language);
        for word in words.iter().filter(|word| !word.whole).take(MAX_WORDS) {
            terms.push(self.number(&word.stem, &word.folded, language));
        }
        self.add_concepts(&words, language, &mut terms);
        terms.into_boxed_slice()
    }

    /// The same of a text that is only asked about; words that no text has are put into `unknown` and numbered
    /// beyond all known ones.
    pub(crate) fn terms_of(
        &self,
        text: &str,
        language: &str,
        unknown: &mut Vec<String>,
    ) -> Vec<Term> {
        let mut terms = Vec::new();
        let words = read(text, language);
        for word in words.iter().filter(|word| !word.whole).take(MAX_WORDS) {
            let term = self
                .numbers
                .get(word.stem.as_str())
                .copied()
                .unwrap_or_else(|| {
                    let place = unknown
                        .iter()
                        .position(|known| *known == word.stem)
                        .unwrap_or_else(|| {
                            unknown.push(word.stem.clone());
                            unknown.len() - 1
                        });
                    (self.words.len() + place) as Term
                });
            terms.push(term);
        }
        for concept in concepts::named(&words, language) {
            terms.push(CONCEPT | concept as Term);
        }
        terms
    }

    /// The different words of a text as they are written, without stop words, and how much each weighs.
    pub(super) fn weigh(&self, text: &str, language: &str) -> Vec<(f32, String)> {
        let mut seen = std::collections::HashSet::new();
        let mut weighed = Vec::new();
        for word in read(text, language).into_iter().take(MAX_WORDS) {
            let is_stop = word.whole || analysis::stop_word(language, &word.folded);
            if !is_stop && seen.insert(word.stem.clone()) {
                let term = self.numbers.get(word.stem.as_str());
                let weight = self.weight(term.copied().unwrap_or(self.words.len() as Term));
                weighed.push((weight, text[word.from..word.to].to_owned()));
            }
        }
        weighed
    }

    fn number(&mut self, stem: &str, folded: &str, language: &str) -> Term {
        if let Some(number) = self.numbers.get(stem) {
            return *number;
        }
        let number = self.words.len() as Term;
        let is_stop = analysis::stop_word(language, folded);
        self.words.push(Word {
            text: stem.into(),
            texts: 0,
            is_stop,
            grams: grams(stem),
        });
        self.numbers.insert(stem.into(), number);
        number
    }

    fn add_concepts(&mut self, words: &[analysis::Word], language: &str, terms: &mut Vec<Term>) {
        for concept in concepts::named(words, language) {
            if self.concepts.len() <= concept {
                self.concepts.resize(concept + 1, 0);
            }
            terms.push(CONCEPT | concept as Term);
        }
    }

    /// Counts a text (its terms in order, each once) in or out.
    pub(crate) fn count(&mut self, unique: &[Term], is_there: bool) {
        let change = |count: &mut u32| {
            *count = if is_there {
                *count + 1
            } else {
                count.saturating_sub(1)
            }
        };
        change(&mut self.texts);
        for term in unique {
            let place = (term & !CONCEPT) as usize;
            let found = if term & CONCEPT == 0 {
                self.words.get_mut(place).map(|word| &mut word.texts)
            } else {
                self.concepts.get_mut(place)
            };
            if let Some(found) = found {
                change(found);
            }
        }
    }

    /// Whether a term says nothing by itself.
    pub(crate) fn is_stop(&self, term: Term) -> bool {
        term & CONCEPT == 0
            && self
                .words
                .get(term as usize)
                .is_some_and(|word| word.is_stop)
    }

    /// How much a term weighs: how rare it is.
    pub(crate) fn weight(&self, term: Term) -> f32 {
        let place = (term & !CONCEPT) as usize;
        let (found, share) = if term & CONCEPT != 0 {
            (
                self.concepts.get(place).copied().unwrap_or_default(),
                CONCEPT_WEIGHT,
            )
        } else {
            match self.words.get(place) {
                Some(word) => (word.texts, if word.is_stop { STOP_WEIGHT } else { 1.0 }),
                None => (0, 1.0),
            }
        };
        share * (1.0 + (self.texts as f32 + 1.0) / (found as f32 + 1.0)).ln()
    }

    /// The word, or a name of the concept; `unknown` are those of a text that was asked about.
    pub(crate) fn name<'a>(&'a self, term: Term, unknown: &'a [String]) -> &'a str {
        if term & CONCEPT != 0 {
            return concepts::name((term & !CONCEPT) as usize);
        }
        let place = term as usize;
        match self.words.get(place) {
            Some(word) => &word.text,
            None => unknown
                .get(place - self.words.len())
                .map_or("", String::as_str),
        }
    }

    /// How alike two words are written: the share of groups of three letters that they have in common.
    pub(crate) fn written_alike(&self, a: Term, b: Term, unknown: &[String]) -> f32 {
        if (a | b) & CONCEPT != 0 {
            return 0.0;
        }
        // Words that begin differently are different words ("repair" and "prepare").
        if self.name(a, unknown).chars().next() != self.name(b, unknown).chars().next() {
            return 0.0;
        }
        let own = |term: Term| match self.words.get(term as usize) {
            Some(word) => Cow::Borrowed(&*word.grams),
            None => Cow::Owned(
                unknown
                    .get(term as usize - self.words.len())
                    .map(|word| grams(word).into_vec())
                    .unwrap_or_default(),
            ),
        };
        let (a, b) = (own(a), own(b));
        let all = a.len() + b.len();
        if all == 0 {
            0.0
        } else {
            2.0 * common(&a, &b) as f32 / all as f32
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        let word =
            |word: &Word| 2 * (word.text.len() + 16) + size_of::<Word>() + 2 * word.grams.len();
        self.words.iter().map(word).sum()
    }
}

fn read(text: &str, language: &str) -> Vec<analysis::Word> {
    Analysis::of(language).words(text)
}

/// Groups of three letters of a word with its ends marked; none of short words and numbers, which are
/// different when a letter is.
fn grams(word: &str) -> Box<[u16]> {
    let letters: Vec<char> = word.chars().collect();
    if letters.len() < 4 || letters.iter().any(|letter| letter.is_numeric()) {
        return Box::default();
    }
    let marked: Vec<char> = ['^'].into_iter().chain(letters).chain(['$']).collect();
    let hash = |group: &[char]| {
        group.iter().fold(7_u32, |hash, c| {
            hash.wrapping_mul(0x0100_0193) ^ u32::from(*c)
        })
    };
    let mut grams: Vec<u16> = marked
        .windows(3)
        .map(|group| (hash(group) ^ (hash(group) >> 16)) as u16)
        .collect();
    grams.sort_unstable();
    grams.dedup();
    grams.into_boxed_slice()
}

/// How many values two ordered lists have in common.
pub(crate) fn common<T: Ord>(a: &[T], b: &[T]) -> usize {
    let (mut here, mut there, mut both) = (0, 0, 0);
    while here < a.len() && there < b.len() {
        match a[here].cmp(&b[there]) {
            std::cmp::Ordering::Less => here += 1,
            std::cmp::Ordering::Greater => there += 1,
            std::cmp::Ordering::Equal => {
                both += 1;
                here += 1;
                there += 1;
            }
        }
    }
    both
}

/// The different terms, in order.
pub(crate) fn unique(terms: &[Term]) -> Vec<Term> {
    let mut unique = terms.to_vec();
    unique.sort_unstable();
    unique.dedup();
    unique
}
