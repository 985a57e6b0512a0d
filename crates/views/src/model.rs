//! The records of all services in memory, each decoded once, and who refers to whom.
//!
//! The references are kept backwards (target -> names of the records that point at it), because that is
//! the way every view walks: from a node to the events that touch it, from an event to its outcomes.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message;
use rapporteur_proto::changes::v1::Service;
use rapporteur_proto::events::v1::{
    Chairmanship, Crosswalk, Dialogue, Event, Party, Plan, PlanNode, Post, Source,
};
use rapporteur_proto::recommendations::v1::{
    Addressee, Assessment, Commitment, Instrument, ProgressReport, Recommendation, Schedule,
    Verdict,
};
use rapporteur_records::{Record, sight};

use crate::refers::Refers;

/// Records of one type by name.
pub type Table<T> = BTreeMap<String, T>;

type Referrers = BTreeMap<String, BTreeSet<String>>;

/// The one list of tables: which service keeps what, and where it stands in the model. Everything that
/// has to be done for each table is made from it.
macro_rules! model {
    ($($service:ident: { $($(#[$doc:meta])* $table:ident: $record:ident,)* })*) => {
        /// What the views know.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct Model {
            $($($(#[$doc])* pub $table: Table<$record>,)*)*
            /// Target -> names of the records that refer to it.
            referrers: Referrers,
        }

        /// The types that views read, as the change feed spells them.
        pub fn types(service: Service) -> &'static [&'static str] {
            match service {
                $(Service::$service => &[$(type_name!($service, $record)),*],)*
                Service::Gateway | Service::Unspecified => &[],
            }
        }

        /// Whether an encoded record of a type is, by itself, for those who work on it only.
        pub(crate) fn is_internal(type_name: &str, bytes: &[u8]) -> bool {
            match type_name {
                $($(type_name!($service, $record) => sight::is_internal::<$record>(bytes),)*)*
                _ => false,
            }
        }

        impl Model {
            /// Takes over a new value of a record, or that it is gone. Types that no view reads are passed over.
            pub fn apply(&mut self, name: &str, type_name: &str, value: Option<&[u8]>) {
                let outcome = match type_name {
                    $($(type_name!($service, $record) => put(&mut self.$table, &mut self.referrers, name, value),)*)*
                    _ => Ok(()),
                };
                if let Err(error) = outcome {
                    // A newer service may send what this program does not know; the other records still count.
                    tracing::error!(name, type_name, %error, "a record does not decode; the views go on without it");
                }
            }

            /// The records that are, by themselves, for those who work on them only, with their types.
            pub(crate) fn internal(&self) -> Vec<(String, &'static str)> {
                let mut names = Vec::new();
                $($(if <$record as Record>::VISIBILITY != 0 {
                    let inner = self.$table.iter().filter(|(_, one)| {
                        sight::is_inner(*one)
                    });
                    names.extend(inner.map(|(name, _)| (name.clone(), type_name!($service, $record))));
                })*)*
                names
            }

            /// Forgets everything that came from a service.
            pub fn clear(&mut self, service: Service) {
                match service {
                    $(Service::$service => { $(drop_all(&mut self.$table, &mut self.referrers);)* })*
                    Service::Gateway | Service::Unspecified => {}
                }
            }
        }
    };
}

macro_rules! type_name {
    (Events, $record:ident) => {
        concat!("rapporteur.events.v1.", stringify!($record))
    };
    (Recommendations, $record:ident) => {
        concat!("rapporteur.recommendations.v1.", stringify!($record))
    };
}

model! {
    Events: {
        /// Dialogues with their bodies.
        dialogues: Dialogue,
        /// States, organisations, persons.
        parties: Party,
        /// Duties, and who held them.
        posts: Post,
        /// Terms of the chair.
        chairmanships: Chairmanship,
        /// Plans.
        plans: Plan,
        /// Nodes of all plans.
        nodes: PlanNode,
        /// Ties between nodes of two plans.
        crosswalks: Crosswalk,
        /// Events.
        events: Event,
        /// Posts, pages and papers that facts come from.
        sources: Source,
    }
    Recommendations: {
        /// Adopted texts.
        instruments: Instrument,
        /// Recommendations.
        recommendations: Recommendation,
        /// The ledger.
        addressees: Addressee,
        /// What somebody took on.
        commitments: Commitment,
        /// What is said of the progress.
        reports: ProgressReport,
        /// What others think of it.
        assessments: Assessment,
        /// When reports are due.
        schedules: Schedule,
        /// What was decided about suggestions.
        verdicts: Verdict,
    }
}

impl Model {
    /// Names of the records that refer to `target`, in order.
    pub fn referrers(&self, target: &str) -> impl Iterator<Item = &str> {
        self.referrers
            .get(target)
            .into_iter()
            .flatten()
            .map(String::as_str)
    }

    /// How many records refer to `target`.
    pub(crate) fn referrer_count(&self, target: &str) -> usize {
        self.referrers.get(target).map_or(0, BTreeSet::len)
    }
}

/// The records whose names begin with `prefix`, in order.
pub fn below<T>(table: &Table<T>, prefix: String) -> impl Iterator<Item = (&String, &T)> {
    table
        .range(prefix.clone()..)
        .take_while(move |(name, _)| name.starts_with(&prefix))
}

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
        model.apply(
            "dialogues/x/memberships/y",
            "rapporteur.events.v1.Membership",
            Some(&[]),
        );
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
