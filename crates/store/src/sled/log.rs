//! Reading the log: entries, tokens, history and times.
//!
//! What is at or below the durable position never changes, so nothing here needs a snapshot.

use ::sled::Tree;
use bytes::{Bytes, BytesMut};
use uuid::Uuid;

use super::core::sled_error;
use super::rows::{
    self, LogStart, RowHeader, corrupt, history_key, history_prefix, log_key, log_start,
    of_log_key, position_of_history,
};
use crate::{Error, LogEntry, Result, Revision, Token, chain};

/// `read_log` stops after this many bytes of entries, however many were asked for.
const PAGE_BYTES: usize = 8 << 20;

/// The entry at `position`, which must be there and whole.
pub(super) fn entry(tree: &Tree, position: u64) -> Result<LogEntry> {
    let mut rows = tree.range(log_key(position, 0)..log_key(position + 1, 0));
    let mut next = || rows.next().transpose().map_err(sled_error);
    assemble(position, &mut next)
}

/// Up to `limit` entries from the one after `after` to `last`.
pub(super) fn entries(tree: &Tree, after: u64, last: u64, limit: usize) -> Result<Vec<LogEntry>> {
    let mut rows = tree.range(log_key(after + 1, 0)..log_key(last + 1, 0));
    let mut next = || rows.next().transpose().map_err(sled_error);
    let (mut entries, mut bytes) = (Vec::new(), 0);
    for position in (after + 1..=last).take(limit) {
        let entry = assemble(position, &mut next)?;
        bytes += entry.meta.len() + 128;
        bytes += entry
            .writes
            .iter()
            .map(|write| write.key.len() + 16)
            .sum::<usize>();
        bytes += entry
            .writes
            .iter()
            .flat_map(|write| &write.value)
            .map(Bytes::len)
            .sum::<usize>();
        entries.push(entry);
        if bytes >= PAGE_BYTES {
            break;
        }
    }
    Ok(entries)
}

type NextRow<'a> = dyn FnMut() -> Result<Option<(::sled::IVec, ::sled::IVec)>> + 'a;

/// Puts the next entry together from its rows, and proves that it is the one that was written.
pub(super) fn assemble(position: u64, next: &mut NextRow<'_>) -> Result<LogEntry> {
    let broken = |what: &str| corrupt(format!("log entry {position}: {what}"));
    let mut row = |chunk: u32| {
        let (key, value) = next()?.ok_or_else(|| broken("a row is missing"))?;
        if of_log_key(&key)? != (position, chunk) {
            return Err(broken("a row is missing"));
        }
        Ok(value)
    };
    let LogStart { hash, len, piece } = log_start(row(0)?)?;
    let encoded = if piece.len() == len {
        piece
    } else {
        let mut whole = BytesMut::with_capacity(len.min(2 * PAGE_BYTES));
        whole.extend_from_slice(&piece);
        for chunk in 1..=u32::MAX {
            if whole.len() >= len {
                break;
            }
            whole.extend_from_slice(&row(chunk)?);
        }
        whole.freeze()
    };
    if encoded.len() != len {
        return Err(broken("it has the wrong length"));
    }
    let entry = chain::decode(encoded).ok_or_else(|| broken("it is malformed"))?;
    if entry.hash != hash || entry.position != position {
        return Err(broken("it does not fit its hash"));
    }
    Ok(entry)
}

/// The op id of the commit at `position`, from the entry's first row alone.
pub(super) fn op_id_at(tree: &Tree, position: u64) -> Result<Uuid> {
    chain::op_id_of(&first_piece(tree, position)?).ok_or_else(|| corrupt("a log row is too short"))
}

fn time_at(tree: &Tree, position: u64) -> Result<i64> {
    chain::time_of(&first_piece(tree, position)?).ok_or_else(|| corrupt("a log row is too short"))
}

fn first_piece(tree: &Tree, position: u64) -> Result<Bytes> {
    let row = tree.get(log_key(position, 0)).map_err(sled_error)?;
    let row = row.ok_or_else(|| corrupt(format!("log entry {position} is missing")))?;
    Ok(log_start(row)?.piece)
}

/// The last position at or before a time. Times never go back, so halving finds it.
pub(super) fn position_at(tree: &Tree, time_us: i64, last: u64) -> Result<u64> {
    let (mut before, mut after) = (0, last + 1);
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        if time_at(tree, middle)? <= time_us {
            before = middle;
        } else {
            after = middle;
        }
    }
    Ok(before)
}

/// Holds when `token` is a place in this store's log, which ends at `head`.
pub(super) fn belongs(tree: &Tree, token: &Token, head: &Token) -> Result<()> {
    let Token {
        store_id,
        position,
        op_id,
    } = *token;
    if store_id != head.store_id {
        let ours = head.store_id;
        return Err(Error::Diverged(format!(
            "it is of store {store_id}, and this is {ours}"
        )));
    }
    if position > head.position {
        let end = head.position;
        return Err(Error::Diverged(format!(
            "position {position} is beyond the head, {end}"
        )));
    }
    let there = if position == 0 {
        Uuid::nil()
    } else {
        op_id_at(tree, position)?
    };
    if there != op_id {
        let why = format!("the commit at position {position} is {there}, not {op_id}");
        return Err(Error::Diverged(why));
    }
    Ok(())
}

/// Past values of a key, newest first.
pub(super) fn history(tree: &Tree, key: &[u8], last: u64, limit: usize) -> Result<Vec<Revision>> {
    // The row first: a value that is written over between the two looks has its history row at the second.
    let standing = standing(tree, key)?.filter(|row| row.kept && row.version <= last);
    let end = standing.map_or(last.saturating_add(1), |row| row.version);
    let older = tree.range(history_prefix(key)..history_key(key, end)).rev();
    let older = older.map(|row| position_of_history(&row.map_err(sled_error)?.0));
    let newest = standing.map(|row| Ok(row.version));
    let mut revisions = Vec::new();
    for position in newest.into_iter().chain(older).take(limit) {
        let position = position?;
        let entry = entry(tree, position)?;
        let write = entry
            .writes
            .into_iter()
            .find(|write| write.history && write.key == key);
        let write =
            write.ok_or_else(|| corrupt(format!("log entry {position} lacks a history key")))?;
        // A value shares its entry's bytes: copy it, so that a small one does not keep much alive.
        let value = write.value.map(|value| Bytes::copy_from_slice(&value));
        revisions.push(Revision {
            position,
            time_us: entry.time_us,
            value,
        });
    }
    Ok(revisions)
}

/// What stands before the value of a row.
fn standing(tree: &Tree, key: &[u8]) -> Result<Option<RowHeader>> {
    let row = tree.get(rows::row_key(key)).map_err(sled_error)?;
    row.map(|row| Ok(rows::row_value(&row)?.0)).transpose()
}

/// Whether the value that the commit at `position` wrote can be told as history.
pub(super) fn is_kept(tree: &Tree, key: &[u8], position: u64) -> Result<bool> {
    let written_over = || {
        let row = tree.contains_key(history_key(key, position));
        row.map_err(sled_error)
    };
    // Once more at the end: it may have been written over between the two looks.
    Ok(written_over()?
        || standing(tree, key)?.is_some_and(|row| row.kept && row.version == position)
        || written_over()?)
}
