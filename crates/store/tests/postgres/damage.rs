//! What somebody changed behind the store's back, and where `verify` finds it.

use rapporteur_store::{Batch, Error, Store as _, Write};

use crate::connections::new_schema;
use crate::server::shared;
use crate::support::empty;

/// What is done to a store of six commits, and what is said of it. `@` is its schema.
const DAMAGE: [(&str, &str); 13] = [
    (
        "update @.kv set val = 'x' where key = 'k3'",
        "row k3 is not what",
    ),
    (
        "update @.kv set ver = 2 where key = 'k3'",
        "row k3 is not what",
    ),
    (
        "delete from @.kv where key = 'k4'",
        "log entry 4: a row that it wrote is missing",
    ),
    (
        "insert into @.kv values ('new', 'x', 3)",
        "row new is not what",
    ),
    (
        "update @.log set body = body || '\\x00' where pos = 3",
        "3: the store is damaged",
    ),
    (
        "update @.log set hash = sha256('') where pos = 3",
        "log entry 3 does not fit its hash",
    ),
    (
        "update @.log set at = at + 1 where pos = 2",
        "log entry 2: its time is not",
    ),
    (
        "update @.log set op_id = gen_random_uuid() where pos = 2",
        "log entry 2: its op_id is not",
    ),
    ("delete from @.log where pos = 4", "log entry 4 is missing"),
    (
        "update @.log a set hash = b.hash, body = b.body from @.log b where a.pos = 4 and b.pos = 3",
        "log entry 4: its body is that of another position",
    ),
    (
        "delete from @.history where pos = 5",
        "log entry 5: a value is not in the history",
    ),
    (
        "insert into @.history values ('k1', 77)",
        "tells of a log entry 77 that is not there",
    ),
    (
        "insert into @.history values ('stray', 2)",
        "7 values in the history where the log accounts for 6",
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn verify_names_the_first_bad_place() {
    let Some(server) = shared() else { return };
    let admin = server.admin("postgres").await;
    for (damage, said) in DAMAGE {
        let schema = new_schema();
        let store = server.open(&schema).await.unwrap();
        for n in 1..=6 {
            let writes = vec![Write::record(format!("k{n}"), "v")];
            let batch = Batch { writes, ..empty() };
            store.commit(batch).await.unwrap();
        }
        assert_eq!(store.verify().await.unwrap().history_rows, 6);
        admin
            .batch_execute(&damage.replace('@', &schema))
            .await
            .unwrap();
        match store.verify().await {
            Err(Error::Corrupt(place)) => assert!(place.contains(said), "{damage}: {place}"),
            other => panic!("{damage}: {other:?}"),
        }
        store.close().await.unwrap();
    }
}
