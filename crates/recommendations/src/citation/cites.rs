//! CITES: `17.57 (Rev. CoP18)`, number 57 of the 17th meeting, as the 18th revised it.

use super::reader::Reader;
use super::{Citation, Scheme, as_written, nothing};

/// `{s}.{n} (Rev. CoP{k})`.
pub(super) static CITES: Scheme = Scheme {
    name: "cites",
    template: "{s}.{n}[ (Rev. CoP{r})]",
    element: ", para. {p}",
    read,
    path: as_written,
    complete: nothing,
    check,
};

fn read(reader: &mut Reader) -> Option<Citation> {
    reader.word(&["resolution", "decision", "res.", "dec."]);
    reader.word(&["conf.", "conf"]);
    let session = reader.number().filter(|session| *session > 0)?;
    reader.char('.')?;
    let number = reader.number()?;
    reader.skip(" (-,");
    let mut revision = 0;
    if reader.word(&["rev.", "rev", "revised"]).is_some() {
        reader.skip(" .-");
        reader.word(&["cop"])?;
        reader.skip(" .-");
        revision = reader.number().filter(|revision| *revision > 0)?;
        reader.skip(" )");
    }
    Some(Citation {
        number,
        session,
        revision,
        ..Citation::default()
    })
}

fn check(citation: &Citation) -> Option<String> {
    let Citation {
        session, revision, ..
    } = *citation;
    let backwards = revision != 0 && revision <= session;
    backwards.then(|| {
        format!(
            "a text of the meeting {session} cannot have been revised by the meeting {revision}"
        )
    })
}
