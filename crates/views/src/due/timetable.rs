//! The days of a schedule, and whom it is about.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Span;
use jiff::civil::Date;
use rapporteur_proto::events::v1::EventState;
use rapporteur_proto::recommendations::v1::Schedule;

use crate::day::{days_between, first, last, later};
use crate::model::Model;
use crate::outline::with_below;
use crate::period::{period, span};
use crate::scope::dialogue_of;
use crate::subject::Subject;

/// So many dues of each schedule are looked at beyond the day asked for: the next, and the one that ends the time in
/// which a report counts for it.
const BEYOND: usize = 2;

/// One due of a schedule, whoever owes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot<'m> {
    pub(crate) opens: Date,
    pub(crate) due: Date,
    pub(crate) cycle: &'m str,
}

/// A schedule with its days, in order, none twice.
#[derive(Debug)]
pub(crate) struct Timetable<'m> {
    pub(crate) schedule: &'m Schedule,
    pub(crate) slots: Vec<Slot<'m>>,
    /// Its nodes and those below them.
    nodes: BTreeSet<&'m str>,
}

/// All schedules.
#[derive(Debug)]
pub(crate) struct Calendar<'m> {
    tables: Vec<Timetable<'m>>,
}

impl<'m> Calendar<'m> {
    /// All dues up to a day, and a few beyond.
    pub(crate) fn of(model: &'m Model, through: Date) -> Self {
        let table = |schedule: &'m Schedule| Timetable {
            schedule,
            slots: slots(model, schedule, through),
            nodes: with_below(model, schedule.plan_nodes.iter().map(String::as_str)),
        };
        Self {
            tables: model.schedules.values().map(table).collect(),
        }
    }

    /// The schedules that are about a subject.
    pub(crate) fn holding_for(
        &self,
        subject: &Subject<'m>,
    ) -> impl Iterator<Item = &Timetable<'m>> {
        self.tables.iter().filter(|table| table.is_about(subject))
    }
}

impl Timetable<'_> {
    fn is_about(&self, subject: &Subject<'_>) -> bool {
        let Schedule {
            recommendations,
            instruments,
            commitments,
            plan_nodes,
            parties,
            ..
        } = self.schedule;
        let of_party = parties.is_empty() || subject.parties().iter().any(|p| parties.contains(p));
        if !of_party {
            return false;
        }
        let of_dialogue = || dialogue_of(&self.schedule.name) == subject.dialogue();
        let of_nodes = || {
            plan_nodes.is_empty() || subject.nodes().iter().any(|node| self.nodes.contains(node))
        };
        let names_texts = !recommendations.is_empty() || !instruments.is_empty();
        match subject {
            Subject::Addressee(_, text) => {
                let named = if names_texts {
                    recommendations
                        .iter()
                        .any(|r| r == subject.recommendation())
                        || text.is_some_and(|text| instruments.contains(&text.instrument))
                } else {
                    // Commitments alone leave out the texts; plan nodes narrow them.
                    (commitments.is_empty() || !plan_nodes.is_empty()) && of_dialogue()
                };
                named && of_nodes()
            }
            Subject::Commitment(one) => {
                let by_node = !plan_nodes.is_empty() && !names_texts && commitments.is_empty();
                commitments.contains(&one.name) || (by_node && of_dialogue() && of_nodes())
            }
        }
    }
}

fn slots<'m>(model: &'m Model, schedule: &'m Schedule, through: Date) -> Vec<Slot<'m>> {
    let days = match (&schedule.interval, &schedule.after_event) {
        (Some(interval), _) => first(interval.first_due.as_ref())
            .map(|first| intervals(first, interval.months, through))
            .unwrap_or_default(),
        (None, Some(after)) => after_event(model, &after.event, after.days),
        (None, None) => cycles(schedule),
    };
    let holds = period(schedule.start.as_ref(), schedule.end.as_ref());
    let mut by_due: BTreeMap<Date, Slot<'m>> = BTreeMap::new();
    for slot in days {
        if holds.holds(Some((slot.due, slot.due))) {
            by_due.entry(slot.due).or_insert(slot);
        }
    }
    let mut beyond = 0;
    let mut slots: Vec<Slot<'m>> = by_due.into_values().collect();
    slots.retain(|slot| {
        beyond += usize::from(slot.due > through);
        beyond <= BEYOND
    });
    slots
}

/// Every so many months, counted from the first so that no short month moves the days after it.
fn intervals<'m>(first: Date, months: i32, through: Date) -> Vec<Slot<'m>> {
    let months = months.max(1);
    let nth = |n: i32| {
        first
            .checked_add(Span::new().try_months(n.checked_mul(months)?).ok()?)
            .ok()
    };
    let mut slots = Vec::new();
    let mut beyond = 0;
    for n in 0.. {
        let (Some(due), Some(before)) = (nth(n), nth(n - 1)) else {
            break;
        };
        let opens = later(before, days_between(before, due) / 2 + 1).min(due);
        slots.push(Slot {
            opens,
            due,
            cycle: "",
        });
        beyond += usize::from(due > through);
        if beyond == BEYOND {
            break;
        }
    }
    slots
}

/// An event that will not be held makes nothing due, and one whose days are not known makes nothing due yet.
fn after_event<'m>(model: &Model, event: &str, days: i32) -> Vec<Slot<'m>> {
    let event = model
        .events
        .get(event)
        .filter(|event| event.state() != EventState::Cancelled);
    let Some((_, end)) = event.and_then(|e| span(e.start.as_ref(), e.end.as_ref())) else {
        return Vec::new();
    };
    let due = later(end, days);
    let opens = if days < 0 {
        due.saturating_sub(Span::new().years(1))
    } else {
        end
    };
    vec![Slot {
        opens,
        due,
        cycle: "",
    }]
}

fn cycles(schedule: &Schedule) -> Vec<Slot<'_>> {
    let slot = |cycle: &'_ rapporteur_proto::recommendations::v1::Cycle| {
        let due = last(cycle.closes.as_ref())?;
        let opens = first(cycle.opens.as_ref());
        let opens = opens.unwrap_or_else(|| due.saturating_sub(Span::new().years(1)));
        Some((opens.min(due), due))
    };
    let cycles = schedule.cycles.iter();
    cycles
        .filter_map(|cycle| {
            slot(cycle).map(|(opens, due)| Slot {
                opens,
                due,
                cycle: cycle.id.as_str(),
            })
        })
        .collect()
}
