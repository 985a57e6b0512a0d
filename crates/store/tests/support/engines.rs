//! How the tests get at the engines that keep things.
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a module of several test binaries, each uses its part"
)]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use rapporteur_store::conformance::Engine;
use rapporteur_store::sled::{Options, SledStore};
use rapporteur_store::{Result, Store};
use tempfile::TempDir;
use uuid::Uuid;

/// Stores in directories that live as long as the engine.
#[derive(Default)]
pub struct Sled {
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
