//! The record, written as others read it.
//!
//! One small file a format. Each is a pure function of the records (proto3 JSON of the API) and of what is known
//! [`About`] them, and says in its head which field goes where and what is lost. Only NDJSON loses nothing but what
//! the service writes itself; it is written by the caller, who knows the record's own rules.
//!
//! | format | kinds | for |
//! | --- | --- | --- |
//! | [`table`] | any | spreadsheets: CSV (RFC 4180), XLSX (ISO/IEC 29500) |
//! | [`markdown`] | any | notes and repositories |
//! | [`json_ld`] | parties, dialogues, events, instruments, recommendations | search engines (schema.org) |
//! | [`popolo`] | the same, memberships, posts | civic tools (Popolo) |
//! | [`ocd`] | events | civic tools (Open Civic Data) |
//! | [`odata`] | instruments, events, parties | InforMEA and others that harvest treaties |
//! | [`akoma_ntoso`] | an instrument and its recommendations | registers of legal texts (OASIS LegalDocML) |
//!
//! What stands in a [`cell`] is made of the fields by [`language`] and [`word`].

mod about;
pub mod akoma_ntoso;
pub mod cell;
mod document;
pub mod guard;
pub mod json_ld;
pub mod language;
pub mod markdown;
pub mod ocd;
pub mod odata;
pub mod popolo;
mod sections;
pub mod table;
pub mod word;

pub use about::About;
pub use document::{Document, Shape};

use serde::Serialize;
use serde_json::Value;

/// What is written, as JSON whose order is always the same: fields as the protos have them, languages by tag.
///
/// # Errors
///
/// When it is no JSON.
pub fn steady(value: &impl Serialize) -> serde_json::Result<Value> {
    fn sort(value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(sort),
            Value::Object(fields) => {
                for (key, inner) in fields.iter_mut() {
                    match inner {
                        // The maps of the protos; maps have no order of their own.
                        Value::Object(languages)
                            if ["byLanguage", "translations", "parameters"]
                                .contains(&key.as_str()) =>
                        {
                            languages.sort_keys();
                        }
                        inner => sort(inner),
                    }
                }
            }
            _ => {}
        }
    }
    let mut value = serde_json::to_value(value)?;
    sort(&mut value);
    Ok(value)
}

/// Several of a kind, as in the names of collections: `parties`, `plan_nodes`.
pub fn plural(kind: &str) -> String {
    match kind.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{kind}s"),
    }
}

/// The same for headings: `Plan nodes`.
pub fn heading(kind: &str) -> String {
    let plural = plural(kind).replace('_', " ");
    let mut letters = plural.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().to_string() + letters.as_str())
        .unwrap_or_default()
}

/// A text of a field; empty where there is none.
pub(crate) fn text<'v>(record: &'v Value, field: &str) -> &'v str {
    record[field].as_str().unwrap_or_default()
}

/// The parts of a list; none where there is no list.
pub(crate) fn items<'v>(record: &'v Value, field: &str) -> &'v [Value] {
    record[field].as_array().map_or(&[], Vec::as_slice)
}

/// A date as far as it is known: `2024`, `2024-10`, `2024-10-16`, `2024-10-16T09:30`.
pub(crate) fn date<'v>(record: &'v Value, field: &str) -> Option<&'v str> {
    record[field]["value"]
        .as_str()
        .filter(|day| !day.is_empty())
}

/// The word of an enum value: `EVENT_KIND_SIDE_EVENT` of `EVENT_KIND_` is `side-event`; empty where it is not stated.
pub(crate) fn word(record: &Value, field: &str, prefix: &str) -> String {
    match text(record, field).strip_prefix(prefix) {
        None | Some("UNSPECIFIED") => String::new(),
        Some(word) => word.to_lowercase().replace('_', "-"),
    }
}

/// The object without what is absent: nulls, empty texts, empty lists and empty objects.
pub(crate) fn lean(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(name, value)| (name, lean(value)))
                .filter(|(_, value)| !is_empty(value))
                .collect(),
        ),
        Value::Array(items) => Value::Array(
            items
                .into_iter()
                .map(lean)
                .filter(|value| !is_empty(value))
                .collect(),
        ),
        value => value,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests;
