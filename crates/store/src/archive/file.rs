//! Archives in files: written whole or not at all, and read.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::{Reader, Summary};
use crate::{Error, Result};

const READ_AT_ONCE: usize = 1 << 18;

/// A file that gets its name when all of it is on the disk.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    file: NamedTempFile,
}

impl NewFile {
    /// Begins a file at `path`, which must not exist. Blocks, like all here.
    pub fn create(path: &Path) -> Result<Self> {
        if path.symlink_metadata().is_ok() {
            return Err(exists(path));
        }
        let folder = folder(path);
        let file = tempfile::Builder::new()
            .prefix(".archive-")
            .tempfile_in(folder)
            .map_err(|error| failed("creating a file in", folder, &error))?;
        Ok(Self {
            path: path.to_owned(),
            file,
        })
    }

    /// Adds bytes to it.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.file.write_all(bytes);
        written.map_err(|error| failed("writing", &self.path, &error))
    }

    /// Reads back what was written: is it a whole archive?
    pub fn check(&self) -> Result<(super::Header, Summary)> {
        let file = self.file.reopen();
        let file = file.map_err(|error| failed("reading", &self.path, &error))?;
        walk(Reader::open(BufReader::with_capacity(READ_AT_ONCE, file))?)
    }

    /// Makes it durable and gives it its name; refuses when something has that name by now.
    pub fn finish(self) -> Result<()> {
        let Self { path, file } = self;
        let synced = file.as_file().sync_all();
        synced.map_err(|error| failed("syncing", &path, &error))?;
        file.persist_noclobber(&path)
            .map_err(|refused| match refused.error.kind() {
                ErrorKind::AlreadyExists => exists(&path),
                _ => failed("naming", &path, &refused.error),
            })?;
        let folder = folder(&path);
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|error| failed("syncing", folder, &error))
    }
}

/// Opens the archive at `path`.
pub fn open(path: &Path) -> Result<Reader<BufReader<File>>> {
    let file = File::open(path).map_err(|error| failed("opening", path, &error))?;
    Reader::open(BufReader::with_capacity(READ_AT_ONCE, file))
}

/// Reads the archive at `path` from end to end: is it whole?
pub fn check(path: &Path) -> Result<(super::Header, Summary)> {
    walk(open(path)?)
}

fn walk(mut reader: Reader<BufReader<File>>) -> Result<(super::Header, Summary)> {
    while reader.entry()?.is_some() {}
    Ok((*reader.header(), reader.summary()))
}

fn folder(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

fn exists(path: &Path) -> Error {
    let path = path.display();
    Error::Exists(format!("{path} exists; nothing is written over"))
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> Error {
    let text = format!("{what} {}: {error}", path.display());
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            Error::Full(text)
        }
        _ => Error::Unavailable(text),
    }
}
