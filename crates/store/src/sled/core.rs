//! What the writer thread and the readers share: the open sled and the three positions.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use ::sled::{Db, Tree};
use tokio::sync::watch;
use uuid::Uuid;

use super::cache::RowCache;
use super::files::io_error;
use super::ops::Ops;
use super::read;
use super::rows::corrupt;
use crate::{Error, Health, Result, Row, Token};

/// A group of batches takes milliseconds; a disk that stalls may take seconds.
const STUCK: Duration = Duration::from_secs(10);

/// What is open on disk. The order of the fields is the order of release: the lock goes last.
pub(super) struct Opened {
    pub(super) db: Db,
    /// Our own handle of sled's data file: sled's `flush` ends in `sync_file_range`, which survives no
    /// power loss, so we `fdatasync` here ourselves.
    pub(super) data: File,
    pub(super) _lock: File,
}

pub(super) struct Core {
    pub(super) dir: PathBuf,
    pub(super) store_id: Uuid,
    /// `None` once closed. Readers hold the lock only while they touch sled, never across an await.
    opened: RwLock<Option<Opened>>,
    pub(super) cache: RowCache,
    pub(super) ops: Ops,
    /// Set to the last position of a group before sled is told, and to the same after sled has it all:
    /// a page that saw both equal and unmoved is a snapshot.
    applying: AtomicU64,
    applied: AtomicU64,
    /// Held while a group is applied and while sled writes its log. A flush in the middle of a batch would
    /// write twice what could be written once, wait for the rest of the batch, and wake all of sled's seven
    /// threads for each: a tenth of what a commit costs.
    turn: Mutex<()>,
    /// The last position that survives a power loss: the mirror of `head` for the fast path.
    durable: AtomicU64,
    /// The last position of the last group that deleted a row: "absent" may be as new as this.
    deleted: AtomicU64,
    pub(super) head: watch::Sender<Token>,
    pub(super) failure: watch::Sender<Option<String>>,
    /// Whether what stopped the writer was a full disk.
    full: AtomicBool,
    /// When the group at work began, in milliseconds since `born`, plus one; 0 = none is.
    group_since: AtomicU64,
    born: Instant,
    pub(super) closing: AtomicBool,
}

impl Core {
    pub(super) fn new(dir: PathBuf, opened: Opened, head: Token, ops: Ops, row_bytes: u64) -> Self {
        let position = || AtomicU64::new(head.position);
        Self {
            dir,
            store_id: head.store_id,
            opened: RwLock::new(Some(opened)),
            cache: RowCache::new(row_bytes),
            ops,
            applying: position(),
            applied: position(),
            turn: Mutex::new(()),
            durable: position(),
            deleted: AtomicU64::new(0),
            head: watch::Sender::new(head),
            failure: watch::Sender::new(None),
            full: AtomicBool::new(false),
            group_since: AtomicU64::new(0),
            born: Instant::now(),
            closing: AtomicBool::new(false),
        }
    }

    /// Runs `work` on the open store; a panic inside sled (it panics on damage) becomes an error.
    pub(super) fn with<T>(&self, work: impl FnOnce(&Opened) -> Result<T>) -> Result<T> {
        let opened = self.opened.read().unwrap_or_else(PoisonError::into_inner);
        let opened = opened.as_ref().ok_or_else(closed)?;
        guarded(|| work(opened))
    }

    /// The position of a commit by its op id, if it is not after `last`.
    pub(super) fn lookup(&self, op_id: Uuid, last: u64) -> Option<u64> {
        self.ops.get(op_id).filter(|position| *position <= last)
    }

    /// One row, whole, as sled has it now; what it rests on may not be durable yet.
    pub(super) fn row(&self, key: &[u8]) -> Result<Option<Row>> {
        // A store that closes answers by the lock below, however hot the row is.
        if !self.closing.load(SeqCst)
            && let Some(row) = self.cache.get(key)
        {
            return Ok(Some(row));
        }
        self.with(|opened| self.row_of(&opened.db, key))
    }

    /// The same, of a tree that is held already.
    pub(super) fn row_of(&self, tree: &Tree, key: &[u8]) -> Result<Option<Row>> {
        if let Some(row) = self.cache.get(key) {
            return Ok(Some(row));
        }
        let (stamp, before) = (self.cache.stamp(key), self.still());
        let row = read::get(tree, key)?;
        if let Some(row) = &row
            && before.is_some()
            && self.still() == before
        {
            self.cache.keep(key, stamp, row);
        }
        Ok(row)
    }

    /// The turn to apply a group, or to write sled's log.
    pub(super) fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the store out, when every reader has left it.
    pub(super) fn take(&self) -> Option<Opened> {
        self.opened
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    pub(super) fn durable(&self) -> u64 {
        self.durable.load(SeqCst)
    }

    /// A position at or after everything that a read before this call can have seen, durable or not,
    /// with its whole group in sled. Blocks while a group is on its way in.
    pub(super) fn applied(&self) -> Result<u64> {
        let seen = self.applying.load(SeqCst);
        while self.applied.load(SeqCst) < seen {
            if self.failure.borrow().is_some() {
                return Err(self.failed());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(self.applied.load(SeqCst))
    }

    /// Whether sled has not been told of anything after `position`.
    pub(super) fn nothing_after(&self, position: u64) -> bool {
        self.applying.load(SeqCst) <= position
    }

    /// The last position that sled has, unless a group is on its way in.
    fn still(&self) -> Option<u64> {
        let applying = self.applying.load(SeqCst);
        (self.applied.load(SeqCst) == applying).then_some(applying)
    }

    /// Reads once; `None` when a group was applied meanwhile, so that what was read may be torn.
    /// With what was read goes the position that must be durable before anyone may see it.
    pub(super) fn attempt<T>(
        &self,
        read: impl FnOnce(&Tree) -> Result<(T, u64)>,
    ) -> Result<Option<(T, u64)>> {
        let Some(before) = self.still() else {
            return Ok(None);
        };
        let result = self.with(|opened| read(&opened.db));
        if self.applying.load(SeqCst) != before {
            return Ok(None);
        }
        result.map(|(read, newest)| Some((read, newest.max(self.deleted.load(SeqCst)))))
    }

    /// The newest deletion that an absent row may be the sign of.
    pub(super) fn deleted(&self) -> u64 {
        self.deleted.load(SeqCst)
    }

    /// Waits until `position` is durable.
    pub(super) async fn settle(&self, position: u64) -> Result<()> {
        if self.durable() >= position {
            return Ok(());
        }
        let mut head = self.head.subscribe();
        let mut failure = self.failure.subscribe();
        tokio::select! {
            biased;
            _ = head.wait_for(|head| head.position >= position) => Ok(()),
            _ = failure.wait_for(Option::is_some) => Err(self.failed()),
        }
    }

    pub(super) fn begin_group(&self) {
        let now = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.group_since.store(now.saturating_add(1), SeqCst);
    }

    pub(super) fn end_group(&self) {
        self.group_since.store(0, SeqCst);
    }

    /// Called before sled is told of the positions up to `last`.
    pub(super) fn begin_apply(&self, last: u64, deletes: bool) {
        if deletes {
            self.deleted.store(last, SeqCst);
        }
        self.applying.store(last, SeqCst);
    }

    pub(super) fn end_apply(&self, last: u64) {
        self.applied.store(last, SeqCst);
    }

    pub(super) fn publish(&self, head: Token) {
        // The head first: whoever sees a row by `durable` must not be told of an older head after it.
        self.head.send_replace(head);
        self.durable.store(head.position, SeqCst);
    }

    /// Nothing is written from here on.
    pub(super) fn fail(&self, why: &Error) {
        tracing::error!(dir = %self.dir.display(), "the store stops writing: {why}");
        self.full.fetch_or(matches!(why, Error::Full(_)), SeqCst);
        let why = why.to_string();
        self.failure.send_if_modified(|failure| {
            let first = failure.is_none();
            failure.get_or_insert(why);
            first
        });
    }

    pub(super) fn failed(&self) -> Error {
        match &*self.failure.borrow() {
            Some(why) if self.full.load(SeqCst) => Error::Full(why.clone()),
            Some(why) => Error::Unavailable(format!("the store stopped writing: {why}")),
            None => closed(),
        }
    }

    pub(super) fn health(&self) -> Health {
        if let Some(why) = &*self.failure.borrow() {
            return Health::Failing(why.clone());
        }
        if self.closing.load(SeqCst) {
            return Health::Failing("the store is closed".into());
        }
        match stuck(self.group_since.load(SeqCst), self.born.elapsed()) {
            Some(time) => {
                let seconds = time.as_secs();
                Health::Failing(format!("the writer has been at one group for {seconds} s"))
            }
            None => Health::Serving,
        }
    }
}

/// For how long the writer has been at one group, when that is too long.
fn stuck(group_since: u64, now: Duration) -> Option<Duration> {
    let since = Duration::from_millis(group_since.checked_sub(1)?);
    Some(now.saturating_sub(since)).filter(|time| *time > STUCK)
}

pub(super) fn closed() -> Error {
    Error::Unavailable("the store is closed".into())
}

/// Turns a panic of sled into an error.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no message");
        Err(corrupt(format!("sled panicked: {said}")))
    })
}

/// What an error of sled means for the caller.
pub(super) fn sled_error(error: ::sled::Error) -> Error {
    match error {
        ::sled::Error::Io(error) => io_error("sled", &error),
        ::sled::Error::Corruption { .. } => corrupt(error.to_string()),
        other => Error::Unavailable(format!("sled: {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_at_one_group_for_long_is_stuck() {
        let second = Duration::from_secs(1);
        assert_eq!(stuck(0, 1_000 * second), None);
        assert_eq!(stuck(1, 10 * second), None);
        assert_eq!(stuck(1, 11 * second), Some(11 * second));
        assert_eq!(stuck(5_001, 14 * second), None);
    }

    #[test]
    fn a_panic_is_damage() {
        let caught = guarded::<()>(|| panic!("broken {}", "page"));
        assert_eq!(
            caught,
            Err(Error::Corrupt("sled panicked: broken page".into()))
        );
    }
}
