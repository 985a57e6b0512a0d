//! The files of a pack. They are made of the answer alone: no clock, no chance, everything in a stated order,
//! so the same answer gives the same bytes.

use rapporteur_proto::gateway::v1::Handover;

use super::view::View;
use super::{markdown, page, sheets};
use crate::noun::reflect;
use crate::output;

/// Name and content of each file of a pack, with texts in the language that is asked for where there is one.
///
/// # Errors
///
/// When a file cannot be put together; the text says why.
pub fn pack(
    handover: &Handover,
    language: Option<&str>,
) -> Result<Vec<(&'static str, String)>, String> {
    let view = View::of(handover, language);
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
