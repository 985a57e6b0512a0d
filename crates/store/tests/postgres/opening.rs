//! Making a store, finding it again, refusing what is not one, and copying one.

use std::collections::BTreeSet;
use std::sync::Arc;

use rapporteur_store::engine::{self, Address, Remote, Settings};
use rapporteur_store::postgres::PostgresStore;
use rapporteur_store::{Batch, Commit, Error, LogEntry, Store as _, Write, chain};
use uuid::Uuid;

use crate::connections::new_schema;
use crate::server::{Server, shared};
use crate::support::{empty, scanned};

fn put(key: &str) -> Batch {
    Batch {
        writes: vec![Write::record(key.to_owned(), "v")],
        ..empty()
    }
}

fn refused(outcome: rapporteur_store::Result<Arc<PostgresStore>>) -> String {
    match outcome {
        Err(Error::Schema(why)) => why,
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("it was opened"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replicas_that_start_together_make_one_store() {
    let Some(server) = shared() else { return };
    let schema = new_schema();
    let mut opening = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let schema = schema.clone();
        opening.spawn(async move { server.open(&schema).await.unwrap() });
    }
    let stores = opening.join_all().await;
    let mut ids = BTreeSet::new();
    for store in &stores {
        ids.insert(store.info().await.unwrap().store_id);
        store.commit(put("k")).await.unwrap();
    }
    assert_eq!(
        (ids.len(), stores[0].head().await.unwrap().position),
        (1, 8)
    );
    for store in stores {
        store.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_not_ours_or_too_new_is_refused() {
    let Some(server) = shared() else { return };
    let admin = server.admin("postgres").await;
    let run = async |text: &str| admin.batch_execute(text).await.unwrap();

    let schema = new_schema();
    run(&format!(
        "create schema {schema}; create table {schema}.invoices (id int)"
    ))
    .await;
    let why = refused(server.open(&schema).await);
    assert!(why.contains("invoices") && why.contains(&schema), "{why}");

    let schema = new_schema();
    run(&format!(
        "create schema {schema}; create table {schema}.meta (id int)"
    ))
    .await;
    let why = refused(server.open(&schema).await);
    assert!(why.contains(&schema), "{why}");

    let schema = new_schema();
    server.open(&schema).await.unwrap().close().await.unwrap();
    run(&format!("update {schema}.meta set value = '7'")).await;
    let why = refused(server.open(&schema).await);
    assert!(why.contains("format 7") && why.contains("up to 2"), "{why}");
    // And nothing was changed about it.
    run(&format!("update {schema}.meta set value = '2'")).await;
    server.open(&schema).await.unwrap().close().await.unwrap();
}

/// The role that works every day needs no right to make anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_role_without_rights_to_create_works_with_what_is_there() {
    let Some(server) = shared() else { return };
    let schema = new_schema();
    server.open(&schema).await.unwrap().close().await.unwrap();
    let admin = server.admin("postgres").await;
    let rights = format!(
        "create role worker login; grant usage on schema {schema} to worker; \
         grant select, insert, update, delete on all tables in schema {schema} to worker"
    );
    admin.batch_execute(&rights).await.unwrap();
    let port = server.port;
    let open = async |schema: &str| {
        let url = format!("postgres://worker@127.0.0.1:{port}/postgres?schema={schema}");
        PostgresStore::open(&url.parse().unwrap(), &Remote::default(), None).await
    };
    let store = open(&schema).await.unwrap();
    store.commit(put("k")).await.unwrap();
    store.verify().await.unwrap();
    store.close().await.unwrap();
    let why = refused(open(&new_schema()).await);
    assert!(why.contains("permission denied"), "{why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_store_is_opened_by_its_address_and_keeps_its_identity() {
    let Some(server) = shared() else { return };
    let schema = new_schema();
    let port = server.port;
    let address = format!("postgres://postgres@127.0.0.1:{port}/postgres?schema={schema}");
    let address: Address = address.parse().unwrap();
    let (first, second) = (Uuid::new_v4(), Uuid::new_v4());
    for wanted in [first, second] {
        let settings = Settings {
            store_id: Some(wanted),
            ..Settings::default()
        };
        let opened = engine::open(&address, &settings).await.unwrap();
        let info = opened.store.info().await.unwrap();
        assert_eq!((info.engine, info.store_id), ("postgres", first));
        assert!(info.disk_bytes.unwrap() > 0);
        opened.store.close().await.unwrap();
    }
    let nobody = "postgres://postgres@127.0.0.1:1/postgres".parse().unwrap();
    let error = engine::open(&nobody, &Settings::default())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn strict_refuses_what_could_lose_commits() {
    let settings = ["synchronous_commit = off", "full_page_writes = off"];
    let Some(server) = Server::start(&settings) else {
        return;
    };
    let address = server.address("postgres", "strict");
    server.open("strict").await.unwrap().close().await.unwrap();
    let strict = Remote {
        strict: true,
        ..Remote::default()
    };
    let why = refused(PostgresStore::open(&address, &strict, None).await);
    for name in [
        "synchronous_commit",
        "full_page_writes",
        "synchronous_standby_names",
    ] {
        assert!(why.contains(name), "{name}: {why}");
    }
    assert!(!why.contains("fsync"), "{why}");
    // A new session has the new values once they are there.
    server.stop("INT");
    let safe = [
        "synchronous_commit = on",
        "full_page_writes = on",
        "synchronous_standby_names = 'standby'",
        "default_transaction_read_only = off",
    ];
    server.configure(safe.iter());
    server.run();
    let store = PostgresStore::open(&address, &strict, None).await.unwrap();
    store.close().await.unwrap();
}

/// Another store in its place, from a copy perhaps: whoever had the old one open must begin anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_store_that_was_replaced_is_noticed() {
    let Some(server) = shared() else { return };
    let schema = new_schema();
    let store = server.open(&schema).await.unwrap();
    store.commit(put("k")).await.unwrap();
    let admin = server.admin("postgres").await;
    let text = format!("update {schema}.head set store_id = gen_random_uuid()");
    admin.batch_execute(&text).await.unwrap();
    let mut failed = store.failed();
    let outcome = store.commit(put("k")).await;
    assert!(matches!(outcome, Err(Error::Schema(_))), "{outcome:?}");
    assert!(failed.wait_for(Option::is_some).await.unwrap().is_some());
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_copy_takes_the_log_over_as_it_is() {
    let Some(server) = shared() else { return };
    let origin = server.open(&new_schema()).await.unwrap();
    let delete = Batch {
        writes: vec![Write::delete("a")],
        ..empty()
    };
    let batches = [put("a"), put("b"), delete, put("c"), empty()];
    for batch in &batches {
        origin.commit(batch.clone()).await.unwrap();
    }
    let store_id = origin.info().await.unwrap().store_id;
    let log = origin
        .read_log(&origin.token_at(0).await.unwrap(), 100)
        .await
        .unwrap();

    let address = server.address("postgres", &new_schema());
    let copy = PostgresStore::open(&address, &Remote::default(), Some(store_id))
        .await
        .unwrap();
    let refuses = async |store_id, entries: &[LogEntry]| {
        let error = copy
            .take_over(store_id, entries.to_vec())
            .await
            .unwrap_err();
        assert_eq!(copy.head().await.unwrap().position, 0);
        error
    };
    for (store_id, entries) in [(store_id, &log[1..]), (Uuid::new_v4(), &log[..])] {
        let error = refuses(store_id, entries).await;
        assert!(matches!(error, Error::Diverged(_)), "{error:?}");
    }
    // One bad entry at the end: none of those before it is taken.
    let mut forged = log.clone();
    forged[4].meta = "forged".into();
    let error = refuses(store_id, &forged).await;
    assert!(matches!(error, Error::Corrupt(_)), "{error:?}");
    forged[4].hash = chain::hash(&forged[4]);
    forged[4].previous_hash = [1; 32];
    let error = refuses(store_id, &forged).await;
    assert!(matches!(error, Error::Diverged(_)), "{error:?}");

    copy.take_over(store_id, vec![]).await.unwrap();
    copy.take_over(store_id, log[..2].to_vec()).await.unwrap();
    copy.take_over(store_id, log[2..].to_vec()).await.unwrap();
    let (start, head) = (
        origin.token_at(0).await.unwrap(),
        origin.head().await.unwrap(),
    );
    assert_eq!(copy.head().await.unwrap(), head);
    assert_eq!(copy.read_log(&start, 100).await.unwrap(), log);
    assert_eq!(
        scanned(&*copy).await.unwrap(),
        scanned(&*origin).await.unwrap()
    );
    let history = origin.history(b"a", u64::MAX, 9).await.unwrap();
    assert_eq!(copy.history(b"a", u64::MAX, 9).await.unwrap(), history);
    assert_eq!(copy.verify().await.unwrap(), origin.verify().await.unwrap());
    let replay = Commit {
        position: 2,
        replayed: true,
    };
    assert_eq!(copy.commit(batches[1].clone()).await.unwrap(), replay);
    assert_eq!(copy.commit(put("d")).await.unwrap().position, 6);
    origin.close().await.unwrap();
    copy.close().await.unwrap();
}
