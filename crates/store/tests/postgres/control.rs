//! The negative control: the same engine, but with positions from a sequence and without the lock.
//!
//! Everything else about it is right: checks hold, each commit is one transaction, entries fit their hashes.
//! Positions are handed out in one order and become visible in another, and the suite must see that.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{BufMut as _, Bytes};
use deadpool_postgres::{Manager, Pool};
use rapporteur_store::conformance::{self, Engine};
use rapporteur_store::postgres::PostgresStore;
use rapporteur_store::{
    Batch, Commit, Direction, Error, Health, Info, LogEntry, Result, Revision, Row, Store, Token,
    Verified, chain,
};
use tokio_postgres::NoTls;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::connections::new_schema;
use crate::server::{Server, shared};

struct Sequenced {
    inner: Arc<PostgresStore>,
    pool: Pool,
    schema: String,
}

impl Sequenced {
    async fn open(server: &'static Server) -> Self {
        let schema = new_schema();
        let inner = server.open(&schema).await.unwrap();
        let text = format!("create sequence {schema}.positions");
        server
            .admin("postgres")
            .await
            .batch_execute(&text)
            .await
            .unwrap();
        let url = format!("postgres://postgres@127.0.0.1:{}/postgres", server.port);
        let manager = Manager::new(url.parse().unwrap(), NoTls);
        let pool = Pool::builder(manager).max_size(16).build().unwrap();
        Self {
            inner,
            pool,
            schema,
        }
    }

    /// One commit in one transaction of its own.
    async fn append(&self, batch: Batch) -> Result<Commit> {
        let schema = &self.schema;
        let mut client = self.pool.get().await.unwrap();
        let transaction = client.transaction().await.unwrap();
        let text = format!("select ver from {schema}.kv where key = $1");
        for check in &batch.checks {
            let key = &check.key[..];
            // Nobody else is at this key: positions are used up by commits alone, so that none is missing in
            // the end.
            let lock = "select pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 0))";
            transaction.execute(lock, &[&key]).await.unwrap();
            let found = transaction.query_opt(&text, &[&key]).await.unwrap();
            let current = found.map_or(0, |row| row.get::<_, i64>(0)) as u64;
            if current != check.version {
                return Err(Error::Conflict {
                    key: check.key.clone(),
                    expected: check.version,
                    current,
                });
            }
        }
        let text = format!("select nextval('{schema}.positions')");
        let position: i64 = transaction.query_one(&text, &[]).await.unwrap().get(0);
        for write in &batch.writes {
            let key = &write.key[..];
            match &write.value {
                Some(value) => {
                    let text = format!(
                        "insert into {schema}.kv values ($1, $2, $3) on conflict (key) do update \
                         set val = excluded.val, ver = excluded.ver"
                    );
                    let parameters: [&(dyn ToSql + Sync); 3] = [&key, &&value[..], &position];
                    transaction.execute(&text, &parameters).await.unwrap();
                }
                None => {
                    let text = format!("delete from {schema}.kv where key = $1");
                    transaction.execute(&text, &[&key]).await.unwrap();
                }
            }
        }
        let entry = LogEntry {
            position: position as u64,
            op_id: batch.op_id,
            time_us: batch.time_us,
            writes: batch.writes,
            meta: batch.meta,
            previous_hash: [0; 32],
            hash: [0; 32],
        };
        let (hash, body) = (chain::hash(&entry), encoded(&entry));
        let text = format!("insert into {schema}.log values ($1, $2, $3, $4, $5)");
        let parameters: [&(dyn ToSql + Sync); 5] =
            [&position, &entry.op_id, &entry.time_us, &&hash[..], &body];
        transaction.execute(&text, &parameters).await.unwrap();
        transaction.commit().await.unwrap();
        Ok(Commit {
            position: entry.position,
            replayed: false,
        })
    }
}

/// The encoding that `chain` describes.
fn encoded(entry: &LogEntry) -> Vec<u8> {
    let mut out = b"rapporteur-log-1".to_vec();
    out.put_slice(&entry.previous_hash);
    out.put_u64(entry.position);
    out.put_u128(entry.op_id.as_u128());
    out.put_i64(entry.time_us);
    out.put_u32(entry.writes.len() as u32);
    let sized = |out: &mut Vec<u8>, bytes: &Bytes| {
        out.put_u32(bytes.len() as u32);
        out.put_slice(bytes);
    };
    for write in &entry.writes {
        out.put_u8(u8::from(write.value.is_some()) | u8::from(write.history) << 1);
        sized(&mut out, &write.key);
        write.value.iter().for_each(|value| sized(&mut out, value));
    }
    sized(&mut out, &entry.meta);
    out
}

#[async_trait]
impl Store for Sequenced {
    async fn commit(&self, batch: Batch) -> Result<Commit> {
        self.append(batch).await
    }

    async fn get(&self, key: &[u8]) -> Result<Option<Row>> {
        self.inner.get(key).await
    }

    async fn get_many(&self, keys: &[Bytes]) -> Result<Vec<Option<Row>>> {
        self.inner.get_many(keys).await
    }

    async fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        limit: usize,
        direction: Direction,
    ) -> Result<Vec<(Bytes, Row)>> {
        self.inner.scan(from, to, limit, direction).await
    }

    async fn take_over(&self, store_id: Uuid, entries: Vec<LogEntry>) -> Result<()> {
        self.inner.take_over(store_id, entries).await
    }

    async fn history(&self, key: &[u8], at_or_before: u64, limit: usize) -> Result<Vec<Revision>> {
        self.inner.history(key, at_or_before, limit).await
    }

    async fn position_at(&self, time_us: i64) -> Result<u64> {
        self.inner.position_at(time_us).await
    }

    async fn head(&self) -> Result<Token> {
        self.inner.head().await
    }

    async fn token_at(&self, position: u64) -> Result<Token> {
        self.inner.token_at(position).await
    }

    async fn read_log(&self, after: &Token, limit: usize) -> Result<Vec<LogEntry>> {
        self.inner.read_log(after, limit).await
    }

    async fn wait(&self, position: u64, max: Duration) {
        self.inner.wait(position, max).await;
    }

    async fn lookup(&self, op_id: Uuid) -> Result<Option<u64>> {
        self.inner.lookup(op_id).await
    }

    async fn info(&self) -> Result<Info> {
        self.inner.info().await
    }

    async fn health(&self) -> Health {
        self.inner.health().await
    }

    async fn verify(&self) -> Result<Verified> {
        self.inner.verify().await
    }

    async fn close(&self) -> Result<()> {
        self.inner.close().await
    }
}

struct Control(&'static Server);

#[async_trait]
impl Engine for Control {
    async fn create_as(&self, _: Uuid) -> Result<Arc<dyn Store>> {
        Ok(Arc::new(Sequenced::open(self.0).await))
    }

    async fn reopen(&self, store: Arc<dyn Store>) -> Result<Arc<dyn Store>> {
        Ok(store)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn positions_from_a_sequence_are_noticed() {
    let Some(server) = shared() else { return };
    // The control does work otherwise: the log that it writes is one that can be read.
    let store = Sequenced::open(server).await;
    let commit = store.commit(crate::support::empty()).await.unwrap();
    let start = store.token_at(0).await.unwrap();
    let log = store.read_log(&start, 9).await.unwrap();
    assert_eq!((commit.position, log.len()), (1, 1));

    let failure = conformance::test(&Control(server), "writers_and_tailers").await;
    let why = failure.unwrap_err().why;
    println!("{why}");
    assert!(
        why.contains("entry.position is"),
        "it failed for another reason: {why}"
    );
}
