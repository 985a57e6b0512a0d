//! Light stemming of Arabic: the article, "and" and prepositions before it go, and the commonest endings.
//!
//! The affixes of light10 (Larkey, Ballesteros and Connell 2007, "Light Stemming for Arabic Information
//! Retrieval"), which found more than stemming to the root does. Takes folded words: alef, ya and ta marbuta
//! in one form, no vowel signs.

const PREFIXES: [&str; 7] = ["وال", "بال", "كال", "فال", "لل", "ال", "و"];
const SUFFIXES: [&str; 9] = ["ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي", "وا"];

/// A folded word without prefix and endings; at least two letters are left, three where only "and" is taken off.
pub(super) fn stem(folded: &str) -> &str {
    let letters = |word: &str| word.chars().count();
    let mut word = folded;
    for prefix in PREFIXES {
        let least = if prefix == "و" { 3 } else { 2 };
        if let Some(rest) = word.strip_prefix(prefix)
            && letters(rest) >= least
        {
            word = rest;
            break;
        }
    }
    for suffix in SUFFIXES {
        if let Some(rest) = word.strip_suffix(suffix)
            && letters(rest) >= 2
        {
            word = rest;
        }
    }
    word
}
