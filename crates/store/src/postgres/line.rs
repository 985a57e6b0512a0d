//! The writer's session: a commit takes two flights of statements, each one round trip.
//!
//! The first locks the head row and looks; the second writes and commits. Statements of a flight are sent
//! together and answered one by one, so a `commit` behind a statement that failed is answered as a success
//! though it rolled back: only when every statement before it went well does its answer mean anything.
//!
//! `begin` names the isolation level, since the defaults of the database may be others; whether writing is
//! allowed at all stays the server's decision. The limits are those of this transaction alone: a session may
//! be shared behind a pooler.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use bytes::Bytes;
use futures::future::{join, join_all, try_join_all};
use tokio::time::timeout;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};
use uuid::Uuid;

use super::connect::{Connector, Session};
use super::error::{corrupt, sent, unsent};
use super::group::{Group, Standing};
use super::schema::{Schema, position, signed};
use crate::chain::End;
use crate::{Error, Result};

/// A server that does not answer a look within this time is as good as gone.
const LOOK_PATIENCE: Duration = Duration::from_secs(10);
/// A commit may wait for a standby, but not for ever.
const WRITE_PATIENCE: Duration = Duration::from_secs(30);

const BEGIN: &str = "begin isolation level read committed; set local lock_timeout = '8s'; \
    set local idle_in_transaction_session_timeout = '10s'";
const LOCK: &str = "select tail, store_id, moved_to from @.head where stream = 0 for update";
const LAST: &str = "select pos, at, hash from @.log order by pos desc limit 1";
const KNOWN: &str = "select op_id, pos from @.log where op_id = any($1::uuid[])";
const VERSIONS: &str = "select key, ver from @.kv where key = any($1::bytea[])";
const PUT: &str = "insert into @.kv (key, val, ver) \
    select * from unnest($1::bytea[], $2::bytea[], $3::bigint[]) \
    on conflict (key) do update set val = excluded.val, ver = excluded.ver";
const DELETE: &str = "delete from @.kv where key = any($1::bytea[])";
const KEEP: &str =
    "insert into @.history (key, pos) select * from unnest($1::bytea[], $2::bigint[])";
const APPEND: &str = "insert into @.log (pos, op_id, at, hash, body) \
    select * from unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::bytea[], $5::bytea[])";
/// Changes nothing, but makes the commit wait for the standby like any other.
const TOUCH: &str = "update @.head set tail = tail where stream = 0";

pub(super) struct Line {
    session: Session,
    lock: Statement,
    last: Statement,
    known: Statement,
    versions: Statement,
    put: Statement,
    delete: Statement,
    keep: Statement,
    append: Statement,
    touch: Statement,
}

impl Line {
    pub(super) async fn open(connector: &Connector, schema: &Schema) -> Result<Self> {
        let session = connector.session().await?;
        let texts = [
            LOCK, LAST, KNOWN, VERSIONS, PUT, DELETE, KEEP, APPEND, TOUCH,
        ];
        let texts = texts.map(|text| schema.sql(text));
        let prepared = try_join_all(texts.iter().map(|text| session.client.prepare(text)));
        let prepared = timeout(LOOK_PATIENCE, prepared).await;
        let prepared = prepared
            .map_err(|_| no_answer())?
            .map_err(|error| unsent(&error))?;
        let prepared = <[Statement; 9]>::try_from(prepared);
        let [
            lock,
            last,
            known,
            versions,
            put,
            delete,
            keep,
            append,
            touch,
        ] = prepared.map_err(|_| Error::Unavailable("a statement is missing".into()))?;
        Ok(Self {
            session,
            lock,
            last,
            known,
            versions,
            put,
            delete,
            keep,
            append,
            touch,
        })
    }

    /// The first flight: begins, waits for its turn, and looks. After an error the line is of no more use.
    pub(super) async fn look(&self, ops: &[Uuid], keys: &[&[u8]]) -> Result<Standing> {
        let client = &self.session.client;
        let looking = async {
            let (ops, keys): ([&(dyn ToSql + Sync); 1], [&(dyn ToSql + Sync); 1]) =
                ([&ops], [&keys]);
            futures::join!(
                client.batch_execute(BEGIN),
                client.query_one(&self.lock, &[]),
                client.query_opt(&self.last, &[]),
                client.query(&self.known, &ops),
                client.query(&self.versions, &keys),
            )
        };
        let looked = timeout(LOOK_PATIENCE, looking).await;
        let (begun, head, last, known, versions) = looked.map_err(|_| no_answer())?;
        let failed = |error: tokio_postgres::Error| unsent(&error);
        begun.map_err(failed)?;
        let read = || -> std::result::Result<_, tokio_postgres::Error> {
            let head = head?;
            let standing = Standing {
                store_id: head.try_get(1)?,
                tail: End {
                    position: position(head.try_get(0)?),
                    ..End::START
                },
                ops: known?
                    .iter()
                    .map(op)
                    .collect::<std::result::Result<_, _>>()?,
                versions: versions?
                    .iter()
                    .map(version)
                    .collect::<std::result::Result<_, _>>()?,
            };
            Ok((standing, last?, head.try_get::<_, Option<String>>(2)?))
        };
        let (mut standing, last, moved_to) = read().map_err(failed)?;
        if let Some(to) = moved_to {
            return Err(Error::Moved { to });
        }
        if let Some(last) = last {
            standing.tail = tail(&last)?;
        }
        Ok(standing)
    }

    /// The second flight: writes what the group came to, and commits.
    pub(super) async fn write(&self, group: &Group) -> Result<()> {
        let (mut keys, mut values, mut versions, mut gone) = (vec![], vec![], vec![], vec![]);
        for (key, (version, value)) in &group.rows {
            match value {
                Some(value) => {
                    keys.push(&key[..]);
                    values.push(&value[..]);
                    versions.push(signed(*version));
                }
                None => gone.push(&key[..]),
            }
        }
        let kept: Vec<&[u8]> = group.history.iter().map(|(key, _)| &key[..]).collect();
        let kept_at: Vec<i64> = group.history.iter().map(|(_, at)| signed(*at)).collect();
        let log = &group.log;
        let positions: Vec<i64> = log.iter().map(|row| signed(row.position)).collect();
        let ops: Vec<Uuid> = log.iter().map(|row| row.op_id).collect();
        let times: Vec<i64> = log.iter().map(|row| row.time_us).collect();
        let hashes: Vec<&[u8]> = log.iter().map(|row| &row.hash[..]).collect();
        let bodies: Vec<&[u8]> = log.iter().map(|row| &row.body[..]).collect();

        type Parameters<'a> = Vec<&'a (dyn ToSql + Sync)>;
        let mut statements: Vec<(&Statement, Parameters<'_>)> = Vec::new();
        if !keys.is_empty() {
            statements.push((&self.put, vec![&keys, &values, &versions]));
        }
        if !gone.is_empty() {
            statements.push((&self.delete, vec![&gone]));
        }
        if !kept.is_empty() {
            statements.push((&self.keep, vec![&kept, &kept_at]));
        }
        if log.is_empty() {
            statements.push((&self.touch, vec![]));
        } else {
            statements.push((
                &self.append,
                vec![&positions, &ops, &times, &hashes, &bodies],
            ));
        }

        let client = &self.session.client;
        self.session.warned.store(false, SeqCst);
        let writing = statements
            .iter()
            .map(|(statement, parameters)| client.execute(*statement, parameters));
        // In this order on the wire: each is sent when it is first polled, and the commit is polled last.
        let flight = join(join_all(writing), client.batch_execute("commit"));
        let Ok((written, committed)) = timeout(WRITE_PATIENCE, flight).await else {
            return Err(Error::Ambiguous("PostgreSQL: no answer to a commit".into()));
        };
        for written in written {
            written.map_err(|error| sent(&error))?;
        }
        committed.map_err(|error| sent(&error))?;
        if self.session.warned.load(SeqCst) {
            return Err(Error::Ambiguous(
                "PostgreSQL warned during the commit: a standby may not have it".into(),
            ));
        }
        Ok(())
    }

    /// Ends a transaction that has nothing to write.
    pub(super) async fn leave(&self) -> Result<()> {
        let ended = timeout(LOOK_PATIENCE, self.session.client.batch_execute("rollback")).await;
        ended
            .map_err(|_| no_answer())?
            .map_err(|error| unsent(&error))
    }
}

fn op(row: &Row) -> std::result::Result<(Uuid, u64), tokio_postgres::Error> {
    Ok((row.try_get(0)?, position(row.try_get(1)?)))
}

fn version(row: &Row) -> std::result::Result<(Bytes, u64), tokio_postgres::Error> {
    let key = Bytes::copy_from_slice(row.try_get(0)?);
    Ok((key, position(row.try_get(1)?)))
}

fn tail(last: &Row) -> Result<End> {
    let read = || {
        let hash: &[u8] = last.try_get(2).ok()?;
        Some(End {
            position: position(last.try_get(0).ok()?),
            time_us: last.try_get(1).ok()?,
            hash: hash.try_into().ok()?,
        })
    };
    read().ok_or_else(|| corrupt("the last log row is malformed"))
}

fn no_answer() -> Error {
    Error::Unavailable("PostgreSQL: the server does not answer".into())
}
