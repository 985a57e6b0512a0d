//! The records of all services in memory, each decoded once, and who refers to whom.
//!
//! The references are kept backwards (target -> names of the records that point at it), because that is
//! the way every view walks: from a node to the events that touch it, from an event to its outcomes.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message;
use rapporteur_proto::changes::v1::Service;
use rapporteur_proto::events::v1::{Chairmanship, Dialogue, Event, Party, Plan, PlanNode};
use rapporteur_proto::recommendations::v1::{Addressee, Instrument, Recommendation};

use crate::refers::Refers;

/// Records of one type by name.
pub type Table<T> = BTreeMap<String, T>;

/// What the views know.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    /// Dialogues with their bodies.
    pub dialogues: Table<Dialogue>,
    /// States, organisations, persons.
    pub parties: Table<Party>,
    /// Terms of the chair.
    pub chairmanships: Table<Chairmanship>,
    /// Plans.
    pub plans: Table<Plan>,
    /// Nodes of all plans.
    pub nodes: Table<PlanNode>,
    /// Events.
    pub events: Table<Event>,
    /// Adopted texts.
    pub instruments: Table<Instrument>,
    /// Recommendations.
    pub recommendations: Table<Recommendation>,
    /// The ledger.
    pub addressees: Table<Addressee>,
    /// Target -> names of the records that refer to it.
    referrers: BTreeMap<String, BTreeSet<String>>,
}

/// The types that views read, as the change feed spells them.
pub fn types(service: Service) -> &'static [&'static str] {
    match service {
        Service::Events => &[
            "rapporteur.events.v1.Dialogue",
            "rapporteur.events.v1.Party",
            "rapporteur.events.v1.Chairmanship",
            "rapporteur.events.v1.Plan",
            "rapporteur.events.v1.PlanNode",
            "rapporteur.events.v1.Event",
        ],
        Service::Recommendations => &[
            "rapporteur.recommendations.v1.Instrument",
            "rapporteur.recommendations.v1.Recommendation",
            "rapporteur.recommendations.v1.Addressee",
        ],
        Service::Unspecified => &[],
    }
}

impl Model {
    /// Takes over a new value of a record, or that it is gone. Types that no view reads are passed over.
    pub fn apply(&mut self, name: &str, type_name: &str, value: Option<&[u8]>) {
        let outcome = match type_name {
            "rapporteur.events.v1.Dialogue" => {
                put(&mut self.dialogues, &mut self.referrers, name, value)
            }
            "rapporteur.events.v1.Party" => {
                put(&mut self.parties, &mut self.referrers, name, value)
            }
            "rapporteur.events.v1.Chairmanship" => {
                put(&mut self.chairmanships, &mut self.referrers, name, value)
            }
            "rapporteur.events.v1.Plan" => put(&mut self.plans, &mut self.referrers, name, value),
            "rapporteur.events.v1.PlanNode" => {
                put(&mut self.nodes, &mut self.referrers, name, value)
            }
            "rapporteur.events.v1.Event" => put(&mut self.events, &mut self.referrers, name, value),
            "rapporteur.recommendations.v1.Instrument" => {
                put(&mut self.instruments, &mut self.referrers, name, value)
            }
            "rapporteur.recommendations.v1.Recommendation" => {
                put(&mut self.recommendations, &mut self.referrers, name, value)
            }
            "rapporteur.recommendations.v1.Addressee" => {
                put(&mut self.addressees, &mut self.referrers, name, value)
            }
            _ => Ok(()),
        };
        if let Err(error) = outcome {
            // A newer service may send what this program does not know; the other records still count.
            tracing::error!(name, type_name, %error, "a record does not decode; the views go on without it");
        }
    }

    /// Forgets everything that came from a service.
    pub fn clear(&mut self, service: Service) {
        match service {
            Service::Events => {
                drop_all(&mut self.dialogues, &mut self.referrers);
                drop_all(&mut self.parties, &mut self.referrers);
                drop_all(&mut self.chairmanships, &mut self.referrers);
                drop_all(&mut self.plans, &mut self.referrers);
                drop_all(&mut self.nodes, &mut self.referrers);
                drop_all(&mut self.events, &mut self.referrers);
            }
            Service::Recommendations => {
                drop_all(&mut self.instruments, &mut self.referrers);
                drop_all(&mut self.recommendations, &mut self.referrers);
                drop_all(&mut self.addressees, &mut self.referrers);
            }
            Service::Unspecified => {}
        }
    }

    /// Names of the records that refer to `target`, in order.
    pub fn referrers(&self, target: &str) -> impl Iterator<Item = &str> {
        self.referrers
            .get(target)
            .into_iter()
            .flatten()
            .map(String::as_str)
    }
}

/// The records whose names begin with `prefix`, in order.
pub fn below<T>(table: &Table<T>, prefix: String) -> impl Iterator<Item = (&String, &T)> {
    table
        .range(prefix.clone()..)
        .take_while(move |(name, _)| name.starts_with(&prefix))
}

type Referrers = BTreeMap<String, BTreeSet<String>>;

fn put<T: Message + Default + Refers>(
    table: &mut Table<T>,
    referrers: &mut Referrers,
    name: &str,
    value: Option<&[u8]>,
) -> Result<(), prost::DecodeError> {
    if let Some(old) = table.remove(name) {
        forget(referrers, name, &old);
    }
    let Some(bytes) = value else { return Ok(()) };
    let new = T::decode(bytes)?;
    new.refers(name, &mut |target| {
        if !target.is_empty() {
            referrers
                .entry(target.to_owned())
                .or_default()
                .insert(name.to_owned());
        }
    });
    table.insert(name.to_owned(), new);
    Ok(())
}

fn drop_all<T: Refers>(table: &mut Table<T>, referrers: &mut Referrers) {
    for (name, old) in std::mem::take(table) {
        forget(referrers, &name, &old);
    }
}

fn forget<T: Refers>(referrers: &mut Referrers, name: &str, old: &T) {
    old.refers(name, &mut |target| {
        if let Some(names) = referrers.get_mut(target) {
            names.remove(name);
            if names.is_empty() {
                referrers.remove(target);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{self, Put as _};

    #[test]
    fn references_follow_the_present_value() {
        let mut model = Model::default();
        let mut event = sample::event("rabat", "a", "2024-01-01");
        event.follows_up = vec!["dialogues/rabat/events/x".into()];
        model.put(event.clone());
        assert_eq!(
            model
                .referrers("dialogues/rabat/events/x")
                .collect::<Vec<_>>(),
            [event.name.as_str()]
        );
        event.follows_up = vec!["dialogues/rabat/events/y".into()];
        model.put(event.clone());
        assert_eq!(model.referrers("dialogues/rabat/events/x").count(), 0);
        assert_eq!(model.referrers("dialogues/rabat/events/y").count(), 1);
        model.apply(&event.name, "rapporteur.events.v1.Event", None);
        assert_eq!(model, Model::default());
    }

    #[test]
    fn clearing_one_service_leaves_the_other() {
        let mut model = Model::default();
        model.put(sample::event("rabat", "a", "2024-01-01"));
        model.put(sample::recommendation(
            "rabat",
            "r",
            "dialogues/rabat/events/a",
        ));
        model.clear(Service::Events);
        assert!(model.events.is_empty());
        assert_eq!(model.referrers("dialogues/rabat/events/a").count(), 1);
        model.clear(Service::Recommendations);
        assert_eq!(model, Model::default());
    }

    #[test]
    fn what_does_not_decode_or_is_not_read_does_no_harm() {
        let mut model = Model::default();
        model.apply(
            "dialogues/x",
            "rapporteur.events.v1.Dialogue",
            Some(&[0xFF]),
        );
        model.apply("sources/x", "rapporteur.events.v1.Source", Some(&[]));
        assert_eq!(model, Model::default());
    }

    #[test]
    fn every_type_that_is_asked_for_is_taken_over() {
        for service in [Service::Events, Service::Recommendations] {
            for type_name in types(service) {
                let mut model = Model::default();
                model.apply("some/name", type_name, Some(&[]));
                assert_ne!(model, Model::default(), "{type_name}");
            }
        }
    }
}
