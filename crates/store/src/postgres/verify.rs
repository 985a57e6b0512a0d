//! The full walk: is everything here, is it what was written, and is it nothing else?
//!
//! All of it in one transaction that sees one moment, while commits go on:
//! 1. the log from first to last, page by page: contiguous, hashes chained, times in order, its columns what
//!    its bodies say; each kept value has its history row;
//! 2. the rows: what the log last wrote to each key is what stands, nothing more and nothing less;
//! 3. the count of history rows, which after pass 1 shows that there are no strays.
//!
//! Memory is bounded: pass 2 keeps two hashes for each key and is repeated over shares of the keys when
//! there are many.

use std::collections::HashMap;

use bytes::Bytes;
use deadpool_postgres::Transaction;
use futures::{StreamExt as _, pin_mut};
use tokio_postgres::types::ToSql;
use tokio_postgres::{IsolationLevel, Row};
use uuid::Uuid;

use super::error::{corrupt, unsent};
use super::read::{PAGE_BYTES, Reader, bytes, column, entry};
use super::schema::{position, signed};
use crate::{LogEntry, Result, Verified};

/// Keys that one share of pass 2 remembers: some 80 MB.
const SHARE_KEYS: u64 = 1_000_000;

const PAGE: &str = "select pos, op_id, at, hash, body \
    from (select *, sum(octet_length(body)) over (order by pos) as bytes \
        from (select * from @.log where pos > $1 order by pos limit 4000) as page) as page \
    where bytes - octet_length(body) < $2 order by pos";
const ROWS: &str = "select key, ver, val from @.kv order by key";
const NOT_KEPT: &str = "select pos from unnest($1::bytea[], $2::bigint[]) as said(key, pos) \
    where not exists (select from @.history as h where h.key = said.key and h.pos = said.pos) \
    order by pos limit 1";
const NO_SUCH_ENTRY: &str = "select pos from @.history as h \
    where not exists (select from @.log as l where l.pos = h.pos) order by pos limit 1";

pub(super) async fn verify(reader: &Reader) -> Result<Verified> {
    let mut client = reader.client().await?;
    let transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await
        .map_err(|error| unsent(&error))?;
    let mut walk = Walk {
        reader,
        transaction,
        found: Verified::default(),
        writes: 0,
    };
    walk.log().await?;
    let shares = 1 + walk.writes / SHARE_KEYS;
    for share in 0..shares {
        walk.rows(share, shares).await?;
    }
    walk.strays().await?;
    Ok(walk.found)
}

struct Walk<'a> {
    reader: &'a Reader,
    transaction: Transaction<'a>,
    found: Verified,
    writes: u64,
}

impl Walk<'_> {
    async fn all(&self, text: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        let text = self.reader.schema.sql(text);
        let rows = self.transaction.query(&text, parameters).await;
        rows.map_err(|error| unsent(&error))
    }

    /// The entries after a position, until there are no more.
    async fn page(&self, after: u64) -> Result<Vec<(Row, LogEntry)>> {
        let rows = self.all(PAGE, &[&signed(after), &PAGE_BYTES]).await?;
        (after + 1..)
            .zip(rows)
            .map(|(expected, row)| {
                let at = position(column(&row, 0)?);
                if at != expected {
                    return Err(corrupt(format!(
                        "log entry {expected} is missing, the next is {at}"
                    )));
                }
                let entry = entry(&row, 3).map_err(|error| corrupt(format!("{at}: {error}")))?;
                Ok((row, entry))
            })
            .collect()
    }

    async fn log(&mut self) -> Result<()> {
        let (mut last, mut previous, mut time_us) = (0, [0; 32], i64::MIN);
        loop {
            let page = self.page(last).await?;
            if page.is_empty() {
                return Ok(());
            }
            let (mut keys, mut positions) = (Vec::new(), Vec::new());
            for (row, entry) in &page {
                let at = last + 1;
                let broken = |what: &str| Err(corrupt(format!("log entry {at}: {what}")));
                if entry.position != at {
                    return broken("its body is that of another position");
                }
                if entry.previous_hash != previous {
                    return broken("it does not follow the entry before");
                }
                if entry.time_us < time_us {
                    return broken("its time is before that of the entry before");
                }
                if column::<Uuid>(row, 1)? != entry.op_id {
                    return broken("its op_id is not the one in its body");
                }
                if column::<i64>(row, 2)? != entry.time_us {
                    return broken("its time is not the one in its body");
                }
                for write in entry.writes.iter().filter(|write| write.history) {
                    keys.push(&write.key[..]);
                    positions.push(signed(at));
                }
                self.writes += entry.writes.len() as u64;
                (last, previous, time_us) = (at, entry.hash, entry.time_us);
            }
            if let Some(row) = self.all(NOT_KEPT, &[&keys, &positions]).await?.first() {
                let at: i64 = column(row, 0)?;
                return Err(corrupt(format!(
                    "log entry {at}: a value is not in the history"
                )));
            }
            self.found.history_rows += keys.len() as u64;
            self.found.log_entries = last;
        }
    }

    /// Compares the log with the rows, for the keys of one share.
    async fn rows(&mut self, share: u64, shares: u64) -> Result<()> {
        let mine = |key: u128| key % u128::from(shares) == u128::from(share);
        let (mut expected, mut last) = (HashMap::new(), 0);
        loop {
            let page = self.page(last).await?;
            if page.is_empty() {
                break;
            }
            for (_, entry) in page {
                for write in &entry.writes {
                    let key = short_hash(&write.key);
                    if mine(key) {
                        let value = write.value.as_deref().map(short_hash);
                        expected.insert(key, (entry.position, value));
                    }
                }
                last = entry.position;
            }
        }
        let text = self.reader.schema.sql(ROWS);
        let nothing: [&(dyn ToSql + Sync); 0] = [];
        let rows = self.transaction.query_raw(&text, nothing).await;
        let rows = rows.map_err(|error| unsent(&error))?;
        pin_mut!(rows);
        while let Some(row) = rows.next().await {
            let row = row.map_err(|error| unsent(&error))?;
            let key: Bytes = bytes(&row, 0)?;
            let hash = short_hash(&key);
            if !mine(hash) {
                continue;
            }
            self.found.rows += 1;
            let version = position(column(&row, 1)?);
            let stands = (version, Some(short_hash(column(&row, 2)?)));
            if expected.remove(&hash) != Some(stands) {
                let key = key.escape_ascii();
                return Err(corrupt(format!(
                    "row {key} is not what the log last wrote to it"
                )));
            }
        }
        // What the log says and no row shows must have been deleted.
        let missing = expected.values().filter(|(_, value)| value.is_some());
        match missing.map(|(position, _)| position).min() {
            None => Ok(()),
            Some(at) => Err(corrupt(format!(
                "log entry {at}: a row that it wrote is missing"
            ))),
        }
    }

    /// Everything that was counted from the log exists; so equal counts mean that nothing else does.
    async fn strays(&self) -> Result<()> {
        if let Some(row) = self.all(NO_SUCH_ENTRY, &[]).await?.first() {
            let at: i64 = column(row, 0)?;
            return Err(corrupt(format!(
                "the history tells of a log entry {at} that is not there"
            )));
        }
        let rows = self.all("select count(*) from @.history", &[]).await?;
        let found = rows.first().map(|row| column(row, 0)).transpose()?;
        let (found, counted) = (position(found.unwrap_or_default()), self.found.history_rows);
        match found == counted {
            true => Ok(()),
            false => Err(corrupt(format!(
                "{found} values in the history where the log accounts for {counted}"
            ))),
        }
    }
}

fn short_hash(bytes: &[u8]) -> u128 {
    let hash = blake3::hash(bytes);
    hash.as_bytes()
        .first_chunk::<16>()
        .map_or(0, |bytes| u128::from_le_bytes(*bytes))
}
