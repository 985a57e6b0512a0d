//! Names in one form: case, accents, punctuation, articles and small words make no difference.

use std::borrow::Cow;

use crate::analysis::fold::{invisible, is_mark, letters};

/// What a short word stands for.
fn long(word: &str) -> Option<&'static str> {
    Some(match word {
        "st" | "ste" | "sainte" => "saint",
        "rep" => "republic",
        "dem" => "democratic",
        "fed" => "federal",
        "intl" => "international",
        _ => return None,
    })
}

/// The words of a name, folded, small ones and all.
pub(super) fn words(text: &str) -> Vec<String> {
    let text = &without_points(text);
    let plain: String = if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        let seen = text.chars().filter(|c| !invisible(*c) && !is_raised(*c));
        letters(&seen.flat_map(char::to_lowercase).collect::<String>())
    };
    plain
        .split(|c: char| !c.is_alphanumeric() && !is_mark(c))
        .filter(|word| !word.is_empty())
        .map(|word| {
            long(word)
                .unwrap_or_else(|| without_article(word))
                .to_owned()
        })
        .collect()
}

/// What words are looked up by: the telling ones in a row, or all of them where none tells.
pub(super) fn key<S: AsRef<str>>(words: &[S]) -> String {
    let words = || words.iter().map(AsRef::as_ref);
    let telling: String = words().filter(|word| !is_small(word)).collect();
    if telling.is_empty() {
        words().collect()
    } else {
        telling
    }
}

/// The key of a text.
pub(super) fn key_of(text: &str) -> String {
    key(&words(text))
}

/// Whether a word says nothing about who is meant: articles, prepositions, "and".
pub(super) fn is_small(word: &str) -> bool {
    matches!(
        word,
        "and"
            | "the"
            | "of"
            | "et"
            | "e"
            | "y"
            | "und"
            | "de"
            | "du"
            | "des"
            | "da"
            | "do"
            | "dos"
            | "das"
            | "del"
            | "della"
            | "di"
            | "la"
            | "le"
            | "les"
            | "l"
            | "d"
            | "a"
            | "o"
            | "i"
            | "n"
            | "el"
            | "los"
            | "las"
            | "os"
            | "as"
            | "der"
            | "die"
            | "na"
            | "og"
            | "och"
            | "en"
            | "ya"
            | "al"
            | "s"
    )
}

/// Acronyms with points as acronyms without: `R.D. Congo`, `Hong Kong S.A.R.`.
fn without_points(text: &str) -> Cow<'_, str> {
    if !text.contains('.') {
        return Cow::Borrowed(text);
    }
    let chars: Vec<char> = text.chars().collect();
    let is_letter = |at: Option<usize>| {
        at.and_then(|at| chars.get(at))
            .is_some_and(|c| c.is_alphabetic())
    };
    // A letter that stands alone between points, spaces and ends.
    let alone = |at: Option<usize>| {
        at.is_some_and(|at| {
            is_letter(Some(at)) && !is_letter(at.checked_sub(1)) && !is_letter(Some(at + 1))
        })
    };
    let kept = chars.iter().enumerate().filter(|(at, c)| {
        **c != '.' || !alone(at.checked_sub(1)) || (is_letter(Some(at + 1)) && !alone(Some(at + 1)))
    });
    Cow::Owned(kept.map(|(_, c)| *c).collect())
}

/// Marks of footnotes: raised and lowered digits.
fn is_raised(c: char) -> bool {
    matches!(c, '\u{b2}' | '\u{b3}' | '\u{b9}' | '\u{2070}'..='\u{209f}')
}

/// An Arabic word without its article.
fn without_article(word: &str) -> &str {
    let rest = word.strip_prefix("ال");
    rest.filter(|rest| rest.chars().count() >= 3)
        .unwrap_or(word)
}
