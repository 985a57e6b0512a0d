//! What a running process tells the work inside it, and the other way round.

use std::future::Future;

use futures::StreamExt as _;
use futures::stream::Stream;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Tells that the process is about to stop. Work that would go on for ever ends on it.
///
/// [`crate::serve()`] ends `Watch` streams by itself; a service needs the handle for work that runs
/// beside the calls (a follower, a sweeper) and to end a stream at a place of its own choice.
#[derive(Clone, Debug, Default)]
pub struct Drain {
    token: CancellationToken,
}

impl Drain {
    /// Whether the process is stopping.
    pub fn is_draining(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Resolves when the process begins to stop; at once when it has begun already.
    pub fn draining(&self) -> impl Future<Output = ()> + Send + use<> {
        self.token.clone().cancelled_owned()
    }

    /// The stream, ended when the process begins to stop.
    pub fn until<S: Stream>(&self, stream: S) -> impl Stream<Item = S::Item> + use<S> {
        stream.take_until(self.draining())
    }

    /// Begins to stop. There is no way back.
    pub fn begin(&self) {
        self.token.cancel();
    }
}

/// Lets a service say whether it can do its work. Health then answers NOT_SERVING for the process
/// and its services, while `liveness` stays SERVING: the process is not to be killed for it.
#[derive(Clone, Debug)]
pub struct Readiness {
    fault: watch::Sender<Option<String>>,
}

impl Default for Readiness {
    fn default() -> Self {
        Self {
            fault: watch::Sender::new(None),
        }
    }
}

impl Readiness {
    /// The service cannot do its work, and why, for the log.
    pub fn not_ready(&self, why: impl Into<String>) {
        let why = why.into();
        let newly = self.fault.send_if_modified(|fault| {
            let newly = fault.as_ref() != Some(&why);
            *fault = Some(why.clone());
            newly
        });
        if newly {
            tracing::warn!(why, "not ready");
        }
    }

    /// The service works again.
    pub fn ready(&self) {
        if self.fault.send_if_modified(|fault| fault.take().is_some()) {
            tracing::info!("ready again");
        }
    }

    /// Whether no fault was reported.
    pub fn is_ready(&self) -> bool {
        self.fault.borrow().is_none()
    }

    pub(crate) fn changes(&self) -> watch::Receiver<Option<String>> {
        self.fault.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    #[tokio::test]
    async fn a_stream_ends_when_the_process_drains() {
        let drain = Drain::default();
        let mut endless = Box::pin(drain.until(stream::once(async { 1 }).chain(stream::pending())));
        assert_eq!(endless.next().await, Some(1));
        assert!(!drain.is_draining());
        drain.begin();
        drain.begin();
        assert_eq!(endless.next().await, None);
        assert!(drain.is_draining());
        drain.draining().await;
    }

    #[test]
    fn readiness_goes_and_comes_back() {
        let readiness = Readiness::default();
        let mut changes = readiness.changes();
        readiness.not_ready("disk");
        assert!(!readiness.is_ready());
        assert!(changes.has_changed().unwrap());
        changes.mark_unchanged();
        readiness.not_ready("disk");
        assert!(
            !changes.has_changed().unwrap(),
            "the same fault again is no news"
        );
        readiness.ready();
        assert!(readiness.is_ready());
    }
}
