//! Lists of a JSON document whose parts come in any order: each list waits in a file of its own.

use std::io::{self, Seek, Write};

use serde_json::Value;
use tempfile::SpooledTempFile;

/// What one list may hold in memory before it goes to a temporary file.
const IN_MEMORY: usize = 1 << 20;

/// Named lists.
#[derive(Debug)]
pub(super) struct Sections {
    lists: Vec<(&'static str, SpooledTempFile, u64)>,
}

impl Sections {
    pub(super) fn new(names: &[&'static str]) -> Self {
        let list = |name: &&'static str| (*name, tempfile::spooled_tempfile(IN_MEMORY), 0);
        Self {
            lists: names.iter().map(list).collect(),
        }
    }

    /// Puts a value at the end of a list.
    pub(super) fn add(&mut self, name: &str, value: &Value) -> io::Result<()> {
        let found = self.lists.iter_mut().find(|(own, ..)| *own == name);
        let (_, file, count) =
            found.ok_or_else(|| io::Error::other(format!("there is no list {name}")))?;
        if *count > 0 {
            file.write_all(b",\n")?;
        }
        serde_json::to_writer(&mut *file, value)?;
        *count += 1;
        Ok(())
    }

    /// The lists: name, how many, and what writes the JSON array.
    pub(super) fn into_lists(self) -> impl Iterator<Item = List> {
        self.lists
            .into_iter()
            .map(|(name, file, count)| List { name, count, file })
    }
}

/// One list that is complete.
#[derive(Debug)]
pub(super) struct List {
    pub(super) name: &'static str,
    pub(super) count: u64,
    file: SpooledTempFile,
}

impl List {
    /// Writes the array.
    pub(super) fn write(mut self, out: &mut dyn Write) -> io::Result<()> {
        self.file.rewind()?;
        out.write_all(b"[\n")?;
        io::copy(&mut self.file, out)?;
        out.write_all(b"\n]")
    }
}
