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
    /// The last commit of this process.
    ours: watch::Sender<u64>,
    /// Asks for a look before its time.
    now: Notify,
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

    /// The same of a commit that this process made.
    pub(super) fn made(&self, position: u64) {
        self.committed(position);
        self.0.ours.send_replace(position);
    }

    /// The commits that this process makes from now on.
    pub(super) fn ours(&self) -> watch::Receiver<u64> {
        self.0.ours.subscribe()
    }

    /// Whether the log is known to have come so far.
    pub(super) fn knows(&self, position: u64) -> bool {
        *self.0.position.borrow() >= position
    }

    /// There may be something new: whoever waits should not wait for the next look.
    pub(super) fn look(&self) {
        self.0.now.notify_one();
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
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                () = self.0.now.notified() => {}
            }
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
