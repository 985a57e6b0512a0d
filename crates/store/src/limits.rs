//! What is refused before an engine sees it, so that no engine accepts what another would refuse.
//!
//! Engines call these first in `commit` and in everything that reads pages.

use std::collections::HashSet;

use bytes::Bytes;
use uuid::Uuid;

use crate::contract::LIMITS;
use crate::{Batch, Error, LogEntry, Result, Write};

/// Holds when an engine may take `batch`.
pub fn batch(batch: &Batch) -> Result<()> {
    at_most(
        "the number of checks",
        LIMITS.batch_writes,
        batch.checks.len(),
    )?;
    let mut total = 0;
    for check in &batch.checks {
        key(&check.key)?;
        total += check.key.len();
    }
    written(batch.op_id, &batch.writes, &batch.meta, total)
}

/// Holds when `entry` is what [`batch`] could have let through.
pub fn entry(entry: &LogEntry) -> Result<()> {
    written(entry.op_id, &entry.writes, &entry.meta, 0)
}

/// What stays of a batch in the log; `total` is the size of the rest of it.
fn written(op_id: Uuid, writes: &[Write], meta: &Bytes, mut total: usize) -> Result<()> {
    at_most("the number of writes", LIMITS.batch_writes, writes.len())?;
    at_most("the length of the meta", LIMITS.value_bytes, meta.len())?;
    total += meta.len();
    let mut keys = HashSet::with_capacity(writes.len());
    for write in writes {
        let value = write.value.as_ref().map_or(0, Bytes::len);
        key(&write.key)?;
        at_most("the length of a value", LIMITS.value_bytes, value)?;
        total += write.key.len() + value;
        if !keys.insert(&write.key) {
            let key = write.key.escape_ascii();
            return Err(Error::Invalid(format!("key {key} is written twice")));
        }
    }
    at_most("the size of the batch", LIMITS.batch_bytes, total)?;
    if op_id.is_nil() {
        return Err(Error::Invalid("the op_id is nil".into()));
    }
    Ok(())
}

/// Holds when a read may ask for `rows` rows at once. Cutting the number down in silence would look
/// like the end of the data to a caller that asked for more.
pub fn page(rows: usize) -> Result<()> {
    at_most("the page", LIMITS.page_rows, rows)
}

fn key(key: &[u8]) -> Result<()> {
    if key.is_empty() {
        return Err(Error::Invalid("a key is empty".into()));
    }
    at_most("the length of a key", LIMITS.key_bytes, key.len())
}

fn at_most(what: &'static str, limit: usize, actual: usize) -> Result<()> {
    if actual > limit {
        Err(Error::TooLarge {
            what,
            limit,
            actual,
        })
    } else {
        Ok(())
    }
}
