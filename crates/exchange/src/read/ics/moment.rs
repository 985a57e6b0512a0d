//! When an event is: days, or clock times in a zone of the IANA database.

use std::collections::HashMap;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, ZonedDateTime};

use super::line::Property;

/// The times of an event, as the columns of its row have them.
#[derive(Debug, Default)]
pub(super) struct Times {
    pub(super) start: String,
    pub(super) end: String,
    pub(super) zone: String,
    pub(super) start_instant: String,
    pub(super) end_instant: String,
}

/// What is wrong: the column, and why.
type Wrong = (&'static str, String);

enum Moment {
    Day(Date),
    /// Nobody says where.
    Floating(DateTime),
    At(ZonedDateTime),
}

/// Zones for which the calendar itself says where they are.
struct Zones<'z> {
    whole: &'z str,
    named: &'z HashMap<String, String>,
}

impl Times {
    pub(super) fn of(
        properties: &[Property],
        whole: &str,
        named: &HashMap<String, String>,
    ) -> Result<Self, Wrong> {
        let find = |name: &str| properties.iter().find(|p| p.name == name);
        let zones = Zones { whole, named };
        let Some(start) = find("DTSTART") else {
            return Ok(Self::default());
        };
        let start = zones.moment("DTSTART", start)?;
        let end = match (find("DTEND"), find("DURATION")) {
            (Some(end), _) => Some(zones.moment("DTEND", end)?),
            (None, Some(duration)) => Some(after(&start, &duration.value)?),
            (None, None) => None,
        };
        Ok(Self::said(&start, end.as_ref()))
    }

    fn said(start: &Moment, end: Option<&Moment>) -> Self {
        let mut times = Self {
            start_instant: start.instant(),
            end_instant: end.map(Moment::instant).unwrap_or_default(),
            ..Self::default()
        };
        let (from, to) = (start.local(), end.map(Moment::local));
        let midnight = |moment: DateTime| moment.time() == Time::midnight();
        let days = matches!(start, Moment::Day(_));
        // Whole days written as clock times are days: from midnight to midnight, where the event is.
        let whole = midnight(from) && to.is_some_and(|to| midnight(to) && to > from);
        if days || whole {
            times.start = from.date().to_string();
            let last = to
                .filter(|to| *to > from)
                .and_then(|to| to.date().yesterday().ok());
            times.end = last.unwrap_or(from.date()).to_string();
            return times;
        }
        times.start = minute(from);
        times.end = to.map(minute).unwrap_or_default();
        if let Moment::At(zoned) = start {
            zoned
                .time_zone()
                .iana_name()
                .unwrap_or("Etc/UTC")
                .clone_into(&mut times.zone);
            // Another zone for the end: it is said in that of the start.
            if let Some(Moment::At(end)) = end {
                times.end = minute(end.with_time_zone(zoned.time_zone().clone()).datetime());
            }
        }
        times
    }
}

fn minute(moment: DateTime) -> String {
    format!(
        "{}T{:02}:{:02}",
        moment.date(),
        moment.hour(),
        moment.minute()
    )
}

impl Moment {
    fn local(&self) -> DateTime {
        match self {
            Self::Day(day) => day.at(0, 0, 0, 0),
            Self::Floating(moment) => *moment,
            Self::At(zoned) => zoned.datetime(),
        }
    }

    fn instant(&self) -> String {
        match self {
            Self::Day(day) => day.to_string(),
            Self::Floating(moment) => moment.to_string(),
            Self::At(zoned) => format!("{}{}", zoned.datetime(), offset(zoned)),
        }
    }
}

fn offset(zoned: &ZonedDateTime) -> String {
    let seconds = zoned.offset().seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

fn after(start: &Moment, duration: &str) -> Result<Moment, Wrong> {
    let wrong = |_| {
        let reason = format!("{duration:?} is not a duration such as PT1H30M or P2D");
        ("DURATION", reason)
    };
    let span: Span = duration.trim().parse().map_err(wrong)?;
    match start {
        Moment::Day(day) => day.checked_add(span).map(Moment::Day),
        Moment::Floating(moment) => moment.checked_add(span).map(Moment::Floating),
        Moment::At(zoned) => zoned.checked_add(span).map(Moment::At),
    }
    .map_err(wrong)
}

impl Zones<'_> {
    fn moment(&self, column: &'static str, property: &Property) -> Result<Moment, Wrong> {
        let value = property.value.trim();
        let wrong = || {
            let reason = format!("{value:?} is not a date such as 20240131 or 20240131T093000");
            (column, reason)
        };
        let (value, utc) = match value.strip_suffix(['Z', 'z']) {
            Some(local) => (local, true),
            None => (value, false),
        };
        let (date, time) = match value.split_once(['T', 't']) {
            Some((date, time)) => (date, Some(time)),
            None => (value, None),
        };
        let date = digits(date, 8)
            .and_then(|d| {
                let n = |from: usize, to: usize| d[from..to].parse::<i16>().ok();
                let small = |from, to| n(from, to).and_then(|n| i8::try_from(n).ok());
                Date::new(n(0, 4)?, small(4, 6)?, small(6, 8)?).ok()
            })
            .ok_or_else(wrong)?;
        let Some(time) = time else {
            return Ok(Moment::Day(date));
        };
        let time = digits(time, 6)
            .or_else(|| digits(time, 4))
            .and_then(|t| {
                let n = |at: usize| t.get(at..at + 2).unwrap_or("0").parse::<i8>().ok();
                // A leap second is the last of its minute.
                Time::new(n(0)?, n(2)?, n(4)?.min(59), 0).ok()
            })
            .ok_or_else(wrong)?;
        let moment = date.to_datetime(time);
        if utc {
            let zoned = moment
                .to_zoned_datetime(TimeZone::UTC)
                .map_err(|_| wrong())?;
            // A calendar that says where it is means its own clock.
            let zone = known(self.whole).unwrap_or(TimeZone::UTC);
            return Ok(Moment::At(zoned.with_time_zone(zone)));
        }
        let zone = match property.parameter("TZID") {
            Some(id) => Some(self.zone(id).ok_or_else(|| {
                let reason = format!(
                    "TZID {id:?} is not a zone of the IANA database such as Africa/Casablanca"
                );
                (column, reason)
            })?),
            None => known(self.whole),
        };
        match zone {
            Some(zone) => Ok(Moment::At(
                moment.to_zoned_datetime(zone).map_err(|_| wrong())?,
            )),
            None => Ok(Moment::Floating(moment)),
        }
    }

    /// A zone by its id: an IANA name, what the calendar says that it is, or a name with more around it
    /// (`/mozilla.org/20050126_1/Europe/Berlin`, `custom_America/New_York`).
    fn zone(&self, id: &str) -> Option<TimeZone> {
        let located = self.named.get(id).and_then(|name| known(name));
        let tails = || {
            let cuts = id
                .char_indices()
                .filter(|(_, c)| matches!(c, '/' | '_' | ' '));
            cuts.take(20).find_map(|(at, _)| known(&id[at + 1..]))
        };
        known(id).or(located).or_else(tails)
    }
}

fn known(name: &str) -> Option<TimeZone> {
    let name = name.trim();
    let found = (!name.is_empty())
        .then(|| TimeZone::get(name).ok())
        .flatten()?;
    // Any case is found; the record keeps the one name that all others read too.
    let canonical = found.iana_name()?.to_owned();
    TimeZone::get(&canonical).ok()
}

fn digits(text: &str, count: usize) -> Option<&str> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit())).then_some(text)
}
