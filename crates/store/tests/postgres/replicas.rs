//! Several processes on one store: each writes, each reads, each follows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rapporteur_store::engine::Remote;
use rapporteur_store::postgres::PostgresStore;
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

/// Nobody looks for an hour; the hint wakes whoever waits, again after its connections were cut.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hint_ends_a_wait_though_nobody_looks() {
    const SOON: Duration = Duration::from_secs(10);
    let Some(server) = shared() else { return };
    let schema = new_schema();
    let remote = Remote {
        poll: Duration::from_secs(3_600),
        notify: true,
        ..Remote::default()
    };
    let address = server.address("postgres", &schema);
    let open = async || PostgresStore::open(&address, &remote, None).await.unwrap();
    let (one, other) = (open().await, open().await);
    let admin = server.admin("postgres").await;
    let hinting = "select pid from pg_stat_activity \
        where (query like '%pg_notify%' or query like '%listen %') and pid <> pg_backend_pid()";
    for round in 0..3 {
        // Until both listen, which is told to nobody: the waiter's own commits are of no use for that.
        let deadline = Instant::now() + SOON * 3;
        let mut waiter = {
            let (one, head) = (Arc::clone(&one), one.head().await.unwrap().position);
            tokio::spawn(async move { one.wait(head, SOON * 6).await })
        };
        let mut committed = Instant::now();
        while !waiter.is_finished() {
            assert!(Instant::now() < deadline, "round {round}: nobody woke");
            committed = Instant::now();
            other.commit(put("k", "v")).await.unwrap();
            let _ = tokio::time::timeout(Duration::from_secs(1), &mut waiter).await;
        }
        let woken = committed.elapsed();
        println!("round {round}: woken within {woken:?}");
        assert!(woken < Duration::from_secs(1), "{woken:?}");
        // The last round has nothing but the hint to wake it: both have made their first look, and are connected.
        let cut_off = if round == 0 {
            admin.query(hinting, &[]).await.unwrap()
        } else {
            Vec::new()
        };
        assert!(round > 0 || cut_off.len() == 2, "{}", cut_off.len());
        for row in cut_off {
            let cut = "select pg_terminate_backend($1)";
            admin.execute(cut, &[&row.get::<_, i32>(0)]).await.unwrap();
        }
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
