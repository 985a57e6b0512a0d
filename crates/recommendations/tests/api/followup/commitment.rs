//! A commitment from proposal to closure.

mod proof;

use rapporteur_recommendations::commitment::machine::{MOVES, To, Verb, word};
use rapporteur_recommendations::progress_report::machine::Verb as ReportVerb;

use super::*;
use CommitmentState as State;

const VERBS: [Verb; 11] = [
    Verb::Accept,
    Verb::Decline,
    Verb::Start,
    Verb::Hold,
    Verb::Resume,
    Verb::Complete,
    Verb::Reopen,
    Verb::Verify,
    Verb::Close,
    Verb::Cancel,
    Verb::Reassign,
];

/// Moves a commitment, with all that the verb needs.
async fn moved(case: &Case, name: &str, verb: Verb) -> Result<Commitment, Status> {
    moved_on(case, name, verb, "because", "").await
}

async fn moved_on(
    case: &Case,
    name: &str,
    verb: Verb,
    reason: &str,
    on: &str,
) -> Result<Commitment, Status> {
    let mut commitments = case.commitments();
    let (name, reason) = (name.to_owned(), reason.to_owned());
    macro_rules! call {
        ($method:ident $request:ident $($more:tt)*) => {
            commitments.$method(by("owner", $request {
                name,
                reason,
                on: day(on),
                $($more)*
                ..Default::default()
            })).await
        };
    }
    let answer = match verb {
        Verb::Accept => call!(accept_commitment AcceptCommitmentRequest),
        Verb::Decline => call!(decline_commitment DeclineCommitmentRequest),
        Verb::Start => call!(start_commitment StartCommitmentRequest),
        Verb::Hold => call!(hold_commitment HoldCommitmentRequest),
        Verb::Resume => call!(resume_commitment ResumeCommitmentRequest),
        Verb::Complete => call!(complete_commitment CompleteCommitmentRequest),
        Verb::Reopen => call!(reopen_commitment ReopenCommitmentRequest),
        Verb::Verify => call!(verify_commitment VerifyCommitmentRequest),
        Verb::Close => call!(close_commitment CloseCommitmentRequest),
        Verb::Cancel => call!(cancel_commitment CancelCommitmentRequest),
        Verb::Reassign => {
            call!(reassign_commitment ReassignCommitmentRequest owners: vec!["parties/gm".into()],)
        }
    };
    Ok(answer?.into_inner())
}

/// The verbs that lead from a proposal to a state.
fn way_to(state: State) -> &'static [Verb] {
    use Verb::{Accept, Cancel, Close, Complete, Decline, Hold, Start, Verify};
    match state {
        State::Unspecified | State::Proposed => &[],
        State::Accepted => &[Accept],
        State::Declined => &[Decline],
        State::InProgress => &[Accept, Start],
        State::OnHold => &[Accept, Start, Hold],
        State::Completed => &[Accept, Start, Complete],
        State::VerifiedComplete => &[Accept, Start, Complete, Verify],
        State::Closed => &[Accept, Start, Complete, Verify, Close],
        State::Cancelled => &[Accept, Cancel],
    }
}

#[tokio::test]
async fn every_pair_of_state_and_verb() {
    let case = Case::new().await;
    let states = [
        State::Proposed,
        State::Accepted,
        State::Declined,
        State::InProgress,
        State::OnHold,
        State::Completed,
        State::VerifiedComplete,
        State::Closed,
        State::Cancelled,
    ];
    for from in states {
        let legal: Vec<Verb> = MOVES.iter().filter(|m| m.0 == from).map(|m| m.1).collect();
        for verb in VERBS {
            let name = case.commitment("", pledge()).await.unwrap().name;
            case.proven("", &name, Implementation::Implemented).await;
            for step in way_to(from) {
                moved(&case, &name, *step).await.unwrap();
            }
            let answer = moved(&case, &name, verb).await;
            if !legal.contains(&verb) {
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
                continue;
            }
            let to = match MOVES.iter().find(|m| m.0 == from && m.1 == verb).unwrap().2 {
                To::State(to) => to,
                To::Same => from,
                To::Back => State::InProgress,
            };
            let made = answer.unwrap();
            assert_eq!(made.state(), to, "{} {}", word(from), verb.word());
            let entry = made.entries.last().unwrap();
            assert_eq!(
                (entry.reason.as_str(), entry.recorded_by.as_str()),
                ("because", "owner")
            );
        }
    }
}

#[tokio::test]
async fn verbs_that_undo_or_refuse_need_a_reason() {
    let case = Case::new().await;
    for (state, verb) in [
        (State::Proposed, Verb::Decline),
        (State::Accepted, Verb::Hold),
        (State::InProgress, Verb::Cancel),
        (State::InProgress, Verb::Reassign),
        (State::Completed, Verb::Reopen),
    ] {
        let name = case.commitment("", pledge()).await.unwrap().name;
        for step in way_to(state) {
            moved(&case, &name, *step).await.unwrap();
        }
        let answer = moved_on(&case, &name, verb, " ", "").await;
        assert_eq!(
            refused(answer),
            (Code::InvalidArgument, "reason".into()),
            "{verb:?}"
        );
    }
}

#[tokio::test]
async fn a_hold_ends_where_it_began_and_days_go_forward() {
    let case = Case::new().await;
    let name = case.commitment("c", pledge()).await.unwrap().name;
    for (verb, on, state) in [
        (Verb::Accept, "2025-01", State::Accepted),
        (Verb::Hold, "2025-02-01", State::OnHold),
        (Verb::Reassign, "2025-02-02", State::OnHold),
        (Verb::Resume, "2025-03-01", State::Accepted),
        (Verb::Start, "2025-03-01", State::InProgress),
        (Verb::Hold, "2025-04-01", State::OnHold),
        (Verb::Resume, "2025-05-01", State::InProgress),
    ] {
        let made = moved_on(&case, &name, verb, "because", on).await.unwrap();
        assert_eq!(
            (
                made.state(),
                &made.entries.last().unwrap().on.as_ref().unwrap().value[..]
            ),
            (state, on)
        );
    }
    for bad in ["2025-04-30", "2999-01-01", "soon"] {
        let answer = moved_on(&case, &name, Verb::Complete, "", bad).await;
        assert_eq!(
            refused(answer),
            (Code::InvalidArgument, "on.value".into()),
            "{bad}"
        );
    }
    // Recorded afterwards as on hold: it goes on.
    let held = Commitment {
        state: State::OnHold.into(),
        ..pledge()
    };
    let held = case.commitment("held", held).await.unwrap();
    assert_eq!(held.entries[0].reason, "recorded afterwards");
    assert_eq!(
        moved(&case, &held.name, Verb::Resume)
            .await
            .unwrap()
            .state(),
        State::InProgress
    );
}

#[tokio::test]
async fn owners_change_by_reassigning() {
    let case = Case::new().await;
    let name = case.commitment("c", pledge()).await.unwrap().name;
    let update = |owner: &str| UpdateCommitmentRequest {
        commitment: Some(Commitment {
            name: name.clone(),
            owners: vec![owner.into()],
            ..Default::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["owners".into()],
        }),
        ..Default::default()
    };
    case.commitments()
        .update_commitment(update("parties/gb"))
        .await
        .unwrap();
    moved(&case, &name, Verb::Accept).await.unwrap();
    let answer = case
        .commitments()
        .update_commitment(update("parties/ma"))
        .await;
    assert_eq!(refused(answer).1, "commitment.owners");
    let reassign = |owners: &[&str]| ReassignCommitmentRequest {
        name: name.clone(),
        owners: owners.iter().map(|o| (*o).to_owned()).collect(),
        reason: "a new government".into(),
        ..Default::default()
    };
    for (code, owners) in [
        (Code::InvalidArgument, &[][..]),
        (Code::InvalidArgument, &["parties/gb"][..]),
    ] {
        let answer = case
            .commitments()
            .reassign_commitment(reassign(owners))
            .await;
        assert_eq!(refused(answer), (code, "owners".into()));
    }
    let answer = case
        .commitments()
        .reassign_commitment(reassign(&["parties/no"]))
        .await;
    assert_eq!(
        refused(answer),
        (Code::FailedPrecondition, "commitment.owners[0]".into())
    );
    // A partner becomes the owner.
    let answer = case
        .commitments()
        .reassign_commitment(reassign(&["parties/pt"]))
        .await;
    let made = answer.unwrap().into_inner();
    let entry = made.entries.last().unwrap();
    assert_eq!(
        (made.owners, made.partners),
        (vec!["parties/pt".to_owned()], vec![])
    );
    assert_eq!(
        (&entry.owners[..], &entry.former_owners[..]),
        (
            &["parties/pt".to_owned()][..],
            &["parties/gb".to_owned()][..]
        )
    );
}
