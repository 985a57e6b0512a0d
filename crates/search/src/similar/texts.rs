//! Many texts, and what among them is like one.

use std::collections::HashMap;
use std::hash::Hash;

use super::likeness::{Alike, Print, compare, least_shared};
use super::vocabulary::{CONCEPT, Term, Vocabulary, unique};

/// So many texts with the weightiest words in common are compared in full.
const CANDIDATES: usize = 200;
/// So many rows of words are looked at for one text; common words come last and are left out first.
const BUDGET: usize = 400_000;
/// Of the weight that a text has to share, what it has to share in the very words; others may be written nearly alike.
const LEAST_BY_WORDS: f32 = 0.5;
/// When so much of the rows of a word are of texts that are gone, they are cleared.
const CLEAR_AT: usize = 2;

/// A text that is like another.
#[derive(Clone, Debug, PartialEq)]
pub struct Match<K> {
    /// Which text.
    pub key: K,
    /// How alike, and why; the text that was asked about is the first.
    pub alike: Alike,
}

/// Texts by key. Takes about 10 bytes for each word of each text beside the keys; the texts are not kept.
#[derive(Clone, Debug)]
pub struct Texts<K> {
    pub(super) vocabulary: Vocabulary,
    pub(super) slots: Vec<Option<Slot<K>>>,
    /// How many terms each slot has, beside each other: many are looked at for each question.
    lengths: Vec<u16>,
    free: Vec<u32>,
    pub(super) places: HashMap<K, u32>,
    /// By term the slots that have it; some may have been given to others since.
    words: Vec<Vec<u32>>,
    concepts: Vec<Vec<u32>>,
}

#[derive(Clone, Debug)]
pub(super) struct Slot<K> {
    pub(super) key: K,
    pub(super) terms: Box<[Term]>,
    /// Whether it counts for how rare words are.
    heard: bool,
}

impl<K: Clone + Eq + Hash + Ord> Default for Texts<K> {
    fn default() -> Self {
        Self {
            vocabulary: Vocabulary::default(),
            slots: Vec::new(),
            lengths: Vec::new(),
            free: Vec::new(),
            places: HashMap::new(),
            words: Vec::new(),
            concepts: Vec::new(),
        }
    }
}

impl<K: Clone + Eq + Hash + Ord> Texts<K> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Adds a text in a language (ISO 639-1, "" for none), or puts it in the place of the one with its key.
    pub fn put(&mut self, key: K, text: &str, language: &str) {
        self.place(key, text, language, true);
    }

    /// The same of a text that is not for all who ask: it is found like others, but says nothing of how rare words
    /// are, so that no score tells of it.
    pub fn put_unheard(&mut self, key: K, text: &str, language: &str) {
        self.place(key, text, language, false);
    }

    fn place(&mut self, key: K, text: &str, language: &str, heard: bool) {
        let terms = self.vocabulary.terms(text, language);
        let place = self.places.get(&key).map(|place| *place as usize);
        let old = place.and_then(|place| self.slots[place].as_ref());
        if old.is_some_and(|old| old.terms == terms && old.heard == heard) {
            // Most changes of a record leave its words alone.
            return;
        }
        self.remove(&key);
        let unique = unique(&terms);
        if heard {
            self.vocabulary.count(&unique, true);
        }
        let place = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.lengths.push(0);
            (self.slots.len() - 1) as u32
        });
        for term in unique {
            let rows = if term & CONCEPT == 0 {
                &mut self.words
            } else {
                &mut self.concepts
            };
            let at = (term & !CONCEPT) as usize;
            if rows.len() <= at {
                rows.resize_with(at + 1, Vec::new);
            }
            rows[at].push(place);
        }
        self.lengths[place as usize] = u16::try_from(terms.len()).unwrap_or(u16::MAX);
        self.slots[place as usize] = Some(Slot {
            key: key.clone(),
            terms,
            heard,
        });
        self.places.insert(key, place);
    }

    /// Takes a text away; says whether there was one.
    pub fn remove(&mut self, key: &K) -> bool {
        let Some(place) = self.places.remove(key) else {
            return false;
        };
        let Some(slot) = self.slots[place as usize].take() else {
            return false;
        };
        let unique = unique(&slot.terms);
        if slot.heard {
            self.vocabulary.count(&unique, false);
        }
        for term in unique {
            if let Some(rows) = self.rows_mut(term)
                && let Some(at) = rows.iter().position(|row| *row == place)
            {
                rows.swap_remove(at);
                if rows.capacity() > 64 && rows.len() * CLEAR_AT < rows.capacity() {
                    rows.shrink_to(rows.len() * CLEAR_AT);
                }
            }
        }
        self.free.push(place);
        true
    }

    fn rows_mut(&mut self, term: Term) -> Option<&mut Vec<u32>> {
        let rows = if term & CONCEPT == 0 {
            &mut self.words
        } else {
            &mut self.concepts
        };
        rows.get_mut((term & !CONCEPT) as usize)
    }

    pub(super) fn rows(&self, term: Term) -> &[u32] {
        let rows = if term & CONCEPT == 0 {
            &self.words
        } else {
            &self.concepts
        };
        rows.get((term & !CONCEPT) as usize)
            .map_or(&[], Vec::as_slice)
    }

    /// The texts that are like this one, the most alike first, those with a score of `least` (above 0) or more;
    /// equal ones by key. `except` leaves texts out before they are counted, such as those that may not be seen.
    pub fn similar(
        &self,
        text: &str,
        language: &str,
        least: f32,
        limit: usize,
        except: impl Fn(&K) -> bool,
    ) -> Vec<Match<K>> {
        let mut unknown = Vec::new();
        let terms = self.vocabulary.terms_of(text, language, &mut unknown);
        let print = Print::new(&terms);
        let mut matches = Vec::new();
        let mut scratch = Vec::new();
        let most = CANDIDATES.max(2 * limit);
        for place in self.candidates(&print, least, most, &mut scratch, &except) {
            let Some(slot) = &self.slots[place as usize] else {
                continue;
            };
            let compared = compare(&self.vocabulary, &print, &Print::new(&slot.terms), &unknown);
            if compared.score >= least && compared.score > 0.0 {
                matches.push((compared, slot));
            }
        }
        matches.sort_by(|a, b| {
            b.0.score
                .total_cmp(&a.0.score)
                .then_with(|| a.1.key.cmp(&b.1.key))
        });
        matches.truncate(limit);
        let explain = |(compared, slot): (super::likeness::Compared, &Slot<K>)| Match {
            key: slot.key.clone(),
            alike: compared.explain(&self.vocabulary, &unknown),
        };
        matches.into_iter().map(explain).collect()
    }

    /// Compares two texts, each with its language, knowing how rare their words are here.
    pub fn compare(&self, (a, a_language): (&str, &str), (b, b_language): (&str, &str)) -> Alike {
        self.vocabulary.compare((a, a_language), (b, b_language))
    }

    /// The words of a text that say the most, as they are written: the rarest first, no stop words.
    pub fn weighty(&self, text: &str, language: &str, most: usize) -> Vec<String> {
        let mut words = self.vocabulary.weigh(text, language);
        words.sort_by(|a, b| b.0.total_cmp(&a.0));
        words.truncate(most);
        words.into_iter().map(|(_, word)| word).collect()
    }

    /// The slots that have the most in common with a text, by weight. Rare words come first; the common rest is
    /// not looked at once it could not lift a text to `least`. `scratch` is kept from call to call and is all 0.
    /// `except` leaves texts out before they are cut to `limit`, so that they take no place of another.
    pub(super) fn candidates(
        &self,
        print: &Print,
        least: f32,
        limit: usize,
        scratch: &mut Vec<f32>,
        except: impl Fn(&K) -> bool,
    ) -> Vec<u32> {
        scratch.resize(self.slots.len(), 0.0);
        let mut terms: Vec<(f32, Term)> = print
            .unique
            .iter()
            .map(|term| (self.vocabulary.weight(*term), *term))
            .collect();
        terms.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mass: f32 = terms.iter().map(|(weight, _)| weight).sum();
        let needed = mass * least_shared(least);
        let mut rest = mass;
        let (mut looked, mut touched) = (0, Vec::new());
        for (weight, term) in terms {
            let rows = self.rows(term);
            if rest < needed && !touched.is_empty()
                || (looked + rows.len() > BUDGET && !touched.is_empty())
            {
                break;
            }
            rest -= weight;
            looked += rows.len();
            for place in rows {
                let sum = &mut scratch[*place as usize];
                if *sum == 0.0 {
                    touched.push(*place);
                }
                *sum += weight;
            }
        }
        // Nothing else that it shares could lift a text that has less than this by now.
        let floor = LEAST_BY_WORDS * needed - rest;
        let value = |place: &u32| {
            let sum = std::mem::take(&mut scratch[*place as usize]);
            let words = usize::from(self.lengths[*place as usize]) + print.unique.len();
            (sum >= floor).then_some((sum / words as f32, *place))
        };
        let mut ranked: Vec<(f32, u32)> = touched.iter().filter_map(value).collect();
        let order = |a: &(f32, u32), b: &(f32, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        let mut best = Vec::with_capacity(limit.min(ranked.len()));
        let mut others = ranked.as_mut_slice();
        // What is left out is asked for those alone that would be among the best: that takes longer than the rest.
        while best.len() < limit && !others.is_empty() {
            let next = (limit - best.len()).min(others.len());
            if next < others.len() {
                others.select_nth_unstable_by(next - 1, order);
            }
            let (some, left) = others.split_at_mut(next);
            some.sort_unstable_by(order);
            let slot = |place: u32| self.slots[place as usize].as_ref();
            let kept = some.iter().map(|(_, place)| *place);
            best.extend(kept.filter(|place| slot(*place).is_some_and(|slot| !except(&slot.key))));
            others = left;
        }
        best
    }

    /// About how much memory it takes, the keys' own left out, in bytes.
    pub fn bytes(&self) -> usize {
        let rows = |rows: &Vec<Vec<u32>>| {
            rows.iter()
                .map(|row| 24 + 4 * row.capacity())
                .sum::<usize>()
        };
        let slots: usize = self
            .slots
            .iter()
            .flatten()
            .map(|slot| 4 * slot.terms.len())
            .sum();
        let per_slot = size_of::<Option<Slot<K>>>() + 2 * size_of::<(K, u32)>();
        rows(&self.words)
            + rows(&self.concepts)
            + slots
            + self.slots.len() * (per_slot + size_of::<u16>())
            + self.vocabulary.bytes()
    }
}
