//! What a store counts of its own work, for whoever watches over it.
//!
//! The figures belong to the process and not to an engine, so they go on when the store is moved to another one.

use std::time::Instant;

use opentelemetry::trace::{Status, TraceContextExt, Tracer as _};
use opentelemetry::{Context, KeyValue, global};
use prometheus::core::Collector;
use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry};

use crate::{Commit, Error, Result};

/// Durations of what waits for a disk or for a server, in seconds.
const SECONDS: [f64; 12] = [
    0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0,
];
/// Batches that share one way to the disk.
const BATCHES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// Counts commits, groups and syncs. Clones count together.
#[derive(Clone, Debug)]
pub struct Meter {
    /// Commits by how they ended, in the order of [`OUTCOMES`].
    commits: [IntCounter; OUTCOMES.len()],
    all_commits: IntCounterVec,
    commit_seconds: Histogram,
    waiting: IntGauge,
    group_batches: Histogram,
    sync_seconds: Histogram,
}

/// How a commit can end.
const OUTCOMES: [&str; 6] = [
    "committed",
    "replayed",
    "conflict",
    "unavailable",
    "ambiguous",
    "refused",
];

impl Meter {
    /// Has the figures shown by `registry`; an error when it shows some of these names already.
    pub fn register(&self, registry: &Registry) -> prometheus::Result<()> {
        let all: [Box<dyn Collector>; 5] = [
            Box::new(self.all_commits.clone()),
            Box::new(self.commit_seconds.clone()),
            Box::new(self.waiting.clone()),
            Box::new(self.group_batches.clone()),
            Box::new(self.sync_seconds.clone()),
        ];
        all.into_iter().try_for_each(|each| registry.register(each))
    }

    /// A commit begins to wait for its turn. Within a call that is traced it is a span of its own.
    pub(crate) fn commit(&self) -> Waiting {
        self.waiting.inc();
        let traced = Context::map_current(TraceContextExt::has_active_span);
        let span = traced.then(|| {
            let span = global::tracer("rapporteur-store").start("commit");
            Context::current_with_span(span)
        });
        Waiting {
            waiting: self.waiting.clone(),
            since: Instant::now(),
            span,
        }
    }

    /// It was answered.
    pub(crate) fn committed(&self, waiting: &Waiting, outcome: &Result<Commit>) {
        self.commit_seconds
            .observe(waiting.since.elapsed().as_secs_f64());
        self.commits[place(outcome)].inc();
        let Some(context) = &waiting.span else {
            return;
        };
        let span = context.span();
        let ended = OUTCOMES[place(outcome)];
        span.set_attribute(KeyValue::new("rapporteur.commit.outcome", ended));
        match outcome {
            Ok(Commit { position, .. }) => {
                let position = i64::try_from(*position).unwrap_or(i64::MAX);
                span.set_attribute(KeyValue::new("rapporteur.commit.position", position));
            }
            Err(_) => span.set_status(Status::error(ended)),
        }
        span.end();
    }

    /// So many batches go to the disk together.
    pub(crate) fn group(&self, batches: usize) {
        // Never near the 2^53 at which this would be inexact.
        #[allow(clippy::cast_precision_loss, reason = "see above")]
        self.group_batches.observe(batches as f64);
    }

    /// They have been made durable since.
    pub(crate) fn synced(&self, since: Instant) {
        self.sync_seconds.observe(since.elapsed().as_secs_f64());
    }
}

impl Default for Meter {
    fn default() -> Self {
        let histogram = |name: &str, help: &str, buckets: &[f64]| {
            let opts = HistogramOpts::new(name, help).buckets(buckets.to_vec());
            sound(Histogram::with_opts(opts))
        };
        let all_commits = sound(IntCounterVec::new(
            Opts::new(
                "rapporteur_store_commits_total",
                "Commits that were answered, by how they ended.",
            ),
            &["outcome"],
        ));
        Self {
            commits: OUTCOMES.map(|outcome| all_commits.with_label_values(&[outcome])),
            all_commits,
            commit_seconds: histogram(
                "rapporteur_store_commit_duration_seconds",
                "Time from asking for a commit to its answer, waiting for its turn included.",
                &SECONDS,
            ),
            waiting: sound(IntGauge::new(
                "rapporteur_store_commits_waiting",
                "Commits that were asked for and are not answered yet: the committer's queue.",
            )),
            group_batches: histogram(
                "rapporteur_store_group_batches",
                "Commits that went to the disk, or to the database, together.",
                &BATCHES,
            ),
            sync_seconds: histogram(
                "rapporteur_store_sync_duration_seconds",
                "Time to make a group durable: flush and fsync, or the transaction of a database.",
                &SECONDS,
            ),
        }
    }
}

/// A commit that waits to be answered.
#[derive(Debug)]
pub(crate) struct Waiting {
    waiting: IntGauge,
    since: Instant,
    span: Option<Context>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.waiting.dec();
    }
}

/// Where in [`OUTCOMES`] an outcome is counted.
fn place(outcome: &Result<Commit>) -> usize {
    match outcome {
        Ok(Commit { replayed, .. }) => usize::from(*replayed),
        Err(Error::Conflict { .. }) => 2,
        Err(Error::Unavailable(_)) => 3,
        Err(Error::Ambiguous(_)) => 4,
        Err(_) => 5,
    }
}

/// Names and buckets are written above, so a wrong one fails the first test.
fn sound<T>(made: prometheus::Result<T>) -> T {
    match made {
        Ok(made) => made,
        Err(error) => unreachable!("a figure of the store is malformed: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_of_a_commit_has_its_own_count() {
        let (meter, registry) = (Meter::default(), Registry::new());
        meter.register(&registry).unwrap();
        assert!(meter.register(&registry).is_err(), "once is enough");
        let done = |replayed| {
            Ok(Commit {
                position: 7,
                replayed,
            })
        };
        let conflict = Error::Conflict {
            key: "k".into(),
            expected: 1,
            current: 2,
        };
        let ends = [
            done(false),
            done(true),
            Err(conflict),
            Err(Error::Unavailable(String::new())),
            Err(Error::Ambiguous(String::new())),
            Err(Error::Full(String::new())),
        ];
        for (at, outcome) in ends.iter().enumerate() {
            let waiting = meter.commit();
            assert_eq!(meter.waiting.get(), 1);
            meter.committed(&waiting, outcome);
            assert_eq!(meter.commits[at].get(), 1, "{outcome:?}");
        }
        assert_eq!(meter.waiting.get(), 0);
        assert_eq!(meter.commit_seconds.get_sample_count(), 6);
    }
}
