//! The words of storage: what a service may ask of an engine, and what every engine promises.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use uuid::Uuid;

/// What every engine refuses up front, equally, so that a service that runs on one runs on all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest key, in bytes.
    pub key_bytes: usize,
    /// Longest value, in bytes.
    pub value_bytes: usize,
    /// Most writes and most checks in one batch (each counted alone).
    pub batch_writes: usize,
    /// Largest batch: keys, values and meta together, in bytes.
    pub batch_bytes: usize,
    /// Most rows, log entries or revisions that one read returns.
    pub page_rows: usize,
}

/// The limits of every engine.
pub const LIMITS: Limits = Limits {
    key_bytes: 1 << 10,
    value_bytes: 1 << 20,
    batch_writes: 1_000,
    batch_bytes: 8 << 20,
    page_rows: 10_000,
};

/// One change to one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// Which row.
    pub key: Bytes,
    /// The new value, or `None` to delete the row (its history, if kept, stays).
    pub value: Option<Bytes>,
    /// Keep each value of this key for [`Store::history`]. True for records, false for index rows.
    pub history: bool,
}

impl Write {
    /// A record: its past values stay readable through [`Store::history`].
    pub fn record(key: impl Into<Bytes>, value: impl Into<Bytes>) -> Self {
        Self {
            key: key.into(),
            value: Some(value.into()),
            history: true,
        }
    }

    /// A derived row (index, cursor): only its present value matters.
    pub fn put(key: impl Into<Bytes>, value: impl Into<Bytes>) -> Self {
        Self {
            key: key.into(),
            value: Some(value.into()),
            history: false,
        }
    }

    /// Removes a derived row.
    pub fn delete(key: impl Into<Bytes>) -> Self {
        Self {
            key: key.into(),
            value: None,
            history: false,
        }
    }
}

/// "This key is still at the version that I read": the guard of a read-check-write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Which row.
    pub key: Bytes,
    /// The position of the commit that last wrote the key; 0 = the key is absent.
    pub version: u64,
}

/// One atomic change: every check holds and every write happens, or nothing does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Identity of the operation: a batch with an `op_id` that is already in the log changes nothing
    /// and answers the first position.
    pub op_id: Uuid,
    /// When, in microseconds since the Unix epoch. The log keeps times in order: an entry whose clock
    /// went backwards gets the time of the entry before it.
    pub time_us: i64,
    /// What must hold for the writes to happen.
    pub checks: Vec<Check>,
    /// At most one write for each key.
    pub writes: Vec<Write>,
    /// The change record of the layer above (who, by which call, why). Opaque here; at most
    /// [`Limits::value_bytes`] long.
    pub meta: Bytes,
}

/// The answer to a batch that is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Where in the log the batch is.
    pub position: u64,
    /// True when an earlier batch with the same `op_id` had done it already.
    pub replayed: bool,
}

/// A row as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The position of the commit that last wrote the row.
    pub version: u64,
    /// The bytes that were written.
    pub value: Bytes,
}

/// A past value of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The commit that wrote it.
    pub position: u64,
    /// When, in microseconds since the Unix epoch.
    pub time_us: i64,
    /// `None` when this commit deleted the row.
    pub value: Option<Bytes>,
}

/// One commit as the log keeps it. Whoever replays all entries from the first has the whole state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// 1, 2, 3 ...
    pub position: u64,
    /// Identity of the operation.
    pub op_id: Uuid,
    /// When, in microseconds since the Unix epoch; never before the entry before.
    pub time_us: i64,
    /// What it changed.
    pub writes: Vec<Write>,
    /// The change record of the layer above.
    pub meta: Bytes,
    /// Hash of the entry before this one; zeros before the first.
    pub previous_hash: [u8; 32],
    /// BLAKE3 over `previous_hash` and everything above: see [`chain::hash`](crate::chain::hash).
    pub hash: [u8; 32],
}

/// A place in one history. It resumes anywhere and notices when history was replaced under it:
/// positions are reused after a fail-over or a restore, an `op_id` is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Whose log.
    pub store_id: Uuid,
    /// 0 = before the first commit.
    pub position: u64,
    /// The `op_id` of the commit at `position`; nil at 0.
    pub op_id: Uuid,
}

/// Which end of a range comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smallest key first.
    Forward,
    /// Largest key first.
    Backward,
}

/// What runs underneath.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// `sled-0.34`, for example.
    pub engine: &'static str,
    /// Identity of this history; a copy that goes its own way gets another.
    pub store_id: Uuid,
    /// The format version of the rows on disk.
    pub schema: u32,
    /// What it refuses.
    pub limits: Limits,
    /// Bytes on disk, where the engine knows.
    pub disk_bytes: Option<u64>,
}

/// Whether the engine can write now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// Yes.
    Serving,
    /// Why not, in words for the operator.
    Failing(String),
}

/// Errors by what the caller should do about them.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    /// A check failed; nothing was applied. Read again and decide again.
    #[error("conflict: key {} is at version {current}, not {expected}", key.escape_ascii())]
    Conflict {
        /// The first key whose check failed.
        key: Bytes,
        /// The version in the check.
        expected: u64,
        /// The version that it has; 0 = absent.
        current: u64,
    },
    /// Certainly not applied. Retry with the same `op_id`.
    #[error("storage is unavailable: {0}")]
    Unavailable(String),
    /// May have been applied. Retry with the same `op_id`; only that resolves it.
    #[error("the outcome of the write is unknown: {0}")]
    Ambiguous(String),
    /// The token is older than what the log still holds. Take a copy and go on from its head.
    #[error("the log before position {oldest} is gone")]
    Truncated {
        /// The first position that is still there.
        oldest: u64,
    },
    /// The token belongs to another history. Rebuild what was derived from it.
    #[error("the token is not of this history: {0}")]
    Diverged(String),
    /// Refused before anything was sent.
    #[error("{what} is {actual}, over the limit of {limit}")]
    TooLarge {
        /// What was measured.
        what: &'static str,
        /// What is allowed.
        limit: usize,
        /// What it was.
        actual: usize,
    },
    /// Refused before anything was sent.
    #[error("invalid batch: {0}")]
    Invalid(String),
    /// The disk is full. Nothing more is written until an operator makes room and restarts.
    #[error("no space is left for the store: {0}")]
    Full(String),
    /// Another process has this store open.
    #[error("the store is already open: {0}")]
    AlreadyOpen(String),
    /// There is no store where one was expected. None was made.
    #[error("{0}")]
    Absent(String),
    /// Something is there where a new store or file was to be made. Nothing was written over.
    #[error("{0}")]
    Exists(String),
    /// The store was moved; go on where it is now.
    #[error(
        "this store was moved: it is at {to} now (if that one says that it is not finished, the move was cut off: \
         `rapporteur store settle` gives this one back)"
    )]
    Moved {
        /// The address of the store that went on.
        to: String,
    },
    /// A copy that was never finished; make it anew, or finish it.
    #[error("this is a copy that was not finished: {0}")]
    Unfinished(String),
    /// Not ours, or of a newer format than this program knows.
    #[error("cannot use this store: {0}")]
    Schema(String),
    /// Damaged. Do not retry; restore or repair.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
}

/// What an engine answers.
pub type Result<T> = std::result::Result<T, Error>;

/// Ordered rows and a change log. Every engine promises:
///
/// 1. Positions are 1, 2, 3 ... in commit order without gaps; if A was acknowledged before B began, A < B.
/// 2. Acknowledged means durable: it survives SIGKILL and, as far as fsync goes, power loss.
/// 3. The log shows a prefix: nothing ever appears at or below a position already shown.
/// 4. A repeated `op_id` is applied once and answers the first position. An ambiguous outcome is
///    resolved by repeating the commit, never by a read.
/// 5. Reads see every commit that was acknowledged before they began, and nothing that a crash could
///    still take back. One page of a scan is one snapshot; pages together are not.
/// 6. [`LIMITS`] are refused up front, equally on all engines.
///
/// Dropping a future of `commit` does not take the batch back.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The row at `key`, if there is one.
    async fn get(&self, key: &[u8]) -> Result<Option<Row>>;

    /// The rows at `keys`, in that order; at most [`Limits::page_rows`] keys.
    async fn get_many(&self, keys: &[Bytes]) -> Result<Vec<Option<Row>>>;

    /// Up to `limit` rows with `from <= key < to`, in the order of their bytes, or against it.
    /// An empty `to` means no upper end.
    ///
    /// Like every page it holds at most [`Limits::page_rows`]; asking for more is [`Error::TooLarge`], since
    /// a page that was cut in silence looks like the end of the data.
    async fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        limit: usize,
        direction: Direction,
    ) -> Result<Vec<(Bytes, Row)>>;

    /// Applies a batch atomically and durably.
    ///
    /// An empty key, two writes of one key and a nil `op_id` are [`Error::Invalid`]. A batch without
    /// writes is a commit like any other.
    async fn commit(&self, batch: Batch) -> Result<Commit>;

    /// Takes over entries of another store's log exactly as they are: positions, times, op ids and hashes. So a
    /// copy is the same history, in which tokens and op ids of the other stay valid.
    ///
    /// They must continue this log: `store_id` the one of this store, the first position the head's and one
    /// more, its `previous_hash` the head's hash; else [`Error::Diverged`]. Each must fit its hash and be what
    /// [`commit`](Store::commit) could have made, else [`Error::Corrupt`]. What stands before the first wrong
    /// entry may have been taken over; the head tells. Durable before the answer, like a commit.
    async fn take_over(&self, store_id: Uuid, entries: Vec<LogEntry>) -> Result<()>;

    /// Past values of a key that was written with [`Write::history`], newest first, from the last one
    /// at or below `at_or_before`.
    async fn history(&self, key: &[u8], at_or_before: u64, limit: usize) -> Result<Vec<Revision>>;

    /// The last position whose time is at or before `time_us`; 0 when there is none.
    async fn position_at(&self, time_us: i64) -> Result<u64>;

    /// The end of the log: like every read it sees each commit that was acknowledged before it began, so it asks the
    /// engine wherever other processes may write there too. What is kept of reads is kept by this token.
    async fn head(&self) -> Result<Token>;

    /// The token of a position that is in the log (0 = the beginning). [`Error::Diverged`] when it is not
    /// there yet.
    async fn token_at(&self, position: u64) -> Result<Token>;

    /// Up to `limit` entries after `after`, oldest first (also bounded by about 8 MiB; at least one).
    /// [`Error::Diverged`] when the token is of another history, [`Error::Truncated`] when the log was
    /// cut past it.
    async fn read_log(&self, after: &Token, limit: usize) -> Result<Vec<LogEntry>>;

    /// Returns when the log may hold something after `position`, or after `max`. Only a hint.
    async fn wait(&self, position: u64, max: Duration);

    /// The position of the commit with this `op_id`, if it is in the log. For answering a repeated
    /// request; it resolves no ambiguity.
    async fn lookup(&self, op_id: Uuid) -> Result<Option<u64>>;

    /// What runs underneath.
    async fn info(&self) -> Result<Info>;

    /// Whether the engine can write now.
    async fn health(&self) -> Health;

    /// Walks every row, the hash chain, the history and the op ids, and names the first bad place.
    async fn verify(&self) -> Result<Verified>;

    /// Stops taking batches, makes what it has durable and releases the engine. Later calls answer
    /// [`Error::Unavailable`]. Idempotent.
    async fn close(&self) -> Result<()>;
}

/// What a full walk found whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Rows that stand.
    pub rows: u64,
    /// Entries in the log.
    pub log_entries: u64,
    /// Past and present values that `history` can tell.
    pub history_rows: u64,
}
