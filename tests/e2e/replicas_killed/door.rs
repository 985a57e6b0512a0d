//! The way in for a client: two gateways, and the other one when the one is gone.

use std::time::{Duration, Instant};

use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

use super::record::{Call, Noun, Seen};
use crate::harness::PATIENCE;

/// A client that heard "unavailable" asks again after this long.
const PAUSE: Duration = Duration::from_millis(10);

/// A client's way in.
#[derive(Clone)]
pub(crate) struct Door {
    gateways: [Channel; 2],
    at: usize,
    authorization: MetadataValue<Ascii>,
    /// How often it had to ask again.
    pub(crate) repeated: u64,
}

impl Door {
    pub(crate) fn new(gateways: [Channel; 2], at: usize, key: &str) -> Self {
        Self {
            gateways,
            at,
            authorization: format!("Bearer {key}").parse().unwrap(),
            repeated: 0,
        }
    }

    /// The gateway that it asks now.
    pub(crate) fn gateway(&self) -> Channel {
        self.gateways[self.at].clone()
    }

    /// A request with the key and a deadline.
    pub(crate) fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.set_timeout(Duration::from_secs(5));
        let metadata = request.metadata_mut();
        metadata.insert("authorization", self.authorization.clone());
        request
    }

    /// After an answer that says nothing for certain: turns to the other gateway. Panics at any other answer.
    pub(crate) async fn turn(&mut self, status: &Status) {
        use std::error::Error as _;
        // A connection that broke is "unavailable" too; only the client's own statuses have a source.
        let broke = status.code() == Code::Unknown && status.source().is_some();
        let open = [Code::Unavailable, Code::DeadlineExceeded].contains(&status.code());
        assert!(open || broke, "{status:?}");
        self.at = 1 - self.at;
        self.repeated += 1;
        tokio::time::sleep(PAUSE).await;
    }

    /// Makes a call again and again, the same each time, until its outcome is certain.
    pub(crate) async fn insist(
        &mut self,
        noun: Noun,
        call: &Call,
        op: &str,
    ) -> Result<Seen, Status> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match noun.call(self, call, op).await {
                Err(status) if status.code() != Code::Aborted => {
                    assert!(Instant::now() < deadline, "still {status:?}");
                    self.turn(&status).await;
                }
                outcome => return outcome,
            }
        }
    }
}
