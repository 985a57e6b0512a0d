//! Several processes on one store: each writes, each reads, each follows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rapporteur_store::{Batch, Commit, Store as _, Write};

use crate::connections::new_schema;
use crate::load::{Load, Replica};
use crate::server::shared;
use crate::support::{empty, replayed, scanned, times};

/// Commits of the long run; `STORE_TEST_PG_COMMITS` asks for more.
const COMMITS: usize = 6_000;

fn put(key: &str, value: &str) -> Batch {
    Batch {
        writes: vec![Write::record(key.to_owned(), value.to_owned())],
        ..empty()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_one_replica_did_all_know() {
    let Some(server) = shared() else { return };
    let schema = new_schema();
    let (one, other) = (
        server.open(&schema).await.unwrap(),
        server.open(&schema).await.unwrap(),
    );
    assert_eq!(one.info().await.unwrap(), other.info().await.unwrap());
    let batch = put("k", "by one");
    let first = one.commit(batch.clone()).await.unwrap();
    let again = other.commit(batch.clone()).await.unwrap();
    let replay = Commit {
        replayed: true,
        ..first
    };
    assert_eq!(again, replay);
    assert_eq!(
        other.get(b"k").await.unwrap().unwrap().version,
        first.position
    );
    assert_eq!(other.head().await.unwrap(), one.head().await.unwrap());
    other.commit(put("k", "by other")).await.unwrap();
    assert_eq!(one.history(b"k", u64::MAX, 9).await.unwrap().len(), 2);
    assert_eq!(one.commit(batch).await.unwrap(), replay);
    one.close().await.unwrap();
    other.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_wait_ends_with_the_commit_of_another_replica() {
    const LONG: Duration = Duration::from_secs(60);
    let Some(server) = shared() else { return };
    let schema = new_schema();
    let (one, other) = (
        server.open(&schema).await.unwrap(),
        server.open(&schema).await.unwrap(),
    );
    for position in 0..3 {
        let began = Instant::now();
        let waiter = {
            let one = Arc::clone(&one);
            tokio::spawn(async move { one.wait(position, LONG).await })
        };
        other.commit(put("k", "v")).await.unwrap();
        waiter.await.unwrap();
        assert!(
            began.elapsed() < LONG / 2,
            "nobody woke for {:?}",
            began.elapsed()
        );
        println!("seen by the other replica after {:?}", began.elapsed());
    }
    one.close().await.unwrap();
    other.close().await.unwrap();
}

/// With `STORE_TEST_PG_COMMITS=100000` the long run; some thousands otherwise.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn three_replicas_and_three_tailers_that_restart() {
    let Some(server) = shared() else { return };
    let schema = new_schema();
    let mut replicas: Vec<Replica> = Vec::new();
    for _ in 0..3 {
        replicas.push(server.open(&schema).await.unwrap());
    }
    let commits = times("STORE_TEST_PG_COMMITS", COMMITS) as u64;
    let began = Instant::now();
    let load = Load::start(&replicas, 48, 3, commits).await;
    let figures = load.check().await;
    println!("3 replicas, 3 tailers: {figures}; {:?}", began.elapsed());
    assert_eq!((figures.acked, figures.bad()), (commits, [0; 5]));
    let state = replayed(&*replicas[0]).await.unwrap();
    for replica in replicas {
        assert_eq!(scanned(&*replica).await.unwrap(), state);
        replica.close().await.unwrap();
    }
}
