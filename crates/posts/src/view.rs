//! A text as the rules read it: plain letters for bold ones, one kind of quote, dash and space, no invisible
//! characters; with the way back to the original, so that each quote is the original's own words.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::compose;

/// A text for reading.
#[derive(Debug)]
pub(crate) struct View<'t> {
    original: &'t str,
    /// As the rules read it.
    pub(crate) text: String,
    /// For each byte of `text`: where the characters that it was made of begin and end in the original.
    back: Vec<(u32, u32)>,
}

impl<'t> View<'t> {
    pub(crate) fn new(original: &'t str) -> Self {
        let mut view = Self {
            original,
            text: String::with_capacity(original.len()),
            back: Vec::with_capacity(original.len()),
        };
        for (at, c) in original.char_indices() {
            view.read(at, c);
        }
        view
    }

    /// Makes lines of a kind white, so that no rule reads them.
    pub(crate) fn blank(&mut self, is: impl Fn(&str) -> bool) {
        let text = std::mem::take(&mut self.text);
        for line in text.split_inclusive('\n') {
            if is(line.trim()) {
                let white = |c: char| if c == '\n' { '\n' } else { ' ' };
                self.text.extend(
                    line.chars()
                        .flat_map(|c| std::iter::repeat_n(white(c), c.len_utf8())),
                );
            } else {
                self.text.push_str(line);
            }
        }
    }

    fn read(&mut self, at: usize, c: char) {
        let from = (index(at), index(at + c.len_utf8()));
        match c {
            '\u{FE0E}'
            | '\u{FE0F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2060}'
            | '\u{FEFF}'
            | '\u{AD}' => {}
            '\r' if self.original[at + 1..].starts_with('\n') => {}
            '\r' | '\u{2028}' | '\u{2029}' => self.push('\n', from),
            '‘' | '’' | '‛' | 'ʼ' | '`' | '´' => self.push('\'', from),
            '“' | '”' | '„' | '«' | '»' => self.push('"', from),
            '\u{2010}'..='\u{2015}' | '−' => self.push('-', from),
            '\n' => self.push('\n', from),
            c if c.is_whitespace() => self.push(' ', from),
            '\u{300}'..='\u{36F}' => self.accent(c, from),
            // Letters in the clothes of another: mathematical bold and italics, full width, circles, scripts.
            '\u{1D400}'..='\u{1D7FF}'
            | '\u{FF01}'..='\u{FF5E}'
            | '\u{24B6}'..='\u{24E9}'
            | '\u{210A}'..='\u{2115}' => {
                for plain in std::iter::once(c).nfkc() {
                    self.push(plain, from);
                }
            }
            c => self.push(c, from),
        }
    }

    fn push(&mut self, c: char, from: (u32, u32)) {
        self.text.push(c);
        self.back.extend(std::iter::repeat_n(from, c.len_utf8()));
    }

    /// `e` and an accent as `é`.
    fn accent(&mut self, accent: char, (at, end): (u32, u32)) {
        let whole = self.text.chars().next_back();
        let Some((bare, whole)) = whole.and_then(|bare| Some((bare, compose(bare, accent)?)))
        else {
            return self.push(accent, (at, end));
        };
        self.text.truncate(self.text.len() - bare.len_utf8());
        let start = self.back[self.text.len()].0;
        self.back.truncate(self.text.len());
        self.push(whole, (start, end));
    }

    /// The bytes of the original that a range of the text was made of; empty where the range is.
    pub(crate) fn back(&self, range: &Range<usize>) -> Range<usize> {
        match (
            self.back.get(range.start),
            range
                .end
                .checked_sub(1)
                .and_then(|last| self.back.get(last)),
        ) {
            (Some((start, _)), Some((_, end))) if range.start < range.end => {
                *start as usize..*end as usize
            }
            _ => 0..0,
        }
    }

    /// The original's words for a range of the text.
    pub(crate) fn words(&self, range: &Range<usize>) -> &'t str {
        self.original.get(self.back(range)).unwrap_or_default()
    }
}

/// Texts are shorter than 4 GiB: see [`crate::LONGEST`].
fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clothes_come_off_and_the_way_back_stays() {
        let view = View::new("𝗦𝗢𝗠 in Ra\u{200B}bat – “re\u{301}union”\r\nＡ 7️⃣");
        assert_eq!(view.text, "SOM in Rabat - \"réunion\"\nA 7\u{20E3}");
        let at = |words: &str| {
            let start = view.text.find(words).unwrap();
            view.words(&(start..start + words.len()))
        };
        assert_eq!(at("SOM"), "𝗦𝗢𝗠");
        assert_eq!(at("Rabat"), "Ra\u{200B}bat");
        assert_eq!(at("réunion"), "re\u{301}union");
        assert_eq!(at("7\u{20E3}"), "7️⃣");
        assert_eq!(view.words(&(3..3)), "");
    }
}
