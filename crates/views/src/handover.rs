//! The handover of a chair: all that is open, promised, planned, uncovered and due in a dialogue on a day, so that who
//! comes next begins with the record and not with somebody's memory. The order of everything is that of names or
//! days, so the same record gives the same pack.

mod names;
mod term;

use jiff::civil::Date;
use rapporteur_proto::events::v1::{Chairmanship, Event, EventState};
use rapporteur_proto::gateway::v1::{
    Coverage, CoverageGrouping, CoverageProof, GetHandoverRequest, Handover, HandoverEvent,
    ItemFlag,
};
use rapporteur_proto::recommendations::v1::RecommendationState;
use rapporteur_records::name::{parent_of, quoted};
use rapporteur_records::{Error, Pattern, Result, Violations};

use self::names::names;
use self::term::Terms;
pub(crate) use self::term::was_adopted;
use crate::count::counted;
use crate::coverage::coverage;
use crate::day::{Day, first, last, later};
use crate::due::{Dues, dues};
use crate::gap::{Gaps, all_gaps, is_followed};
use crate::item::{Item, Survey};
use crate::model::{Model, below};
use crate::page::Asked;
use crate::period::{Period, span};
use crate::scope::{Question, dialogues_of};
use crate::selection::{DIALOGUE, PARTY, Selection};
use crate::subject::{Subject, is_promised};

const CHAIRMANSHIP: Pattern = Pattern("dialogues/*/chairmanships/*");
/// Dues are handed over for so many days when the days of the next term are not known.
const AHEAD_DAYS: i32 = 365;
/// A handover has all of its dues.
const ALL: Asked<'_> = Asked {
    after: &[],
    size: usize::MAX,
};

/// A request whose form is right; whether its names exist the model says.
#[derive(Clone, Debug)]
pub struct HandoverQuestion {
    /// On which day, for whom.
    pub day: Day,
    dialogue: String,
    from: String,
    to: String,
}

impl HandoverQuestion {
    /// Reads a request; every wrong field is named.
    pub fn read(request: &GetHandoverRequest, now: i64) -> Result<Self> {
        let mut wrong = Violations::default();
        let day =
            Day::read(&mut wrong, &request.on, request.as_of, now).public_only(request.public_only);
        wrong.required_name("dialogue", &request.dialogue, DIALOGUE);
        for (field, name) in [("from", &request.from), ("to", &request.to)] {
            if PARTY.matches(name) {
                continue;
            }
            if !CHAIRMANSHIP.matches(name) {
                let shapes = format!("{} or {}", PARTY.0, CHAIRMANSHIP.0);
                wrong.add(field, format_args!("{} is not {shapes}", quoted(name)));
            } else if parent_of(name) != request.dialogue {
                let of = format!("is not a chairmanship of {}", quoted(&request.dialogue));
                wrong.add(field, of);
            }
        }
        wrong.done()?;
        Ok(Self {
            day,
            dialogue: request.dialogue.clone(),
            from: request.from.clone(),
            to: request.to.clone(),
        })
    }
}

impl HandoverQuestion {
    /// Whether a record may be shown: what is only drafted is for those who work on it.
    fn shows(&self, model: &Model, name: &str) -> bool {
        let event = model.events.get(name);
        let text = model.recommendations.get(name);
        !self.day.public_only
            || (event.is_none_or(|event| event.state() != EventState::Draft)
                && text.is_none_or(|text| text.state() != RecommendationState::Draft))
    }
}

/// What a chair hands over. The positions are for the caller to fill in.
pub fn handover(model: &Model, question: &HandoverQuestion) -> Result<Handover> {
    let HandoverQuestion { day, dialogue, .. } = question;
    let selection = Selection::of_dialogue(dialogue);
    let chosen = selection.in_model(model)?;
    let leaving = chairmanship(model, dialogue, &question.from)?;
    let coming = chairmanship(model, dialogue, &question.to)?;
    let survey = Survey::of(model, day);
    let mut items: Vec<Item<'_>> = chosen.items(&survey).collect();
    items.sort_by_key(|item| item.subject.name());
    let terms = Terms {
        model,
        dialogue,
        items: &items,
    };
    let chosen_items = |keep: &dyn Fn(&Item<'_>) -> bool| {
        let kept = items.iter().filter(|item| keep(item));
        kept.map(|item| item.message(&survey)).collect()
    };
    let promised =
        |item: &Item<'_>| matches!(item.subject, Subject::Commitment(one) if is_promised(one));
    let known = model.dialogues.get(dialogue);
    let mut handover = Handover {
        dialogue: dialogue.clone(),
        title: known.and_then(|known| known.title.clone()),
        from: Some(terms.term(leaving)),
        to: Some(terms.term(coming)),
        terms: terms.all(),
        open: chosen_items(&|item| item.has(ItemFlag::Open)),
        promised: chosen_items(&promised),
        planned: planned(model, question),
        held: terms.held(leaving).map(event_message).collect(),
        coverage: covered(model, question)?,
        gaps: {
            let mut gaps = all_gaps(model, &Gaps::of_dialogue(*day, dialogue))?;
            gaps.retain(|gap| question.shows(model, &gap.name));
            gaps
        },
        counts: Some(counted(items.iter().cloned(), day)),
        dues: {
            let (from, to) = days_of(coming, day);
            dues(model, &Dues::of_dialogue(*day, dialogue, from, to), ALL)?.entries
        },
        positions: Vec::new(),
        on: day.on.to_string(),
        names: Vec::new(),
    };
    handover.names = names(model, &handover);
    Ok(handover)
}

/// The chairmanship with this name, or the last one of this party.
fn chairmanship<'m>(model: &'m Model, dialogue: &str, name: &str) -> Result<&'m Chairmanship> {
    let missing = || Error::NotFound {
        name: name.to_owned(),
    };
    if CHAIRMANSHIP.matches(name) {
        return model.chairmanships.get(name).ok_or_else(missing);
    }
    if !model.parties.contains_key(name) {
        return Err(missing());
    }
    term::by_start(model, dialogue)
        .into_iter()
        .rfind(|term| term.party == name || term.co_chairs.iter().any(|party| party == name))
        .ok_or_else(|| Error::Precondition {
            reason: "NO_CHAIRMANSHIP",
            subject: name.to_owned(),
            description: format!("{name} has no chairmanship in {dialogue}"),
            legal: Vec::new(),
        })
}

/// The days of the term that begins, or the year after the day when they are not known.
fn days_of(term: &Chairmanship, day: &Day) -> (Date, Date) {
    let (start, end) = (first(term.start.as_ref()), last(term.end.as_ref()));
    match (start, end) {
        (Some(start), Some(end)) if start <= end => (start, end),
        _ => (day.on, later(day.on, AHEAD_DAYS)),
    }
}

/// Events that are still to come, by day and name. What is only drafted is nobody's business yet but that of those
/// who work on it.
fn planned(model: &Model, question: &HandoverQuestion) -> Vec<HandoverEvent> {
    let is_to_come = |event: &&Event| {
        let days = span(event.start.as_ref(), event.end.as_ref());
        let ahead = days.is_none_or(|(_, end)| end >= question.day.on);
        match event.state() {
            EventState::Planned | EventState::Confirmed => ahead,
            EventState::Draft => ahead && question.shows(model, &event.name),
            EventState::Postponed => true,
            _ => false,
        }
    };
    let mut events: Vec<&Event> = events_of(model, &question.dialogue)
        .filter(is_to_come)
        .collect();
    events.sort_by_key(|event| in_time(event));
    events.into_iter().map(event_message).collect()
}

/// Events of a dialogue, joint ones of others too, in the order of names.
pub(crate) fn events_of<'m>(
    model: &'m Model,
    dialogue: &'m str,
) -> impl Iterator<Item = &'m Event> {
    let of = move |event: &&Event| dialogues_of(event).any(|one| one == dialogue);
    model.events.values().filter(of)
}

/// By the first day; events without one come last.
fn in_time(event: &Event) -> (bool, Option<Date>, &str) {
    let start = first(event.start.as_ref());
    (start.is_none(), start, &event.name)
}

fn event_message(event: &Event) -> HandoverEvent {
    let mut plan_nodes: Vec<String> = event.plan_links.iter().map(|l| l.node.clone()).collect();
    plan_nodes.sort_unstable();
    plan_nodes.dedup();
    HandoverEvent {
        name: event.name.clone(),
        title: event.title.clone(),
        kind: event.kind,
        state: event.state,
        start: event.start.clone(),
        end: event.end.clone(),
        place: event.place.clone(),
        plan_nodes,
    }
}

/// Coverage of each plan of the dialogue that is still followed, by chairmanship too.
fn covered(model: &Model, asked: &HandoverQuestion) -> Result<Vec<Coverage>> {
    below(&model.plans, format!("{}/plans/", asked.dialogue))
        .filter(|(_, plan)| is_followed(plan))
        .map(|(name, _)| {
            let question = Question {
                plan: name.clone(),
                period: Period::default(),
                group_by: CoverageGrouping::Chairmanship,
                ..Question::default()
            };
            let mut covered = coverage(model, &question)?;
            for node in &mut covered.nodes {
                let shows = |proof: &CoverageProof| {
                    asked.shows(model, &proof.name) && asked.shows(model, &proof.event)
                };
                node.proof.retain(shows);
            }
            Ok(covered)
        })
        .collect()
}

#[cfg(test)]
mod tests;
