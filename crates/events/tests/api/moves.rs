//! State machines: every pair of a state and a verb moves, or is refused with what would.

use rapporteur_proto::events::v1::*;
use rapporteur_proto::r#type::v1::{Claim, Document, PlanLink, PlanLinkKind};
use tonic::{Code, Response, Status};

use crate::harness::*;

const EVENT_STATES: [EventState; 8] = [
    EventState::Draft,
    EventState::Planned,
    EventState::Confirmed,
    EventState::Held,
    EventState::Reported,
    EventState::Closed,
    EventState::Postponed,
    EventState::Cancelled,
];

/// The state machine of the domain, written down a second time.
fn event_moves(state: EventState) -> Vec<(&'static str, EventState)> {
    use EventState::{Cancelled, Closed, Confirmed, Draft, Held, Planned, Postponed, Reported};
    match state {
        Draft => vec![("plan", Planned), ("cancel", Cancelled)],
        Planned => vec![
            ("confirm", Confirmed),
            ("postpone", Postponed),
            ("cancel", Cancelled),
        ],
        Confirmed => vec![
            ("hold", Held),
            ("postpone", Postponed),
            ("cancel", Cancelled),
        ],
        Held => vec![("report", Reported)],
        Reported => vec![("close", Closed), ("correct", Held)],
        Postponed => vec![
            ("plan", Planned),
            ("confirm", Confirmed),
            ("cancel", Cancelled),
        ],
        _ => vec![],
    }
}

async fn act(house: &mut House, verb: &str, name: &str, why: &str) -> Result<Event, Status> {
    let events = &mut house.events;
    macro_rules! call {
        ($rpc:ident, $request:ident { $($field:ident: $value:expr),* }) => {{
            let (name, reason) = (name.into(), why.into());
            events.$rpc($request { name, reason, $($field: $value,)* ..Default::default() }).await
        }};
    }
    let answer = match verb {
        "plan" => call!(plan_event, PlanEventRequest {}),
        "confirm" => call!(confirm_event, ConfirmEventRequest {}),
        "hold" => call!(hold_event, HoldEventRequest {}),
        "report" => call!(report_event, ReportEventRequest { no_outcome: true }),
        "close" => call!(close_event, CloseEventRequest {}),
        "postpone" => call!(postpone_event, PostponeEventRequest {}),
        "cancel" => call!(cancel_event, CancelEventRequest {}),
        _ => call!(correct_event, CorrectEventRequest {}),
    };
    answer.map(Response::into_inner)
}

#[tokio::test]
async fn every_move_of_an_event_is_legal_or_says_what_is() {
    let mut house = House::furnished().await;
    for state in EVENT_STATES {
        for verb in [
            "plan", "confirm", "hold", "report", "close", "postpone", "cancel", "correct",
        ] {
            let moves = event_moves(state);
            let legal = moves.iter().find(|(v, _)| *v == verb);
            let start = Event {
                state: state.into(),
                no_outcome: true,
                start: date("2024-10-16"),
                ..event()
            };
            let created = house.event("", start).await;
            match (act(&mut house, verb, &created.name, "because").await, legal) {
                (Ok(moved), Some((_, to))) => {
                    assert_eq!(moved.state(), *to, "{state:?} {verb}");
                    let kept = if ["postpone", "cancel", "correct"].contains(&verb) {
                        "because"
                    } else {
                        ""
                    };
                    assert_eq!(moved.state_reason, kept);
                    assert_eq!(moved.no_outcome, verb != "correct");
                }
                (Err(refused), None) => {
                    assert_eq!(refused.code(), Code::FailedPrecondition, "{state:?} {verb}");
                    assert_eq!(reason(&refused), "ILLEGAL_TRANSITION");
                    let words: Vec<&str> = moves.iter().map(|(v, _)| *v).collect();
                    assert_eq!(told(&refused, "legal_moves"), words.join(", "));
                    assert_eq!(told(&refused, "subject"), created.name);
                }
                (answer, _) => panic!("{state:?} {verb}: {answer:?}"),
            }
        }
    }
    house.close().await;
}

#[tokio::test]
async fn putting_off_calling_off_and_correcting_need_a_reason() {
    let mut house = House::furnished().await;
    for (state, verb) in [
        (EventState::Planned, "postpone"),
        (EventState::Draft, "cancel"),
        (EventState::Reported, "correct"),
    ] {
        let start = Event {
            state: state.into(),
            no_outcome: true,
            ..event()
        };
        let created = house.event("", start).await;
        assert_eq!(
            wrong_fields(&act(&mut house, verb, &created.name, " ").await.unwrap_err()),
            ["reason"],
            "{verb}"
        );
    }
    // The same holds for an event that is recorded in such a state.
    for state in [EventState::Postponed, EventState::Cancelled] {
        let event = Some(Event {
            state: state.into(),
            ..event()
        });
        let request = CreateEventRequest {
            parent: RABAT.into(),
            event,
            ..Default::default()
        };
        assert_eq!(
            wrong_fields(&house.events.create_event(request).await.unwrap_err()),
            ["reason"]
        );
    }
    let cancelled = house
        .event(
            "",
            Event {
                state: EventState::Cancelled.into(),
                ..event()
            },
        )
        .await;
    assert_eq!(cancelled.state_reason, "recorded by a test");
}

#[tokio::test]
async fn what_was_held_does_not_lie_in_the_future() {
    let mut house = House::furnished().await;
    let held = EventState::Held;
    for (start, end, zone, good) in [
        ("2024-10-16", "2024-10-17", "", true),
        ("2024-10-16T09:30", "", "Europe/Lisbon", true),
        ("2024", "", "", true),
        ("", "", "", true),
        ("2024-10-16", "", "Africa/Casablanca", true),
        ("9000-01-01", "", "", false),
        ("9000", "", "", false),
        ("9000-10-16T09:30", "", "Europe/Lisbon", false),
    ] {
        let known = |value: &str| if value.is_empty() { None } else { date(value) };
        let event = Event {
            start: known(start),
            end: known(end),
            time_zone: zone.into(),
            ..event()
        };
        let recorded = house
            .try_event(
                "",
                Event {
                    state: held.into(),
                    ..event.clone()
                },
            )
            .await;
        let confirmed = house
            .event(
                "",
                Event {
                    state: EventState::Confirmed.into(),
                    ..event
                },
            )
            .await;
        let moved = act(&mut house, "hold", &confirmed.name, "").await;
        for answer in [recorded, moved] {
            match answer {
                Ok(event) => assert!(good && event.state() == held, "{start}"),
                Err(refused) => assert_eq!(
                    (good, reason(&refused).as_str()),
                    (false, "NOT_OVER"),
                    "{start}"
                ),
            }
        }
    }
    // Nor can a held event be moved there.
    let mut late = house
        .event(
            "",
            Event {
                state: held.into(),
                start: date("2024"),
                ..event()
            },
        )
        .await;
    late.start = date("9000");
    let request = UpdateEventRequest {
        event: Some(late),
        ..Default::default()
    };
    assert_eq!(
        reason(&house.events.update_event(request).await.unwrap_err()),
        "NOT_OVER"
    );
}

#[tokio::test]
async fn a_report_needs_an_outcome_or_that_there_is_none() {
    let mut house = House::furnished().await;
    let document = |kind: &str| Document {
        id: "d".into(),
        kind: kind.into(),
        ..Document::default()
    };
    let claim = Claim {
        id: "c".into(),
        measure: "participants".into(),
        value: Some(156),
        ..Claim::default()
    };
    let link = |kind: PlanLinkKind| PlanLink {
        node: format!("{CADIZ}/nodes/5a"),
        kind: kind.into(),
        ..PlanLink::default()
    };
    let held = Event {
        state: EventState::Held.into(),
        ..event()
    };
    for (event, good) in [
        (held.clone(), false),
        (
            Event {
                documents: vec![document("agenda")],
                ..held.clone()
            },
            false,
        ),
        (
            Event {
                plan_links: vec![link(PlanLinkKind::Planned)],
                ..held.clone()
            },
            false,
        ),
        (
            Event {
                documents: vec![document("outcome")],
                ..held.clone()
            },
            true,
        ),
        (
            Event {
                documents: vec![document("report")],
                ..held.clone()
            },
            true,
        ),
        (
            Event {
                plan_links: vec![link(PlanLinkKind::Addressed)],
                ..held.clone()
            },
            true,
        ),
        (
            Event {
                claims: vec![claim],
                ..held.clone()
            },
            true,
        ),
        (
            Event {
                no_outcome: true,
                ..held.clone()
            },
            true,
        ),
    ] {
        let created = house.event("", event.clone()).await;
        let request = ReportEventRequest {
            name: created.name,
            ..Default::default()
        };
        let moved = house
            .events
            .report_event(request)
            .await
            .map(Response::into_inner);
        let recorded = house
            .try_event(
                "",
                Event {
                    state: EventState::Closed.into(),
                    ..event
                },
            )
            .await;
        for answer in [moved, recorded] {
            match answer {
                Ok(_) => assert!(good),
                Err(refused) => {
                    assert_eq!((good, reason(&refused).as_str()), (false, "NO_OUTCOME"))
                }
            }
        }
    }
    let created = house.event("", held).await;
    let request = ReportEventRequest {
        name: created.name,
        no_outcome: true,
        ..Default::default()
    };
    assert!(
        house
            .events
            .report_event(request)
            .await
            .unwrap()
            .into_inner()
            .no_outcome
    );
}
