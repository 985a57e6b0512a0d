//! The files beside sled's own: marker, high-water mark and lock, and how they are made durable.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::rows::corrupt;
use super::{ENGINE, SCHEMA};
use crate::copy::mark::Mark;
use crate::{Error, Result};

const FORMAT: &str = "rapporteur-store";
const MARKER: &str = "store.json";
const HIGH_WATER: &str = "high-water";
const RECENT: &str = "high-water.recent";
const LOCK: &str = "lock";
/// Where sled lives below our directory.
const SLED: &str = "sled";

pub(super) fn sled_dir(dir: &Path) -> PathBuf {
    dir.join(SLED)
}

/// What an I/O error means for the caller.
pub(super) fn io_error(what: &str, error: &io::Error) -> Error {
    let text = format!("{what}: {error}");
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            Error::Full(text)
        }
        _ => Error::Unavailable(text),
    }
}

/// Says whose directory this is, before sled is asked to open (and would create) anything in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Marker {
    pub(super) format: String,
    pub(super) engine: String,
    pub(super) schema: u32,
    pub(super) store_id: Uuid,
    /// False until creation has finished. Nothing was ever acknowledged before that, so a crash
    /// during creation is answered by beginning anew.
    pub(super) ready: bool,
    /// True while it is filled as a copy: it is whole to its head, but its origin went further.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) unfinished: bool,
    /// Where the store went on, if it was moved away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) moved_to: Option<String>,
}

impl Marker {
    pub(super) fn new(store_id: Uuid, unfinished: bool) -> Self {
        let (format, engine) = (FORMAT.to_owned(), ENGINE.to_owned());
        Self {
            format,
            engine,
            schema: SCHEMA,
            store_id,
            ready: false,
            unfinished,
            moved_to: None,
        }
    }

    /// Holds when the store may be opened as usual, or as the copy of the store `copy_of`.
    pub(super) fn permits(&self, dir: &Path, copy_of: Option<Uuid>) -> Result<()> {
        self.mark().permits(dir.display(), copy_of)
    }

    /// What it says of copies.
    pub(super) fn mark(&self) -> Mark {
        Mark {
            store_id: self.store_id,
            unfinished: self.unfinished,
            moved_to: self.moved_to.clone(),
        }
    }

    /// The marker of `dir`; `None` when the directory is fresh. Anything that is not ours is refused.
    pub(super) fn read(dir: &Path) -> Result<Option<Self>> {
        let path = dir.join(MARKER);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return refuse_foreign(dir).map(|()| None);
            }
            Err(error) => return Err(io_error(&format!("reading {}", path.display()), &error)),
        };
        let unusable = |why: String| Error::Schema(format!("{}: {why}", path.display()));
        // Read the part that never changes first: a newer format may have other fields.
        let marker: serde_json::Value =
            serde_json::from_slice(&text).map_err(|error| unusable(error.to_string()))?;
        let said = |field: &str| {
            marker
                .get(field)
                .map(ToString::to_string)
                .unwrap_or_default()
        };
        if marker.get("format").and_then(|it| it.as_str()) != Some(FORMAT) {
            return Err(unusable(format!(
                "format is {}, not {FORMAT:?}",
                said("format")
            )));
        }
        if marker.get("engine").and_then(|it| it.as_str()) != Some(ENGINE) {
            return Err(unusable(format!(
                "engine is {}, not {ENGINE:?}",
                said("engine")
            )));
        }
        refuse_newer(
            marker
                .get("schema")
                .and_then(|it| it.as_u64())
                .unwrap_or(u64::MAX),
        )?;
        serde_json::from_value(marker)
            .map(Some)
            .map_err(|error| unusable(error.to_string()))
    }

    pub(super) fn write(&self, dir: &Path) -> Result<()> {
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| Error::Unavailable(format!("encoding the marker: {error}")))?;
        replace(dir, MARKER, &text)
    }
}

/// Refuses a schema that this program does not know.
pub(super) fn refuse_newer(schema: u64) -> Result<()> {
    if schema > u64::from(SCHEMA) {
        let why = format!("schema {schema} is newer than {SCHEMA}, the newest this program knows");
        return Err(Error::Schema(why));
    }
    Ok(())
}

/// A directory without marker must be empty, but for what a crash can leave before the marker.
fn refuse_foreign(dir: &Path) -> Result<()> {
    let list = match fs::read_dir(dir) {
        Ok(list) => list,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io_error(&format!("listing {}", dir.display()), &error)),
    };
    for entry in list {
        let entry = entry.map_err(|error| io_error("listing the directory", &error))?;
        let name = entry.file_name();
        if name != LOCK && name != temporary(MARKER).as_str() {
            let dir = dir.display();
            let why = format!("{dir} holds {name:?} and no {MARKER}; it is not a store of ours");
            return Err(Error::Schema(why));
        }
    }
    Ok(())
}

/// How far the store had certainly come. A log that ends before it has lost its tail: sled drops a
/// damaged tail without a word.
///
/// It is kept twice. `high-water` is replaced and synced every few seconds: it survives a power loss
/// but lags. `high-water.recent` is overwritten in place by every group and never synced: after a crash
/// of the process alone it is exact, and when a power loss tore it, it is ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct HighWater {
    pub(super) position: u64,
    pub(super) op_id: Uuid,
}

impl HighWater {
    /// The higher of the two marks.
    pub(super) fn read(dir: &Path) -> Result<Self> {
        let path = dir.join(HIGH_WATER);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidData) => {
                return Err(corrupt(format!("{}: {error}", path.display())));
            }
            Err(error) => return Err(io_error(&format!("reading {}", path.display()), &error)),
        };
        let synced = Self::parse(&text)
            .ok_or_else(|| corrupt(format!("{} is malformed", path.display())))?;
        let recent = fs::read_to_string(dir.join(RECENT)).ok();
        let recent = recent
            .and_then(|text| Self::parse(&text))
            .unwrap_or_default();
        Ok(if recent.position > synced.position {
            recent
        } else {
            synced
        })
    }

    pub(super) fn write(&self, dir: &Path) -> Result<()> {
        replace(dir, HIGH_WATER, self.text().as_bytes())
    }

    /// Always of the same length, so that one text replaces another in place.
    fn text(&self) -> String {
        let body = format!("{:020} {}", self.position, self.op_id);
        format!("{body} {:08x}\n", crc32c::crc32c(body.as_bytes()))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let position = words.next()?.parse().ok()?;
        let op_id = words.next()?.parse().ok()?;
        let high_water = Self { position, op_id };
        (high_water.text() == text).then_some(high_water)
    }
}

/// The mark that every group overwrites.
pub(super) struct RecentMark(File);

impl RecentMark {
    pub(super) fn open(dir: &Path) -> Result<Self> {
        let path = dir.join(RECENT);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path);
        let opened = file.map(Self);
        opened.map_err(|error| io_error(&format!("opening {}", path.display()), &error))
    }

    /// Whether the last process ended without closing the store: a clean end removes it.
    pub(super) fn is_there(dir: &Path) -> bool {
        dir.join(RECENT).exists()
    }

    pub(super) fn remove(dir: &Path) -> Result<()> {
        fs::remove_file(dir.join(RECENT))
            .map_err(|error| io_error("removing the recent high-water mark", &error))?;
        sync(dir)
    }

    pub(super) fn write(&self, mark: HighWater) -> Result<()> {
        self.0
            .write_all_at(mark.text().as_bytes(), 0)
            .map_err(|error| io_error("writing the high-water mark", &error))
    }
}

/// Keeps every other process (and every other opening in this one) out, until dropped.
pub(super) fn lock(dir: &Path) -> Result<File> {
    let path = dir.join(LOCK);
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    let file = file.map_err(|error| io_error(&format!("opening {}", path.display()), &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let why = format!("{} is locked by another opening", path.display());
            Err(Error::AlreadyOpen(why))
        }
        Err(TryLockError::Error(error)) => {
            Err(io_error(&format!("locking {}", path.display()), &error))
        }
    }
}

/// Makes what was created, renamed or written in `path` (a file or a directory) durable.
pub(super) fn sync(path: &Path) -> Result<()> {
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|error| io_error(&format!("syncing {}", path.display()), &error))
}

/// Sled syncs neither its configuration nor its directories: without this, one power loss right after
/// creation in three left a store that did not open.
pub(super) fn sync_created(dir: &Path) -> Result<()> {
    for part in ["conf", "db", "blobs"] {
        sync(&sled_dir(dir).join(part))?;
    }
    sync_opened(dir)
}

/// Opening may have renamed a snapshot and removed the one before.
pub(super) fn sync_opened(dir: &Path) -> Result<()> {
    sync(&sled_dir(dir))?;
    sync(dir)
}

/// Removes what a crash left of a snapshot that sled was writing. Sled takes such a file for a finished
/// snapshot and does not open; without it, it uses the snapshot before (spacejam/sled #1527).
pub(super) fn remove_unfinished_snapshots(dir: &Path) -> Result<()> {
    let sled = sled_dir(dir);
    let list = fs::read_dir(&sled)
        .map_err(|error| io_error(&format!("listing {}", sled.display()), &error))?;
    for entry in list {
        let entry = entry.map_err(|error| io_error("listing sled's directory", &error))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            tracing::warn!(file = %entry.path().display(), "removing an unfinished snapshot");
            fs::remove_file(entry.path())
                .map_err(|error| io_error("removing an unfinished snapshot", &error))?;
        }
    }
    Ok(())
}

/// Blob files are never synced by sled, so our rows are cut to never need one.
pub(super) fn refuse_blobs(dir: &Path) -> Result<()> {
    let path = sled_dir(dir).join("blobs");
    let mut list = fs::read_dir(&path)
        .map_err(|error| io_error(&format!("listing {}", path.display()), &error))?;
    match list.next() {
        None => Ok(()),
        Some(_) => Err(corrupt(format!("{} is not empty", path.display()))),
    }
}

/// Replaces a small file so that a crash leaves the old or the new one, whole.
fn replace(dir: &Path, name: &str, text: &[u8]) -> Result<()> {
    let (new, path) = (dir.join(temporary(name)), dir.join(name));
    let write = || {
        let mut file = File::create(&new)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&new, &path)
    };
    write().map_err(|error| io_error(&format!("writing {}", path.display()), &error))?;
    sync(dir)
}

fn temporary(name: &str) -> String {
    format!("{name}.new")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn high_water_round_trip_and_damage() {
        let mark = HighWater {
            position: 42,
            op_id: Uuid::from_u128(7),
        };
        assert_eq!(HighWater::parse(&mark.text()), Some(mark));
        for at in 0..mark.text().len() {
            let mut bytes = mark.text().into_bytes();
            bytes[at] ^= 1;
            assert_eq!(HighWater::parse(&String::from_utf8(bytes).unwrap()), None);
            assert_eq!(HighWater::parse(&mark.text()[..at]), None);
        }
    }
}
