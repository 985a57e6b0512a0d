//! Texts that differ, which records say each, and which of them are alike.
//!
//! What is alike is kept between texts, not between records, so that a sentence that was said a thousand times costs as
//! much as one that was said once, and nothing that a reader may not see stands between two texts that they may.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use rapporteur_records::words::text::folded_words;
use rapporteur_search::similar::{Alike, REPEATS, Texts};

use crate::search::said::spoken;

/// The digest of a text and its language.
type Digest = [u8; 16];

/// What a recommendation says, and since when.
#[derive(Debug)]
pub(super) struct Said {
    /// The first day on which it may have been adopted, as [`rapporteur_records::words::date::ordinal`] has it.
    pub(super) day: i64,
    /// When it was recorded, in seconds.
    pub(super) recorded: i64,
    /// The texts by language.
    pub(super) texts: Vec<(String, String)>,
}

/// A recommendation among those that say the same: the earliest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    day: i64,
    recorded: i64,
    pub(super) name: Arc<str>,
}

/// A recommendation, and its texts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    pub(super) place: Place,
    pub(super) texts: Vec<u32>,
}

/// A text, by whatever name it is said.
#[derive(Debug)]
struct Text {
    digest: Digest,
    members: BTreeSet<Place>,
    /// Other texts that are like it, and how much.
    alike: Vec<(u32, f32)>,
}

/// All of it. Texts are numbered; no number is used twice.
#[derive(Debug, Default)]
pub(super) struct Graph {
    words: Texts<u32>,
    texts: HashMap<u32, Text>,
    numbers: HashMap<Digest, u32>,
    records: HashMap<Arc<str>, Record>,
    to_do: BTreeSet<u32>,
    next: u32,
}

impl Graph {
    /// How many different texts there are.
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// The texts that were not looked at yet, in the order in which they came.
    pub(super) fn to_do(&self) -> impl Iterator<Item = u32> {
        self.to_do.iter().copied()
    }

    /// How many were not looked at yet.
    pub(super) fn left(&self) -> usize {
        self.to_do.len()
    }

    /// All recommendations that say something.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.records.keys().map(|name| &**name)
    }

    /// The recommendations that say what another one says, or nearly.
    pub(super) fn repeating(&self) -> impl Iterator<Item = &Record> {
        let is_alone = |text: &u32| {
            let text = self.texts.get(text);
            text.is_none_or(|text| text.members.len() < 2 && text.alike.is_empty())
        };
        let records = self.records.values();
        records.filter(move |record| !record.texts.iter().all(is_alone))
    }

    pub(super) fn record(&self, name: &str) -> Option<&Record> {
        self.records.get(name)
    }

    /// The recommendations that say a text, the earliest first.
    pub(super) fn members(&self, text: u32) -> impl Iterator<Item = &Place> {
        self.texts.get(&text).into_iter().flat_map(|t| &t.members)
    }

    /// A text and those that are like it: 1 is the text itself.
    pub(super) fn near(&self, text: u32) -> impl Iterator<Item = (u32, f32)> {
        let alike = self.texts.get(&text).into_iter().flat_map(|t| &t.alike);
        std::iter::once((text, 1.0)).chain(alike.copied())
    }

    /// Why two texts are alike.
    pub(super) fn why(&self, one: u32, other: u32) -> Option<Alike> {
        self.words.alike(&one, &other)
    }

    /// Takes over what a recommendation says now, or that it is gone.
    pub(super) fn put(&mut self, name: &str, said: Option<Said>) {
        let old = self.records.remove_entry(name);
        let name = old
            .as_ref()
            .map_or_else(|| Arc::from(name), |(name, _)| name.clone());
        let old = old.map(|(_, record)| record);
        let new = said.map(|said| self.record_of(name.clone(), said));
        // Only now: what is said as before keeps its number.
        if let Some(old) = old.filter(|old| Some(old) != new.as_ref()) {
            for text in &old.texts {
                let stays = new
                    .as_ref()
                    .is_some_and(|new| new.place == old.place && new.texts.contains(text));
                if !stays {
                    self.leave(*text, &old.place);
                }
            }
        }
        if let Some(new) = new.filter(|new| !new.texts.is_empty()) {
            self.records.insert(name, new);
        }
    }

    fn record_of(&mut self, name: Arc<str>, said: Said) -> Record {
        let place = Place {
            day: said.day,
            recorded: said.recorded,
            name,
        };
        let mut texts = Vec::new();
        for (language, text) in said.texts {
            let language = spoken(&language, &text);
            let Some(digest) = digest(&text, language) else {
                continue;
            };
            let number = *self.numbers.entry(digest).or_insert_with(|| {
                let number = self.next;
                self.next += 1;
                number
            });
            let known = self.texts.entry(number).or_insert_with(|| {
                self.words.put(number, &text, language);
                self.to_do.insert(number);
                Text {
                    digest,
                    members: BTreeSet::new(),
                    alike: Vec::new(),
                }
            });
            known.members.insert(place.clone());
            if !texts.contains(&number) {
                texts.push(number);
            }
        }
        Record { place, texts }
    }

    /// A recommendation does not say a text any more.
    fn leave(&mut self, number: u32, place: &Place) {
        let Some(text) = self.texts.get_mut(&number) else {
            return;
        };
        text.members.remove(place);
        if !text.members.is_empty() {
            return;
        }
        if let Some(gone) = self.texts.remove(&number) {
            self.numbers.remove(&gone.digest);
            for (other, _) in gone.alike {
                if let Some(other) = self.texts.get_mut(&other) {
                    other.alike.retain(|(back, _)| *back != number);
                }
            }
        }
        self.words.remove(&number);
        self.to_do.remove(&number);
    }

    /// The texts that are like one.
    pub(super) fn neighbours(&self, text: u32, scratch: &mut Vec<f32>) -> Vec<(u32, f32)> {
        self.words.neighbours(&text, REPEATS, scratch)
    }

    /// A text was looked at, and this is like it. Both say so, so that no other has to be looked at again.
    pub(super) fn link(&mut self, text: u32, found: Vec<(u32, f32)>) {
        self.to_do.remove(&text);
        if !self.texts.contains_key(&text) {
            return;
        }
        for (other, score) in found {
            for (one, other) in [(text, other), (other, text)] {
                if !self.texts.contains_key(&other) {
                    continue;
                }
                let Some(one) = self.texts.get_mut(&one) else {
                    continue;
                };
                match one.alike.iter_mut().find(|(known, _)| *known == other) {
                    Some(known) => known.1 = score,
                    None => one.alike.push((other, score)),
                }
            }
        }
    }
}

/// Texts whose words are the same are one, whatever their accents, letters' case and punctuation; nothing for one
/// without words.
fn digest(text: &str, language: &str) -> Option<Digest> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(language.as_bytes());
    let mut is_empty = true;
    for word in folded_words(text) {
        is_empty = false;
        hasher.update(b"\n").update(word.as_bytes());
    }
    let mut digest = Digest::default();
    hasher.finalize_xof().fill(&mut digest);
    (!is_empty).then_some(digest)
}
