//! A store that can be moved to another engine while it is used.
//!
//! Services hold a [`Switch`] as their store and notice nothing but a commit that takes longer: it hands
//! everything on to the store that is current, and for a moment holds commits back, never refuses them, while
//! the last entries go over. Reads go on all the time.

mod relocate;
mod settle;

pub use relocate::Moved;
pub use settle::{Settled, give_back, settle};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::{Mutex, RwLock, watch};
use uuid::Uuid;

use crate::engine::{Address, Opened};
use crate::{
    Batch, Commit, Direction, Error, Health, Info, LogEntry, Meter, Result, Revision, Row, Store,
    Token, Verified,
};

/// The store that is used now.
#[derive(Clone)]
struct Current {
    address: Address,
    store: Arc<dyn Store>,
    failed: watch::Receiver<Option<String>>,
}

/// A store whose engine can be exchanged.
pub struct Switch {
    current: watch::Sender<Current>,
    /// Commits hold it shared for as long as they are under way; a move holds it alone.
    gate: Arc<RwLock<()>>,
    /// Held by the move that is going on.
    moving: Mutex<()>,
    /// Ends a move that is still copying.
    closing: AtomicBool,
    meter: Meter,
}

impl Switch {
    /// A switch that uses `opened`, which is at `address`, until it is moved.
    #[must_use]
    pub fn new(opened: Opened, address: Address) -> Arc<Self> {
        let Opened {
            store,
            failed,
            meter,
            ..
        } = opened;
        let current = watch::Sender::new(Current {
            address,
            store,
            failed,
        });
        let (gate, moving) = (Arc::default(), Mutex::default());
        let closing = AtomicBool::new(false);
        Arc::new(Self {
            current,
            gate,
            moving,
            closing,
            meter,
        })
    }

    /// Where the store is that is used now.
    #[must_use]
    pub fn address(&self) -> Address {
        self.current.borrow().address.clone()
    }

    /// Resolves, with the reason, when the store that is used stopped writing for good.
    pub async fn failed(&self) -> String {
        let mut changes = self.current.subscribe();
        loop {
            let mut failed = changes.borrow_and_update().failed.clone();
            let failure = async {
                let failed = failed.wait_for(Option::is_some).await;
                match failed.map(|why| why.clone()) {
                    Ok(why) => why.unwrap_or_default(),
                    // It was closed in good order.
                    Err(_) => std::future::pending().await,
                }
            };
            tokio::select! {
                why = failure => return why,
                // The sender lives as long as this does.
                Ok(()) = changes.changed() => {}
            }
        }
    }

    /// Has the current store write, in a task of its own: a caller that goes away does not take its batch back,
    /// so the gate must stay shut to a move until the engine has answered.
    async fn write<T: Send + 'static, W>(&self, work: impl FnOnce(Arc<dyn Store>) -> W) -> Result<T>
    where
        W: Future<Output = Result<T>> + Send + 'static,
    {
        let pass = Arc::clone(&self.gate).read_owned().await;
        let work = work(self.now());
        let done = tokio::spawn(async move {
            let outcome = work.await;
            drop(pass);
            outcome
        });
        done.await
            .unwrap_or_else(|error| Err(Error::Ambiguous(error.to_string())))
    }

    fn now(&self) -> Arc<dyn Store> {
        Arc::clone(&self.current.borrow().store)
    }
}

impl std::fmt::Debug for Switch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Switch").finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for Switch {
    async fn get(&self, key: &[u8]) -> Result<Option<Row>> {
        self.now().get(key).await
    }

    async fn get_many(&self, keys: &[Bytes]) -> Result<Vec<Option<Row>>> {
        self.now().get_many(keys).await
    }

    async fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        limit: usize,
        direction: Direction,
    ) -> Result<Vec<(Bytes, Row)>> {
        self.now().scan(from, to, limit, direction).await
    }

    async fn commit(&self, batch: Batch) -> Result<Commit> {
        let waiting = self.meter.commit();
        let outcome = self
            .write(|store| async move { store.commit(batch).await })
            .await;
        self.meter.committed(&waiting, &outcome);
        outcome
    }

    async fn take_over(&self, store_id: Uuid, entries: Vec<LogEntry>) -> Result<()> {
        self.write(|store| async move { store.take_over(store_id, entries).await })
            .await
    }

    async fn history(&self, key: &[u8], at_or_before: u64, limit: usize) -> Result<Vec<Revision>> {
        self.now().history(key, at_or_before, limit).await
    }

    async fn position_at(&self, time_us: i64) -> Result<u64> {
        self.now().position_at(time_us).await
    }

    async fn head(&self) -> Result<Token> {
        self.now().head().await
    }

    async fn token_at(&self, position: u64) -> Result<Token> {
        self.now().token_at(position).await
    }

    async fn read_log(&self, after: &Token, limit: usize) -> Result<Vec<LogEntry>> {
        self.now().read_log(after, limit).await
    }

    async fn wait(&self, position: u64, max: Duration) {
        let mut changes = self.current.subscribe();
        let store = Arc::clone(&changes.borrow_and_update().store);
        tokio::select! {
            () = store.wait(position, max) => {}
            // Whoever waited for the old store looks at the new one.
            _ = changes.changed() => {}
        }
    }

    async fn lookup(&self, op_id: Uuid) -> Result<Option<u64>> {
        self.now().lookup(op_id).await
    }

    async fn info(&self) -> Result<Info> {
        self.now().info().await
    }

    async fn health(&self) -> Health {
        self.now().health().await
    }

    async fn verify(&self) -> Result<Verified> {
        self.now().verify().await
    }

    async fn close(&self) -> Result<()> {
        self.closing.store(true, SeqCst);
        // A move that is going on ends first: it may be between two stores.
        let _none = self.moving.lock().await;
        self.now().close().await
    }
}
