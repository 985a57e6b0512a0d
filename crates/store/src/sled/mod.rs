//! The embedded engine: sled 0.34, used in the one way that survives crashes and power losses.
//!
//! # On disk
//!
//! ```text
//! <dir>/store.json    the marker: format, engine, schema, store id, whether creation has finished
//! <dir>/high-water    how far the log had certainly come; replaced every few seconds and at the end
//! <dir>/high-water.recent   the same, overwritten by every group without a sync: exact after a kill,
//!                     removed by a clean end
//! <dir>/lock          locked while open
//! <dir>/sled/         sled's own files (db, conf, snap.*, and blobs/, which stays empty)
//! ```
//!
//! One sled tree holds all rows, told apart by their first byte, since only then is one sled batch
//! atomic over records, log and indexes. A first byte once given is never reused or changed (`04` was
//! considered for an index by time, which the log itself made needless; it stays free). Numbers are
//! big-endian.
//!
//! ```text
//! 00 name                         meta: schema u32, store_id, head {position, op_id, time, hash},
//!                                 looked (which first bytes of keys need a look at what stands),
//!                                 migration (the cursor of one that runs)
//! 01 key (FF as FF 00)            row: 01, version u64, value
//!                                   or 02, version u64, write u32, length u32: the value is in chunks
//!                                   03 and 04 are the same, of a value that belongs to the history
//! 02 version u64 write u32 n u32  chunk n (of 4 KiB) of the value of that write of that commit
//! 03 position u64 n u32           log entry, cut in pieces of 4 KiB; before the first piece:
//!                                   01, hash (32), length u32. The encoding is in `chain`
//! 05 position u64                 the op ids of the commits from there on, 16 bytes each, at most 255
//!                                 (schema 1 had a row for each: 05 op_id, position u64)
//! 06 key (escaped) position u64   empty: the commit wrote this key with history, and it was written over
//!                                 since; the value is in the log. (Schema 1 had it for the present value
//!                                 too, whose row then is an 01 or 02.)
//! ```
//!
//! No row comes near 8 KiB, so no sled node comes near the 128 KiB at which sled begins to write blob
//! files, which it never syncs.
//!
//! # What a crash leaves
//!
//! Groups of batches are applied whole or not at all: sled seals a batch in its log. An acknowledged
//! batch is on the disk; of the group that was being written either all or nothing is found. The
//! high-water mark may lag behind the log but is never ahead of it.
//!
//! # Reading order
//!
//! `open`, `copy`, `writer`, `group` (how batches are decided), `syncer` (how they become durable), `read`, `log`,
//! `verify`; `rows` and `files` know the spelling, `core` what threads share, `cache` what was read lately, `ops` which
//! commit did what, `migrate` how layouts change.

mod cache;
mod copy;
mod core;
mod files;
mod group;
mod log;
mod migrate;
mod open;
mod ops;
mod read;
mod rows;
mod syncer;
mod verify;
mod writer;

use std::path::Path;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::{oneshot, watch};
use uuid::Uuid;

pub use self::copy::{finish_copy, hold, is_there, mark, mark_moved, replace};
pub use self::open::Options;

use self::core::{Core, closed, guarded};
use self::read::Page;
use self::syncer::Syncer;
use self::writer::{Job, QUEUE, Work, Writer};
use crate::contract::LIMITS;
use crate::{
    Batch, Commit, Direction, Error, Health, Info, LogEntry, Result, Revision, Row, Store, Token,
    Verified, limits,
};

pub(crate) const ENGINE: &str = "sled-0.34";
/// The layout of the rows. A new one needs a migration and never gives a first byte a new meaning.
const SCHEMA: u32 = 2;
/// One part in so many of the cache holds rows, the others are sled's.
const ROWS_SHARE: u64 = 4;
/// Reading this many log entries is quicker than going to another thread for them.
const SMALL_LOG: u64 = 8;

/// The embedded store. Everything runs in this process; one directory belongs to one process.
///
/// [`close`](Store::close) it in the end. A store that is dropped instead is closed too, but the
/// dropping thread waits for the disk.
pub struct SledStore {
    core: Arc<Core>,
    jobs: SyncSender<Job>,
    writer: Arc<Mutex<Option<JoinHandle<()>>>>,
    recovered: bool,
}

impl SledStore {
    /// Opens the store in `dir`, or creates it when `dir` is empty or missing.
    ///
    /// Blocks: async callers use `spawn_blocking`. Answers [`Error::AlreadyOpen`] when somebody has it
    /// open, [`Error::Schema`] when the directory is not ours or of a newer format, and
    /// [`Error::Corrupt`] when it is damaged or has lost what it once held.
    pub fn open(dir: &Path, options: Options) -> Result<Arc<Self>> {
        let found = open::open(dir, &options)?;
        let open::Found {
            opened,
            store_id,
            head,
            looked,
            ops,
            marked,
            recovered,
        } = found;
        if recovered {
            let head = head.position;
            tracing::warn!(dir = %dir.display(), head, "recovered a store that was not closed");
        }
        let token = Token {
            store_id,
            position: head.position,
            op_id: head.op_id,
        };
        let core = Arc::new(Core::new(
            dir.to_owned(),
            opened,
            token,
            ops,
            options.cache_bytes / ROWS_SHARE,
        ));
        let (jobs, queue) = sync_channel(QUEUE);
        let writer = Writer {
            core: Arc::clone(&core),
            jobs: queue,
            head,
            looked,
            group_batches: options.group_batches.max(1),
            meter: options.meter.clone(),
        };
        let syncer = Syncer {
            core: Arc::clone(&core),
            head,
            recent: files::RecentMark::open(dir)?,
            marked,
            marked_at: Instant::now(),
            meter: options.meter,
        };
        let writer = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || writer.run(syncer))
            .map_err(|error| Error::Unavailable(format!("starting the writer: {error}")))?;
        Ok(Arc::new(Self {
            core,
            jobs,
            writer: Arc::new(Mutex::new(Some(writer))),
            recovered,
        }))
    }

    /// Tells when the store stopped writing for good, and why. Whoever owns the process should then
    /// end it with an error: only opening anew finds out what is on the disk.
    #[must_use]
    pub fn failed(&self) -> watch::Receiver<Option<String>> {
        self.core.failure.subscribe()
    }

    /// Whether the process before ended without closing the store. All that can be checked quickly was
    /// checked; if the machine itself may have suffered, let [`verify`](Store::verify) run beside the
    /// work: damage in the middle of sled's log can bring back older rows, and only the full walk sees it.
    #[must_use]
    pub fn recovered(&self) -> bool {
        self.recovered
    }

    /// Puts work into the writer's queue.
    fn append(&self, work: Work) -> Result<oneshot::Receiver<Result<Commit>>> {
        if self.core.closing.load(SeqCst) {
            return Err(self.core.failed());
        }
        let (answer, outcome) = oneshot::channel();
        self.jobs
            .try_send(Job::Append(work, answer))
            .map_err(|error| match error {
                TrySendError::Full(_) => {
                    Error::Unavailable(format!("{QUEUE} batches wait already"))
                }
                TrySendError::Disconnected(_) => self.core.failed(),
            })?;
        Ok(outcome)
    }

    fn head_now(&self) -> Result<Token> {
        // Only a look at the lock: a closed store has no head.
        self.core.with(|_| Ok(*self.core.head.borrow()))
    }
}

/// What the writer says in the end.
async fn answered(outcome: oneshot::Receiver<Result<Commit>>) -> Result<Commit> {
    let stopped = || Error::Ambiguous("the writer stopped before it answered".into());
    outcome.await.unwrap_or_else(|_| Err(stopped()))
}

/// Ends the writer and releases the directory. Blocks. Safe to call more than once.
fn shut(core: &Core, jobs: &SyncSender<Job>, writer: &Mutex<Option<JoinHandle<()>>>) {
    core.closing.store(true, SeqCst);
    let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
    // Whoever comes second waits here for the first: only a writer that has ended lets go of sled.
    if let Some(writer) = writer.take() {
        // An error means that it has ended already.
        let _ = jobs.send(Job::Stop);
        let _ = writer.join();
    }
    let released = guarded(|| {
        drop(core.take());
        Ok(())
    });
    if let Err(error) = released {
        core.fail(&error);
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        shut(&self.core, &self.jobs, &self.writer);
    }
}

#[async_trait]
impl Store for SledStore {
    async fn get(&self, key: &[u8]) -> Result<Option<Row>> {
        let row = self.core.row(key)?;
        let newest = row
            .as_ref()
            .map_or_else(|| self.core.deleted(), |row| row.version);
        self.core.settle(newest).await?;
        Ok(row)
    }

    async fn get_many(&self, keys: &[Bytes]) -> Result<Vec<Option<Row>>> {
        limits::page(keys.len())?;
        if !self.core.closing.load(SeqCst)
            && let Some(rows) = self.core.cache.get_all(keys)
        {
            let newest = rows.iter().map(|row| row.version).max();
            self.core.settle(newest.unwrap_or_default()).await?;
            return Ok(rows.into_iter().map(Some).collect());
        }
        let found = self.page(Page::Keys(keys.to_vec())).await?;
        Ok(found.into_iter().map(|(_, row)| row).collect())
    }

    async fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        limit: usize,
        direction: Direction,
    ) -> Result<Vec<(Bytes, Row)>> {
        limits::page(limit)?;
        let found = self.page(Page::range(from, to, limit, direction)).await?;
        Ok(found
            .into_iter()
            .filter_map(|(key, row)| Some((key, row?)))
            .collect())
    }

    async fn commit(&self, batch: Batch) -> Result<Commit> {
        limits::batch(&batch)?;
        answered(self.append(Work::New(batch))?).await
    }

    async fn take_over(&self, store_id: Uuid, entries: Vec<LogEntry>) -> Result<()> {
        let ours = self.core.store_id;
        if store_id != ours {
            let why = format!("the entries are of store {store_id}, and this is {ours}");
            return Err(Error::Diverged(why));
        }
        let mut entries = entries.into_iter().peekable();
        while entries.peek().is_some() {
            // Each is a place in the queue, so that they share groups like the commits of many callers.
            let some = entries.by_ref().take(QUEUE / 2);
            let waiting: Vec<_> = some
                .map(|entry| self.append(Work::Copied(entry)))
                .collect::<Result<_>>()?;
            for outcome in waiting {
                answered(outcome).await?;
            }
        }
        Ok(())
    }

    async fn history(&self, key: &[u8], at_or_before: u64, limit: usize) -> Result<Vec<Revision>> {
        limits::page(limit)?;
        let (key, last) = (key.to_vec(), at_or_before.min(self.core.durable()));
        let small = limit as u64 <= SMALL_LOG;
        self.read(small, move |tree| log::history(tree, &key, last, limit))
            .await
    }

    async fn position_at(&self, time_us: i64) -> Result<u64> {
        let last = self.core.durable();
        self.read(true, move |tree| log::position_at(tree, time_us, last))
            .await
    }

    async fn head(&self) -> Result<Token> {
        self.head_now()
    }

    async fn token_at(&self, position: u64) -> Result<Token> {
        let head = self.head_now()?;
        if position > head.position {
            let why = format!("position {position} is beyond the head, {}", head.position);
            return Err(Error::Diverged(why));
        }
        let op_id = match position {
            0 => Uuid::nil(),
            _ => {
                self.read(true, move |tree| log::op_id_at(tree, position))
                    .await?
            }
        };
        Ok(Token {
            position,
            op_id,
            ..head
        })
    }

    async fn read_log(&self, after: &Token, limit: usize) -> Result<Vec<LogEntry>> {
        limits::page(limit)?;
        let (after, head) = (*after, self.head_now()?);
        let waiting = head
            .position
            .saturating_sub(after.position)
            .min(limit as u64);
        self.read(waiting <= SMALL_LOG, move |tree| {
            log::belongs(tree, &after, &head)?;
            log::entries(tree, after.position, head.position, limit)
        })
        .await
    }

    async fn wait(&self, position: u64, max: Duration) {
        let mut head = self.core.head.subscribe();
        // Only a hint: neither the time-out nor the end of the store is worth an error.
        let _ = tokio::time::timeout(max, head.wait_for(|head| head.position > position)).await;
    }

    async fn lookup(&self, op_id: Uuid) -> Result<Option<u64>> {
        // Only a look at the lock: a closed store answers nothing.
        self.core
            .with(|_| Ok(self.core.lookup(op_id, self.core.durable())))
    }

    async fn info(&self) -> Result<Info> {
        let disk_bytes = self.core.with(|opened| Ok(opened.db.size_on_disk().ok()))?;
        let store_id = self.core.store_id;
        Ok(Info {
            engine: ENGINE,
            store_id,
            schema: SCHEMA,
            limits: LIMITS,
            disk_bytes,
        })
    }

    async fn health(&self) -> Health {
        self.core.health()
    }

    async fn verify(&self) -> Result<Verified> {
        let core = Arc::clone(&self.core);
        self.read(false, move |tree| verify::verify(tree, &core))
            .await
    }

    async fn close(&self) -> Result<()> {
        self.core.closing.store(true, SeqCst);
        let (core, jobs) = (Arc::clone(&self.core), self.jobs.clone());
        let writer = Arc::clone(&self.writer);
        let ended = tokio::task::spawn_blocking(move || shut(&core, &jobs, &writer)).await;
        ended.map_err(|error| Error::Unavailable(error.to_string()))?;
        match self.core.failed() {
            error if error == closed() => Ok(()),
            error => Err(error),
        }
    }
}
