//! Followers of the change feed who read slowly, or not at all, hold up nobody and cost little memory; who
//! reads slowly still misses nothing.

use std::time::Duration;

use rapporteur_proto::changes::v1::change_service_client::ChangeServiceClient;
use rapporteur_proto::changes::v1::{WatchRequest, WatchResponse};
use rapporteur_proto::events::v1::event_service_client::EventServiceClient;
use rapporteur_proto::events::v1::{CreateEventRequest, Event, EventKind};
use rapporteur_proto::r#type::v1::LocalizedText;
use tokio::task::JoinSet;
use tonic::transport::Channel;
use tonic::{Request, Streaming};

use crate::harness::{PATIENCE, Running, channel, free_address};
use crate::kill::make_dialogue;

/// Followers who never read.
const DEAD: usize = 8;
/// Events before they come, and beside them.
const BEFORE: usize = 3_000;
const BESIDE: usize = 400;
/// Letters of each description, so that what is not read is much.
const LETTERS: usize = 15_000;
/// A page of changes is at most 8 MiB, and 64 more changes may wait: what a follower costs, whatever waits
/// for it. All of it waiting in memory would be 45 MiB for each.
const PER_FOLLOWER: u64 = 12 << 20;
/// A write must not take longer beside them. Generous: the machine may be busy.
const WRITTEN_WITHIN: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn slow_and_dead_followers_hold_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let address = free_address();
    let data = folder.path().join("events");
    let mut service = Running::start("rapporteur-events", &address, &data, &["--log", "warn"]);
    let writers = service.serving().await;
    make_dialogue(writers.clone(), "rabat").await;
    write(&writers, 0..BEFORE).await;
    let alone = service.memory();

    let mut dead = Vec::new();
    for _ in 0..DEAD {
        dead.push(watch(&address).await);
    }
    let mut slow = watch(&address).await;
    let mut heard = 0;
    for some in (BEFORE..BEFORE + BESIDE).step_by(20) {
        write(&writers, some..some + 20).await;
        heard = hear(&mut slow, heard).await;
    }
    let beside = service.memory();
    println!(
        "{} MiB without followers, {} MiB with {DEAD} dead ones, while a slow one was at {heard}",
        alone >> 20,
        beside >> 20
    );
    assert!(
        beside < alone + (DEAD as u64 + 1) * PER_FOLLOWER,
        "the service keeps what nobody reads: {} MiB more",
        (beside - alone) >> 20
    );
    let last = (1 + BEFORE + BESIDE) as u64;
    assert!(heard < last, "the slow follower was not slow");
    while heard < last {
        heard = hear(&mut slow, heard).await;
    }
    drop((dead, slow, writers));
    service.stop();
}

/// A follower from the beginning, on a connection of its own.
async fn watch(address: &str) -> Streaming<WatchResponse> {
    let mut client = ChangeServiceClient::new(channel(address));
    client
        .watch(WatchRequest::default())
        .await
        .unwrap()
        .into_inner()
}

/// Hears of one change, which must be the one after the last.
async fn hear(follower: &mut Streaming<WatchResponse>, last: u64) -> u64 {
    loop {
        let message = tokio::time::timeout(PATIENCE, follower.message()).await;
        if let Some(change) = message.unwrap().unwrap().unwrap().change {
            assert_eq!(
                change.position,
                last + 1,
                "a change is missing, or comes again"
            );
            return change.position;
        }
    }
}

/// Creates these events, each within the time that a write may take.
async fn write(channel: &Channel, numbers: std::ops::Range<usize>) {
    let mut writers = JoinSet::new();
    for number in numbers {
        let mut events = EventServiceClient::new(channel.clone());
        let text = |words: String| {
            Some(LocalizedText {
                by_language: [("en".to_owned(), words)].into(),
                ..LocalizedText::default()
            })
        };
        let mut request = Request::new(CreateEventRequest {
            parent: "dialogues/rabat".into(),
            event_id: format!("event-{number}"),
            event: Some(Event {
                kind: EventKind::ThematicMeeting.into(),
                title: text(format!("Meeting {number}")),
                description: text("x".repeat(LETTERS)),
                ..Event::default()
            }),
            ..CreateEventRequest::default()
        });
        request.set_timeout(WRITTEN_WITHIN);
        writers.spawn(async move { events.create_event(request).await.map(drop) });
        // Not more at a time than the store's queue and one connection take.
        if writers.len() >= 64 {
            writers.join_next().await.unwrap().unwrap().unwrap();
        }
    }
    while let Some(written) = writers.join_next().await {
        written.unwrap().unwrap();
    }
}
