//! Content lines of RFC 5545: escaped, folded, ended. Nothing that a record says can begin a line of its own.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

/// Most bytes of a line without its end (RFC 5545 3.1).
const LINE_BYTES: usize = 75;

/// The lines of a calendar.
#[derive(Debug, Default)]
pub(super) struct Lines {
    text: String,
    /// The line that is being made.
    line: String,
}

impl Lines {
    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// A property whose value is known to be plain: a word, a number, an address that was read as one.
    pub(super) fn plain(&mut self, name: &str, value: &str) {
        self.begin(name);
        self.line.extend(value.chars().filter(|c| !c.is_control()));
        self.end();
    }

    /// A property with a text; none when the text is empty.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.begin(name);
            self.escaped(value);
            self.end();
        }
    }

    /// A property with a text in a language.
    pub(super) fn words(&mut self, name: &str, (language, value): (&str, &str)) {
        if value.is_empty() {
            return;
        }
        let tag = |c: char| c.is_ascii_alphanumeric() || c == '-';
        self.line.push_str(name);
        if !language.is_empty() && language.chars().all(tag) {
            self.line.push_str(";LANGUAGE=");
            self.line.push_str(language);
        }
        self.line.push(':');
        self.escaped(value);
        self.end();
    }

    /// A property with several texts; none when there are none.
    pub(super) fn texts<'t>(&mut self, name: &str, values: impl Iterator<Item = &'t str>) {
        let mut values = values.filter(|value| !value.is_empty()).peekable();
        if values.peek().is_none() {
            return;
        }
        self.begin(name);
        for (place, value) in values.enumerate() {
            if place > 0 {
                self.line.push(',');
            }
            self.escaped(value);
        }
        self.end();
    }

    /// A property with a day.
    pub(super) fn day(&mut self, name: &str, day: Date) {
        self.begin(name);
        // A String takes all that is written to it.
        let _ = write!(self.line, "{}", day.strftime("%Y%m%d"));
        self.end();
    }

    /// A property with a moment, in UTC.
    pub(super) fn moment(&mut self, name: &str, moment: Timestamp) {
        self.begin(name);
        let _ = write!(self.line, "{}", moment.strftime("%Y%m%dT%H%M%SZ"));
        self.end();
    }

    /// A property with a time of day wherever the reader is: RFC 5545 calls it floating.
    pub(super) fn floating(&mut self, name: &str, time: DateTime) {
        self.begin(name);
        let _ = write!(self.line, "{}", time.strftime("%Y%m%dT%H%M%S"));
        self.end();
    }

    fn begin(&mut self, name: &str) {
        self.line.push_str(name);
        self.line.push(':');
    }

    fn escaped(&mut self, value: &str) {
        let mut after_return = false;
        for c in value.chars() {
            match c {
                '\\' | ';' | ',' => self.line.extend(['\\', c]),
                '\r' => self.line.push_str("\\n"),
                '\n' if after_return => {}
                '\n' => self.line.push_str("\\n"),
                '\t' => self.line.push(' '),
                c if c.is_control() => {}
                c => self.line.push(c),
            }
            after_return = c == '\r';
        }
    }

    /// Folds the line and ends it.
    fn end(&mut self) {
        let mut left = self.line.as_str();
        let mut room = LINE_BYTES;
        while left.len() > room {
            let (now, later) = left.split_at(left.floor_char_boundary(room));
            self.text.push_str(now);
            self.text.push_str("\r\n ");
            left = later;
            // The space counts too.
            room = LINE_BYTES - 1;
        }
        self.text.push_str(left);
        self.text.push_str("\r\n");
        self.line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Lines)) -> String {
        let mut lines = Lines::default();
        write(&mut lines);
        lines.into_text()
    }

    #[test]
    fn a_text_cannot_leave_its_line() {
        let odd = "a;b,c\\d\r\nEND:VCALENDAR\u{0}\u{85}\ne\rf\tg";
        let text = written(|lines| lines.text("SUMMARY", odd));
        assert_eq!(text, "SUMMARY:a\\;b\\,c\\\\d\\nEND:VCALENDAR\\ne\\nf g\r\n");
        let plain = written(|lines| lines.plain("URL", "https://x/\r\nX-URL:1"));
        assert_eq!(plain, "URL:https://x/X-URL:1\r\n");
        let odd = written(|lines| lines.words("SUMMARY", ("en:x\r\ny", "words")));
        assert_eq!(odd, "SUMMARY:words\r\n");
        let fine = written(|lines| lines.words("SUMMARY", ("pt-BR", "words")));
        assert_eq!(fine, "SUMMARY;LANGUAGE=pt-BR:words\r\n");
    }

    #[test]
    fn long_lines_are_folded_between_characters() {
        for words in [
            "x".repeat(300),
            "é".repeat(300),
            "مؤتمر".repeat(60),
            "𝄞".repeat(99),
        ] {
            let text = written(|lines| lines.text("SUMMARY", &words));
            for line in text.split_terminator("\r\n") {
                assert!(line.len() <= LINE_BYTES, "{line}");
            }
            assert_eq!(text.replace("\r\n ", ""), format!("SUMMARY:{words}\r\n"));
        }
        let exact = "x".repeat(LINE_BYTES - "SUMMARY:".len());
        let text = written(|lines| lines.text("SUMMARY", &exact));
        assert_eq!(text, format!("SUMMARY:{exact}\r\n"));
    }

    #[test]
    fn several_texts_are_told_apart_by_commas() {
        let text = written(|lines| lines.texts("CATEGORIES", ["a,b", "", "c"].into_iter()));
        assert_eq!(text, "CATEGORIES:a\\,b,c\r\n");
        assert_eq!(written(|lines| lines.texts("X", [""].into_iter())), "");
    }
}
