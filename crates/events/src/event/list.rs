//! Lists of events: which [`index`](super::index) answers a request, and from where to where.
//!
//! A request is answered from the narrowest index that it allows; what the index does not say is a filter
//! on the decoded event. Dates bound the stretch of the index: an event begins at most `REACH` days
//! before the last day that it can mean. So that a list from some day on need not go through the two years
//! before it, it takes the long events of that time from their own index, and the others from shortly before.

use jiff::civil::Date;
use rapporteur_proto::events::v1::{
    Event, EventKind, EventOrder, EventState, ListEventsRequest, Role,
};
use rapporteur_records::words::date::ordinal;
use rapporteur_records::words::text::{SHORT, begins_a_word};
use rapporteur_records::{Listing, Range, Records, Result, Violations, name};
use rapporteur_store::key::Key;

use super::EVENT;
use super::index::{
    ALL, ANY, BY_PARTY, DATED, KIND, LONG, PARENT, PLAN, SHORT_DAYS, STATE, THEME, UNDATED, by,
    parties, scope, span,
};
use super::rules::LONGEST_DAYS;
use crate::dialogue::{DIALOGUE, parent_exists};
use crate::party::PARTY;
use crate::plan_node::{self, PLAN_NODE};

/// Days from the first that a start can mean (1 January of a year) to the last that an event can touch.
const REACH: i64 = LONGEST_DAYS + 365;

/// What a list asks for.
pub async fn listing(records: &Records, request: &ListEventsRequest) -> Result<Listing<Event>> {
    let dates = check(request)?;
    parent_exists(records, &DIALOGUE, &request.parent, request.as_of).await?;
    let (index, long) = narrowest(request);
    let mut listing = Listing {
        ranges: stretches(index, long, request.order(), dates),
        filter: None,
    };
    if !is_exact(request) {
        let wanted = request.clone();
        listing = listing.only(move |event| matches(event, &wanted) && touches(event, dates));
    }
    if !request.plan_node.is_empty() {
        let nodes = plan_node::with_descendants(records, &request.plan_node, request.as_of).await?;
        listing = listing.only(move |event| {
            event
                .plan_links
                .iter()
                .any(|link| nodes.contains(&link.node))
        });
    }
    Ok(listing)
}

/// First and last day that a list is about.
type Dates = (Option<Date>, Option<Date>);

fn check(request: &ListEventsRequest) -> Result<Dates> {
    EVENT.pattern.check_list_parent("parent", &request.parent)?;
    let mut violations = Violations::default();
    violations.list("states", request.states.len());
    for (place, state) in request.states.iter().enumerate() {
        violations.choice::<EventState>(format_args!("states[{place}]"), *state, false);
    }
    violations.list("kinds", request.kinds.len());
    for (place, kind) in request.kinds.iter().enumerate() {
        violations.choice::<EventKind>(format_args!("kinds[{place}]"), *kind, false);
    }
    violations.codes("themes", &request.themes);
    violations.name("party", &request.party, PARTY.pattern);
    violations.choice::<Role>("role", request.role, true);
    let whose = request.role == 0 || !request.party.is_empty();
    violations.require(whose, "role", "says in which role, but not which party");
    violations.name("plan_node", &request.plan_node, PLAN_NODE.pattern);
    violations.name("parent_event", &request.parent_event, EVENT.pattern);
    violations.plain("text_prefix", &request.text_prefix, SHORT);
    violations.choice::<EventOrder>("order", request.order, true);
    let (from, to) = (
        violations.day("from", &request.from),
        violations.day("to", &request.to),
    );
    if let (Some(from), Some(to)) = (from, to) {
        violations.require(from <= to, "to", format_args!("lies before {from}"));
    }
    violations.done()?;
    Ok((from, to))
}

/// The dialogue that is asked for; `None` = any.
fn dialogue(request: &ListEventsRequest) -> Option<&str> {
    Some(request.parent.as_str()).filter(|parent| *parent != "dialogues/-")
}

/// The narrowest index that holds all that is asked for; with that of its long events, if it is of a scope.
fn narrowest(request: &ListEventsRequest) -> (Key, Option<Key>) {
    let within = dialogue(request).unwrap_or(ALL);
    let narrow = match request.themes.as_slice() {
        _ if !request.parent_event.is_empty() => Some(by(PARENT, &request.parent_event)),
        _ if !request.plan_node.is_empty() => Some(by(PLAN, name::parent_of(&request.plan_node))),
        _ if !request.party.is_empty() => Some(by(BY_PARTY, &request.party)),
        [theme] => Some(by(THEME, theme)),
        _ => None,
    };
    let whole = match (request.states.as_slice(), request.kinds.as_slice()) {
        ([state], _) if within != ALL => scope(within, STATE, *state),
        (_, [kind]) if within != ALL => scope(within, KIND, *kind),
        _ => scope(within, ANY, 0),
    };
    match narrow {
        Some(index) => (index, None),
        None => (whole, Some(by(LONG, within))),
    }
}

/// Whether the index says all that is asked for, so that records can go out as they are stored.
fn is_exact(request: &ListEventsRequest) -> bool {
    let by_scope = ListEventsRequest {
        parent: String::new(),
        as_of: None,
        states: Vec::new(),
        kinds: Vec::new(),
        order: 0,
        own_only: request.own_only && dialogue(request).is_some(),
        ..request.clone()
    };
    // Only a dialogue has its states and kinds in the index.
    let facets = usize::from(dialogue(request).is_some());
    let in_index = request.states.len() + request.kinds.len() <= facets;
    in_index && by_scope == ListEventsRequest::default()
}

/// The stretches of an index: those with a date in the order asked for, then those without one, by name.
/// `long` is the index of the long events of the same scope, where there is one.
fn stretches(index: Key, long: Option<Key>, order: EventOrder, (from, to): Dates) -> Vec<Range> {
    let dated = index.clone().u8(DATED);
    let after = to.map(|day| ordinal(day) + 1);
    let mut ranges = match (from.map(ordinal), long) {
        (None, _) => vec![between(dated, None, after)],
        (Some(from), None) => vec![between(dated, Some(from - REACH), after)],
        (Some(from), Some(long)) => {
            let cut = from - SHORT_DAYS;
            vec![
                between(long.u8(DATED), Some(from - REACH), Some(cut)),
                between(dated, Some(cut), after),
            ]
        }
    };
    if order == EventOrder::StartDesc {
        ranges = ranges.into_iter().rev().map(Range::backward).collect();
    }
    if from.is_none() && to.is_none() {
        ranges.push(Range::prefix(index.u8(UNDATED).into_bytes()));
    }
    ranges
}

/// The events of an index that begin on or after one day and before another.
fn between(dated: Key, first: Option<i64>, after: Option<i64>) -> Range {
    let at = |day: i64| dated.clone().i64(day).into_bytes();
    let whole = Range::prefix(dated.clone().into_bytes());
    Range {
        from: first.map_or(whole.from, at),
        to: after.map_or(whole.to, at),
        direction: whole.direction,
    }
}

/// Whether an event is what is asked for, except for dates and plan nodes.
fn matches(event: &Event, wanted: &ListEventsRequest) -> bool {
    let one_of = |all: &[i32], one: i32| all.is_empty() || all.contains(&one);
    let within = dialogue(wanted).is_none_or(|dialogue| {
        let joint =
            || !wanted.own_only && event.joint_dialogues.iter().any(|joint| joint == dialogue);
        name::parent_of(&event.name) == dialogue || joint()
    });
    let with_party = match (wanted.party.as_str(), wanted.role) {
        ("", _) => true,
        (party, 0) => parties(event).any(|one| one == party),
        (party, role) => event
            .roles
            .iter()
            .any(|one| one.party == party && one.role == role),
    };
    within
        && with_party
        && one_of(&wanted.states, event.state)
        && one_of(&wanted.kinds, event.kind)
        && (wanted.themes.is_empty()
            || event
                .themes
                .iter()
                .any(|theme| wanted.themes.contains(theme)))
        && (wanted.parent_event.is_empty() || event.parent_event == wanted.parent_event)
        && begins_a_word(event.title.as_ref(), &wanted.text_prefix)
}

/// Whether the days that an event can mean touch those asked for. An undated event touches none.
fn touches(event: &Event, (from, to): Dates) -> bool {
    if from.is_none() && to.is_none() {
        return true;
    }
    span(event).is_some_and(|(first, last)| {
        from.is_none_or(|from| last >= from) && to.is_none_or(|to| first <= to)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_lists_send_records_as_they_are_stored() {
        let plain = ListEventsRequest {
            parent: "dialogues/rabat".into(),
            order: 2,
            ..Default::default()
        };
        assert!(is_exact(&plain));
        assert!(is_exact(&ListEventsRequest {
            states: vec![2],
            ..plain.clone()
        }));
        assert!(is_exact(&ListEventsRequest {
            kinds: vec![2],
            ..plain.clone()
        }));
        let any = ListEventsRequest {
            parent: "dialogues/-".into(),
            own_only: true,
            ..plain.clone()
        };
        assert!(is_exact(&any));
        for filtered in [
            ListEventsRequest {
                states: vec![2],
                kinds: vec![2],
                ..plain.clone()
            },
            ListEventsRequest {
                states: vec![2, 3],
                ..plain.clone()
            },
            ListEventsRequest {
                own_only: true,
                ..plain.clone()
            },
            ListEventsRequest {
                from: "2024-01-01".into(),
                ..plain.clone()
            },
            ListEventsRequest {
                themes: vec!["diaspora".into()],
                ..plain.clone()
            },
            ListEventsRequest {
                text_prefix: "a".into(),
                ..plain
            },
        ] {
            assert!(!is_exact(&filtered), "{filtered:?}");
        }
    }
}
