//! What others think stands beside what is verified, and moves nothing.

use super::*;

fn thought(subject: &str, voice: Voice, status: Implementation) -> Assessment {
    Assessment {
        subject: subject.into(),
        assessor: if voice == Voice::Self_ {
            "parties/ma"
        } else {
            "parties/un"
        }
        .into(),
        voice: voice.into(),
        status: status.into(),
        ..Assessment::default()
    }
}

#[tokio::test]
async fn a_score_is_given_or_made_of_the_status() {
    use Implementation as I;
    let case = Case::new().await;
    for (status, score) in [
        (I::None, None),
        (I::NotStarted, Some(0.0)),
        (I::Planned, Some(0.0)),
        (I::Stalled, Some(0.5)),
        (I::InProgress, Some(0.5)),
        (I::PartiallyImplemented, Some(0.5)),
        (I::Implemented, Some(1.0)),
        (I::NotApplicable, None),
    ] {
        let made = case
            .assessment("", thought(&case.addressee, Voice::Secretariat, status))
            .await;
        let made = made.unwrap();
        assert_eq!(made.score, score, "{status:?}");
        assert!(made.date.is_some());
    }
    assert_eq!(case.addressee().await.implementation(), I::None);
    let update =
        |name: &str, status: I, score: Option<f64>, paths: &[&str]| UpdateAssessmentRequest {
            assessment: Some(Assessment {
                name: name.into(),
                status: status.into(),
                score,
                ..Assessment::default()
            }),
            update_mask: Some(FieldMask {
                paths: paths.iter().map(|p| (*p).to_owned()).collect(),
            }),
            ..Default::default()
        };
    let updated = async |request| {
        let answer = case.assessments().update_assessment(request).await;
        answer.unwrap().into_inner().score
    };
    let thought = thought(&case.addressee, Voice::Secretariat, I::Planned);
    let made = case.assessment("made", thought.clone()).await.unwrap().name;
    assert_eq!(
        updated(update(&made, I::Implemented, None, &["status"])).await,
        Some(1.0)
    );
    assert_eq!(
        updated(update(&made, I::Implemented, Some(0.7), &["score"])).await,
        Some(0.7)
    );
    // A score that was given stays.
    assert_eq!(
        updated(update(&made, I::Planned, None, &["status"])).await,
        Some(0.7)
    );
    let other = UpdateAssessmentRequest {
        assessment: Some(Assessment {
            name: made,
            subject: format!("{}/addressees/pt", case.recommendation),
            ..thought
        }),
        ..Default::default()
    };
    let answer = case.assessments().update_assessment(other).await;
    assert_eq!(
        refused(answer),
        (Code::InvalidArgument, "assessment.subject".into())
    );
}

#[tokio::test]
async fn every_field_has_its_rule() {
    let case = Case::new().await;
    let (invalid, unknown) = (Code::InvalidArgument, Code::FailedPrecondition);
    let nobody = format!("{}/addressees/gb", case.recommendation);
    let with = |change: &dyn Fn(&mut Assessment)| {
        let mut made = thought(&case.addressee, Voice::ThirdParty, Implementation::Planned);
        change(&mut made);
        made
    };
    for (field, code, assessment) in [
        (
            "subject",
            invalid,
            with(&|a| a.subject = "parties/ma".into()),
        ),
        ("subject", unknown, with(&|a| a.subject.clone_from(&nobody))),
        ("assessor", invalid, with(&|a| a.assessor.clear())),
        (
            "assessor",
            unknown,
            with(&|a| a.assessor = "parties/no".into()),
        ),
        (
            "assessor",
            invalid,
            with(&|a| a.voice = Voice::Self_.into()),
        ),
        ("voice", invalid, with(&|a| a.voice = 0)),
        ("voice", invalid, with(&|a| a.voice = 9)),
        ("status", invalid, with(&|a| a.status = 0)),
        ("status", invalid, with(&|a| a.status = 99)),
        ("method", invalid, with(&|a| a.method = "x".repeat(501))),
        ("word", invalid, with(&|a| a.word = "x".repeat(501))),
        (
            "vocabulary",
            invalid,
            with(&|a| a.vocabulary = "words".into()),
        ),
        ("score", invalid, with(&|a| a.score = Some(1.1))),
        ("score", invalid, with(&|a| a.score = Some(-0.1))),
        ("score", invalid, with(&|a| a.score = Some(f64::NAN))),
        ("date.value", invalid, with(&|a| a.date = day("x"))),
        ("date.value", invalid, with(&|a| a.date = day("2999"))),
        (
            "text.by_language[x y]",
            invalid,
            with(&|a| {
                a.text = Some(LocalizedText {
                    by_language: [("x y".to_owned(), "z".to_owned())].into(),
                    ..LocalizedText::default()
                });
            }),
        ),
        ("visibility", invalid, with(&|a| a.visibility = 9)),
        ("embargo_until", invalid, with(&|a| a.visibility = 3)),
    ] {
        let answer = case.assessment("", assessment).await;
        assert_eq!(refused(answer), (code, format!("assessment.{field}")));
    }
    let own = thought(&case.addressee, Voice::Self_, Implementation::Planned);
    case.assessment("", own).await.unwrap();
}
