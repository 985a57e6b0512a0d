//! Packed documents: what is checked before anything looks inside.
//!
//! Nothing is ever written to a disk here, so names that lead out of a folder do no harm; a document that has them was
//! not made by an office program, and is refused.

use std::io::{self, Cursor, Read, Seek};

use zip::ZipArchive;

use super::Limits;
use super::out::Stop;
use crate::row::Damage;

/// Most parts of a document.
const PARTS: usize = 10_000;
/// Below this nothing is a bomb, however well it packs.
const SMALL: u64 = 1 << 20;

/// Reads the file and unpacks every part once, counting; refuses what is too large, too well packed, encrypted, or
/// declares XML entities.
pub(super) fn open(mut source: impl Read, limits: &Limits) -> Result<Cursor<Vec<u8>>, Stop> {
    let mut bytes = Vec::new();
    (&mut source)
        .take(limits.document + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limits.document {
        let reason = format!("is larger than {} bytes", limits.document);
        return Err(Damage::new(reason).into());
    }
    let mut archive = archive(Cursor::new(bytes))?;
    if archive.len() > PARTS {
        let reason = format!("has {} parts; at most {PARTS} are read", archive.len());
        return Err(Damage::new(reason).into());
    }
    let mut unpacked = 0;
    for at in 0..archive.len() {
        let mut part = archive.by_index(at).map_err(|e| unreadable(&e))?;
        let name = part.name().map_or_else(
            |_| format!("part {at}"),
            |name| name.chars().take(100).collect(),
        );
        if part.enclosed_name().is_none() || leads_out(part.name_raw()) {
            let reason = format!("has a part {name:?}, whose name leads out of the document");
            return Err(Damage::new(reason).into());
        }
        let xml = name.ends_with(".xml") || name.ends_with(".rels");
        let packed = part.compressed_size().max(1);
        let most = (limits.unpacked - unpacked).min((packed * limits.ratio).max(SMALL));
        let mut check = Check {
            xml,
            ..Check::default()
        };
        let size = io::copy(&mut (&mut part).take(most + 1), &mut check)
            .map_err(|e| Damage::new(format!("its part {name:?} cannot be unpacked: {e}")))?;
        if size > most {
            let reason = format!(
                "its part {name:?} unpacks to more than {most} bytes from {packed}: no document does"
            );
            return Err(Damage::new(reason).into());
        }
        if check.declares {
            let reason = format!(
                "its part {name:?} declares XML entities or a DOCTYPE, which no document needs"
            );
            return Err(Damage::new(reason).into());
        }
        unpacked += size;
    }
    Ok(archive.into_inner())
}

/// Whether a name is absolute, goes up, or is written for another system.
fn leads_out(name: &[u8]) -> bool {
    let up = name.split(|byte| *byte == b'/').any(|step| step == b"..");
    up || name.starts_with(b"/") || name.iter().any(|byte| matches!(byte, b'\\' | b':' | 0))
}

/// The archive of a document.
pub(super) fn archive<R: Read + Seek>(source: R) -> Result<ZipArchive<R>, Stop> {
    Ok(ZipArchive::new(source).map_err(|e| unreadable(&e))?)
}

fn unreadable(error: &zip::result::ZipError) -> Damage {
    Damage::new(format!(
        "is not a document that can be unpacked ({error}); save it again as .xlsx or .docx, without a password"
    ))
}

/// Looks for declarations in what flows by.
#[derive(Default)]
struct Check {
    xml: bool,
    declares: bool,
    tail: Vec<u8>,
}

impl io::Write for Check {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        if self.xml {
            let joined = [&self.tail[..], chunk].concat();
            let holds = |word: &[u8]| joined.windows(word.len()).any(|part| part == word);
            self.declares |= holds(b"<!DOCTYPE") || holds(b"<!ENTITY");
            self.tail = joined[joined.len().saturating_sub(8)..].to_vec();
        }
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
