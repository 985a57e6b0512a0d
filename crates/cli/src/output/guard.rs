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

/// A line of a table in which each cell with letters that run from right to left is isolated, so that they
/// do not turn the cells beside it. After the layout, where wrapping cannot part a pair; cells stand two
/// spaces apart, and the marks have no width.
pub(crate) fn isolated(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while !rest.is_empty() {
        let spaces = rest.len() - rest.trim_start_matches(' ').len();
        let (gap, cells) = rest.split_at(spaces);
        let (cell, after) = cells.split_at(cells.find("  ").unwrap_or(cells.len()));
        shown.push_str(gap);
        if cell.chars().any(runs_left) {
            shown.push('\u{2068}');
            shown.push_str(cell);
            shown.push('\u{2069}');
        } else {
            shown.push_str(cell);
        }
        rest = after;
    }
    shown
}

/// Letters of the scripts that run from right to left: their blocks in the Unicode standard.
fn runs_left(c: char) -> bool {
    matches!(c, '\u{0590}'..='\u{08ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

// What is taken back from a spreadsheet undoes the same guard.
pub(crate) use rapporteur_exchange::write::guard::formula;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_to_left_cells_are_isolated_each() {
        assert_eq!(isolated("a  b c"), "a  b c");
        assert_eq!(
            isolated("rabat/x  لقاء مشترك  held  (اتفاق)"),
            "rabat/x  \u{2068}لقاء مشترك\u{2069}  held  \u{2068}(اتفاق)\u{2069}"
        );
        assert_eq!(isolated("  لقاء"), "  \u{2068}لقاء\u{2069}");
    }

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
}
