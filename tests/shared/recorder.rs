//! A client of the gateway: it records, and repeats each request under the same id until it is answered.

use std::collections::BTreeMap;
use std::future::Future;
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

/// What was acknowledged: the name of a record, and its etag after each write.
pub(crate) type Acknowledged = BTreeMap<String, Vec<String>>;

/// How a client works.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    /// The deadline of a call.
    pub(crate) within: Duration,
    /// Whoever has not been answered this long after the deadline hangs.
    pub(crate) grace: Duration,
    /// How long a client rests before it repeats a request.
    pub(crate) pause: Duration,
    /// How long it thinks before its next one, so that there are requests for as long as things go wrong.
    pub(crate) thought: Duration,
}

/// Hears what a client is told.
pub(crate) trait Diary {
    /// A write is acknowledged: the record's name, and its etag after it.
    fn acknowledged(&self, name: &str, etag: &str);
    /// A request of client `number` is done, at this attempt.
    fn done(&self, number: u32, what: &str, attempt: u32);
    /// A request was not done, or nobody knows; it is repeated.
    fn refused(&self, what: &str, status: &Status);
    /// Whether there is another round.
    fn goes_on(&self, round: i32) -> bool;
}

/// A client with a dialogue to which nobody else writes.
pub(crate) struct Recorder<D> {
    pub(crate) number: u32,
    pub(crate) channel: Channel,
    /// `Bearer` and a key.
    pub(crate) key: MetadataValue<Ascii>,
    pub(crate) pace: Pace,
    pub(crate) diary: D,
}

impl<D: Diary> Recorder<D> {
    /// Records until the diary wants no more rounds.
    pub(crate) async fn record(&self) {
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
        self.diary.acknowledged(&dialogue.name, &dialogue.etag);
        for round in (1..).take_while(|round| self.diary.goes_on(*round)) {
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
            self.diary.acknowledged(&created.name, &created.etag);
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
            self.diary.acknowledged(&updated.name, &updated.etag);
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
            self.diary
                .acknowledged(&recommended.name, &recommended.etag);
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
            let mut request = client::within(message.clone(), self.pace.within);
            request
                .metadata_mut()
                .insert("authorization", self.key.clone());
            let answer = timeout(self.pace.within + self.pace.grace, call(request)).await;
            let answer = answer.unwrap_or_else(|_| panic!("{what}: no answer in time"));
            match answer {
                Ok(answer) => {
                    self.diary.done(self.number, what, attempt);
                    sleep(self.pace.thought).await;
                    return answer.into_inner();
                }
                Err(status) => {
                    let code = client::settled(status.clone()).code();
                    let passing = [Code::Unavailable, Code::DeadlineExceeded];
                    assert!(passing.contains(&code), "{what}: {status:?}");
                    self.diary.refused(what, &status);
                }
            }
            sleep(self.pace.pause).await;
        }
        unreachable!("there is always another attempt")
    }
}

pub(crate) fn text(words: &str) -> Option<LocalizedText> {
    Some(LocalizedText {
        by_language: [("en".to_owned(), words.to_owned())].into(),
        ..LocalizedText::default()
    })
}
