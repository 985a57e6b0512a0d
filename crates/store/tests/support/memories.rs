//! Engines that make stores in memory.
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a module of several test binaries, each uses its part"
)]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use rapporteur_store::conformance::Engine;
use rapporteur_store::{Result, Store};
use uuid::Uuid;

use super::memory::{Data, Fault, Memory};

type Kept = (Arc<dyn Store>, Arc<Mutex<Data>>, Uuid);

/// Creates memories, and remembers what each of them kept.
pub struct Memories {
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

/// An engine with one promise broken, or none.
pub fn memories(fault: Option<Fault>) -> Memories {
    Memories {
        fault,
        kept: Mutex::default(),
    }
}
