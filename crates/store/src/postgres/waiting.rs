//! Who waits for the log to grow, and who wakes them.
//!
//! The commits of this process wake at once. Those of other replicas are found by asking the server for the
//! log's end, which one task does for all, and only while somebody waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::read::Reader;

/// How far the log has come, as far as this process knows. Only a hint.
#[derive(Clone, Default)]
pub(super) struct Head(Arc<Shared>);

#[derive(Default)]
struct Shared {
    position: watch::Sender<u64>,
    waiting: AtomicUsize,
    somebody: Notify,
}

impl Head {
    pub(super) fn committed(&self, position: u64) {
        self.0.position.send_if_modified(|known| {
            let further = position > *known;
            *known = position.max(*known);
            further
        });
    }

    pub(super) async fn wait(&self, position: u64, max: Duration) {
        let mut known = self.0.position.subscribe();
        let _waiting = Waiting::new(&self.0);
        // Only a hint: the time-out is not worth an error.
        let _ = tokio::time::timeout(max, known.wait_for(|known| *known > position)).await;
    }

    /// Asks, again and again while somebody waits.
    pub(super) async fn poll(self, reader: Reader, every: Duration) {
        loop {
            while self.0.waiting.load(SeqCst) == 0 {
                self.0.somebody.notified().await;
            }
            let before = *self.0.position.borrow();
            if let Ok(position) = reader.last_position().await {
                // What was read may be older than a commit of ours meanwhile. It may be lower than what was
                // known, too: after a fail-over that lost commits whoever waits must not be told for ever
                // that there is more.
                self.0.position.send_if_modified(|known| {
                    let news = *known == before && *known != position;
                    if news {
                        *known = position;
                    }
                    news
                });
            }
            tokio::time::sleep(every).await;
        }
    }
}

/// Counts as somebody who waits, as long as it lives.
struct Waiting<'a>(&'a Shared);

impl<'a> Waiting<'a> {
    fn new(shared: &'a Shared) -> Self {
        if shared.waiting.fetch_add(1, SeqCst) == 0 {
            shared.somebody.notify_one();
        }
        Self(shared)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, SeqCst);
    }
}
