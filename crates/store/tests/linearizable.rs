//! Concurrent clients on one key see what they would see if the store did one thing at a time.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

#[path = "support/engines.rs"]
mod engines;
#[path = "support/history.rs"]
mod history;
#[path = "suite/memory.rs"]
mod memory;
mod support;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use history::{Answer, Client, History, Op, Value};
use memory::{Fault, memories};
use rapporteur_store::conformance::Engine;
use rapporteur_store::{Batch, Check, Direction, Error, Row, Store, Write};
use support::Dice;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use uuid::Uuid;

/// Histories of one engine. Each is short, since checking one takes exponential time.
const HISTORIES: usize = 150;
/// Histories at a time, each on a key of its own in the one store.
const AT_A_TIME: usize = 10;
/// Calls of one history that nobody waits for. Each may have happened at any later moment, so a few of them
/// multiply the orders that are to be tried.
const GIVEN_UP: u64 = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sled() {
    linearizable(&engines::Sled::default()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory() {
    linearizable(&memories(None)).await.unwrap();
}

/// The negative control: what this test is for, it sees.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stale_read_is_seen() {
    for fault in [Fault::AnswersStaleReads, Fault::IgnoresChecks] {
        let seen = linearizable(&memories(Some(fault))).await.unwrap_err();
        assert!(seen.contains("not linearizable"), "{fault:?}: {seen}");
    }
}

/// Records histories on a store of `engine` and checks each of them.
async fn linearizable(engine: &dyn Engine) -> Result<(), String> {
    let mut dice = Dice::printed("linearizable");
    let store = engine.create().await.unwrap();
    let histories = support::times("RAPPORTEUR_TEST_HISTORIES", HISTORIES);
    let (mut operations, mut unknown, mut longest) = (0, 0, Duration::ZERO);
    for first in (0..histories).step_by(AT_A_TIME) {
        let mut running = JoinSet::new();
        for number in first..histories.min(first + AT_A_TIME) {
            let (store, seed) = (Arc::clone(&store), dice.roll(u64::MAX));
            running.spawn(async move { record(store, number, seed).await });
        }
        while let Some(history) = running.join_next().await {
            let (history, began) = (history.unwrap(), Instant::now());
            history.check()?;
            longest = longest.max(began.elapsed());
            let (all, without) = history.operations();
            (operations, unknown) = (operations + all, unknown + without);
        }
    }
    let engine = store.info().await.unwrap().engine;
    println!(
        "{engine}: {histories} histories, {operations} operations, {unknown} of unknown outcome, at most \
         {longest:?} to check one"
    );
    assert!(unknown > 0, "no outcome was unknown, so that was not tried");
    store.close().await.unwrap();
    Ok(())
}

/// One history: three or four clients, each with five or six operations on the same key.
async fn record(store: Arc<dyn Store>, number: usize, seed: u64) -> Arc<History> {
    let mut dice = Dice::new(seed);
    let clients = 3 + dice.roll(2);
    let together = Arc::new(Barrier::new(clients as usize));
    let (history, versions) = (Arc::new(History::new(None)), Arc::default());
    let given_up = Arc::default();
    let mut running = JoinSet::new();
    for client in 0..clients {
        let (history, together) = (Arc::clone(&history), Arc::clone(&together));
        let mut client = Desk {
            store: Arc::clone(&store),
            key: Bytes::from(format!("record {number}")),
            versions: Arc::clone(&versions),
            dice: Dice::new(seed ^ (client + 1)),
            seen: (0, None),
            next: client * 1_000,
            given_up: Arc::clone(&given_up),
        };
        running.spawn(async move {
            together.wait().await;
            let mut place = history.client();
            for _ in 0..5 + client.dice.roll(2) {
                client.step(&mut place).await;
            }
        });
    }
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
    history
}

/// One who works on a record.
struct Desk {
    store: Arc<dyn Store>,
    key: Bytes,
    /// Which value each version is, as all clients have seen it.
    versions: Arc<Mutex<BTreeMap<u64, Value>>>,
    dice: Dice,
    /// Version and value that were last seen.
    seen: (u64, Value),
    next: u64,
    /// Calls that all clients together have given up.
    given_up: Arc<AtomicU64>,
}

impl Desk {
    async fn step(&mut self, place: &mut Client<'_>) {
        for _ in 0..self.dice.roll(3) {
            tokio::task::yield_now().await;
        }
        self.next += 1;
        let new = (self.dice.roll(6) > 0).then_some(self.next);
        match self.dice.roll(10) {
            0..4 => {
                let how = self.dice.roll(3);
                place.call(Op::Read, self.read(how)).await;
            }
            4..9 => {
                let (version, seen) = self.seen;
                place
                    .call(Op::Replace { seen, new }, self.write(new, Some(version)))
                    .await;
            }
            _ => place.call(Op::Write { new }, self.write(new, None)).await,
        }
    }

    async fn read(&mut self, how: u64) -> Option<Answer> {
        let row = match how {
            0 => self.store.get(&self.key).await.unwrap(),
            1 => {
                let keys = [self.key.clone()];
                self.store.get_many(&keys).await.unwrap().pop().unwrap()
            }
            _ => {
                let end = [&self.key[..], b"\0"].concat();
                let page = self.store.scan(&self.key, &end, 1, Direction::Forward);
                page.await.unwrap().pop().map(|(_, row)| row)
            }
        };
        let number = |row: &Row| u64::from_be_bytes(row.value[..].try_into().unwrap());
        self.see(
            row.as_ref().map_or(0, |row| row.version),
            row.as_ref().map(number),
        );
        Some(Answer::Is(self.seen.1))
    }

    async fn write(&mut self, new: Value, version: Option<u64>) -> Option<Answer> {
        let (key, value) = (
            self.key.clone(),
            new.map(|new| new.to_be_bytes().to_vec().into()),
        );
        let check = |version| Check {
            key: self.key.clone(),
            version,
        };
        let batch = Batch {
            op_id: Uuid::new_v4(),
            time_us: 0,
            checks: version.map(check).into_iter().collect(),
            writes: vec![Write {
                key,
                value,
                history: true,
            }],
            meta: Bytes::new(),
        };
        let store = Arc::clone(&self.store);
        let commit = tokio::spawn(async move { store.commit(batch).await });
        if self.dice.roll(12) == 0 && self.given_up.fetch_add(1, SeqCst) < GIVEN_UP {
            // Gives up waiting: what becomes of the batch it never learns.
            commit.abort();
            return match commit.await {
                Ok(outcome) => self.settle(new, outcome),
                Err(_) => None,
            };
        }
        self.settle(new, commit.await.unwrap())
    }

    fn settle(
        &mut self,
        new: Value,
        outcome: rapporteur_store::Result<rapporteur_store::Commit>,
    ) -> Option<Answer> {
        match outcome {
            Ok(commit) => {
                self.see(if new.is_some() { commit.position } else { 0 }, new);
                Some(Answer::Done)
            }
            Err(Error::Conflict { .. }) => Some(Answer::Conflict),
            Err(Error::Ambiguous(_)) => None,
            // Certainly not applied: as if it had not been called.
            Err(error) => panic!("{error}"),
        }
    }

    fn see(&mut self, version: u64, value: Value) {
        self.seen = (version, value);
        let known = *self
            .versions
            .lock()
            .unwrap()
            .entry(version)
            .or_insert(value);
        assert_eq!(known, value, "version {version} is two values");
    }
}
