//! Calendars (RFC 5545), also those that no parser would take: blank lines inside of events and of folded lines,
//! time zones without rules, several calendars in one file.
//!
//! The kept libraries were tried: they stop at the first fault of a file and bring a second library of dates with them.
//! What is needed here is the content line, and to go on after a fault.
//!
//! A row is a VEVENT. Its columns are its properties with their texts unescaped (`SUMMARY`, a list where one is there
//! several times), their parameters (`SUMMARY.language`, `DTSTART.tzid`), and what this reader makes of its times:
//!
//! | column | holds |
//! | --- | --- |
//! | `start`, `end` | civil date, or date and minute in `time_zone`; `end` is the last day, not the day after |
//! | `time_zone` | IANA name; only where there is a clock time |
//! | `start_instant`, `end_instant` | the same with seconds and offset, for comparing |
//! | `calendar`, `method` | X-WR-CALNAME and METHOD of the calendar around it |

mod line;
mod moment;

use std::collections::HashMap;
use std::io::{Read, Seek};

use serde_json::Value;

use super::Options;
use super::out::{Out, Stop};
use super::text::{Line, Lines, Text};
use crate::row::{Damage, Place};
use line::{Property, unescape};

/// Most properties of an event.
const PROPERTIES: usize = 1_000;

pub(super) fn read<R: Read + Seek>(
    source: R,
    options: &Options,
    out: &mut Out<'_, '_>,
) -> Result<(), Stop> {
    let text = Text::open(source, options, None, out)?;
    // Quotation marks mean nothing in a calendar.
    out.facts.notes.retain(|note| !note.contains("quotation"));
    let mut lines = Lines::new(text, &out.limits);
    let mut calendar = Calendar::default();
    let (mut physical, mut logical, mut begun) = (String::new(), String::new(), 0);
    loop {
        let next = lines.next(&mut physical)?;
        let continues = physical.starts_with([' ', '\t']) && !logical.is_empty();
        match next {
            Some(Line::TooLong(number)) => {
                let reason = format!("is longer than {} bytes", out.limits.line);
                return Err(Damage::at(Place::Line(number), reason).into());
            }
            // A blank line says nothing, inside of a folded line too.
            Some(Line::Is(_)) if physical.trim().is_empty() => {}
            Some(Line::Is(number)) if continues => {
                logical.push_str(&physical[1..]);
                if logical.len() > out.limits.line {
                    let reason = format!("is longer than {} bytes", out.limits.line);
                    return Err(Damage::at(Place::Line(number), reason).into());
                }
            }
            Some(Line::Is(number)) => {
                calendar.take(&logical, begun, out)?;
                std::mem::swap(&mut logical, &mut physical);
                begun = number;
            }
            None => {
                calendar.take(&logical, begun, out)?;
                return calendar.finish(out);
            }
        }
    }
}

/// An event that is being read.
struct Event {
    line: u64,
    properties: Vec<Property>,
}

#[derive(Default)]
struct Calendar {
    /// Components that are open.
    open: Vec<String>,
    any: bool,
    name: String,
    method: String,
    zone: String,
    /// TZID -> X-LIC-LOCATION of a VTIMEZONE, which is the IANA name where the id is not.
    zones: HashMap<String, String>,
    zone_id: String,
    event: Option<Event>,
    size: usize,
}

impl Calendar {
    fn take(&mut self, text: &str, line: u64, out: &mut Out<'_, '_>) -> Result<(), Stop> {
        if text.is_empty() {
            return Ok(());
        }
        let Some(property) = Property::read(text) else {
            if !self.any {
                let reason = "is no calendar: it does not begin with BEGIN:VCALENDAR";
                return Err(Damage::at(Place::Line(line), reason).into());
            }
            let words: String = text.chars().take(60).collect();
            out.note(format!(
                "line {line} is not NAME:VALUE and was passed over: {words:?}"
            ));
            return Ok(());
        };
        match property.name.as_str() {
            "BEGIN" => return self.begin(property.value.trim().to_uppercase(), line, out),
            "END" => return self.end(&property.value.trim().to_uppercase(), line, out),
            _ if !self.any => {
                let reason = "is no calendar: it does not begin with BEGIN:VCALENDAR";
                return Err(Damage::at(Place::Line(line), reason).into());
            }
            _ => {}
        }
        let within = self.open.last().map(String::as_str);
        match (within, property.name.as_str()) {
            (Some("VEVENT"), _) => return self.keep(property, out),
            (Some("VCALENDAR"), "X-WR-CALNAME") => self.name = unescape(&property.value),
            (Some("VCALENDAR"), "X-WR-TIMEZONE") => self.zone = unescape(&property.value),
            (Some("VCALENDAR"), "METHOD") => self.method = unescape(&property.value),
            (Some("VTIMEZONE"), "TZID") => self.zone_id = property.value,
            // A file has a handful of zones; one that has thousands means something else.
            (Some("VTIMEZONE"), "X-LIC-LOCATION") if self.zones.len() < 1_000 => {
                self.zones.insert(self.zone_id.clone(), property.value);
            }
            _ => {}
        }
        Ok(())
    }

    fn keep(&mut self, property: Property, out: &mut Out<'_, '_>) -> Result<(), Stop> {
        let Some(event) = &mut self.event else {
            return Ok(());
        };
        self.size += property.value.len();
        let large = self.size > out.limits.line || event.properties.len() >= PROPERTIES;
        if !large {
            event.properties.push(property);
            return Ok(());
        }
        let line = event.line;
        self.event = None;
        let reason = format!(
            "is larger than {} bytes or {PROPERTIES} properties",
            out.limits.line
        );
        out.refuse(Place::Line(line), "", reason)
    }

    fn begin(&mut self, name: String, line: u64, out: &mut Out<'_, '_>) -> Result<(), Stop> {
        if self.open.len() >= out.limits.nesting {
            let reason = format!("is nested deeper than {} levels", out.limits.nesting);
            return Err(Damage::at(Place::Line(line), reason).into());
        }
        self.any = true;
        match name.as_str() {
            "VCALENDAR" => {
                if let Some(event) = self.event.take() {
                    open_end(&event, out)?;
                }
                *self = Self {
                    any: true,
                    ..Self::default()
                };
            }
            "VEVENT" => {
                if let Some(event) = self.event.take() {
                    open_end(&event, out)?;
                    self.open.retain(|open| open != "VEVENT");
                }
                self.size = 0;
                self.event = Some(Event {
                    line,
                    properties: Vec::new(),
                });
            }
            "VTODO" | "VJOURNAL" | "VFREEBUSY" => {
                out.note(format!(
                    "line {line}: {name} is no event and was passed over"
                ));
            }
            _ => {}
        }
        self.open.push(name);
        Ok(())
    }

    fn end(&mut self, name: &str, line: u64, out: &mut Out<'_, '_>) -> Result<(), Stop> {
        let Some(at) = self.open.iter().rposition(|open| open == name) else {
            out.note(format!("line {line} ends {name}, which is not open"));
            return Ok(());
        };
        self.open.truncate(at);
        if name == "VEVENT"
            && let Some(event) = self.event.take()
        {
            return self.event(event, out);
        }
        Ok(())
    }

    fn finish(mut self, out: &mut Out<'_, '_>) -> Result<(), Stop> {
        if !self.any {
            return Err(Damage::new("is empty; a calendar begins with BEGIN:VCALENDAR").into());
        }
        match self.event.take() {
            Some(event) => open_end(&event, out),
            None => Ok(()),
        }
    }

    fn event(&self, event: Event, out: &mut Out<'_, '_>) -> Result<(), Stop> {
        let place = Place::Line(event.line);
        let times = moment::Times::of(&event.properties, &self.zone, &self.zones);
        let mut cells: Vec<(String, Value)> = Vec::new();
        for property in event.properties {
            let value = Value::String(unescape(&property.value));
            match cells.iter_mut().find(|(name, _)| *name == property.name) {
                Some((_, Value::Array(all))) => all.push(value),
                Some((_, first)) => *first = Value::Array(vec![first.take(), value]),
                None => {
                    for (parameter, value) in property.parameters {
                        let name = format!("{}.{}", property.name, parameter.to_lowercase());
                        cells.push((name, Value::String(value)));
                    }
                    cells.push((property.name, value));
                }
            }
        }
        let times = match times {
            Ok(times) => times,
            Err((column, reason)) => return out.refuse(place, column, reason),
        };
        let about = [
            ("calendar", &self.name),
            ("method", &self.method),
            ("start", &times.start),
            ("end", &times.end),
            ("time_zone", &times.zone),
            ("start_instant", &times.start_instant),
            ("end_instant", &times.end_instant),
        ];
        for (name, value) in about {
            if !value.is_empty() {
                cells.push((name.to_owned(), Value::String(value.clone())));
            }
        }
        out.row(place, cells)
    }
}

fn open_end(event: &Event, out: &mut Out<'_, '_>) -> Result<(), Stop> {
    out.refuse(
        Place::Line(event.line),
        "",
        "begins and does not end (END:VEVENT is missing)",
    )
}

#[cfg(test)]
mod tests;
