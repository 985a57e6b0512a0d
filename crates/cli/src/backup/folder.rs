//! The folder of the backups: one writer at a time, names that sort by date, nothing with a name that is not whole.

use std::fs::{DirBuilder, File, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use tempfile::TempDir;

use crate::error::{Failure, Result};

/// Of a backup's folder, in UTC. No colons: some file systems of other machines take none.
const NAME: &str = "%Y-%m-%dT%H-%M-%SZ";
/// Begins the names of what is not finished, or thrown away.
const UNFINISHED: &str = ".unfinished-";

/// The folder, with nobody else writing in it.
pub(super) struct Backups {
    folder: PathBuf,
    _lock: File,
}

/// A backup that is being made; gone when it is not kept.
pub(super) struct New<'a> {
    backups: &'a Backups,
    folder: TempDir,
}

impl Backups {
    /// Makes the folder where it is not there, readable for its owner alone: the gateway's archive has secrets. Removes what
    /// a run that was killed has left.
    pub(super) fn lock(folder: &Path) -> Result<Self> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|error| failed("making", folder, error))?;
        let path = folder.join(".lock");
        let opened = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(|error| failed("opening", &path, error))?;
        match opened.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let text = format!("another backup into {} is under way", folder.display());
                return Err(Failure::other("BUSY", text));
            }
            Err(TryLockError::Error(error)) => return Err(failed("locking", &path, error)),
        }
        for name in names(folder)? {
            if name.starts_with(UNFINISHED) {
                remove(&folder.join(name))?;
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
            _lock: opened,
        })
    }

    /// Begins a backup.
    pub(super) fn begin(&self) -> Result<New<'_>> {
        Ok(New {
            backups: self,
            folder: self.scratch()?,
        })
    }

    /// A folder that is thrown away: beside the backups, where there has to be room for one more anyway.
    pub(super) fn scratch(&self) -> Result<TempDir> {
        let made = tempfile::Builder::new()
            .prefix(UNFINISHED)
            .tempdir_in(&self.folder);
        made.map_err(|error| failed("making a folder in", &self.folder, error))
    }

    /// Removes all backups but the newest so many, and gives their names. What has another name is not touched.
    pub(super) fn thin_out(&self, keep: u32) -> Result<Vec<String>> {
        let mut dated = dated(&self.folder)?;
        let keep = usize::try_from(keep).unwrap_or(usize::MAX);
        dated.truncate(dated.len().saturating_sub(keep));
        dated
            .into_iter()
            .map(|(name, _)| remove(&self.folder.join(&name)).map(|()| name))
            .collect()
    }
}

impl New<'_> {
    /// Where its files go.
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Gives it its name, for good.
    pub(super) fn keep(self, now_us: i64) -> Result<PathBuf> {
        let path = self.backups.folder.join(name_of(now_us));
        if path.symlink_metadata().is_ok() {
            let text = format!("{} is there already", path.display());
            return Err(Failure::other("EXISTS", text));
        }
        std::fs::rename(self.folder.path(), &path)
            .map_err(|error| failed("naming", &path, error))?;
        // It is gone from where it was; nothing is left to be removed.
        let _ = self.folder.keep();
        for folder in [&path, &self.backups.folder] {
            let synced = File::open(folder).and_then(|folder| folder.sync_all());
            synced.map_err(|error| failed("syncing", folder, error))?;
        }
        Ok(path)
    }
}

/// The newest backup, and when it was made, in microseconds since the Unix epoch.
pub(super) fn newest(folder: &Path) -> Result<Option<(PathBuf, i64)>> {
    let newest = dated(folder)?.pop();
    Ok(newest.map(|(name, at)| (folder.join(name), at.as_microsecond())))
}

/// The backups, the oldest first.
fn dated(folder: &Path) -> Result<Vec<(String, Timestamp)>> {
    let mut dated: Vec<_> = names(folder)?
        .into_iter()
        .filter_map(|name| moment_of(&name).map(|at| (name, at)))
        .collect();
    dated.sort();
    Ok(dated)
}

fn name_of(now_us: i64) -> String {
    let now = Timestamp::from_microsecond(now_us).unwrap_or_default();
    let now = now.round(Unit::Second).unwrap_or(now);
    now.strftime(NAME).to_string()
}

/// The moment that a name tells, when it is one that [`name_of`] gives.
fn moment_of(name: &str) -> Option<Timestamp> {
    let at = DateTime::strptime(NAME, name).ok()?;
    let at = TimeZone::UTC.to_timestamp(at).ok()?;
    (at.strftime(NAME).to_string() == name).then_some(at)
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let listed = || -> std::io::Result<Vec<String>> {
        let names = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name()));
        let names: std::io::Result<Vec<_>> = names.collect();
        let names = names?.into_iter();
        Ok(names.filter_map(|name| name.into_string().ok()).collect())
    };
    listed().map_err(|error| failed("listing", folder, error))
}

fn remove(path: &Path) -> Result<()> {
    std::fs::remove_dir_all(path).map_err(|error| failed("removing", path, error))
}

fn failed(what: &str, path: &Path, error: std::io::Error) -> Failure {
    let text = format!("{what} {}: {error}", path.display());
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Failure::other("STORAGE_FULL", text),
        _ => Failure::other("BACKUP_FOLDER", text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_US: i64 = 86_400_000_000;

    #[test]
    fn the_oldest_go_and_nothing_else() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("backups");
        let backups = Backups::lock(&folder).unwrap();
        for day in 0..5 {
            let new = backups.begin().unwrap();
            std::fs::write(new.path().join("events.archive"), "x").unwrap();
            new.keep(day * DAY_US).unwrap();
        }
        for other in ["1969-notes", "1970-01-01", "1970-01-01T00-00-00"] {
            std::fs::create_dir(folder.join(other)).unwrap();
        }
        let removed = backups.thin_out(2).unwrap();
        assert_eq!(
            removed,
            [
                "1970-01-01T00-00-00Z",
                "1970-01-02T00-00-00Z",
                "1970-01-03T00-00-00Z"
            ]
        );
        assert_eq!(names(&folder).unwrap().len(), 2 + 3 + 1, "and the lock");
        assert_eq!(backups.thin_out(2).unwrap(), Vec::<String>::new());
        let (newest, at) = newest(&folder).unwrap().unwrap();
        assert!(newest.ends_with("1970-01-05T00-00-00Z") && at == 4 * DAY_US);
    }

    #[test]
    fn one_at_a_time_and_what_was_cut_off_goes() {
        let home = tempfile::tempdir().unwrap();
        let first = Backups::lock(home.path()).unwrap();
        let busy = Backups::lock(home.path()).err().unwrap();
        assert!(busy.to_string().contains("under way"), "{busy}");
        // As a kill leaves it.
        let left = first.scratch().unwrap().keep();
        std::fs::write(left.join("events.archive"), "half").unwrap();
        drop(first);
        assert_eq!(newest(home.path()).unwrap(), None);
        let second = Backups::lock(home.path()).unwrap();
        assert!(!left.exists());
        let new = second.begin().unwrap();
        let path = new.path().to_owned();
        drop(new);
        assert!(!path.exists(), "what is not kept is gone");
    }

    #[test]
    fn two_in_one_second_do_not_mix() {
        let home = tempfile::tempdir().unwrap();
        let backups = Backups::lock(home.path()).unwrap();
        backups.begin().unwrap().keep(0).unwrap();
        let second = backups.begin().unwrap().keep(1).err().unwrap();
        assert!(second.to_string().contains("already"), "{second}");
    }
}
