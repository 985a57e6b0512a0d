//! One fact of a proposal as the record has it.

use std::collections::BTreeMap;

use rapporteur_posts::{self as posts, Evidence, Post, Proposal};
use rapporteur_proto::events::v1;
use rapporteur_proto::r#type::v1::{Basis, CivilDate, Claim, Place, Qualifier};

use super::{Facts, provenance, source_name, words};
use crate::word;

/// The event, and what of it cannot be recorded.
pub(super) fn event(
    post: &Post,
    proposal: &Proposal,
    it: &posts::Event,
    names: &BTreeMap<&str, String>,
    facts: &Facts<'_>,
) -> std::result::Result<(v1::Event, Vec<String>), String> {
    if it.name.is_empty() {
        return Err("belongs to no dialogue; give --dialogue, or edit name".to_owned());
    }
    let source = source_name(post);
    let owner = it
        .name
        .split("/events/")
        .next()
        .unwrap_or_default()
        .to_owned();
    let mut notes = Vec::new();
    let mut event = v1::Event {
        name: it.name.clone(),
        kind: number("rapporteur.events.v1.EventKind", "kind", &it.kind)?,
        state: match it.state {
            posts::State::Held => v1::EventState::Held,
            posts::State::Announced => v1::EventState::Confirmed,
        }
        .into(),
        title: words(post, &it.title),
        joint_dialogues: it
            .dialogues
            .iter()
            .map(|id| format!("dialogues/{id}"))
            .filter(|name| *name != owner)
            .collect(),
        ordinal: it
            .ordinal
            .and_then(|ordinal| ordinal.try_into().ok())
            .unwrap_or(0),
        parent_event: it
            .parent
            .as_ref()
            .and_then(|parent| names.get(parent.as_str()).cloned())
            .unwrap_or_default(),
        start: it.start.as_ref().map(civil_date),
        end: it
            .end
            .as_ref()
            .map(civil_date)
            .filter(|end| !end.value.is_empty()),
        provenance: vec![provenance(&proposal.evidence, &source, "title")],
        ..v1::Event::default()
    };
    if let Some(start) = &it.start {
        let mut given = provenance(&start.evidence, &source, "start");
        if start.basis == posts::Basis::Inferred {
            given.basis = Basis::Inferred.into();
            given.note = facts.posted.map_or(String::new(), |day| {
                format!("Understood from the day of posting, {day}.")
            });
        }
        event.provenance.push(given);
    }
    if let Some(place) = &it.place {
        event.place = Some(Place {
            name: place.name.clone(),
            country_code: place.country.clone(),
            basis: Basis::Given.into(),
            ..Place::default()
        });
        event
            .provenance
            .push(provenance(&place.evidence, &source, "place"));
    }
    for role in &it.roles {
        if role.party.is_empty() {
            notes.push(format!(
                "{}: nobody knows \"{}\" ({}); edit its party",
                proposal.id, role.written, role.role
            ));
            continue;
        }
        event.roles.push(v1::EventRole {
            party: format!("parties/{}", role.party.trim_start_matches("parties/")),
            role: number("rapporteur.events.v1.Role", "roles.role", &role.role)?,
            provenance: Some(provenance(&role.evidence, &source, "")),
            ..v1::EventRole::default()
        });
    }
    event.agenda = it
        .agenda
        .iter()
        .map(|item| v1::AgendaItem {
            title: words(post, &item.title),
            ..v1::AgendaItem::default()
        })
        .collect();
    Ok((event, notes))
}

/// A date without a year is no date of the record: its words are kept.
pub(super) fn civil_date(date: &posts::Date) -> CivilDate {
    let known = !date.value.is_empty() && !date.value.starts_with("--");
    let basis = match date.basis {
        posts::Basis::Given if known => Basis::Given,
        posts::Basis::Inferred if known => Basis::Inferred,
        _ => Basis::Unknown,
    };
    CivilDate {
        value: if known {
            date.value.clone()
        } else {
            String::new()
        },
        basis: basis.into(),
        as_written: date.as_written.clone(),
        ..CivilDate::default()
    }
}

pub(super) fn claim(
    it: &posts::Claim,
    evidence: &Evidence,
    source: &str,
) -> std::result::Result<Claim, String> {
    if it.measure.is_empty() {
        return Err("measure: is empty".to_owned());
    }
    let qualifier = match (it.value, it.qualifier) {
        (None, _) => Qualifier::Unspecified,
        (_, posts::Qualifier::Exact) => Qualifier::Exact,
        (_, posts::Qualifier::AtLeast) => Qualifier::AtLeast,
        (_, posts::Qualifier::About) => Qualifier::About,
        (_, posts::Qualifier::Expected) => Qualifier::Expected,
    };
    let year = || {
        (!it.period.is_empty()).then(|| CivilDate {
            value: it.period.clone(),
            basis: Basis::Given.into(),
            ..CivilDate::default()
        })
    };
    let mut provenance = provenance(evidence, source, "");
    if it.value.is_none() {
        provenance.basis = Basis::Unknown.into();
        provenance.note = "The number is not stated: it is unknown, not 0.".to_owned();
    }
    Ok(Claim {
        id: it.measure.replace('_', "-"),
        measure: it.measure.clone(),
        value: it.value,
        total: it.total,
        qualifier: qualifier.into(),
        unit: it.unit.clone(),
        period_start: year(),
        period_end: year(),
        provenance: Some(provenance),
        ..Claim::default()
    })
}

/// The number of an enum's word, or what it could be.
pub(super) fn number(
    enumeration: &str,
    field: &str,
    text: &str,
) -> std::result::Result<i32, String> {
    let values = rapporteur_proto::descriptor_pool().get_enum_by_name(enumeration);
    let values = values.ok_or_else(|| format!("{field}: no enum {enumeration}"))?;
    word::number(&values, text).map_err(|why| format!("{field}: {why}"))
}
