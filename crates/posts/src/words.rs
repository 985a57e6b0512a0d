//! What the rules know of words, as tables: English and French, and what other languages share with them.

pub(crate) mod cities;
pub(crate) mod dates;
pub(crate) mod furniture;
pub(crate) mod kinds;
pub(crate) mod measures;
pub(crate) mod numbers;
pub(crate) mod organisations;
pub(crate) mod roles;
pub(crate) mod states;
pub(crate) mod themes;

use regex::Regex;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// A pattern that is compiled when it is first used.
macro_rules! patterns {
    ($($(#[$meta:meta])* $visible:vis $name:ident = $source:expr;)*) => {
        $($(#[$meta])* $visible static $name: std::sync::LazyLock<regex::Regex> =
            std::sync::LazyLock::new(|| $crate::words::compile($source));)*
    };
}
pub(crate) use patterns;

/// Compiles a pattern of this crate's own. They are constants and all of them are used on each text, so the
/// first test would find one that is not well formed.
#[expect(
    clippy::expect_used,
    reason = "constants, each compiled by every test of `draft`"
)]
pub(crate) fn compile(source: impl AsRef<str>) -> Regex {
    regex::RegexBuilder::new(source.as_ref())
        .size_limit(16 << 20)
        .build()
        .expect("a pattern of this crate")
}

/// A name for comparing: lower case, without accents, punctuation and spaces.
pub fn folded(name: &str) -> String {
    let letters = name.nfkd().filter(|c| !is_combining_mark(*c));
    letters
        .flat_map(char::to_lowercase)
        .filter(|c| c.is_alphanumeric())
        .collect()
}

/// Whether a character is there for the eye: signs, flags, and the dashes that pages put between names.
pub(crate) fn is_decoration(c: char) -> bool {
    crate::segment::is_sign(c) || matches!(c, '\u{1F1E6}'..='\u{1F1FF}' | '\u{FE0F}' | '-' | '|')
}

/// A part of a resource name made of words: `2024-lisbon-high-level-meeting`. At most `longest` bytes, cut at a word.
pub(crate) fn slug(words: &str, longest: usize) -> String {
    let mut slug = String::new();
    let plain: String = words.nfkd().filter(|c| !is_combining_mark(*c)).collect();
    let parts = plain.split(|c: char| !c.is_ascii_alphanumeric());
    for part in parts.filter(|part| !part.is_empty()) {
        let joint = usize::from(!slug.is_empty());
        if slug.len() + joint + part.len() > longest {
            break;
        }
        if joint == 1 {
            slug.push('-');
        }
        slug.push_str(&part.to_ascii_lowercase());
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_and_cut_by_their_letters() {
        assert_eq!(folded("Côte d’Ivoire"), "cotedivoire");
        assert_eq!(
            slug("Réunion thématique : l'emploi des jeunes", 24),
            "reunion-thematique-l"
        );
        assert_eq!(slug("移民", 10), "");
    }
}
