//! What a caller is told, by what it may do about it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rapporteur_store::postgres::PostgresStore;
use rapporteur_store::{Batch, Commit, Error, Health, Result, Store, Write};
use tokio::task::JoinHandle;
use tokio_postgres::Client;

use crate::connections::new_schema;
use crate::server::{Server, shared};
use crate::support::empty;

const PATIENCE: Duration = Duration::from_secs(30);

fn batch() -> Batch {
    Batch {
        writes: vec![Write::record("k", "v")],
        ..empty()
    }
}

fn begin(store: &Arc<PostgresStore>, batch: &Batch) -> JoinHandle<Result<Commit>> {
    let (store, batch) = (Arc::clone(store), batch.clone());
    tokio::spawn(async move { store.commit(batch).await })
}

/// Waits until a statement of the store that looks like this is held up, and answers whose it is.
async fn held(admin: &Client, statement: &str, event: &str) -> i32 {
    let began = Instant::now();
    let text = "select pid from pg_stat_activity \
        where query ilike $1 and wait_event_type = $2 and application_name = 'rapporteur'";
    loop {
        if let Some(row) = admin.query_opt(text, &[&statement, &event]).await.unwrap() {
            return row.get(0);
        }
        assert!(began.elapsed() < PATIENCE, "{statement} is not held up");
        tokio::task::yield_now().await;
    }
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < PATIENCE, "it never came to this: {what}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_session_that_ends_before_the_writes_were_sent_applied_nothing() {
    let Some(server) = shared() else { return };
    let schema = new_schema();
    let store = server.open(&schema).await.unwrap();
    let (admin, mut holder) = (
        server.admin("postgres").await,
        server.admin("postgres").await,
    );
    let lock = holder.transaction().await.unwrap();
    let text = format!("select from {schema}.head for update");
    lock.query(&text, &[]).await.unwrap();
    let batch = batch();
    let committing = begin(&store, &batch);
    let pid = held(&admin, &format!("%{schema}%for update"), "Lock").await;
    admin
        .execute("select pg_terminate_backend($1)", &[&pid])
        .await
        .unwrap();
    let outcome = committing.await.unwrap();
    assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
    lock.rollback().await.unwrap();
    let commit = store.commit(batch).await.unwrap();
    assert_eq!((commit.position, commit.replayed), (1, false));
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_session_that_ends_after_the_writes_were_sent_leaves_it_open() {
    let Some(server) = shared() else { return };
    let schema = new_schema();
    let store = server.open(&schema).await.unwrap();
    // So that the session has its statements ready.
    store.commit(empty()).await.unwrap();
    let (admin, mut holder) = (
        server.admin("postgres").await,
        server.admin("postgres").await,
    );
    let lock = holder.transaction().await.unwrap();
    let text = format!("lock table {schema}.kv in exclusive mode");
    lock.batch_execute(&text).await.unwrap();
    let batch = batch();
    let committing = begin(&store, &batch);
    let pid = held(&admin, &format!("insert into%{schema}%kv%"), "Lock").await;
    admin
        .execute("select pg_terminate_backend($1)", &[&pid])
        .await
        .unwrap();
    let outcome = committing.await.unwrap();
    assert!(matches!(outcome, Err(Error::Ambiguous(_))), "{outcome:?}");
    lock.rollback().await.unwrap();
    let commit = store.commit(batch).await.unwrap();
    assert_eq!((commit.position, commit.replayed), (2, false));
    store.close().await.unwrap();
}

/// Whatever the server says of a statement inside the transaction, the `commit` behind it is answered as a
/// success, and is none.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_error_inside_the_transaction_is_not_taken_for_a_commit() {
    type Class = fn(&Error) -> bool;
    let unavailable: Class = |error| matches!(error, Error::Unavailable(_));
    let classes: [(&str, Class); 9] = [
        ("40001", unavailable),
        ("40P01", unavailable),
        ("23505", unavailable),
        ("25006", unavailable),
        ("57P03", unavailable),
        ("40003", |error| matches!(error, Error::Ambiguous(_))),
        ("57P02", |error| matches!(error, Error::Ambiguous(_))),
        ("53100", |error| matches!(error, Error::Full(_))),
        ("XX001", |error| matches!(error, Error::Corrupt(_))),
    ];
    let Some(server) = shared() else { return };
    let schema = new_schema();
    let store = server.open(&schema).await.unwrap();
    let admin = server.admin("postgres").await;
    for (position, (state, is_right)) in (1..).zip(classes) {
        let text = format!(
            "create or replace function {schema}.refuse() returns trigger language plpgsql as \
             $$ begin raise exception 'refused' using errcode = '{state}'; end $$; \
             create trigger refuse before insert on {schema}.log execute function {schema}.refuse()"
        );
        admin.batch_execute(&text).await.unwrap();
        let batch = batch();
        // Both of a group are told, and neither is there.
        let both = [begin(&store, &batch), begin(&store, &empty())];
        for outcome in both {
            let error = outcome.await.unwrap().unwrap_err();
            assert!(is_right(&error), "{state}: {error:?}");
        }
        assert_eq!(
            store.head().await.unwrap().position,
            position - 1,
            "{state}"
        );
        assert_eq!(store.lookup(batch.op_id).await.unwrap(), None, "{state}");
        admin
            .batch_execute(&format!("drop trigger refuse on {schema}.log"))
            .await
            .unwrap();
        let commit = store.commit(batch).await.unwrap();
        assert_eq!(
            (commit.position, commit.replayed),
            (position, false),
            "{state}"
        );
    }
    store.verify().await.unwrap();
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_stops_or_turns_read_only_comes_back_by_itself() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let store = server.open("away").await.unwrap();
    store.commit(batch()).await.unwrap();
    assert_eq!(store.health().await, Health::Serving);

    let admin = server.admin("postgres").await;
    let set = async |value: &str| {
        let text = format!("alter system set default_transaction_read_only = {value}");
        admin.batch_execute(&text).await.unwrap();
        admin
            .batch_execute("select pg_reload_conf()")
            .await
            .unwrap();
    };
    set("on").await;
    let failing = async || matches!(store.health().await, Health::Failing(_));
    until("failing", failing).await;
    let mut outcome = store.commit(batch()).await;
    until("refused", async || {
        outcome = store.commit(batch()).await;
        outcome.is_err()
    })
    .await;
    assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
    drop(admin);
    server.stop("INT");
    server.configure(["default_transaction_read_only = off"].iter());
    let outcome = store.commit(batch()).await;
    assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
    let outcome = store.get(b"k").await;
    assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
    assert!(failing().await);

    std::fs::write(server.data().join("postgresql.auto.conf"), "").unwrap();
    server.run();
    until("serving", async || store.health().await == Health::Serving).await;
    until("committed", async || store.commit(batch()).await.is_ok()).await;
    store.verify().await.unwrap();
    store.close().await.unwrap();
}

/// A commit that nobody could copy to the standby is a success to PostgreSQL once somebody cancels the wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_commit_that_gave_up_on_its_standby_is_open() {
    let Some(server) = Server::start(&["synchronous_standby_names = ''"]) else {
        return;
    };
    let store = server.open("standby").await.unwrap();
    let admin = server.admin("postgres").await;
    let names = async |value: &str| {
        server.configure([&*format!("synchronous_standby_names = '{value}'")].iter());
        admin
            .batch_execute("select pg_reload_conf()")
            .await
            .unwrap();
        until("reloaded", async || {
            let row = server.admin("postgres").await;
            let row = row
                .query_one("show synchronous_standby_names", &[])
                .await
                .unwrap();
            row.get::<_, &str>(0) == value
        })
        .await;
    };
    store.commit(batch()).await.unwrap();
    names("nobody").await;
    let batch = batch();
    for answer in ["first", "repeated"] {
        let committing = begin(&store, &batch);
        let pid = held(&admin, "commit", "IPC").await;
        admin
            .execute("select pg_cancel_backend($1)", &[&pid])
            .await
            .unwrap();
        let outcome = committing.await.unwrap();
        assert!(
            matches!(outcome, Err(Error::Ambiguous(_))),
            "{answer}: {outcome:?}"
        );
    }
    names("").await;
    let commit = store.commit(batch).await.unwrap();
    assert_eq!((commit.position, commit.replayed), (2, true));
    store.close().await.unwrap();
}
