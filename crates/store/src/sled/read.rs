//! Reading rows: one, many, and pages in order.

use std::sync::Arc;

use ::sled::{IVec, Tree};
use bytes::{Bytes, BytesMut};
use tokio::sync::oneshot;

use super::core::{Core, sled_error};
use super::rows::{self, Chunks, INLINE_AT, ROW, RowHeader, corrupt};
use super::{SledStore, writer::Job};
use crate::{Direction, Error, Result, Row};

/// A page of at most this many rows is read on the caller's thread: some tens of microseconds, less
/// than the way to another thread and back. A longer one, or one that meets large values, may read
/// from the disk many times and goes to the blocking pool.
const SMALL: usize = 64;
/// A small page that turns out to carry more than this is not small.
const SMALL_BYTES: usize = 256 << 10;
/// How often a page is read in the hope that no group is applied meanwhile.
const ATTEMPTS: usize = 3;

/// One row, whole.
pub(super) fn get(tree: &Tree, key: &[u8]) -> Result<Option<Row>> {
    let physical = rows::row_key(key);
    let mut torn = None;
    // Chunks vanish when the row is overwritten between our two reads; then its header is new.
    loop {
        let Some(value) = tree.get(&physical).map_err(sled_error)? else {
            return Ok(None);
        };
        let (header, _) = rows::row_value(&value)?;
        if torn == Some(header) {
            return Err(corrupt(format!("row {} lacks a chunk", key.escape_ascii())));
        }
        match whole(tree, header, value)? {
            Some(value) => {
                return Ok(Some(Row {
                    version: header.version,
                    value,
                }));
            }
            None => torn = Some(header),
        }
    }
}

/// The value behind a header; `None` when a chunk is missing.
fn whole(tree: &Tree, header: RowHeader, value: IVec) -> Result<Option<Bytes>> {
    match header.chunks {
        None if value.len() < SHARE => Ok(Some(Bytes::copy_from_slice(&value[INLINE_AT..]))),
        None => Ok(Some(Bytes::from_owner(value).slice(INLINE_AT..))),
        Some(chunks) => join(tree, header.version, chunks),
    }
}

/// From here on sharing sled's memory is cheaper than a copy.
const SHARE: usize = 1 << 10;

fn join(tree: &Tree, version: u64, chunks: Chunks) -> Result<Option<Bytes>> {
    let len = chunks.len as usize;
    let mut whole = BytesMut::with_capacity(len.min(crate::contract::LIMITS.value_bytes));
    for chunk in 0..chunks.count() {
        let key = rows::chunk_key(version, chunks.write, chunk);
        let Some(piece) = tree.get(key).map_err(sled_error)? else {
            return Ok(None);
        };
        whole.extend_from_slice(&piece);
    }
    if whole.len() != len {
        return Err(corrupt(format!(
            "a value of version {version} has the wrong length"
        )));
    }
    Ok(Some(whole.freeze()))
}

/// What to read in one piece.
#[derive(Clone)]
pub(super) enum Page {
    Keys(Vec<Bytes>),
    Range {
        from: Vec<u8>,
        to: Vec<u8>,
        limit: usize,
        direction: Direction,
    },
}

impl Page {
    pub(super) fn range(from: &[u8], to: &[u8], limit: usize, direction: Direction) -> Self {
        let to = if to.is_empty() {
            vec![ROW + 1]
        } else {
            rows::row_key(to)
        };
        Self::Range {
            from: rows::row_key(from),
            to,
            limit,
            direction,
        }
    }

    fn is_small(&self) -> bool {
        let rows = match self {
            Self::Keys(keys) => keys.len(),
            Self::Range { limit, .. } => *limit,
        };
        rows <= SMALL
    }

    /// The rows and the newest version among them; `None` when they are more than `budget` bytes.
    fn read(&self, core: &Core, tree: &Tree, budget: usize) -> Result<Option<(Found, u64)>> {
        let (mut found, mut newest, mut bytes) = (Vec::new(), 0, 0);
        let mut add = |key: Bytes, row: Option<Row>| {
            let row_bytes = row.as_ref().map_or(0, |row| row.value.len());
            newest = newest.max(row.as_ref().map_or(0, |row| row.version));
            bytes += row_bytes;
            found.push((key, row));
            bytes <= budget
        };
        match self {
            Self::Keys(keys) => {
                for key in keys {
                    if !add(key.clone(), core.row_of(tree, key)?) {
                        return Ok(None);
                    }
                }
            }
            Self::Range { from, to, .. } if from >= to => {}
            Self::Range {
                from,
                to,
                limit,
                direction,
            } => {
                let mut range = tree.range(from.as_slice()..to.as_slice());
                for _ in 0..*limit {
                    let next = match direction {
                        Direction::Forward => range.next(),
                        Direction::Backward => range.next_back(),
                    };
                    let Some(row) = next else { break };
                    let (key, value) = row.map_err(sled_error)?;
                    let key = rows::key_of_row(&key)?;
                    let (header, _) = rows::row_value(&value)?;
                    let value = whole(tree, header, value)?.ok_or_else(|| {
                        corrupt(format!("row {} lacks a chunk", key.escape_ascii()))
                    })?;
                    if !add(
                        key,
                        Some(Row {
                            version: header.version,
                            value,
                        }),
                    ) {
                        return Ok(None);
                    }
                }
            }
        }
        Ok(Some((found, newest)))
    }

    /// Tries to read in one moment. The outer `None`: the rows moved; the inner: over the budget.
    fn attempt(&self, core: &Core, budget: usize) -> Result<Option<Option<(Found, u64)>>> {
        let attempt = core.attempt(|tree| {
            let read = self.read(core, tree, budget)?;
            let newest = read.as_ref().map_or(0, |(_, newest)| *newest);
            Ok((read, newest))
        })?;
        Ok(attempt.map(|(read, newest)| read.map(|(found, _)| (found, newest))))
    }
}

/// Keys, each with its row if there is one.
pub(super) type Found = Vec<(Bytes, Option<Row>)>;

impl SledStore {
    /// Reads a page as it stood at one moment, when nothing in it can be taken back any more.
    pub(super) async fn page(&self, page: Page) -> Result<Found> {
        let (found, newest) = self.snapshot(page).await?;
        self.core.settle(newest).await?;
        Ok(found)
    }

    async fn snapshot(&self, page: Page) -> Result<(Found, u64)> {
        if page.is_small() {
            for _ in 0..ATTEMPTS {
                match page.attempt(&self.core, SMALL_BYTES)? {
                    Some(Some(read)) => return Ok(read),
                    Some(None) => break,
                    None => tokio::task::yield_now().await,
                }
            }
        }
        let (core, jobs) = (Arc::clone(&self.core), self.jobs.clone());
        let (answer, read) = oneshot::channel();
        let blocking = move || {
            for _ in 0..ATTEMPTS {
                match page.attempt(&core, usize::MAX) {
                    Ok(None) => std::thread::yield_now(),
                    Ok(Some(read)) => return drop(answer.send(Ok(read))),
                    Err(error) => return drop(answer.send(Err(error))),
                }
            }
            // The rows move all the time: between two groups they stand still.
            let job = Job::Read(Box::new(move || {
                let read = core.with(|opened| page.read(&core, &opened.db, usize::MAX));
                let _ = answer.send(read);
            }));
            // When the writer is gone the job is dropped, and the answer with it.
            let _ = jobs.send(job);
        };
        tokio::task::spawn_blocking(blocking);
        let stopped = || Error::Unavailable("the store stopped during the read".into());
        read.await.map_err(|_| stopped())??.ok_or_else(stopped)
    }

    /// Runs a read of the log: on this thread when it is `small`, on the blocking pool otherwise.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        small: bool,
        read: impl FnOnce(&Tree) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        if small {
            return self.core.with(|opened| read(&opened.db));
        }
        let core = Arc::clone(&self.core);
        let task = tokio::task::spawn_blocking(move || core.with(|opened| read(&opened.db)));
        task.await
            .unwrap_or_else(|error| Err(Error::Unavailable(error.to_string())))
    }
}
