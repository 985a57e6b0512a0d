//! Calendars as programs for dates read them: RFC 5545 with the names of RFC 7986.
//!
//! A calendar is a pure function of the records: the same record gives the same bytes, so that a reader can be told
//! that nothing has changed. Moments are in UTC, as the zone of an event says them, so no table of zones goes along.
//! It is written here line by line (`line`), as the library for it, icalendar, brings a second calendar of dates
//! (chrono) into the tree and lets an address with a line break through.

mod event;
mod line;
mod todo;

use std::collections::BTreeMap;

use rapporteur_proto::events::v1::{Event, EventState};
use rapporteur_proto::r#type::v1::LocalizedText;

use self::line::Lines;
pub use self::todo::Task;

/// How long a reader may wait before it asks again.
const REFRESH: &str = "PT1H";

/// A calendar before it is written.
#[derive(Clone, Debug, Default)]
pub struct Calendar<'r> {
    /// What people see it called.
    pub title: String,
    /// In which language texts are wanted; the authentic one otherwise.
    pub language: Option<String>,
    /// The events, in the order in which they are written. Those that may not be shown are left out.
    pub events: Vec<&'r Event>,
    /// Name -> uid of events that others are part of, beside those in the calendar.
    pub parents: BTreeMap<&'r str, &'r str>,
    /// What is to be done.
    pub tasks: Vec<Task<'r>>,
}

/// Whether an event may stand in a calendar: a draft is announced to nobody.
pub fn is_announced(event: &Event) -> bool {
    !matches!(event.state(), EventState::Draft | EventState::Unspecified)
}

impl Calendar<'_> {
    /// The text, with lines as RFC 5545 wants them.
    pub fn write(&self) -> String {
        let mut lines = Lines::default();
        lines.plain("BEGIN", "VCALENDAR");
        lines.plain("VERSION", "2.0");
        lines.plain("PRODID", "-//rapporteur//calendar//EN");
        lines.plain("CALSCALE", "GREGORIAN");
        lines.plain("METHOD", "PUBLISH");
        lines.text("NAME", &self.title);
        // What older programs read instead.
        lines.text("X-WR-CALNAME", &self.title);
        lines.plain("REFRESH-INTERVAL;VALUE=DURATION", REFRESH);
        lines.plain("X-PUBLISHED-TTL", REFRESH);
        let shown = || self.events.iter().filter(|event| is_announced(event));
        let mut uids = self.parents.clone();
        uids.extend(shown().map(|event| (event.name.as_str(), event.uid.as_str())));
        for event in shown() {
            event::write(&mut lines, event, &uids, self.language.as_deref());
        }
        for task in &self.tasks {
            task.write(&mut lines, self.language.as_deref());
        }
        lines.plain("END", "VCALENDAR");
        lines.into_text()
    }
}

/// A text in the language asked for (or a shorter tag of it), the authentic one, English, or the first: its tag and
/// its words.
pub fn words<'t>(
    text: Option<&'t LocalizedText>,
    language: Option<&'t str>,
) -> Option<(&'t str, &'t str)> {
    let text = text?;
    let entry = |tag: &str| {
        let all = text.by_language.iter();
        let mut all = all.filter(|(own, words)| own.eq_ignore_ascii_case(tag) && !words.is_empty());
        all.next()
            .map(|(tag, words)| (tag.as_str(), words.as_str()))
    };
    let asked = language.and_then(|language| {
        let primary = language.split('-').next().unwrap_or_default();
        entry(language).or_else(|| entry(primary))
    });
    let first = || {
        let mut all = text
            .by_language
            .iter()
            .filter(|(_, words)| !words.is_empty());
        all.next()
            .map(|(tag, words)| (tag.as_str(), words.as_str()))
    };
    asked
        .or_else(|| entry(&text.authentic))
        .or_else(|| entry("en"))
        .or_else(first)
}

#[cfg(test)]
mod tests;
