//! As it stood; revisions; the change feed, which holds everything that the records hold.

use std::collections::BTreeMap;
use std::time::Duration;

use prost::Message;
use rapporteur_proto::changes::v1::{ListChangesRequest, ListRevisionsRequest, WatchRequest};
use rapporteur_proto::events::v1::*;
use rapporteur_proto::{Any, FieldMask, Timestamp};
use tonic::Code;

use crate::harness::*;

const NAME: &str = "dialogues/rabat/events/x";

/// Sets the series of the event and answers it.
async fn series(house: &mut House, series: &str) -> Event {
    let request = UpdateEventRequest {
        event: Some(Event {
            name: NAME.into(),
            series: series.into(),
            ..Event::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["series".into()],
        }),
        reason: format!("to {series}"),
        ..Default::default()
    };
    house
        .events
        .update_event(request)
        .await
        .unwrap()
        .into_inner()
}

async fn at(house: &mut House, as_of: Option<Timestamp>) -> Result<Event, tonic::Status> {
    house
        .events
        .get_event(GetEventRequest {
            name: NAME.into(),
            as_of,
        })
        .await
        .map(tonic::Response::into_inner)
}

async fn list_at(house: &mut House, theme: &str, as_of: Option<Timestamp>) -> Vec<Event> {
    let themes = if theme.is_empty() {
        vec![]
    } else {
        vec![theme.to_owned()]
    };
    let request = ListEventsRequest {
        parent: RABAT.into(),
        themes,
        as_of,
        ..Default::default()
    };
    house
        .events
        .list_events(request)
        .await
        .unwrap()
        .into_inner()
        .events
}

#[tokio::test]
async fn every_past_moment_can_be_read() {
    let mut house = House::furnished().await;
    let before = house.plan("before", plan()).await.update_time;
    let created = house
        .event(
            "x",
            Event {
                themes: vec!["diaspora".into()],
                ..event()
            },
        )
        .await;
    let mut states = vec![created];
    for step in 1..=5 {
        states.push(series(&mut house, &format!("s{step}")).await);
    }
    let bare = Event {
        name: NAME.into(),
        start: date("2024"),
        ..event()
    };
    let request = UpdateEventRequest {
        event: Some(bare),
        ..Default::default()
    };
    states.push(
        house
            .events
            .update_event(request)
            .await
            .unwrap()
            .into_inner(),
    );

    for state in &states {
        assert_eq!(&at(&mut house, state.update_time).await.unwrap(), state);
        assert_eq!(
            list_at(&mut house, "", state.update_time).await,
            std::slice::from_ref(state)
        );
        // The theme was dropped at last; the list of that time still has it.
        let themed: &[Event] = if state.themes.is_empty() {
            &[]
        } else {
            std::slice::from_ref(state)
        };
        assert_eq!(
            list_at(&mut house, "diaspora", state.update_time).await,
            themed
        );
    }
    let last = states.last().unwrap();
    assert_eq!(&at(&mut house, None).await.unwrap(), last);
    let far = Timestamp {
        seconds: 100_000_000_000,
        nanos: 0,
    };
    assert_eq!(&at(&mut house, Some(far)).await.unwrap(), last);
    assert_eq!(
        list_at(&mut house, "", Some(far)).await,
        list_at(&mut house, "", None).await
    );
    assert_eq!(
        at(&mut house, before).await.unwrap_err().code(),
        Code::NotFound
    );
    assert!(list_at(&mut house, "", before).await.is_empty());
    let never = Timestamp {
        seconds: i64::MAX,
        nanos: 0,
    };
    assert_eq!(
        wrong_fields(&at(&mut house, Some(never)).await.unwrap_err()),
        ["as_of"]
    );

    // Revisions, newest first, page by page, each with its reason.
    let mut request = ListRevisionsRequest {
        name: NAME.into(),
        page_size: 3,
        page_token: String::new(),
    };
    let mut revisions = Vec::new();
    loop {
        let page = house
            .changes
            .list_revisions(request.clone())
            .await
            .unwrap()
            .into_inner();
        revisions.extend(page.revisions);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    let values: Vec<Event> = revisions
        .iter()
        .map(|r| value(r.resources[0].value.as_ref().unwrap()))
        .collect();
    assert_eq!(values, states.iter().rev().cloned().collect::<Vec<_>>());
    assert_eq!(
        (revisions[1].reason.as_str(), revisions[1].caller.as_str()),
        ("to s5", "anonymous")
    );
    assert_eq!(
        revisions[1].rpc,
        "rapporteur.events.v1.EventService/UpdateEvent"
    );
    house.close().await;
}

fn value<M: Message + Default>(any: &Any) -> M {
    M::decode(any.value.as_slice()).unwrap()
}

#[tokio::test]
async fn the_feed_replayed_from_the_beginning_gives_what_the_lists_give() {
    let mut house = House::furnished().await;
    for id in ["x", "y"] {
        house.event(id, event()).await;
    }
    for step in 0..5 {
        series(&mut house, &format!("s{step}")).await;
    }
    let active = Chairmanship {
        state: ChairmanshipState::Active.into(),
        ..chairmanship()
    };
    house.try_chairmanship("one", active).await.unwrap();
    let next = house
        .try_chairmanship("two", chairmanship())
        .await
        .unwrap()
        .name;
    let request = ActivateChairmanshipRequest {
        name: next,
        ..Default::default()
    };
    house
        .dialogues
        .activate_chairmanship(request)
        .await
        .unwrap();

    let mut state: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut request = ListChangesRequest {
        page_size: 4,
        ..Default::default()
    };
    let mut hash = vec![0; 32];
    loop {
        let page = house
            .changes
            .list_changes(request.clone())
            .await
            .unwrap()
            .into_inner();
        for change in page.changes {
            assert_eq!(change.previous_hash, hash);
            hash = change.hash;
            for resource in change.resources {
                state.insert(resource.name, resource.value.unwrap().value);
            }
        }
        request.token = page.next_token;
        if page.at_head {
            break;
        }
    }
    let mut listed: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    macro_rules! list {
        ($client:ident, $rpc:ident, $request:expr, $field:ident) => {
            for record in house
                .$client
                .$rpc($request)
                .await
                .unwrap()
                .into_inner()
                .$field
            {
                listed.insert(record.name.clone(), record.encode_to_vec());
            }
        };
    }
    let parent = || "dialogues/-".to_owned();
    list!(
        parties,
        list_parties,
        ListPartiesRequest::default(),
        parties
    );
    list!(
        sources,
        list_sources,
        ListSourcesRequest::default(),
        sources
    );
    list!(
        dialogues,
        list_dialogues,
        ListDialoguesRequest::default(),
        dialogues
    );
    list!(
        dialogues,
        list_chairmanships,
        ListChairmanshipsRequest {
            parent: parent(),
            ..Default::default()
        },
        chairmanships
    );
    list!(
        plans,
        list_plans,
        ListPlansRequest {
            parent: parent(),
            ..Default::default()
        },
        plans
    );
    let every_plan = "dialogues/-/plans/-".into();
    list!(
        plans,
        list_plan_nodes,
        ListPlanNodesRequest {
            parent: every_plan,
            ..Default::default()
        },
        plan_nodes
    );
    list!(
        events,
        list_events,
        ListEventsRequest {
            parent: parent(),
            ..Default::default()
        },
        events
    );
    // The feed keeps the etag behind the other fields, so compare what the bytes say.
    assert_eq!(
        state.keys().collect::<Vec<_>>(),
        listed.keys().collect::<Vec<_>>()
    );
    for (name, bytes) in &state {
        let same = match name.rsplit('/').nth(1).unwrap() {
            "events" => Event::decode(bytes.as_slice()).unwrap().encode_to_vec(),
            "chairmanships" => Chairmanship::decode(bytes.as_slice())
                .unwrap()
                .encode_to_vec(),
            "plans" => Plan::decode(bytes.as_slice()).unwrap().encode_to_vec(),
            "nodes" => PlanNode::decode(bytes.as_slice()).unwrap().encode_to_vec(),
            "dialogues" => Dialogue::decode(bytes.as_slice()).unwrap().encode_to_vec(),
            "sources" => Source::decode(bytes.as_slice()).unwrap().encode_to_vec(),
            _ => Party::decode(bytes.as_slice()).unwrap().encode_to_vec(),
        };
        assert_eq!(&same, &listed[name], "{name}");
    }
    house.close().await;
}

#[tokio::test]
async fn a_watcher_sees_each_change_and_goes_on_where_it_stopped() {
    let mut house = House::furnished().await;
    let types = vec!["rapporteur.events.v1.Event".to_owned()];
    let request = WatchRequest {
        types: types.clone(),
        name_prefix: RABAT.into(),
        token: String::new(),
    };
    let mut watch = house.changes.watch(request).await.unwrap().into_inner();
    let mut token = String::new();
    let mut seen: Vec<Event> = Vec::new();
    let mut expected = vec![house.event("x", event()).await];
    for step in 0..3 {
        expected.push(series(&mut house, &format!("s{step}")).await);
    }
    while seen.len() < expected.len() {
        let next = tokio::time::timeout(Duration::from_secs(20), watch.message())
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        if let Some(change) = next.change {
            seen.push(value(change.resources[0].value.as_ref().unwrap()));
            if seen.len() == 2 {
                token = change.token;
            }
        }
    }
    assert_eq!(seen, expected);
    drop(watch);

    let request = WatchRequest {
        types,
        name_prefix: RABAT.into(),
        token,
    };
    let mut watch = house.changes.watch(request).await.unwrap().into_inner();
    for wanted in &expected[2..] {
        let next = tokio::time::timeout(Duration::from_secs(20), watch.message())
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        assert_eq!(
            &value::<Event>(next.change.unwrap().resources[0].value.as_ref().unwrap()),
            wanted
        );
    }
    let wrong = WatchRequest {
        token: "no token".into(),
        ..Default::default()
    };
    assert_eq!(
        wrong_fields(&house.changes.watch(wrong).await.unwrap_err()),
        ["token"]
    );
    let wrong = WatchRequest {
        types: vec!["Event".into()],
        ..Default::default()
    };
    assert_eq!(
        wrong_fields(&house.changes.watch(wrong).await.unwrap_err()),
        ["types[0]"]
    );
}
