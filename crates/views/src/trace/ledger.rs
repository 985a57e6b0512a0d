//! What happened to a record, entry by entry: answers, implementation, states, verification.

use rapporteur_proto::gateway::v1::Hop;
use rapporteur_proto::recommendations::v1::{
    Addressee, Commitment, CommitmentState, Implementation, LedgerEntry, ProgressReport,
    ProgressReportState, Response,
};
use rapporteur_proto::r#type::v1::Provenance;

use super::hop::{actors, said};
use crate::model::Model;

/// The entries of a record as hops, each following from the hop at `place`.
pub(super) fn entries(model: &Model, name: &str, place: usize) -> Vec<Hop> {
    let mut hops = if let Some(one) = model.addressees.get(name) {
        of_addressee(model, one)
    } else if let Some(one) = model.commitments.get(name) {
        of_commitment(model, one)
    } else if let Some(one) = model.reports.get(name) {
        of_report(one)
    } else {
        Vec::new()
    };
    for hop in &mut hops {
        name.clone_into(&mut hop.name);
        hop.from_hop = i32::try_from(place).ok();
    }
    hops
}

fn of_addressee(model: &Model, addressee: &Addressee) -> Vec<Hop> {
    let mut hops = Vec::new();
    for entry in &addressee.entries {
        let report = model.reports.get(&entry.report);
        let verifier = report.map_or(&entry.verifier, |report| &report.verifier);
        let words = [&entry.word, &entry.reason];
        let words = words.into_iter().find(|words| !words.is_empty());
        let hop = |kind: &str, relation: &str, state: &str| Hop {
            kind: kind.to_owned(),
            title: words.and_then(|words| said(words)),
            date: entry.on.clone(),
            actors: actors([&addressee.party, &entry.verifier, verifier]),
            relation: relation.to_owned(),
            state: state.to_owned(),
            provenance: provenance(entry, report),
            ..Hop::default()
        };
        if entry.response() != Response::Unspecified {
            hops.push(hop("response", "answered", entry.response().as_str_name()));
        }
        if entry.implementation() != Implementation::Unspecified {
            let state = entry.implementation().as_str_name();
            hops.push(hop("implementation", "reported", state));
        }
    }
    hops
}

/// Where an entry says so; else where the report that moved it does.
fn provenance(entry: &LedgerEntry, report: Option<&ProgressReport>) -> Vec<Provenance> {
    match (&entry.provenance, report) {
        (Some(own), _) => vec![own.clone()],
        (None, Some(report)) => report.provenance.clone(),
        (None, None) => Vec::new(),
    }
}

fn of_commitment(model: &Model, commitment: &Commitment) -> Vec<Hop> {
    let mut hops = Vec::new();
    // The owners of the time: until they changed, those before.
    let changed = commitment
        .entries
        .iter()
        .find(|e| !e.former_owners.is_empty());
    let mut owners = changed.map_or(&commitment.owners, |entry| &entry.former_owners);
    for entry in &commitment.entries {
        if !entry.owners.is_empty() {
            owners = &entry.owners;
        }
        let report = model.reports.get(&entry.report);
        let verifier = report.map(|report| &report.verifier);
        let words = [&entry.word, &entry.reason];
        let words = words.into_iter().find(|words| !words.is_empty());
        let hop = |kind: &str, relation: &str, state: &str| Hop {
            kind: kind.to_owned(),
            title: words.and_then(|words| said(words)),
            date: entry.on.clone(),
            actors: actors(owners.iter().chain(verifier)),
            relation: relation.to_owned(),
            state: state.to_owned(),
            provenance: report.map_or_else(Vec::new, |report| report.provenance.clone()),
            ..Hop::default()
        };
        if entry.state() != CommitmentState::Unspecified {
            let state = entry.state().as_str_name();
            hops.push(hop("commitment_state", "became", state));
        } else if !entry.owners.is_empty() {
            hops.push(hop("commitment_state", "taken over", ""));
        }
        if entry.implementation() != Implementation::Unspecified {
            let state = entry.implementation().as_str_name();
            hops.push(hop("implementation", "reported", state));
        }
    }
    hops
}

/// What became of a report after it was handed in.
fn of_report(report: &ProgressReport) -> Vec<Hop> {
    let mut hops = Vec::new();
    for entry in &report.entries {
        let (relation, actor) = match entry.state() {
            ProgressReportState::Verified => ("verified", &report.verifier),
            ProgressReportState::Returned => ("returned", &report.verifier),
            ProgressReportState::Published => ("published", &report.author_party),
            ProgressReportState::Retracted => ("retracted", &report.author_party),
            // The hop of the report itself is that of the day on which it was handed in.
            ProgressReportState::Unspecified
            | ProgressReportState::Draft
            | ProgressReportState::Submitted => continue,
        };
        hops.push(Hop {
            kind: "report".to_owned(),
            title: said(&entry.reason),
            date: entry.on.clone(),
            actors: actors([actor]),
            relation: relation.to_owned(),
            state: entry.state().as_str_name().to_owned(),
            ..Hop::default()
        });
    }
    hops
}
