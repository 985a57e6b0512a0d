//! From a directory to a store that may be trusted, or to an error that says why not.
//!
//! Sled opens anything (an empty directory is simply a new database), panics on some damage and drops
//! a damaged tail in silence. So: a marker of our own decides whose directory it is, a lock of our own
//! keeps others out, a panic becomes [`Error::Corrupt`], and what sled recovered is compared with what
//! we know must be there. All checks are O(1); the full walk is `verify`.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, Instant};

use ::sled::{Db, Mode};
use uuid::Uuid;

use super::core::{Opened, guarded, sled_error};
use super::files::{self, HighWater, Marker, RecentMark, io_error, sled_dir};
use super::group::Head;
use super::log;
use super::migrate::{self, MIGRATIONS};
use super::ops::Ops;
use super::rows::{
    LOG, Looked, META_HEAD, META_LOOKED, META_SCHEMA, META_STORE_ID, corrupt, of_log_key,
};
use super::{ROWS_SHARE, SCHEMA, verify};
use crate::{Error, Meter, Result};

/// Sled's own lock may outlive its `Db` by a moment, while its threads end.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);

/// How to run the engine.
#[derive(Clone, Debug)]
pub struct Options {
    /// What sled's page cache and the cache of rows may hold together, in bytes. It hardly bounds a small
    /// store: count on three times the data while that is small, and on four to five times the cache when
    /// it is large.
    pub cache_bytes: u64,
    /// Most batches that share one write to the disk.
    pub group_batches: usize,
    /// The identity that a new store gets, for copies; a random one when it is none.
    pub store_id: Option<Uuid>,
    /// Open a place for a copy of the store `store_id`: an empty one, or the same copy where it was left off.
    /// Until [`finish_copy`](super::finish_copy) nobody else opens it.
    pub copy: bool,
    /// Where its work is counted.
    pub meter: Meter,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cache_bytes: 64 << 20,
            group_batches: 256,
            store_id: None,
            copy: false,
            meter: Meter::default(),
        }
    }
}

/// A store that passed every check.
pub(super) struct Found {
    pub(super) opened: Opened,
    pub(super) store_id: Uuid,
    pub(super) head: Head,
    pub(super) looked: Looked,
    pub(super) ops: Ops,
    pub(super) marked: u64,
    /// The process before did not close it.
    pub(super) recovered: bool,
}

pub(super) fn open(dir: &Path, options: &Options) -> Result<Found> {
    let copy_of = options.store_id.filter(|_| options.copy);
    let marker = || {
        let marker = Marker::read(dir)?;
        let permitted = marker.as_ref().map(|it| it.permits(dir, copy_of));
        permitted.unwrap_or(Ok(())).map(|()| marker)
    };
    // Before anything is written: is it ours to write in?
    marker()?;
    fs::create_dir_all(dir)
        .map_err(|error| io_error(&format!("creating {}", dir.display()), &error))?;
    let lock = files::lock(dir)?;
    // Again, since another process may have come first.
    match marker()? {
        Some(marker) if marker.ready => guarded(|| existing(dir, options, lock, marker)),
        Some(marker) => guarded(|| create(dir, options, lock, marker)),
        None => {
            let store_id = options.store_id.unwrap_or_else(Uuid::new_v4);
            let marker = Marker::new(store_id, copy_of.is_some());
            guarded(|| create(dir, options, lock, marker))
        }
    }
}

fn create(dir: &Path, options: &Options, lock: File, mut marker: Marker) -> Result<Found> {
    if HighWater::read(dir).is_ok_and(|mark| mark.position > 0) {
        // The marker says that creation never ended, the mark says that commits were acknowledged.
        return Err(corrupt("the marker is older than the high-water mark"));
    }
    marker.write(dir)?;
    if sled_dir(dir).exists() {
        tracing::warn!(dir = %dir.display(), "creation of the store was cut short; beginning anew");
        fs::remove_dir_all(sled_dir(dir))
            .map_err(|error| io_error("removing a store that was never finished", &error))?;
    }
    let opened = open_sled(dir, options, lock)?;
    let head = Head::default();
    let mut batch = ::sled::Batch::default();
    batch.insert(META_SCHEMA, &SCHEMA.to_be_bytes());
    batch.insert(META_STORE_ID, marker.store_id.as_bytes());
    batch.insert(META_HEAD, head.encode());
    batch.insert(META_LOOKED, Looked::default().bytes());
    opened.db.apply_batch(batch).map_err(sled_error)?;
    opened.make_durable()?;
    files::sync_created(dir)?;
    HighWater::default().write(dir)?;
    marker.ready = true;
    marker.schema = SCHEMA;
    marker.write(dir)?;
    Ok(Found {
        opened,
        store_id: marker.store_id,
        head,
        looked: Looked::default(),
        ops: Ops::default(),
        marked: 0,
        recovered: false,
    })
}

fn existing(dir: &Path, options: &Options, lock: File, mut marker: Marker) -> Result<Found> {
    for part in ["db", "conf"] {
        let path = sled_dir(dir).join(part);
        if !path.is_file() {
            return Err(corrupt(format!("{} is missing", path.display())));
        }
    }
    let mark = HighWater::read(dir)?;
    let recovered = RecentMark::is_there(dir);
    files::refuse_blobs(dir)?;
    files::remove_unfinished_snapshots(dir)?;
    let opened = open_sled(dir, options, lock)?;
    files::sync_opened(dir)?;

    let store_id = opened.db.get(META_STORE_ID).map_err(sled_error)?;
    if store_id.as_deref() != Some(marker.store_id.as_bytes()) {
        return Err(corrupt(
            "the store id in the marker is not the one in the rows",
        ));
    }
    files::refuse_newer(migrate::schema(&opened.db)?.into())?;
    migrate::run(&opened, MIGRATIONS)?;
    if marker.schema != SCHEMA {
        marker.schema = SCHEMA;
        marker.write(dir)?;
    }
    let head = head(&opened.db)?;
    tail_is_there(&opened.db, &head, &mark)?;
    let ops = Ops::load(&opened.db)?;
    verify::tail(&opened.db, &ops, head.position)?;
    let looked = opened.db.get(META_LOOKED).map_err(sled_error)?;
    let looked = Looked::of(looked.as_deref())?;
    // The mark may be the recent one: then the synced one is behind, and is to be written again.
    Ok(Found {
        opened,
        store_id: marker.store_id,
        head,
        looked,
        ops,
        marked: 0,
        recovered,
    })
}

fn open_sled(dir: &Path, options: &Options, lock: File) -> Result<Opened> {
    let path = sled_dir(dir);
    let config = ::sled::Config::new()
        .path(&path)
        .mode(Mode::LowSpace)
        .cache_capacity(options.cache_bytes - options.cache_bytes / ROWS_SHARE)
        // Not for durability (the writer flushes): this thread is also sled's only garbage collector.
        .flush_every_ms(Some(500));
    let deadline = Instant::now() + LOCK_PATIENCE;
    let db = loop {
        match guarded(|| config.open().map_err(open_error)) {
            Err(Error::AlreadyOpen(_)) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(5));
            }
            other => break other?,
        }
    };
    let data = path.join("db");
    let data = File::open(&data)
        .map_err(|error| io_error(&format!("opening {}", data.display()), &error))?;
    Ok(Opened {
        db,
        data,
        _lock: lock,
    })
}

fn open_error(error: ::sled::Error) -> Error {
    let text = error.to_string();
    if text.contains("could not acquire lock") {
        return Error::AlreadyOpen(text);
    }
    match sled_error(error) {
        full @ Error::Full(_) => full,
        _ if text.contains("Permission denied") => Error::Unavailable(text),
        _ => corrupt(text),
    }
}

fn head(db: &Db) -> Result<Head> {
    let row = db.get(META_HEAD).map_err(sled_error)?;
    Head::decode(&row.ok_or_else(|| corrupt("the head row is missing"))?)
}

/// The head names the last entry of the log, that entry is whole, and it is not before the mark.
fn tail_is_there(db: &Db, head: &Head, mark: &HighWater) -> Result<()> {
    let last = db
        .range([LOG]..[LOG + 1])
        .next_back()
        .transpose()
        .map_err(sled_error)?;
    let last = last.map_or(Ok(0), |(key, _)| {
        of_log_key(&key).map(|(position, _)| position)
    })?;
    if last != head.position {
        let said = head.position;
        return Err(corrupt(format!(
            "the log ends at position {last}, but the head is {said}"
        )));
    }
    if head.position > 0 {
        let entry = log::entry(db, head.position)?;
        if (entry.hash, entry.op_id, entry.time_us) != (head.hash, head.op_id, head.time_us) {
            return Err(corrupt("the head does not fit the last entry of the log"));
        }
    }
    if head.position < mark.position {
        let (head, mark) = (head.position, mark.position);
        let why = format!("the tail was lost: the log ends at {head}, and {mark} had been reached");
        return Err(corrupt(why));
    }
    if mark.position > 0 && log::op_id_at(db, mark.position)? != mark.op_id {
        let at = mark.position;
        return Err(corrupt(format!(
            "position {at} is not the commit that was there before"
        )));
    }
    Ok(())
}
