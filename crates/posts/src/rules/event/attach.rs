//! Dates, places, roles, agenda and tense, each to the event that it is of.

use std::ops::Range;

use super::{Told, main, owner};
use crate::parties::Party;
use crate::proposal::State;
use crate::rules::{Page, agenda, dates, places, roles};
use crate::segment::Segment;
use crate::words::{kinds, patterns};

patterns! {
    HELD = kinds::HOLDING;
    COMING = kinds::COMING;
    PAST = kinds::PAST;
    LISTING = kinds::LISTING;
    SEVERAL = kinds::SEVERAL;
}

/// Sentences of a section whose tense is looked at.
const SENTENCES: usize = 100;
/// Signs that say when, and where.
const WHEN: [char; 4] = ['📅', '🗓', '📆', '⏰'];
const WHERE: [char; 2] = ['📍', '📌'];

/// Gives every event its facts; the parties that are not in the record yet.
pub(crate) fn facts(
    page: &Page<'_>,
    told: &mut [Told],
    found: Vec<roles::Found>,
    dialogue: Option<&str>,
) -> Vec<Party> {
    give_dates(page, told);
    give_places(page, told);
    let mut unrecorded: Vec<Party> = Vec::new();
    let mut joint: Vec<Vec<String>> = vec![Vec::new(); told.len()];
    for role in found {
        let Some(at) = owner(page, told, &role.at, true) else {
            continue;
        };
        joint[at].extend(role.dialogues);
        let Some(own) = role.role else { continue };
        let roles = &mut told[at].event.roles;
        let twice = roles.iter().any(|other| {
            other.role == own.role
                && (other.party == own.party && !own.party.is_empty()
                    || other.written == own.written)
        });
        if !twice {
            roles.push(own);
            unrecorded.extend(role.party.filter(|party| !party.recorded));
        }
    }
    for (range, item) in agenda::find(page) {
        if let Some(at) = owner(page, told, &range, true) {
            told[at].event.agenda.push(item);
        }
    }
    for (at, joint) in joint.into_iter().enumerate() {
        give_dialogues(page, &mut told[at], joint, dialogue);
        told[at].event.state = state(page, &told[at]);
    }
    unrecorded.sort_by(|one, other| one.id.cmp(&other.id));
    unrecorded.dedup();
    unrecorded
}

fn give_dates(page: &Page<'_>, told: &mut [Told]) {
    for date in dates::find(page) {
        let Some(segment) = page.parts.segments.get(page.parts.index(date.at.start)) else {
            continue;
        };
        let far = stands_alone(segment, &date.at, &WHEN) || HELD.is_match(page.words(segment));
        let Some(at) = owner(page, told, &date.at, far) else {
            continue;
        };
        let event = &mut told[at].event;
        // The most exact is the event's day; the first of those that are alike.
        let better = event
            .start
            .as_ref()
            .is_none_or(|start| exactness(&start.value, &start.evidence.rule) < date.precision);
        if better {
            event.start = Some(date.start);
            event.end = date.end;
        }
    }
}

fn exactness(value: &str, rule: &str) -> u8 {
    match rule {
        "day" | "days" => 3,
        "month" => 2,
        "year" => 1,
        _ if value.len() == 10 => 3,
        _ if value.is_empty() => 0,
        _ => 1,
    }
}

fn give_places(page: &Page<'_>, told: &mut [Told]) {
    let mut several = None;
    for found in places::find(page) {
        let Some(segment) = page.parts.segments.get(page.parts.index(found.at.start)) else {
            continue;
        };
        if SEVERAL.is_match(page.words(segment)) {
            several.get_or_insert_with(|| found.place.clone());
        }
        let far = stands_alone(segment, &found.at, &WHERE) || HELD.is_match(page.words(segment));
        let visit = found
            .visited
            .then(|| owner(page, told, &found.at, false))
            .flatten()
            .filter(|at| told[*at].child);
        let meeting = || owner(page, told, &found.at, far).filter(|_| !found.visited);
        let Some(at) = visit.or_else(meeting) else {
            continue;
        };
        let event = &mut told[at].event;
        let better = event
            .place
            .as_ref()
            .is_none_or(|place| place.evidence.confidence < found.place.evidence.confidence);
        if better && (found.visited || !told[at].collective) {
            event.place = Some(found.place);
        }
    }
    // "Events hosted in Lisbon. Upcoming: ...": the place of those that are listed.
    let Some(place) = several else { return };
    let segments = &page.parts.segments;
    for lead in (0..segments.len()).filter(|at| LISTING.is_match(page.words(&segments[*at]))) {
        let listed = (lead + 1..segments.len()).take_while(|at| segments[*at].bullet.is_some());
        for segment in listed {
            let own = told.iter_mut().filter(|event| {
                event.event.place.is_none()
                    && event
                        .mentions
                        .iter()
                        .any(|mention| mention.segment == segment)
            });
            for event in own {
                let mut place = place.clone();
                place.evidence.rule = "several-in-one-place".to_owned();
                place.evidence.confidence = 0.5;
                event.event.place = Some(place);
            }
        }
    }
}

/// Whether a segment is there to say just this.
fn stands_alone(segment: &Segment, at: &Range<usize>, signs: &[char]) -> bool {
    let signed = segment.bullet.is_some_and(|sign| signs.contains(&sign));
    at.len() * 2 >= segment.at.len() || signed && at.start < segment.at.start + 40
}

/// The dialogues that its title names, and those that organise it; else those of its sentences; else the caller's, or the
/// first that the post names (not one of those that it tags).
fn give_dialogues(page: &Page<'_>, told: &mut Told, joint: Vec<String>, dialogue: Option<&str>) {
    let named = told
        .mentions
        .iter()
        .flat_map(|mention| mention.dialogues.iter().cloned());
    let mut all: Vec<String> = named.collect();
    let partner = all.is_empty() && !joint.is_empty();
    all.extend(joint);
    if all.is_empty() {
        let sentences = told
            .mentions
            .iter()
            .filter_map(|mention| page.parts.segments.get(mention.segment));
        all = sentences
            .flat_map(|segment| page.vocabulary.dialogues(page.words(segment)))
            .collect();
    }
    // "Together with the Khartoum Process": the other one is whose post it is.
    let first = || page.vocabulary.dialogues(page.body()).into_iter().next();
    if (partner || all.is_empty())
        && let Some(own) = dialogue.map(str::to_owned).or_else(first)
    {
        all.insert(0, own);
    }
    // The caller's is the owner, when it is one of them.
    all.sort_by_key(|id| Some(id.as_str()) != dialogue);
    let mut once: Vec<String> = Vec::new();
    for id in all {
        if !once.contains(&id) && once.len() < 11 {
            once.push(id);
        }
    }
    told.event.dialogues = once;
}

/// Whether it is over: by the dates, else by the tense of the sentences that speak of it, else by that of its section.
fn state(page: &Page<'_>, told: &Told) -> State {
    let start = told
        .event
        .start
        .as_ref()
        .map(|start| start.value.as_str())
        .filter(|value| value.len() == 10);
    let day = start.and_then(|value| value.parse::<jiff::civil::Date>().ok());
    if let (Some(day), Some(posted)) = (day, page.posted) {
        return if day > posted {
            State::Announced
        } else {
            State::Held
        };
    }
    let tense = |segments: &[&Segment]| {
        let count = |pattern: &regex::Regex| {
            segments
                .iter()
                .filter(|segment| pattern.is_match(page.words(segment)))
                .count()
        };
        (count(&COMING), count(&PAST))
    };
    let mut own: Vec<usize> = told
        .mentions
        .iter()
        .map(|mention| mention.segment)
        .collect();
    own.dedup();
    let sentences: Vec<&Segment> = own
        .iter()
        .filter_map(|at| page.parts.segments.get(*at))
        .collect();
    let section: Vec<&Segment> = page
        .parts
        .segments
        .iter()
        .filter(|segment| segment.section == told.section)
        .take(SENTENCES)
        .collect();
    match (tense(&sentences), tense(&section)) {
        // What will be is announced in sentences that speak of the past as well.
        ((1.., _), _) => State::Announced,
        ((0, 1..), _) => State::Held,
        (_, (coming, past)) if past > 0 && past >= coming => State::Held,
        _ if told.event.kind == "bilateral-meeting" => State::Held,
        _ => State::Announced,
    }
}

/// The event that a visit is part of.
pub(super) fn parent(told: &[Told], child: usize) -> Option<usize> {
    told[child]
        .child
        .then(|| main(told, told[child].section))
        .flatten()
}
