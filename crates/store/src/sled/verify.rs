//! The full walk: is everything here, is it what was written, and is it nothing else?
//!
//! Three passes, all against the durable position at the start, while commits go on:
//! 1. the log from first to last: contiguous, hashes chained, times in order; each commit has its op
//!    row, each kept value its history row;
//! 2. the rows: what the log last wrote to each key is what stands, nothing more and nothing less;
//! 3. the counts of op, history and chunk rows, which after pass 1 shows that there are no strays.
//!
//! Memory is bounded: pass 2 keeps two hashes for each key and is repeated over shares of the keys
//! when there are many.

use std::collections::{HashMap, HashSet};

use ::sled::{IVec, Tree};

use super::core::{Core, sled_error};
use super::ops::Ops;
use super::rows::{self, CHUNK, HISTORY, LOG, META, OP, ROW, corrupt};
use super::{log, read};
use crate::{LogEntry, Result, Row, Verified, Write};

/// Keys that one share of pass 2 remembers: some 40 MB.
const SHARE_KEYS: u64 = 500_000;

pub(super) fn verify(tree: &Tree, core: &Core) -> Result<Verified> {
    let last = core.durable();
    let mut walk = Walk {
        tree,
        core,
        last,
        found: Verified::default(),
        writes: 0,
        chunks: 0,
    };
    walk.log()?;
    let shares = 1 + walk.writes / SHARE_KEYS;
    for share in 0..shares {
        walk.rows(share, shares)?;
    }
    walk.strays()?;
    Ok(walk.found)
}

/// The entries that [`tail`] looks at, at most, and their bytes.
const TAIL_ENTRIES: u64 = 256;
const TAIL_BYTES: usize = 512 << 10;

/// The same for the last entries only, in some milliseconds: for every opening.
///
/// After a crash sled replays its own log, and when a piece of that is damaged it goes on without it:
/// the head is there, the rows of some commit before it are not. Damage is likeliest where the disk was
/// at work last.
pub(super) fn tail(tree: &Tree, ops: &Ops, head: u64) -> Result<()> {
    let (mut next, mut bytes) = (None, 0);
    let mut seen = HashSet::new();
    for at in (1..=head).rev().take(TAIL_ENTRIES as usize) {
        let entry = log::entry(tree, at)?;
        let broken = |what: &str| Err(corrupt(format!("log entry {at}: {what}")));
        if next.is_some_and(|previous_hash| previous_hash != entry.hash) {
            return broken("the entry after does not follow it");
        }
        if ops.get(entry.op_id) != Some(at) {
            return broken("its op_id leads elsewhere");
        }
        for Write {
            key,
            value,
            history,
        } in &entry.writes
        {
            bytes += value.as_ref().map_or(0, |value| value.len());
            if *history && !log::is_kept(tree, key, at)? {
                return broken("a value is not in the history");
            }
            // Backwards, so the first write of a key that we meet is its last.
            if seen.insert(key.clone()) {
                let expected = value.clone().map(|value| Row { version: at, value });
                if read::get(tree, key)? != expected {
                    return broken("a row that it wrote last is not what it wrote");
                }
            }
        }
        next = Some(entry.previous_hash);
        if bytes > TAIL_BYTES {
            break;
        }
    }
    Ok(())
}

struct Walk<'a> {
    tree: &'a Tree,
    core: &'a Core,
    /// What came later is not looked at.
    last: u64,
    found: Verified,
    writes: u64,
    chunks: u64,
}

/// What the log says about a key in the end: where, and the hash of the value or `None`.
type Last = HashMap<u128, (u64, Option<u128>)>;

impl Walk<'_> {
    fn log(&mut self) -> Result<()> {
        let (mut previous, mut time_us) = ([0; 32], i64::MIN);
        for_each_entry(self.tree, 0, self.last, |entry| {
            let at = entry.position;
            let broken = |what: &str| Err(corrupt(format!("log entry {at}: {what}")));
            if entry.previous_hash != previous {
                return broken("it does not follow the entry before");
            }
            if entry.time_us < time_us {
                return broken("its time is before that of the entry before");
            }
            if self.core.lookup(entry.op_id, self.last) != Some(at) {
                return broken("its op_id leads elsewhere");
            }
            for write in entry.writes.iter().filter(|write| write.history) {
                if !log::is_kept(self.tree, &write.key, at)? {
                    return broken("a value is not in the history");
                }
                self.found.history_rows += 1;
            }
            self.writes += entry.writes.len() as u64;
            self.found.log_entries += 1;
            (previous, time_us) = (entry.hash, entry.time_us);
            Ok(())
        })
    }

    /// Compares the log with the rows, for the keys of one share.
    fn rows(&mut self, share: u64, shares: u64) -> Result<()> {
        let mine = |key: u128| key % u128::from(shares) == u128::from(share);
        let mut expected = Last::new();
        for_each_entry(self.tree, 0, self.last, |entry| {
            for Write { key, value, .. } in &entry.writes {
                let key = short_hash(key);
                if mine(key) {
                    expected.insert(key, (entry.position, value.as_deref().map(short_hash)));
                }
            }
            Ok(())
        })?;
        for row in self.tree.range([ROW]..[ROW + 1]) {
            let key = rows::key_of_row(&row.map_err(sled_error)?.0)?;
            let hash = short_hash(&key);
            if !mine(hash) {
                continue;
            }
            // Read as a caller would: between the range and now it may have been overwritten.
            let Some(row) = read::get(self.tree, &key)? else {
                continue;
            };
            let said = expected.remove(&hash);
            if row.version > self.last {
                continue;
            }
            self.found.rows += 1;
            if row.value.len() > rows::PIECE {
                self.chunks += row.value.len().div_ceil(rows::PIECE) as u64;
            }
            if said != Some((row.version, Some(short_hash(&row.value)))) {
                let key = key.escape_ascii();
                let why = format!("row {key} is not what the log last wrote to it");
                return Err(corrupt(why));
            }
        }
        // What the log says and no row shows must have been deleted, by then or since.
        expected.retain(|_, (_, value)| value.is_some());
        if expected.is_empty() {
            return Ok(());
        }
        for_each_entry(self.tree, self.last, self.core.applied()?, |entry| {
            for write in &entry.writes {
                expected.remove(&short_hash(&write.key));
            }
            Ok(())
        })?;
        match expected.values().map(|(position, _)| position).min() {
            None => Ok(()),
            Some(at) => Err(corrupt(format!(
                "log entry {at}: a row that it wrote is missing"
            ))),
        }
    }

    /// Everything that was counted from the log exists; so equal counts mean that nothing else does.
    fn strays(&mut self) -> Result<()> {
        let (mut ops, mut history, mut chunks, mut newest) = (0, 0, 0, self.last);
        for row in self.tree.iter() {
            let (key, value) = row.map_err(sled_error)?;
            let position = match key.first() {
                Some(&OP) => {
                    let positions = rows::ops(&key, &value)?.map(|(_, position)| position);
                    ops += positions.filter(|position| *position <= self.last).count() as u64;
                    position_in(&key)? + value.len() as u64 / 16 - 1
                }
                Some(&HISTORY) => rows::position_of_history(&key)?,
                Some(&(CHUNK | LOG)) => position_in(&key)?,
                Some(&ROW) => {
                    let (row, _) = rows::row_value(&value)?;
                    // The present value has no history row; its own is the sign.
                    history += u64::from(row.kept && row.version <= self.last);
                    continue;
                }
                Some(&META) => continue,
                _ => return Err(corrupt(format!("key {} is unknown", key.escape_ascii()))),
            };
            newest = newest.max(position);
            match key.first() {
                Some(&HISTORY) if position <= self.last => history += 1,
                Some(&CHUNK) if position <= self.last => chunks += 1,
                _ => {}
            }
        }
        let same = |what: &str, counted: u64, found: u64| {
            let why = || {
                corrupt(format!(
                    "{found} {what} where the log accounts for {counted}"
                ))
            };
            if counted == found { Ok(()) } else { Err(why()) }
        };
        same("op ids", self.found.log_entries, ops)?;
        let quiet = self.core.nothing_after(self.last);
        // Commits since the start have taken old chunks away, and a row that was seen as present may have
        // been seen as past too, which is right.
        if quiet {
            same("values in the history", self.found.history_rows, history)?;
            same("chunks", self.chunks, chunks)?;
            same("as the newest position", self.last, newest)?;
        }
        Ok(())
    }
}

/// Hands over the entries after `after` up to `last`; it is an error when one of them is missing.
fn for_each_entry(
    tree: &Tree,
    after: u64,
    last: u64,
    mut each: impl FnMut(LogEntry) -> Result<()>,
) -> Result<()> {
    let mut rows = tree.range(rows::log_key(after + 1, 0)..rows::log_key(last + 1, 0));
    let mut next =
        || -> Result<Option<(IVec, IVec)>> { rows.next().transpose().map_err(sled_error) };
    for position in after + 1..=last {
        each(log::assemble(position, &mut next)?)?;
    }
    match next()? {
        None => Ok(()),
        Some((key, _)) => Err(corrupt(format!(
            "log row {} is one too many",
            key.escape_ascii()
        ))),
    }
}

/// The position behind the first byte of a chunk or log key.
fn position_in(key: &[u8]) -> Result<u64> {
    let position = key
        .get(1..)
        .and_then(<[u8]>::first_chunk::<8>)
        .copied()
        .map(u64::from_be_bytes);
    position.ok_or_else(|| corrupt(format!("key {} is too short", key.escape_ascii())))
}

fn short_hash(bytes: &[u8]) -> u128 {
    let hash = blake3::hash(bytes);
    hash.as_bytes()
        .first_chunk::<16>()
        .map_or(0, |bytes| u128::from_le_bytes(*bytes))
}
