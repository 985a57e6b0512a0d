//! Rows that were read lately, whole: a hot row costs neither a walk through sled nor a copy.
//!
//! Nothing stale is ever given out, without the writer touching the rows: each key has a stamp (shared with
//! the keys of the same checksum), which the writer moves on after sled was told of a new value and before
//! anybody is told that it is durable. A row is kept with the stamp from before it was read, and is good
//! while that is still the stamp. Only what was read while nothing was on its way into sled is kept, so rows
//! that are all found here while no stamp moves are of one moment.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};

use bytes::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::Row;

/// Keys that share a stamp are read anew together: enough stamps that this hardly happens, in 256 KiB.
const STAMPS: usize = 1 << 16;
/// What a row costs beside its bytes.
const ROW_BYTES: u64 = 128;
/// How many rows the cache is laid out for; no bound.
const ROWS: usize = 1 << 12;

pub(super) struct RowCache {
    rows: Cache<Bytes, Kept, Bytesize>,
    stamps: Box<[AtomicU32]>,
    /// Odd while stamps are moved on.
    moves: AtomicU64,
}

#[derive(Clone)]
struct Kept {
    stamp: u32,
    row: Row,
}

#[derive(Clone)]
struct Bytesize;

impl Weighter<Bytes, Kept> for Bytesize {
    fn weight(&self, key: &Bytes, kept: &Kept) -> u64 {
        (key.len() + kept.row.value.len()) as u64 + ROW_BYTES
    }
}

impl RowCache {
    pub(super) fn new(bytes: u64) -> Self {
        Self {
            rows: Cache::with_weighter(ROWS, bytes, Bytesize),
            stamps: (0..STAMPS).map(|_| AtomicU32::new(0)).collect(),
            moves: AtomicU64::new(0),
        }
    }

    /// To be taken before the row is read, and handed to [`RowCache::keep`].
    pub(super) fn stamp(&self, key: &[u8]) -> u32 {
        self.of(key).load(SeqCst)
    }

    pub(super) fn get(&self, key: &[u8]) -> Option<Row> {
        let kept = self.rows.get(key)?;
        (kept.stamp == self.stamp(key)).then_some(kept.row)
    }

    /// The rows at `keys` as of one moment, when all of them are here.
    pub(super) fn get_all(&self, keys: &[Bytes]) -> Option<Vec<Row>> {
        let before = self.moves.load(SeqCst);
        if before % 2 == 1 {
            return None;
        }
        let rows = keys
            .iter()
            .map(|key| self.get(key))
            .collect::<Option<_>>()?;
        (self.moves.load(SeqCst) == before).then_some(rows)
    }

    pub(super) fn keep(&self, key: &[u8], stamp: u32, row: &Row) {
        let row = row.clone();
        self.rows
            .insert(Bytes::copy_from_slice(key), Kept { stamp, row });
    }

    /// Whatever was read of these keys before is good no more.
    pub(super) fn forget(&self, keys: &[Bytes]) {
        self.moves.fetch_add(1, SeqCst);
        for key in keys {
            self.of(key).fetch_add(1, SeqCst);
        }
        self.moves.fetch_add(1, SeqCst);
    }

    fn of(&self, key: &[u8]) -> &AtomicU32 {
        &self.stamps[crc32c::crc32c(key) as usize % STAMPS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(version: u64) -> Row {
        let value = Bytes::from(vec![7; 1_000]);
        Row { version, value }
    }

    #[test]
    fn a_row_is_good_until_its_key_is_written() {
        let cache = RowCache::new(1 << 20);
        let stamp = cache.stamp(b"a");
        cache.keep(b"a", stamp, &row(1));
        assert_eq!(cache.get(b"a"), Some(row(1)));
        cache.forget(&[Bytes::from_static(b"a")]);
        assert_eq!(cache.get(b"a"), None);
        // A slow reader that read before the write does not bring the old row back.
        cache.keep(b"a", stamp, &row(1));
        assert_eq!(cache.get(b"a"), None);
        cache.keep(b"a", cache.stamp(b"a"), &row(2));
        assert_eq!(cache.get(b"a"), Some(row(2)));
        let keys = [b"a", b"b"].map(|key| Bytes::from_static(key));
        assert_eq!(cache.get_all(&keys), None);
        cache.keep(b"b", cache.stamp(b"b"), &row(3));
        assert_eq!(cache.get_all(&keys), Some(vec![row(2), row(3)]));
        cache.moves.fetch_add(1, SeqCst);
        assert_eq!(cache.get_all(&keys), None);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let cache = RowCache::new(100_000);
        for key in 0..1_000_u32 {
            let key = key.to_be_bytes();
            cache.keep(&key, cache.stamp(&key), &row(1));
        }
        assert!(cache.rows.weight() <= 100_000 && cache.rows.len() > 10);
    }
}
