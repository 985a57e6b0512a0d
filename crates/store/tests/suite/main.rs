//! The suite knows no engine, and it notices: an engine of a hundred lines in memory passes it, and the
//! same engine with one promise broken does not.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod memory;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use rapporteur_store::conformance::{self, Engine};
use rapporteur_store::{Result, Store};
use uuid::Uuid;

use memory::{Data, FAULTS, Fault, Memory};

type Kept = (Arc<dyn Store>, Arc<Mutex<Data>>, Uuid);

/// Creates memories, and remembers what each of them kept.
struct Memories {
    fault: Option<Fault>,
    kept: Mutex<Vec<Kept>>,
}

#[async_trait]
impl Engine for Memories {
    async fn create_as(&self, store_id: Uuid) -> Result<Arc<dyn Store>> {
        let data = Arc::default();
        let store: Arc<dyn Store> = Memory::new(self.fault, Arc::clone(&data), store_id);
        let kept = (Arc::clone(&store), data, store_id);
        self.kept.lock().unwrap().push(kept);
        Ok(store)
    }

    async fn reopen(&self, store: Arc<dyn Store>) -> Result<Arc<dyn Store>> {
        store.close().await?;
        let mut kept = self.kept.lock().unwrap();
        let (held, data, store_id) = kept
            .iter_mut()
            .find(|(held, ..)| Arc::ptr_eq(held, &store))
            .unwrap();
        if self.fault == Some(Fault::LosesTheLastOnReopening) {
            data.lock().unwrap().log.pop();
        }
        *held = Memory::new(self.fault, Arc::clone(data), *store_id);
        Ok(Arc::clone(held))
    }
}

fn memories(fault: Option<Fault>) -> Memories {
    Memories {
        fault,
        kept: Mutex::default(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_engine_in_memory_conforms() {
    let tests = conformance::suite(&memories(None))
        .await
        .unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(tests, conformance::TESTS.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_broken_promise_is_noticed() {
    for fault in FAULTS {
        match conformance::suite(&memories(Some(fault))).await {
            Ok(_) => panic!("{fault:?} was not noticed"),
            Err(failure) => println!("{fault:?}: {}", failure.test),
        }
    }
}
