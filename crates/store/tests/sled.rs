//! The sled engine keeps the contract.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use rapporteur_store::conformance::{self, Engine};
use rapporteur_store::sled::{Options, SledStore};
use rapporteur_store::{Batch, Error, Result, Store, Write};
use tempfile::TempDir;
use uuid::Uuid;

/// Stores in directories that live as long as the engine.
#[derive(Default)]
struct Sled {
    dirs: Mutex<Vec<(TempDir, Arc<dyn Store>)>>,
}

#[async_trait]
impl Engine for Sled {
    async fn create_as(&self, store_id: Uuid) -> Result<Arc<dyn Store>> {
        let dir = tempfile::tempdir().unwrap();
        let options = Options {
            store_id: Some(store_id),
            ..Options::default()
        };
        let store: Arc<dyn Store> = SledStore::open(dir.path(), options)?;
        self.dirs.lock().unwrap().push((dir, Arc::clone(&store)));
        Ok(store)
    }

    async fn reopen(&self, store: Arc<dyn Store>) -> Result<Arc<dyn Store>> {
        store.close().await?;
        let mut dirs = self.dirs.lock().unwrap();
        let (dir, held) = dirs
            .iter_mut()
            .find(|(_, held)| Arc::ptr_eq(held, &store))
            .unwrap();
        *held = SledStore::open(dir.path(), Options::default())?;
        Ok(Arc::clone(held))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn conformance() {
    for name in conformance::TESTS {
        let began = std::time::Instant::now();
        let outcome = conformance::test(&Sled::default(), name).await;
        println!("{name}: {:?}", began.elapsed());
        if let Err(failure) = outcome {
            panic!("{failure}");
        }
    }
}

/// What does not fit into the queue is refused, and is certainly not applied.
#[tokio::test]
async fn a_full_queue_refuses() {
    const CALLERS: usize = 4_000;
    let engine = Sled::default();
    let store = engine.create().await.unwrap();
    let mut callers = tokio::task::JoinSet::new();
    for n in 0..CALLERS {
        let store = Arc::clone(&store);
        // Large enough that the disk cannot keep up with one thread that fills the queue.
        let writes = vec![Write::put(format!("k{n}"), vec![1; 4_000])];
        let (op_id, checks, meta) = (Uuid::new_v4(), Vec::new(), Default::default());
        let batch = Batch {
            op_id,
            time_us: 0,
            checks,
            writes,
            meta,
        };
        callers.spawn(async move { store.commit(batch).await });
    }
    let (mut done, mut refused) = (0, 0);
    while let Some(outcome) = callers.join_next().await {
        match outcome.unwrap() {
            Ok(_) => done += 1,
            Err(Error::Unavailable(_)) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    println!("{done} done, {refused} refused");
    assert!(refused > 0 && done >= 1_024);
    assert_eq!(store.head().await.unwrap().position, done);
    assert_eq!(store.verify().await.unwrap().rows, done);
    store.close().await.unwrap();
}
