//! The words of a text that were found, as pieces of text: whoever shows them decides how, and nothing that a
//! record says is taken for markup.

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;

use crate::analysis::Analysis;
use crate::analysis::reading::{Form, Reading, Token, form};

/// Characters of a snippet, about.
const SNIPPET: usize = 240;
/// Characters before the first word that was found, about.
const LEAD: usize = 60;

/// What to mark.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    folded: Forms,
    /// By language (ISO 639-1).
    stems: HashMap<&'static str, Forms>,
    beginnings: Vec<String>,
}

type Forms = HashSet<Form, RandomState>;

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The very words.
    pub text: String,
    /// Whether they were found.
    pub is_found: bool,
}

impl Marks {
    pub(crate) fn fold(&mut self, word: &str) {
        self.folded.insert(form(word));
    }

    pub(crate) fn stem(&mut self, language: &str, stem: &str) {
        let language = Analysis::of(language).language();
        self.stems.entry(language).or_default().insert(form(stem));
    }

    pub(crate) fn beginning(&mut self, beginning: &str) {
        self.beginnings.push(beginning.to_owned());
    }

    /// Whether there is anything to mark.
    pub fn is_empty(&self) -> bool {
        self.folded.is_empty() && self.stems.is_empty() && self.beginnings.is_empty()
    }

    /// Where the words that were found are in a text, in bytes, in order and apart.
    fn found(&self, text: &str, reading: &Reading) -> Vec<(usize, usize)> {
        let stems = self.stems.get(reading.language());
        let begun = self.begun(text, reading.language());
        let is_found = |at: usize, token: &Token| {
            self.folded.contains(&token.folded)
                || stems.is_some_and(|stems| stems.contains(&token.stem))
                || begun.get(at).copied().unwrap_or_default()
        };
        let mut found: Vec<(usize, usize)> = Vec::new();
        for (at, token) in reading.tokens().iter().enumerate() {
            if !is_found(at, token) {
                continue;
            }
            let (from, to) = token.span();
            match found.last_mut() {
                Some(last) if from < last.1 => last.1 = last.1.max(to),
                _ => found.push((from, to)),
            }
        }
        found
    }

    /// Of each word of a text, whether it begins as a word that was asked for by its beginning; nothing when none was.
    fn begun(&self, text: &str, language: &str) -> Vec<bool> {
        let mut begun = Vec::new();
        if !self.beginnings.is_empty() {
            Analysis::of(language).each(text, |word| {
                let mut beginnings = self.beginnings.iter();
                begun.push(beginnings.any(|beginning| word.folded.starts_with(beginning.as_str())));
            });
        }
        begun
    }

    /// The whole text in pieces, as far as it has anything to mark; `reading` is the same text.
    pub fn whole(&self, text: &str, reading: &Reading) -> Option<Vec<Piece>> {
        let found = self.found(text, reading);
        (!found.is_empty()).then(|| pieces(text, (0, text.len()), &found))
    }

    /// The part of a text in which most was found, in pieces; `…` stands for what is left out. `reading` is the same
    /// text.
    pub fn snippet(&self, text: &str, reading: &Reading) -> Option<Vec<Piece>> {
        let found = self.found(text, reading);
        let within = |from: usize| {
            let begins = found.iter().filter(|(start, _)| *start >= from);
            begins.take_while(|(_, end)| *end <= from + SNIPPET).count()
        };
        // The first of those with most.
        let (from, _) = found.iter().rev().max_by_key(|(start, _)| within(*start))?;
        let begin = boundary(text, from.saturating_sub(LEAD));
        let end = boundary(text, (begin + SNIPPET).max(from + LEAD));
        let mut shown = pieces(text, (begin, end), &found);
        let dots = || Piece {
            text: "…".to_owned(),
            is_found: false,
        };
        if begin > 0 {
            shown.insert(0, dots());
        }
        if end < text.len() {
            shown.push(dots());
        }
        Some(shown)
    }
}

/// The next place after which a word begins, or the nearest character when there is no space.
fn boundary(text: &str, near: usize) -> usize {
    if near == 0 {
        return 0;
    }
    let mut at = near.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    let rest = text.get(at..).unwrap_or_default();
    let space = rest
        .char_indices()
        .take(40)
        .find(|(_, c)| c.is_whitespace());
    space.map_or(at, |(length, c)| at + length + c.len_utf8())
}

fn pieces(text: &str, (begin, end): (usize, usize), found: &[(usize, usize)]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut push = |from: usize, to: usize, is_found: bool| {
        if let Some(words) = text.get(from..to).filter(|words| !words.is_empty()) {
            pieces.push(Piece {
                text: words.to_owned(),
                is_found,
            });
        }
    };
    let mut at = begin;
    for &(from, to) in found {
        if from < at || to > end {
            continue;
        }
        push(at, from, false);
        push(from, to, true);
        at = to;
    }
    push(at, end, false);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pieces: Option<Vec<Piece>>) -> String {
        let show = |piece: Piece| {
            if piece.is_found {
                format!("[{}]", piece.text)
            } else {
                piece.text
            }
        };
        pieces.unwrap_or_default().into_iter().map(show).collect()
    }

    fn marks() -> Marks {
        let mut marks = Marks::default();
        marks.fold("etat");
        marks.stem("fr", &Analysis::of("fr").words("disparue")[0].stem);
        marks.beginning("migr");
        marks
    }

    #[test]
    fn every_form_is_marked_where_its_language_has_it() {
        let text = "Les Migrants disparues, l'État & <b>état</b>";
        let expected = "Les [Migrants] [disparues], [l'État] & <b>[état]</b>";
        assert_eq!(
            shown(marks().whole(text, &Reading::of(text, "fr"))),
            expected
        );
        assert_eq!(
            marks().whole("nothing here", &Reading::of("nothing here", "en")),
            None
        );
        // The stem of another language means nothing.
        assert_eq!(
            marks().whole("disparue", &Reading::of("disparue", "en")),
            None
        );
    }

    #[test]
    fn a_snippet_shows_where_most_was_found_and_loses_no_letter() {
        let filler = "words that nobody has asked for ".repeat(20);
        let text = format!("migrants {filler} état des migrants, état {filler}");
        let shown = shown(marks().snippet(&text, &Reading::of(&text, "fr")));
        assert!(shown.starts_with('…') && shown.ends_with('…'), "{shown}");
        assert!(shown.contains("[état] des [migrants], [état]"), "{shown}");
        assert!(shown.chars().count() < 400, "{shown}");
        let plain = shown.replace(['[', ']', '…'], "");
        assert!(text.contains(&plain), "{plain}");
    }

    #[test]
    fn a_text_without_spaces_is_cut_between_characters() {
        let mut marks = Marks::default();
        marks.fold("migrants");
        let text = format!("{} migrants {}", "移民".repeat(300), "é".repeat(500));
        assert!(shown(marks.snippet(&text, &Reading::of(&text, ""))).contains("[migrants]"));
    }
}
