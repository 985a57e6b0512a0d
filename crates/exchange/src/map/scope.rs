//! What a template or a column can speak of while a row is mapped.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::file::Words;
use super::party::{Answer, Parties};
use super::text::is_forbidden;
use crate::row::{Row, below};

/// What is wrong with a row: the column, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) column: String,
    pub(super) reason: String,
}

impl Wrong {
    pub(super) fn new(column: &str, reason: impl Into<String>) -> Self {
        Self {
            column: column.to_owned(),
            reason: reason.into(),
        }
    }
}

/// The row, and all that stands around it.
pub(super) struct Scope<'s> {
    pub(super) row: &'s Row,
    /// The element of a list that is being mapped.
    pub(super) value: Option<&'s Value>,
    pub(super) key: &'s str,
    pub(super) id: &'s str,
    pub(super) into: &'s str,
    pub(super) parameters: &'s BTreeMap<String, String>,
    pub(super) columns: &'s HashMap<String, String>,
    pub(super) words: &'s BTreeMap<String, Words>,
    pub(super) parties: &'s dyn Parties,
}

impl<'s> Scope<'s> {
    /// The same, within an element of a list.
    pub(super) fn within(&self, value: &'s Value) -> Self {
        Self {
            value: Some(value),
            ..*self
        }
    }

    /// The value that a path names; `None` when nothing is there.
    pub(super) fn value(&self, path: &str) -> Option<&'s Value> {
        if path == "value" {
            return self.value;
        }
        if let (Some(path), Some(value)) = (path.strip_prefix("value."), self.value) {
            return below(value, path);
        }
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        if let Some(theirs) = self.columns.get(path) {
            return self.row.get(theirs);
        }
        if let Some(theirs) = self.columns.get(first).filter(|_| !rest.is_empty()) {
            return below(self.row.get(theirs)?, rest);
        }
        self.row.get(path)
    }

    /// The text that a path names; empty when nothing is there.
    pub(super) fn text(&self, path: &str) -> Result<String, Wrong> {
        match path {
            "key" => return Ok(self.key.to_owned()),
            "id" => return Ok(self.id.to_owned()),
            "into" => return Ok(self.into.to_owned()),
            _ => {}
        }
        if let Some(name) = path.strip_prefix("param.") {
            return Ok(self.parameters.get(name).cloned().unwrap_or_default());
        }
        match self.value(path) {
            None | Some(Value::Null) => Ok(String::new()),
            Some(value) => text_of(value).ok_or_else(|| {
                Wrong::new(path, "holds a list or an object where a text is wanted")
            }),
        }
    }

    /// The word of a table for one of theirs.
    pub(super) fn word(&self, table: &str, theirs: &str) -> Option<String> {
        self.words.get(table)?.ours(theirs)
    }

    /// The party that is called so.
    pub(super) fn party(&self, column: &str, name: &str) -> Result<String, Wrong> {
        let shown: String = name.chars().take(100).collect();
        match self.parties.resolve(name) {
            Answer::Party(party) => Ok(party),
            Answer::Organisation { title, .. } => Err(Wrong::new(
                column,
                format!("{shown:?} is {title}, of which there is no record; record it first"),
            )),
            Answer::Perhaps(some) if !some.is_empty() => {
                let reason = format!("{shown:?} could be {}; write which", some.join(", "));
                Err(Wrong::new(column, reason))
            }
            Answer::Perhaps(_) => Err(Wrong::new(
                column,
                format!("{shown:?} could be several parties; write which"),
            )),
            Answer::Unknown => Err(Wrong::new(
                column,
                format!(
                    "{shown:?} is no party that is known; record it first, or correct the name"
                ),
            )),
        }
    }
}

/// A plain value as a text.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(clean(text)),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Null => Some(String::new()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// Lines end in LF, nothing stands around them, and what no text may hold is left out (the draft says so).
fn clean(text: &str) -> String {
    let mut text = text.trim().to_owned();
    if text.contains('\r') {
        text = text.replace("\r\n", "\n").replace('\r', "\n");
    }
    text.retain(|c| !is_forbidden(c));
    text
}
