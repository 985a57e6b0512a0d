//! A client of the gateway: it records, and repeats each request under the same id until it is answered.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::future::Future;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rapporteur_proto::FieldMask;
use rapporteur_proto::events::v1::dialogue_service_client::DialogueServiceClient;
use rapporteur_proto::events::v1::event_service_client::EventServiceClient;
use rapporteur_proto::events::v1::*;
use rapporteur_proto::recommendations::v1::recommendation_service_client::RecommendationServiceClient;
use rapporteur_proto::recommendations::v1::{CreateRecommendationRequest, Recommendation};
use rapporteur_proto::r#type::v1::LocalizedText;
use rapporteur_server::client;
use tokio::time::{sleep, timeout};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status};

use crate::house::{GATEWAY, PORT};

/// The hosts of the clients.
pub(crate) const CLIENTS: [&str; 3] = ["client-1", "client-2", "client-3"];

/// Events, and as many recommendations, of each client.
const ROUNDS: i32 = 12;
/// The deadline of a call.
const WITHIN: Duration = Duration::from_secs(5);
/// Whoever has not been answered this long after the deadline hangs.
const GRACE: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(150);
/// About so long a client thinks before its next request, so that there are requests for as long as things go
/// wrong.
const THOUGHT: Duration = Duration::from_millis(400);

/// What was acknowledged: the name of a record, and its etag after each write.
pub(crate) type Acknowledged = BTreeMap<String, Vec<String>>;

/// What all clients have been told.
#[derive(Clone, Default)]
pub(crate) struct Told {
    pub(crate) acknowledged: Arc<Mutex<Acknowledged>>,
    /// One line for each answer: who, what, how often it was tried, and when in the simulation.
    pub(crate) trace: Arc<Mutex<String>>,
    /// How many requests were made once more.
    pub(crate) repeated: Arc<AtomicU64>,
}

pub(crate) struct Client {
    number: u32,
    channel: Channel,
    key: MetadataValue<Ascii>,
    told: Told,
}

impl Client {
    /// Works through everything that this client records.
    pub(crate) async fn work(number: u32, folder: PathBuf, told: Told) -> turmoil::Result {
        // The gateway makes the key when it first starts.
        let key = loop {
            match std::fs::read_to_string(folder.join("admin.key")) {
                Ok(key) if !key.is_empty() => break key,
                _ => sleep(PAUSE).await,
            }
        };
        let client = Self {
            number,
            channel: client::connect(&format!("http://{GATEWAY}:{PORT}"))?,
            key: format!("Bearer {}", key.trim()).parse()?,
            told,
        };
        client.record().await;
        Ok(())
    }

    async fn record(&self) {
        let dialogues = DialogueServiceClient::new(self.channel.clone());
        let events = EventServiceClient::new(self.channel.clone());
        let recommendations = RecommendationServiceClient::new(self.channel.clone());
        let dialogue = CreateDialogueRequest {
            dialogue_id: format!("d{}", self.number),
            dialogue: Some(Dialogue {
                title: text("Dialogue"),
                ..Dialogue::default()
            }),
            request_id: format!("dialogue-{}", self.number),
            ..Default::default()
        };
        let dialogue = self
            .until_done("create dialogue", &dialogue, |request| {
                let mut dialogues = dialogues.clone();
                async move { dialogues.create_dialogue(request).await }
            })
            .await;
        self.acknowledge(&dialogue.name, &dialogue.etag);
        for round in 1..=ROUNDS {
            let request_id = |what| format!("{what}-{}-{round}", self.number);
            let create = CreateEventRequest {
                parent: dialogue.name.clone(),
                event_id: format!("e{round}"),
                event: Some(Event {
                    kind: EventKind::ThematicMeeting.into(),
                    title: text("Meeting"),
                    ..Event::default()
                }),
                request_id: request_id("event"),
                ..Default::default()
            };
            let created = self
                .until_done("create event", &create, |request| {
                    let mut events = events.clone();
                    async move { events.create_event(request).await }
                })
                .await;
            self.acknowledge(&created.name, &created.etag);
            let update = UpdateEventRequest {
                event: Some(Event {
                    name: created.name.clone(),
                    etag: created.etag,
                    ordinal: round,
                    ..Event::default()
                }),
                update_mask: Some(FieldMask {
                    paths: vec!["ordinal".into()],
                }),
                request_id: request_id("update"),
                ..Default::default()
            };
            let updated = self
                .until_done("update event", &update, |request| {
                    let mut events = events.clone();
                    async move { events.update_event(request).await }
                })
                .await;
            assert_eq!(updated.ordinal, round);
            self.acknowledge(&updated.name, &updated.etag);
            let recommend = CreateRecommendationRequest {
                parent: dialogue.name.clone(),
                recommendation_id: format!("r{round}"),
                recommendation: Some(Recommendation {
                    event: created.name,
                    text: text("It is recommended"),
                    ..Recommendation::default()
                }),
                request_id: request_id("recommendation"),
                ..Default::default()
            };
            let recommended = self
                .until_done("create recommendation", &recommend, |request| {
                    let mut recommendations = recommendations.clone();
                    async move { recommendations.create_recommendation(request).await }
                })
                .await;
            self.acknowledge(&recommended.name, &recommended.etag);
        }
    }

    /// Repeats a request until it is done. It must be answered in time, whatever the network does, and a
    /// repetition must never be told that somebody else was there before: that was itself.
    async fn until_done<M: Clone, T, F>(
        &self,
        what: &str,
        message: &M,
        call: impl Fn(Request<M>) -> F,
    ) -> T
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        for attempt in 1.. {
            let mut request = client::within(message.clone(), WITHIN);
            request
                .metadata_mut()
                .insert("authorization", self.key.clone());
            let answer = timeout(WITHIN + GRACE, call(request)).await;
            let answer = answer.unwrap_or_else(|_| panic!("{what}: no answer in time"));
            match answer {
                Ok(answer) => {
                    let (now, number) = (turmoil::sim_elapsed().unwrap(), self.number);
                    writeln!(
                        self.told.trace.lock().unwrap(),
                        "{number} {what}: {attempt} at {}",
                        now.as_millis()
                    )
                    .unwrap();
                    sleep(THOUGHT).await;
                    return answer.into_inner();
                }
                Err(status) => {
                    let code = client::settled(status.clone()).code();
                    let passing = [Code::Unavailable, Code::DeadlineExceeded];
                    assert!(passing.contains(&code), "{what}: {status:?}");
                    self.told.repeated.fetch_add(1, Relaxed);
                }
            }
            sleep(PAUSE).await;
        }
        unreachable!("there is always another attempt")
    }

    fn acknowledge(&self, name: &str, etag: &str) {
        let mut acknowledged = self.told.acknowledged.lock().unwrap();
        acknowledged
            .entry(name.to_owned())
            .or_default()
            .push(etag.to_owned());
    }
}

fn text(words: &str) -> Option<LocalizedText> {
    Some(LocalizedText {
        by_language: [("en".to_owned(), words.to_owned())].into(),
        ..LocalizedText::default()
    })
}
