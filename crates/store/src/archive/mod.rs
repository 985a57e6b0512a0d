//! A whole store in one file: its log, from the first entry to the head.
//!
//! Rows, history and op ids all follow from the log, so a store that takes it over exactly is the same
//! history on any engine. Reading checks everything on the way and names the first bad place. Nothing is
//! compressed: each byte can then be said to belong to one entry, and whoever wants a small file pipes it
//! through `zstd`.
//!
//! ```text
//! "rapporteur-archive\n"  19 bytes
//! version                  4   1; numbers are big-endian
//! store_id                16   whose log
//! position                 8   the head that the archive reaches
//! op_id                   16
//! created                  8   when, in microseconds since the Unix epoch; two's complement
//! check                   32   BLAKE3 over all above
//! then for each entry:
//!   length                 4   of the encoding, never 0
//!   hash                  32   of the entry
//!   encoding               n   see `chain`
//! end                      4   zeros
//! entries                  8   how many
//! writes                   8   how many in all entries
//! digest                  32   BLAKE3 over all above
//! ```
//!
//! The layout never changes: another one gets another version.
//!
//! [`Encoder`] makes it, [`Reader`] reads it, [`file`] keeps it.

pub mod file;
mod read;
mod write;

pub use read::Reader;
pub use write::Encoder;

use uuid::Uuid;

use crate::Token;
use crate::contract::LIMITS;

const FIRST_LINE: &[u8; 19] = b"rapporteur-archive\n";
const VERSION: u32 = 1;
/// Of a digest.
const HASH: usize = 32;
/// All of the header but its check.
const HEADER: usize = FIRST_LINE.len() + 4 + 16 + 8 + 16 + 8;
/// Longer than the encoding of any entry: 5 bytes and two lengths around each write are more than enough.
const LONGEST: usize = LIMITS.batch_bytes + LIMITS.batch_writes * 16 + 256;

/// What an archive says of itself before its first entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The head that it reaches; its store is the one that the log is of.
    pub head: Token,
    /// When it was begun, in microseconds since the Unix epoch.
    pub created_us: i64,
}

/// What a whole archive held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Entries of the log.
    pub entries: u64,
    /// Writes in all of them.
    pub writes: u64,
    /// Bytes of the archive.
    pub bytes: u64,
    /// BLAKE3 over all bytes before it: two archives with the same digest are the same.
    pub digest: [u8; 32],
}

impl Header {
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER + HASH);
        out.extend_from_slice(FIRST_LINE);
        out.extend_from_slice(&VERSION.to_be_bytes());
        out.extend_from_slice(self.head.store_id.as_bytes());
        out.extend_from_slice(&self.head.position.to_be_bytes());
        out.extend_from_slice(self.head.op_id.as_bytes());
        out.extend_from_slice(&self.created_us.to_be_bytes());
        let check = blake3::hash(&out);
        out.extend_from_slice(check.as_bytes());
        out
    }

    /// Reads what follows the version.
    fn decode(mut bytes: &[u8]) -> Option<Self> {
        use bytes::Buf as _;
        let store_id = Uuid::from_u128(bytes.try_get_u128().ok()?);
        let position = bytes.try_get_u64().ok()?;
        let op_id = Uuid::from_u128(bytes.try_get_u128().ok()?);
        let created_us = bytes.try_get_i64().ok()?;
        let head = Token {
            store_id,
            position,
            op_id,
        };
        Some(Self { head, created_us })
    }
}

#[cfg(test)]
mod tests;
