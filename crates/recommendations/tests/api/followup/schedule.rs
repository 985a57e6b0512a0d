//! Schedules: exactly one way to say when, and rounds that do not overlap.

use super::*;

fn yearly() -> Schedule {
    Schedule {
        title: english("Yearly"),
        interval: Some(Interval {
            months: 12,
            first_due: day("2025-03-31"),
        }),
        ..Schedule::default()
    }
}

fn cycle(id: &str, opens: &str, closes: &str) -> Cycle {
    Cycle {
        id: id.into(),
        opens: day(opens),
        closes: day(closes),
    }
}

fn rounds(cycles: Vec<Cycle>) -> Schedule {
    Schedule {
        interval: None,
        cycles,
        ..yearly()
    }
}

fn after(event: &str, days: i32) -> Schedule {
    Schedule {
        interval: None,
        after_event: Some(AfterEvent {
            event: event.into(),
            days,
        }),
        ..yearly()
    }
}

#[tokio::test]
async fn every_field_has_its_rule() {
    let case = Case::new().await;
    let (invalid, unknown) = (Code::InvalidArgument, Code::FailedPrecondition);
    let with = |change: &dyn Fn(&mut Schedule)| {
        let mut made = yearly();
        change(&mut made);
        made
    };
    let every = |months, first_due: &str| Schedule {
        interval: Some(Interval {
            months,
            first_due: day(first_due),
        }),
        ..yearly()
    };
    let one = || cycle("2025", "2025-01-01", "2025-03-31");
    for (field, code, schedule) in [
        ("title", invalid, with(&|s| s.title = None)),
        ("interval", invalid, with(&|s| s.interval = None)),
        ("interval", invalid, with(&|s| s.cycles = vec![one()])),
        (
            "interval",
            invalid,
            with(&|s| s.after_event = after(LISBON, 1).after_event),
        ),
        ("interval.months", invalid, every(0, "2025-03-31")),
        ("interval.months", invalid, every(121, "2025-03-31")),
        ("interval.first_due", invalid, every(12, "")),
        ("interval.first_due.value", invalid, every(12, "2025-03")),
        (
            "cycles",
            invalid,
            rounds(
                (0..101)
                    .map(|n| cycle(&format!("c{n}"), "2025-01-01", "2025-01-01"))
                    .collect(),
            ),
        ),
        (
            "cycles[0].id",
            invalid,
            rounds(vec![cycle("", "2025-01-01", "2025-03-31")]),
        ),
        (
            "cycles[1].id",
            invalid,
            rounds(vec![one(), cycle("2025", "2026-01-01", "2026-03-31")]),
        ),
        (
            "cycles[0].opens",
            invalid,
            rounds(vec![cycle("a", "", "2025-03-31")]),
        ),
        (
            "cycles[0].closes",
            invalid,
            rounds(vec![cycle("a", "2025-03-31", "")]),
        ),
        (
            "cycles[0].closes.value",
            invalid,
            rounds(vec![cycle("a", "2025-01-01", "2025-03")]),
        ),
        (
            "cycles[0].closes.value",
            invalid,
            rounds(vec![cycle("a", "2025-04-01", "2025-03-31")]),
        ),
        (
            "cycles[1].opens.value",
            invalid,
            rounds(vec![one(), cycle("b", "2025-03-31", "2025-04-30")]),
        ),
        ("after_event.event", invalid, after("events/x", 1)),
        (
            "after_event.event",
            unknown,
            after("dialogues/rabat/events/no", 1),
        ),
        ("after_event.days", invalid, after(LISBON, 3_661)),
        ("after_event.days", invalid, after(LISBON, -3_661)),
        (
            "recommendations[0]",
            invalid,
            with(&|s| s.recommendations = vec!["x".into()]),
        ),
        (
            "recommendations[0]",
            unknown,
            with(&|s| s.recommendations = vec![format!("{RABAT}/recommendations/no")]),
        ),
        (
            "instruments[0]",
            unknown,
            with(&|s| s.instruments = vec![format!("{RABAT}/instruments/no")]),
        ),
        (
            "commitments[0]",
            unknown,
            with(&|s| s.commitments = vec![format!("{RABAT}/commitments/no")]),
        ),
        (
            "plan_nodes[0]",
            unknown,
            with(&|s| s.plan_nodes = vec![format!("{PLAN}/nodes/no")]),
        ),
        (
            "parties[1]",
            invalid,
            with(&|s| s.parties = vec!["parties/ma".into(), "parties/ma".into()]),
        ),
        ("start.value", invalid, with(&|s| s.start = day("x"))),
        (
            "end.value",
            invalid,
            with(&|s| (s.start, s.end) = (day("2025"), day("2024"))),
        ),
        ("note", invalid, with(&|s| s.note = "x".repeat(20_001))),
    ] {
        let answer = case.schedule("", schedule).await;
        assert_eq!(refused(answer), (code, format!("schedule.{field}")));
    }
}

#[tokio::test]
async fn schedules_are_kept_changed_and_listed() {
    let case = Case::new().await;
    let made = case.schedule("yearly", yearly()).await.unwrap();
    case.schedule("after", after(LISBON, -30)).await.unwrap();
    let touching = vec![
        cycle("2026", "2026-01-01", "2026-03-31"),
        cycle("2025", "2025-01-01", "2025-12-31"),
    ];
    case.schedule("rounds", rounds(touching)).await.unwrap();
    let list = |parent: &str| ListSchedulesRequest {
        parent: parent.into(),
        ..Default::default()
    };
    let listed = case
        .schedules()
        .list_schedules(list("dialogues/-"))
        .await
        .unwrap()
        .into_inner();
    let ids: Vec<&str> = listed
        .schedules
        .iter()
        .map(|s| s.name.rsplit('/').next().unwrap())
        .collect();
    assert_eq!(ids, ["after", "rounds", "yearly"]);
    let nowhere = case.schedules().list_schedules(list("dialogues/no")).await;
    assert_eq!(refused(nowhere).0, Code::NotFound);
    let update = UpdateScheduleRequest {
        schedule: Some(Schedule {
            interval: None,
            ..made
        }),
        ..Default::default()
    };
    let answer = case.schedules().update_schedule(update).await;
    assert_eq!(refused(answer).1, "schedule.interval");
}
