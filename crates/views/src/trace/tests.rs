use rapporteur_proto::recommendations::v1::{
    Addressee, Commitment, CommitmentEntry, CommitmentState, Evidence, Implementation, Instrument,
    LedgerEntry, ProgressReportEntry, ProgressReportState, Relation, RelationKind, Response, Voice,
};
use rapporteur_proto::r#type::v1::PlanLinkKind;

use super::*;
use crate::sample::{self, Put as _, date, event, link, recommendation};

const MEETING: &str = "dialogues/rabat/events/2023-missing";
const LIST: &str = "dialogues/rabat/instruments/list";
const NETWORK: &str = "dialogues/rabat/recommendations/network";

/// A meeting adopts a list with one element, addressed to a party that answers and reports; a network is
/// launched that follows the meeting up, and a later meeting touches the same node.
fn story() -> Model {
    let mut model = sample::plan();
    let mut meeting = event("rabat", "2023-missing", "2023-09-20");
    meeting.plan_links = vec![link("5a.1", PlanLinkKind::Addressed)];
    model.put(meeting);
    model.put(Instrument {
        name: LIST.into(),
        event: MEETING.into(),
        adopted: date("2023-09-21"),
        ..Instrument::default()
    });
    let mut network = recommendation("rabat", "network", "");
    network.instrument = LIST.into();
    network.plan_links = vec![link("5a.1", PlanLinkKind::Addressed)];
    model.put(network);
    let entry = |on: &str| LedgerEntry {
        on: date(on),
        word: "designated".into(),
        ..LedgerEntry::default()
    };
    model.put(Addressee {
        name: format!("{NETWORK}/addressees/gm"),
        party: "parties/gm".into(),
        entries: vec![
            LedgerEntry {
                response: Response::Supported.into(),
                ..entry("2024-01-10")
            },
            LedgerEntry {
                implementation: Implementation::Implemented.into(),
                ..entry("2024-07-01")
            },
        ],
        ..Addressee::default()
    });
    let mut launch = event("rabat", "2024-launch", "2024-07-18");
    launch.follows_up = vec![MEETING.into()];
    model.put(launch);
    let mut banjul = event("rabat", "2025-banjul", "2025-07-09");
    banjul.plan_links = vec![link("5a.1", PlanLinkKind::Addressed)];
    model.put(banjul);
    model
}

fn told(model: &Model, name: &str) -> Vec<(String, String, Option<i32>)> {
    let last = |name: &str| name.rsplit('/').next().unwrap().to_owned();
    let hops = trace(model, name).unwrap();
    hops.into_iter()
        .map(|hop| {
            (
                format!("{} {}", hop.kind, last(&hop.name)),
                hop.relation,
                hop.from_hop,
            )
        })
        .collect()
}

fn step(record: &str, relation: &str, from: Option<i32>) -> (String, String, Option<i32>) {
    (record.to_owned(), relation.to_owned(), from)
}

#[test]
fn the_life_of_a_recommendation_is_the_same_from_each_of_its_records() {
    let model = story();
    let expected = [
        step("event 2023-missing", "", None),
        step("instrument list", "adopted by", Some(0)),
        step("recommendation network", "element of", Some(1)),
        step("addressee gm", "addressed to", Some(2)),
        step("response gm", "answered", Some(3)),
        step("implementation gm", "reported", Some(3)),
        step("event 2024-launch", "follows up", Some(0)),
        step(
            "event 2025-banjul",
            "touches the same plan node 5a.1",
            Some(2),
        ),
    ];
    for name in [MEETING, LIST, NETWORK] {
        assert_eq!(told(&model, name), expected, "from {name}");
    }
}

#[test]
fn what_became_of_a_commitment_is_told_across_dialogues() {
    let mut model = story();
    let gm = format!("{NETWORK}/addressees/gm");
    let entry = |state: CommitmentState, on: &str| CommitmentEntry {
        state: state.into(),
        on: date(on),
        ..CommitmentEntry::default()
    };
    model.put(Commitment {
        name: "dialogues/khartoum/commitments/c".into(),
        owners: vec!["parties/ke".into()],
        recommendations: vec![NETWORK.into()],
        entries: vec![
            entry(CommitmentState::Accepted, "2024-02-01"),
            CommitmentEntry {
                owners: vec!["parties/ke".into()],
                former_owners: vec!["parties/et".into()],
                on: date("2024-04-01"),
                reason: "a new ministry".into(),
                ..CommitmentEntry::default()
            },
        ],
        ..Commitment::default()
    });
    let moved = |state: ProgressReportState, on: &str| ProgressReportEntry {
        state: state.into(),
        on: date(on),
        ..ProgressReportEntry::default()
    };
    let mut report = sample::report("p", &gm, "2024-05-01", Implementation::Implemented);
    report.author_party = "parties/gm".into();
    report.verifier = "parties/icmpd".into();
    report.entries = vec![
        moved(ProgressReportState::Submitted, "2024-05-01"),
        moved(ProgressReportState::Verified, "2024-06-01"),
        moved(ProgressReportState::Published, "2024-06-02"),
    ];
    report.evidence = vec![Evidence {
        quote: "has designated a focal point".into(),
        ..Evidence::default()
    }];
    model.put(report);
    let mut draft = sample::report("draft", &gm, "", Implementation::Planned);
    draft.state = ProgressReportState::Draft.into();
    model.put(draft);
    model.put(sample::assessment(
        "ngo",
        &gm,
        Voice::ThirdParty,
        Implementation::InProgress,
    ));
    let hops = trace(&model, NETWORK).unwrap();
    let told: Vec<_> = hops
        .iter()
        .map(|hop| {
            let actors: Vec<_> = hop
                .actors
                .iter()
                .filter_map(|a| a.strip_prefix("parties/"))
                .collect();
            let date = hop.date.as_ref().map_or("", |date| date.value.as_str());
            format!("{date} {} {} {}", hop.kind, hop.relation, actors.join("+"))
        })
        .collect();
    for expected in [
        "2024-02-01 commitment carries out ke",
        "2024-02-01 commitment_state became et",
        "2024-04-01 commitment_state taken over ke",
        "2024-05-01 report reports on gm",
        "2024-06-01 report verified icmpd",
        "2024-06-02 report published gm",
        "2025-01-01 assessment assesses ngo",
        "2024-01-10 response answered gm",
    ] {
        assert!(
            told.iter().any(|one| one == expected),
            "{expected} in {told:#?}"
        );
    }
    assert_eq!(
        hops.iter().filter(|hop| hop.kind == "report").count(),
        3,
        "no draft"
    );
    let reported = hops
        .iter()
        .find(|hop| hop.relation == "reports on")
        .unwrap();
    assert_eq!(reported.provenance[0].quote, "has designated a focal point");
    // From either end the way leads to the meeting of the other dialogue.
    for name in [gm.as_str(), "dialogues/khartoum/commitments/c"] {
        let hops = trace(&model, name).unwrap();
        assert_eq!(hops[0].name, MEETING, "{name}");
        assert!(hops.iter().any(|hop| hop.name == name));
    }
}

#[test]
fn later_means_later() {
    let model = story();
    let hops = told(&model, "dialogues/rabat/events/2025-banjul");
    assert_eq!(
        hops,
        [step("event 2025-banjul", "", None)],
        "earlier events that touch the node are no outcome"
    );
    let launch = told(&model, "dialogues/rabat/events/2024-launch");
    assert_eq!(
        launch,
        [
            step("event 2023-missing", "", None),
            step("event 2024-launch", "follows up", Some(0))
        ]
    );
}

#[test]
fn relations_are_told_from_both_ends() {
    let mut model = story();
    let mut newer = recommendation("rabat", "newer", "dialogues/rabat/events/2024-launch");
    newer.relations = vec![Relation {
        kind: RelationKind::Supersedes.into(),
        target: NETWORK.into(),
        provenance: None,
    }];
    newer.adopted = date("2024-07-18");
    model.put(newer);
    let older = told(&model, NETWORK);
    assert!(
        older.contains(&step("recommendation newer", "supersedes", Some(2))),
        "{older:?}"
    );
    let newer = told(&model, "dialogues/rabat/recommendations/newer");
    let relations: Vec<_> = newer
        .iter()
        .filter(|s| s.0 == "recommendation newer")
        .map(|s| s.1.as_str())
        .collect();
    assert_eq!(
        relations,
        ["made at", "supersedes"],
        "a hop for each origin: {newer:?}"
    );
}

#[test]
fn circles_and_crowds_end() {
    let mut model = Model::default();
    for number in 0..1_000 {
        let mut event = event("rabat", &format!("e{number:03}"), "2024-01-01");
        event.follows_up = vec![format!(
            "dialogues/rabat/events/e{:03}",
            (number + 1) % 1_000
        )];
        model.put(event);
    }
    let hops = trace(&model, "dialogues/rabat/events/e000").unwrap();
    assert!(hops.len() <= MOST_HOPS);
    for (place, hop) in hops.iter().enumerate() {
        assert!(
            hop.from_hop
                .is_none_or(|from| usize::try_from(from).unwrap() < place)
        );
    }
    let mut own = event("rabat", "own", "2024-01-01");
    own.follows_up = vec![own.name.clone()];
    model.put(own);
    assert_eq!(
        trace(&model, "dialogues/rabat/events/own").unwrap().len(),
        1
    );
}

#[test]
fn a_name_is_checked() {
    let model = story();
    assert!(matches!(
        trace(&model, "parties/pt"),
        Err(Error::Invalid { .. })
    ));
    assert!(matches!(
        trace(&model, "dialogues/rabat/events/none"),
        Err(Error::NotFound { .. })
    ));
}
