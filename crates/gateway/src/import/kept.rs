//! Rows of imports in the gateway's store, and how far each import is.
//!
//! ```text
//! 0x14 | import id | place    a row, with what is to be written of it
//! 0x15 | import id            how far the import is
//! ```

use std::sync::Arc;

use bytes::Bytes;
use prost::Message;
use rapporteur_proto::gateway::v1::{ImportRow, ImportSummary, ImportVerdict};
use rapporteur_records::{Error, Records, Result, time};
use rapporteur_store::contract::LIMITS;
use rapporteur_store::key::{Key, KeyReader, prefix_end};
use rapporteur_store::{Batch, Direction, Store, Write};
use uuid::Uuid;

use super::noun::IMPORT;
use crate::access::book::decoded;

const ROWS: u8 = 0x14;
const CURSORS: u8 = 0x15;
/// Most writes and bytes of one batch of ours: others write beside it.
const BATCH_WRITES: usize = 500;
const BATCH_BYTES: usize = 4 << 20;

/// A row as it is kept.
#[derive(Clone, PartialEq, Message)]
pub struct KeptRow {
    /// The row as it is shown.
    #[prost(message, optional, tag = "1")]
    pub row: Option<ImportRow>,
    /// What is to be done with each of its records, in their order.
    #[prost(message, repeated, tag = "2")]
    pub steps: Vec<Step>,
}

/// What is to be done with a record.
#[derive(Clone, PartialEq, Message)]
pub struct Step {
    /// The full name of its message.
    #[prost(string, tag = "1")]
    pub message: String,
    /// What is to be done.
    #[prost(enumeration = "Act", tag = "2")]
    pub act: i32,
    /// The record as it is to be, or the request that does it.
    #[prost(bytes = "vec", tag = "3")]
    pub record: Vec<u8>,
    /// The etag that the change rests on; once it is written, the etag since then.
    #[prost(string, tag = "4")]
    pub etag: String,
    /// The record as it was.
    #[prost(bytes = "vec", tag = "5")]
    pub before: Vec<u8>,
    /// What became of it.
    #[prost(enumeration = "Done", tag = "6")]
    pub done: i32,
    /// Whether rows share the record.
    #[prost(bool, tag = "7")]
    pub shared: bool,
}

/// What is to be done with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum Act {
    /// Nothing.
    Leave = 0,
    /// It is made.
    Create = 1,
    /// Fields of it are changed.
    Update = 2,
    /// An answer is entered in its ledger.
    Respond = 3,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum Done {
    /// Nothing yet.
    Not = 0,
    /// It is written.
    Written = 1,
    /// It was refused, or needed no writing in the end.
    Over = 2,
    /// It was written, and taken back.
    TakenBack = 3,
    /// It was written, and stays.
    Stays = 4,
}

/// How far an import is.
#[derive(Clone, PartialEq, Message)]
pub struct Cursor {
    /// Rows before this place are written.
    #[prost(uint64, tag = "1")]
    pub written: u64,
    /// What became of them.
    #[prost(message, optional, tag = "2")]
    pub summary: Option<ImportSummary>,
    /// Rows from this place on are taken back, once it is begun.
    #[prost(uint64, optional, tag = "3")]
    pub undone_from: Option<u64>,
    /// Records that were taken back.
    #[prost(int64, tag = "4")]
    pub undone: i64,
    /// Records that stay.
    #[prost(int64, tag = "5")]
    pub stay: i64,
}

/// A row and its place, from 0.
pub type Placed = (u64, KeptRow);

/// The rows of one import.
#[derive(Clone)]
pub struct Kept {
    store: Arc<dyn Store>,
    id: String,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kept({})", self.id)
    }
}

impl Kept {
    /// Of the import with this id.
    pub fn of(store: &Arc<dyn Store>, id: &str) -> Self {
        Self {
            store: store.clone(),
            id: id.to_owned(),
        }
    }

    fn prefix(&self) -> Key {
        Key::new(ROWS).str(&self.id)
    }

    /// The key of a row.
    pub fn key(&self, place: u64) -> Bytes {
        self.prefix().u64(place).into_bytes()
    }

    fn cursor_key(&self) -> Bytes {
        Key::new(CURSORS).str(&self.id).into_bytes()
    }

    /// How far it is.
    pub async fn cursor(&self) -> Result<Cursor> {
        let row = self.store.get(&self.cursor_key()).await?;
        let cursor = row.map(|row| decoded(&row.value)).transpose()?;
        Ok(cursor.unwrap_or_default())
    }

    /// Writes rows, and how far it is with the last of them.
    pub async fn write(&self, rows: &[Placed], cursor: Option<&Cursor>) -> Result<()> {
        let (mut writes, mut bytes) = (Vec::new(), 0);
        for (place, row) in rows {
            let value = row.encode_to_vec();
            if writes.len() >= BATCH_WRITES || bytes + value.len() > BATCH_BYTES {
                self.commit(std::mem::take(&mut writes)).await?;
                bytes = 0;
            }
            bytes += value.len();
            writes.push(Write::put(self.key(*place), value));
        }
        if let Some(cursor) = cursor {
            writes.push(Write::put(self.cursor_key(), cursor.encode_to_vec()));
        }
        self.commit(writes).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<()> {
        if writes.is_empty() {
            return Ok(());
        }
        let batch = Batch {
            op_id: Uuid::now_v7(),
            time_us: time::now_us(),
            checks: Vec::new(),
            writes,
            meta: Bytes::new(),
        };
        self.store.commit(batch).await?;
        Ok(())
    }

    /// Up to so many rows from a place on.
    pub async fn from(&self, place: u64, most: usize) -> Result<Vec<Placed>> {
        let (from, to) = (self.key(place), prefix_end(self.prefix().as_slice()));
        self.scan(&from, &to, most, Direction::Forward).await
    }

    /// Up to so many rows before a place, the last first.
    pub async fn before(&self, place: u64, most: usize) -> Result<Vec<Placed>> {
        let (from, to) = (self.key(0), self.key(place));
        self.scan(&from, &to, most, Direction::Backward).await
    }

    async fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        most: usize,
        direction: Direction,
    ) -> Result<Vec<Placed>> {
        let rows = self.store.scan(from, to, most, direction).await?;
        let rows = rows.into_iter().map(|(key, row)| {
            let place = key
                .len()
                .checked_sub(8)
                .and_then(|at| key[at..].try_into().ok());
            let place = place.ok_or_else(|| Error::Internal("a row of no place".into()))?;
            Ok((u64::from_be_bytes(place), decoded(&row.value)?))
        });
        rows.collect()
    }

    /// Forgets all rows.
    pub async fn clear(&self) -> Result<()> {
        loop {
            let rows = self.from(0, BATCH_WRITES).await?;
            if rows.is_empty() {
                return Ok(());
            }
            let keys = rows
                .iter()
                .map(|(place, _)| Write::delete(self.key(*place)));
            self.commit(keys.collect()).await?;
        }
    }
}

/// Forgets the rows of previews that were killed before they were whole: no import of theirs is on record, a day after.
/// How many previews that were.
pub async fn sweep(records: &Records) -> Result<usize> {
    let store = records.store();
    let end = prefix_end(Key::new(ROWS).as_slice());
    let (mut from, mut swept) = (Key::new(ROWS).into_bytes(), 0);
    loop {
        let found = store.scan(&from, &end, 1, Direction::Forward).await?;
        let Some((key, _)) = found.first() else {
            return Ok(swept);
        };
        let mut parts = KeyReader::new(key);
        let id = parts.u8().and_then(|_| parts.str());
        let id = id.map_err(|error| Error::Internal(error.to_string()))?;
        let kept = Kept::of(store, &id);
        let known = records.find(&IMPORT, &format!("imports/{id}")).await?;
        if known.is_none() && is_old(&id, records.now_us()) {
            kept.clear().await?;
            swept += 1;
        }
        from = prefix_end(kept.prefix().as_slice());
    }
}

/// Whether an id, which tells when it was made, is older than a day.
fn is_old(id: &str, now_us: i64) -> bool {
    let id = Uuid::parse_str(id).ok();
    let made = id
        .and_then(|id| id.get_timestamp())
        .map(|time| time.to_unix().0);
    let now = u64::try_from(now_us / 1_000_000).unwrap_or_default();
    made.is_none_or(|made| made.saturating_add(24 * 3_600) < now)
}

impl KeptRow {
    /// The row as it is shown.
    pub fn shown(&self) -> ImportRow {
        self.row.clone().unwrap_or_default()
    }

    /// Says of the row what follows from its records, unless it is refused for itself. A row is new when its first record
    /// is; records that rows share do not count where there are others.
    pub fn judge(&mut self) {
        let steps = &self.steps;
        let Some(row) = self.row.as_mut() else { return };
        let own = |at: &usize| steps.get(*at).is_some_and(|step| !step.shared);
        if let Some(refused) = row
            .records
            .iter()
            .find(|record| record.verdict() == ImportVerdict::Refused)
        {
            row.reason = format!("{}: {}", refused.name, refused.reason);
            row.set_verdict(ImportVerdict::Refused);
            return;
        }
        if row.verdict() == ImportVerdict::Refused {
            return;
        }
        let of = |at: usize| row.records[at].verdict();
        let first = (0..row.records.len()).find(own).unwrap_or(0);
        let changes = |at: usize| of(at) != ImportVerdict::Unchanged;
        let verdict = if row.records.is_empty() {
            ImportVerdict::Unchanged
        } else if of(first) == ImportVerdict::Created {
            ImportVerdict::Created
        } else if (0..row.records.len()).any(changes) {
            ImportVerdict::Updated
        } else {
            ImportVerdict::Unchanged
        };
        row.set_verdict(verdict);
    }

    /// Whether it is not too large to be kept.
    pub fn fits(&self) -> bool {
        self.encoded_len() < LIMITS.value_bytes
    }
}

/// Counts a row.
pub fn count(summary: &mut ImportSummary, verdict: ImportVerdict) {
    let place = match verdict {
        ImportVerdict::Created => &mut summary.created,
        ImportVerdict::Updated => &mut summary.updated,
        ImportVerdict::Unchanged | ImportVerdict::Unspecified => &mut summary.unchanged,
        ImportVerdict::Refused => &mut summary.refused,
    };
    *place += 1;
}

#[cfg(test)]
mod tests {
    use rapporteur_proto::gateway::v1::ImportRecord;
    use rapporteur_store::sled::{Options, SledStore};

    use super::*;

    fn row(records: &[(bool, ImportVerdict)]) -> KeptRow {
        let record = |(_, verdict): &(bool, ImportVerdict)| ImportRecord {
            verdict: (*verdict).into(),
            reason: "because".into(),
            ..ImportRecord::default()
        };
        let step = |(shared, _): &(bool, ImportVerdict)| Step {
            shared: *shared,
            ..Step::default()
        };
        let mut row = KeptRow {
            row: Some(ImportRow {
                records: records.iter().map(record).collect(),
                ..ImportRow::default()
            }),
            steps: records.iter().map(step).collect(),
        };
        row.judge();
        row
    }

    #[test]
    fn a_row_is_what_its_own_records_are() {
        use ImportVerdict::{Created, Refused, Unchanged, Updated};
        for (records, verdict) in [
            (
                &[(true, Created), (false, Created), (false, Created)][..],
                Created,
            ),
            (&[(true, Created), (false, Unchanged)], Updated),
            (
                &[(true, Unchanged), (false, Unchanged), (false, Created)],
                Updated,
            ),
            (&[(false, Updated), (false, Unchanged)], Updated),
            (&[(true, Unchanged), (false, Unchanged)], Unchanged),
            (&[(true, Created)], Created),
            (&[(false, Created), (false, Refused)], Refused),
            (&[], Unchanged),
        ] {
            assert_eq!(row(records).shown().verdict(), verdict, "{records:?}");
        }
    }

    #[tokio::test]
    async fn rows_are_read_in_both_directions_and_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = SledStore::open(folder.path(), Options::default()).unwrap();
        let (kept, other) = (Kept::of(&store, "a"), Kept::of(&store, "ab"));
        let rows: Vec<Placed> = (0..1_200)
            .map(|n| (n, row(&[(false, ImportVerdict::Created)])))
            .collect();
        let cursor = Cursor {
            written: 7,
            ..Cursor::default()
        };
        kept.write(&rows, Some(&cursor)).await.unwrap();
        other.write(&rows[..1], None).await.unwrap();
        assert_eq!(kept.cursor().await.unwrap(), cursor);
        assert_eq!(other.cursor().await.unwrap(), Cursor::default());
        let places = |rows: Vec<Placed>| rows.iter().map(|(place, _)| *place).collect::<Vec<_>>();
        assert_eq!(places(kept.from(1_198, 10).await.unwrap()), [1_198, 1_199]);
        assert_eq!(places(kept.before(3, 2).await.unwrap()), [2, 1]);
        kept.clear().await.unwrap();
        assert!(kept.from(0, 10).await.unwrap().is_empty());
        assert_eq!(other.from(0, 10).await.unwrap().len(), 1);
        // What belongs to no import goes when it is old; `ab` tells no time, and a preview may be on its way.
        let fresh = Kept::of(&store, &Uuid::now_v7().to_string());
        fresh.write(&rows[..3], None).await.unwrap();
        assert_eq!(sweep(&Records::new(store.clone())).await.unwrap(), 1);
        assert!(other.from(0, 10).await.unwrap().is_empty());
        assert_eq!(fresh.from(0, 10).await.unwrap().len(), 3);
        store.close().await.unwrap();
    }
}
