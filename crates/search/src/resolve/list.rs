//! Several names in one cell, taken apart: `France, Spain and Portugal`.

use std::ops::Range;

/// Between names, whatever stands around it.
const STRONG: [char; 8] = [';', '/', '|', '\n', '\r', '\t', '•', '؛'];
/// Between names, and in some: `Korea, Republic of`, `Bosnia & Herzegovina`.
const WEAK: [char; 5] = [',', '،', '，', '、', '&'];
/// Phrases between names.
const STRONG_WORDS: &[&str] = &[
    "on behalf of",
    "au nom de",
    "en nombre de",
    "em nome de",
    "im namen von",
    "نيابة عن",
    "باسم",
    "for and on behalf of",
];
/// Words between names, and in some.
const WEAK_WORDS: &[&str] = &[
    "and",
    "et",
    "y",
    "e",
    "und",
    "og",
    "och",
    "и",
    "و",
    "as well as",
    "ainsi que",
];

/// The chunks of a cell between strong separators, each in its pieces between weak ones.
pub(super) fn chunks(cell: &str) -> Vec<Vec<Range<usize>>> {
    let mut chunks = Vec::new();
    let mut pieces = Vec::new();
    let (mut begin, mut skip, mut depth, mut after_space) = (0, 0, 0_usize, true);
    let in_brackets = balanced(cell);
    for (at, c) in cell.char_indices() {
        if at < skip {
            continue;
        }
        match c {
            '(' | '[' if in_brackets => depth += 1,
            ')' | ']' if in_brackets => depth = depth.saturating_sub(1),
            _ => {}
        }
        let rest = &cell[at..];
        let found = if depth > 0 {
            None
        } else if STRONG.contains(&c) {
            Some((c.len_utf8(), true))
        } else if WEAK.contains(&c) {
            Some((c.len_utf8(), false))
        } else if after_space {
            phrase(rest, cell[begin..at].chars().any(char::is_alphanumeric))
        } else {
            None
        };
        after_space = c.is_whitespace();
        if let Some((length, strong)) = found {
            add(&mut pieces, cell, begin..at);
            (begin, skip) = (at + length, at + length);
            after_space = true;
            if strong && !pieces.is_empty() {
                chunks.push(std::mem::take(&mut pieces));
            }
        }
    }
    add(&mut pieces, cell, begin..cell.len());
    if !pieces.is_empty() {
        chunks.push(pieces);
    }
    chunks
}

/// The length of a phrase between names with which `rest` begins, and whether it is a strong one. `within` a piece
/// "and" may be written together with the Arabic word after it.
fn phrase(rest: &str, within: bool) -> Option<(usize, bool)> {
    let all = STRONG_WORDS.iter().map(|words| (words, true));
    let mut all = all.chain(WEAK_WORDS.iter().map(|words| (words, false)));
    let found = all.find_map(|(words, strong)| Some((begins(rest, words)?, strong)));
    let joined = rest
        .strip_prefix('و')
        .filter(|after| within && after.starts_with(|c: char| matches!(c, '\u{621}'..='\u{64a}')));
    found.or_else(|| joined.map(|after| (rest.len() - after.len(), false)))
}

/// How long the words are in `text`, if it begins with them, and goes on with a space.
fn begins(text: &str, words: &str) -> Option<usize> {
    let mut chars = text.char_indices();
    for wanted in words.chars() {
        let (_, c) = chars.next()?;
        if c != wanted && !c.to_lowercase().eq([wanted]) {
            return None;
        }
    }
    let (length, next) = chars.next()?;
    next.is_whitespace().then_some(length)
}

/// Adds a piece without the spaces around it.
fn add(pieces: &mut Vec<Range<usize>>, cell: &str, piece: Range<usize>) {
    let text = &cell[piece.clone()];
    let start = piece.start + (text.len() - text.trim_start().len());
    let end = start + text.trim().len();
    if cell[start..end].chars().any(char::is_alphanumeric) {
        pieces.push(start..end);
    }
}

/// Whether every bracket is closed, so that what is in one can be kept together.
fn balanced(cell: &str) -> bool {
    let mut depth = 0_i32;
    for c in cell.chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart(cell: &str) -> Vec<Vec<&str>> {
        let texts =
            |pieces: Vec<Range<usize>>| pieces.into_iter().map(|piece| &cell[piece]).collect();
        chunks(cell).into_iter().map(texts).collect()
    }

    #[test]
    fn cells_are_taken_apart() {
        assert_eq!(
            apart("France, Spain and Portugal"),
            [["France", "Spain", "Portugal"]]
        );
        assert_eq!(
            apart("Mali ; Niger/Tchad\n"),
            [["Mali"], ["Niger"], ["Tchad"]]
        );
        assert_eq!(
            apart("Finland (and, or; Åland) AND Andorra"),
            [["Finland (and, or; Åland)", "Andorra"]]
        );
        assert_eq!(apart("Finland (or, Andorra"), [["Finland (or", "Andorra"]]);
        assert_eq!(
            apart("Portugal on Behalf of the EU"),
            [["Portugal"], ["the EU"]]
        );
        assert_eq!(
            apart("فرنسا وإسبانيا و البرتغال"),
            [["فرنسا", "إسبانيا", "البرتغال"]]
        );
        assert_eq!(apart("Sandland"), [["Sandland"]]);
        assert_eq!(apart(" , ; and "), Vec::<Vec<&str>>::new());
        assert_eq!(apart(""), Vec::<Vec<&str>>::new());
    }
}
