//! Durable means durable: the real events service is killed at random moments under load, at least fifty times.
//! Every acknowledged write is there afterwards, nothing is there by half, and log, history and indexes agree.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use prost::Message;
use rapporteur_proto::changes::v1::ListChangesRequest;
use rapporteur_proto::changes::v1::change_service_client::ChangeServiceClient;
use rapporteur_proto::events::v1::dialogue_service_client::DialogueServiceClient;
use rapporteur_proto::events::v1::event_service_client::EventServiceClient;
use rapporteur_proto::events::v1::{
    CreateDialogueRequest, CreateEventRequest, Dialogue, Event, EventKind, EventState,
    ListEventsRequest, UpdateEventRequest,
};
use rapporteur_proto::r#type::v1::{CivilDate, LocalizedText};
use rapporteur_records::Records;
use rapporteur_store::Store;
use rapporteur_store::sled::{Options, SledStore};
use tokio::task::JoinSet;
use tonic::transport::Channel;
use tonic::{Code, Request};

use crate::harness::{Running, free_address};

const KILLS: u64 = 50;
const WRITERS: u64 = 24;

/// What the service has acknowledged: name -> the last acknowledged value.
pub(crate) type Acknowledged = Arc<Mutex<BTreeMap<String, Event>>>;

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_writes_survive_fifty_kills() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("events");
    let address = free_address();
    let kills = number("RAPPORTEUR_TEST_KILLS").unwrap_or(KILLS);
    let seed = number("RAPPORTEUR_TEST_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    println!("RAPPORTEUR_TEST_SEED={seed}");
    let mut random = seed;

    let acknowledged = Acknowledged::default();
    let mut replayed = 0;
    for kill in 0..kills {
        let mut service = Running::start("rapporteur-events", &address, &data, &["--log", "warn"]);
        if kill % 7 == 6 {
            // Some kills hit the start itself.
            tokio::time::sleep(Duration::from_millis(next(&mut random) % 40)).await;
            service.kill();
            continue;
        }
        let channel = service.serving().await;
        if kill == 0 {
            make_dialogue(channel.clone(), "killed").await;
        }
        let stop = Arc::new(AtomicBool::new(false));
        let again = Arc::new(AtomicU64::new(0));
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let (stop, again) = (stop.clone(), again.clone());
            writers.spawn(write(
                channel.clone(),
                kill,
                writer,
                stop,
                again,
                acknowledged.clone(),
            ));
        }
        tokio::time::sleep(Duration::from_millis(30 + next(&mut random) % 250)).await;
        service.kill();
        stop.store(true, Ordering::Relaxed);
        while let Some(writer) = writers.join_next().await {
            writer.unwrap();
        }
        replayed += again.load(Ordering::Relaxed);
    }

    let mut service = Running::start("rapporteur-events", &address, &data, &["--log", "warn"]);
    let channel = service.serving().await;
    let acknowledged = std::mem::take(&mut *acknowledged.lock().unwrap());
    let listed = list(channel.clone()).await;
    for (name, event) in &acknowledged {
        let found = listed
            .get(name)
            .unwrap_or_else(|| panic!("{name} was acknowledged and is gone"));
        let position = |e: &Event| e.etag.parse::<u64>().unwrap();
        assert!(
            position(found) >= position(event),
            "{name} went back from {} to {}",
            event.etag,
            found.etag
        );
        if found.etag == event.etag {
            assert_eq!(found, event, "{name} is not what was acknowledged");
        }
        assert_eq!(found.ordinal % 2, 0, "{name} is there by half");
    }
    assert_eq!(
        replay(channel).await,
        listed,
        "the change feed from the beginning gives another state"
    );
    service.stop();

    let verified = verify(&data).await;
    println!(
        "{kills} kills: {} acknowledged writes found, {} events in all, {replayed} repeated requests, {} log entries whole",
        acknowledged.len(),
        listed.len(),
        verified.log_entries
    );
    assert!(
        acknowledged.len() > 500,
        "the load was too small to prove anything"
    );
}

/// A number that the environment gives, for a long run or the same run again.
pub(crate) fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// xorshift: all the randomness that a moment for a kill needs.
fn next(state: &mut u64) -> u64 {
    *state = (*state | 1) ^ (*state << 13);
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// A dialogue, in which events can be.
pub(crate) async fn make_dialogue(channel: Channel, id: &str) {
    let title = LocalizedText {
        by_language: [("en".to_owned(), "Dialogue".to_owned())].into(),
        ..LocalizedText::default()
    };
    let dialogue = Some(Dialogue {
        title: Some(title),
        ..Dialogue::default()
    });
    let request = CreateDialogueRequest {
        dialogue_id: id.into(),
        dialogue,
        ..Default::default()
    };
    DialogueServiceClient::new(channel)
        .create_dialogue(request)
        .await
        .unwrap();
}

/// Makes events and changes each once, until told to stop. The ordinal goes 0 -> 2 in one update, so an odd
/// one would be half an update.
pub(crate) async fn write(
    channel: Channel,
    kill: u64,
    writer: u64,
    stop: Arc<AtomicBool>,
    again: Arc<AtomicU64>,
    acknowledged: Acknowledged,
) {
    let client = EventServiceClient::new(channel);
    let keep = |event: Event| {
        acknowledged
            .lock()
            .unwrap()
            .insert(event.name.clone(), event)
    };
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let id = format!("k{kill}-w{writer}-{number}");
        let request = CreateEventRequest {
            parent: "dialogues/killed".into(),
            event_id: id.clone(),
            event: Some(Event {
                kind: EventKind::ThematicMeeting.into(),
                state: EventState::Planned.into(),
                title: Some(LocalizedText {
                    by_language: [("en".to_owned(), format!("Meeting {id}"))].into(),
                    ..LocalizedText::default()
                }),
                start: Some(CivilDate {
                    value: "2031-05-04".into(),
                    ..CivilDate::default()
                }),
                themes: vec!["return".into(), format!("theme-{}", number % 7)],
                ..Event::default()
            }),
            request_id: id.clone(),
            ..Default::default()
        };
        let Some(made) = repeat(&client, Wanted::Made(request), &stop, &again).await else {
            return;
        };
        keep(made.clone());
        let changed = UpdateEventRequest {
            event: Some(Event {
                name: made.name.clone(),
                etag: made.etag.clone(),
                ordinal: 2,
                ..Event::default()
            }),
            update_mask: Some(rapporteur_proto::FieldMask {
                paths: vec!["ordinal".into()],
            }),
            request_id: format!("u-{id}"),
            ..Default::default()
        };
        match repeat(&client, Wanted::Changed(changed), &stop, &again).await {
            Some(event) => keep(event),
            None => return,
        };
    }
}

fn timed<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(Duration::from_secs(5));
    request
}

/// One write that is safe to repeat: it has a request id.
enum Wanted {
    Made(CreateEventRequest),
    Changed(UpdateEventRequest),
}

/// Calls until it is answered or the service was killed.
async fn repeat(
    client: &EventServiceClient<Channel>,
    wanted: Wanted,
    stop: &AtomicBool,
    again: &AtomicU64,
) -> Option<Event> {
    let mut client = client.clone();
    loop {
        let answer = match &wanted {
            Wanted::Made(request) => client.create_event(timed(request.clone())).await,
            Wanted::Changed(request) => client.update_event(timed(request.clone())).await,
        };
        match answer {
            Ok(answer) => return Some(answer.into_inner()),
            Err(_) if stop.load(Ordering::Relaxed) => return None,
            Err(status) => {
                let gone = [
                    Code::Unavailable,
                    Code::Cancelled,
                    Code::Unknown,
                    Code::Internal,
                    Code::DeadlineExceeded,
                ];
                assert!(gone.contains(&status.code()), "{status:?}");
                again.fetch_add(1, Ordering::Relaxed);
                // The service is being killed: leave it the processor.
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
}

pub(crate) async fn list(channel: Channel) -> BTreeMap<String, Event> {
    let mut client = EventServiceClient::new(channel).max_decoding_message_size(64 << 20);
    let mut listed = BTreeMap::new();
    let mut request = ListEventsRequest {
        parent: "dialogues/killed".into(),
        page_size: 1_000,
        ..Default::default()
    };
    loop {
        let page = client
            .list_events(request.clone())
            .await
            .unwrap()
            .into_inner();
        for event in page.events {
            assert!(
                listed.insert(event.name.clone(), event).is_none(),
                "an event is listed twice"
            );
        }
        if page.next_page_token.is_empty() {
            return listed;
        }
        request.page_token = page.next_page_token;
    }
}

/// The state that the change feed gives, read from the first change, with positions that leave no gap.
pub(crate) async fn replay(channel: Channel) -> BTreeMap<String, Event> {
    let mut client = ChangeServiceClient::new(channel).max_decoding_message_size(64 << 20);
    let mut state = BTreeMap::new();
    let (mut token, mut last, mut hash) = (String::new(), 0, vec![0; 32]);
    loop {
        let request = ListChangesRequest {
            token,
            page_size: 1_000,
            ..Default::default()
        };
        let page = client.list_changes(request).await.unwrap().into_inner();
        for change in page.changes {
            assert_eq!(change.position, last + 1, "the log has a gap");
            assert_eq!(
                change.previous_hash, hash,
                "the chain is broken at {}",
                change.position
            );
            (last, hash) = (change.position, change.hash);
            for resource in change
                .resources
                .iter()
                .filter(|r| r.r#type.ends_with(".Event"))
            {
                let event =
                    Event::decode(resource.value.as_ref().unwrap().value.as_slice()).unwrap();
                state.insert(resource.name.clone(), event);
            }
        }
        if page.at_head {
            return state;
        }
        token = page.next_token;
    }
}

/// Opens the store of the stopped service and walks it whole.
pub(crate) async fn verify(data: &std::path::Path) -> rapporteur_store::Verified {
    let data = data.to_owned();
    let store = tokio::task::spawn_blocking(move || SledStore::open(&data, Options::default()))
        .await
        .unwrap()
        .unwrap();
    let verified = store.verify().await.unwrap();
    Records::new(store.clone())
        .verify(&rapporteur_events::NOUNS)
        .await
        .unwrap();
    store.close().await.unwrap();
    verified
}
