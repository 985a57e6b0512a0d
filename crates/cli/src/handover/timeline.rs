//! Timeline: the term that ends, the term that begins, and the events of both.

use askama::Template;
use jiff::ToSpan as _;
use jiff::civil::Date;
use rapporteur_proto::events::v1::EventState;
use rapporteur_proto::gateway::v1::{Handover, HandoverEvent, Term};

use super::dates;
use super::matrix::short;
use super::names::Names;
use super::words::{sentence, span};

/// Where days begin and how much room they have.
const LEFT: usize = 10;
const LENGTH: usize = 940;
const HEAD: usize = 74;
const ROW: usize = 24;
/// More events than this are only in the tables.
const ROWS: usize = 40;

/// The picture.
#[derive(Clone, Debug, Template)]
#[template(path = "timeline.html")]
pub(super) struct Timeline {
    /// The same in words, for those who do not see it.
    summary: String,
    /// What is left out.
    pub(super) note: String,
    height: usize,
    foot: usize,
    ticks: Vec<Tick>,
    terms: Vec<Band>,
    events: Vec<Mark>,
    today: Option<Tick>,
}

#[derive(Clone, Debug)]
struct Tick {
    x: usize,
    words: String,
}

#[derive(Clone, Debug)]
struct Band {
    x: usize,
    width: usize,
    middle: usize,
    strong: bool,
    label: String,
    full: String,
}

#[derive(Clone, Debug)]
struct Mark {
    x: usize,
    y: usize,
    middle: usize,
    width: usize,
    held: bool,
    /// Where the words stand, and whether before the mark.
    words_x: usize,
    before: bool,
    day: String,
    label: String,
    full: String,
}

/// From which day to which.
struct Scale {
    first: Date,
    days: usize,
}

impl Scale {
    fn x(&self, day: Date) -> usize {
        let days = usize::try_from(dates::between(self.first, day)).unwrap_or_default();
        LEFT + days.min(self.days) * LENGTH / self.days
    }

    fn last(&self) -> usize {
        LEFT + LENGTH
    }
}

/// Nothing where no day is known.
pub(super) fn timeline(handover: &Handover, names: &Names) -> Option<Timeline> {
    let today: Option<Date> = handover.on.parse().ok();
    let own = [&handover.from, &handover.to];
    let own: Vec<&Term> = own.into_iter().flatten().collect();
    let mut events: Vec<&HandoverEvent> = handover.held.iter().chain(&handover.planned).collect();
    events.retain(|event| dates::first(&event.start).is_some());
    events.sort_by_key(|event| (dates::first(&event.start), event.name.clone()));
    events.dedup_by(|a, b| a.name == b.name);
    let starts = own.iter().map(|term| &term.start);
    let starts = starts.chain(events.iter().map(|event| &event.start));
    let first = starts.filter_map(dates::first).chain(today).min()?;
    let ends = own.iter().flat_map(|term| [&term.start, &term.end]);
    let ends = ends.chain(events.iter().flat_map(|event| [&event.start, &event.end]));
    let last = ends.filter_map(dates::last).chain(today).max()?;
    let first = first.first_of_month();
    let last = last.last_of_month();
    let scale = Scale {
        first,
        days: usize::try_from(dates::between(first, last))
            .unwrap_or(1)
            .max(1),
    };
    let left_out = events.len().saturating_sub(ROWS);
    events.truncate(ROWS);
    let marks: Vec<Mark> = events
        .iter()
        .enumerate()
        .filter_map(|(at, event)| mark(at, event, &scale, names))
        .collect();
    let foot = HEAD + marks.len() * ROW + 6;
    let terms = handover.terms.iter().filter_map(|term| {
        let is_own = own.iter().any(|it| it.chairmanship == term.chairmanship);
        band(term, is_own, &scale, last, names)
    });
    Some(Timeline {
        summary: format!(
            "From {first} to {last}: {} events held in the term that ends, {} planned. The same is in the tables.",
            handover.held.len(),
            handover.planned.len()
        ),
        note: match left_out {
            0 => String::new(),
            1 => "One more event is only in the table.".to_owned(),
            more => format!("{more} more events are only in the table."),
        },
        height: foot + 6,
        foot,
        ticks: ticks(first, last, &scale),
        terms: terms.collect(),
        events: marks,
        today: today.map(|day| Tick {
            x: scale.x(day),
            words: day.to_string(),
        }),
    })
}

/// One tick a month, a quarter or a year, as they fit.
fn ticks(first: Date, last: Date, scale: &Scale) -> Vec<Tick> {
    let months: i8 = match scale.days {
        0..=500 => 1,
        501..=1_400 => 3,
        _ => 12,
    };
    let mut found = Vec::new();
    let mut day = first;
    while day <= last {
        if (day.month() - 1) % months == 0 {
            let words = if months == 12 {
                day.year().to_string()
            } else {
                day.strftime("%b %Y").to_string()
            };
            // Months stand close: their year is told once.
            let words = if months == 1 && day.month() != 1 && !found.is_empty() {
                day.strftime("%b").to_string()
            } else {
                words
            };
            let x = scale.x(day);
            found.push(Tick {
                x,
                // Words that would run out of the picture are left out.
                words: if x + 56 > scale.last() {
                    String::new()
                } else {
                    words
                },
            });
        }
        match day.checked_add(1.month()) {
            Ok(next) => day = next,
            Err(_) => break,
        }
    }
    found
}

fn band(term: &Term, strong: bool, scale: &Scale, last: Date, names: &Names) -> Option<Band> {
    let start = dates::first(&term.start)?;
    let end = dates::last(&term.end);
    if start > last || end.is_some_and(|end| end < scale.first) {
        return None;
    }
    let x = scale.x(start.max(scale.first));
    let until = end.map_or(scale.last(), |end| scale.x(end));
    let width = until.saturating_sub(x).max(3);
    let called = names.call(&term.party);
    let days = span(&dates::shown(&term.start), &dates::shown(&term.end));
    Some(Band {
        x,
        width: width.saturating_sub(2).max(2),
        middle: x + width / 2,
        strong,
        label: if width < 40 {
            String::new()
        } else {
            short(&called, width / 8)
        },
        full: format!("{called}, {days}"),
    })
}

fn mark(at: usize, event: &HandoverEvent, scale: &Scale, names: &Names) -> Option<Mark> {
    let start = dates::first(&event.start)?;
    let end = dates::last(&event.end).or(dates::last(&event.start))?;
    let x = scale.x(start);
    let width = scale.x(end).saturating_sub(x).max(9);
    let title = names.text(&event.title).words;
    let title = if title.is_empty() {
        names.call(&event.name)
    } else {
        title
    };
    let held = matches!(
        event.state(),
        EventState::Held | EventState::Reported | EventState::Closed
    );
    let before = x > LEFT + LENGTH * 11 / 20;
    let room = if before {
        x - LEFT
    } else {
        scale.last() - x - width
    };
    let day = dates::shown(&event.start);
    let state = sentence(event.state().as_str_name(), "EVENT_STATE_");
    let y = HEAD + at * ROW;
    Some(Mark {
        x,
        y: y + 6,
        middle: y + 15,
        width,
        held,
        words_x: if before { x - 7 } else { x + width + 7 },
        before,
        full: format!("{day}: {title} ({state})"),
        label: short(&title, (room / 7).saturating_sub(12).max(8)),
        day,
    })
}

#[cfg(test)]
mod tests {
    use rapporteur_proto::r#type::v1::CivilDate;

    use super::*;

    #[test]
    fn days_are_to_scale_and_within_the_picture() {
        let day = |value: &str| {
            Some(CivilDate {
                value: value.into(),
                ..CivilDate::default()
            })
        };
        let term = |id: &str, start: &str, end: &str| Term {
            chairmanship: id.into(),
            start: day(start),
            end: day(end),
            ..Term::default()
        };
        let (from, to) = (
            term("a", "2025-01-01", "2025-12-31"),
            term("b", "2026-01-01", "2026-12-31"),
        );
        let event = |name: &str, start: &str| HandoverEvent {
            name: name.into(),
            start: day(start),
            ..HandoverEvent::default()
        };
        let handover = Handover {
            terms: vec![term("old", "2001", "2002"), from.clone(), to.clone()],
            from: Some(from),
            to: Some(to),
            held: vec![event("x", "2025-01-01")],
            planned: vec![event("y", "2026-12-31"), event("z", "")],
            on: "2026-01-01".into(),
            ..Handover::default()
        };
        let view = super::super::view::View::of(&handover, Default::default());
        let drawn = timeline(&handover, view.names()).unwrap();
        assert_eq!((drawn.terms.len(), drawn.events.len()), (2, 2));
        assert_eq!(drawn.events[0].x, LEFT);
        assert!(drawn.events[1].x <= LEFT + LENGTH && drawn.events[1].before);
        let half = drawn.today.unwrap().x;
        assert!(
            (LEFT + LENGTH / 2 - 3..=LEFT + LENGTH / 2 + 3).contains(&half),
            "{half}"
        );
        assert!(timeline(&Handover::default(), view.names()).is_none());
    }
}
