//! Text into words, each with its place.
//!
//! Words are those of Unicode's segmentation (UAX #29), and beyond it:
//!
//! - "#LaborMigration" is `Labor`, `Migration` and, beside them, the whole tag;
//! - "A/RES/74/19", "2024-05-01" and "5(a)" are codes: the parts and the whole; "R.14" is `r14` too;
//! - "follow-up" is `follow`, `up` and the whole `followup`;
//! - "U.N." is `UN`; "adopted.Further" is two words; "1,000" is `1000`;
//! - scripts that are written without spaces (Han, kana, Thai, Lao, Khmer, Myanmar) give pairs of letters
//!   that overlap.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;

use super::fold;

/// A code longer than this is only its parts.
const MAX_CODE: usize = 48;
/// More words than this in a row of hyphens are a phrase, not a word.
const MAX_HYPHENATED: usize = 3;

/// A word as it is written, or several read as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// As written; of a `whole` already folded.
    pub text: Cow<'a, str>,
    /// Where it begins, in bytes.
    pub from: usize,
    /// Where it ends, in bytes.
    pub to: usize,
    /// The how-manieth word, from 0.
    pub position: usize,
    /// How many places it takes.
    pub length: usize,
    /// Whether it stands beside its parts.
    pub whole: bool,
}

/// The words of a text.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut splitter = Splitter {
        text,
        pieces: Vec::with_capacity(text.len() / 5),
        position: 0,
    };
    let mut from = None;
    for (at, c) in text.char_indices() {
        if separates(c) {
            if let Some(from) = from.take() {
                splitter.chunk(from, at);
            }
        } else {
            from.get_or_insert(at);
        }
    }
    if let Some(from) = from {
        splitter.chunk(from, text.len());
    }
    splitter.pieces
}

/// Spaces, and control characters, which no word holds.
fn separates(c: char) -> bool {
    c.is_whitespace() || c == '\u{200b}' || c.is_control()
}

struct Splitter<'a> {
    text: &'a str,
    pieces: Vec<Piece<'a>>,
    position: usize,
}

/// A part of the text: from, to.
type Span = (usize, usize);

impl<'a> Splitter<'a> {
    /// What stands between two spaces: hashtags, and what is none.
    fn chunk(&mut self, from: usize, to: usize) {
        let mut plain = from;
        let mut at = from;
        while let Some(found) = self.text[at..to].find(['#', '＃']) {
            let sign = at + found;
            let sign_end = sign + self.text[sign..].chars().next().map_or(1, char::len_utf8);
            let tag = self.text[sign_end..to]
                .find(|c: char| !(c.is_alphanumeric() || c == '_' || fold::is_mark(c)))
                .map_or(to, |end| sign_end + end);
            if tag > sign_end {
                self.plain(plain, sign);
                self.tag(sign_end, tag);
                plain = tag;
            }
            at = tag.max(sign_end);
        }
        self.plain(plain, to);
    }

    /// A hashtag, without its sign.
    fn tag(&mut self, from: usize, to: usize) {
        let parts = camel(&self.text[from..to], from);
        match parts.as_slice() {
            [] => {}
            [only] => self.word(*only),
            parts => self.joined(parts, (from, to), ""),
        }
    }

    /// What is no hashtag and has no space.
    fn plain(&mut self, from: usize, to: usize) {
        // Most of most texts: letters without accents, and what is left of them or right of them belongs to no word.
        let bare = self.text[from..to].trim_matches(|c: char| c.is_ascii_punctuation() && c != '_');
        if !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_alphabetic()) {
            let from = bare.as_ptr() as usize - self.text.as_ptr() as usize;
            return self.push(from, from + bare.len(), None);
        }
        self.segmented(from, to);
    }

    /// The same by Unicode's rules and ours.
    fn segmented(&mut self, from: usize, to: usize) {
        let words: Vec<Span> = self.text[from..to]
            .unicode_word_indices()
            .map(|(at, word)| (from + at, from + at + word.len()))
            .collect();
        let (Some(first), Some(last)) = (words.first(), words.last()) else {
            return;
        };
        let span = (first.0, last.1);
        if words.len() > 1 && self.is_code(span, &words) {
            return self.code(&words, span);
        }
        let mut at = 0;
        while at < words.len() {
            let row = 1 + words[at..]
                .windows(2)
                .take_while(|pair| self.hyphen(pair[0].1, pair[1].0))
                .count();
            let run = &words[at..at + row];
            if (2..=MAX_HYPHENATED).contains(&row)
                && run.iter().all(|span| self.is_alphabetic(*span))
            {
                self.joined(run, (run[0].0, run[row - 1].1), "");
            } else {
                for span in run {
                    self.word(*span);
                }
            }
            at += row;
        }
    }

    fn hyphen(&self, from: usize, to: usize) -> bool {
        matches!(&self.text[from..to], "-" | "\u{2010}" | "\u{2011}")
    }

    fn is_alphabetic(&self, (from, to): Span) -> bool {
        self.text[from..to]
            .chars()
            .all(|c| (c.is_alphabetic() || fold::is_mark(c)) && !unspaced(c))
    }

    /// "A/RES/74/19": letters and digits, and between them only what codes are written with.
    fn is_code(&self, (from, to): Span, words: &[Span]) -> bool {
        let code = &self.text[from..to];
        code.len() <= MAX_CODE
            && code.bytes().any(|b| b.is_ascii_digit())
            && !code.chars().any(unspaced)
            && words.windows(2).all(|pair| {
                let gap = &self.text[pair[0].1..pair[1].0];
                gap.chars().all(|c| {
                    matches!(
                        c,
                        '/' | '.' | '-' | '_' | '(' | ')' | ':' | '\u{2010}' | '\u{2011}'
                    )
                })
            })
    }

    fn code(&mut self, words: &[Span], span: Span) {
        let numeric = |(from, to): Span| self.text[from..to].bytes().all(|b| b.is_ascii_digit());
        let two_kinds = words.len() == 2 && numeric(words[0]) != numeric(words[1]);
        // "R.14", "C-189" and "5(a)" are also written "R14", "C189" and "5a".
        if two_kinds {
            return self.joined(words, span, "");
        }
        let whole = self.text[span.0..span.1].to_owned();
        let whole: String = whole.chars().filter(|c| !matches!(c, '(' | ')')).collect();
        let whole = fold::letters(&fold::plain(&whole, ""));
        self.whole(whole, span, words.len());
        for word in words {
            self.word(*word);
        }
    }

    /// Several words, and beside them all of them as one.
    fn joined(&mut self, parts: &[Span], span: Span, between: &str) {
        let folded: Vec<String> = parts
            .iter()
            .map(|(from, to)| fold::fold(&self.text[*from..*to]))
            .collect();
        self.whole(folded.join(between), span, parts.len());
        for part in parts {
            self.word(*part);
        }
    }

    fn whole(&mut self, text: String, (from, to): Span, length: usize) {
        self.pieces.push(Piece {
            text: Cow::Owned(text.chars().take(fold::MAX_CHARS).collect()),
            from,
            to,
            position: self.position,
            length,
            whole: true,
        });
    }

    /// One word of UAX #29, which may still be several of ours.
    fn word(&mut self, (from, to): Span) {
        let word = &self.text[from..to];
        if word.chars().any(unspaced) {
            return self.pairs(from, to);
        }
        if !word.is_ascii() || word.contains(['.', '_', ',', ':']) {
            return self.dotted(from, to);
        }
        let letters = word.bytes().take_while(u8::is_ascii_alphabetic).count();
        let digits = word
            .bytes()
            .skip(letters)
            .take_while(u8::is_ascii_digit)
            .count();
        if letters >= 2 && digits >= 1 && letters + digits == word.len() {
            // "SDG8" is found by "SDG 8" too.
            self.whole(word.to_ascii_lowercase(), (from, to), 2);
            self.push(from, from + letters, None);
            return self.push(from + letters, to, None);
        }
        self.push(from, to, None);
    }

    /// Words that UAX #29 leaves together: "U.N", "adopted.Further", "snake_case", "1,000", "10.7.1".
    fn dotted(&mut self, from: usize, to: usize) {
        let word = &self.text[from..to];
        if !word.contains(['.', '_', ',', ':']) {
            return self.push(from, to, None);
        }
        let parts: Vec<&str> = word
            .split(['.', '_', ',', ':'])
            .filter(|part| !part.is_empty())
            .collect();
        if thousands(word) {
            return self.push(from, to, Some(word.replace(',', "")));
        }
        if word.starts_with(|c: char| c.is_numeric()) && !word.contains('_') {
            return self.push(from, to, None);
        }
        if !word.contains(['_', ',', ':']) && parts.iter().all(|part| part.chars().count() == 1) {
            return self.push(from, to, Some(parts.concat()));
        }
        let start = self.text.as_ptr() as usize;
        for part in parts {
            let at = part.as_ptr() as usize - start;
            self.push(at, at + part.len(), None);
        }
    }

    /// Overlapping pairs of letters in scripts without spaces; what else is in the word, by itself.
    fn pairs(&mut self, from: usize, to: usize) {
        let graphemes: Vec<(usize, &str)> = self.text[from..to].grapheme_indices(true).collect();
        for (place, (at, letter)) in graphemes.iter().enumerate() {
            let (at, end) = (from + at, from + at + letter.len());
            // UAX #29 gives Han letters one by one: the neighbour is looked for in the text.
            let next = graphemes.get(place + 1).map_or_else(
                || {
                    self.text[end..]
                        .graphemes(true)
                        .next()
                        .filter(|next| next.chars().all(unspaced_or_mark))
                },
                |(_, next)| Some(*next),
            );
            let before = self
                .pieces
                .last()
                .is_some_and(|last| last.to == end && last.from < at);
            match next {
                Some(next) => self.push(at, end + next.len(), None),
                None if before => {}
                None => self.push(at, end, None),
            }
        }
    }

    fn push(&mut self, from: usize, to: usize, text: Option<String>) {
        self.pieces.push(Piece {
            text: text.map_or(Cow::Borrowed(&self.text[from..to]), Cow::Owned),
            from,
            to,
            position: self.position,
            length: 1,
            whole: false,
        });
        self.position += 1;
    }
}

/// "1,000" and "12,345,678".
fn thousands(word: &str) -> bool {
    let mut groups = word.split(',');
    let digits = |group: &str| group.bytes().all(|b| b.is_ascii_digit());
    groups
        .next()
        .is_some_and(|first| (1..=3).contains(&first.len()) && digits(first))
        && word.contains(',')
        && groups.all(|group| group.len() == 3 && digits(group))
}

/// Scripts that are written without spaces between words.
fn unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{323af}')
}

fn unspaced_or_mark(c: char) -> bool {
    unspaced(c) || fold::is_mark(c)
}

/// The parts of a hashtag: at capitals, digits and underscores.
fn camel(tag: &str, offset: usize) -> Vec<Span> {
    #[derive(Clone, Copy, PartialEq)]
    enum Kind {
        Upper,
        Digit,
        Other,
    }
    let kind = |c: char| match c {
        c if c.is_uppercase() => Kind::Upper,
        c if c.is_numeric() => Kind::Digit,
        _ => Kind::Other,
    };
    let chars: Vec<(usize, char)> = tag.char_indices().collect();
    let mut parts = Vec::new();
    let mut from = 0;
    for place in 0..chars.len() {
        let (at, c) = chars[place];
        if c == '_' {
            parts.push((from, at));
            from = at + 1;
            continue;
        }
        let Some((_, before)) = place.checked_sub(1).map(|before| chars[before]) else {
            continue;
        };
        let (was, is) = (kind(before), kind(c));
        let next = chars.get(place + 1).map(|(_, next)| kind(*next));
        let begins = match (was, is) {
            // "SDGGoals": the last capital belongs to the word that follows.
            (Kind::Upper, Kind::Upper) => next == Some(Kind::Other) && chars[place + 1].1 != '_',
            (Kind::Upper, Kind::Other) => false,
            (was, is) => was != is,
        };
        if begins && before != '_' {
            parts.push((from, at));
            from = at;
        }
    }
    parts.push((from, tag.len()));
    parts
        .into_iter()
        .filter(|(from, to)| from < to)
        .map(|(from, to)| (offset + from, offset + to))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split<'a>(text: &'a str, how: fn(&mut Splitter<'a>, usize, usize)) -> Vec<Piece<'a>> {
        let mut splitter = Splitter {
            text,
            pieces: Vec::new(),
            position: 0,
        };
        how(&mut splitter, 0, text.len());
        splitter.pieces
    }

    proptest! {
        #[test]
        fn the_short_way_and_the_long_way_give_the_same_words(text in "[-a-zA-Z0-9._,:;'\"()/&!é]{0,12}") {
            prop_assert_eq!(split(&text, Splitter::plain), split(&text, Splitter::segmented));
        }
    }
}
