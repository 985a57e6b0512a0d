//! Creating, reading, updating: names, masks, etags, batches.

use rapporteur_proto::FieldMask;
use rapporteur_proto::events::v1::*;
use tonic::Code;

use crate::harness::*;

fn mask(paths: &[&str]) -> Option<FieldMask> {
    Some(FieldMask {
        paths: paths.iter().map(|p| (*p).to_owned()).collect(),
    })
}

fn get(name: &str) -> GetEventRequest {
    GetEventRequest {
        name: name.into(),
        as_of: None,
    }
}

#[tokio::test]
async fn an_event_is_created_read_and_changed() {
    let mut house = House::furnished().await;
    let sent = Event {
        etag: "7".into(),
        uid: "mine".into(),
        state_reason: "mine".into(),
        ..event()
    };
    let created = house.event("2024-lisbon", sent).await;
    assert_eq!(created.name, "dialogues/rabat/events/2024-lisbon");
    assert_eq!(created.state(), EventState::Draft);
    assert_eq!((created.uid.len(), created.state_reason.as_str()), (36, ""));
    assert!(created.create_time.is_some() && created.create_time == created.update_time);
    assert_eq!(
        house
            .events
            .get_event(get(&created.name))
            .await
            .unwrap()
            .into_inner(),
        created
    );

    // Only the named fields are taken over; the rest, the state and the identity stay.
    let change = Event {
        name: created.name.clone(),
        etag: created.etag.clone(),
        uid: "mine".into(),
        state: EventState::Closed.into(),
        series: "lisbon".into(),
        title: text("not named in the mask"),
        start: date("2024-10"),
        ..Event::default()
    };
    let request = UpdateEventRequest {
        event: Some(change.clone()),
        update_mask: mask(&["series", "start.value", "state", "uid"]),
        ..Default::default()
    };
    let updated = house
        .events
        .update_event(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (updated.series.as_str(), updated.state(), &updated.uid),
        ("lisbon", EventState::Draft, &created.uid)
    );
    assert_eq!(
        (updated.title.clone(), updated.create_time),
        (event().title, created.create_time)
    );
    assert_eq!(
        updated.start.as_ref().unwrap().precision(),
        rapporteur_proto::r#type::v1::DatePrecision::Month
    );
    assert_ne!(updated.etag, created.etag);

    // The first etag is stale now, and the answer says which is not.
    let request = UpdateEventRequest {
        event: Some(change),
        update_mask: mask(&["series"]),
        ..Default::default()
    };
    let stale = house.events.update_event(request).await.unwrap_err();
    assert_eq!(
        (stale.code(), reason(&stale).as_str()),
        (Code::Aborted, "STALE_ETAG")
    );
    assert_eq!(told(&stale, "current_etag"), updated.etag);
    let plan = PlanEventRequest {
        name: created.name.clone(),
        etag: created.etag.clone(),
        ..Default::default()
    };
    assert_eq!(
        house.events.plan_event(plan).await.unwrap_err().code(),
        Code::Aborted
    );

    // No mask takes over every field that a caller can change, so what is left out is emptied.
    let bare = Event {
        name: created.name.clone(),
        ..event()
    };
    let request = UpdateEventRequest {
        event: Some(bare),
        ..Default::default()
    };
    let updated = house
        .events
        .update_event(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!((updated.series.as_str(), updated.start.clone()), ("", None));

    let unknown = UpdateEventRequest {
        event: Some(updated),
        update_mask: mask(&["colour"]),
        ..Default::default()
    };
    assert_eq!(
        wrong_fields(&house.events.update_event(unknown).await.unwrap_err()),
        ["update_mask"]
    );
    house.close().await;
}

#[tokio::test]
async fn names_are_made_taken_and_refused() {
    let mut house = House::furnished().await;
    let made = house.event("", event()).await;
    assert_eq!(made.name.len(), "dialogues/rabat/events/".len() + 36);
    house.event("x", event()).await;
    let taken = house.try_event("x", event()).await.unwrap_err();
    assert_eq!(
        (taken.code(), told(&taken, "resource").as_str()),
        (Code::AlreadyExists, "dialogues/rabat/events/x")
    );
    for bad in ["X", "-x", "a b", &"x".repeat(64)] {
        assert_eq!(
            wrong_fields(&house.try_event(bad, event()).await.unwrap_err()),
            ["event_id"],
            "{bad}"
        );
    }
    let nowhere = CreateEventRequest {
        parent: "dialogues/no".into(),
        event: Some(event()),
        ..Default::default()
    };
    let unknown = house.events.create_event(nowhere).await.unwrap_err();
    assert_eq!(
        (reason(&unknown).as_str(), told(&unknown, "field").as_str()),
        ("UNKNOWN_REFERENCE", "parent")
    );
    let empty = CreateEventRequest {
        parent: RABAT.into(),
        ..Default::default()
    };
    assert_eq!(
        wrong_fields(&house.events.create_event(empty).await.unwrap_err()),
        ["event"]
    );
    assert_eq!(
        wrong_fields(&house.events.get_event(get("x")).await.unwrap_err()),
        ["name"]
    );
    let missing = house
        .events
        .get_event(get("dialogues/rabat/events/no"))
        .await
        .unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
}

#[tokio::test]
async fn batches_answer_in_order_or_not_at_all() {
    let mut house = House::furnished().await;
    let names: Vec<String> = ["b", "a", "b"]
        .map(|id| format!("dialogues/rabat/events/{id}"))
        .into();
    house.event("a", event()).await;
    house.event("b", event()).await;
    let request = BatchGetEventsRequest {
        names: names.clone(),
        as_of: None,
    };
    let answer = house
        .events
        .batch_get_events(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        answer
            .events
            .into_iter()
            .map(|e| e.name)
            .collect::<Vec<_>>(),
        names
    );
    let missing = BatchGetEventsRequest {
        names: vec![names[0].clone(), format!("{}x", names[0])],
        as_of: None,
    };
    assert_eq!(
        house
            .events
            .batch_get_events(missing)
            .await
            .unwrap_err()
            .code(),
        Code::NotFound
    );
    let wrong = BatchGetEventsRequest {
        names: vec![names[0].clone(), "x".into()],
        as_of: None,
    };
    assert_eq!(
        wrong_fields(&house.events.batch_get_events(wrong).await.unwrap_err()),
        ["names[1]"]
    );
    let many = BatchGetEventsRequest {
        names: vec![names[0].clone(); 1_001],
        as_of: None,
    };
    assert_eq!(
        wrong_fields(&house.events.batch_get_events(many).await.unwrap_err()),
        ["names"]
    );

    let parties = BatchGetPartiesRequest {
        names: vec!["parties/eg".into(), "parties/pt".into()],
        as_of: None,
    };
    let parties = house
        .parties
        .batch_get_parties(parties)
        .await
        .unwrap()
        .into_inner()
        .parties;
    assert_eq!(
        parties
            .iter()
            .map(|p| p.country_code.as_str())
            .collect::<Vec<_>>(),
        ["EG", "PT"]
    );
    assert_eq!(
        parties[0].title.as_ref().unwrap().by_language["en"],
        "Egypt"
    );
    let nodes = BatchGetPlanNodesRequest {
        names: vec![format!("{CADIZ}/nodes/5a")],
        as_of: None,
    };
    assert_eq!(
        house
            .plans
            .batch_get_plan_nodes(nodes)
            .await
            .unwrap()
            .into_inner()
            .plan_nodes[0]
            .code,
        "5a"
    );
}
