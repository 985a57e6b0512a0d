//! From the bytes of an archive back to entries, each of them checked.

use std::io::{ErrorKind, Read};

use super::{FIRST_LINE, HASH, HEADER, Header, LONGEST, Summary, VERSION};
use crate::chain::{self, End};
use crate::{Error, LogEntry, Result};

/// Reads an archive entry by entry. What it hands out is whole; whether the archive is, is known when
/// [`Reader::entry`] has answered `None`.
#[derive(Debug)]
pub struct Reader<R> {
    from: Source<R>,
    header: Header,
    end: End,
    summary: Summary,
    ended: bool,
}

impl<R: Read> Reader<R> {
    /// Reads the header. [`Error::Schema`] when it is no archive, or one of a newer version;
    /// [`Error::Corrupt`] when it is damaged.
    pub fn open(from: R) -> Result<Self> {
        let mut from = Source {
            from,
            bytes: 0,
            digest: blake3::Hasher::new(),
        };
        let header = from.header()?;
        Ok(Self {
            from,
            header,
            end: End::START,
            summary: Summary::default(),
            ended: false,
        })
    }

    /// What the archive says of itself.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What was read so far; all of it after the last entry.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary {
            bytes: self.from.bytes,
            ..self.summary
        }
    }

    /// The next entry; `None` when all were read and the archive is whole, to its last byte.
    pub fn entry(&mut self) -> Result<Option<LogEntry>> {
        if self.ended {
            return Ok(None);
        }
        let (at, place) = (self.end.position + 1, self.from.bytes);
        let name = format!("entry {at} (at byte {place})");
        let length = self.from.take(4, &name)?;
        let length = length.iter().fold(0, |n, byte| n << 8 | usize::from(*byte));
        if length == 0 {
            self.footer()?;
            return Ok(None);
        }
        if length > LONGEST {
            let why = format!("it claims {length} bytes, more than any entry has");
            return Err(damaged(&name, &why));
        }
        let hash = self.from.take(HASH, &name)?;
        let encoded = self.from.take(length, &name)?;
        let entry = chain::decode(encoded.into());
        let entry = entry.filter(|entry| entry.hash[..] == hash[..]);
        let entry = entry.ok_or_else(|| damaged(&name, "it does not fit its hash"))?;
        self.end.admits(&entry).map_err(|error| match error {
            Error::Corrupt(why) | Error::Diverged(why) => damaged(&name, &why),
            other => other,
        })?;
        self.end = End::of(&entry);
        self.summary.entries += 1;
        self.summary.writes += entry.writes.len() as u64;
        Ok(Some(entry))
    }

    /// Up to `limit` entries of some megabytes together; none at the end.
    pub fn page(&mut self, limit: usize) -> Result<Vec<LogEntry>> {
        const BYTES: u64 = 4 << 20;
        let mut page = Vec::new();
        let before = self.from.bytes;
        while page.len() < limit && self.from.bytes - before < BYTES {
            match self.entry()? {
                Some(entry) => page.push(entry),
                None => break,
            }
        }
        Ok(page)
    }

    fn footer(&mut self) -> Result<()> {
        let name = "the end";
        let counts = self.from.take(16, name)?;
        let expected = [self.summary.entries, self.summary.writes];
        let expected: Vec<u8> = expected.iter().flat_map(|it| it.to_be_bytes()).collect();
        if counts != expected {
            return Err(damaged(name, "it counts other entries than there are"));
        }
        let digest = self.from.digest.finalize();
        if self.from.take(HASH, name)?[..] != digest.as_bytes()[..] {
            return Err(damaged(name, "the digest is not that of what was read"));
        }
        let (reached, head) = (self.end.position, self.header.head.position);
        if reached != head {
            let why = format!("the entries reach {reached}, and the header promises {head}");
            return Err(damaged(name, &why));
        }
        if self
            .from
            .from
            .read(&mut [0])
            .map_err(|it| unreadable(&it))?
            > 0
        {
            return Err(damaged(name, "something follows it"));
        }
        self.summary.digest = *digest.as_bytes();
        self.ended = true;
        Ok(())
    }
}

/// The bytes of an archive, counted and digested as they are read.
#[derive(Debug)]
struct Source<R> {
    from: R,
    bytes: u64,
    digest: blake3::Hasher,
}

impl<R: Read> Source<R> {
    fn header(&mut self) -> Result<Header> {
        let first = FIRST_LINE.len();
        let start = self.take(first + 4, "the header");
        let start = match start {
            Err(Error::Corrupt(_)) => return Err(foreign("it is too short")),
            other => other?,
        };
        if start[..first] != FIRST_LINE[..] {
            return Err(foreign("its first line is another"));
        }
        let version = start[first..]
            .iter()
            .fold(0, |n: u32, byte| n << 8 | u32::from(*byte));
        let rest = self.take(HEADER - start.len(), "the header")?;
        let check = self.digest.finalize();
        if self.take(HASH, "the header")?[..] != check.as_bytes()[..] {
            // A newer header may be of another length, so that its check cannot be found.
            if version > VERSION {
                return Err(newer(version));
            }
            return Err(damaged("the header", "it does not fit its check"));
        }
        if version != VERSION {
            return Err(newer(version));
        }
        Header::decode(&rest).ok_or_else(|| damaged("the header", "it is malformed"))
    }

    /// The next bytes, which belong to what is called `name`.
    fn take(&mut self, count: usize, name: &str) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut limited = self.from.by_ref().take(count as u64);
        let read = limited.read_to_end(&mut bytes);
        read.map_err(|error| unreadable(&error))?;
        if bytes.len() < count {
            return Err(damaged(name, "the file ends in the middle of it"));
        }
        self.digest.update(&bytes);
        self.bytes += count as u64;
        Ok(bytes)
    }
}

fn damaged(name: &str, why: &str) -> Error {
    Error::Corrupt(format!("{name} of the archive: {why}"))
}

fn foreign(why: &str) -> Error {
    Error::Schema(format!("it is not an archive of a store: {why}"))
}

fn newer(version: u32) -> Error {
    let why = format!(
        "the archive is of version {version}; this program knows {VERSION} (a newer one may read it)"
    );
    Error::Schema(why)
}

fn unreadable(error: &std::io::Error) -> Error {
    match error.kind() {
        ErrorKind::IsADirectory => foreign("it is a directory"),
        _ => Error::Unavailable(format!("reading the archive: {error}")),
    }
}
