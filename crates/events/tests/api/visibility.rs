//! Who may see what, and what becomes of calls that nobody may make.

use std::time::{Duration, SystemTime};

use rapporteur_proto::Timestamp;
use rapporteur_proto::changes::v1::audit_service_client::AuditServiceClient;
use rapporteur_proto::changes::v1::{
    ListAuditEntriesRequest, ListChangesRequest, ListRevisionsRequest, WatchRequest,
};
use rapporteur_proto::events::v1::{
    BatchGetEventsRequest, Event, EventState, GetEventRequest, ListEventsRequest,
    UpdateEventRequest,
};
use rapporteur_proto::r#type::v1::Visibility;
use rapporteur_proto::{FieldMask, Record as _};
use rapporteur_server::{ANONYMOUS, CALLER_KEY};
use tonic::{Code, Request};

use crate::harness::*;

/// In every text that only some may read.
const CANARY: &str = "xyzzy";

/// As somebody of whom nothing is known.
fn anonymous<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    let nobody = ANONYMOUS.parse().unwrap();
    request.metadata_mut().insert(CALLER_KEY, nobody);
    request
}

/// A new event is a draft, and a draft is nobody else's business.
fn open() -> Event {
    Event {
        state: EventState::Planned.into(),
        ..event()
    }
}

fn hidden(visibility: Visibility, state: EventState) -> Event {
    let mut event = event();
    event.set_visibility(visibility);
    event.set_state(state);
    event.series = CANARY.into();
    event
}

fn soon(seconds: u64) -> Timestamp {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Timestamp {
        seconds: i64::try_from(now.unwrap().as_secs() + seconds).unwrap(),
        nanos: 0,
    }
}

async fn names(house: &mut House, as_of: Option<Timestamp>) -> Vec<String> {
    let request = ListEventsRequest {
        parent: RABAT.into(),
        as_of,
        ..Default::default()
    };
    let page = house.events.list_events(anonymous(request)).await.unwrap();
    let events = page.into_inner().events.into_iter();
    events.map(|event| event.header().name.to_owned()).collect()
}

#[tokio::test]
async fn what_is_internal_is_not_there_for_others() {
    let mut house = House::furnished().await;
    let open = house.event("open", open()).await;
    let internal = hidden(Visibility::Internal, EventState::Planned);
    house.event("internal", internal).await;
    house
        .event("draft", hidden(Visibility::Public, EventState::Draft))
        .await;
    let mut embargoed = hidden(Visibility::Embargoed, EventState::Planned);
    embargoed.embargo_until = Some(soon(3_600));
    house.event("embargoed", embargoed).await;

    assert_eq!(names(&mut house, None).await, [open.name.as_str()]);
    assert_eq!(
        names(&mut house, Some(soon(60))).await,
        [open.name.as_str()]
    );
    for id in ["internal", "draft", "embargoed", "nowhere"] {
        let name = format!("{RABAT}/events/{id}");
        for as_of in [None, Some(soon(60))] {
            let get = GetEventRequest {
                name: name.clone(),
                as_of,
            };
            let answer = house.events.get_event(anonymous(get)).await.unwrap_err();
            assert_eq!(answer.code(), Code::NotFound, "{id}");
            assert_eq!(
                answer.message(),
                format!("{name} does not exist"),
                "told as what never was"
            );
        }
        let batch = BatchGetEventsRequest {
            names: vec![open.name.clone(), name.clone()],
            as_of: None,
        };
        let answer = house.events.batch_get_events(anonymous(batch)).await;
        assert_eq!(answer.unwrap_err().code(), Code::NotFound, "{id}");
        let revisions = ListRevisionsRequest {
            name: name.clone(),
            ..Default::default()
        };
        let answer = house.changes.list_revisions(anonymous(revisions)).await;
        assert_eq!(answer.unwrap_err().code(), Code::NotFound, "{id}");
    }
    let changes = house.changes.list_changes(anonymous(ListChangesRequest {
        page_size: 1_000,
        ..Default::default()
    }));
    let changes = changes.await.unwrap().into_inner();
    assert!(!format!("{changes:?}").contains("events/internal"));
    assert!(!format!("{changes:?}").contains(CANARY));
    for change in &changes.changes {
        assert_eq!((change.caller.as_str(), change.reason.as_str()), ("", ""));
    }
    // Who works there sees it all.
    let all = ListEventsRequest {
        parent: RABAT.into(),
        ..Default::default()
    };
    let all = house.events.list_events(all).await.unwrap().into_inner();
    assert_eq!(all.events.len(), 4);
    house.close().await;
}

#[tokio::test]
async fn what_becomes_internal_is_gone_and_what_becomes_public_comes() {
    let mut house = House::furnished().await;
    let event = house.event("turning", open()).await;
    let seen = |house: &House| {
        let mut changes = house.changes.clone();
        async move {
            let request = ListChangesRequest {
                name_prefix: format!("{RABAT}/events/"),
                ..Default::default()
            };
            let page = changes.list_changes(anonymous(request)).await.unwrap();
            let changes = page.into_inner().changes.into_iter();
            let resources = changes.flat_map(|change| change.resources);
            resources
                .map(|one| one.value.is_some())
                .collect::<Vec<bool>>()
        }
    };
    assert_eq!(seen(&house).await, [true]);
    let moment = soon(0);
    let turn = async |house: &mut House, visibility: Visibility| {
        let mut turned = event.clone();
        turned.set_visibility(visibility);
        turned.etag.clear();
        let request = UpdateEventRequest {
            event: Some(turned),
            update_mask: Some(FieldMask {
                paths: vec!["visibility".into()],
            }),
            ..Default::default()
        };
        house.events.update_event(request).await.unwrap();
    };
    turn(&mut house, Visibility::Internal).await;
    assert_eq!(seen(&house).await, [false], "removed, and its past with it");
    assert!(names(&mut house, Some(moment)).await.is_empty());
    turn(&mut house, Visibility::Public).await;
    assert_eq!(seen(&house).await.last(), Some(&true));
    assert_eq!(names(&mut house, None).await.len(), 1);
    house.close().await;
}

#[tokio::test]
async fn an_embargo_ends_by_itself_and_the_feed_tells() {
    let mut house = House::furnished().await;
    let mut embargoed = hidden(Visibility::Embargoed, EventState::Planned);
    embargoed.embargo_until = Some(soon(2));
    let embargoed = house.event("embargoed", embargoed).await;
    assert!(names(&mut house, None).await.is_empty());
    let request = WatchRequest {
        name_prefix: embargoed.name.clone(),
        ..Default::default()
    };
    let watching = house.changes.watch(anonymous(request)).await.unwrap();
    let mut stream = watching.into_inner();
    let told = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            if let Some(change) = stream.message().await.unwrap().unwrap().change {
                return change;
            }
        }
    });
    let change = told.await.unwrap();
    let value = change.resources[0].value.as_ref().unwrap();
    let event: Event = prost::Message::decode(value.value.as_slice()).unwrap();
    assert_eq!(event.visibility(), Visibility::Public);
    assert_eq!(event.embargo_until, None);
    assert_eq!(names(&mut house, None).await, [embargoed.name.as_str()]);
    house.close().await;
}

#[tokio::test]
async fn a_refused_call_is_on_record() {
    let mut house = House::furnished().await;
    let event = house.event("open", open()).await;
    let request = UpdateEventRequest {
        event: Some(event.clone()),
        reason: "because".into(),
        ..Default::default()
    };
    let refused = house
        .events
        .update_event(anonymous(request))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    assert!(refused.message().contains("officer or chair"), "{refused}");

    let mut audit = AuditServiceClient::new(house.channel.clone());
    let ask = ListAuditEntriesRequest {
        name_prefix: event.name.clone(),
        with_values: true,
        ..Default::default()
    };
    let entries = audit.list_audit_entries(ask.clone()).await.unwrap();
    let [made, refused] = &entries.into_inner().entries[..] else {
        panic!("one write and one refusal");
    };
    assert_eq!(made.changes.len(), 1);
    assert!(made.changes[0].before.is_none() && made.changes[0].after.is_some());
    assert_eq!(
        (
            refused.caller.as_str(),
            refused.subject.as_str(),
            refused.reason.as_str()
        ),
        (ANONYMOUS, event.name.as_str(), "because")
    );
    assert!(refused.refused.contains("officer or chair"));
    assert_eq!(refused.previous_hash, made.hash, "one chain");
    let answer = audit.list_audit_entries(anonymous(ask)).await;
    assert_eq!(answer.unwrap_err().code(), Code::Unauthenticated);
    house.close().await;
}
