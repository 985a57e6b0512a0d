//! Texts that are kept, compared with each other.

use std::hash::Hash;

use super::likeness::{Alike, Print, compare};
use super::texts::Texts;

/// So many with the weightiest words in common are compared in full.
const CANDIDATES: usize = 60;

impl<K: Clone + Eq + Hash + Ord> Texts<K> {
    /// How alike two of the texts are, and why; nothing when one of them is not kept.
    pub fn alike(&self, one: &K, other: &K) -> Option<Alike> {
        let (one, other) = (self.kept(one)?, self.kept(other)?);
        Some(compare(&self.vocabulary, &one, &other, &[]).explain(&self.vocabulary, &[]))
    }

    /// The other texts that are like one of them, with a score of `least` (above 0) or more, in no order. `scratch` is
    /// kept from call to call.
    pub fn neighbours(&self, of: &K, least: f32, scratch: &mut Vec<f32>) -> Vec<(K, f32)> {
        let Some(print) = self.kept(of) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for place in self.candidates(&print, least, CANDIDATES, scratch, |_| false) {
            let Some(slot) = &self.slots[place as usize] else {
                continue;
            };
            if slot.key == *of {
                continue;
            }
            let score = compare(&self.vocabulary, &print, &Print::new(&slot.terms), &[]).score;
            if score >= least {
                found.push((slot.key.clone(), score));
            }
        }
        found
    }

    fn kept(&self, key: &K) -> Option<Print> {
        let place = *self.places.get(key)? as usize;
        Some(Print::new(&self.slots[place].as_ref()?.terms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::similar::REPEATS;

    #[test]
    fn a_text_finds_its_neighbours_as_they_find_it() {
        let mut texts = Texts::default();
        for (key, text) in [
            (1, "Name a national focal point for missing migrants"),
            (2, "Name national focal points for missing migrants by July"),
            (3, "Reduce the cost of remittances"),
            (4, ""),
        ] {
            texts.put(key, text, "en");
        }
        let mut scratch = Vec::new();
        let mut of = |key: i32| texts.neighbours(&key, REPEATS, &mut scratch);
        let (one, two) = (of(1), of(2));
        assert_eq!((one.len(), one[0].0, two.len(), two[0].0), (1, 2, 1, 1));
        assert!((one[0].1 - two[0].1).abs() < 1e-6);
        assert!(of(3).is_empty() && of(4).is_empty() && of(5).is_empty());
        let alike = texts.alike(&1, &2).unwrap();
        assert!((alike.score - one[0].1).abs() < 1e-6);
        assert!(alike.shared.iter().any(|shared| shared.text == "focal"));
        assert_eq!(texts.alike(&1, &5), None);
    }
}
