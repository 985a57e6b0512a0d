//! The tables: made, brought up to date, or refused.

use std::fmt;

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use super::error::{corrupt, unsent};
use crate::copy::mark::Mark;
use crate::{Error, Result};

/// The layout of the tables. A new one is one more file here.
const MIGRATIONS: [&str; 2] = [
    include_str!("migrations/0001_rows_and_log.sql"),
    include_str!("migrations/0002_copies.sql"),
];
/// Replicas that start together get into each other's way while they make the schema; each round one of
/// them gets on.
const ROUNDS: usize = 20;

/// Version of the layout that this program knows.
pub(super) fn version() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// The schema that a store has to itself. Statements write `@` for it.
#[derive(Clone)]
pub(super) struct Schema {
    name: String,
    quoted: String,
}

impl Schema {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            quoted: format!("\"{name}\""),
        }
    }

    /// A statement with the schema's name in it.
    pub(super) fn sql(&self, text: &str) -> String {
        text.replace('@', &self.quoted)
    }

    /// Makes sure of the tables and answers whose store they are. `new_id` is what a new store gets; with
    /// `copy` that is the store of which this is to become a copy.
    pub(super) async fn prepare(
        &self,
        client: &Client,
        new_id: Option<Uuid>,
        copy: bool,
    ) -> Result<Uuid> {
        let copy_of = new_id.filter(|_| copy);
        let new_id = new_id.unwrap_or_else(Uuid::new_v4);
        let mut rounds = 0;
        loop {
            let tables = self.tables(client).await?;
            let ours = tables.iter().any(|table| table == "meta");
            if let (false, Some(table)) = (ours, tables.first()) {
                return Err(self.refused(&format!("it holds a table {table} that is not ours")));
            }
            match self.migrate(client, ours, new_id, copy_of).await {
                Ok(store_id) => return Ok(store_id),
                Err(Failed::Refused(error)) => return Err(error),
                Err(Failed::Postgres(error)) => {
                    // The server may be gone, in which case this fails too and nothing is open.
                    let _ = client.batch_execute("rollback").await;
                    rounds += 1;
                    let met = error.code().is_some_and(somebody_else_made_it);
                    if !met || rounds >= ROUNDS {
                        return Err(self.explained(&error));
                    }
                }
            }
        }
    }

    pub(super) async fn tables(&self, client: &Client) -> Result<Vec<String>> {
        let text = "select relname::text from pg_class join pg_namespace n on n.oid = relnamespace \
            where nspname = $1 and relkind in ('r', 'p', 'v', 'm', 'f') order by relname";
        let rows = client.query(text, &[&self.name]).await;
        let rows = rows.map_err(|error| unsent(&error))?;
        rows.iter()
            .map(|row| row.try_get(0).map_err(|error| unsent(&error)))
            .collect()
    }

    async fn migrate(
        &self,
        client: &Client,
        there: bool,
        new_id: Uuid,
        copy_of: Option<Uuid>,
    ) -> std::result::Result<Uuid, Failed> {
        client
            .batch_execute("begin isolation level read committed")
            .await?;
        if !there {
            // Only now: whoever may not create anything can still use what an administrator has made.
            let meta = "create schema if not exists @; \
                create table @.meta (name text primary key, value text not null); \
                insert into @.meta values ('schema', '0')";
            client.batch_execute(&self.sql(meta)).await?;
        }
        let path = self.sql("set local search_path to @");
        client.batch_execute(&path).await?;
        // Mostly there is nothing to do, and then nothing is locked: even that would make the commit wait
        // for the standby.
        let mut found = self
            .found(client, "select value from meta where name = 'schema'")
            .await?;
        if found < version() {
            // This row is the lock of those who migrate.
            let lock = "select value from meta where name = 'schema' for update";
            found = self.found(client, lock).await?;
        }
        for (number, migration) in (1..).zip(MIGRATIONS).filter(|(number, _)| *number > found) {
            tracing::info!(schema = self.name, number, "migrating the store");
            client.batch_execute(migration).await?;
        }
        if found < version() {
            let now = version().to_string();
            let update = "update meta set value = $1 where name = 'schema'";
            client.execute(update, &[&now]).await?;
        }
        if found == 0 {
            let head = "insert into head (stream, store_id, unfinished) values (0, $1, $2)";
            client.execute(head, &[&new_id, &copy_of.is_some()]).await?;
        }
        let head = client
            .query_opt(
                "select store_id, unfinished, moved_to from head where stream = 0",
                &[],
            )
            .await?;
        let Some(head) = head else {
            return Err(Failed::Refused(corrupt("the head row is missing")));
        };
        let mark = Mark {
            store_id: head.try_get(0)?,
            unfinished: head.try_get(1)?,
            moved_to: head.try_get(2)?,
        };
        let store_id = mark.store_id;
        mark.permits(format_args!("schema {}", self.name), copy_of)?;
        client.batch_execute("commit").await?;
        Ok(store_id)
    }

    /// Of which format the tables are.
    async fn found(&self, client: &Client, text: &str) -> std::result::Result<u32, Failed> {
        let found = client.query_opt(text, &[]).await?;
        let value: Option<String> = found.map(|row| row.try_get(0)).transpose()?;
        let found = value.and_then(|value| value.parse().ok());
        let found = found.ok_or_else(|| self.refused("its table meta is not ours"))?;
        if found > version() {
            let why = format!(
                "it is of format {found}, this program knows up to {}",
                version()
            );
            return Err(self.refused(&why).into());
        }
        Ok(found)
    }

    fn refused(&self, why: &str) -> Error {
        Error::Schema(format!("schema {}: {why}", self.name))
    }

    fn explained(&self, error: &tokio_postgres::Error) -> Error {
        match unsent(error) {
            Error::Schema(why) => self.refused(&why),
            _ if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
                self.refused(&super::error::text(error))
            }
            other => other,
        }
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

enum Failed {
    Refused(Error),
    Postgres(tokio_postgres::Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<tokio_postgres::Error> for Failed {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Postgres(error)
    }
}

/// `if not exists` does not look at what another transaction is making.
fn somebody_else_made_it(code: &SqlState) -> bool {
    [
        SqlState::UNIQUE_VIOLATION,
        SqlState::DUPLICATE_SCHEMA,
        SqlState::DUPLICATE_TABLE,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
    ]
    .contains(code)
}

/// PostgreSQL has no unsigned numbers; positions never reach the half that this costs.
pub(super) fn signed(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}

/// The way back.
pub(super) fn position(signed: i64) -> u64 {
    u64::try_from(signed).unwrap_or_default()
}
