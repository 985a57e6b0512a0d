//! Executive Committee of UNHCR: `No. 112 (LXVII) 2016`. Numbers run through all sessions; the session of a
//! year is the year - 1949.

use super::reader::Reader;
use super::{Citation, Scheme, as_written, roman};

/// `No. {n} ({ROMAN(year-1949)}) {year}`.
pub(super) static EXCOM: Scheme = Scheme {
    name: "excom",
    template: "No. {n} ({S}) {y}",
    element: ", para. {p}",
    read,
    path: as_written,
    complete,
    check,
};

/// The year before the first session.
const BEFORE: u32 = 1949;

fn read(reader: &mut Reader) -> Option<Citation> {
    reader.word(&["excom"]);
    reader.word(&["conclusions", "conclusion"]);
    reader.word(&[
        "number", "nos.", "nos", "no.", "no", "nº", "n°", "nr.", "nr", "#",
    ]);
    let number = reader.number()?;
    reader.skip(" -,/");
    let bracket = reader.char('(').is_some();
    let session = reader.roman();
    if bracket {
        reader.char(')').filter(|()| session.is_some())?;
    }
    reader.skip(" -,/(");
    reader.word(&["of"]);
    let year = reader.number();
    reader.skip(")");
    // A bare number is no citation, and a short one behind it no year.
    let told = session.is_some() || year.is_some();
    let citation = Citation {
        number,
        session: session.unwrap_or_default(),
        year: year.unwrap_or_default(),
        ..Citation::default()
    };
    (told && year.is_none_or(|y| (BEFORE + 1..=9_999).contains(&y))).then_some(citation)
}

fn complete(citation: &mut Citation) {
    match (citation.session, citation.year) {
        (0, year) if year > BEFORE => citation.session = year - BEFORE,
        (session, 0) if session > 0 => citation.year = session + BEFORE,
        _ => {}
    }
}

fn check(citation: &Citation) -> Option<String> {
    let Citation { session, year, .. } = *citation;
    if session == 0 || year == 0 || session + BEFORE == year {
        return None;
    }
    let numeral = roman::print(session).unwrap_or_default();
    Some(format!(
        "session {numeral} ({session}) was in {}, not in {year}",
        session + BEFORE
    ))
}
