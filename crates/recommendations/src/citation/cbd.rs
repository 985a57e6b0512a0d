//! Conference of the Parties to the Convention on Biological Diversity: `XIII/25 para 2(b)`.

use super::reader::Reader;
use super::{Citation, Scheme, as_written, fits, nothing};

/// `{ROMAN}/{n}` and `para n(item)(sub)`.
pub(super) static CBD: Scheme = Scheme {
    name: "cbd",
    template: "{S}/{n}",
    element: " para {p}",
    read,
    path: as_written,
    complete: nothing,
    check: fits,
};

fn read(reader: &mut Reader) -> Option<Citation> {
    for prefix in ["cbd", "cop", "decision", "dec"] {
        reader.word(&[prefix]);
        reader.skip(" /-");
    }
    // From the 14th meeting on the Secretariat writes Arabic numerals.
    let session = reader
        .roman()
        .or_else(|| reader.number())
        .filter(|session| (1..=3_999).contains(session))?;
    reader.skip(" ");
    reader.char('/').or_else(|| reader.char('-'))?;
    let number = reader.number()?;
    Some(Citation {
        number,
        session,
        ..Citation::default()
    })
}
