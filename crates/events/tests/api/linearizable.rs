//! Concurrent clients on one event see, through gRPC, what they would see if the service did one call at
//! a time.
#![allow(clippy::print_stdout, reason = "a test")]

#[path = "../../../store/tests/support/history.rs"]
mod history;

use std::time::Duration;

use futures::future::join_all;
use history::{Answer, Client, History, Op, Value};
use rapporteur_proto::FieldMask;
use rapporteur_proto::events::v1::event_service_client::EventServiceClient;
use rapporteur_proto::events::v1::*;
use tokio::time::timeout;
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::harness::*;

/// Histories, each of an event of its own; short, since checking one takes exponential time.
const HISTORIES: u32 = 40;
const AT_A_TIME: u32 = 8;
const CLIENTS: u32 = 4;
const CALLS: u32 = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_record_is_linearizable() {
    let mut house = House::furnished().await;
    let wanted = std::env::var("RAPPORTEUR_TEST_HISTORIES").ok();
    let histories = wanted.map_or(HISTORIES, |wanted| wanted.parse().unwrap());
    let (mut operations, mut unknown, mut conflicts) = (0, 0, 0);
    for first in (0..histories).step_by(AT_A_TIME as usize) {
        let mut names = Vec::new();
        for number in first..histories.min(first + AT_A_TIME) {
            let created = house.event(&format!("e{number}"), event()).await;
            names.push((created.name, created.etag));
        }
        let recorded = names.into_iter().map(|(name, etag)| {
            let events = house.events.clone();
            tokio::spawn(async move { record(events, name, etag).await })
        });
        for recorded in join_all(recorded).await {
            let (history, refused) = recorded.unwrap();
            history.check().unwrap_or_else(|why| panic!("{why}"));
            let (all, without) = history.operations();
            operations += all;
            unknown += without;
            conflicts += refused;
        }
    }
    println!(
        "{histories} histories, {operations} calls, {conflicts} stale etags, {unknown} calls of unknown outcome"
    );
    assert!(unknown > 0 && conflicts > 0, "too little was tried");
    house.close().await;
}

async fn record(events: EventServiceClient<Channel>, name: String, etag: String) -> (History, u32) {
    let history = History::new(Some(0));
    let clients = (1..=CLIENTS).map(|number| {
        let mut editor = Editor {
            events: events.clone(),
            name: name.clone(),
            seen: (etag.clone(), Some(0)),
            conflicts: 0,
        };
        let mut place = history.client();
        async move {
            for call in 1..=CALLS {
                editor.step(&mut place, number * 100 + call).await;
            }
            editor.conflicts
        }
    });
    let conflicts = join_all(clients).await.into_iter().sum();
    (history, conflicts)
}

/// One who works on the event. Its value is the ordinal.
struct Editor {
    events: EventServiceClient<Channel>,
    name: String,
    /// Etag and value that were last seen.
    seen: (String, Value),
    conflicts: u32,
}

impl Editor {
    /// The number says what is written, and so what kind of call it is.
    async fn step(&mut self, place: &mut Client<'_>, number: u32) {
        let new = Some(u64::from(number));
        let (etag, seen) = self.seen.clone();
        match number.wrapping_mul(2_654_435_761) >> 28 {
            0..6 => place.call(Op::Read, self.read()).await,
            6..13 => {
                let op = Op::Replace { seen, new };
                place.call(op, self.write(number, etag)).await;
            }
            _ => {
                let op = Op::Write { new };
                place.call(op, self.write(number, String::new())).await;
            }
        }
    }

    async fn read(&mut self) -> Option<Answer> {
        let request = GetEventRequest {
            name: self.name.clone(),
            as_of: None,
        };
        let read = self.events.get_event(request).await.unwrap().into_inner();
        self.see(read);
        Some(Answer::Is(self.seen.1))
    }

    async fn write(&mut self, number: u32, etag: String) -> Option<Answer> {
        let changed = Event {
            name: self.name.clone(),
            etag,
            ordinal: i32::try_from(number).unwrap(),
            ..Event::default()
        };
        let request = UpdateEventRequest {
            event: Some(changed),
            update_mask: Some(FieldMask {
                paths: vec!["ordinal".into()],
            }),
            ..Default::default()
        };
        let call = self.events.update_event(request);
        let answer = match number % 4 {
            // About as long as a commit takes: some give up before they are answered.
            0 => {
                let haste = Duration::from_millis(u64::from(number % 7));
                timeout(haste, call).await.ok()?
            }
            _ => call.await,
        };
        self.settle(answer.map(tonic::Response::into_inner))
    }

    fn settle(&mut self, answer: Result<Event, Status>) -> Option<Answer> {
        match answer {
            Ok(written) => {
                self.see(written);
                Some(Answer::Done)
            }
            Err(status) if status.code() == Code::Aborted => {
                self.conflicts += 1;
                Some(Answer::Conflict)
            }
            // It may have been done, or may yet be.
            Err(status) if matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded) => {
                None
            }
            Err(status) => panic!("{status:?}"),
        }
    }

    fn see(&mut self, event: Event) {
        self.seen = (event.etag, u64::try_from(event.ordinal).ok());
    }
}
