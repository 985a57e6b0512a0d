//! What a row becomes: drafts of records.

use prost_reflect::{DeserializeOptions, DynamicMessage, SerializeOptions};
use serde_json::{Value, json};

use super::Made;
use super::column::Organisations;
use super::kind::Kind;
use super::scope::{Scope, Wrong};
use super::text::is_forbidden;
use crate::row::{Place, Refused, Row};

/// A record that is to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its kind, as `rapporteur load` calls it.
    pub kind: &'static str,
    /// Its resource name.
    pub name: String,
    /// Rows share it: it is written when it is not there, and never changed by an import.
    pub shared: bool,
    /// The record, with its name.
    pub message: DynamicMessage,
}

impl Record {
    /// The record as its own type.
    ///
    /// # Errors
    ///
    /// When it is of another kind.
    pub fn decode<M: prost::Message + Default>(&self) -> Result<M, String> {
        self.message.transcode_to().map_err(|e| e.to_string())
    }

    /// The record as a line of a record file, which `rapporteur load` takes.
    ///
    /// # Errors
    ///
    /// Never for what a mapping made; the serializer can say so.
    pub fn line(&self) -> Result<String, String> {
        let value = self
            .message
            .serialize_with_options(serde_json::value::Serializer, &SerializeOptions::new())
            .map_err(|e| e.to_string())?;
        Ok(json!({"kind": self.kind, "record": value}).to_string())
    }
}

/// What a row becomes.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Where the row stands.
    pub place: Place,
    /// What the row is known by, whenever and in whatever order it comes: the mapping's key, with `#2` at the second
    /// row of the same key.
    pub key: String,
    /// The records, in the order in which they must be written.
    pub records: Vec<Record>,
    /// What was left out of its texts, in words.
    pub notes: Vec<String>,
    /// The row itself, with its own words.
    pub row: Row,
}

/// What is said of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It becomes records.
    Draft(Draft),
    /// It does not, and why.
    Refused(Refused),
}

impl Made {
    /// The name of the record of a row.
    pub(super) fn name(&self, scope: &Scope<'_>) -> Result<String, Wrong> {
        let what = format!("the name of the {}", self.kind.word);
        let name = self.name.fill_all(scope, &what)?;
        if !self.kind.takes(&name) {
            let reason = format!(
                "{name:?} does not look like {}, with ids of a-z 0-9 - .",
                self.kind.pattern
            );
            return Err(Wrong::new(&self.name.source, reason));
        }
        Ok(name)
    }

    /// The record of a row.
    pub(super) fn record(
        &self,
        name: String,
        scope: &Scope<'_>,
        new: &mut Organisations,
    ) -> Result<Record, Wrong> {
        let mut value = self.fields.fill(scope, new)?;
        value["name"] = Value::String(name.clone());
        let options = DeserializeOptions::new();
        let message =
            DynamicMessage::deserialize_with_options(self.descriptor.clone(), value, &options)
                .map_err(|e| Wrong::new("", format!("makes no {}: {e}", self.kind.word)))?;
        Ok(Record {
            kind: self.kind.word,
            name,
            shared: self.shared,
            message,
        })
    }
}

/// An organisation that nobody knows yet.
pub(super) fn organisation(name: &str, title: &str) -> Result<Record, Wrong> {
    let wrong = |reason: String| Wrong::new(title, reason);
    let kind = Kind::of("party").ok_or_else(|| wrong("is no party".to_owned()))?;
    let descriptor = kind
        .descriptor()
        .ok_or_else(|| wrong("is no party".to_owned()))?;
    let value = json!({
        "name": name,
        "kind": "PARTY_KIND_ORGANISATION",
        // Names of organisations are in no language that a file would say.
        "title": {"by_language": {"und": title}},
    });
    let options = DeserializeOptions::new();
    let message = DynamicMessage::deserialize_with_options(descriptor, value, &options)
        .map_err(|e| wrong(e.to_string()))?;
    Ok(Record {
        kind: kind.word,
        name: name.to_owned(),
        shared: true,
        message,
    })
}

/// What the record will not hold of the texts of a row.
pub(super) fn notes(row: &Row) -> Vec<String> {
    fn bad(value: &Value) -> Option<char> {
        match value {
            Value::String(text) => text.chars().find(|c| is_forbidden(*c) && *c != '\r'),
            Value::Array(items) => items.iter().find_map(bad),
            Value::Object(fields) => fields.values().find_map(bad),
            _ => None,
        }
    }
    let found = row
        .cells
        .iter()
        .filter_map(|(column, value)| Some((column, bad(value)?)));
    found
        .map(|(column, bad)| {
            format!(
                "{column}: control characters such as U+{:04X} were left out",
                u32::from(bad)
            )
        })
        .collect()
}
