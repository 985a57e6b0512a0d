//! The recorded trace, and the disk that a power loss at some point of it would leave.
//!
//! The model: what a file held when its last finished sync began is certain. Of what was written later
//! nothing need be there ([`Loss::All`]), or any pages of it ([`Loss::RandomPages`]). Creating, renaming
//! and removing files is taken as ordered and durable, as on a journalling file system.

#![allow(unreachable_pub, reason = "a module of one test binary")]

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::Dice;

#[derive(Debug)]
pub enum Event {
    Open {
        inode: u64,
        existed: bool,
        path: String,
    },
    Write {
        inode: u64,
        offset: usize,
        data: Vec<u8>,
    },
    Truncate {
        inode: u64,
        size: usize,
    },
    SyncBegin {
        number: u64,
        inode: u64,
    },
    SyncEnd {
        number: u64,
        data_only: bool,
    },
    Rename {
        from: String,
        to: String,
    },
    Unlink {
        path: String,
    },
    Ack {
        line: String,
    },
}

pub fn parse(mut bytes: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    while let Some((kind, rest)) = bytes.split_first() {
        let number = |n: usize| u64::from_ne_bytes(rest[8 * n..8 * n + 8].try_into().unwrap());
        let (first, second, len) = (number(0), number(1), number(2) as usize);
        let data = &rest[24..24 + len];
        bytes = &rest[24 + len..];
        let text = || String::from_utf8_lossy(data).into_owned();
        events.push(match kind {
            b'C' => Event::Open {
                inode: first,
                existed: second != 0,
                path: text(),
            },
            b'W' => Event::Write {
                inode: first,
                offset: second as usize,
                data: data.to_vec(),
            },
            b'T' => Event::Truncate {
                inode: first,
                size: second as usize,
            },
            b'B' => Event::SyncBegin {
                number: first,
                inode: second,
            },
            b'E' => Event::SyncEnd {
                number: first,
                data_only: second != 0,
            },
            b'R' => {
                let text = text();
                let (from, to) = text.split_once('\0').unwrap();
                Event::Rename {
                    from: from.to_owned(),
                    to: to.to_owned(),
                }
            }
            b'U' => Event::Unlink { path: text() },
            b'A' => Event::Ack { line: text() },
            other => panic!("unknown event {other}"),
        });
    }
    events
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    All,
    RandomPages,
}

const PAGE: usize = 4_096;

enum Change {
    Write { offset: usize, data: Vec<u8> },
    Truncate { size: usize },
}

#[derive(Default)]
struct Contents {
    synced: Vec<u8>,
    /// Since then, each with the number of its event.
    pending: Vec<(usize, Change)>,
}

/// The state of the disk after some events.
#[derive(Default)]
pub struct Disk {
    events: usize,
    files: BTreeMap<String, usize>,
    inodes: BTreeMap<u64, usize>,
    contents: Vec<Contents>,
    /// Syncs under way: which file, and how many events came before.
    syncs: BTreeMap<u64, (usize, usize)>,
    /// Pretends that `fdatasync` does nothing: the negative control.
    pub no_fdatasync: bool,
}

impl Disk {
    pub fn play(&mut self, event: &Event) {
        self.events += 1;
        match event {
            Event::Open {
                inode,
                existed,
                path,
            } => {
                if !*existed || !self.files.contains_key(path) {
                    assert!(!*existed, "{path} was there before the recording began");
                    self.contents.push(Contents::default());
                    self.files.insert(path.clone(), self.contents.len() - 1);
                }
                self.inodes.insert(*inode, self.files[path]);
            }
            Event::Write {
                inode,
                offset,
                data,
            } => {
                let change = Change::Write {
                    offset: *offset,
                    data: data.clone(),
                };
                self.change(*inode, change);
            }
            Event::Truncate { inode, size } => {
                self.change(*inode, Change::Truncate { size: *size })
            }
            Event::SyncBegin { number, inode } => {
                self.syncs
                    .insert(*number, (self.inodes[inode], self.events));
            }
            Event::SyncEnd { number, data_only } => {
                let (file, before) = self.syncs.remove(number).unwrap();
                if !(self.no_fdatasync && *data_only) {
                    self.contents[file].sync(before);
                }
            }
            Event::Rename { from, to } => {
                let file = self.files.remove(from).unwrap();
                self.files.insert(to.clone(), file);
            }
            Event::Unlink { path } => {
                self.files.remove(path);
            }
            Event::Ack { .. } => {}
        }
    }

    /// Writes what is left after a power loss now.
    pub fn lose_power(&self, loss: Loss, dice: &mut Dice, dir: &Path) {
        // Directories are never removed once sled has made them.
        std::fs::create_dir_all(dir).unwrap();
        if self.files.keys().any(|path| path.starts_with("sled/")) {
            std::fs::create_dir_all(dir.join("sled/blobs")).unwrap();
        }
        for (path, file) in &self.files {
            let file = &self.contents[*file];
            let mut left = file.synced.clone();
            if loss == Loss::RandomPages {
                for (_, change) in &file.pending {
                    change.apply_some(&mut left, dice);
                }
            }
            std::fs::write(dir.join(path), left).unwrap();
        }
    }

    fn change(&mut self, inode: u64, change: Change) {
        let file = self.inodes[&inode];
        self.contents[file].pending.push((self.events, change));
    }
}

impl Contents {
    /// Everything before the event of that number is certain now.
    fn sync(&mut self, before: usize) {
        let later = self.pending.partition_point(|(number, _)| *number < before);
        for (_, change) in self.pending.drain(..later) {
            change.apply(&mut self.synced);
        }
    }
}

impl Change {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Self::Write { offset, data } => put(to, *offset, data),
            Self::Truncate { size } => to.resize(*size, 0),
        }
    }

    /// Each page of a write may have reached the disk, or not.
    fn apply_some(&self, to: &mut Vec<u8>, dice: &mut Dice) {
        match self {
            Self::Write { offset, data } => {
                let mut at = 0;
                while at < data.len() {
                    let len = (PAGE - (offset + at) % PAGE).min(data.len() - at);
                    if dice.roll(2) == 0 {
                        put(to, offset + at, &data[at..at + len]);
                    }
                    at += len;
                }
            }
            Self::Truncate { .. } => {
                if dice.roll(2) == 0 {
                    self.apply(to);
                }
            }
        }
    }
}

fn put(to: &mut Vec<u8>, offset: usize, data: &[u8]) {
    let end = offset + data.len();
    if to.len() < end {
        to.resize(end, 0);
    }
    to[offset..end].copy_from_slice(data);
}
