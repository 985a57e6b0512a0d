//! The proof: one list of tests that every engine passes.
//!
//! An engine joins by implementing [`Engine`] (a few lines: how to create a store, how to reopen it)
//! and running [`suite`] in a test of its own. The tests know only the contract; what they expect of
//! one engine they expect of all. Each ends with a full [`verify`](Store::verify) and a close.
//!
//! Since this is library code, so that engines in other crates can use it, nothing here panics: a
//! broken promise is a [`Failure`] that names the test, the line and what was seen.

mod commits;
mod copies;
mod load;
mod log;
mod pages;
mod rows;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use uuid::Uuid;

use crate::{Batch, Check, Commit, Error, Store, Write};

/// How the suite gets at an engine.
#[async_trait]
pub trait Engine: Send + Sync {
    /// A new, empty store with this identity. There may be several with the same.
    async fn create_as(&self, store_id: Uuid) -> crate::Result<Arc<dyn Store>>;

    /// A new, empty store.
    async fn create(&self) -> crate::Result<Arc<dyn Store>> {
        self.create_as(Uuid::new_v4()).await
    }

    /// Closes `store` and opens what it had kept.
    async fn reopen(&self, store: Arc<dyn Store>) -> crate::Result<Arc<dyn Store>>;
}

/// A promise that was not kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("conformance test {test}: {why}")]
pub struct Failure {
    /// The test that saw it.
    pub test: &'static str,
    /// What it saw, and where.
    pub why: String,
}

/// No test takes longer than seconds; one that does hangs.
const PATIENCE: Duration = Duration::from_secs(120);

macro_rules! suite {
    ($($group:ident: $($test:ident),+;)+) => {
        /// The names of the tests, in their order.
        pub const TESTS: &[&str] = &[$($(stringify!($test)),+),+];

        /// Runs the test called `name` ([`TESTS`] has the names).
        pub async fn test(engine: &dyn Engine, name: &str) -> Result<(), Failure> {
            match name {
                $($(stringify!($test) => named(stringify!($test), $group::$test(engine)).await,)+)+
                _ => Err(Failure { test: "none", why: format!("there is no test {name:?}") }),
            }
        }
    };
}

suite! {
    rows: byte_order, long_runs_of_high_bytes, absent_rows, get_many_in_order, large_values;
    pages: range_ends, both_directions, paging_without_loss, pages_are_snapshots;
    commits: checks, conflict_leaves_nothing, all_or_nothing, delete_then_recreate,
        replay_of_an_op_id, one_op_id_from_many_callers, limits, batch_without_writes;
    log: entries_and_chain, times_and_positions, tokens, divergence, pages_of_the_log, history,
        waiting, reopening, closing;
    copies: a_copy_equals_its_origin, a_copy_goes_on, a_wrong_continuation_is_refused;
    load: many_at_once, writers_and_tailers, read_your_writes, verify_beside_writers,
        dropped_callers;
}

/// Runs every test on `engine` and answers how many there are.
pub async fn suite(engine: &dyn Engine) -> Result<usize, Failure> {
    for name in TESTS {
        test(engine, name).await?;
    }
    Ok(TESTS.len())
}

async fn named(test: &'static str, run: impl Future<Output = Outcome>) -> Result<(), Failure> {
    let hangs = || Broken(format!("it has not ended after {PATIENCE:?}"));
    let outcome = tokio::time::timeout(PATIENCE, run)
        .await
        .unwrap_or_else(|_| Err(hangs()));
    outcome.map_err(|Broken(why)| Failure { test, why })
}

/// What a test saw that it should not have seen.
struct Broken(String);

type Outcome<T = ()> = Result<T, Broken>;

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self(format!("unexpected error: {error}"))
    }
}

impl From<tokio::task::JoinError> for Broken {
    fn from(error: tokio::task::JoinError) -> Self {
        Self(error.to_string())
    }
}

/// Ends the test as broken unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($why:tt)+) => {
        // A name for the condition, since `!` before a comparison of floats would be another question.
        let holds: bool = $condition;
        if !holds {
            let why = format!($($why)+);
            return Err($crate::conformance::Broken(format!("{}:{}: {why}", file!(), line!())));
        }
    };
}

/// Ends the test as broken unless both sides are equal.
macro_rules! ensure_eq {
    ($left:expr, $right:expr) => {
        // A match, since it keeps temporary values alive as long as they are looked at.
        match (&$left, &$right) {
            (left, right) => {
                ensure!(
                    *left == *right,
                    "{} is {}, and {} is {}",
                    stringify!($left),
                    $crate::conformance::brief(left),
                    stringify!($right),
                    $crate::conformance::brief(right)
                );
            }
        }
    };
}

/// Ends the test as broken unless the value matches the pattern.
macro_rules! ensure_matches {
    ($value:expr, $($pattern:tt)+) => {
        let value = $value;
        ensure!(
            matches!(value, $($pattern)+),
            "{} is {}, not {}",
            stringify!($value),
            $crate::conformance::brief(&value),
            stringify!($($pattern)+)
        );
    };
}

use {ensure, ensure_eq, ensure_matches};

/// Enough of a value to recognise it: some tests compare megabytes.
fn brief(value: &(impl std::fmt::Debug + ?Sized)) -> String {
    let mut text = format!("{value:?}");
    if text.len() > 300 {
        text.truncate(text.floor_char_boundary(300));
        text.push_str(" ...");
    }
    text
}

/// A batch of writes with nothing to check.
fn batch(writes: impl IntoIterator<Item = Write>) -> Batch {
    let writes = writes.into_iter().collect();
    let (op_id, meta) = (Uuid::new_v4(), Bytes::from_static(b"conformance"));
    Batch {
        op_id,
        time_us: 1_000,
        checks: Vec::new(),
        writes,
        meta,
    }
}

/// Adds "this key is still at that version".
fn checked(mut batch: Batch, key: impl Into<Bytes>, version: u64) -> Batch {
    batch.checks.push(Check {
        key: key.into(),
        version,
    });
    batch
}

/// Commits and answers the position, which must be a new one.
async fn commit(store: &dyn Store, batch: Batch) -> Outcome<u64> {
    let Commit { position, replayed } = store.commit(batch).await?;
    ensure!(
        !replayed,
        "a first commit at {position} is said to be a replay"
    );
    Ok(position)
}

/// Walks the whole store once more and closes it.
async fn finish(store: Arc<dyn Store>) -> Outcome {
    let head = store.head().await?;
    let verified = store.verify().await?;
    ensure_eq!(verified.log_entries, head.position);
    store.close().await?;
    Ok(())
}

/// Random numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(2).wrapping_add(1))
    }

    /// A number below `below` (SplitMix64).
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % below.max(1)
    }
}
