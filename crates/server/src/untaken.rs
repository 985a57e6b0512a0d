//! Answers that a peer asked for and does not take.
//!
//! HTTP/2 lets a client give no room for an answer and stay as lively as any otherwise. Such an answer holds
//! its message, its stream, and at the gateway a stream to a service. So each connection counts those of its
//! answers that wait for room, by the time at which they began to; when one waits too long, the connection
//! ends. Nothing is locked, and an answer that is taken at once costs two additions.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Spans that an answer may wait for certain: with a fourth it has waited for all the time that it has.
const PATIENCE: u32 = 3;
/// Spans that are told apart. A connection looks once a span while anything waits, so it misses none.
const SPANS: usize = 8;

/// The answers of one connection that wait for room.
#[derive(Debug)]
pub(crate) struct Untaken {
    begun: Instant,
    patience: Duration,
    waiting: [AtomicU32; SPANS],
}

/// Where an answer that waits is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span(usize);

impl Untaken {
    /// Answers may wait for so long.
    pub(crate) fn new(patience: Duration) -> Self {
        Self {
            begun: Instant::now(),
            patience,
            waiting: Default::default(),
        }
    }

    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// To within this time it is known how long an answer waits.
    pub(crate) fn span(&self) -> Duration {
        self.patience / (PATIENCE + 1)
    }

    /// An answer begins to wait.
    pub(crate) fn waits(&self) -> Span {
        let span = place(self.spans(self.begun.elapsed()));
        self.waiting[span].fetch_add(1, Ordering::Relaxed);
        Span(span)
    }

    /// It was taken, or is gone.
    pub(crate) fn taken(&self, Span(span): Span) {
        self.waiting[span].fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether any answer waits.
    pub(crate) fn any(&self) -> bool {
        let waits = |span: &AtomicU32| span.load(Ordering::Relaxed) > 0;
        self.waiting.iter().any(waits)
    }

    /// Whether an answer waits for too long.
    pub(crate) fn is_overdue(&self) -> bool {
        self.is_overdue_at(self.begun.elapsed())
    }

    fn is_overdue_at(&self, age: Duration) -> bool {
        let now = self.spans(age);
        let ago = |ago: u32| now.checked_sub(u128::from(ago)).map(place);
        let recent = |span: usize| (0..=PATIENCE).any(|n| ago(n) == Some(span));
        let waits = |span: usize| self.waiting[span].load(Ordering::Relaxed) > 0;
        (0..SPANS).any(|span| waits(span) && !recent(span))
    }

    /// Whole spans of a time.
    fn spans(&self, age: Duration) -> u128 {
        age.as_nanos() / self.span().as_nanos().max(1)
    }
}

fn place(span: u128) -> usize {
    usize::try_from(span % SPANS as u128).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_waits_long_is_overdue() {
        let untaken = Untaken::new(Duration::from_secs(32));
        let at = |seconds| untaken.is_overdue_at(Duration::from_secs(seconds));
        assert!(!at(0) && !at(1_000_000) && !untaken.any());
        let span = untaken.waits();
        let other = untaken.waits();
        untaken.taken(other);
        assert!(!at(0) && !at(31) && untaken.any());
        // Whenever the connection looks in this time, it sees it.
        for seconds in 32..64 {
            assert!(at(seconds), "{seconds}");
        }
        untaken.taken(span);
        assert!(!at(40) && !untaken.any());
    }
}
