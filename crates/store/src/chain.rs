//! The bytes of a log entry, and the hash that chains it to the one before.
//!
//! An entry's hash must be the same on every engine, in every release and on every machine, or the
//! proof that nobody rewrote the past is worth nothing. So the hash is taken over this encoding and
//! over nothing else, the encoding has one spelling for each entry, and it never changes: another
//! layout gets another first line. Numbers are big-endian, lengths come before what they measure.
//!
//! ```text
//! "rapporteur-log-1"  16 bytes
//! previous_hash       32
//! position             8
//! op_id               16
//! time_us              8   two's complement
//! count                4   of writes, then each:
//!   flags                1   bit 0 = has a value, bit 1 = history is kept
//!   key                  4 + n
//!   value                4 + n   only with bit 0
//! meta                 4 + n
//! ```

use bytes::{Buf, Bytes};
use uuid::Uuid;

use crate::{Error, LogEntry, Result, Write, limits};

const FIRST_LINE: &[u8; 16] = b"rapporteur-log-1";
/// Where the time stands in every entry: engines may read it without decoding the rest.
const TIME_AT: usize = 16 + 32 + 8 + 16;
const HAS_VALUE: u8 = 1;
const HISTORY: u8 = 2;

/// The hash that a log entry must have: BLAKE3 over its `previous_hash` and all else it says.
#[must_use]
pub fn hash(entry: &LogEntry) -> [u8; 32] {
    hash_of(&encode_entry(entry))
}

/// The end of a log, as the next entry needs it; that of an empty one by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct End {
    /// The last position; 0 = the log is empty.
    pub position: u64,
    /// The time of the last entry; of no meaning when there is none.
    pub time_us: i64,
    /// The hash of the last entry; zeros when there is none.
    pub hash: [u8; 32],
}

impl End {
    /// Where a log begins.
    pub const START: Self = Self {
        position: 0,
        time_us: 0,
        hash: [0; 32],
    };

    /// The end of a log whose last entry is `entry`.
    #[must_use]
    pub fn of(entry: &LogEntry) -> Self {
        Self {
            position: entry.position,
            time_us: entry.time_us,
            hash: entry.hash,
        }
    }

    /// Holds when `entry`, made elsewhere, may come next: see [`Store::take_over`](crate::Store::take_over).
    /// Whether its op id is new in this log is left to the engine.
    ///
    /// [`Error::Diverged`] when it continues another log, [`Error::Corrupt`] when it is not what was written.
    pub fn admits(&self, entry: &LogEntry) -> Result<()> {
        let at = entry.position;
        if self.position.checked_add(1) != Some(at) {
            let end = self.position;
            let why = format!("log entry {at} cannot follow a log that ends at {end}");
            return Err(Error::Diverged(why));
        }
        if entry.previous_hash != self.hash {
            let why = format!("log entry {at} does not follow the entry that is before it here");
            return Err(Error::Diverged(why));
        }
        let damaged = |why: &str| Err(Error::Corrupt(format!("log entry {at}: {why}")));
        if hash(entry) != entry.hash {
            return damaged("it does not fit its hash");
        }
        if self.position > 0 && entry.time_us < self.time_us {
            return damaged("its time is before that of the entry before");
        }
        match limits::entry(entry) {
            Ok(()) => Ok(()),
            Err(error) => damaged(&error.to_string()),
        }
    }
}

/// The encoding of an entry, without its own hash: what the hash is taken over.
#[must_use]
pub fn encode_entry(entry: &LogEntry) -> Vec<u8> {
    let LogEntry {
        position,
        op_id,
        time_us,
        ref writes,
        ref meta,
        ref previous_hash,
        hash: _,
    } = *entry;
    encode(&Encode {
        previous_hash,
        position,
        op_id,
        time_us,
        writes,
        meta,
    })
}

/// What goes into an entry, borrowed from wherever it is.
pub(crate) struct Encode<'a> {
    pub(crate) previous_hash: &'a [u8; 32],
    pub(crate) position: u64,
    pub(crate) op_id: Uuid,
    pub(crate) time_us: i64,
    pub(crate) writes: &'a [Write],
    pub(crate) meta: &'a [u8],
}

/// The hash of encoded bytes.
pub(crate) fn hash_of(encoded: &[u8]) -> [u8; 32] {
    *blake3::hash(encoded).as_bytes()
}

pub(crate) fn encode(entry: &Encode<'_>) -> Vec<u8> {
    let writes: usize = entry.writes.iter().map(|write| 9 + payload(write)).sum();
    let mut out = Vec::with_capacity(TIME_AT + 16 + writes + entry.meta.len());
    out.extend_from_slice(FIRST_LINE);
    out.extend_from_slice(entry.previous_hash);
    out.extend_from_slice(&entry.position.to_be_bytes());
    out.extend_from_slice(entry.op_id.as_bytes());
    out.extend_from_slice(&entry.time_us.to_be_bytes());
    put_len(&mut out, entry.writes.len());
    for write in entry.writes {
        let has_value = if write.value.is_some() { HAS_VALUE } else { 0 };
        let history = if write.history { HISTORY } else { 0 };
        out.push(has_value | history);
        put(&mut out, &write.key);
        if let Some(value) = &write.value {
            put(&mut out, value);
        }
    }
    put(&mut out, entry.meta);
    out
}

/// Reads an entry back; `None` when the bytes are not exactly one entry. The parts share `encoded`.
pub(crate) fn decode(mut encoded: Bytes) -> Option<LogEntry> {
    let hash = hash_of(&encoded);
    if take(&mut encoded, FIRST_LINE.len())?[..] != FIRST_LINE[..] {
        return None;
    }
    let previous_hash = take(&mut encoded, 32)?.as_ref().try_into().ok()?;
    let position = encoded.try_get_u64().ok()?;
    let op_id = Uuid::from_u128(encoded.try_get_u128().ok()?);
    let time_us = encoded.try_get_i64().ok()?;
    let count = encoded.try_get_u32().ok()?;
    let mut writes = Vec::new();
    for _ in 0..count {
        let flags = encoded.try_get_u8().ok()?;
        if flags & !(HAS_VALUE | HISTORY) != 0 {
            return None;
        }
        let key = take_sized(&mut encoded)?;
        let value = if flags & HAS_VALUE == 0 {
            None
        } else {
            Some(take_sized(&mut encoded)?)
        };
        writes.push(Write {
            key,
            value,
            history: flags & HISTORY != 0,
        });
    }
    let meta = take_sized(&mut encoded)?;
    let entry = LogEntry {
        position,
        op_id,
        time_us,
        writes,
        meta,
        previous_hash,
        hash,
    };
    encoded.is_empty().then_some(entry)
}

/// The time of an entry, from its first bytes.
pub(crate) fn time_of(encoded: &[u8]) -> Option<i64> {
    let bytes = encoded.get(TIME_AT..)?.first_chunk::<8>()?;
    Some(i64::from_be_bytes(*bytes))
}

/// The op id of an entry, from its first bytes.
pub(crate) fn op_id_of(encoded: &[u8]) -> Option<Uuid> {
    let bytes = encoded.get(TIME_AT - 16..)?.first_chunk::<16>()?;
    Some(Uuid::from_bytes(*bytes))
}

fn payload(write: &Write) -> usize {
    write.key.len() + write.value.as_ref().map_or(0, Bytes::len)
}

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    put_len(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// Lengths fit: [`LIMITS`](crate::contract::LIMITS) are checked before anything is encoded.
fn put_len(out: &mut Vec<u8>, len: usize) {
    out.extend_from_slice(&u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes());
}

fn take(from: &mut Bytes, len: usize) -> Option<Bytes> {
    (from.len() >= len).then(|| from.split_to(len))
}

fn take_sized(from: &mut Bytes) -> Option<Bytes> {
    let len = from.try_get_u32().ok()?;
    take(from, usize::try_from(len).ok()?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry() -> impl Strategy<Value = LogEntry> {
        let bytes = || proptest::collection::vec(any::<u8>(), 0..9).prop_map(Bytes::from);
        let write = (bytes(), proptest::option::of(bytes()), any::<bool>()).prop_map(
            |(key, value, history)| Write {
                key,
                value,
                history,
            },
        );
        let writes = proptest::collection::vec(write, 0..5);
        (
            any::<u64>(),
            any::<u128>(),
            any::<i64>(),
            writes,
            bytes(),
            any::<[u8; 32]>(),
        )
            .prop_map(|(position, op_id, time_us, writes, meta, previous_hash)| {
                let op_id = Uuid::from_u128(op_id);
                let hash = [0; 32];
                LogEntry {
                    position,
                    op_id,
                    time_us,
                    writes,
                    meta,
                    previous_hash,
                    hash,
                }
            })
    }

    proptest! {
        #[test]
        fn round_trip(mut entry in entry()) {
            entry.hash = hash(&entry);
            let bytes = encode_entry(&entry);
            prop_assert_eq!(time_of(&bytes), Some(entry.time_us));
            prop_assert_eq!(op_id_of(&bytes), Some(entry.op_id));
            prop_assert_eq!(decode(bytes.into()), Some(entry));
        }

        #[test]
        fn garbage_never_panics(entry in entry(), cut in any::<prop::sample::Index>(), flip in any::<prop::sample::Index>()) {
            let mut bytes = encode_entry(&entry);
            let at = flip.index(bytes.len());
            bytes[at] ^= 0x40;
            let _ = decode(bytes.clone().into());
            bytes.truncate(cut.index(bytes.len()));
            let _ = decode(bytes.into());
        }
    }

    /// If this test ever needs another expectation, every log on earth stops verifying.
    #[test]
    fn the_hash_never_changes() {
        let entry = LogEntry {
            position: 2,
            op_id: Uuid::from_u128(3),
            time_us: -4,
            writes: vec![Write::record("key", "value"), Write::delete("gone")],
            meta: Bytes::from_static(b"meta"),
            previous_hash: [9; 32],
            hash: [0; 32],
        };
        let hex: String = hash(&entry)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(
            hex,
            "8c600ecf0a1c73bb53365004d7abe19273d232088f61e79af85c84a288059bc9"
        );
    }
}
