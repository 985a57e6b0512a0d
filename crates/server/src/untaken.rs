//! Answers that a peer asked for and does not take.
//!
//! HTTP/2 lets a client give no room for an answer and stay as lively as any otherwise. Such an answer holds
//! its message, its stream, and at the gateway a stream to a service. So each connection counts those of its
//! answers that wait for room, by the time at which they began to; when one waits too long, the connection
//! ends. Nothing is locked, and an answer that is taken at once costs two additions.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Seconds of a span; waits are known to within one.
const SPAN: u64 = 8;
/// Spans that an answer may wait: 24 to 32 seconds.
const PATIENCE: u64 = 3;
/// Spans that are told apart. Keepalive makes a connection look often enough to miss none.
const SPANS: usize = 8;

/// The answers of one connection that wait for room.
#[derive(Debug)]
pub(crate) struct Untaken {
    begun: Instant,
    waiting: [AtomicU32; SPANS],
}

/// Where an answer that waits is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span(usize);

impl Default for Untaken {
    fn default() -> Self {
        Self {
            begun: Instant::now(),
            waiting: Default::default(),
        }
    }
}

impl Untaken {
    /// An answer begins to wait.
    pub(crate) fn waits(&self) -> Span {
        let span = place(self.span(self.begun.elapsed()));
        self.waiting[span].fetch_add(1, Ordering::Relaxed);
        Span(span)
    }

    /// It was taken, or is gone.
    pub(crate) fn taken(&self, Span(span): Span) {
        self.waiting[span].fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether an answer waits for too long.
    pub(crate) fn is_overdue(&self) -> bool {
        self.is_overdue_at(self.begun.elapsed())
    }

    fn is_overdue_at(&self, age: Duration) -> bool {
        let now = self.span(age);
        let recent = |span: usize| (0..=PATIENCE).any(|ago| now >= ago && place(now - ago) == span);
        let waits = |span: usize| self.waiting[span].load(Ordering::Relaxed) > 0;
        (0..SPANS).any(|span| waits(span) && !recent(span))
    }

    fn span(&self, age: Duration) -> u64 {
        age.as_secs() / SPAN
    }
}

fn place(span: u64) -> usize {
    usize::try_from(span).unwrap_or(0) % SPANS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_waits_long_is_overdue() {
        let untaken = Untaken::default();
        let at = |seconds| untaken.is_overdue_at(Duration::from_secs(seconds));
        assert!(!at(0) && !at(1_000_000));
        let span = untaken.waits();
        let other = untaken.waits();
        untaken.taken(other);
        assert!(!at(0) && !at(31));
        // Whenever the connection looks in this time, it sees it.
        for seconds in 32..64 {
            assert!(at(seconds), "{seconds}");
        }
        untaken.taken(span);
        assert!(!at(40));
    }
}
