//! Reading: each call is one statement, and so sees one moment that holds everything acknowledged before.

use bytes::Bytes;
use deadpool_postgres::{Client, Pool};
use futures::{StreamExt as _, pin_mut};
use tokio_postgres::Row as Found;
use tokio_postgres::types::{FromSql, ToSql};
use uuid::Uuid;

use super::error::{corrupt, pool, unsent};
use super::schema::{Schema, position, signed};
use crate::{Direction, Error, LogEntry, Result, Revision, Row, Token, chain};

/// A page of the log ends with the entry that reaches this many bytes.
pub(super) const PAGE_BYTES: i64 = 8 << 20;

/// Goes from the end of the log to a time by halves: times are in order, so no index is needed.
const POSITION_AT: &str = "with recursive search(low, high) as ( \
        select 0::bigint, coalesce((select max(pos) from @.log), 0) \
        union all \
        select case when at <= $1 then middle else low end, \
            case when at <= $1 then high else middle - 1 end \
        from (select low, high, (low + high + 1) / 2 as middle from search where low < high) as half \
        join @.log on pos = middle) \
    select low from search where low = high";

/// The entry at the token is looked at, to see whether it is of this history, but its body stays there.
pub(super) const READ_LOG: &str = "select pos, op_id, hash, case when pos > $1 then body end \
    from (select *, sum(octet_length(body)) filter (where pos > $1) over (order by pos) as bytes \
        from (select * from @.log where pos >= $1 and pos <= $2 order by pos limit $3) as page) as page \
    where coalesce(bytes - octet_length(body), 0) < $4 order by pos";

#[derive(Clone)]
pub(super) struct Reader {
    pub(super) pool: Pool,
    pub(super) schema: Schema,
    pub(super) store_id: Uuid,
}

type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

impl Reader {
    pub(super) async fn client(&self) -> Result<Client> {
        self.pool.get().await.map_err(|error| pool(&error))
    }

    async fn all(&self, text: &str, parameters: Parameters<'_>) -> Result<Vec<Found>> {
        let client = self.client().await?;
        let statement = client.prepare_cached(&self.schema.sql(text)).await;
        let statement = statement.map_err(|error| unsent(&error))?;
        let rows = client.query(&statement, parameters).await;
        rows.map_err(|error| unsent(&error))
    }

    async fn one(&self, text: &str, parameters: Parameters<'_>) -> Result<Option<Found>> {
        Ok(self.all(text, parameters).await?.into_iter().next())
    }

    pub(super) async fn get(&self, key: &[u8]) -> Result<Option<Row>> {
        let text = "select ver, val from @.kv where key = $1";
        let found = self.one(text, &[&key]).await?;
        found.map(|row| stands(&row, 0)).transpose()
    }

    pub(super) async fn get_many(&self, keys: &[Bytes]) -> Result<Vec<Option<Row>>> {
        let text = "select place, ver, val from unnest($1::bytea[]) with ordinality as asked(key, place) \
            join @.kv using (key)";
        let asked: Vec<&[u8]> = keys.iter().map(|key| &key[..]).collect();
        let mut rows = vec![None; keys.len()];
        for found in self.all(text, &[&asked]).await? {
            let place = position(column(&found, 0)?).checked_sub(1);
            let place = place.and_then(|place| rows.get_mut(usize::try_from(place).ok()?));
            if let Some(place) = place {
                *place = Some(stands(&found, 1)?);
            }
        }
        Ok(rows)
    }

    pub(super) async fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        limit: usize,
        direction: Direction,
    ) -> Result<Vec<(Bytes, Row)>> {
        // An upper end that may be absent would be a plan that looks at everything.
        let text = match (direction, to.is_empty()) {
            (Direction::Forward, false) => {
                "select key, ver, val from @.kv where key >= $1 and key < $2 order by key limit $3"
            }
            (Direction::Backward, false) => {
                "select key, ver, val from @.kv where key >= $1 and key < $2 order by key desc limit $3"
            }
            (Direction::Forward, true) => {
                "select key, ver, val from @.kv where key >= $1 order by key limit $2"
            }
            (Direction::Backward, true) => {
                "select key, ver, val from @.kv where key >= $1 order by key desc limit $2"
            }
        };
        let limit = signed(limit as u64);
        let found = match to.is_empty() {
            true => self.all(text, &[&from, &limit]).await?,
            false => self.all(text, &[&from, &to, &limit]).await?,
        };
        let row = |found: &Found| Ok((bytes(found, 0)?, stands(found, 1)?));
        found.iter().map(row).collect()
    }

    /// One at a time: an entry may be large, and only one of its values is asked for.
    pub(super) async fn history(
        &self,
        key: &[u8],
        last: u64,
        limit: usize,
    ) -> Result<Vec<Revision>> {
        let text = "select hash, body from @.history join @.log using (pos) \
            where key = $1 and pos <= $2 order by pos desc limit $3";
        let client = self.client().await?;
        let statement = client.prepare_cached(&self.schema.sql(text)).await;
        let statement = statement.map_err(|error| unsent(&error))?;
        let parameters: [&(dyn ToSql + Sync); 3] = [&key, &signed(last), &signed(limit as u64)];
        let found = client.query_raw(&statement, parameters).await;
        let found = found.map_err(|error| unsent(&error))?;
        pin_mut!(found);
        let mut revisions = Vec::new();
        while let Some(row) = found.next().await {
            let entry = entry(&row.map_err(|error| unsent(&error))?, 0)?;
            let write = entry.writes.into_iter().find(|write| write.key == key);
            let position = entry.position;
            let missing = || {
                corrupt(format!(
                    "log entry {position} does not write what it is kept for"
                ))
            };
            let value = write.ok_or_else(missing)?.value;
            revisions.push(Revision {
                position,
                time_us: entry.time_us,
                value: value.map(|value| Bytes::copy_from_slice(&value)),
            });
        }
        Ok(revisions)
    }

    pub(super) async fn position_at(&self, time_us: i64) -> Result<u64> {
        let found = self.one(POSITION_AT, &[&time_us]).await?;
        let missing = || corrupt("the log has a gap");
        Ok(position(column(&found.ok_or_else(missing)?, 0)?))
    }

    pub(super) async fn last_position(&self) -> Result<u64> {
        Ok(self.head().await?.position)
    }

    pub(super) async fn head(&self) -> Result<Token> {
        let text = "select pos, op_id from @.log order by pos desc limit 1";
        match self.one(text, &[]).await? {
            Some(row) => Ok(self.token(position(column(&row, 0)?), column(&row, 1)?)),
            None => Ok(self.token(0, Uuid::nil())),
        }
    }

    pub(super) async fn token_at(&self, at: u64) -> Result<Token> {
        if at == 0 {
            return Ok(self.token(0, Uuid::nil()));
        }
        let text = "select op_id from @.log where pos = $1";
        match self.one(text, &[&signed(at)]).await? {
            Some(row) => Ok(self.token(at, column(&row, 0)?)),
            None => Err(Error::Diverged(format!("position {at} is not in the log"))),
        }
    }

    fn token(&self, position: u64, op_id: Uuid) -> Token {
        Token {
            store_id: self.store_id,
            position,
            op_id,
        }
    }

    pub(super) async fn read_log(&self, after: &Token, limit: usize) -> Result<Vec<LogEntry>> {
        if after.store_id != self.store_id {
            let why = format!(
                "it is of store {}, this is {}",
                after.store_id, self.store_id
            );
            return Err(Error::Diverged(why));
        }
        // One more: the entry at the token comes first, except before the first.
        let at_token = u64::from(after.position > 0);
        let limit = signed(limit as u64 + at_token);
        let (from, to) = (
            signed(after.position),
            signed(after.position).saturating_add(limit),
        );
        let found = self
            .all(READ_LOG, &[&from, &to, &limit, &PAGE_BYTES])
            .await?;
        let mut found = found.iter();
        let there = match at_token {
            0 => Uuid::nil(),
            _ => match found.next() {
                Some(row) if column::<i64>(row, 0)? == from => column(row, 1)?,
                _ => {
                    let why = format!("position {} is not in the log", after.position);
                    return Err(Error::Diverged(why));
                }
            },
        };
        if there != after.op_id {
            let why = format!(
                "position {} is {there}, not {}",
                after.position, after.op_id
            );
            return Err(Error::Diverged(why));
        }
        found.map(|row| entry(row, 2)).collect()
    }

    pub(super) async fn lookup(&self, op_id: Uuid) -> Result<Option<u64>> {
        let text = "select pos from @.log where op_id = $1";
        let found = self.one(text, &[&op_id]).await?;
        found.map(|row| Ok(position(column(&row, 0)?))).transpose()
    }

    /// What the tables and their indexes take, where the role may ask.
    pub(super) async fn disk_bytes(&self) -> Result<Option<u64>> {
        let text = "select sum(pg_total_relation_size(c.oid))::bigint from pg_class c \
            join pg_namespace n on n.oid = relnamespace where nspname = $1 and relkind = 'r'";
        let found = self.one(text, &[&self.schema.to_string()]).await?;
        let bytes: Option<i64> = found.map(|row| column(&row, 0)).transpose()?;
        Ok(bytes.map(position))
    }

    /// Holds when a transaction could write now.
    pub(super) async fn writable(&self) -> Result<()> {
        let found = self
            .one("select current_setting('transaction_read_only')", &[])
            .await?;
        let setting: Option<String> = found.map(|row| column(&row, 0)).transpose()?;
        match setting.as_deref() {
            Some("off") => Ok(()),
            _ => Err(Error::Unavailable(
                "PostgreSQL: the server is read-only".into(),
            )),
        }
    }
}

/// A column of a row; one that is not as it should be is damage.
pub(super) fn column<'a, T: FromSql<'a>>(row: &'a Found, place: usize) -> Result<T> {
    row.try_get(place)
        .map_err(|error| corrupt(format!("a column is malformed: {error}")))
}

pub(super) fn bytes(row: &Found, place: usize) -> Result<Bytes> {
    Ok(Bytes::copy_from_slice(column(row, place)?))
}

/// A row as it stands, from its version and value.
fn stands(row: &Found, place: usize) -> Result<Row> {
    Ok(Row {
        version: position(column(row, place)?),
        value: bytes(row, place + 1)?,
    })
}

/// A log entry, from its hash and body.
pub(super) fn entry(row: &Found, place: usize) -> Result<LogEntry> {
    let hash: &[u8] = column(row, place)?;
    let entry = chain::decode(bytes(row, place + 1)?);
    let entry = entry.ok_or_else(|| corrupt("a log entry is malformed"))?;
    match entry.hash[..] == *hash {
        true => Ok(entry),
        false => Err(corrupt(format!(
            "log entry {} does not fit its hash",
            entry.position
        ))),
    }
}
