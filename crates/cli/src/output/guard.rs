//! Guards: text of the record must not steer a terminal, nor run in a spreadsheet.

/// Without control characters (C0 but newline and tab, DEL, C1) and without bidi controls.
pub(crate) fn text(text: &str) -> String {
    text.chars()
        .filter(|c| *c == '\n' || *c == '\t' || !steers(*c))
        .collect()
}

/// The same for words to people, which may quote the record.
pub(crate) fn line(line: &str) -> String {
    text(line)
}

fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A cell that no spreadsheet takes for a formula: what begins like one gets a `'` before it.
pub(crate) fn formula(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_steer_the_terminal() {
        assert_eq!(text("a\u{1b}[2Jb\u{7}\u{9b}1m\u{202e}c\r"), "a[2Jb1mc");
        assert_eq!(text("\u{1b}]0;title\u{7}x"), "]0;titlex");
        assert_eq!(
            text("لقاء Réunion\n\tconjointe"),
            "لقاء Réunion\n\tconjointe"
        );
        assert_eq!(text("\u{2066}\u{2069}\u{200f}"), "");
    }

    #[test]
    fn cells_are_no_formulas() {
        for lead in ["=", "+", "-", "@", "\t", "\r"] {
            assert_eq!(formula(&format!("{lead}1")), format!("'{lead}1"));
        }
        for plain in ["", "a=b", " 1", "112 (LXVII)"] {
            assert_eq!(formula(plain), plain);
        }
    }
}
