//! From entries to the bytes of an archive.

use bytes::Bytes;

use super::{Header, Summary};
use crate::chain::{self, End};
use crate::{Error, LogEntry, Result};

/// Makes the bytes of an archive piece by piece, for a file or for a stream.
#[derive(Debug)]
pub struct Encoder {
    header: Header,
    end: End,
    summary: Summary,
    digest: blake3::Hasher,
}

impl Encoder {
    /// Begins an archive: the first bytes of it.
    #[must_use]
    pub fn begin(header: Header) -> (Self, Bytes) {
        let mut encoder = Self {
            header,
            end: End::START,
            summary: Summary::default(),
            digest: blake3::Hasher::new(),
        };
        let bytes = encoder.sent(header.encode());
        (encoder, bytes)
    }

    /// The bytes of the next entries. Refuses what a reader would refuse: an archive of a damaged store would
    /// be found out only when it is needed.
    pub fn entries(&mut self, entries: &[LogEntry]) -> Result<Bytes> {
        let mut out = Vec::new();
        for entry in entries {
            self.end.admits(entry)?;
            let encoded = chain::encode_entry(entry);
            let length = u32::try_from(encoded.len()).unwrap_or(u32::MAX);
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(&entry.hash);
            out.extend_from_slice(&encoded);
            self.end = End::of(entry);
            self.summary.entries += 1;
            self.summary.writes += entry.writes.len() as u64;
        }
        Ok(self.sent(out))
    }

    /// The last bytes, when the head is reached.
    pub fn finish(mut self) -> Result<(Summary, Bytes)> {
        let (reached, head) = (self.end.position, self.header.head.position);
        if reached != head {
            let why = format!("the archive ends at {reached}, before its head, {head}");
            return Err(Error::Diverged(why));
        }
        let mut out = vec![0; 4];
        out.extend_from_slice(&self.summary.entries.to_be_bytes());
        out.extend_from_slice(&self.summary.writes.to_be_bytes());
        self.digest.update(&out);
        let digest = self.digest.finalize();
        out.extend_from_slice(digest.as_bytes());
        let summary = Summary {
            bytes: self.summary.bytes + out.len() as u64,
            digest: *digest.as_bytes(),
            ..self.summary
        };
        Ok((summary, out.into()))
    }

    fn sent(&mut self, bytes: Vec<u8>) -> Bytes {
        self.digest.update(&bytes);
        self.summary.bytes += bytes.len() as u64;
        bytes.into()
    }
}
