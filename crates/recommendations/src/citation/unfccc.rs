//! Conference of the Parties to the UNFCCC: `14/CP.21`, decision 14 of the 21st session.

use super::reader::Reader;
use super::{Citation, Scheme, as_written, fits, nothing};

/// `{n}/CP.{s}`.
pub(super) static UNFCCC: Scheme = Scheme {
    name: "unfccc",
    template: "{n}/CP.{s}",
    element: ", para. {p}",
    read,
    path: as_written,
    complete: nothing,
    check: fits,
};

fn read(reader: &mut Reader) -> Option<Citation> {
    reader.word(&["decision"]);
    reader.word(&["no.", "no"]);
    let number = reader.number()?;
    reader.skip(" /-.,");
    reader.word(&["cp"])?;
    reader.skip(" .-");
    let session = reader.number().filter(|session| *session > 0)?;
    Some(Citation {
        number,
        session,
        ..Citation::default()
    })
}
