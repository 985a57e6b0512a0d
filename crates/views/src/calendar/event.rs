//! One event as a VEVENT.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use rapporteur_proto::Timestamp as Stamp;
use rapporteur_proto::events::v1::{Event, EventMode, EventState};
use rapporteur_proto::r#type::v1::{CivilDate, DatePrecision};
use rapporteur_records::time;
use rapporteur_records::words::date::days;
use url::Url;

use super::line::Lines;
use super::words;

/// Writes an event; one of which no day is known has no place in a calendar.
pub(super) fn write(
    lines: &mut Lines,
    event: &Event,
    uids: &BTreeMap<&str, &str>,
    language: Option<&str>,
) {
    let Some(span) = Span::of(event) else { return };
    lines.plain("BEGIN", "VEVENT");
    lines.plain("UID", &event.uid);
    let changed = stamp(event.update_time);
    lines.moment("DTSTAMP", changed);
    lines.moment("LAST-MODIFIED", changed);
    lines.moment("CREATED", stamp(event.create_time));
    lines.plain("SEQUENCE", &event.sequence.to_string());
    span.write(lines);
    let title = words(event.title.as_ref(), language).unwrap_or(("", &event.name));
    lines.words("SUMMARY", title);
    if let Some(about) = words(event.description.as_ref(), language) {
        lines.words("DESCRIPTION", about);
    }
    if let Some(status) = status(event.state()) {
        lines.plain("STATUS", status);
    }
    let kind = kind(event);
    let categories = event.themes.iter().map(String::as_str);
    lines.texts("CATEGORIES", [kind.as_str()].into_iter().chain(categories));
    lines.text("LOCATION", &location(event));
    let links = event
        .links
        .iter()
        .flat_map(|link| [&link.resolved_url, &link.url]);
    if let Some(url) = links.into_iter().find_map(|url| address(url)) {
        lines.plain("URL", url.as_str());
    }
    if let Some(parent) = uids.get(event.parent_event.as_str()) {
        lines.plain("RELATED-TO;RELTYPE=PARENT", parent);
    }
    let notes = [span.note(), event.state_reason.as_str()];
    for note in notes.into_iter().filter(|note| !note.is_empty()) {
        lines.text("COMMENT", note);
    }
    lines.text("X-RAPPORTEUR-NAME", &event.name);
    lines.plain("END", "VEVENT");
}

/// A moment of the record; the epoch where it has none, so that what is missing is the same each time.
pub(super) fn stamp(stamp: Option<Stamp>) -> Timestamp {
    let us = stamp.and_then(time::to_us).unwrap_or_default();
    Timestamp::from_microsecond(us).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// What STATUS says of a state; nothing for what calendars do not show.
fn status(state: EventState) -> Option<&'static str> {
    match state {
        EventState::Planned | EventState::Postponed => Some("TENTATIVE"),
        EventState::Confirmed | EventState::Held | EventState::Reported | EventState::Closed => {
            Some("CONFIRMED")
        }
        EventState::Cancelled => Some("CANCELLED"),
        EventState::Draft | EventState::Unspecified => None,
    }
}

/// The kind in words: `thematic meeting`.
fn kind(event: &Event) -> String {
    let name = event.kind().as_str_name().trim_start_matches("EVENT_KIND_");
    if name == "UNSPECIFIED" {
        return String::new();
    }
    name.replace('_', " ").to_ascii_lowercase()
}

fn location(event: &Event) -> String {
    let place = event.place.clone().unwrap_or_default();
    let online = matches!(event.mode(), EventMode::Virtual | EventMode::Hybrid);
    let parts = [
        place.name.as_str(),
        place.country_code.as_str(),
        if online { "online" } else { "" },
    ];
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(", ")
}

/// An address that a program may open. One with control characters is refused before it is read: reading would
/// drop some of them and hide what was meant.
fn address(text: &str) -> Option<Url> {
    if text.chars().any(char::is_control) {
        return None;
    }
    let url = Url::parse(text).ok()?;
    ["http", "https"].contains(&url.scheme()).then_some(url)
}

/// When an event is, as a calendar can say it.
struct Span {
    from: End,
    /// One after the last day or the last moment; `None` when only the start is known.
    to: Option<End>,
    /// Whether less than the day is known.
    vague: Option<DatePrecision>,
}

#[derive(Clone, Copy)]
enum End {
    Day(Date),
    Moment(Timestamp),
    Floating(DateTime),
}

impl Span {
    /// A clock time counts where the start has one; an end that has none then, or lies on no later day, is left out.
    fn of(event: &Event) -> Option<Self> {
        let start = days(event.start.as_ref())?;
        let end = days(event.end.as_ref()).unwrap_or(start);
        let zone = TimeZone::get(&event.time_zone).ok();
        if start.precision == DatePrecision::Time {
            let from = clock(event.start.as_ref(), zone.as_ref())?;
            let to = clock(event.end.as_ref(), zone.as_ref()).or_else(|| {
                let next = end
                    .last
                    .tomorrow()
                    .ok()
                    .filter(|_| end.last > start.first)?;
                at(
                    next.to_datetime(jiff::civil::Time::midnight()),
                    zone.as_ref(),
                )
            });
            return Some(Self {
                from,
                to,
                vague: None,
            });
        }
        let vague = |precision| {
            let known = matches!(precision, DatePrecision::Day | DatePrecision::Time);
            (!known).then_some(precision)
        };
        Some(Self {
            from: End::Day(start.first),
            to: Some(End::Day(end.last.max(start.last).tomorrow().ok()?)),
            vague: vague(start.precision).or(vague(end.precision)),
        })
    }

    fn write(&self, lines: &mut Lines) {
        self.from.write(lines, "DTSTART");
        if let Some(to) = self.to {
            to.write(lines, "DTEND");
        }
        if self.vague.is_some() {
            // A month that may hold it is no month that is taken.
            lines.plain("TRANSP", "TRANSPARENT");
        }
    }

    /// What a reader has to know of a span that is longer than the event.
    fn note(&self) -> &'static str {
        match self.vague {
            None => "",
            Some(DatePrecision::Month) => "The day is not known, only the month.",
            Some(_) => "The day is not known, only the year.",
        }
    }
}

impl End {
    fn write(self, lines: &mut Lines, name: &str) {
        match self {
            Self::Day(day) => lines.day(&format!("{name};VALUE=DATE"), day),
            Self::Moment(moment) => lines.moment(name, moment),
            Self::Floating(time) => lines.floating(name, time),
        }
    }
}

/// The clock time of a date that has one.
fn clock(date: Option<&CivilDate>, zone: Option<&TimeZone>) -> Option<End> {
    let known = days(date).filter(|days| days.precision == DatePrecision::Time);
    let time: DateTime = known.and(date)?.value.parse().ok()?;
    at(time, zone)
}

fn at(time: DateTime, zone: Option<&TimeZone>) -> Option<End> {
    match zone {
        Some(zone) => zone.to_timestamp(time).ok().map(End::Moment),
        None => Some(End::Floating(time)),
    }
}
