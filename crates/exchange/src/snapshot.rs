//! One outside calendar at successive times: what was added, changed, moved, cancelled, and what is not there any more.
//!
//! Events are known by their UID, and their RECURRENCE-ID where they have one (RFC 5545). A change is another title, time,
//! place, status or rule of repetition. What says when a file was written (DTSTAMP, LAST-MODIFIED) is none, nor is the
//! DESCRIPTION, into which calendars write the day of the export, nor the URL of the page about it. Nothing is ever deleted: what vanishes is said to have vanished, and is known
//! again when it returns. The same file twice makes no change.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek};
use std::ops::ControlFlow;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::map::text::digest;
use crate::read::{Format, Options, read};
use crate::row::{Damage, Facts, Refused, Row};

/// What an event is: its title, its place, whether it takes place, and by which rule it repeats. When it is comes from
/// the columns of the reader.
const COMPARED: [&str; 6] = ["SUMMARY", "LOCATION", "STATUS", "RRULE", "RDATE", "EXDATE"];

/// The events of a calendar at one time. It can be kept (as JSON) until the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    events: BTreeMap<String, Seen>,
}

/// An event as it was last seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    /// Column in small letters -> value; `dtstart` and `dtend` as moments with their offset.
    fields: BTreeMap<String, String>,
    cancelled: bool,
    /// Whether it is in the newest file.
    present: bool,
    /// The record that was made of it; empty when none was.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    record: String,
}

/// What happened to an event between two snapshots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// It is new.
    Added,
    /// It had vanished, and is there again.
    Returned,
    /// Something of it is different.
    Changed,
    /// It begins at another time, or is at another place than the one that was said.
    Moved,
    /// It will not take place.
    Cancelled,
    /// It is not there any more; it was over.
    VanishedPast,
    /// It is not there any more, and was still to come: somebody must ask why.
    VanishedFuture,
}

/// A field that is different.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The property in small letters: `dtstart`, `location`.
    pub name: String,
    /// What it was; empty when it was not there.
    pub before: String,
    /// What it is; empty when it is not there.
    pub after: String,
}

/// What happened to one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its UID, with `/` and its RECURRENCE-ID where it has one.
    pub key: String,
    /// Its title, as last seen.
    pub title: String,
    /// When it begins, as last seen; empty when nobody said.
    pub begins: String,
    /// The record that was made of it, by [`Snapshot::recorded`]; empty when none was.
    pub record: String,
    /// What happened.
    pub what: What,
    /// What is different, by name.
    pub fields: Vec<Field>,
}

/// What is different between two snapshots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    /// What happened to each event that is not the same, by key.
    pub changes: Vec<Change>,
    /// How many are the same.
    pub unchanged: u64,
}

impl Diff {
    /// The keys of the events to which this happened.
    pub fn keys(&self, what: What) -> impl Iterator<Item = &str> {
        let changes = self
            .changes
            .iter()
            .filter(move |change| change.what == what);
        changes.map(|change| change.key.as_str())
    }
}

/// The key of an event: its UID, with its RECURRENCE-ID. One that has no UID is known by its title and beginning.
pub fn key(event: &Row) -> String {
    let text = |column: &str| event.get(column).and_then(first).unwrap_or_default();
    let (uid, recurrence) = (text("UID"), text("RECURRENCE-ID"));
    match (uid, recurrence) {
        ("", _) => format!(
            "no-uid/{}",
            digest(&format!("{}\n{}", text("SUMMARY"), text("DTSTART")))
        ),
        (uid, "") => uid.to_owned(),
        (uid, recurrence) => format!("{uid}/{recurrence}"),
    }
}

fn first(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text.trim()),
        Value::Array(items) => items.first().and_then(first),
        _ => None,
    }
}

impl Snapshot {
    /// Reads a calendar: the snapshot, the events that are refused, the facts about the file. An event of which two are
    /// in the file is as its highest SEQUENCE says, or else as the last says.
    ///
    /// # Errors
    ///
    /// [`Damage`] when the file cannot be read. A snapshot of a part of a file would call the rest vanished.
    pub fn read<R: Read + Seek>(
        source: R,
        options: &Options,
    ) -> Result<(Self, Vec<Refused>, Facts), Damage> {
        let options = Options {
            format: Some(Format::Ical),
            ..options.clone()
        };
        let (mut newest, mut refused) = (Newest::default(), Vec::new());
        let facts = read(source, "", &options, &mut |item| {
            match item {
                Ok(row) => newest.take(&row),
                Err(refusal) => refused.push(refusal),
            }
            ControlFlow::Continue(())
        })?;
        Ok((newest.whole(), refused, facts))
    }

    /// The snapshot of the events of a calendar, as the reader gives them.
    pub fn of<'r>(rows: impl IntoIterator<Item = &'r Row>) -> Self {
        let mut newest = Newest::default();
        for row in rows {
            newest.take(row);
        }
        newest.whole()
    }

    /// Says which record was made of an event, so that it is known when the event has vanished.
    pub fn recorded(&mut self, key: &str, record: &str) {
        if let Some(seen) = self.events.get_mut(key) {
            record.clone_into(&mut seen.record);
        }
    }

    /// The events that vanished before, which were still to come then and are now, as [`What::VanishedFuture`].
    pub fn missing(&self, now: Timestamp) -> impl Iterator<Item = Change> {
        let gone = self.events.iter().filter(|(_, seen)| !seen.present);
        let missing = gone.filter(move |(_, seen)| seen.vanished(now) == What::VanishedFuture);
        missing.map(|(key, seen)| Change::of(key, seen, What::VanishedFuture, Vec::new()))
    }

    /// How many events are in it.
    pub fn len(&self) -> usize {
        self.events.values().filter(|seen| seen.present).count()
    }

    /// Whether an event is in it.
    pub fn has(&self, key: &str) -> bool {
        self.events.get(key).is_some_and(|seen| seen.present)
    }

    /// Whether no event is in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is different in a newer snapshot, at the moment `now`.
    pub fn diff(&self, newer: &Self, now: Timestamp) -> Diff {
        let mut diff = Diff::default();
        let keys: BTreeSet<&String> = self.events.keys().chain(newer.events.keys()).collect();
        for key in keys {
            let before = self.events.get(key);
            let after = newer.events.get(key).filter(|seen| seen.present);
            let fields = match (before, after) {
                (Some(before), Some(after)) => before.differences(after),
                _ => Vec::new(),
            };
            let what = match (before, after) {
                (None, Some(_)) => What::Added,
                (Some(before), Some(_)) if !before.present => What::Returned,
                (Some(before), Some(after)) if !before.cancelled && after.cancelled => {
                    What::Cancelled
                }
                (Some(_), Some(_)) if fields.is_empty() => {
                    diff.unchanged += 1;
                    continue;
                }
                (Some(_), Some(_)) if fields.iter().any(Field::moves) => What::Moved,
                (Some(_), Some(_)) => What::Changed,
                (Some(before), None) if before.present => before.vanished(now),
                _ => continue,
            };
            if let Some(seen) = after.or(before) {
                diff.changes.push(Change::of(key, seen, what, fields));
            }
        }
        diff
    }

    /// Takes a newer snapshot over, and says what is different. Events that vanished stay known.
    pub fn follow(&mut self, mut newer: Self, now: Timestamp) -> Diff {
        let diff = self.diff(&newer, now);
        for (key, seen) in &mut self.events {
            seen.present = false;
            // A row that is refused this time takes no record away.
            if let Some(newer) = newer.events.get_mut(key)
                && newer.record.is_empty()
            {
                newer.record.clone_from(&seen.record);
            }
        }
        self.events.extend(newer.events);
        diff
    }
}

/// The newest version of each event of a file.
#[derive(Default)]
struct Newest(BTreeMap<String, (i64, Seen)>);

impl Newest {
    fn take(&mut self, row: &Row) {
        let sequence = row.get("SEQUENCE").and_then(first);
        let sequence = sequence.and_then(|text| text.parse().ok()).unwrap_or(0);
        let (key, seen) = (key(row), Seen::of(row));
        let there = self.0.get(&key);
        if there.is_none_or(|(there, _)| *there <= sequence) {
            self.0.insert(key, (sequence, seen));
        }
    }

    fn whole(self) -> Snapshot {
        let events = self.0.into_iter();
        Snapshot {
            events: events.map(|(key, (_, seen))| (key, seen)).collect(),
        }
    }
}

impl Change {
    fn of(key: &str, seen: &Seen, what: What, fields: Vec<Field>) -> Self {
        let field = |name: &str| seen.fields.get(name).cloned().unwrap_or_default();
        Self {
            key: key.to_owned(),
            title: field("summary"),
            begins: field("dtstart"),
            record: seen.record.clone(),
            what,
            fields,
        }
    }
}

impl Field {
    fn moves(&self) -> bool {
        // A place that is said for the first time, or not any more, is no move.
        let elsewhere =
            self.name == "location" && !self.before.is_empty() && !self.after.is_empty();
        elsewhere || (self.name == "dtstart" && !self.before.is_empty())
    }
}

impl Seen {
    fn of(row: &Row) -> Self {
        let mut fields = BTreeMap::new();
        for (column, value) in &row.cells {
            let name = match column.as_str() {
                "start_instant" => "dtstart".to_owned(),
                "end_instant" => "dtend".to_owned(),
                compared if COMPARED.contains(&compared) => compared.to_lowercase(),
                _ => continue,
            };
            let text = match value {
                Value::String(text) => text.trim().to_owned(),
                other => other.to_string(),
            };
            if !text.is_empty() {
                fields.insert(name, text);
            }
        }
        let is = |column: &str, word: &str| {
            let found = row.get(column).and_then(first);
            found.is_some_and(|text| text.eq_ignore_ascii_case(word))
        };
        Self {
            fields,
            cancelled: is("STATUS", "CANCELLED") || is("method", "CANCEL"),
            present: true,
            record: String::new(),
        }
    }

    fn differences(&self, after: &Self) -> Vec<Field> {
        let names: BTreeSet<&String> = self.fields.keys().chain(after.fields.keys()).collect();
        let text = |fields: &BTreeMap<String, String>, name: &str| {
            fields.get(name).cloned().unwrap_or_default()
        };
        let fields = names.into_iter().map(|name| Field {
            name: name.clone(),
            before: text(&self.fields, name),
            after: text(&after.fields, name),
        });
        fields.filter(|field| field.before != field.after).collect()
    }

    fn vanished(&self, now: Timestamp) -> What {
        let end = self
            .fields
            .get("dtend")
            .or_else(|| self.fields.get("dtstart"));
        match end.and_then(|text| moment(text)) {
            Some(end) if end > now => What::VanishedFuture,
            // One without a date could be either; nobody waits for it.
            _ => What::VanishedPast,
        }
    }
}

/// The moment at which something ends; where nobody says the zone, in UTC.
fn moment(text: &str) -> Option<Timestamp> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    let local = match text.parse::<DateTime>() {
        Ok(local) if text.contains('T') => local,
        _ => text.parse::<Date>().ok()?.at(23, 59, 59, 0),
    };
    Some(local.to_zoned_datetime(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests;
