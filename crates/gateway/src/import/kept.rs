//! Rows of imports in the gateway's store, and how far each import is.
//!
//! ```text
//! 0x14 | import id | place    a row, with what is to be written of it
//! 0x15 | import id            how far the import is
//! 0x16 | import id | part     the snapshot of a calendar that it leaves
//! ```

use std::sync::Arc;

use bytes::Bytes;
use prost::Message;
use rapporteur_exchange::snapshot::Snapshot;
use rapporteur_proto::gateway::v1::ImportSummary;
use rapporteur_records::{Error, Result, time};
use rapporteur_store::key::{Key, prefix_end};
use rapporteur_store::{Batch, Direction, Store, Write};
use uuid::Uuid;

use super::row::KeptRow;
use crate::access::book::decoded;

pub(super) const ROWS: u8 = 0x14;
const CURSORS: u8 = 0x15;
const SNAPSHOTS: u8 = 0x16;
/// Bytes of one part of a snapshot.
const PART_BYTES: usize = 512 << 10;
/// Most writes and bytes of one batch of ours: others write beside it.
const BATCH_WRITES: usize = 500;
const BATCH_BYTES: usize = 4 << 20;

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

    pub(super) fn prefix(&self) -> Key {
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

    fn parts(&self) -> Key {
        Key::new(SNAPSHOTS).str(&self.id)
    }

    /// Keeps the snapshot of a calendar that the import leaves.
    pub async fn keep(&self, snapshot: &Snapshot) -> Result<()> {
        let wrong = |error: serde_json::Error| Error::Internal(error.to_string());
        let bytes = serde_json::to_vec(snapshot).map_err(wrong)?;
        for (part, bytes) in (0_u64..).zip(bytes.chunks(PART_BYTES)) {
            let key = self.parts().u64(part).into_bytes();
            self.commit(vec![Write::put(key, bytes.to_vec())]).await?;
        }
        Ok(())
    }

    /// The snapshot that the import left.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        let wrong = |error: serde_json::Error| {
            Error::Internal(format!("the snapshot of imports/{}: {error}", self.id))
        };
        let (mut from, to) = (
            self.parts().into_bytes(),
            prefix_end(self.parts().as_slice()),
        );
        let mut bytes = Vec::new();
        loop {
            // One by one: an answer of a store has a limit.
            let found = self.store.scan(&from, &to, 1, Direction::Forward).await?;
            let Some((key, row)) = found.into_iter().next() else {
                return serde_json::from_slice(&bytes).map_err(wrong);
            };
            bytes.extend_from_slice(&row.value);
            from = prefix_end(&key);
        }
    }

    /// Forgets all rows, and the snapshot.
    pub async fn clear(&self) -> Result<()> {
        let (from, to) = (self.parts(), prefix_end(self.parts().as_slice()));
        let parts = self
            .store
            .scan(from.as_slice(), &to, BATCH_WRITES, Direction::Forward)
            .await?;
        let parts = parts.into_iter().map(|(key, _)| Write::delete(key));
        self.commit(parts.collect()).await?;
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

#[cfg(test)]
mod tests {
    use rapporteur_proto::gateway::v1::{ImportRow, ImportVerdict};
    use rapporteur_store::sled::{Options, SledStore};

    use super::*;

    fn row() -> KeptRow {
        KeptRow {
            row: Some(ImportRow {
                verdict: ImportVerdict::Created.into(),
                ..ImportRow::default()
            }),
            steps: Vec::new(),
        }
    }

    #[tokio::test]
    async fn a_snapshot_is_kept_in_parts_and_forgotten_with_the_rows() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = SledStore::open(folder.path(), Options::default()).unwrap();
        let (kept, other) = (Kept::of(&store, "a"), Kept::of(&store, "ab"));
        let calendar = |count: usize| {
            let event = |n: usize| {
                let title = "long ".repeat(200);
                format!("BEGIN:VEVENT\r\nUID:{n}\r\nSUMMARY:{title}\r\nEND:VEVENT\r\n")
            };
            let events: String = (0..count).map(event).collect();
            let text = format!("BEGIN:VCALENDAR\r\n{events}END:VCALENDAR\r\n");
            let options = rapporteur_exchange::read::Options::default();
            Snapshot::read(std::io::Cursor::new(text), &options)
                .unwrap()
                .0
        };
        let (large, small) = (calendar(2_000), calendar(1));
        kept.keep(&large).await.unwrap();
        other.keep(&small).await.unwrap();
        assert_eq!(kept.snapshot().await.unwrap(), large);
        assert_eq!(other.snapshot().await.unwrap(), small);
        kept.clear().await.unwrap();
        assert!(
            kept.snapshot().await.is_err(),
            "a snapshot that is lost is no empty one"
        );
        assert_eq!(other.snapshot().await.unwrap(), small);
        store.close().await.unwrap();
    }

    #[tokio::test]
    async fn rows_are_read_in_both_directions_and_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = SledStore::open(folder.path(), Options::default()).unwrap();
        let (kept, other) = (Kept::of(&store, "a"), Kept::of(&store, "ab"));
        let rows: Vec<Placed> = (0..1_200).map(|n| (n, row())).collect();
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
        store.close().await.unwrap();
    }
}
