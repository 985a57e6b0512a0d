//! What the marker says of copies: one that is being filled, and one that went on elsewhere.

use std::fs::File;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::files::{Marker, io_error, lock, sync};
use super::rows::corrupt;
use crate::copy::Mark;
use crate::{Error, Result};

/// Whether there is a store in `dir`. Blocks.
pub fn is_there(dir: &Path) -> Result<bool> {
    Ok(Marker::read(dir)?.is_some())
}

/// What the store in `dir` says of copies, if there is one. Blocks.
pub fn mark(dir: &Path) -> Result<Option<Mark>> {
    Ok(Marker::read(dir)?.map(|marker| marker.mark()))
}

/// Keeps everybody else from opening the store in `dir` as long as the answer lives. Blocks.
pub fn hold(dir: &Path) -> Result<File> {
    lock(dir)
}

/// Makes the finished copy in `dir` a store like any other. For whoever has it open. Blocks.
pub fn finish_copy(dir: &Path) -> Result<()> {
    change(dir, |marker| marker.unfinished = false)
}

/// Has every later opening of the store in `dir` refused, with the address `to` where it goes on; `None` takes
/// that back. For whoever has it open. Blocks.
pub fn mark_moved(dir: &Path, to: Option<String>) -> Result<()> {
    change(dir, |marker| marker.moved_to = to)
}

/// Exchanges the stores in `dir` and `new` at one stroke, and then calls the one that was in `dir` `old`, where
/// nothing may be. A crash in between leaves the old one under the name `new`. Blocks.
pub fn replace(dir: &Path, new: &Path, old: &Path) -> Result<()> {
    let failed =
        |what: &str, error: std::io::Error| io_error(&format!("{what} {}", dir.display()), &error);
    if old.symlink_metadata().is_ok() {
        let old = old.display();
        let why = format!("{old} exists from before; remove it when it is not needed any more");
        return Err(Error::Exists(why));
    }
    // Both are locked, so that nobody opens the one or the other meanwhile.
    let _locks = (lock(dir)?, lock(new)?);
    renameat_with(CWD, dir, CWD, new, RenameFlags::EXCHANGE)
        .map_err(|error| failed("exchanging", error.into()))?;
    std::fs::rename(new, old).map_err(|error| failed("renaming", error))?;
    sync(&parent(dir)).map_err(|error| Error::Ambiguous(error.to_string()))
}

fn parent(dir: &Path) -> PathBuf {
    let parent = dir.parent().filter(|it| !it.as_os_str().is_empty());
    parent.unwrap_or(Path::new(".")).to_owned()
}

fn change(dir: &Path, change: impl FnOnce(&mut Marker)) -> Result<()> {
    let missing = || corrupt(format!("{} has lost its marker", dir.display()));
    let mut marker = Marker::read(dir)?.ok_or_else(missing)?;
    change(&mut marker);
    marker.write(dir)
}
