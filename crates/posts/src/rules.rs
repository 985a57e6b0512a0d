//! What posts say, a file for each kind of fact.

pub(crate) mod agenda;
pub(crate) mod dates;
pub(crate) mod event;
pub(crate) mod figures;
pub(crate) mod instruments;
pub(crate) mod links;
pub(crate) mod names;
pub(crate) mod places;
pub(crate) mod roles;
pub(crate) mod takeaways;
pub(crate) mod themes;

use std::ops::Range;

use jiff::civil;

use crate::parties::Parties;
use crate::proposal::{Evidence, Quote};
use crate::segment::{Parts, Segment};
use crate::view::View;
use crate::vocabulary::Vocabulary;

/// Most of each kind that one post is asked for; what a rule finds beyond it is left.
pub(crate) const MOST: usize = 200;

/// A post that is read.
pub(crate) struct Page<'a> {
    pub(crate) view: View<'a>,
    pub(crate) parts: Parts,
    /// Where the post begins in the whole text, in bytes and characters.
    pub(crate) at: [usize; 2],
    pub(crate) original: &'a str,
    pub(crate) posted: Option<civil::Date>,
    pub(crate) vocabulary: &'a Vocabulary,
    pub(crate) parties: &'a dyn Parties,
    /// Characters before each 1,024th byte or so, to count from.
    pub(crate) marks: Vec<(usize, usize)>,
}

impl Page<'_> {
    /// The text as it is read.
    pub(crate) fn text(&self) -> &str {
        &self.view.text
    }

    /// The text of the post's own words: without the tagged names.
    pub(crate) fn body(&self) -> &str {
        let end = self
            .parts
            .tail
            .as_ref()
            .map_or(self.text().len(), |tail| tail.start);
        &self.text()[..end]
    }

    pub(crate) fn words(&self, segment: &Segment) -> &str {
        &self.text()[segment.at.clone()]
    }

    /// Why something is proposed: the rule, how far it can be trusted, and the words at `range`.
    pub(crate) fn evidence(&self, rule: &str, confidence: f32, range: &Range<usize>) -> Evidence {
        let back = self.view.back(range);
        Evidence {
            rule: rule.to_owned(),
            confidence,
            quote: Quote {
                text: self.original[back.clone()].to_owned(),
                bytes: [self.at[0] + back.start, self.at[0] + back.end],
                characters: [self.characters(back.start), self.characters(back.end)],
            },
        }
    }

    fn characters(&self, byte: usize) -> usize {
        let mark = self
            .marks
            .partition_point(|(at, _)| *at <= byte)
            .saturating_sub(1);
        let (at, before) = self.marks.get(mark).copied().unwrap_or_default();
        self.at[1] + before + self.original[at..byte].chars().count()
    }
}

/// Marks for counting characters.
pub(crate) fn marks(original: &str) -> Vec<(usize, usize)> {
    let every = original.char_indices().enumerate().step_by(512);
    every.map(|(count, (at, _))| (at, count)).collect()
}

/// A range without the white space at its ends.
pub(crate) fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let words = &text[range.clone()];
    let start = range.start + (words.len() - words.trim_start().len());
    start..start + words.trim().len()
}

/// A window of at most `longest` bytes before a place.
pub(crate) fn before(text: &str, at: usize, longest: usize) -> &str {
    let mut start = at.saturating_sub(longest);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..at]
}

/// A window of at most `longest` bytes after a place.
pub(crate) fn after(text: &str, at: usize, longest: usize) -> &str {
    let mut end = (at + longest).min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[at..end]
}
