//! References from one record to others: all of a request are looked up together, and the first that is
//! not known is answered with the path of its field.
//!
//! Nothing is ever removed, so what existed when it was looked up still exists when the commit is made.

use bytes::Bytes;
use rapporteur_proto::events::v1::EventRole;
use rapporteur_proto::r#type::v1::{Claim, PlanLink, Provenance};
use rapporteur_records::{Error, Field, Noun, Records, Result, layout};

use crate::party::PARTY;
use crate::plan::PLAN;
use crate::plan_node::PLAN_NODE;
use crate::source::SOURCE;

/// Most rows that are looked up at once.
const AT_ONCE: usize = 1_000;

/// What a record refers to.
#[derive(Debug, Default)]
pub struct References {
    wanted: Vec<Wanted>,
}

#[derive(Debug)]
struct Wanted {
    field: String,
    name: String,
    key: Bytes,
}

impl References {
    /// `field` refers to the record `name`; an empty name refers to nothing.
    pub fn one<T>(&mut self, noun: &Noun<T>, field: impl Field, name: &str) {
        if !name.is_empty() {
            let key = layout::record(noun.kind, name);
            self.wanted.push(Wanted {
                field: field.to_string(),
                name: name.to_owned(),
                key,
            });
        }
    }

    /// Every entry of the list `field` refers to a record.
    pub fn all<T>(&mut self, noun: &Noun<T>, field: impl Field, names: &[String]) {
        for (place, name) in names.iter().enumerate() {
            self.one(noun, format_args!("{field}[{place}]"), name);
        }
    }

    /// The recorded sources of facts.
    pub fn provenance(&mut self, field: impl Field, all: &[Provenance]) {
        for (place, one) in all.iter().enumerate() {
            self.one(
                &SOURCE,
                format_args!("{field}[{place}].source"),
                &one.source,
            );
        }
    }

    /// The recorded source of one fact.
    pub fn one_provenance(&mut self, field: impl Field, provenance: Option<&Provenance>) {
        if let Some(provenance) = provenance {
            self.one(
                &SOURCE,
                format_args!("{field}.provenance.source"),
                &provenance.source,
            );
        }
    }

    /// The plans and sources of claims.
    pub fn claims(&mut self, field: impl Field, claims: &[Claim]) {
        for (place, claim) in claims.iter().enumerate() {
            self.one(&PLAN, format_args!("{field}[{place}].plan"), &claim.plan);
            self.one_provenance(format_args!("{field}[{place}]"), claim.provenance.as_ref());
        }
    }

    /// The nodes and sources of plan links.
    pub fn plan_links(&mut self, field: impl Field, links: &[PlanLink]) {
        for (place, link) in links.iter().enumerate() {
            self.one(
                &PLAN_NODE,
                format_args!("{field}[{place}].node"),
                &link.node,
            );
            self.one_provenance(format_args!("{field}[{place}]"), link.provenance.as_ref());
        }
    }

    /// The parties and sources of roles.
    pub fn roles(&mut self, field: impl Field, roles: &[EventRole]) {
        for (place, role) in roles.iter().enumerate() {
            self.one(&PARTY, format_args!("{field}[{place}].party"), &role.party);
            self.one_provenance(format_args!("{field}[{place}]"), role.provenance.as_ref());
        }
    }

    /// Holds when every record exists; else names the first field whose record does not.
    pub async fn check(self, records: &Records) -> Result<()> {
        let mut keys: Vec<Bytes> = self.wanted.iter().map(|w| w.key.clone()).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut missing = Vec::new();
        for some in keys.chunks(AT_ONCE) {
            let rows = records.store().get_many(some).await?;
            missing.extend(
                some.iter()
                    .zip(rows)
                    .filter(|(_, row)| row.is_none())
                    .map(|(key, _)| key),
            );
        }
        match self.wanted.iter().find(|w| missing.contains(&&w.key)) {
            None => Ok(()),
            Some(Wanted { field, name, .. }) => Err(Error::UnknownReference {
                field: field.clone(),
                name: name.clone(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use rapporteur_proto::events::v1::Event;

    use super::*;
    use crate::event;

    #[test]
    fn every_reference_of_a_record_is_named_by_its_field() {
        let mut references = References::default();
        let role = |party: &str| EventRole {
            party: party.into(),
            ..EventRole::default()
        };
        let event = Event {
            name: "dialogues/rabat/events/x".into(),
            parent_event: "dialogues/rabat/events/y".into(),
            roles: vec![role("parties/pt"), role("parties/eg")],
            provenance: vec![Provenance {
                source: "sources/p1".into(),
                ..Provenance::default()
            }],
            ..Event::default()
        };
        event::references(&event, &mut references);
        let fields: Vec<_> = references
            .wanted
            .iter()
            .map(|w| (w.field.as_str(), w.name.as_str()))
            .collect();
        assert!(
            fields.contains(&("event.roles[1].party", "parties/eg")),
            "{fields:?}"
        );
        assert!(
            fields.contains(&("event.provenance[0].source", "sources/p1")),
            "{fields:?}"
        );
    }
}
