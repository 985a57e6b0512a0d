//! NDJSON that `load` takes back, equal to the last bit of meaning.
//!
//! The record is written in three runs. First every record, in the order in which a record is built up, without what
//! it says of records further down (`begins`); then once more those of which something was held back; then the moves
//! that led to where records stand and that no new record can say, in the order in which they were recorded. Between the
//! runs only digests of names and the moves are in memory.
//!
//! What only the service writes is not in it: etags, uids, times of recording, numbers of changes, the digest that
//! tells whether a translation is out of date, who recorded an entry of an addressee's ledger, and revisions that are
//! past. What moved records is in it as far as their ledgers tell: that a text was withdrawn before it was tabled
//! again, or retired before it was revived, is told by the change log alone.

use std::collections::{HashMap, HashSet};
use std::io::Write;

use prost_reflect::{DynamicMessage, Value};
use serde::Serialize;

use super::Tally;
use super::begun::{Begun, as_begun};
use super::moves::{self, Move};
use super::sink::Sink;
use super::source::Source;
use crate::error::{Failure, Result};
use crate::noun::{Noun, text};
use crate::output;
use crate::record::PAGE;

/// A line of a record file.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub(super) kind: String,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) begins: bool,
    pub(super) record: serde_json::Value,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) reason: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) entry: Option<usize>,
}

// serde wants a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(value: &bool) -> bool {
    !*value
}

impl Line {
    pub(super) fn write(&self, out: &mut Sink<'_>) -> Result<()> {
        let line = serde_json::to_string(self)
            .map_err(|e| Failure::other("UNPRINTABLE", e.to_string()))?;
        writeln!(out, "{line}").map_err(Failure::Io)
    }
}

/// Writes all records of these kinds.
pub(super) async fn write(
    source: &Source<'_>,
    nouns: &[&'static Noun],
    sink: &mut Sink<'_>,
) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut known = Known::new(nouns);
    let mut held: HashMap<&str, HashSet<Digest>> = HashMap::new();
    let mut moves: Vec<Move> = Vec::new();
    for noun in nouns {
        let mut later = Vec::new();
        let mut walk = source.walk(noun)?;
        while let Some(page) = walk.next(PAGE).await? {
            for record in page {
                let name = text(&record, "name");
                if !source.holds(noun, &name) {
                    continue;
                }
                moves.extend(moves::of(noun, &output::steady(&record)?));
                // What cannot begin without another of its kind waits for it.
                let matches = needed(noun, &record);
                if !matches.is_empty() && known.is_missing(&matches, &name) {
                    later.push(record);
                } else if known.write_first(noun, record, sink)? {
                    held.entry(noun.kind).or_default().insert(digest(&name));
                }
                tally.count(noun.kind);
            }
        }
        while !later.is_empty() {
            let (ready, rest): (Vec<_>, Vec<_>) = later.into_iter().partition(|record| {
                !known.is_missing(&needed(noun, record), &text(record, "name"))
            });
            // What it needs is not there, or not to be seen: it is written all the same, and says so when it is loaded.
            let (ready, rest) = if ready.is_empty() {
                (rest, ready)
            } else {
                (ready, rest)
            };
            for record in ready {
                let name = text(&record, "name");
                if known.write_first(noun, record, sink)? {
                    held.entry(noun.kind).or_default().insert(digest(&name));
                }
            }
            later = rest;
        }
    }
    for noun in nouns {
        let Some(names) = held.get(noun.kind) else {
            continue;
        };
        let mut walk = source.walk(noun)?;
        while let Some(page) = walk.next(PAGE).await? {
            for record in page {
                if names.contains(&digest(&text(&record, "name"))) {
                    line(noun, &as_begun(noun, record)?)?.write(sink)?;
                }
            }
        }
    }
    moves.sort_by_key(|one| one.time);
    let count = moves.len();
    for one in moves {
        one.line(source).await?.write(sink)?;
    }
    if count > 0 {
        tally.notes.push(format!(
            "{count} moves follow the records; those that another than the author must make (verifying) load with \
             `load --as-recorded`"
        ));
    }
    Ok(tally)
}

/// The record of its kind without which this one cannot be: the commitment that it matches.
fn needed(noun: &Noun, record: &DynamicMessage) -> String {
    if noun.kind == "commitment" {
        text(record, "matches")
    } else {
        String::new()
    }
}

/// The first 16 bytes of a digest of a name.
type Digest = [u8; 16];

fn digest(name: &str) -> Digest {
    let mut first = Digest::default();
    first.copy_from_slice(&blake3::hash(name.as_bytes()).as_bytes()[..16]);
    first
}

/// Which records stand further up in the file.
struct Known<'n> {
    nouns: &'n [&'static Noun],
    written: HashSet<Digest>,
}

impl<'n> Known<'n> {
    fn new(nouns: &'n [&'static Noun]) -> Self {
        Self {
            nouns,
            written: HashSet::new(),
        }
    }

    /// Writes a record as far as it can be taken over now; whether something was held back.
    fn write_first(
        &mut self,
        noun: &Noun,
        record: DynamicMessage,
        sink: &mut Sink<'_>,
    ) -> Result<bool> {
        let name = text(&record, "name");
        let mut begun = as_begun(noun, record)?;
        let begins = hold_back(&mut begun.record, &|word| self.is_missing(word, &name));
        let mut first = line(noun, &begun)?;
        first.begins = begins;
        first.write(sink)?;
        self.written.insert(digest(&name));
        Ok(begins)
    }

    /// Whether a text names a record that comes in this file, but has not come yet; `own` is the record that says so.
    fn is_missing(&self, word: &str, own: &str) -> bool {
        let target = whole(word);
        target != own
            && self
                .nouns
                .iter()
                .any(|noun| has_shape(target, noun.pattern))
            && !self.written.contains(&digest(target))
    }
}

/// Bodies and groups are parts of their dialogue.
fn whole(name: &str) -> &str {
    for part in ["/bodies/", "/groups/"] {
        if let Some((dialogue, _)) = name.split_once(part)
            && name.starts_with("dialogues/")
        {
            return dialogue;
        }
    }
    name
}

fn has_shape(name: &str, pattern: &str) -> bool {
    let mut parts = name.split('/');
    pattern.split('/').all(|own| {
        parts
            .next()
            .is_some_and(|part| own == part || (own == "*" && !part.is_empty()))
    }) && parts.next().is_none()
}

/// Takes away what names a missing record: texts, and whole parts of lists. Whether there was something.
fn hold_back(message: &mut DynamicMessage, missing: &dyn Fn(&str) -> bool) -> bool {
    let mut held = false;
    let mut empty = Vec::new();
    for (field, value) in message.fields_mut() {
        match value {
            Value::String(word) if field.name() != "name" && missing(word) => {
                empty.push(field);
            }
            Value::Message(inner) => held |= hold_back(inner, missing),
            Value::List(items) => {
                let before = items.len();
                items.retain(|item| !names_missing(item, missing));
                held |= items.len() < before;
            }
            _ => {}
        }
    }
    for field in &empty {
        message.clear_field(field);
    }
    held || !empty.is_empty()
}

fn names_missing(value: &Value, missing: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(word) => missing(word),
        Value::Message(inner) => inner
            .fields()
            .any(|(_, value)| names_missing(value, missing)),
        Value::List(items) => items.iter().any(|item| names_missing(item, missing)),
        _ => false,
    }
}

fn line(noun: &Noun, begun: &Begun) -> Result<Line> {
    Ok(Line {
        kind: noun.kind.to_owned(),
        begins: false,
        record: output::steady(&begun.record)?,
        reason: begun.reason.clone(),
        by: begun.by.clone(),
        entry: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noun;

    fn record(kind: &str, json: &str) -> DynamicMessage {
        let descriptor = Noun::of_kind(kind).unwrap().descriptor().unwrap();
        DynamicMessage::deserialize(descriptor, &mut serde_json::Deserializer::from_str(json))
            .unwrap()
    }

    #[test]
    fn what_comes_later_is_held_back() {
        let mut known = Known::new(&noun::ALL);
        known.written.insert(digest("dialogues/r"));
        let json = r#"{"name":"dialogues/r/events/b","bodies":["dialogues/r/bodies/x"],
            "parentEvent":"dialogues/r/events/c","followsUp":["dialogues/r/events/a"],
            "provenance":[{"source":"sources/s","quote":"q"},{"quote":"p"}]}"#;
        let mut event = record("event", json);
        known.written.insert(digest("dialogues/r/events/a"));
        let own = "dialogues/r/events/b";
        assert!(hold_back(&mut event, &|word| known.is_missing(word, own)));
        assert_eq!(
            output::steady(&event).unwrap().to_string(),
            r#"{"name":"dialogues/r/events/b","bodies":["dialogues/r/bodies/x"],"followsUp":["dialogues/r/events/a"],"provenance":[{"quote":"p"}]}"#
        );
        for name in ["dialogues/r/events/c", "sources/s"] {
            known.written.insert(digest(name));
        }
        let mut event = record("event", json);
        assert!(!hold_back(&mut event, &|word| known.is_missing(word, own)));
    }
}
