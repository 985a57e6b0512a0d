//! A group of batches on its way into one atomic sled batch.
//!
//! Batches are decided one after the other, each on what stands in sled plus what the batches before
//! it in the same group will write. Checks come before the first write of a batch is staged, so a
//! batch that fails one leaves no trace.

use std::collections::HashMap;

use ::sled::Tree;
use bytes::{Buf, Bytes};
use uuid::Uuid;

use super::core::sled_error;
use super::ops::Ops;
use super::rows::{self, Chunks, Looked, OPS, PIECE, RowHeader, corrupt};
use crate::chain::{self, Encode};
use crate::{Batch, Commit, Error, LogEntry, Result, Write};

/// The end of the log, as the next entry needs it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) position: u64,
    pub(super) op_id: Uuid,
    pub(super) time_us: i64,
    pub(super) hash: [u8; 32],
}

impl Head {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        out.extend_from_slice(&self.position.to_be_bytes());
        out.extend_from_slice(self.op_id.as_bytes());
        out.extend_from_slice(&self.time_us.to_be_bytes());
        out.extend_from_slice(&self.hash);
        out
    }

    pub(super) fn decode(mut bytes: &[u8]) -> Result<Self> {
        let mut read = || {
            let position = bytes.try_get_u64().ok()?;
            let op_id = Uuid::from_u128(bytes.try_get_u128().ok()?);
            let time_us = bytes.try_get_i64().ok()?;
            let hash = bytes.try_into().ok()?;
            Some(Self {
                position,
                op_id,
                time_us,
                hash,
            })
        };
        read().ok_or_else(|| corrupt("the head row is malformed"))
    }
}

pub(super) struct Group<'a> {
    tree: &'a Tree,
    pub(super) head: Head,
    looked: (Looked, Looked),
    /// What this group has read, or makes, of the rows that it touches.
    rows: HashMap<Bytes, Option<RowHeader>>,
    /// Of everything before this group.
    ops: &'a Ops,
    /// The op ids of this group; the first is of the position after `before`.
    before: u64,
    new_ops: Vec<Uuid>,
    batch: ::sled::Batch,
    pub(super) deletes: bool,
}

/// A group on which everything is decided.
pub(super) struct Staged {
    pub(super) batch: ::sled::Batch,
    pub(super) head: Head,
    pub(super) looked: Looked,
    pub(super) new_ops: Vec<(Uuid, u64)>,
    /// The keys that it writes, and some that it only found absent.
    pub(super) written: Vec<Bytes>,
}

impl<'a> Group<'a> {
    pub(super) fn new(tree: &'a Tree, ops: &'a Ops, head: Head, looked: Looked) -> Self {
        let (rows, new_ops, batch) = Default::default();
        Self {
            tree,
            head,
            looked: (looked, looked),
            rows,
            ops,
            before: head.position,
            new_ops,
            batch,
            deletes: false,
        }
    }

    /// Decides on one batch. The outer error is fatal to the whole group, of which nothing has been
    /// applied yet; the inner one is the answer to this batch alone.
    pub(super) fn stage(&mut self, batch: &Batch) -> Result<Result<Commit>> {
        if let Some(position) = self.done_before(batch.op_id) {
            return Ok(Ok(Commit {
                position,
                replayed: true,
            }));
        }
        for check in &batch.checks {
            let current = self.standing(&check.key)?.map_or(0, |row| row.version);
            if current != check.version {
                let (key, expected) = (check.key.clone(), check.version);
                return Ok(Err(Error::Conflict {
                    key,
                    expected,
                    current,
                }));
            }
        }
        let position = self.head.position + 1;
        for (index, write) in (0..).zip(&batch.writes) {
            self.put(position, index, write)?;
        }
        self.log(position, batch);
        Ok(Ok(Commit {
            position,
            replayed: false,
        }))
    }

    /// The same for an entry of another store's log, which keeps all that it has.
    pub(super) fn take_over(&mut self, entry: &LogEntry) -> Result<Result<Commit>> {
        let position = entry.position;
        let end = chain::End {
            position: self.head.position,
            time_us: self.head.time_us,
            hash: self.head.hash,
        };
        if let Err(refused) = end.admits(entry) {
            return Ok(Err(refused));
        }
        if let Some(before) = self.done_before(entry.op_id) {
            let why = format!("log entry {position}: its op_id is that of entry {before}");
            return Ok(Err(corrupt(why)));
        }
        for (index, write) in (0..).zip(&entry.writes) {
            self.put(position, index, write)?;
        }
        self.append(
            Head {
                position,
                op_id: entry.op_id,
                time_us: entry.time_us,
                hash: entry.hash,
            },
            &chain::encode_entry(entry),
        );
        Ok(Ok(Commit {
            position,
            replayed: false,
        }))
    }

    /// The sled batch of everything staged, and what it leads to.
    pub(super) fn finish(mut self) -> Staged {
        self.batch.insert(rows::META_HEAD, self.head.encode());
        for (ids, first) in self
            .new_ops
            .chunks(OPS)
            .zip((self.before + 1..).step_by(OPS))
        {
            let ids: Vec<u8> = ids.iter().flat_map(|id| *id.as_bytes()).collect();
            self.batch.insert(&rows::op_key(first), ids);
        }
        // A row that was only looked at has the version that it had.
        let stands = |row: &RowHeader| row.version <= self.before;
        let written = self.rows.into_iter();
        let written = written.filter(|(_, row)| !row.as_ref().is_some_and(stands));
        let written = written.map(|(key, _)| key).collect();
        let (before, looked) = self.looked;
        if looked != before {
            self.batch.insert(rows::META_LOOKED, looked.bytes());
        }
        Staged {
            batch: self.batch,
            head: self.head,
            looked,
            new_ops: self.new_ops.into_iter().zip(self.before + 1..).collect(),
            written,
        }
    }

    fn done_before(&self, op_id: Uuid) -> Option<u64> {
        let mut new = (self.before + 1..).zip(&self.new_ops);
        let new = || new.find_map(|(position, id)| (*id == op_id).then_some(position));
        self.ops.get(op_id).or_else(new)
    }

    /// The row as the batches before this one leave it. What was read is remembered: a key that is checked
    /// is mostly written too.
    fn standing(&mut self, key: &Bytes) -> Result<Option<RowHeader>> {
        if let Some(row) = self.rows.get(key) {
            return Ok(*row);
        }
        let row = self.tree.get(rows::row_key(key)).map_err(sled_error)?;
        let row = row
            .map(|value| Ok(rows::row_value(&value)?.0))
            .transpose()?;
        self.rows.insert(key.clone(), row);
        Ok(row)
    }

    fn put(&mut self, version: u64, index: u32, write: &Write) -> Result<()> {
        if self.looked.1.needs(&write.key)
            && let Some(old) = self.standing(&write.key)?
        {
            self.replace(&write.key, old);
        }
        let (key, kept) = (rows::row_key(&write.key), write.history);
        if kept
            || write
                .value
                .as_ref()
                .is_some_and(|value| value.len() > PIECE)
        {
            self.looked.1.add(&write.key);
        }
        let chunks = match &write.value {
            None => {
                self.batch.remove(key);
                self.deletes = true;
                if kept {
                    self.keep(&write.key, version);
                }
                None
            }
            Some(value) if value.len() <= PIECE => {
                self.batch
                    .insert(key, rows::inline_row(version, kept, value));
                None
            }
            Some(value) => {
                let len = u32::try_from(value.len()).map_err(|_| corrupt("value too long"))?;
                let chunks = Chunks { write: index, len };
                self.batch
                    .insert(key, rows::chunked_row(version, kept, chunks));
                for (chunk, piece) in (0..).zip(value.chunks(PIECE)) {
                    self.batch
                        .insert(&rows::chunk_key(version, index, chunk), piece);
                }
                Some(chunks)
            }
        };
        let header = RowHeader {
            version,
            kept,
            chunks,
        };
        let row = write.value.as_ref().map(|_| header);
        self.rows.insert(write.key.clone(), row);
        Ok(())
    }

    /// What a value leaves behind that is written over.
    fn replace(&mut self, key: &[u8], old: RowHeader) {
        if old.kept {
            self.keep(key, old.version);
        }
        // Its chunks go in the same batch, or they would stay for ever.
        if let Some(chunks) = old.chunks {
            for chunk in 0..chunks.count() {
                self.batch
                    .remove(&rows::chunk_key(old.version, chunks.write, chunk));
            }
        }
    }

    fn keep(&mut self, key: &[u8], version: u64) {
        self.batch.insert(rows::history_key(key, version), &[]);
    }

    fn log(&mut self, position: u64, batch: &Batch) {
        let time_us = if self.head.position == 0 {
            batch.time_us
        } else {
            batch.time_us.max(self.head.time_us)
        };
        let encoded = chain::encode(&Encode {
            previous_hash: &self.head.hash,
            position,
            op_id: batch.op_id,
            time_us,
            writes: &batch.writes,
            meta: &batch.meta,
        });
        let hash = chain::hash_of(&encoded);
        let op_id = batch.op_id;
        let head = Head {
            position,
            op_id,
            time_us,
            hash,
        };
        self.append(head, &encoded);
    }

    /// The entry that leads to `head`.
    fn append(&mut self, head: Head, encoded: &[u8]) {
        for (chunk, row) in (0..).zip(rows::log_rows(encoded, &head.hash)) {
            self.batch.insert(&rows::log_key(head.position, chunk), row);
        }
        self.new_ops.push(head.op_id);
        self.head = head;
    }
}
