use std::collections::BTreeSet;

use rapporteur_proto::gateway::v1::ListDuesRequest;
use rapporteur_proto::recommendations::v1::{AfterEvent, Cycle, Schedule};

use super::*;
use crate::Asked;
use crate::model::Model;
use crate::sample::{
    Put as _, addressee, commitment, date, event, every, history, recommendation, report,
};
use crate::subject::is_handed_in;

const TEXT: &str = "dialogues/rabat/recommendations/r";
const SUBJECT: &str = "dialogues/rabat/recommendations/r/addressees/pt";

fn base() -> Model {
    let mut model = Model::default();
    model.put(recommendation("rabat", "r", ""));
    model.put(addressee(TEXT, "pt"));
    model
}

fn listed(model: &Model, request: &ListDuesRequest) -> Vec<Due> {
    let question = Dues::read(request, i64::MAX / 2).unwrap();
    let all = Asked {
        after: &[],
        size: usize::MAX,
    };
    dues(model, &question, all).unwrap().entries
}

/// Days, reports and lateness of the dues until a day.
fn told(model: &Model, on: &str, to: &str) -> Vec<(String, String, Option<i32>)> {
    let request = ListDuesRequest {
        on: on.into(),
        to: to.into(),
        ..ListDuesRequest::default()
    };
    let id = |name: &str| name.rsplit('/').next().unwrap().to_owned();
    listed(model, &request)
        .into_iter()
        .map(|due| (due.due.unwrap().value, id(&due.report), due.late_days))
        .collect()
}

fn due(day: &str, report: &str, late: Option<i32>) -> (String, String, Option<i32>) {
    (day.to_owned(), report.to_owned(), late)
}

#[test]
fn months_are_counted_from_the_first_due() {
    let mut model = base();
    model.put(every("s", 1, "2024-01-31"));
    let days: Vec<String> = told(&model, "2024-06-01", "2024-05-31")
        .into_iter()
        .map(|(day, ..)| day)
        .collect();
    assert_eq!(
        days,
        [
            "2024-01-31",
            "2024-02-29",
            "2024-03-31",
            "2024-04-30",
            "2024-05-31"
        ]
    );
}

#[test]
fn a_report_meets_the_nearest_due_and_a_late_one_is_late() {
    let mut model = base();
    model.put(every("s", 12, "2024-06-30"));
    model.put(report(
        "in-time",
        SUBJECT,
        "2024-06-01",
        Implementation::InProgress,
    ));
    model.put(report(
        "late",
        SUBJECT,
        "2025-07-15",
        Implementation::InProgress,
    ));
    let seen = told(&model, "2026-07-10", "2026-12-31");
    let expected = [
        due("2024-06-30", "in-time", None),
        due("2025-06-30", "late", Some(15)),
        due("2026-06-30", "", Some(10)),
    ];
    assert_eq!(seen, expected);
    let mut named = report("named", SUBJECT, "2026-07-09", Implementation::InProgress);
    named.schedule = "dialogues/rabat/schedules/s".into();
    named.due = date("2025-06-30");
    model.put(named);
    let seen = told(&model, "2026-07-10", "2026-12-31");
    assert_eq!(
        seen[2],
        due("2026-06-30", "", Some(10)),
        "it meets just the due that it names"
    );
}

#[test]
fn what_was_addressed_later_owes_nothing_before() {
    let mut model = base();
    model.put(every("s", 12, "2020-06-30"));
    assert_eq!(told(&model, "2024-12-31", "2024-12-31").len(), 1);
    let mut text = recommendation("rabat", "r", "");
    text.state = rapporteur_proto::recommendations::v1::RecommendationState::Retired.into();
    model.put(text);
    assert!(
        told(&model, "2024-12-31", "2024-12-31").is_empty(),
        "nothing is owed for a retired text"
    );
}

#[test]
fn cycles_events_and_own_days_make_dues_too() {
    let mut model = base();
    let cycle = |id: &str, opens: &str, closes: &str| Cycle {
        id: id.into(),
        opens: date(opens),
        closes: date(closes),
    };
    model.put(Schedule {
        name: "dialogues/rabat/schedules/cycles".into(),
        cycles: vec![
            cycle("2024", "2024-09-01", "2024-10-31"),
            cycle("2025", "", "2025-10"),
        ],
        ..Schedule::default()
    });
    model.put(event("rabat", "som", "2024-11-10"));
    model.put(Schedule {
        name: "dialogues/rabat/schedules/after".into(),
        after_event: Some(AfterEvent {
            event: "dialogues/rabat/events/som".into(),
            days: 90,
        }),
        ..Schedule::default()
    });
    let mut entry = addressee(TEXT, "pt");
    entry.next_due = date("2025-03");
    model.put(entry);
    let days: Vec<String> = told(&model, "2025-01-01", "")
        .into_iter()
        .map(|(day, ..)| day)
        .collect();
    assert_eq!(
        days,
        ["2024-10-31", "2025-02-08", "2025-03-31", "2025-10-31"]
    );
}

#[test]
fn a_commitment_meets_its_day_when_it_is_completed() {
    let mut model = Model::default();
    let mut one = commitment("rabat", "c", &["pt"]);
    one.due = date("2024-06-30");
    model.put(one.clone());
    model.put(report(
        "p",
        &one.name,
        "2024-06-01",
        Implementation::InProgress,
    ));
    let seen = told(&model, "2024-07-10", "2024-12-31");
    assert_eq!(
        seen,
        [due("2024-06-30", "", Some(10))],
        "a report alone completes nothing"
    );
    one.state = CommitmentState::Completed.into();
    model.put(one);
    assert_eq!(
        told(&model, "2024-07-10", "2024-12-31"),
        [due("2024-06-30", "", None)]
    );
}

#[test]
fn a_schedule_is_about_what_it_names() {
    let about = |schedule: Schedule| {
        let mut model = base();
        model.put(recommendation("khartoum", "k", ""));
        model.put(addressee("dialogues/khartoum/recommendations/k", "pt"));
        let mut one = commitment("rabat", "c", &["ma"]);
        one.plan_nodes = vec![crate::sample::node_name("1.1")];
        model.put(one);
        for node in crate::sample::plan().nodes.into_values() {
            model.put(node);
        }
        model.put(schedule);
        let request = ListDuesRequest {
            on: "2025-01-01".into(),
            to: "2025-01-01".into(),
            ..ListDuesRequest::default()
        };
        let dues = listed(&model, &request);
        let ids = dues
            .iter()
            .map(|due| due.subject.rsplit('/').nth(2).unwrap().to_owned());
        ids.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    let s = || every("s", 12, "2024-06-30");
    let named = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    let commitment = "dialogues/rabat/commitments/c";
    assert_eq!(about(s()), ["r"], "all texts of its dialogue");
    let texts = Schedule {
        recommendations: named(&["dialogues/khartoum/recommendations/k"]),
        ..s()
    };
    assert_eq!(about(texts), ["k"], "texts of another where it names them");
    let commitments = Schedule {
        commitments: named(&[commitment]),
        ..s()
    };
    assert_eq!(about(commitments), ["rabat"]);
    let nodes = Schedule {
        plan_nodes: vec![crate::sample::node_name("a1")],
        ..s()
    };
    assert_eq!(about(nodes), ["rabat"], "a node below the one named");
    let parties = Schedule {
        parties: named(&["parties/ma"]),
        ..s()
    };
    assert!(about(parties).is_empty());
}

#[test]
fn no_due_is_there_twice_and_each_stays_within_its_bounds() {
    let mut seen = 0;
    for seed in 1..60 {
        let mut model = Model::default();
        history::history(seed * 104_729, 200)
            .iter()
            .for_each(|step| step.apply(&mut model));
        let request = ListDuesRequest {
            on: "2025-01-01".into(),
            from: "2023-01-01".into(),
            to: "2027-06-30".into(),
            ..ListDuesRequest::default()
        };
        let dues = listed(&model, &request);
        let days: Vec<&str> = dues
            .iter()
            .map(|due| due.due.as_ref().unwrap().value.as_str())
            .collect();
        assert!(days.is_sorted());
        assert!(
            days.iter()
                .all(|day| ("2023-01-01"..="2027-06-30").contains(day))
        );
        let keys: BTreeSet<_> = dues
            .iter()
            .zip(&days)
            .map(|(due, day)| (&due.schedule, &due.subject, day))
            .collect();
        assert_eq!(keys.len(), dues.len(), "seed {seed}");
        for due in dues.iter().filter(|due| !due.report.is_empty()) {
            let report = &model.reports[&due.report];
            assert!(is_handed_in(report) && report.subject == due.subject);
        }
        seen += dues.len();
    }
    assert!(seen > 1_000, "{seen}");
}

#[test]
fn every_wrong_field_of_a_request_is_named() {
    let request = ListDuesRequest {
        name: "schedule".into(),
        from: "then".into(),
        to: "9999-01-01".into(),
        ..ListDuesRequest::default()
    };
    let error = Dues::read(&request, 0).unwrap_err().to_string();
    for field in ["name:", "from:", "to: 9999-01-01 lies after"] {
        assert!(error.contains(field), "{field} in {error}");
    }
}
