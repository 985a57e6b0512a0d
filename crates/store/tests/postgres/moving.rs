//! A store that moves to PostgreSQL and back while it is written to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

use rapporteur_store::engine::{self, Address, Opened, Settings};
use rapporteur_store::switch::Switch;
use rapporteur_store::{Batch, Commit, Direction, Error, Store};

use crate::connections::new_schema;
use crate::server::shared;
use crate::support::{Acks, empty, write};

const WRITERS: u64 = 8;

async fn open(address: &Address) -> Result<Opened, Error> {
    engine::open(address, &Settings::default()).await
}

/// Waits until `more` have been committed.
async fn go_on(store: &dyn Store, more: u64) {
    let enough = store.head().await.unwrap().position + more;
    let deadline = Instant::now() + Duration::from_secs(60);
    while store.head().await.unwrap().position < enough {
        assert!(Instant::now() < deadline, "the writers stand still");
        store.wait(enough - 1, Duration::from_secs(1)).await;
    }
}

/// Both stores hold the same, row by row and entry by entry.
async fn equal(one: &dyn Store, other: &dyn Store) {
    let head = one.head().await.unwrap();
    assert_eq!(head, other.head().await.unwrap());
    let rows = async |store: &dyn Store| {
        let rows = store.scan(b"", b"", 10_000, Direction::Forward).await;
        rows.unwrap()
    };
    assert_eq!(rows(one).await, rows(other).await);
    let mut token = one.token_at(0).await.unwrap();
    while token.position < head.position {
        let page = one.read_log(&token, 1_000).await.unwrap();
        assert_eq!(page, other.read_log(&token, 1_000).await.unwrap());
        let last = page.last().unwrap();
        (token.position, token.op_id) = (last.position, last.op_id);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_moves_to_postgres_and_back_under_load() {
    let Some(server) = shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let sled = |name: &str| Address::Sled(folder.path().join(name));
    let postgres = Address::Postgres(Box::new(server.address("postgres", &new_schema())));
    let (old, back) = (sled("old"), sled("back"));
    let switch = Switch::new(open(&old).await.unwrap(), old.clone());
    let store: Arc<dyn Store> = switch.clone();
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| tokio::spawn(write(Arc::clone(&store), writer, Arc::clone(&stop))))
        .collect();

    go_on(&*store, 500).await;
    let token = store.head().await.unwrap();
    for (from, to) in [(&old, &postgres), (&postgres, &back)] {
        let moved = switch.relocate(to, &Settings::default(), |_| {}).await;
        let moved = moved.unwrap();
        println!("held for {:?} at {}", moved.held, moved.head.position);
        assert!(moved.held < Duration::from_secs(1), "{:?}", moved.held);
        let refused = open(from).await.map(drop).unwrap_err();
        let to = to.to_string();
        assert_eq!(refused, Error::Moved { to });
        go_on(&*store, 300).await;
    }
    stop.store(true, SeqCst);
    let mut acknowledged = Acks::new();
    for writer in writers {
        acknowledged.extend(writer.await.unwrap());
    }
    // Nothing is lost, nothing is there twice, and what was done in one engine is known in the other.
    let head = store.head().await.unwrap();
    assert_eq!(acknowledged.len() as u64, head.position);
    for (op_id, position) in &acknowledged {
        let again = Batch {
            op_id: *op_id,
            ..empty()
        };
        let replayed = true;
        let (position, done) = (*position, store.commit(again).await);
        assert_eq!(done, Ok(Commit { position, replayed }));
    }
    // A place in the log of the first store is one in that of the third.
    let next = store.read_log(&token, 1).await.unwrap();
    assert_eq!(next[0].position, token.position + 1);
    assert_eq!(store.verify().await.unwrap().log_entries, head.position);

    let copy = Address::Postgres(Box::new(server.address("postgres", &new_schema())));
    let settings = Settings::default();
    let copied = rapporteur_store::copy::copy(&*store, &copy, &settings, |_| {}).await;
    assert_eq!(copied.unwrap(), head);
    let copied = open(&copy).await.unwrap().store;
    equal(&*store, &*copied).await;
    copied.verify().await.unwrap();
    copied.close().await.unwrap();
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_does_not_write_to_a_store_that_was_moved() {
    let Some(server) = shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let schema = new_schema();
    let postgres = Address::Postgres(Box::new(server.address("postgres", &schema)));
    let switch = Switch::new(open(&postgres).await.unwrap(), postgres.clone());
    let replica = open(&postgres).await.unwrap().store;
    replica.commit(empty()).await.unwrap();
    let target = Address::Sled(folder.path().join("target"));
    switch
        .relocate(&target, &Settings::default(), |_| {})
        .await
        .unwrap();
    let to = target.to_string();
    let refused = replica.commit(empty()).await;
    assert_eq!(refused, Err(Error::Moved { to }));
    assert_eq!(switch.head().await.unwrap().position, 1);
    switch.commit(empty()).await.unwrap();
    replica.close().await.unwrap();
    switch.close().await.unwrap();
}
