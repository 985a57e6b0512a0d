//! The spelling of every physical row: its key and its value. The table is in [`super`].

use ::sled::IVec;
use bytes::{Buf, Bytes};
use uuid::Uuid;

use crate::{Error, Result};

pub(super) const META: u8 = 0x00;
pub(super) const ROW: u8 = 0x01;
pub(super) const CHUNK: u8 = 0x02;
pub(super) const LOG: u8 = 0x03;
pub(super) const OP: u8 = 0x05;
pub(super) const HISTORY: u8 = 0x06;

/// The largest piece of a value or log entry that one physical row carries.
pub(super) const PIECE: usize = 4 << 10;

pub(super) const META_SCHEMA: &[u8] = b"\x00schema";
pub(super) const META_STORE_ID: &[u8] = b"\x00store_id";
pub(super) const META_HEAD: &[u8] = b"\x00head";
/// Which first bytes of keys need a look at what stands: see [`Looked`].
pub(super) const META_LOOKED: &[u8] = b"\x00looked";
/// How far a migration has come, while one runs.
pub(super) const META_MIGRATION: &[u8] = b"\x00migration";

const INLINE: u8 = 1;
const CHUNKED: u8 = 2;
/// The same two, of a value that belongs to the history of its key.
const KEPT_INLINE: u8 = 3;
const KEPT_CHUNKED: u8 = 4;
const LOG_FORMAT: u8 = 1;
const LOG_HEADER: usize = 1 + 32 + 4;

pub(super) fn corrupt(what: impl Into<String>) -> Error {
    Error::Corrupt(what.into())
}

/// The physical key of the row at `key`.
///
/// Each `FF` becomes `FF 00`: order and prefixes stay as they are, but no run of `FF` is left. With
/// runs of five or more, sled 0.34's backward iterator looks for the left neighbour of a node too far
/// to the left (`possible_predecessor` appends just four `FF`), tries a million times and panics.
/// Descending numbers are full of such runs.
pub(super) fn row_key(key: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(key.len() + 8);
    out.push(ROW);
    if !key.contains(&0xFF) {
        // Nearly all keys, and this is on the way of every read.
        out.extend_from_slice(key);
        return out;
    }
    for byte in key {
        out.push(*byte);
        if *byte == 0xFF {
            out.push(0);
        }
    }
    out
}

/// The caller's key from the physical key of its row.
pub(super) fn key_of_row(physical: &[u8]) -> Result<Bytes> {
    let malformed = || corrupt(format!("row key {} is malformed", physical.escape_ascii()));
    let [ROW, rest @ ..] = physical else {
        return Err(malformed());
    };
    if !rest.contains(&0xFF) {
        return Ok(Bytes::copy_from_slice(rest));
    }
    let mut key = Vec::with_capacity(rest.len());
    let mut bytes = rest.iter();
    while let Some(byte) = bytes.next() {
        key.push(*byte);
        if *byte == 0xFF && bytes.next() != Some(&0) {
            return Err(malformed());
        }
    }
    Ok(key.into())
}

pub(super) fn chunk_key(version: u64, write: u32, chunk: u32) -> [u8; 17] {
    let mut key = [CHUNK; 17];
    key[1..9].copy_from_slice(&version.to_be_bytes());
    key[9..13].copy_from_slice(&write.to_be_bytes());
    key[13..].copy_from_slice(&chunk.to_be_bytes());
    key
}

pub(super) fn log_key(position: u64, chunk: u32) -> [u8; 13] {
    let mut key = [LOG; 13];
    key[1..9].copy_from_slice(&position.to_be_bytes());
    key[9..].copy_from_slice(&chunk.to_be_bytes());
    key
}

/// Position and chunk of a log row.
pub(super) fn of_log_key(key: &[u8]) -> Result<(u64, u32)> {
    let parts = key.strip_prefix(&[LOG]).and_then(|mut rest| {
        let position = rest.try_get_u64().ok()?;
        let chunk = rest.try_get_u32().ok()?;
        rest.is_empty().then_some((position, chunk))
    });
    parts.ok_or_else(|| corrupt(format!("log key {} is malformed", key.escape_ascii())))
}

/// Op ids in one row: just below [`PIECE`].
pub(super) const OPS: usize = 255;

/// The key of the row with the op ids of the commits from `first` on.
pub(super) fn op_key(first: u64) -> [u8; 9] {
    let mut key = [OP; 9];
    key[1..].copy_from_slice(&first.to_be_bytes());
    key
}

/// The op ids of a row, each with its position.
pub(super) fn ops(key: &[u8], value: &[u8]) -> Result<impl Iterator<Item = (Uuid, u64)> + use<>> {
    let first = key
        .strip_prefix(&[OP])
        .and_then(|rest| rest.try_into().ok());
    let (ids, rest) = value.as_chunks::<16>();
    match first.map(u64::from_be_bytes) {
        Some(first) if !ids.is_empty() && rest.is_empty() => {
            let ids: Vec<Uuid> = ids.iter().map(|id| Uuid::from_bytes(*id)).collect();
            Ok(ids.into_iter().zip(first..))
        }
        _ => Err(corrupt(format!(
            "op row {} is malformed",
            key.escape_ascii()
        ))),
    }
}

/// What all history rows of `key` begin with. Prefix-free (`00` is spelt `00 01`, the end is `00 00`)
/// and, as in [`row_key`], free of runs of `FF`.
pub(super) fn history_prefix(key: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(key.len() + 16);
    out.push(HISTORY);
    for byte in key {
        out.push(*byte);
        match byte {
            0x00 => out.push(1),
            0xFF => out.push(0),
            _ => {}
        }
    }
    out.extend_from_slice(&[0, 0]);
    out
}

pub(super) fn history_key(key: &[u8], position: u64) -> Vec<u8> {
    let mut out = history_prefix(key);
    out.extend_from_slice(&position.to_be_bytes());
    out
}

/// The position that ends a history key.
pub(super) fn position_of_history(key: &[u8]) -> Result<u64> {
    let position = key
        .last_chunk::<8>()
        .map(|bytes| u64::from_be_bytes(*bytes));
    position.ok_or_else(|| corrupt("a history key is too short"))
}

/// The value of a position row (`0x05`).
/// What stands before (or instead of) a row's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RowHeader {
    pub(super) version: u64,
    /// Whether this value belongs to the history of its key. It has no history row before it is
    /// overwritten: the row itself is the sign.
    pub(super) kept: bool,
    /// Where the value is, when it is not right behind the header.
    pub(super) chunks: Option<Chunks>,
}

/// A value cut in pieces of [`PIECE`] bytes, kept under the commit and the write that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunks {
    pub(super) write: u32,
    pub(super) len: u32,
}

impl Chunks {
    pub(super) fn count(self) -> u32 {
        self.len.div_ceil(PIECE as u32)
    }
}

/// The first bytes of keys under which a value was ever cut in chunks or kept for history.
///
/// What such a write replaces leaves traces (chunks to be removed, a history row to be made), so the writer
/// looks at what stands. Under all other first bytes (index rows: most of what is written) it need not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Looked([u8; 32]);

impl Looked {
    /// For a store of which this was not recorded from the beginning.
    pub(super) const ALL: Self = Self([0xFF; 32]);

    pub(super) fn needs(&self, key: &[u8]) -> bool {
        let (byte, bit) = Self::place(key);
        self.0[byte] & bit != 0
    }

    pub(super) fn add(&mut self, key: &[u8]) {
        let (byte, bit) = Self::place(key);
        self.0[byte] |= bit;
    }

    fn place(key: &[u8]) -> (usize, u8) {
        let first = key.first().copied().unwrap_or_default();
        (usize::from(first >> 3), 1 << (first & 7))
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(super) fn of(row: Option<&[u8]>) -> Result<Self> {
        let bytes = row.and_then(|row| row.try_into().ok()).map(Self);
        bytes.ok_or_else(|| corrupt("the row of first bytes is missing or malformed"))
    }
}

pub(super) fn inline_row(version: u64, kept: bool, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(9 + value.len());
    out.push(if kept { KEPT_INLINE } else { INLINE });
    out.extend_from_slice(&version.to_be_bytes());
    out.extend_from_slice(value);
    out
}

pub(super) fn chunked_row(version: u64, kept: bool, chunks: Chunks) -> Vec<u8> {
    let mut out = Vec::with_capacity(17);
    out.push(if kept { KEPT_CHUNKED } else { CHUNKED });
    out.extend_from_slice(&version.to_be_bytes());
    out.extend_from_slice(&chunks.write.to_be_bytes());
    out.extend_from_slice(&chunks.len.to_be_bytes());
    out
}

/// The header of a row, and the value when it is inline.
pub(super) fn row_value(value: &[u8]) -> Result<(RowHeader, &[u8])> {
    let decoded = value.split_first().and_then(|(format, mut rest)| {
        let version = rest.try_get_u64().ok()?;
        let chunks = match *format {
            INLINE | KEPT_INLINE => None,
            CHUNKED | KEPT_CHUNKED => {
                let write = rest.try_get_u32().ok()?;
                let len = rest.try_get_u32().ok()?;
                Some(Chunks { write, len }).filter(|_| rest.is_empty())
            }
            _ => return None,
        };
        let whole = chunks.is_some() == matches!(*format, CHUNKED | KEPT_CHUNKED);
        let kept = matches!(*format, KEPT_INLINE | KEPT_CHUNKED);
        let header = RowHeader {
            version,
            kept,
            chunks,
        };
        whole.then_some((header, rest))
    });
    decoded.ok_or_else(|| corrupt("a row is malformed"))
}

/// Where an inline value begins, for taking it without a copy.
pub(super) const INLINE_AT: usize = 9;

/// The rows of one log entry: the first with hash and length, each with a piece of the encoding.
pub(super) fn log_rows(encoded: &[u8], hash: &[u8; 32]) -> Vec<Vec<u8>> {
    let mut first = Vec::with_capacity(LOG_HEADER + encoded.len().min(PIECE));
    first.push(LOG_FORMAT);
    first.extend_from_slice(hash);
    first.extend_from_slice(
        &u32::try_from(encoded.len())
            .unwrap_or(u32::MAX)
            .to_be_bytes(),
    );
    let mut pieces = encoded.chunks(PIECE);
    first.extend_from_slice(pieces.next().unwrap_or_default());
    std::iter::once(first)
        .chain(pieces.map(<[u8]>::to_vec))
        .collect()
}

/// The first row of a log entry.
pub(super) struct LogStart {
    pub(super) hash: [u8; 32],
    pub(super) len: usize,
    /// The first piece of the encoding.
    pub(super) piece: Bytes,
}

pub(super) fn log_start(value: IVec) -> Result<LogStart> {
    let mut rest = bytes(value);
    let decoded = (rest.try_get_u8().ok() == Some(LOG_FORMAT)).then(|| {
        let hash = rest.first_chunk::<32>().copied()?;
        rest.advance(32);
        let len = usize::try_from(rest.try_get_u32().ok()?).ok()?;
        (rest.len() == len.min(PIECE)).then_some(LogStart {
            hash,
            len,
            piece: rest,
        })
    });
    decoded
        .flatten()
        .ok_or_else(|| corrupt("a log row is malformed"))
}

/// Takes a value out of sled. Large ones are shared, small ones copied: sharing costs an allocation
/// too, and what is small may otherwise keep something large alive.
pub(super) fn bytes(value: IVec) -> Bytes {
    const WORTH_SHARING: usize = 1 << 10;
    if value.len() < WORTH_SHARING {
        Bytes::copy_from_slice(&value)
    } else {
        Bytes::from_owner(value)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![
            Just(0x00u8),
            Just(0x01),
            Just(0xFE),
            Just(0xFF),
            any::<u8>()
        ];
        proptest::collection::vec(byte, 0..8)
    }

    proptest! {
        #[test]
        fn row_keys_keep_order_and_come_back(a in key(), b in key()) {
            prop_assert_eq!(row_key(&a).cmp(&row_key(&b)), a.cmp(&b));
            prop_assert_eq!(&key_of_row(&row_key(&a)).unwrap()[..], &a[..]);
            prop_assert!(!row_key(&a).windows(2).any(|pair| pair == [0xFF, 0xFF]));
        }

        #[test]
        fn history_of_one_key_is_not_history_of_another(a in key(), b in key(), position in any::<u64>()) {
            let mine = history_key(&a, position).starts_with(&history_prefix(&b));
            prop_assert_eq!(mine, a == b);
            prop_assert_eq!(position_of_history(&history_key(&a, position)).unwrap(), position);
        }

        #[test]
        fn rows_round_trip(version in any::<u64>(), kept in any::<bool>(), value in proptest::collection::vec(any::<u8>(), 0..20), write in any::<u32>(), len in any::<u32>()) {
            let row = inline_row(version, kept, &value);
            prop_assert_eq!(row_value(&row).unwrap(), (RowHeader { version, kept, chunks: None }, &value[..]));
            prop_assert_eq!(&row[INLINE_AT..], &value[..]);
            let chunks = Chunks { write, len };
            let row = chunked_row(version, kept, chunks);
            prop_assert_eq!(row_value(&row).unwrap().0, RowHeader { version, kept, chunks: Some(chunks) });
        }

        #[test]
        fn garbage_never_panics(value in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = row_value(&value);
            let _ = key_of_row(&value);
            let _ = of_log_key(&value);
            let _ = ops(&[&[OP], &value[..value.len().min(8)]].concat(), &value);
            let _ = position_of_history(&value);
            let _ = log_start(value.into());
        }
    }

    #[test]
    fn op_rows_come_back() {
        let ids = [Uuid::from_u128(7), Uuid::from_u128(9)];
        let value = ids.map(Uuid::into_bytes).concat();
        let read: Vec<_> = ops(&op_key(41), &value).unwrap().collect();
        assert_eq!(read, [(ids[0], 41), (ids[1], 42)]);
        assert!(ops(&op_key(41), &value[1..]).is_err() && ops(&op_key(41), b"").is_err());
    }

    #[test]
    fn first_bytes_are_told_apart() {
        let mut looked = Looked::default();
        looked.add(&[0x17, 9]);
        for first in 0..=255 {
            assert_eq!(looked.needs(&[first]), first == 0x17);
            assert!(Looked::ALL.needs(&[first, 1]));
        }
        assert_eq!(Looked::of(Some(looked.bytes())).unwrap(), looked);
        assert!(Looked::of(None).is_err() && Looked::of(Some(&[1])).is_err());
    }

    /// Why `row_key` doubles `FF`. Should this test ever fail, sled has been mended.
    #[test]
    fn sled_loses_its_way_before_long_runs_of_ff() {
        let count_backward = |spell: fn(&[u8]) -> Vec<u8>| {
            let dir = tempfile::tempdir().unwrap();
            let db = ::sled::open(dir.path()).unwrap();
            for n in 0..60u64 {
                db.insert(spell(&[&[1], &(!n).to_be_bytes()[..]].concat()), b"")
                    .unwrap();
                db.insert(spell(&[2, n as u8]), b"").unwrap();
            }
            crate::sled::core::guarded(|| Ok(db.iter().rev().count()))
        };
        assert!(count_backward(<[u8]>::to_vec).is_err());
        assert_eq!(count_backward(row_key), Ok(120));
    }
}
