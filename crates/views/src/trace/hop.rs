//! A record as a hop.

use rapporteur_proto::events::v1::{Event, Role};
use rapporteur_proto::gateway::v1::Hop;
use rapporteur_proto::recommendations::v1::{
    Addressee, Implementation, Instrument, LedgerEntry, Recommendation, Response,
};
use rapporteur_proto::r#type::v1::LocalizedText;

use crate::model::Model;

/// Language tag of words whose language nobody recorded.
const UNDETERMINED: &str = "und";

/// Whether a hop can be made of this record.
pub(super) fn is_known(model: &Model, name: &str) -> bool {
    model.events.contains_key(name)
        || model.instruments.contains_key(name)
        || model.recommendations.contains_key(name)
}

/// The record as a hop that follows from nothing yet.
pub(super) fn of(model: &Model, name: &str) -> Option<Hop> {
    if let Some(event) = model.events.get(name) {
        return Some(of_event(name, event));
    }
    if let Some(text) = model.instruments.get(name) {
        return Some(of_instrument(name, text));
    }
    if let Some(text) = model.recommendations.get(name) {
        return Some(of_recommendation(name, text));
    }
    model
        .addressees
        .get(name)
        .map(|entry| of_addressee(model, name, entry))
}

/// What an addressee answered and did, entry by entry, each following from the hop at `place`.
pub(super) fn ledger(model: &Model, name: &str, place: usize) -> Vec<Hop> {
    let Some(addressee) = model.addressees.get(name) else {
        return Vec::new();
    };
    let mut hops = Vec::new();
    for entry in &addressee.entries {
        let hop = |kind: &str, relation: &str, state: &str| Hop {
            name: name.to_owned(),
            kind: kind.to_owned(),
            title: said(entry),
            date: entry.on.clone(),
            actors: actors([&addressee.party, &entry.verifier]),
            relation: relation.to_owned(),
            from_hop: i32::try_from(place).ok(),
            state: state.to_owned(),
            provenance: entry.provenance.clone().into_iter().collect(),
        };
        if entry.response() != Response::Unspecified {
            hops.push(hop("response", "answered", entry.response().as_str_name()));
        }
        if entry.implementation() != Implementation::Unspecified {
            hops.push(hop(
                "implementation",
                "reported",
                entry.implementation().as_str_name(),
            ));
        }
    }
    hops
}

fn of_event(name: &str, event: &Event) -> Hop {
    // Who only listens does not act.
    let acting = event
        .roles
        .iter()
        .filter(|role| !matches!(role.role(), Role::Participant | Role::Unspecified));
    Hop {
        name: name.to_owned(),
        kind: "event".to_owned(),
        title: event.title.clone(),
        date: event.start.clone(),
        actors: actors(acting.map(|role| &role.party)),
        state: event.state().as_str_name().to_owned(),
        provenance: event.provenance.clone(),
        ..Hop::default()
    }
}

fn of_instrument(name: &str, text: &Instrument) -> Hop {
    Hop {
        name: name.to_owned(),
        kind: "instrument".to_owned(),
        title: text.title.clone(),
        date: text.adopted.clone(),
        actors: actors([&text.adopted_by]),
        provenance: text.provenance.clone(),
        ..Hop::default()
    }
}

fn of_recommendation(name: &str, text: &Recommendation) -> Hop {
    Hop {
        name: name.to_owned(),
        kind: "recommendation".to_owned(),
        title: text.text.clone(),
        date: text.adopted.clone(),
        state: text.state().as_str_name().to_owned(),
        provenance: text.provenance.clone(),
        ..Hop::default()
    }
}

fn of_addressee(model: &Model, name: &str, entry: &Addressee) -> Hop {
    Hop {
        name: name.to_owned(),
        kind: "addressee".to_owned(),
        title: model
            .parties
            .get(&entry.party)
            .and_then(|party| party.title.clone()),
        date: entry.addressed.clone(),
        actors: actors([&entry.party]),
        state: entry.implementation().as_str_name().to_owned(),
        provenance: entry.provenance.clone(),
        ..Hop::default()
    }
}

/// Parties, each once, in the order in which they are named. A body that adopts is no party.
fn actors<'a>(names: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let mut parties: Vec<String> = Vec::new();
    for name in names {
        if name.starts_with("parties/") && !parties.contains(name) {
            parties.push(name.clone());
        }
    }
    parties
}

/// The word of the source, else the reason.
fn said(entry: &LedgerEntry) -> Option<LocalizedText> {
    let words = if entry.word.is_empty() {
        &entry.reason
    } else {
        &entry.word
    };
    (!words.is_empty()).then(|| LocalizedText {
        by_language: [(UNDETERMINED.to_owned(), words.clone())].into(),
        ..LocalizedText::default()
    })
}
