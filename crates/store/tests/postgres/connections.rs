//! Ways into a [`Server`]: the addresses of its databases, connections beside the store, stores.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use rapporteur_store::Result;
use rapporteur_store::engine::Remote;
use rapporteur_store::postgres::{Address, PostgresStore};
use tokio_postgres::{Client, NoTls};

use crate::server::Server;

impl Server {
    /// The address of a database of this server.
    pub fn address(&self, database: &str, schema: &str) -> Address {
        let port = self.port;
        let url = format!("postgres://postgres@127.0.0.1:{port}/{database}?schema={schema}");
        url.parse().unwrap()
    }

    /// A connection beside the store.
    pub async fn admin(&self, database: &str) -> Client {
        let url = format!("postgres://postgres@127.0.0.1:{}/{database}", self.port);
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// A database with these defaults, made when it is not there.
    pub async fn database(&self, name: &str, isolation: Option<&str>) {
        let admin = self.admin("postgres").await;
        admin
            .batch_execute(&format!("create database {name}"))
            .await
            .unwrap();
        if let Some(level) = isolation {
            let text =
                format!("alter database {name} set default_transaction_isolation = '{level}'");
            admin.batch_execute(&text).await.unwrap();
        }
    }

    pub async fn open(&self, schema: &str) -> Result<std::sync::Arc<PostgresStore>> {
        PostgresStore::open(&self.address("postgres", schema), &Remote::default(), None).await
    }
}

/// A name for a schema that no other test has.
pub fn new_schema() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("s{}", NEXT.fetch_add(1, SeqCst))
}
