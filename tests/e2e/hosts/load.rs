//! Those who write and read while cables are cut, and what they were told.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rapporteur_proto::events::v1::GetEventRequest;
use rapporteur_proto::events::v1::event_service_client::EventServiceClient;
use rapporteur_proto::gateway::v1::TraceRequest;
use rapporteur_proto::gateway::v1::trace_service_client::TraceServiceClient;
use rapporteur_proto::recommendations::v1::GetRecommendationRequest;
use rapporteur_proto::recommendations::v1::recommendation_service_client::RecommendationServiceClient;
use rapporteur_server::client;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use super::house::House;
use crate::recorder::{Acknowledged, Diary, Pace, Recorder};

const WRITERS: u32 = 3;
/// The machine may be busy: it is not the network's fault when a call ends later than that.
const GRACE: Duration = Duration::from_secs(3);
pub(crate) const PACE: Pace = Pace {
    within: Duration::from_secs(3),
    grace: GRACE,
    pause: Duration::from_millis(100),
    thought: Duration::from_millis(30),
};
/// Deadline of a read.
const READ_WITHIN: Duration = Duration::from_secs(2);
const READ_PAUSE: Duration = Duration::from_millis(30);

/// What is read and written: from whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    ReadEvents,
    ReadRecommendations,
    /// What the gateway answers from its own views.
    ReadViews,
    WriteEvents,
    WriteRecommendations,
}

/// All of them.
pub(crate) const ALL: [What; 5] = [
    What::ReadEvents,
    What::ReadRecommendations,
    What::ReadViews,
    What::WriteEvents,
    What::WriteRecommendations,
];

/// Which calls ended how.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(BTreeMap<What, BTreeMap<&'static str, u64>>);

impl Tally {
    pub(crate) fn done(&self, what: What) -> u64 {
        let codes = self.0.get(&what);
        codes.and_then(|codes| codes.get(OK)).copied().unwrap_or(0)
    }

    pub(crate) fn failed(&self, what: What) -> u64 {
        let codes = self.0.get(&what);
        codes.map_or(0, |codes| codes.values().sum::<u64>()) - self.done(what)
    }

    /// For people.
    pub(crate) fn told(&self, what: What) -> String {
        let mut text = self.done(what).to_string();
        let codes = self.0.get(&what).into_iter().flatten();
        for (code, count) in codes.filter(|(code, _)| **code != OK) {
            write!(text, " +{count} {code}").unwrap();
        }
        text
    }
}

const OK: &str = "OK";

/// What all of them were told so far.
#[derive(Clone, Default)]
pub(crate) struct Told(Arc<Mutex<Everything>>);

#[derive(Default)]
struct Everything {
    enough: bool,
    acknowledged: Acknowledged,
    /// Since it was last taken.
    tally: Tally,
}

impl Told {
    fn count(&self, what: What, code: &'static str) {
        let mut everything = self.0.lock().unwrap();
        let codes = everything.tally.0.entry(what).or_default();
        *codes.entry(code).or_default() += 1;
    }

    /// A call was not done. It must have been told clearly.
    fn count_failed(&self, what: What, status: &Status) {
        let settled = client::settled(status.clone());
        let code = match settled.code() {
            Code::Unavailable => "UNAVAILABLE",
            Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
            _ => panic!("{what:?}: {status:?}"),
        };
        // What was made on this side has a source or says that time is up; the rest comes from the gateway.
        let is_ours = status.source().is_some() || status.message() == "Timeout expired";
        let details = status.get_error_details();
        let is_clear = details.error_info().is_some() && !status.message().is_empty();
        assert!(is_ours || is_clear, "{what:?}: {status:?} says too little");
        self.count(what, code);
    }

    /// How calls ended since this was last asked.
    pub(crate) fn take(&self) -> Tally {
        std::mem::take(&mut self.0.lock().unwrap().tally)
    }

    /// The same, and it stays.
    pub(crate) fn tally(&self) -> Tally {
        self.0.lock().unwrap().tally.clone()
    }

    pub(crate) fn everything_acknowledged(&self) -> Acknowledged {
        self.0.lock().unwrap().acknowledged.clone()
    }

    /// The last position that was acknowledged of records whose names hold this.
    pub(crate) fn position(&self, collection: &str) -> u64 {
        let everything = self.0.lock().unwrap();
        let of = everything.acknowledged.iter();
        let etags = of.filter(|(name, _)| name.contains(collection));
        let positions = etags.flat_map(|(_, etags)| etags.iter().map(|e| e.parse().unwrap()));
        positions.max().unwrap_or(0)
    }
}

fn written(what: &str) -> What {
    if what.ends_with("recommendation") {
        What::WriteRecommendations
    } else {
        What::WriteEvents
    }
}

impl Diary for Told {
    fn acknowledged(&self, name: &str, etag: &str) {
        let mut everything = self.0.lock().unwrap();
        let etags = everything.acknowledged.entry(name.to_owned()).or_default();
        etags.push(etag.to_owned());
    }

    fn done(&self, _: u32, what: &str, _: u32) {
        self.count(written(what), OK);
    }

    fn refused(&self, what: &str, status: &Status) {
        self.count_failed(written(what), status);
    }

    fn goes_on(&self, _: i32) -> bool {
        !self.0.lock().unwrap().enough
    }
}

/// Writers and readers at work.
pub(crate) struct Load {
    pub(crate) told: Told,
    people: JoinSet<()>,
}

impl Load {
    /// Each has a connection of its own.
    pub(crate) fn start(house: &House) -> Self {
        let (told, mut people) = (Told::default(), JoinSet::new());
        for number in 1..=WRITERS {
            let recorder = Recorder {
                number,
                channel: house.channel(),
                key: house.key(),
                pace: PACE,
                diary: told.clone(),
            };
            people.spawn(async move { recorder.record().await });
        }
        Self { told, people }
    }

    /// Readers come when there is something to read.
    pub(crate) fn read(&mut self, house: &House) {
        for what in [What::ReadEvents, What::ReadRecommendations, What::ReadViews] {
            let (told, channel, key) = (self.told.clone(), house.channel(), house.key());
            let reader = async move {
                while told.goes_on(0) {
                    let since = Instant::now();
                    let read = read(what, channel.clone(), key.clone());
                    let read = timeout(READ_WITHIN + GRACE, read).await;
                    match read.unwrap_or_else(|_| panic!("{what:?}: {:?}", since.elapsed())) {
                        Ok(()) => told.count(what, OK),
                        Err(status) => told.count_failed(what, &status),
                    }
                    sleep(READ_PAUSE).await;
                }
            };
            self.people.spawn(reader);
        }
    }

    /// Whoever failed fails the test.
    pub(crate) fn look(&mut self) {
        while let Some(ended) = self.people.try_join_next() {
            ended.unwrap();
        }
    }

    /// Lets everybody end with what is in hand.
    pub(crate) async fn end(mut self) -> Told {
        self.told.0.lock().unwrap().enough = true;
        while let Some(ended) = self.people.join_next().await {
            ended.unwrap();
        }
        self.told
    }
}

/// What is read is a draft of the writers', so it takes the key.
async fn read(what: What, channel: Channel, key: Key) -> Result<(), Status> {
    let name = "dialogues/d1/events/e1".to_owned();
    let recommendation = "dialogues/d1/recommendations/r1".to_owned();
    match what {
        What::ReadEvents => {
            let request = bearing(GetEventRequest { name, as_of: None }, READ_WITHIN, key);
            let read = EventServiceClient::new(channel).get_event(request).await;
            read.map(drop)
        }
        What::ReadRecommendations => {
            let request = GetRecommendationRequest {
                name: recommendation,
                as_of: None,
            };
            let request = bearing(request, READ_WITHIN, key);
            let mut client = RecommendationServiceClient::new(channel);
            client.get_recommendation(request).await.map(drop)
        }
        _ => {
            let request = TraceRequest {
                name: recommendation,
                ..TraceRequest::default()
            };
            let request = bearing(request, READ_WITHIN, key);
            let read = TraceServiceClient::new(channel).trace(request).await;
            read.map(drop)
        }
    }
}

/// What a call carries to say who makes it.
pub(crate) type Key = MetadataValue<Ascii>;

/// A call with a key and a deadline.
pub(crate) fn bearing<M>(message: M, within: Duration, key: Key) -> Request<M> {
    let mut request = client::within(message, within);
    request.metadata_mut().insert("authorization", key);
    request
}
