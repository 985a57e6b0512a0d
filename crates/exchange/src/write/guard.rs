//! Cells that no spreadsheet takes for a formula, and the way back (OWASP, CSV Injection).
//!
//! What begins like a formula gets a `'` before it. So does what begins with such a `'` already, so that
//! [`opened`] gives back just what [`formula`] was given, whatever it was.

/// What formulas begin with; some spreadsheets take the wide forms of East Asian keyboards too.
pub const FORMULAS: [char; 11] = [
    '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
];

/// The cell, guarded.
pub fn formula(cell: &str) -> String {
    if needs_guard(cell) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

/// What a guarded cell was before: undoes [`formula`].
pub fn opened(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(inner) if needs_guard(inner) => inner,
        _ => cell,
    }
}

fn needs_guard(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(FORMULAS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lead_is_guarded_and_opened() {
        for lead in FORMULAS {
            for cell in [format!("{lead}1"), format!("'{lead}1"), format!("''{lead}")] {
                let guarded = formula(&cell);
                assert_eq!(guarded, format!("'{cell}"));
                assert_eq!(opened(&guarded), cell);
            }
        }
    }

    #[test]
    fn other_cells_are_left_as_they_are() {
        for cell in ["", "a=b", " 1", "'tis", "''", "112 (LXVII)", "d'accord"] {
            assert_eq!(formula(cell), cell);
            assert_eq!(opened(cell), cell);
        }
    }
}
