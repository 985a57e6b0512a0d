//! A follower of the joined change feed, which goes on with its last token at the other gateway.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rapporteur_proto::changes::v1::change_service_client::ChangeServiceClient;
use rapporteur_proto::changes::v1::{Change, Service, WatchRequest};
use tokio::task::JoinHandle;
use tonic::Status;

use super::door::Door;
use crate::harness::PATIENCE;

/// What was heard, in the order in which it was.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    pub(crate) token: String,
    pub(crate) changes: Vec<Change>,
    /// How often the feed ended and was taken up again.
    pub(crate) resumed: u64,
}

impl Heard {
    /// The changes of one service.
    pub(crate) fn of(&self, service: Service) -> impl DoubleEndedIterator<Item = &Change> {
        let of = move |change: &&Change| change.service() == service;
        self.changes.iter().filter(of)
    }
}

/// Follows until it is dropped.
pub(crate) struct Tailer {
    heard: Arc<Mutex<Heard>>,
    task: JoinHandle<()>,
}

impl Tailer {
    /// Follows from the first change on.
    pub(crate) fn start(mut door: Door) -> Self {
        let heard = Arc::<Mutex<Heard>>::default();
        let theirs = heard.clone();
        let task = tokio::spawn(async move {
            loop {
                let ended = follow(&door, &theirs).await;
                door.turn(&ended).await;
                theirs.lock().unwrap().resumed += 1;
            }
        });
        Self { heard, task }
    }

    /// Waits until it has heard of this change of the service, and answers all that it heard.
    pub(crate) async fn reaches(&self, service: Service, position: u64) -> Heard {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let last = {
                let heard = self.heard.lock().unwrap();
                heard.of(service).next_back().map(|change| change.position)
            };
            if last >= Some(position) {
                return self.heard.lock().unwrap().clone();
            }
            assert!(!self.task.is_finished(), "the follower has failed");
            assert!(
                Instant::now() < deadline,
                "at {last:?} of {position} of {service:?}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Tailer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Follows until the feed ends; says how it ended.
async fn follow(door: &Door, heard: &Mutex<Heard>) -> Status {
    let token = heard.lock().unwrap().token.clone();
    let mut client = ChangeServiceClient::new(door.gateway()).max_decoding_message_size(16 << 20);
    let request = WatchRequest {
        token,
        ..WatchRequest::default()
    };
    // The key shows who made a change and why, and the drafts. A watch has no deadline.
    let mut request = door.request(request);
    request.metadata_mut().remove("grpc-timeout");
    let mut feed = match client.watch(request).await {
        Ok(feed) => feed.into_inner(),
        Err(status) => return status,
    };
    loop {
        match feed.message().await {
            Ok(Some(message)) => {
                let mut heard = heard.lock().unwrap();
                heard.token = message.token;
                heard.changes.extend(message.change);
            }
            Ok(None) => return Status::unavailable("the feed ended"),
            Err(status) => return status,
        }
    }
}
