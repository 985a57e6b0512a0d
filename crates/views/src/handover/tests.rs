use rapporteur_proto::events::v1::{ChairmanshipState, PostDuty};
use rapporteur_proto::recommendations::v1::Implementation;

use super::*;
use crate::sample::{
    self, Put as _, addressee, commitment, date, dialogue, event, every, party, post,
    recommendation, report,
};

fn chair(id: &str, party: &str, start: &str, end: &str) -> Chairmanship {
    Chairmanship {
        name: format!("dialogues/rabat/chairmanships/{id}"),
        party: format!("parties/{party}"),
        start: date(start),
        end: date(end),
        state: ChairmanshipState::HandedOver.into(),
        ..Chairmanship::default()
    }
}

/// Portugal hands over to Nigeria: two meetings, one of them in its term, an open and a done addressee.
fn record() -> Model {
    let mut model = sample::plan();
    model.put(dialogue("rabat"));
    model.put(dialogue("khartoum"));
    for id in ["pt", "ma", "ng"] {
        model.put(party(id));
    }
    let mut term = chair("2024", "pt", "2024-01-01", "2024-12-31");
    term.provisional_calendar = vec!["dialogues/rabat/events/joint".into(), "x".into()];
    model.put(term);
    model.put(chair("2023", "pt", "2023-01-01", "2023-12-31"));
    model.put(chair("2025", "ng", "2025-01-01", ""));
    model.put(event("rabat", "before", "2023-05-01"));
    let mut joint = event("khartoum", "joint", "2024-06-01");
    joint.joint_dialogues = vec!["dialogues/rabat".into()];
    model.put(joint);
    let mut to_come = event("rabat", "to-come", "2025-06-01");
    to_come.state = EventState::Planned.into();
    model.put(to_come);
    let mut draft = event("rabat", "draft", "2025-05-01");
    draft.state = EventState::Draft.into();
    model.put(draft);
    let mut text = recommendation("rabat", "r", "dialogues/rabat/events/before");
    text.adopted = date("2024-03-01");
    model.put(text);
    let on = |party: &str, implementation: Implementation| {
        let mut entry = addressee("dialogues/rabat/recommendations/r", party);
        entry.addressed = date("2024-03-01");
        entry.implementation = implementation.into();
        entry
    };
    model.put(on("pt", Implementation::Implemented));
    model.put(on("ma", Implementation::None));
    model.put(post("ma-fp", "ma", PostDuty::FocalPoint, ""));
    model.put(commitment("rabat", "c", &["ma"]));
    model.put(every("s", 12, "2024-06-30"));
    model
}

fn asked(from: &str, to: &str) -> Result<Handover> {
    let request = GetHandoverRequest {
        dialogue: "dialogues/rabat".into(),
        from: from.into(),
        to: to.into(),
        on: "2024-12-31".into(),
        ..GetHandoverRequest::default()
    };
    handover(&record(), &HandoverQuestion::read(&request, i64::MAX / 2)?)
}

#[test]
fn a_chair_hands_over_what_is_open_promised_planned_and_due() {
    let pack = asked("parties/pt", "parties/ng").unwrap();
    let last = |name: &str| name.rsplit('/').next().unwrap().to_owned();
    let (from, to) = (pack.from.as_ref().unwrap(), pack.to.as_ref().unwrap());
    assert_eq!(
        last(&from.chairmanship),
        "2024",
        "the last of its chairmanships"
    );
    assert_eq!(last(&to.chairmanship), "2025");
    let terms: Vec<_> = pack
        .terms
        .iter()
        .map(|term| last(&term.chairmanship))
        .collect();
    assert_eq!(terms, ["2023", "2024", "2025"]);
    let figures = [
        from.events_held,
        from.recommendations_adopted,
        from.open,
        from.overdue,
        from.implemented,
        from.not_held,
    ];
    // The commitment was taken on in that term too.
    assert_eq!(figures, [1, 1, 2, 1, 1, 2]);
    let names = |items: &[rapporteur_proto::gateway::v1::OpenItem]| {
        items
            .iter()
            .map(|item| last(&item.name))
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&pack.open), ["c", "ma"]);
    assert_eq!(names(&pack.promised), ["c"]);
    let events =
        |events: &[HandoverEvent]| events.iter().map(|e| last(&e.name)).collect::<Vec<_>>();
    assert_eq!(events(&pack.planned), ["draft", "to-come"]);
    assert_eq!(events(&pack.held), ["joint"]);
    assert_eq!(pack.coverage.len(), 1);
    assert_eq!(pack.coverage[0].groups.len(), 3);
    assert!(!pack.gaps.is_empty());
    let counts = pack.counts.as_ref().unwrap();
    assert_eq!((counts.addressees, counts.commitments), (2, 1));
    let dues: Vec<_> = pack
        .dues
        .iter()
        .map(|d| d.due.as_ref().unwrap().value.as_str())
        .collect();
    assert_eq!(
        dues,
        ["2025-06-30"],
        "of the year to come, since no end of the term is known"
    );
    let named: Vec<_> = pack.names.iter().map(|one| one.name.as_str()).collect();
    let expected = [
        "dialogues/rabat",
        "dialogues/rabat/posts/ma-fp",
        "parties/ma",
        "parties/ng",
        "parties/pt",
    ];
    assert_eq!(named, expected);
    let post = pack.names[1].title.as_ref().unwrap();
    assert_eq!(post.by_language["en"], "focal point, MA");
    assert_eq!(
        asked("parties/pt", "parties/ng").unwrap(),
        pack,
        "the same record, the same pack"
    );
}

#[test]
fn who_chairs_is_named_or_refused() {
    let by_name = asked("dialogues/rabat/chairmanships/2023", "parties/ng").unwrap();
    assert_eq!(by_name.from.unwrap().events_held, 1);
    assert!(matches!(
        asked("parties/ma", "parties/ng"),
        Err(Error::Precondition {
            reason: "NO_CHAIRMANSHIP",
            ..
        })
    ));
    assert!(matches!(
        asked("parties/none", "parties/ng"),
        Err(Error::NotFound { .. })
    ));
    let error = asked("pt", "dialogues/khartoum/chairmanships/x")
        .unwrap_err()
        .to_string();
    assert!(error.contains("from:") && error.contains("to:"), "{error}");
}

#[test]
fn everybody_sees_neither_drafts_nor_claims() {
    let mut model = record();
    let subject = "dialogues/rabat/recommendations/r/addressees/ma";
    model.put(report(
        "p",
        subject,
        "2024-11-01",
        Implementation::InProgress,
    ));
    let request = |public_only| GetHandoverRequest {
        dialogue: "dialogues/rabat".into(),
        from: "parties/pt".into(),
        to: "parties/ng".into(),
        on: "2024-12-31".into(),
        public_only,
        ..GetHandoverRequest::default()
    };
    let pack = |public_only| {
        let question = HandoverQuestion::read(&request(public_only), i64::MAX / 2).unwrap();
        handover(&model, &question).unwrap()
    };
    let (all, public) = (pack(false), pack(true));
    assert_eq!((all.planned.len(), public.planned.len()), (2, 1));
    assert_eq!(all.open[1].claimed(), Implementation::InProgress);
    assert_eq!(public.open[1].claimed(), Implementation::Unspecified);
    assert_eq!(
        (
            all.open[1].standpoints.len(),
            public.open[1].standpoints.len()
        ),
        (1, 0)
    );
    assert_eq!(public.open[1].last_report_on, all.open[1].last_report_on);
}
