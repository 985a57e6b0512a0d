//! The engine for more than one machine: PostgreSQL, alone or as a cluster that fails over.
//!
//! Any number of processes may have one store open; each writes and reads. What makes that safe is one lock:
//! a commit begins by locking the row of `head`, and holds it until its commit record is on the disk, and on
//! the standby where there is one. So positions are handed out in the order of commits, without gaps, and
//! nothing ever becomes visible below what was visible before. A sequence would do neither.
//!
//! A store has a schema to itself, named in its address, so that several share a database. The tables are
//! described in `migrations/`.
//!
//! Reading order: `address`, `catalog` (which stores there are), `connect`, `schema`, `writer`, `line` (the two flights of a transaction), `group` (how
//! batches are decided), `read`, `waiting`, `hint`, `verify`; `error` sorts what the server says, `safety` looks at how it is
//! set up.

mod address;
mod catalog;
mod connect;
mod copy;
mod error;
mod group;
mod hint;
mod line;
mod read;
mod safety;
mod schema;
mod verify;
mod waiting;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;

pub use self::address::Address;
pub use self::catalog::Schemas;
use self::connect::Connector;
pub use self::copy::{finish_copy, is_there, mark, mark_moved};
use self::error::closed;
use self::read::Reader;
use self::waiting::Head;
use self::writer::{Answer, Job, QUEUE, Writer};
use crate::contract::LIMITS;
use crate::engine::Remote;
use crate::{
    Batch, Commit, Direction, Error, Health, Info, LogEntry, Result, Revision, Row, Store, Token,
    Verified, limits,
};

pub(crate) const ENGINE: &str = "postgres";
/// Making the tables, or changing them, takes a while in a large store; a standby that is not there lets it
/// take for ever.
const OPEN_PATIENCE: Duration = Duration::from_secs(600);
/// How long a server may take to say how it is.
const HEALTH_PATIENCE: Duration = Duration::from_secs(3);

/// A store on PostgreSQL, as one process has it open.
///
/// [`close`](Store::close) it in the end. A store that is dropped instead lets go of its connections; what
/// waits in its queue is still written, but nobody waits for that.
pub struct PostgresStore {
    reader: Reader,
    head: Head,
    jobs: mpsc::Sender<Job>,
    writer: Mutex<Option<JoinHandle<()>>>,
    poller: JoinHandle<()>,
    hints: Option<JoinHandle<()>>,
    failure: watch::Sender<Option<String>>,
    closing: AtomicBool,
}

impl PostgresStore {
    /// Opens the store at `address`, or makes one there, with the identity `store_id` when it is given.
    ///
    /// Answers [`Error::Unavailable`] when the server cannot be reached, and [`Error::Schema`] when no schema is
    /// named, when it is not ours or of a newer format, when certificates or the password cannot be read, and when
    /// the server is not safe though that was asked for.
    pub async fn open(
        address: &Address,
        remote: &Remote,
        store_id: Option<Uuid>,
    ) -> Result<Arc<Self>> {
        Self::open_as(address, remote, store_id, false).await
    }

    /// Opens a place for a copy of the store `store_id`: an empty one, or the same copy where it was left off;
    /// anything else is [`Error::Exists`]. Until [`finish_copy`] nobody else opens it.
    pub async fn begin_copy(
        address: &Address,
        remote: &Remote,
        store_id: Uuid,
    ) -> Result<Arc<Self>> {
        Self::open_as(address, remote, Some(store_id), true).await
    }

    async fn open_as(
        address: &Address,
        remote: &Remote,
        store_id: Option<Uuid>,
        copy: bool,
    ) -> Result<Arc<Self>> {
        let connector = Connector::new(address, remote)?;
        let schema = catalog::named(address, remote).await?;
        let session = connector.session().await?;
        let preparing = async {
            safety::check(&session.client, remote.strict).await?;
            schema.prepare(&session.client, store_id, copy).await
        };
        let prepared = tokio::time::timeout(OPEN_PATIENCE, preparing).await;
        let store_id = prepared.map_err(|_| {
            Error::Unavailable(
                "PostgreSQL: the store cannot be prepared; is a standby missing?".into(),
            )
        })??;
        drop(session);

        let reader = Reader {
            pool: connector.pool(remote.pool)?,
            schema: schema.clone(),
            store_id,
        };
        let head = Head::default();
        head.committed(reader.last_position().await?);
        let hints = remote.notify.then(|| {
            let (connector, schema) = (connector.clone(), schema.clone());
            tokio::spawn(hint::exchange(connector, schema, head.clone()))
        });
        let failure = watch::Sender::new(None);
        let (jobs, queue) = mpsc::channel(QUEUE);
        let writer = Writer {
            connector,
            schema,
            store_id,
            jobs: queue,
            head: head.clone(),
            failure: failure.clone(),
            group_batches: remote.group_batches.max(1),
            meter: remote.meter.clone(),
            line: None,
        };
        let poller = head.clone().poll(reader.clone(), remote.poll);
        Ok(Arc::new(Self {
            reader,
            head,
            jobs,
            writer: Mutex::new(Some(tokio::spawn(writer.run()))),
            poller: tokio::spawn(poller),
            hints,
            failure,
            closing: AtomicBool::new(false),
        }))
    }

    /// Tells when another store has taken the place of this one, and nothing that this process knows holds
    /// any more. Whoever owns the process should then end it with an error.
    #[must_use]
    pub fn failed(&self) -> watch::Receiver<Option<String>> {
        self.failure.subscribe()
    }

    /// Hands a job to the writer and waits for its answer.
    async fn ask<T>(&self, job: impl FnOnce(Answer<T>) -> Job) -> Result<T> {
        self.still_open()?;
        let (answer, outcome) = oneshot::channel();
        self.jobs
            .try_send(job(answer))
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => {
                    Error::Unavailable(format!("{QUEUE} batches wait already"))
                }
                mpsc::error::TrySendError::Closed(_) => closed(),
            })?;
        let stopped = || Error::Ambiguous("the writer stopped before it answered".into());
        outcome.await.unwrap_or_else(|_| Err(stopped()))
    }

    fn stop_looking(&self) {
        self.poller.abort();
        self.hints.iter().for_each(JoinHandle::abort);
    }

    /// Holds as long as nobody closes the store.
    fn still_open(&self) -> Result<()> {
        match self.closing.load(SeqCst) {
            false => Ok(()),
            true => Err(closed()),
        }
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        self.stop_looking();
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn get(&self, key: &[u8]) -> Result<Option<Row>> {
        self.reader.get(key).await
    }

    async fn get_many(&self, keys: &[Bytes]) -> Result<Vec<Option<Row>>> {
        limits::page(keys.len())?;
        self.reader.get_many(keys).await
    }

    async fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        limit: usize,
        direction: Direction,
    ) -> Result<Vec<(Bytes, Row)>> {
        limits::page(limit)?;
        self.reader.scan(from, to, limit, direction).await
    }

    async fn commit(&self, batch: Batch) -> Result<Commit> {
        limits::batch(&batch)?;
        self.ask(|answer| Job::Commit(batch, answer)).await
    }

    async fn take_over(&self, store_id: Uuid, entries: Vec<LogEntry>) -> Result<()> {
        if entries.is_empty() {
            return self.still_open();
        }
        self.ask(|answer| Job::TakeOver(store_id, entries, answer))
            .await
    }

    async fn history(&self, key: &[u8], at_or_before: u64, limit: usize) -> Result<Vec<Revision>> {
        limits::page(limit)?;
        self.reader.history(key, at_or_before, limit).await
    }

    async fn position_at(&self, time_us: i64) -> Result<u64> {
        self.reader.position_at(time_us).await
    }

    async fn head(&self) -> Result<Token> {
        self.reader.head().await
    }

    async fn token_at(&self, position: u64) -> Result<Token> {
        self.reader.token_at(position).await
    }

    async fn read_log(&self, after: &Token, limit: usize) -> Result<Vec<LogEntry>> {
        limits::page(limit)?;
        self.still_open()?;
        self.reader.read_log(after, limit).await
    }

    async fn wait(&self, position: u64, max: Duration) {
        self.head.wait(position, max).await;
    }

    async fn lookup(&self, op_id: Uuid) -> Result<Option<u64>> {
        self.reader.lookup(op_id).await
    }

    async fn info(&self) -> Result<Info> {
        Ok(Info {
            engine: ENGINE,
            store_id: self.reader.store_id,
            schema: schema::version(),
            limits: LIMITS,
            disk_bytes: self.reader.disk_bytes().await?,
        })
    }

    async fn health(&self) -> Health {
        if let Some(why) = &*self.failure.borrow() {
            return Health::Failing(why.clone());
        }
        match tokio::time::timeout(HEALTH_PATIENCE, self.reader.writable()).await {
            Ok(Ok(())) => Health::Serving,
            Ok(Err(error)) => Health::Failing(error.to_string()),
            Err(_) => Health::Failing("PostgreSQL: the server does not answer".into()),
        }
    }

    async fn verify(&self) -> Result<Verified> {
        verify::verify(&self.reader).await
    }

    async fn close(&self) -> Result<()> {
        self.closing.store(true, SeqCst);
        let mut writer = self.writer.lock().await;
        // Whoever comes second waits here for the first.
        if let Some(writer) = writer.take() {
            // An error means that it has ended already.
            let _ = self.jobs.send(Job::Stop).await;
            writer
                .await
                .map_err(|error| Error::Unavailable(error.to_string()))?;
        }
        self.stop_looking();
        self.reader.pool.close();
        Ok(())
    }
}
