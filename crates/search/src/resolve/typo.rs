//! Names that are nearly written so, found among many: by length and letters first, then by distance.

use std::collections::BTreeMap;

/// A name of more letters is not compared.
pub(super) const MOST_LETTERS: usize = 64;

/// Keys by length, each with the set of its letters.
#[derive(Clone, Debug, Default)]
pub(super) struct Typos {
    by_length: BTreeMap<usize, Vec<(u64, Box<str>)>>,
}

impl Typos {
    pub(super) fn of<'a>(keys: impl Iterator<Item = &'a String>) -> Self {
        let mut by_length: BTreeMap<usize, Vec<(u64, Box<str>)>> = BTreeMap::new();
        for key in keys {
            let length = key.chars().count();
            if length <= MOST_LETTERS {
                let of = by_length.entry(length).or_default();
                of.push((letters(key), key.as_str().into()));
            }
        }
        // The same answer, whatever the order of a hash map.
        by_length.values_mut().for_each(|keys| keys.sort());
        Self { by_length }
    }

    /// The keys at most `most` changes away (a letter more, less, other, or two swapped), with how many.
    pub(super) fn near(&self, key: &str, most: usize) -> Vec<(usize, &str)> {
        let (length, own) = (key.chars().count(), letters(key));
        let may_differ = u32::try_from(most).unwrap_or(u32::MAX);
        let mut near = Vec::new();
        let lengths = length.saturating_sub(most)..=length + most;
        for (mask, other) in self.by_length.range(lengths).flat_map(|(_, keys)| keys) {
            // Each letter that only one of them has takes a change.
            if (own & !mask).count_ones() > may_differ || (mask & !own).count_ones() > may_differ {
                continue;
            }
            let distance = strsim::osa_distance(key, other);
            if distance <= most {
                near.push((distance, &**other));
            }
        }
        near
    }
}

/// Which letters there are, in 64 bits.
fn letters(key: &str) -> u64 {
    key.chars().fold(0, |mask, c| {
        let bit = match c {
            'a'..='z' => u32::from(c) - u32::from('a'),
            c => 26 + u32::from(c) % 38,
        };
        mask | 1 << bit
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_near_is_found_and_nothing_else() {
        let keys: Vec<String> = ["niger", "nigeria", "algeria", "نيجيريا", "niue"]
            .map(String::from)
            .into();
        let typos = Typos::of(keys.iter());
        let near = |key, most| {
            let mut near = typos.near(key, most);
            near.sort_unstable();
            near
        };
        assert_eq!(near("nigera", 1), [(1, "niger"), (1, "nigeria")]);
        assert_eq!(
            near("niegria", 3),
            [(1, "nigeria"), (3, "algeria"), (3, "niger")]
        );
        assert_eq!(near("", 3), []);
        for key in ["nigera", "allgeria", "نيجريا", "xxxx"] {
            let all: Vec<_> = keys
                .iter()
                .map(|other| (strsim::osa_distance(key, other), other.as_str()))
                .filter(|(distance, _)| *distance <= 3)
                .collect();
            let mut all = all;
            all.sort_unstable();
            assert_eq!(near(key, 3), all, "{key}");
        }
    }
}
