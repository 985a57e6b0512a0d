//! The index rows of events.
//!
//! Every index holds `[dated u8][first day i64][name]` after its own values, so every list comes by day and
//! then by name, without sorting, and a page of fifty costs the same however many events there are:
//!
//! ```text
//! scope       scope, facet, value   all events ("-") or those of a dialogue, its joint ones too;
//!                                   facet: none; of a dialogue also one state, or one kind
//! theme       theme
//! party       party                 in a role or a delegation
//! plan        plan                  with a link to one of its nodes
//! parent      parent event
//! long        scope                 only events that may last more than `SHORT_DAYS`
//! ```

use bytes::Bytes;
use jiff::civil::Date;
use rapporteur_proto::events::v1::Event;
use rapporteur_records::words::date::{days, ordinal};
use rapporteur_records::{layout, name};
use rapporteur_store::key::Key;

use super::EVENT;

pub(super) const SCOPE: u8 = 1;
pub(super) const THEME: u8 = 2;
pub(super) const BY_PARTY: u8 = 3;
pub(super) const PLAN: u8 = 4;
pub(super) const PARENT: u8 = 5;
pub(super) const LONG: u8 = 6;

/// The scope of all events.
pub(super) const ALL: &str = "-";
/// Facets of a scope.
pub(super) const ANY: u8 = 0;
pub(super) const STATE: u8 = 1;
pub(super) const KIND: u8 = 2;

pub(super) const DATED: u8 = 0;
pub(super) const UNDATED: u8 = 1;

/// Days from the first to the last that an event can mean, if it is not a long one. A month is not.
pub(super) const SHORT_DAYS: i64 = 31;

pub(super) fn scope(scope: &str, facet: u8, value: i32) -> Key {
    layout::index(EVENT.kind, SCOPE)
        .str(scope)
        .u8(facet)
        .i64(value.into())
}

pub(super) fn by(index: u8, value: &str) -> Key {
    layout::index(EVENT.kind, index).str(value)
}

/// The index rows of an event.
pub(super) fn rows(event: &Event) -> Vec<Bytes> {
    let mut rows = Vec::new();
    let scopes = [ALL, name::parent_of(&event.name)]
        .into_iter()
        .chain(event.joint_dialogues.iter().map(String::as_str));
    for dialogue in scopes.clone() {
        rows.push(scope(dialogue, ANY, 0));
        // Lists across all dialogues are rare, and each row is a write: they filter.
        if dialogue != ALL {
            rows.push(scope(dialogue, STATE, event.state));
            rows.push(scope(dialogue, KIND, event.kind));
        }
    }
    rows.extend(event.themes.iter().map(|theme| by(THEME, theme)));
    rows.extend(parties(event).map(|party| by(BY_PARTY, party)));
    rows.extend(
        event
            .plan_links
            .iter()
            .map(|link| by(PLAN, name::parent_of(&link.node))),
    );
    if !event.parent_event.is_empty() {
        rows.push(by(PARENT, &event.parent_event));
    }
    let span = span(event);
    if span.is_some_and(|(first, last)| ordinal(last) - ordinal(first) > SHORT_DAYS) {
        rows.extend(scopes.map(|dialogue| by(LONG, dialogue)));
    }
    let when = |key: Key| match span {
        Some((first, _)) => key.u8(DATED).i64(ordinal(first)),
        None => key.u8(UNDATED).i64(0),
    };
    rows.into_iter()
        .map(|key| when(key).str(&event.name).into_bytes())
        .collect()
}

/// The first and last day that an event can mean; `None` when it is undated.
pub(super) fn span(event: &Event) -> Option<(Date, Date)> {
    let start = days(event.start.as_ref())?;
    let last = days(event.end.as_ref()).map_or(start.last, |end| end.last.max(start.last));
    Some((start.first, last))
}

pub(super) fn parties(event: &Event) -> impl Iterator<Item = &str> {
    let roles = event.roles.iter().map(|role| role.party.as_str());
    roles.chain(
        event
            .delegations
            .iter()
            .map(|delegation| delegation.party.as_str()),
    )
}

#[cfg(test)]
mod tests {
    use rapporteur_proto::events::v1::{Delegation, EventRole};
    use rapporteur_proto::r#type::v1::{CivilDate, PlanLink};

    use super::*;

    #[test]
    fn the_largest_event_fits_into_one_commit_twice() {
        let id = |at: usize| format!("{at:x>63}");
        let of = |collection: &str, count: usize| -> Vec<String> {
            (0..count)
                .map(|at| format!("{collection}/{}", id(at)))
                .collect()
        };
        let party = |name| EventRole {
            party: name,
            ..EventRole::default()
        };
        let start = CivilDate {
            value: "2024".into(),
            ..CivilDate::default()
        };
        let event = Event {
            name: format!("dialogues/{}/events/{}", id(99), id(0)),
            start: Some(start),
            joint_dialogues: of("dialogues", 10),
            themes: (0..30).map(id).collect(),
            roles: of("parties", 100).into_iter().map(party).collect(),
            delegations: of("parties", 350)
                .into_iter()
                .skip(100)
                .map(|party| Delegation {
                    party,
                    ..Delegation::default()
                })
                .collect(),
            plan_links: of(&format!("dialogues/{}/plans", id(0)), 20)
                .into_iter()
                .map(|plan| PlanLink {
                    node: format!("{plan}/nodes/{}", id(0)),
                    ..PlanLink::default()
                })
                .collect(),
            parent_event: format!("dialogues/{}/events/{}", id(99), id(1)),
            ..Event::default()
        };
        let rows = rows(&event);
        let limits = rapporteur_store::contract::LIMITS;
        assert!(rows.len() * 2 < limits.batch_writes, "{}", rows.len());
        assert!(rows.iter().all(|key| key.len() <= limits.key_bytes));
    }
}
