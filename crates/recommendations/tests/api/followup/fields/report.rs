//! Of a report.

use super::*;

#[tokio::test]
async fn every_field_has_its_rule() {
    let case = Case::new().await;
    let link = |url: &str| Evidence {
        id: "minutes".into(),
        link: Some(Link {
            url: url.into(),
            ..Link::default()
        }),
        ..Evidence::default()
    };
    let good = || link("https://example.org/minutes");
    let with = |change: &dyn Fn(&mut ProgressReport)| {
        let mut made = about(&case.addressee);
        change(&mut made);
        made
    };
    let proven = |change: &dyn Fn(&mut Evidence)| {
        let mut made = good();
        change(&mut made);
        ProgressReport {
            evidence: vec![made],
            ..about(&case.addressee)
        }
    };
    let schedule = Schedule {
        title: english("After"),
        after_event: Some(AfterEvent {
            event: LISBON.into(),
            days: 30,
        }),
        ..Schedule::default()
    };
    let schedule = case.schedule("s", schedule).await.unwrap().name;
    let nobody = format!("{}/addressees/gb", case.recommendation);
    for (field, code, report) in [
        (
            "subject",
            INVALID,
            with(&|r| r.subject.clone_from(&case.recommendation)),
        ),
        ("subject", UNKNOWN, with(&|r| r.subject.clone_from(&nobody))),
        ("author_party", INVALID, with(&|r| r.author_party.clear())),
        // Of another addressee.
        (
            "author_party",
            INVALID,
            with(&|r| r.author_party = "parties/pt".into()),
        ),
        (
            "author_post",
            INVALID,
            with(&|r| r.author_post = "posts/x".into()),
        ),
        (
            "author_post",
            UNKNOWN,
            with(&|r| r.author_post = format!("{RABAT}/posts/no")),
        ),
        (
            "period_start.value",
            INVALID,
            with(&|r| r.period_start = day("x")),
        ),
        (
            "period_end.value",
            INVALID,
            with(&|r| (r.period_start, r.period_end) = (day("2025"), day("2024"))),
        ),
        (
            "narrative.by_language[en]",
            INVALID,
            with(&|r| r.narrative = english(&"x".repeat(20_001))),
        ),
        ("claimed", INVALID, with(&|r| r.claimed = 99)),
        (
            "claimed",
            INVALID,
            with(&|r| r.claimed = Implementation::None.into()),
        ),
        ("word", INVALID, with(&|r| r.word = "x".repeat(501))),
        (
            "vocabulary",
            INVALID,
            with(&|r| r.vocabulary = "grf".into()),
        ),
        ("percent", INVALID, with(&|r| r.percent = Some(101))),
        ("percent", INVALID, with(&|r| r.percent = Some(-1))),
        (
            "evidence",
            INVALID,
            with(&|r| {
                r.evidence = (0..101)
                    .map(|n| Evidence {
                        id: n.to_string(),
                        ..good()
                    })
                    .collect()
            }),
        ),
        ("evidence[0].id", INVALID, proven(&|e| e.id.clear())),
        (
            "evidence[1].id",
            INVALID,
            with(&|r| r.evidence = vec![good(), good()]),
        ),
        ("evidence[0].link", INVALID, proven(&|e| e.link = None)),
        (
            "evidence[0].link.url",
            INVALID,
            with(&|r| r.evidence = vec![link("")]),
        ),
        (
            "evidence[0].link.url",
            INVALID,
            with(&|r| r.evidence = vec![link("ftp://example.org")]),
        ),
        (
            "evidence[0].sha256",
            INVALID,
            proven(&|e| e.sha256 = "abc".into()),
        ),
        (
            "evidence[0].media_type",
            INVALID,
            proven(&|e| e.media_type = "x".repeat(501)),
        ),
        (
            "evidence[0].quote",
            INVALID,
            proven(&|e| e.quote = "x".repeat(20_001)),
        ),
        (
            "evidence[0].language",
            INVALID,
            proven(&|e| e.language = "x y".into()),
        ),
        (
            "indicator_values",
            INVALID,
            with(&|r| {
                r.indicator_values = vec![
                    IndicatorValue {
                        indicator: "a".into(),
                        ..IndicatorValue::default()
                    };
                    101
                ]
            }),
        ),
        (
            "indicator_values[0].indicator",
            INVALID,
            with(&|r| r.indicator_values = vec![IndicatorValue::default()]),
        ),
        (
            "schedule",
            INVALID,
            with(&|r| r.schedule = "schedules/x".into()),
        ),
        (
            "schedule",
            UNKNOWN,
            with(&|r| (r.schedule, r.due) = (format!("{RABAT}/schedules/no"), day("2025-01-01"))),
        ),
        ("due", INVALID, with(&|r| r.schedule.clone_from(&schedule))),
        ("due", INVALID, with(&|r| r.due = day("2025-01-01"))),
        (
            "due.value",
            INVALID,
            with(&|r| (r.schedule, r.due) = (schedule.clone(), day("2025"))),
        ),
        ("visibility", INVALID, with(&|r| r.visibility = 9)),
        ("embargo_until", INVALID, with(&|r| r.visibility = 3)),
        ("note", INVALID, with(&|r| r.note = "a\u{202E}b".into())),
    ] {
        let answer = case.report("", report).await;
        assert_eq!(refused(answer), (code, format!("progress_report.{field}")));
    }
    let digest = proven(&|e| (e.link, e.sha256) = (None, "ab".repeat(32)));
    let report = ProgressReport {
        schedule,
        due: day("2025-01-01"),
        // What the service alone says is ignored.
        verified: Implementation::Implemented.into(),
        verifier: "parties/un".into(),
        authors: vec!["nobody".into()],
        state: ProgressReportState::Published.into(),
        submitted: day("2024-01-01"),
        ..digest
    };
    let made = case.report("r", report).await.unwrap();
    assert_eq!(
        (
            made.state(),
            made.verified(),
            made.verifier.as_str(),
            made.submitted
        ),
        (
            ProgressReportState::Draft,
            Implementation::Unspecified,
            "",
            None
        )
    );
    assert_eq!(made.authors, ["author"]);

    let subject = UpdateProgressReportRequest {
        progress_report: Some(ProgressReport {
            name: made.name,
            subject: format!("{}/addressees/pt", case.recommendation),
            ..ProgressReport::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["subject".into()],
        }),
        ..Default::default()
    };
    let answer = case.reports().update_progress_report(subject).await;
    assert_eq!(refused(answer), (INVALID, "progress_report.subject".into()));

    // A draft may say nothing yet; what is handed in may not.
    let silent = with(&|r| r.claimed = 0);
    let name = case.report("silent", silent).await.unwrap().name;
    let answer = case.moved(&name, Verb::Submit, "author").await;
    assert_eq!(reason(answer).1, "NOTHING_CLAIMED");

    // A partner of the commitment may report, also from another dialogue.
    let subject = case.commitment("c", pledge()).await.unwrap().name;
    let request = CreateProgressReportRequest {
        parent: CBD.into(),
        progress_report: Some(ProgressReport {
            author_party: "parties/pt".into(),
            ..about(&subject)
        }),
        ..Default::default()
    };
    let made = case
        .reports()
        .create_progress_report(request)
        .await
        .unwrap();
    assert!(made.into_inner().name.starts_with("dialogues/cbd/reports/"));
}
