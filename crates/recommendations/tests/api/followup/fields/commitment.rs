//! Of a commitment.

use super::*;

#[tokio::test]
async fn every_field_has_its_rule() {
    let case = Case::new().await;
    let mine = format!("{RABAT}/commitments/mine");
    let indicator = || Indicator {
        id: "trained".into(),
        text: english("Officials trained"),
        ..Indicator::default()
    };
    let value = |value: f64| IndicatorValue {
        value,
        ..IndicatorValue::default()
    };
    let with = |change: &dyn Fn(&mut Commitment)| {
        let mut made = pledge();
        change(&mut made);
        made
    };
    let measured = |change: &dyn Fn(&mut Indicator)| {
        let mut made = indicator();
        change(&mut made);
        Commitment {
            indicators: vec![made],
            ..pledge()
        }
    };
    let matching = CommitmentKind::Matching;
    for (field, code, commitment) in [
        ("kind", INVALID, with(&|c| c.kind = 0)),
        ("kind", INVALID, with(&|c| c.kind = 9)),
        ("state", INVALID, with(&|c| c.state = 99)),
        (
            "state",
            INVALID,
            with(&|c| c.state = CommitmentState::Completed.into()),
        ),
        (
            "state",
            INVALID,
            with(&|c| c.state = CommitmentState::VerifiedComplete.into()),
        ),
        (
            "state",
            INVALID,
            with(&|c| c.state = CommitmentState::Closed.into()),
        ),
        ("title", INVALID, with(&|c| c.title = None)),
        (
            "text.by_language[en]",
            INVALID,
            with(&|c| c.text = english(&"x".repeat(20_001))),
        ),
        ("owners", INVALID, with(&|c| c.owners.clear())),
        (
            "owners[0]",
            INVALID,
            with(&|c| c.owners = vec!["ma".into()]),
        ),
        (
            "owners[1]",
            INVALID,
            with(&|c| c.owners.push("parties/ma".into())),
        ),
        (
            "owners[0]",
            UNKNOWN,
            with(&|c| c.owners = vec!["parties/no".into()]),
        ),
        (
            "partners[0]",
            INVALID,
            with(&|c| c.partners = vec!["parties/ma".into()]),
        ),
        (
            "partners[0]",
            UNKNOWN,
            with(&|c| c.partners = vec!["parties/no".into()]),
        ),
        (
            "lead_post",
            INVALID,
            with(&|c| c.lead_post = "posts/x".into()),
        ),
        (
            "lead_post",
            UNKNOWN,
            with(&|c| c.lead_post = format!("{RABAT}/posts/no")),
        ),
        (
            "recommendations",
            INVALID,
            with(&|c| c.recommendations = names("dialogues/rabat/recommendations", 201)),
        ),
        (
            "recommendations[0]",
            INVALID,
            with(&|c| c.recommendations = vec!["x".into()]),
        ),
        (
            "recommendations[0]",
            UNKNOWN,
            with(&|c| c.recommendations = names("dialogues/rabat/recommendations", 1)),
        ),
        (
            "plan_nodes",
            INVALID,
            with(&|c| c.plan_nodes = names(&format!("{PLAN}/nodes"), 201)),
        ),
        (
            "plan_nodes[0]",
            UNKNOWN,
            with(&|c| c.plan_nodes = vec![format!("{PLAN}/nodes/no")]),
        ),
        ("start.value", INVALID, with(&|c| c.start = day("x"))),
        (
            "due.value",
            INVALID,
            with(&|c| (c.start, c.due) = (day("2025"), day("2024"))),
        ),
        ("matches", INVALID, with(&|c| c.kind = matching.into())),
        ("matches", INVALID, with(&|c| c.matches.clone_from(&mine))),
        (
            "matches",
            UNKNOWN,
            with(&|c| (c.kind, c.matches) = (matching.into(), format!("{RABAT}/commitments/no"))),
        ),
        (
            "themes[0]",
            INVALID,
            with(&|c| c.themes = vec!["Big".into()]),
        ),
        ("visibility", INVALID, with(&|c| c.visibility = 9)),
        ("embargo_until", INVALID, with(&|c| c.visibility = 3)),
        (
            "embargo_until",
            INVALID,
            with(&|c| c.embargo_until = Some(Timestamp::default())),
        ),
        ("word", INVALID, with(&|c| c.word = "x".repeat(501))),
        (
            "vocabulary",
            INVALID,
            with(&|c| c.vocabulary = "grf".into()),
        ),
        (
            "vocabulary",
            UNKNOWN,
            with(&|c| c.vocabulary = "vocabularies/no".into()),
        ),
        ("note", INVALID, with(&|c| c.note = "a\u{202E}b".into())),
        (
            "indicators",
            INVALID,
            with(&|c| {
                c.indicators = (0..51)
                    .map(|n| Indicator {
                        id: n.to_string(),
                        ..indicator()
                    })
                    .collect()
            }),
        ),
        (
            "indicators[0].id",
            INVALID,
            measured(&|i| i.id = "Trained".into()),
        ),
        (
            "indicators[1].id",
            INVALID,
            with(&|c| c.indicators = vec![indicator(), indicator()]),
        ),
        ("indicators[0].text", INVALID, measured(&|i| i.text = None)),
        (
            "indicators[0].unit",
            INVALID,
            measured(&|i| i.unit = "x".repeat(501)),
        ),
        (
            "indicators[0].baseline.value",
            INVALID,
            measured(&|i| i.baseline = Some(value(f64::NAN))),
        ),
        (
            "indicators[0].target.value",
            INVALID,
            measured(&|i| i.target = Some(value(f64::INFINITY))),
        ),
        (
            "indicators[0].values[0].on.value",
            INVALID,
            measured(&|i| {
                i.values = vec![IndicatorValue {
                    on: day("x"),
                    ..value(1.0)
                }]
            }),
        ),
        (
            "indicators[0].values[0].indicator",
            INVALID,
            measured(&|i| {
                i.values = vec![IndicatorValue {
                    indicator: "other".into(),
                    ..value(1.0)
                }]
            }),
        ),
    ] {
        let answer = case.commitment("mine", commitment).await;
        assert_eq!(refused(answer), (code, format!("commitment.{field}")));
    }
    // One that stands where a verb with a reason leads needs the reason.
    let cancelled = CreateCommitmentRequest {
        parent: RABAT.into(),
        commitment: Some(with(&|c| c.state = CommitmentState::Cancelled.into())),
        ..Default::default()
    };
    let answer = case.commitments().create_commitment(cancelled).await;
    assert_eq!(refused(answer), (INVALID, "reason".into()));
    let nowhere = CreateCommitmentRequest {
        parent: "dialogues/no".into(),
        commitment: Some(pledge()),
        ..Default::default()
    };
    let answer = case.commitments().create_commitment(nowhere).await;
    assert_eq!(refused(answer), (UNKNOWN, "parent".into()));
}
