//! A report from draft to publication, and what verifying it moves.

use rapporteur_recommendations::progress_report::machine::{MOVES, Verb};

use super::*;
use ProgressReportState as State;

const VERBS: [Verb; 7] = [
    Verb::Update,
    Verb::Submit,
    Verb::Return,
    Verb::Redraft,
    Verb::Verify,
    Verb::Publish,
    Verb::Retract,
];

/// The verbs that lead from a draft to a state.
fn way_to(state: State) -> &'static [Verb] {
    match state {
        State::Submitted => &[Verb::Submit],
        State::Returned => &[Verb::Submit, Verb::Return],
        State::Verified => &[Verb::Submit, Verb::Verify],
        State::Published => &[Verb::Submit, Verb::Verify, Verb::Publish],
        State::Retracted => &[Verb::Submit, Verb::Verify, Verb::Publish, Verb::Retract],
        State::Draft | State::Unspecified => &[],
    }
}

fn who(verb: Verb) -> &'static str {
    if matches!(verb, Verb::Update | Verb::Submit) {
        "author"
    } else {
        "verifier"
    }
}

#[tokio::test]
async fn every_pair_of_state_and_verb() {
    let case = Case::new().await;
    let states = [
        State::Draft,
        State::Submitted,
        State::Returned,
        State::Verified,
        State::Published,
        State::Retracted,
    ];
    for from in states {
        let legal: Vec<Verb> = MOVES.iter().filter(|m| m.0 == from).map(|m| m.1).collect();
        for verb in VERBS {
            let name = case.report("", about(&case.addressee)).await.unwrap().name;
            for step in way_to(from) {
                case.moved(&name, *step, who(*step)).await.unwrap();
            }
            let answer = case.moved(&name, verb, who(verb)).await;
            if legal.contains(&verb) {
                let to = MOVES.iter().find(|m| m.0 == from && m.1 == verb).unwrap().2;
                assert_eq!(answer.unwrap().state(), to, "{from:?} {verb:?}");
                continue;
            }
            let (code, why, told) = reason(answer);
            let words: Vec<&str> = legal.iter().map(|v| v.word()).collect();
            assert_eq!(
                (code, why.as_str(), told),
                (
                    Code::FailedPrecondition,
                    "ILLEGAL_TRANSITION",
                    words.join(", ")
                ),
                "{from:?} {verb:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_report_tells_its_life() {
    let case = Case::new().await;
    let made = case.report("first", about(&case.addressee)).await.unwrap();
    assert_eq!(made.name, format!("{RABAT}/reports/first"));
    assert_eq!(
        (made.state(), made.authors),
        (State::Draft, vec!["author".to_owned()])
    );
    case.moved(&made.name, Verb::Update, "colleague")
        .await
        .unwrap();
    let focal = format!("{RABAT}/posts/ma-focal");
    let handed_in = case
        .moved_as(&made.name, Verb::Submit, "head", &focal, "2025-02-01")
        .await
        .unwrap();
    assert_eq!(handed_in.authors, ["author", "colleague", "head"]);
    assert_eq!(handed_in.author_post, focal);
    assert_eq!(handed_in.submitted.unwrap().value, "2025-02-01");
    // What is handed in is a claim.
    assert_eq!(
        case.addressee().await.implementation(),
        Implementation::None
    );
    let back = case
        .moved_as(&made.name, Verb::Return, "reader", "", "2025-01-31")
        .await;
    assert_eq!(refused(back), (Code::InvalidArgument, "on.value".into()));
    let back = ReturnProgressReportRequest {
        name: made.name.clone(),
        ..Default::default()
    };
    let back = case.reports().return_progress_report(back).await;
    assert_eq!(refused(back), (Code::InvalidArgument, "reason".into()));
    for verb in [
        Verb::Return,
        Verb::Redraft,
        Verb::Submit,
        Verb::Verify,
        Verb::Publish,
    ] {
        let caller = if verb == Verb::Submit {
            "author"
        } else {
            "reader"
        };
        case.moved(&made.name, verb, caller).await.unwrap();
    }
    let retracted = case
        .moved(&made.name, Verb::Retract, "reader")
        .await
        .unwrap();
    let states: Vec<State> = retracted
        .entries
        .iter()
        .map(ProgressReportEntry::state)
        .collect();
    assert_eq!(
        states,
        [
            State::Submitted,
            State::Returned,
            State::Draft,
            State::Submitted,
            State::Verified,
            State::Published,
            State::Retracted
        ]
    );
    let last = retracted.entries.last().unwrap();
    assert_eq!(
        (last.reason.as_str(), last.recorded_by.as_str()),
        ("because", "reader")
    );
    assert!(last.record_time.is_some());
    // What it moved stays, until another report moves it.
    assert_eq!(
        case.addressee().await.implementation(),
        Implementation::InProgress
    );
}

#[tokio::test]
async fn what_is_verified_moves_the_addressee() {
    let case = Case::new().await;
    let first = case
        .proven("a", &case.addressee, Implementation::Planned)
        .await;
    assert_eq!(
        (first.verified(), first.verifier.as_str()),
        (Implementation::Planned, "parties/un")
    );
    let addressee = case.addressee().await;
    let entry = addressee.entries.last().unwrap();
    assert_eq!(addressee.implementation(), Implementation::Planned);
    assert_eq!(
        (
            entry.report.as_str(),
            entry.verifier.as_str(),
            entry.recorded_by.as_str()
        ),
        (first.name.as_str(), "parties/un", "verifier")
    );
    // The same again is an entry without a move.
    case.proven("b", &case.addressee, Implementation::Planned)
        .await;
    case.proven("c", &case.addressee, Implementation::Implemented)
        .await;
    assert_eq!(case.addressee().await.entries.len(), 3);
}

#[tokio::test]
async fn a_verifier_finds_under_the_rules_of_the_ledger() {
    let case = Case::new().await;
    case.proven("done", &case.addressee, Implementation::Implemented)
        .await;
    let name = case.report("d", about(&case.addressee)).await.unwrap().name;
    case.moved(&name, Verb::Submit, "author").await.unwrap();
    let plain = VerifyProgressReportRequest {
        name: name.clone(),
        verifier: "parties/un".into(),
        reason: "the office closed".into(),
        ..Default::default()
    };
    let found = |implementation: Implementation| VerifyProgressReportRequest {
        implementation: implementation.into(),
        ..plain.clone()
    };
    let verify = async |request| {
        let answer = case
            .reports()
            .verify_progress_report(by("verifier", request))
            .await;
        answer.map(tonic::Response::into_inner)
    };
    // Something else than the authors claim.
    let (code, why, legal) = reason(verify(found(Implementation::Stalled)).await);
    assert_eq!(
        (code, why.as_str()),
        (Code::FailedPrecondition, "ILLEGAL_TRANSITION")
    );
    assert_eq!(legal, "verify in_progress, verify not_applicable");
    let without = |field: &str| {
        let mut request = plain.clone();
        match field {
            "reason" => request.reason.clear(),
            "verifier" => request.verifier.clear(),
            _ => request.on = day("2024-01-01"),
        }
        request
    };
    for field in ["reason", "verifier", "on.value"] {
        assert_eq!(refused(verify(without(field)).await).1, field);
    }
    assert_eq!(
        refused(verify(found(Implementation::None)).await).1,
        "implementation"
    );
    let nobody = VerifyProgressReportRequest {
        verifier: "parties/nobody".into(),
        ..plain.clone()
    };
    assert_eq!(
        refused(verify(nobody).await),
        (Code::FailedPrecondition, "verifier".into())
    );
    // Nothing of what was refused is written, and nothing of what was only checked.
    let checked = VerifyProgressReportRequest {
        validate_only: true,
        ..plain.clone()
    };
    assert_eq!(verify(checked).await.unwrap().state(), State::Verified);
    assert_eq!(case.addressee().await.entries.len(), 1);
    let once = VerifyProgressReportRequest {
        request_id: "once".into(),
        ..plain.clone()
    };
    for _ in 0..2 {
        let verified = verify(once.clone()).await.unwrap();
        assert_eq!(
            (verified.state(), verified.name),
            (State::Verified, name.clone())
        );
    }
    let addressee = case.addressee().await;
    assert_eq!(
        (addressee.implementation(), addressee.entries.len()),
        (Implementation::InProgress, 2)
    );
}

#[tokio::test]
async fn reports_on_one_subject_are_verified_at_the_same_time() {
    let case = Case::new().await;
    let mut names = Vec::new();
    for id in ["a", "b", "c", "d", "e", "f"] {
        let name = case.report(id, about(&case.addressee)).await.unwrap().name;
        case.moved(&name, Verb::Submit, "author").await.unwrap();
        names.push(name);
    }
    let calls = names.iter().map(|name| {
        let (mut reports, name) = (case.reports(), name.clone());
        tokio::spawn(async move {
            let verify = VerifyProgressReportRequest {
                name,
                verifier: "parties/un".into(),
                ..Default::default()
            };
            reports.verify_progress_report(by("verifier", verify)).await
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    let entries = case.addressee().await.entries;
    let mut told: Vec<String> = entries.into_iter().map(|e| e.report).collect();
    told.sort();
    assert_eq!(told, names);
}
