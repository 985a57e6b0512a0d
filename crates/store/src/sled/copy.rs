//! What the marker says of copies: one that is being filled, and one that went on elsewhere.

use std::path::Path;

use super::files::Marker;
use super::rows::corrupt;
use crate::Result;

/// Whether there is a store in `dir`. Blocks.
pub fn is_there(dir: &Path) -> Result<bool> {
    Ok(Marker::read(dir)?.is_some())
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

fn change(dir: &Path, change: impl FnOnce(&mut Marker)) -> Result<()> {
    let missing = || corrupt(format!("{} has lost its marker", dir.display()));
    let mut marker = Marker::read(dir)?.ok_or_else(missing)?;
    change(&mut marker);
    marker.write(dir)
}
