//! The files of a pack. They are made of the answer alone: no clock, no chance, everything in a stated order,
//! so the same answer gives the same bytes.

use rapporteur_proto::gateway::v1::Handover;

use super::view::View;
use super::{markdown, page, sheets};
use crate::noun::reflect;
use crate::output;

/// Which edition of a pack.
#[derive(Clone, Copy, Debug, Default)]
pub struct Edition<'a> {
    /// The language of texts, where there is one; the fallback is that of every table.
    pub language: Option<&'a str>,
    /// Whether what is not public was left out; the pack says so.
    pub public: bool,
}

/// Name and content of each file of a pack.
///
/// # Errors
///
/// When a file cannot be put together; the text says why.
pub fn pack(
    handover: &Handover,
    edition: Edition<'_>,
) -> Result<Vec<(&'static str, String)>, String> {
    let view = View::of(handover, edition);
    let json = reflect(handover)
        .and_then(|all| output::steady(&all))
        .map_err(|e| e.to_string())?;
    let mut json = serde_json::to_string_pretty(&json).map_err(|e| e.to_string())?;
    json.push('\n');
    Ok(vec![
        ("handover.html", page::html(handover, &view)?),
        ("handover.md", markdown::text(&view)),
        ("open-items.csv", sheets::items(&handover.open, &view)?),
        ("commitments.csv", sheets::items(&handover.promised, &view)?),
        ("planned.csv", sheets::planned(handover, &view)?),
        ("gaps.csv", sheets::gaps(handover, &view)?),
        ("handover.json", json),
    ])
}
