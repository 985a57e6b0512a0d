//! An engine in memory, of two hundred lines, and the faults that a test must notice in it.
#![allow(
    clippy::unwrap_used,
    dead_code,
    unreachable_pub,
    reason = "a module of several test binaries, each uses its part"
)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use rapporteur_store::conformance::Engine;
use rapporteur_store::contract::LIMITS;
use rapporteur_store::{
    Batch, Commit, Direction, Error, Health, Info, LogEntry, Result, Revision, Row, Store, Token,
    Verified, chain, limits,
};
use tokio::sync::watch;
use uuid::Uuid;

/// A promise to break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    IgnoresChecks,
    AppliesTwice,
    LosesTheLastOnReopening,
    AppliesHalves,
    KeepsAllHistory,
    TrustsPositions,
    IncludesTheEnd,
    LetsClocksGoBack,
    BreaksTheChain,
    SkipsAPosition,
    UsesUpOpIds,
    AnswersStaleReads,
}

pub const FAULTS: [Fault; 12] = [
    Fault::IgnoresChecks,
    Fault::AppliesTwice,
    Fault::LosesTheLastOnReopening,
    Fault::AppliesHalves,
    Fault::KeepsAllHistory,
    Fault::TrustsPositions,
    Fault::IncludesTheEnd,
    Fault::LetsClocksGoBack,
    Fault::BreaksTheChain,
    Fault::SkipsAPosition,
    Fault::UsesUpOpIds,
    Fault::AnswersStaleReads,
];

/// What a store keeps. It outlives the [`Memory`] that was opened on it.
#[derive(Default)]
pub struct Data {
    rows: BTreeMap<Bytes, Row>,
    pub log: Vec<LogEntry>,
    refused: Vec<Uuid>,
    /// Each row as it was before it was last written, for [`Fault::AnswersStaleReads`].
    stale: BTreeMap<Bytes, Option<Row>>,
}

/// An open store.
pub struct Memory {
    fault: Option<Fault>,
    data: Arc<Mutex<Data>>,
    store_id: Uuid,
    head: watch::Sender<u64>,
    closed: AtomicBool,
    gets: AtomicU64,
}

impl Memory {
    /// Opens what `data` keeps.
    pub fn new(fault: Option<Fault>, data: Arc<Mutex<Data>>, store_id: Uuid) -> Arc<Self> {
        let head = watch::Sender::new(data.lock().unwrap().log.len() as u64);
        let (closed, gets) = (AtomicBool::new(false), AtomicU64::new(0));
        Arc::new(Self {
            fault,
            data,
            store_id,
            head,
            closed,
            gets,
        })
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn data(&self) -> Result<MutexGuard<'_, Data>> {
        if self.closed.load(SeqCst) {
            return Err(Error::Unavailable("closed".into()));
        }
        Ok(self.data.lock().unwrap())
    }

    fn token(&self, data: &Data, position: u64) -> Result<Token> {
        let beyond = || Error::Diverged("beyond the head".into());
        let op_id = match position.checked_sub(1) {
            None => Uuid::nil(),
            Some(index) => data.log.get(index as usize).ok_or_else(beyond)?.op_id,
        };
        Ok(Token {
            store_id: self.store_id,
            position,
            op_id,
        })
    }
}

#[async_trait]
impl Store for Memory {
    async fn get(&self, key: &[u8]) -> Result<Option<Row>> {
        let data = self.data()?;
        let now_and_then = self.gets.fetch_add(1, SeqCst) % 5 == 4;
        if now_and_then && self.is(Fault::AnswersStaleReads) {
            return Ok(data.stale.get(key).cloned().flatten());
        }
        Ok(data.rows.get(key).cloned())
    }

    async fn get_many(&self, keys: &[Bytes]) -> Result<Vec<Option<Row>>> {
        limits::page(keys.len())?;
        let data = self.data()?;
        Ok(keys.iter().map(|key| data.rows.get(key).cloned()).collect())
    }

    async fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        limit: usize,
        direction: Direction,
    ) -> Result<Vec<(Bytes, Row)>> {
        limits::page(limit)?;
        let data = self.data()?;
        let inclusive = self.is(Fault::IncludesTheEnd);
        let before = |key: &[u8]| to.is_empty() || key < to || inclusive && key == to;
        let rows = data
            .rows
            .iter()
            .filter(|(key, _)| key[..] >= *from && before(key));
        let rows = rows.map(|(key, row)| (key.clone(), row.clone()));
        Ok(match direction {
            Direction::Forward => rows.take(limit).collect(),
            Direction::Backward => rows.rev().take(limit).collect(),
        })
    }

    async fn commit(&self, batch: Batch) -> Result<Commit> {
        limits::batch(&batch)?;
        let mut data = self.data()?;
        let done = data.log.iter().find(|entry| entry.op_id == batch.op_id);
        if let Some(done) = done.filter(|_| !self.is(Fault::AppliesTwice)) {
            return Ok(Commit {
                position: done.position,
                replayed: true,
            });
        }
        if self.is(Fault::UsesUpOpIds) && data.refused.contains(&batch.op_id) {
            return Ok(Commit {
                position: data.log.len() as u64,
                replayed: true,
            });
        }
        for check in batch
            .checks
            .iter()
            .filter(|_| !self.is(Fault::IgnoresChecks))
        {
            let current = data.rows.get(&check.key).map_or(0, |row| row.version);
            if current != check.version {
                data.refused.push(batch.op_id);
                let (key, expected) = (check.key.clone(), check.version);
                return Err(Error::Conflict {
                    key,
                    expected,
                    current,
                });
            }
        }
        let skipped = u64::from(self.is(Fault::SkipsAPosition) && data.log.len() >= 5);
        let position = data.log.len() as u64 + 1 + skipped;
        let previous = data.log.last();
        let before = previous.map_or(i64::MIN, |entry| entry.time_us);
        let back = self.is(Fault::LetsClocksGoBack);
        let mut entry = LogEntry {
            position,
            op_id: batch.op_id,
            time_us: if back {
                batch.time_us
            } else {
                batch.time_us.max(before)
            },
            writes: batch.writes.clone(),
            meta: batch.meta,
            previous_hash: previous.map_or([0; 32], |entry| entry.hash),
            hash: [0; 32],
        };
        if self.is(Fault::BreaksTheChain) {
            entry.previous_hash = [0; 32];
        }
        entry.hash = chain::hash(&entry);
        for (index, write) in batch.writes.into_iter().enumerate() {
            if index == 100 && self.is(Fault::AppliesHalves) {
                drop(data);
                std::thread::sleep(Duration::from_millis(1));
                data = self.data()?;
            }
            let before = data.rows.get(&write.key).cloned();
            data.stale.insert(write.key.clone(), before);
            match write.value {
                Some(value) => data.rows.insert(
                    write.key,
                    Row {
                        version: position,
                        value,
                    },
                ),
                None => data.rows.remove(&write.key),
            };
        }
        data.log.push(entry);
        self.head.send_replace(position);
        Ok(Commit {
            position,
            replayed: false,
        })
    }

    async fn history(&self, key: &[u8], at_or_before: u64, limit: usize) -> Result<Vec<Revision>> {
        limits::page(limit)?;
        let (data, all) = (self.data()?, self.is(Fault::KeepsAllHistory));
        let entries = data
            .log
            .iter()
            .rev()
            .filter(|entry| entry.position <= at_or_before);
        let revisions = entries.flat_map(|entry| {
            let writes = entry
                .writes
                .iter()
                .filter(|it| it.key == key && (it.history || all));
            let (position, time_us) = (entry.position, entry.time_us);
            writes.map(move |write| Revision {
                position,
                time_us,
                value: write.value.clone(),
            })
        });
        Ok(revisions.take(limit).collect())
    }

    async fn position_at(&self, time_us: i64) -> Result<u64> {
        Ok(self
            .data()?
            .log
            .partition_point(|entry| entry.time_us <= time_us) as u64)
    }

    async fn head(&self) -> Result<Token> {
        let data = self.data()?;
        self.token(&data, data.log.len() as u64)
    }

    async fn token_at(&self, position: u64) -> Result<Token> {
        self.token(&*self.data()?, position)
    }

    async fn read_log(&self, after: &Token, limit: usize) -> Result<Vec<LogEntry>> {
        limits::page(limit)?;
        let data = self.data()?;
        let mut there = self.token(&data, after.position)?;
        if self.is(Fault::TrustsPositions) {
            there.op_id = after.op_id;
        }
        if there != *after {
            return Err(Error::Diverged(format!("{after:?} is not {there:?}")));
        }
        let mut bytes = 0;
        let entries = data.log.iter().skip(after.position as usize).take(limit);
        let entries = entries.take_while(|entry| {
            let fits = bytes < 8 << 20;
            bytes += entry
                .writes
                .iter()
                .flat_map(|it| &it.value)
                .map(Bytes::len)
                .sum::<usize>();
            fits
        });
        Ok(entries.cloned().collect())
    }

    async fn wait(&self, position: u64, max: Duration) {
        let mut head = self.head.subscribe();
        let _ = tokio::time::timeout(max, head.wait_for(|head| *head > position)).await;
    }

    async fn lookup(&self, op_id: Uuid) -> Result<Option<u64>> {
        let data = self.data()?;
        Ok(data
            .log
            .iter()
            .find(|entry| entry.op_id == op_id)
            .map(|entry| entry.position))
    }

    async fn info(&self) -> Result<Info> {
        let (engine, store_id) = ("memory", self.store_id);
        Ok(Info {
            engine,
            store_id,
            schema: 1,
            limits: LIMITS,
            disk_bytes: None,
        })
    }

    async fn health(&self) -> Health {
        match self.data() {
            Ok(_) => Health::Serving,
            Err(error) => Health::Failing(error.to_string()),
        }
    }

    async fn verify(&self) -> Result<Verified> {
        let data = self.data()?;
        let writes = data.log.iter().flat_map(|entry| &entry.writes);
        let history_rows = writes.filter(|write| write.history).count() as u64;
        let (rows, log_entries) = (data.rows.len() as u64, data.log.len() as u64);
        Ok(Verified {
            rows,
            log_entries,
            history_rows,
        })
    }

    async fn close(&self) -> Result<()> {
        self.closed.store(true, SeqCst);
        Ok(())
    }
}

/// Creates memories, and remembers what each of them kept.
pub struct Memories {
    fault: Option<Fault>,
    kept: Mutex<BTreeMap<Uuid, Arc<Mutex<Data>>>>,
    ids: Mutex<Vec<(Arc<dyn Store>, Uuid)>>,
}

#[async_trait]
impl Engine for Memories {
    async fn create(&self) -> Result<Arc<dyn Store>> {
        let (store_id, data) = (Uuid::new_v4(), Arc::default());
        self.kept
            .lock()
            .unwrap()
            .insert(store_id, Arc::clone(&data));
        let store: Arc<dyn Store> = Memory::new(self.fault, data, store_id);
        self.ids
            .lock()
            .unwrap()
            .push((Arc::clone(&store), store_id));
        Ok(store)
    }

    async fn reopen(&self, store: Arc<dyn Store>) -> Result<Arc<dyn Store>> {
        store.close().await?;
        let mut ids = self.ids.lock().unwrap();
        let (held, store_id) = ids
            .iter_mut()
            .find(|(held, _)| Arc::ptr_eq(held, &store))
            .unwrap();
        let data = Arc::clone(&self.kept.lock().unwrap()[store_id]);
        if self.fault == Some(Fault::LosesTheLastOnReopening) {
            data.lock().unwrap().log.pop();
        }
        *held = Memory::new(self.fault, data, *store_id);
        Ok(Arc::clone(held))
    }
}

/// An engine with one promise broken, or none.
pub fn memories(fault: Option<Fault>) -> Memories {
    Memories {
        fault,
        kept: Mutex::default(),
        ids: Mutex::default(),
    }
}
