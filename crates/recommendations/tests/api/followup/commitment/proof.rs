//! What verified reports prove of a commitment.

use super::*;

#[tokio::test]
async fn that_it_is_done_needs_a_verified_report() {
    let case = Case::new().await;
    let name = case.commitment("c", pledge()).await.unwrap().name;
    for step in way_to(State::Completed) {
        moved(&case, &name, *step).await.unwrap();
    }
    let verify = async |report: &str| {
        let request = VerifyCommitmentRequest {
            name: name.clone(),
            report: report.into(),
            ..Default::default()
        };
        let answer = case.commitments().verify_commitment(request).await;
        answer.map(tonic::Response::into_inner)
    };
    let not_verified = |answer| reason::<Commitment>(answer).1;
    assert_eq!(not_verified(verify("").await), "NOT_VERIFIED");
    let claim = ProgressReport {
        claimed: Implementation::Implemented.into(),
        ..about(&name)
    };
    let claim = case.report("claim", claim).await.unwrap().name;
    case.moved(&claim, ReportVerb::Submit, "author")
        .await
        .unwrap();
    let elsewhere = case
        .proven("other", &case.addressee, Implementation::Implemented)
        .await
        .name;
    let partly = case
        .proven("partly", &name, Implementation::InProgress)
        .await
        .name;
    for report in ["", &claim, &elsewhere, &partly] {
        assert_eq!(
            not_verified(verify(report).await),
            "NOT_VERIFIED",
            "{report}"
        );
    }
    let unknown = format!("{RABAT}/reports/no");
    assert_eq!(
        refused(verify(&unknown).await),
        (Code::FailedPrecondition, "report".into())
    );
    let done = case
        .proven("done", &name, Implementation::Implemented)
        .await
        .name;
    // Taken back, it says nothing any more.
    case.moved(&done, ReportVerb::Publish, "editor")
        .await
        .unwrap();
    case.moved(&done, ReportVerb::Retract, "editor")
        .await
        .unwrap();
    assert_eq!(not_verified(verify("").await), "NOT_VERIFIED");
    let again = case
        .proven("again", &name, Implementation::Implemented)
        .await
        .name;
    let made = verify("").await.unwrap();
    assert_eq!(made.entries.last().unwrap().report, again);
    assert_eq!(
        (made.state(), made.implementation()),
        (State::VerifiedComplete, Implementation::Implemented)
    );
}

#[tokio::test]
async fn verified_reports_add_to_the_indicators() {
    let case = Case::new().await;
    let value = |value: f64, on: &str| IndicatorValue {
        value,
        on: day(on),
        ..IndicatorValue::default()
    };
    let indicator = Indicator {
        id: "trained".into(),
        text: english("Officials trained"),
        unit: "persons".into(),
        baseline: Some(value(0.0, "2024")),
        target: Some(value(100.0, "2026")),
        values: vec![
            value(10.0, "2024-06-30"),
            IndicatorValue {
                report: format!("{RABAT}/reports/forged"),
                ..value(99.0, "2024-07-01")
            },
            value(50.0, "2025-06-30"),
        ],
    };
    let committed = Commitment {
        indicators: vec![indicator],
        ..pledge()
    };
    let mut made = case.commitment("c", committed).await.unwrap();
    made.etag.clear();
    assert_eq!(made.indicators[0].values.len(), 2);
    let report = ProgressReport {
        period_end: day("2024-12-31"),
        indicator_values: vec![IndicatorValue {
            indicator: "trained".into(),
            ..value(30.0, "")
        }],
        ..about(&made.name)
    };
    let mut wrong = report.clone();
    wrong.indicator_values[0].indicator = "jobs".into();
    let field = "progress_report.indicator_values[0].indicator";
    assert_eq!(
        refused(case.report("", wrong).await),
        (Code::InvalidArgument, field.into())
    );
    let wrong = ProgressReport {
        subject: case.addressee.clone(),
        ..report.clone()
    };
    assert_eq!(refused(case.report("", wrong).await).1, field);

    let name = case.report("r", report).await.unwrap().name;
    case.moved(&name, ReportVerb::Submit, "author")
        .await
        .unwrap();
    case.moved(&name, ReportVerb::Verify, "verifier")
        .await
        .unwrap();
    let update = |commitment: Commitment| UpdateCommitmentRequest {
        commitment: Some(commitment),
        ..Default::default()
    };
    // Whatever an update says, what was verified stays; and only there.
    let answer = case
        .commitments()
        .update_commitment(update(made.clone()))
        .await;
    let values = answer.unwrap().into_inner().indicators.remove(0).values;
    let told: Vec<(f64, &str)> = values
        .iter()
        .map(|v| (v.value, v.report.as_str()))
        .collect();
    assert_eq!(told, [(10.0, ""), (30.0, name.as_str()), (50.0, "")]);
    let without = Commitment {
        indicators: Vec::new(),
        ..made
    };
    let answer = case.commitments().update_commitment(update(without)).await;
    assert_eq!(
        refused(answer),
        (Code::InvalidArgument, "commitment.indicators".into())
    );
}
