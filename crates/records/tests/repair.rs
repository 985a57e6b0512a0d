//! Index rows and guard rows that went wrong are found, named and made anew.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::sync::Arc;

use bytes::Bytes;
use rapporteur_proto::events::v1::Party;
use rapporteur_records::repair::Reindexed;
use rapporteur_records::{AnyNoun, Call, Noun, Pattern, Records, layout};
use rapporteur_store::sled::{Options, SledStore};
use rapporteur_store::{Batch, Store, Write};

/// Parties by acronym, which only one may have.
static PARTY: Noun<Party> = Noun {
    kind: 1,
    pattern: Pattern("parties/*"),
    field: "party",
    output_only: &[],
    under: None,
    index: |party| vec![row(&party.acronym, &party.name)],
    guards: |party| vec![taken(&party.acronym)],
    complete: |_| {},
    check: |_, _| {},
};
const NOUNS: [&dyn AnyNoun; 1] = [&PARTY];

fn row(acronym: &str, name: &str) -> Bytes {
    layout::index(1, 1).str(acronym).str(name).into_bytes()
}

fn taken(acronym: &str) -> Bytes {
    layout::guard(1, 1).str(acronym).into_bytes()
}

/// Records a party, as a service does that forgot to write the guard row, or not.
async fn record(records: &Records, id: &str, acronym: &str, guarded: bool) {
    let mut party = Party {
        name: format!("parties/{id}"),
        acronym: acronym.to_owned(),
        ..Party::default()
    };
    let rpc = "rapporteur.events.v1.PartyService/CreateParty";
    let mut change = records.change(Call::new("tester", rpc, &party)).unwrap();
    change.create(&PARTY, &mut party).unwrap();
    if guarded {
        change.write(Write::put(taken(acronym), party.name.clone()));
    }
    change.commit(&PARTY).await.unwrap();
}

async fn raw(store: &dyn Store, op_id: u128, writes: Vec<Write>) {
    let (checks, meta) = (Vec::new(), Bytes::new());
    let batch = Batch {
        op_id: uuid(op_id),
        time_us: 0,
        checks,
        writes,
        meta,
    };
    store.commit(batch).await.unwrap();
}

fn uuid(number: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(number)
}

#[tokio::test]
async fn index_rows_are_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = SledStore::open(folder.path(), Options::default()).unwrap();
    let records = Records::new(store.clone());
    assert_eq!(records.written_by().await.unwrap(), None);
    for id in ["a", "b", "c"] {
        record(&records, id, &id.to_uppercase(), true).await;
    }
    let package = records.written_by().await.unwrap();
    assert_eq!(package.as_deref(), Some("rapporteur.events.v1"));
    let whole = records.verify(&NOUNS).await.unwrap();
    assert_eq!((whole.records, whole.rows, whole.guards), (3, 3, 3));
    let untouched = records.reindex(&NOUNS, "nothing is wrong").await.unwrap();
    let right = Reindexed {
        right: 6,
        ..Reindexed::default()
    };
    assert_eq!(untouched, right);

    let writes = vec![
        Write::delete(row("A", "parties/a")),
        Write::put(row("B", "parties/b"), "parties/c"),
        Write::put(row("X", "parties/x"), "parties/x"),
        Write::delete(taken("C")),
    ];
    raw(&*store, 1, writes).await;
    let error = records.verify(&NOUNS).await.unwrap_err().to_string();
    assert!(error.contains("leads to parties/c"), "{error}");
    let before = store.head().await.unwrap();
    let mended = records.reindex(&NOUNS, "rows went astray").await.unwrap();
    let expected = Reindexed {
        right: 3,
        written: 3,
        removed: 1,
        commits: 1,
    };
    assert_eq!(mended, expected);
    assert_eq!(records.verify(&NOUNS).await.unwrap(), whole);
    // The log says who did it and why, like of any other change.
    let log = store.read_log(&before, 10).await.unwrap();
    assert_eq!(log.len(), 1);
    let said = String::from_utf8_lossy(&log[0].meta).into_owned();
    assert!(
        said.contains("doctor") && said.contains("rows went astray"),
        "{said}"
    );
}

#[tokio::test]
async fn differences_are_told_one_by_one_and_then_counted() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = SledStore::open(folder.path(), Options::default()).unwrap();
    let records = Records::new(store.clone());
    for number in 0..23 {
        record(
            &records,
            &format!("p{number:02}"),
            &format!("A{number}"),
            false,
        )
        .await;
    }
    let found = records.examine(&NOUNS).await.unwrap();
    assert_eq!((found.differences.len(), found.more), (20, 3));
    assert_eq!((found.whole.rows, found.whole.guards), (23, 0));
    let first = &found.differences[0];
    assert!(first.contains("parties/p00 lacks the guard row"), "{first}");
    records
        .reindex(&NOUNS, "they were forgotten")
        .await
        .unwrap();
    assert_eq!(records.verify(&NOUNS).await.unwrap().guards, 23);

    // Who of two has it is not for a repair to decide.
    record(&records, "twin", "A7", false).await;
    let found = records.examine(&NOUNS).await.unwrap();
    let [contested] = &found.differences[..] else {
        panic!("{found:?}");
    };
    assert!(
        contested.contains("parties/p07 and parties/twin both ask for the guard row"),
        "{contested}"
    );
    let before = store.head().await.unwrap();
    records.reindex(&NOUNS, "a twin").await.unwrap_err();
    assert_eq!(store.head().await.unwrap(), before);
}

#[tokio::test]
async fn a_mirror_that_does_not_decode_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = SledStore::open(folder.path(), Options::default()).unwrap();
    let records = Records::new(store.clone());
    assert_eq!(records.verify_mirrors().await.unwrap(), 0);
    let broken = Write::put(layout::mirror("events", "parties/a"), vec![0xFF; 9]);
    raw(&*store, 1, vec![broken]).await;
    let error = records.verify_mirrors().await.unwrap_err().to_string();
    assert!(error.contains("the mirror of parties/a"), "{error}");
}
