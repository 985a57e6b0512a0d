//! A group of batches on its way into one transaction.
//!
//! Batches are decided one after the other, each on what the server holds plus what the batches before it
//! in the same group will write. It happens here and not in the server, since the log is a chain of BLAKE3
//! hashes; the lock on the head row, which is held all the while, makes that as good as there.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use uuid::Uuid;

use crate::chain::{self, Encode, End};
use crate::{Batch, Commit, Error, LogEntry, Result, Write};

/// What the server holds of what a group is about.
#[derive(Debug, Default)]
pub(super) struct Standing {
    pub(super) store_id: Uuid,
    pub(super) tail: End,
    /// Where the op ids of the group are already.
    pub(super) ops: HashMap<Uuid, u64>,
    /// The versions of the keys that the group checks; those that are absent are not here.
    pub(super) versions: HashMap<Bytes, u64>,
}

/// A new row of the log.
pub(super) struct LogRow {
    pub(super) position: u64,
    pub(super) op_id: Uuid,
    pub(super) time_us: i64,
    pub(super) hash: [u8; 32],
    pub(super) body: Vec<u8>,
}

pub(super) struct Group {
    standing: Standing,
    /// What each key is in the end, in the order of the keys, and by which commit.
    pub(super) rows: BTreeMap<Bytes, (u64, Option<Bytes>)>,
    pub(super) history: Vec<(Bytes, u64)>,
    pub(super) log: Vec<LogRow>,
    /// Somebody is answered with an earlier commit, of which the standby may not know yet.
    pub(super) replays: bool,
}

impl Group {
    pub(super) fn new(standing: Standing) -> Self {
        let (rows, history, log, replays) = Default::default();
        Self {
            standing,
            rows,
            history,
            log,
            replays,
        }
    }

    /// Where the log ends with this group.
    pub(super) fn end(&self) -> u64 {
        self.standing.tail.position
    }

    /// Decides on one batch.
    pub(super) fn stage(&mut self, batch: &Batch) -> Result<Commit> {
        if let Some(position) = self.standing.ops.get(&batch.op_id) {
            self.replays = true;
            return Ok(Commit {
                position: *position,
                replayed: true,
            });
        }
        for check in &batch.checks {
            let current = self.standing.versions.get(&check.key);
            let current = current.copied().unwrap_or_default();
            if current != check.version {
                return Err(Error::Conflict {
                    key: check.key.clone(),
                    expected: check.version,
                    current,
                });
            }
        }
        let tail = self.standing.tail;
        let time_us = match tail.position {
            0 => batch.time_us,
            _ => batch.time_us.max(tail.time_us),
        };
        let position = tail.position + 1;
        let body = chain::encode(&Encode {
            previous_hash: &tail.hash,
            position,
            op_id: batch.op_id,
            time_us,
            writes: &batch.writes,
            meta: &batch.meta,
        });
        let hash = chain::hash_of(&body);
        let row = LogRow {
            position,
            op_id: batch.op_id,
            time_us,
            hash,
            body,
        };
        self.put(row, &batch.writes);
        Ok(Commit {
            position,
            replayed: false,
        })
    }

    /// Takes an entry of another log over as it is.
    pub(super) fn take_over(&mut self, store_id: Uuid, entry: &LogEntry) -> Result<()> {
        let ours = self.standing.store_id;
        if store_id != ours {
            return Err(Error::Diverged(format!(
                "the entries are of store {store_id}, and this is {ours}"
            )));
        }
        self.standing.tail.admits(entry)?;
        if self.standing.ops.contains_key(&entry.op_id) {
            return Err(Error::Corrupt(format!(
                "log entry {}: its op_id is in the log already",
                entry.position
            )));
        }
        let body = chain::encode_entry(entry);
        let row = LogRow {
            position: entry.position,
            op_id: entry.op_id,
            time_us: entry.time_us,
            hash: entry.hash,
            body,
        };
        self.put(row, &entry.writes);
        Ok(())
    }

    fn put(&mut self, row: LogRow, writes: &[Write]) {
        let position = row.position;
        for Write {
            key,
            value,
            history,
        } in writes
        {
            let version = if value.is_some() { position } else { 0 };
            self.standing.versions.insert(key.clone(), version);
            self.rows.insert(key.clone(), (position, value.clone()));
            if *history {
                self.history.push((key.clone(), position));
            }
        }
        self.standing.ops.insert(row.op_id, position);
        self.standing.tail = End {
            position,
            time_us: row.time_us,
            hash: row.hash,
        };
        self.log.push(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Check;

    fn batch(op_id: u128, checks: &[(&'static str, u64)], writes: Vec<Write>) -> Batch {
        let check = |(key, version): &(&'static str, u64)| Check {
            key: Bytes::from_static(key.as_bytes()),
            version: *version,
        };
        Batch {
            op_id: Uuid::from_u128(op_id),
            time_us: 5,
            checks: checks.iter().map(check).collect(),
            writes,
            meta: Bytes::new(),
        }
    }

    #[test]
    fn a_batch_sees_those_before_it_in_its_group() {
        let mut group = Group::new(Standing {
            tail: End {
                position: 7,
                time_us: 9,
                hash: [3; 32],
            },
            ops: [(Uuid::from_u128(1), 4)].into(),
            versions: [("a".into(), 2)].into(),
            ..Standing::default()
        });
        let replay = group.stage(&batch(1, &[], vec![])).unwrap();
        assert_eq!((replay.position, replay.replayed), (4, true));
        let conflict = group.stage(&batch(2, &[("a", 1)], vec![Write::put("a", "x")]));
        assert!(matches!(conflict, Err(Error::Conflict { current: 2, .. })));
        let write = batch(3, &[("a", 2), ("b", 0)], vec![Write::record("a", "x")]);
        assert_eq!(group.stage(&write).unwrap().position, 8);
        assert!(group.stage(&write).unwrap().replayed);
        let conflict = group.stage(&batch(4, &[("a", 2)], vec![]));
        assert!(matches!(conflict, Err(Error::Conflict { current: 8, .. })));
        let delete = batch(5, &[("a", 8)], vec![Write::delete("a")]);
        assert_eq!(group.stage(&delete).unwrap().position, 9);
        assert_eq!(
            group
                .stage(&batch(6, &[("a", 0)], vec![]))
                .unwrap()
                .position,
            10
        );
        assert_eq!(group.rows[&b"a"[..]], (9, None));
        assert_eq!(group.history, [("a".into(), 8)]);
        assert_eq!(group.end(), 10);
        // The clock had been ahead; and the chain goes on from what stood.
        assert_eq!(group.log[0].time_us, 9);
        let first = chain::decode(group.log[0].body.clone().into()).unwrap();
        assert_eq!(
            (first.previous_hash, first.hash),
            ([3; 32], group.log[0].hash)
        );
    }

    #[test]
    fn entries_are_taken_over_only_where_they_fit() {
        let origin = Uuid::from_u128(77);
        let mut group = Group::new(Standing::default());
        group
            .stage(&batch(1, &[], vec![Write::put("a", "1")]))
            .unwrap();
        group
            .stage(&batch(2, &[], vec![Write::put("a", "2")]))
            .unwrap();
        let entry = |at: usize| chain::decode(group.log[at].body.clone().into()).unwrap();
        let (first, second) = (entry(0), entry(1));
        let standing = || Standing {
            store_id: origin,
            ..Standing::default()
        };
        let mut copy = Group::new(standing());
        for (store_id, entry) in [(origin, &second), (Uuid::nil(), &first)] {
            let refused = copy.take_over(store_id, entry);
            assert!(matches!(refused, Err(Error::Diverged(_))));
        }
        let forged = LogEntry {
            time_us: 6,
            ..first.clone()
        };
        let refused = copy.take_over(origin, &forged);
        assert!(matches!(refused, Err(Error::Corrupt(_))));
        copy.take_over(origin, &first).unwrap();
        copy.take_over(origin, &second).unwrap();
        assert_eq!((copy.end(), copy.rows == group.rows), (2, true));
        assert_eq!(copy.log[1].body, group.log[1].body);
    }
}
