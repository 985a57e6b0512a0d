//! Names of states and territories, in English and French.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::folded;

/// One row: code in lower case, English name, French name, other spellings.
const TABLE: &str = include_str!("states.tsv");

/// Folded name -> (code, English name).
static BY_NAME: LazyLock<BTreeMap<String, (&str, &str)>> = LazyLock::new(|| {
    let mut names = BTreeMap::new();
    for row in TABLE.lines().filter(|row| !row.starts_with('#')) {
        let mut cells = row.split('\t');
        let (code, english) = (
            cells.next().unwrap_or_default(),
            cells.next().unwrap_or_default(),
        );
        let others = cells.flat_map(|cell| cell.split(';'));
        for name in std::iter::once(english)
            .chain(others)
            .filter(|name| !name.is_empty())
        {
            names.entry(folded(name)).or_insert((code, english));
        }
    }
    names
});

/// The code and the English name of a state by one of its names.
pub(crate) fn find(name: &str) -> Option<(&'static str, &'static str)> {
    BY_NAME.get(&folded(name)).copied()
}

/// The name of a state by its code (of either case), in French or in English.
pub(crate) fn name(code: &str, french: bool) -> Option<&'static str> {
    let code = code.to_ascii_lowercase();
    let row = TABLE
        .lines()
        .find(|row| row.split('\t').next() == Some(&code))?;
    row.split('\t').nth(if french { 2 } else { 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_found_by_their_names_in_both_languages() {
        for (name, code) in [
            ("Portugal", "pt"),
            ("Égypte", "eg"),
            ("The Gambia", "gm"),
            ("Gambia", "gm"),
            ("United Republic of Tanzania", "tz"),
            ("Cabo Verde", "cv"),
            ("Côte d’Ivoire", "ci"),
            ("Maroc", "ma"),
        ] {
            assert_eq!(find(name).map(|(code, _)| code), Some(code), "{name}");
        }
        assert_eq!(
            (name("EG", true), name("eg", false), name("xx", true)),
            (Some("Égypte"), Some("Egypt"), None)
        );
        assert_eq!(find("Atlantis"), None);
        assert!(BY_NAME.len() > 400);
    }
}
