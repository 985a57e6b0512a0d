//! Small hand-made records for the tests of all views.

use prost::Name;
use rapporteur_proto::events::v1::{
    DeclaredCount, Event, EventState, Plan, PlanNode, PlanNodeKind,
};
use rapporteur_proto::recommendations::v1::{Instrument, Recommendation, RecommendationState};
use rapporteur_proto::r#type::v1::{CivilDate, LocalizedText, PlanLink, PlanLinkKind};

use crate::Model;

pub(crate) const PLAN: &str = "dialogues/rabat/plans/cadiz";

pub(crate) trait Put {
    fn put(&mut self, record: impl Name + Named);
}

pub(crate) trait Named {
    fn name(&self) -> &str;
}

macro_rules! named {
    ($($type:ty),*) => { $(impl Named for $type { fn name(&self) -> &str { &self.name } })* };
}

named!(
    Event,
    Plan,
    PlanNode,
    Instrument,
    Recommendation,
    rapporteur_proto::events::v1::Dialogue,
    rapporteur_proto::events::v1::Party,
    rapporteur_proto::events::v1::Post,
    rapporteur_proto::events::v1::Chairmanship,
    rapporteur_proto::events::v1::Crosswalk,
    rapporteur_proto::recommendations::v1::Addressee,
    rapporteur_proto::recommendations::v1::Commitment,
    rapporteur_proto::recommendations::v1::ProgressReport,
    rapporteur_proto::recommendations::v1::Assessment,
    rapporteur_proto::recommendations::v1::Schedule
);

impl Put for Model {
    fn put(&mut self, record: impl Name + Named) {
        let type_name = format!("{}.{}", full_package(&record), type_name(&record));
        self.apply(record.name(), &type_name, Some(&record.encode_to_vec()));
    }
}

fn full_package<T: Name>(_: &T) -> &'static str {
    T::PACKAGE
}

fn type_name<T: Name>(_: &T) -> &'static str {
    T::NAME
}

pub(crate) fn date(value: &str) -> Option<CivilDate> {
    (!value.is_empty()).then(|| CivilDate {
        value: value.into(),
        ..CivilDate::default()
    })
}

pub(crate) fn text(words: &str) -> Option<LocalizedText> {
    Some(LocalizedText {
        by_language: [("en".into(), words.into())].into(),
        ..LocalizedText::default()
    })
}

pub(crate) fn node_name(id: &str) -> String {
    format!("{PLAN}/nodes/{id}")
}

pub(crate) fn link(node: &str, kind: PlanLinkKind) -> PlanLink {
    PlanLink {
        node: node_name(node),
        kind: kind.into(),
        provenance: None,
    }
}

/// A held event of a dialogue on a day.
pub(crate) fn event(dialogue: &str, id: &str, start: &str) -> Event {
    Event {
        name: format!("dialogues/{dialogue}/events/{id}"),
        state: EventState::Held.into(),
        title: text(id),
        start: date(start),
        ..Event::default()
    }
}

/// An adopted recommendation of an event.
pub(crate) fn recommendation(dialogue: &str, id: &str, event: &str) -> Recommendation {
    Recommendation {
        name: format!("dialogues/{dialogue}/recommendations/{id}"),
        event: event.into(),
        state: RecommendationState::Adopted.into(),
        text: text(id),
        ..Recommendation::default()
    }
}

pub(crate) fn node(id: &str, kind: PlanNodeKind, parent: &str) -> PlanNode {
    PlanNode {
        name: node_name(id),
        code: id.into(),
        kind: kind.into(),
        parent_node: if parent.is_empty() {
            String::new()
        } else {
            node_name(parent)
        },
        text: text(id),
        ..PlanNode::default()
    }
}

/// Two areas; objectives 1, 2 and 5 (as 5a and 5b); actions 1.1, 1.2 and 5a.1; 29 actions declared.
pub(crate) fn plan() -> Model {
    use PlanNodeKind::{Action, Area, Objective};
    let mut model = Model::default();
    model.put(Plan {
        name: PLAN.into(),
        title: text("Cadiz"),
        declared_counts: vec![DeclaredCount {
            kind: Action.into(),
            count: 29,
            provenance: None,
        }],
        ..Plan::default()
    });
    for (id, kind, parent) in [
        ("a1", Area, ""),
        ("a3", Area, ""),
        ("1", Objective, "a1"),
        ("2", Objective, "a1"),
        ("5a", Objective, "a3"),
        ("5b", Objective, "a3"),
        ("1.1", Action, "1"),
        ("1.2", Action, "1"),
        ("5a.1", Action, "5a"),
    ] {
        let mut node = node(id, kind, parent);
        if id == "5a" || id == "5b" {
            node.counts_as = "5".into();
        }
        model.put(node);
    }
    model
}
