//! The scheme of dialogues that have none of their own: `RP/C/2024/1`, and `RP/C/2024/1/R.14` for an element.

use super::reader::Reader;
use super::{Citation, Scheme, fits, nothing};

/// `{DIALOGUE}/{KIND}/{YEAR}/{n}` with `/R.{n}`.
pub static GENERIC: Scheme = Scheme {
    name: "generic",
    template: "{d}/{k}/{y}/{n}",
    element: "/{p}",
    read,
    path,
    complete: nothing,
    check: fits,
};

/// From the end, since the code of a dialogue may hold dashes too.
fn read(reader: &mut Reader) -> Option<Citation> {
    let text = reader.remainder();
    let separators: &[char] = if text.contains('/') { &['/'] } else { &['-'] };
    let mut parts: Vec<&str> = text.split(separators).collect();
    let mut citation = Citation::default();
    if let Some(path) = parts.last().and_then(|last| element(last)) {
        citation.path = path;
        parts.pop();
    }
    let (number, rest) = parts.split_last()?;
    let (year, rest) = rest.split_last()?;
    let (kind, dialogue) = rest.split_last()?;
    let mut digits = Reader::new(number);
    citation.number = digits.number()?;
    digits.end()?;
    let whole_year = year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit());
    citation.year = year.parse().ok().filter(|_| whole_year)?;
    citation.kind = (*kind).to_uppercase();
    citation.dialogue = dialogue.join("-").to_uppercase();
    let coded =
        |code: &str| !code.is_empty() && code.chars().all(|c| c.is_alphanumeric() || c == '-');
    (coded(&citation.kind) && coded(&citation.dialogue)).then_some(citation)
}

/// `r.14`, `r14` or `para2(b)` as the path that is kept.
fn element(part: &str) -> Option<String> {
    if let Some(number) = part.strip_prefix("r.").or_else(|| part.strip_prefix('r')) {
        let number: u32 = number.parse().ok()?;
        return Some(format!("R.{number}"));
    }
    Reader::new(part).paragraph()
}

/// A bare number is the number of a recommendation.
fn path(path: &str) -> String {
    if path.bytes().all(|b| b.is_ascii_digit()) {
        return format!("R.{path}");
    }
    if path.starts_with("R.") {
        path.to_owned()
    } else {
        format!("para {path}")
    }
}
