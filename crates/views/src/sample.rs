//! Small hand-made records for the tests of all views.

use prost::Name;
use rapporteur_proto::events::v1::{
    DeclaredCount, Dialogue, Event, EventState, Party, Plan, PlanNode, PlanNodeKind, Post,
    PostDuty, PostHolder,
};
use rapporteur_proto::recommendations::v1::{
    Addressee, Assessment, Commitment, CommitmentState, Implementation, Instrument, Interval,
    ProgressReport, ProgressReportState, Recommendation, RecommendationState, Response, Schedule,
    Verdict, Voice,
};
use rapporteur_proto::r#type::v1::{CivilDate, LocalizedText, PlanLink, PlanLinkKind};

use crate::Model;
use crate::day::Day;

pub(crate) mod history;

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
    Post,
    Party,
    Dialogue,
    Instrument,
    Recommendation,
    Addressee,
    Commitment,
    ProgressReport,
    Assessment,
    Schedule,
    Verdict,
    rapporteur_proto::events::v1::Chairmanship,
    rapporteur_proto::events::v1::Crosswalk
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

/// The addressee of a recommendation for a party.
pub(crate) fn addressee(recommendation: &str, party: &str) -> Addressee {
    Addressee {
        name: format!("{recommendation}/addressees/{party}"),
        party: format!("parties/{party}"),
        addressed: date("2024-01-01"),
        response: Response::None.into(),
        implementation: Implementation::None.into(),
        ..Addressee::default()
    }
}

/// A commitment under way of some parties.
pub(crate) fn commitment(dialogue: &str, id: &str, owners: &[&str]) -> Commitment {
    Commitment {
        name: format!("dialogues/{dialogue}/commitments/{id}"),
        title: text(id),
        owners: owners.iter().map(|o| format!("parties/{o}")).collect(),
        state: CommitmentState::InProgress.into(),
        implementation: Implementation::None.into(),
        start: date("2024-01-01"),
        ..Commitment::default()
    }
}

/// A report handed in on a day.
pub(crate) fn report(
    id: &str,
    subject: &str,
    submitted: &str,
    claimed: Implementation,
) -> ProgressReport {
    ProgressReport {
        name: format!("dialogues/rabat/reports/{id}"),
        subject: subject.into(),
        state: ProgressReportState::Submitted.into(),
        submitted: date(submitted),
        claimed: claimed.into(),
        author_party: "parties/pt".into(),
        ..ProgressReport::default()
    }
}

/// What somebody found on a day.
pub(crate) fn assessment(
    id: &str,
    subject: &str,
    voice: Voice,
    status: Implementation,
) -> Assessment {
    Assessment {
        name: format!("dialogues/rabat/assessments/{id}"),
        subject: subject.into(),
        assessor: format!("parties/{id}"),
        voice: voice.into(),
        status: status.into(),
        date: date("2025-01-01"),
        ..Assessment::default()
    }
}

/// The post of a party in the dialogue, held by somebody since a day.
pub(crate) fn post(id: &str, party: &str, duty: PostDuty, since: &str) -> Post {
    Post {
        name: format!("dialogues/rabat/posts/{id}"),
        party: format!("parties/{party}"),
        duty: duty.into(),
        holders: vec![PostHolder {
            holder: format!("parties/{id}-holder"),
            start: date(since),
            end: None,
        }],
        ..Post::default()
    }
}

/// A schedule of the dialogue: every so many months.
pub(crate) fn every(id: &str, months: i32, first_due: &str) -> Schedule {
    Schedule {
        name: format!("dialogues/rabat/schedules/{id}"),
        interval: Some(Interval {
            months,
            first_due: date(first_due),
        }),
        ..Schedule::default()
    }
}

/// A dialogue in two languages.
pub(crate) fn dialogue(id: &str) -> Dialogue {
    Dialogue {
        name: format!("dialogues/{id}"),
        title: text(id),
        languages: vec!["en".into(), "fr".into()],
        secretariat: "parties/icmpd".into(),
        ..Dialogue::default()
    }
}

/// A party with a title.
pub(crate) fn party(id: &str) -> Party {
    Party {
        name: format!("parties/{id}"),
        title: text(&id.to_uppercase()),
        ..Party::default()
    }
}

/// A day on which everything may be seen.
pub(crate) fn on(day: &str) -> Day {
    let request = rapporteur_records::words::date::parse(day).unwrap();
    let mut wrong = rapporteur_records::Violations::default();
    Day::read(&mut wrong, &request.first.to_string(), None, i64::MAX / 2)
}
