//! The suite of every engine, on the defaults and on databases whose defaults are stricter.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use rapporteur_store::conformance::{self, Engine};
use rapporteur_store::engine::Remote;
use rapporteur_store::postgres::{Address, PostgresStore};
use rapporteur_store::{Result, Store};
use uuid::Uuid;

use crate::connections::new_schema;
use crate::server::{Server, shared};

/// Stores in schemas of one database.
pub struct Postgres {
    server: &'static Server,
    database: &'static str,
    opened: Mutex<Vec<(Address, Arc<dyn Store>)>>,
}

impl Postgres {
    pub fn new(server: &'static Server, database: &'static str) -> Self {
        Self {
            server,
            database,
            opened: Mutex::default(),
        }
    }

    async fn open(&self, address: Address, store_id: Option<Uuid>) -> Result<Arc<dyn Store>> {
        let remote = Remote::default();
        let store: Arc<dyn Store> = PostgresStore::open(&address, &remote, store_id).await?;
        self.opened
            .lock()
            .unwrap()
            .push((address, Arc::clone(&store)));
        Ok(store)
    }
}

#[async_trait]
impl Engine for Postgres {
    async fn create_as(&self, store_id: Uuid) -> Result<Arc<dyn Store>> {
        let address = self.server.address(self.database, &new_schema());
        self.open(address, Some(store_id)).await
    }

    async fn reopen(&self, store: Arc<dyn Store>) -> Result<Arc<dyn Store>> {
        store.close().await?;
        let address = {
            let opened = self.opened.lock().unwrap();
            let mut opened = opened.iter();
            opened
                .find(|(_, held)| Arc::ptr_eq(held, &store))
                .unwrap()
                .0
                .clone()
        };
        self.open(address, None).await
    }
}

async fn suite(database: &'static str, isolation: Option<&str>) {
    let Some(server) = shared() else { return };
    server.database(database, isolation).await;
    let admin = server.admin(database).await;
    let level = admin
        .query_one("show default_transaction_isolation", &[])
        .await
        .unwrap();
    assert_eq!(
        level.get::<_, &str>(0),
        isolation.unwrap_or("read committed")
    );
    for name in conformance::TESTS {
        let began = std::time::Instant::now();
        let outcome = conformance::test(&Postgres::new(server, database), name).await;
        println!("{database}: {name}: {:?}", began.elapsed());
        if let Err(failure) = outcome {
            panic!("{failure}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn conforms() {
    suite("defaults", None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn conforms_under_repeatable_read() {
    suite("repeatable_read", Some("repeatable read")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn conforms_under_serializable() {
    suite("serializable", Some("serializable")).await;
}
