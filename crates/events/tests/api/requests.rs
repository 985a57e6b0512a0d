//! Requests that are repeated, at once or later, and dry runs.

use rapporteur_proto::changes::v1::ListChangesRequest;
use rapporteur_proto::events::v1::*;

use crate::harness::*;

#[tokio::test]
async fn a_repeated_request_is_done_once() {
    let mut house = House::furnished().await;
    let request = CreateEventRequest {
        parent: RABAT.into(),
        event: Some(event()),
        request_id: "5b0c7b3e-0000-4000-8000-000000000001".into(),
        ..Default::default()
    };
    let first = house
        .events
        .create_event(request.clone())
        .await
        .unwrap()
        .into_inner();
    // The record may have moved on meanwhile; the answer is still that of the first time.
    let plan = PlanEventRequest {
        name: first.name.clone(),
        request_id: "r2".into(),
        ..Default::default()
    };
    let planned = house
        .events
        .plan_event(plan.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        house
            .events
            .create_event(request.clone())
            .await
            .unwrap()
            .into_inner(),
        first
    );
    assert_eq!(
        house
            .events
            .plan_event(plan.clone())
            .await
            .unwrap()
            .into_inner(),
        planned
    );
    let listed = ListEventsRequest {
        parent: RABAT.into(),
        ..Default::default()
    };
    assert_eq!(
        house
            .events
            .list_events(listed)
            .await
            .unwrap()
            .into_inner()
            .events,
        [planned]
    );

    let other = CreateEventRequest {
        event: Some(Event {
            ordinal: 6,
            ..event()
        }),
        ..request
    };
    assert_eq!(
        wrong_fields(&house.events.create_event(other).await.unwrap_err()),
        ["request_id"]
    );
    let bad = PlanEventRequest {
        request_id: "not one!".into(),
        ..plan
    };
    assert_eq!(
        wrong_fields(&house.events.plan_event(bad).await.unwrap_err()),
        ["request_id"]
    );
    house.close().await;
}

#[tokio::test]
async fn thirty_two_times_the_same_request_at_once_is_done_once() {
    let mut house = House::furnished().await;
    let request = CreateEventRequest {
        parent: RABAT.into(),
        event_id: "twin".into(),
        event: Some(event()),
        request_id: "again".into(),
        ..Default::default()
    };
    let calls = (0..32).map(|_| {
        let (mut events, request) = (house.events.clone(), request.clone());
        async move { events.create_event(request).await.unwrap().into_inner() }
    });
    let answers = futures::future::join_all(calls).await;
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    let (name, etag) = (answers[0].name.clone(), answers[0].etag.clone());
    let plan = PlanEventRequest {
        name,
        etag,
        request_id: "plan".into(),
        ..Default::default()
    };
    let calls = (0..32).map(|_| {
        let (mut events, plan) = (house.events.clone(), plan.clone());
        async move { events.plan_event(plan).await.unwrap().into_inner() }
    });
    let answers = futures::future::join_all(calls).await;
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    let listed = ListEventsRequest {
        parent: RABAT.into(),
        ..Default::default()
    };
    assert_eq!(
        house
            .events
            .list_events(listed)
            .await
            .unwrap()
            .into_inner()
            .events
            .len(),
        1
    );
    house.close().await;
}

#[tokio::test]
async fn a_dry_run_checks_everything_and_writes_nothing() {
    let mut house = House::furnished().await;
    let created = house.event("x", event()).await;
    let head = ListChangesRequest {
        page_size: 1_000,
        ..Default::default()
    };
    let before = house
        .changes
        .list_changes(head.clone())
        .await
        .unwrap()
        .into_inner()
        .next_token;

    let dry = CreateEventRequest {
        parent: RABAT.into(),
        event: Some(event()),
        validate_only: true,
        ..Default::default()
    };
    assert!(
        house
            .events
            .create_event(dry.clone())
            .await
            .unwrap()
            .into_inner()
            .uid
            .len()
            == 36
    );
    let wrong = CreateEventRequest {
        event: Some(Event {
            ordinal: -1,
            ..event()
        }),
        ..dry
    };
    assert_eq!(
        wrong_fields(&house.events.create_event(wrong).await.unwrap_err()),
        ["event.ordinal"]
    );
    let plan = PlanEventRequest {
        name: created.name.clone(),
        validate_only: true,
        ..Default::default()
    };
    assert_eq!(
        house
            .events
            .plan_event(plan)
            .await
            .unwrap()
            .into_inner()
            .state(),
        EventState::Planned
    );
    let active = Chairmanship {
        state: ChairmanshipState::Active.into(),
        ..chairmanship()
    };
    let (parent, chairmanship) = (RABAT.into(), Some(active));
    let dry = CreateChairmanshipRequest {
        parent,
        chairmanship,
        validate_only: true,
        ..Default::default()
    };
    house.dialogues.create_chairmanship(dry).await.unwrap();

    let after = house
        .changes
        .list_changes(head)
        .await
        .unwrap()
        .into_inner()
        .next_token;
    assert_eq!(before, after);
    assert_eq!(
        house
            .events
            .get_event(GetEventRequest {
                name: created.name.clone(),
                as_of: None
            })
            .await
            .unwrap()
            .into_inner(),
        created
    );
}
