//! A record as a hop.

use rapporteur_proto::events::v1::{Event, Role};
use rapporteur_proto::gateway::v1::Hop;
use rapporteur_proto::recommendations::v1::{
    Addressee, Assessment, Commitment, Instrument, ProgressReport, Recommendation,
};
use rapporteur_proto::r#type::v1::{LocalizedText, Provenance};

use crate::model::Model;

/// Language tag of words whose language nobody recorded.
const UNDETERMINED: &str = "und";

/// Whether a hop can be made of this record.
pub(super) fn is_known(model: &Model, name: &str) -> bool {
    model.events.contains_key(name)
        || model.instruments.contains_key(name)
        || model.recommendations.contains_key(name)
        || model.addressees.contains_key(name)
        || model.commitments.contains_key(name)
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
    if let Some(entry) = model.addressees.get(name) {
        return Some(of_addressee(model, name, entry));
    }
    if let Some(one) = model.commitments.get(name) {
        return Some(of_commitment(name, one));
    }
    if let Some(report) = model.reports.get(name) {
        return Some(of_report(name, report));
    }
    model
        .assessments
        .get(name)
        .map(|one| of_assessment(name, one))
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

fn of_commitment(name: &str, one: &Commitment) -> Hop {
    let dated = one.entries.iter().find_map(|entry| entry.on.clone());
    Hop {
        name: name.to_owned(),
        kind: "commitment".to_owned(),
        title: one.title.clone().or_else(|| one.text.clone()),
        date: dated.or_else(|| one.start.clone()),
        actors: actors(one.owners.iter().chain(&one.partners)),
        state: one.state().as_str_name().to_owned(),
        provenance: one.provenance.clone(),
        ..Hop::default()
    }
}

/// A report on the day on which it was handed in, with the words of its evidence.
fn of_report(name: &str, report: &ProgressReport) -> Hop {
    let quoted = report.evidence.iter().filter(|one| !one.quote.is_empty());
    let words = quoted.map(|one| Provenance {
        url: one
            .link
            .as_ref()
            .map_or_else(String::new, |l| l.url.clone()),
        quote: one.quote.clone(),
        ..Provenance::default()
    });
    Hop {
        name: name.to_owned(),
        kind: "report".to_owned(),
        title: report.narrative.clone().or_else(|| said(&report.word)),
        date: report.submitted.clone(),
        actors: actors([&report.author_party]),
        state: report.claimed().as_str_name().to_owned(),
        provenance: report.provenance.iter().cloned().chain(words).collect(),
        ..Hop::default()
    }
}

fn of_assessment(name: &str, one: &Assessment) -> Hop {
    Hop {
        name: name.to_owned(),
        kind: "assessment".to_owned(),
        title: one.text.clone().or_else(|| said(&one.word)),
        date: one.date.clone(),
        actors: actors([&one.assessor]),
        state: one.status().as_str_name().to_owned(),
        provenance: one.provenance.clone(),
        ..Hop::default()
    }
}

/// Parties, each once, in the order in which they are named. A body that adopts is no party.
pub(crate) fn actors<'a>(names: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let mut parties: Vec<String> = Vec::new();
    for name in names {
        if name.starts_with("parties/") && !parties.contains(name) {
            parties.push(name.clone());
        }
    }
    parties
}

/// Words whose language nobody recorded.
pub(super) fn said(words: &str) -> Option<LocalizedText> {
    (!words.is_empty()).then(|| LocalizedText {
        by_language: [(UNDETERMINED.to_owned(), words.to_owned())].into(),
        ..LocalizedText::default()
    })
}
