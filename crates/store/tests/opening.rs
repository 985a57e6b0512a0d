//! What may be opened, by whom, and what is refused rather than written over.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Stdio;

use rapporteur_store::sled::{Options, SledStore};
use rapporteur_store::{Error, Health, Store, Write};
use support::{End, empty};

#[test]
fn child() {
    support::be_child(End::Close);
}

fn refusal(dir: &Path) -> Error {
    match SledStore::open(dir, Options::default()) {
        Ok(_) => panic!("{} was opened", dir.display()),
        Err(error) => error,
    }
}

/// Every file below `dir` with its contents.
fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    files.sort();
    files
}

/// A closed store with three commits.
async fn small_store(dir: &Path) {
    let store = SledStore::open(dir, Options::default()).unwrap();
    for n in 0..3 {
        let mut batch = empty();
        batch.writes.push(Write::record("k", format!("{n}")));
        store.commit(batch).await.unwrap();
    }
    store.close().await.unwrap();
}

#[tokio::test]
async fn one_opening_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let store = SledStore::open(dir.path(), Options::default()).unwrap();
    assert!(!store.recovered());
    assert!(matches!(refusal(dir.path()), Error::AlreadyOpen(_)));
    let other = support::child(dir.path(), 1, 1)
        .stdout(Stdio::piped())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&other.stdout);
    assert!(
        said.contains("refused the store is already open"),
        "the other process said {said}"
    );
    assert_eq!(store.health().await, Health::Serving);
    store.close().await.unwrap();
    SledStore::open(dir.path(), Options::default())
        .unwrap()
        .close()
        .await
        .unwrap();
}

#[tokio::test]
async fn dropping_releases_the_directory() {
    let dir = tempfile::tempdir().unwrap();
    for position in 1..4 {
        let store = SledStore::open(dir.path(), Options::default()).unwrap();
        assert_eq!(store.commit(empty()).await.unwrap().position, position);
    }
}

#[test]
fn foreign_directories_are_left_alone() {
    let foreign = [
        vec![("notes.txt", "mine")],
        vec![("db", "somebody's sled"), ("conf", "of another program")],
        vec![("store.json", "not json")],
        vec![(
            "store.json",
            r#"{"format": "another", "engine": "sled-0.34", "schema": 1}"#,
        )],
        vec![(
            "store.json",
            r#"{"format": "rapporteur-store", "engine": "other", "schema": 1}"#,
        )],
    ];
    for content in foreign {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in content {
            fs::write(dir.path().join(name), text).unwrap();
        }
        let before = files(dir.path());
        let error = refusal(dir.path());
        assert!(matches!(error, Error::Schema(_)), "{error}");
        assert_eq!(files(dir.path()), before);
    }
    // A bare sled of somebody else, opened by its own program, is not taken over either.
    let dir = tempfile::tempdir().unwrap();
    drop(::sled::open(dir.path()).unwrap());
    assert!(matches!(refusal(dir.path()), Error::Schema(_)));
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    small_store(dir.path()).await;
    let marker = dir.path().join("store.json");
    let text = fs::read_to_string(&marker).unwrap();
    assert!(text.contains("\"schema\": 2"), "{text}");
    fs::write(&marker, text.replace("\"schema\": 2", "\"schema\": 3")).unwrap();
    let before = files(dir.path());
    let error = refusal(dir.path());
    assert!(
        matches!(&error, Error::Schema(why) if why.contains("newer")),
        "{error}"
    );
    assert_eq!(files(dir.path()), before);
}

/// Brings a closed store back to schema 1, in which each value in the history had a history row at once.
fn to_schema_1(dir: &Path) {
    let db = ::sled::open(dir.join("sled")).unwrap();
    for row in db.range([0x01]..[0x02]) {
        let (key, mut value) = row.unwrap();
        if value[0] > 2 {
            let history = [&[0x06], &key[1..], &[0, 0], &value[1..9]].concat();
            db.insert(history, &[]).unwrap();
            value[0] -= 2;
            db.insert(key, value).unwrap();
        }
    }
    let packed: Vec<_> = db.range([0x05]..[0x06]).map(Result::unwrap).collect();
    for (key, ids) in packed {
        db.remove(&key).unwrap();
        let first = u64::from_be_bytes(key[1..].try_into().unwrap());
        for (id, position) in ids.as_chunks::<16>().0.iter().zip(first..) {
            let key = [&[0x05], &id[..]].concat();
            db.insert(key, &position.to_be_bytes()).unwrap();
        }
    }
    db.remove(b"\x00looked").unwrap();
    db.insert(b"\x00schema", &1_u32.to_be_bytes()).unwrap();
    db.flush().unwrap();
    drop(db);
    let marker = dir.join("store.json");
    let text = fs::read_to_string(&marker).unwrap();
    fs::write(&marker, text.replace("\"schema\": 2", "\"schema\": 1")).unwrap();
}

#[tokio::test]
async fn a_store_of_schema_1_keeps_its_history() {
    let dir = tempfile::tempdir().unwrap();
    small_store(dir.path()).await;
    // More commits than one row of op ids holds.
    let store = SledStore::open(dir.path(), Options::default()).unwrap();
    for _ in 3..600 {
        store.commit(empty()).await.unwrap();
    }
    store.close().await.unwrap();
    to_schema_1(dir.path());
    let store = SledStore::open(dir.path(), Options::default()).unwrap();
    assert_eq!(store.info().await.unwrap().schema, 2);
    store.verify().await.unwrap();
    for position in [1, 255, 256, 599, 600] {
        let known = store.token_at(position).await.unwrap().op_id;
        assert_eq!(store.lookup(known).await.unwrap(), Some(position));
    }
    let long = "x".repeat(10_000);
    for value in ["4", long.as_str(), "6"] {
        let mut batch = empty();
        batch.writes.push(Write::record("k", value.to_owned()));
        store.commit(batch).await.unwrap();
    }
    let told = store.history(b"k", u64::MAX, 10).await.unwrap();
    let told: Vec<_> = told
        .iter()
        .map(|r| (r.position, r.value.as_deref().unwrap().len()))
        .collect();
    assert_eq!(
        told,
        [(603, 1), (602, 10_000), (601, 1), (3, 1), (2, 1), (1, 1)]
    );
    let at_3 = store.history(b"k", 3, 1).await.unwrap();
    assert_eq!(at_3[0].value.as_deref(), Some(&b"2"[..]));
    assert_eq!(store.verify().await.unwrap().history_rows, 6);
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_creation_that_was_cut_short_begins_anew() {
    let dir = tempfile::tempdir().unwrap();
    let store = SledStore::open(dir.path(), Options::default()).unwrap();
    let store_id = store.info().await.unwrap().store_id;
    store.close().await.unwrap();
    let marker = dir.path().join("store.json");
    let text = fs::read_to_string(&marker).unwrap();
    fs::write(&marker, text.replace("\"ready\": true", "\"ready\": false")).unwrap();
    fs::write(dir.path().join("sled/conf"), "").unwrap();
    let store = SledStore::open(dir.path(), Options::default()).unwrap();
    assert_eq!(store.info().await.unwrap().store_id, store_id);
    assert_eq!(store.commit(empty()).await.unwrap().position, 1);
    store.close().await.unwrap();
    // But not when something had been acknowledged in it.
    fs::write(&marker, text.replace("\"ready\": true", "\"ready\": false")).unwrap();
    assert!(matches!(refusal(dir.path()), Error::Corrupt(_)));
}

#[tokio::test]
async fn a_lost_tail_is_told() {
    let dir = tempfile::tempdir().unwrap();
    small_store(dir.path()).await;
    let old = tempfile::tempdir().unwrap();
    support::copy_dir(dir.path(), old.path());
    small_store(dir.path()).await;
    // The rows of yesterday under the mark of today.
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    support::copy_dir(&old.path().join("sled"), &dir.path().join("sled"));
    let error = refusal(dir.path());
    assert!(
        matches!(&error, Error::Corrupt(why) if why.contains("tail was lost")),
        "{error}"
    );
}

#[tokio::test]
async fn another_history_is_told() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    small_store(dir.path()).await;
    small_store(other.path()).await;
    for part in ["sled", "high-water"] {
        let (from, to) = (other.path().join(part), dir.path().join(part));
        if from.is_dir() {
            fs::remove_dir_all(&to).unwrap();
            support::copy_dir(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
    assert!(matches!(refusal(dir.path()), Error::Corrupt(_)));
}

#[tokio::test]
async fn missing_parts_are_told() {
    for part in ["high-water", "sled/db", "sled/conf", "sled"] {
        let dir = tempfile::tempdir().unwrap();
        small_store(dir.path()).await;
        let path = dir.path().join(part);
        if path.is_dir() {
            fs::remove_dir_all(&path).unwrap();
        } else {
            fs::remove_file(&path).unwrap();
        }
        let error = refusal(dir.path());
        assert!(matches!(error, Error::Corrupt(_)), "{part}: {error}");
        assert!(!path.exists(), "{part} was made anew");
    }
}

#[tokio::test]
async fn blob_files_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    small_store(dir.path()).await;
    fs::write(dir.path().join("sled/blobs/1"), "x").unwrap();
    assert!(matches!(refusal(dir.path()), Error::Corrupt(_)));
}

#[tokio::test]
async fn an_unclean_end_is_told() {
    let dir = tempfile::tempdir().unwrap();
    small_store(dir.path()).await;
    let store = SledStore::open(dir.path(), Options::default()).unwrap();
    assert!(!store.recovered());
    store.commit(empty()).await.unwrap();
    let copy = tempfile::tempdir().unwrap();
    support::copy_dir(dir.path(), copy.path());
    store.close().await.unwrap();
    let store = SledStore::open(copy.path(), Options::default()).unwrap();
    assert!(store.recovered());
    assert_eq!(store.head().await.unwrap().position, 4);
    store.close().await.unwrap();
}

#[tokio::test]
async fn an_unfinished_snapshot_does_not_matter() {
    let dir = tempfile::tempdir().unwrap();
    small_store(dir.path()).await;
    fs::write(dir.path().join("sled/snap.FFFFFFFFFFFFFFF0.generating"), "").unwrap();
    let store = SledStore::open(dir.path(), Options::default()).unwrap();
    assert_eq!(store.head().await.unwrap().position, 3);
    store.close().await.unwrap();
}
