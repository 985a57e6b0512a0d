//! Stores that are exported, imported and copied: nothing is lost, nothing is written over, and what was cut
//! off goes on.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rapporteur_store::archive::file;
use rapporteur_store::copy::{self, Progress};
use rapporteur_store::engine::{self, Address, Settings};
use rapporteur_store::{Error, Store, Token, Write};
use support::{Dice, empty};

const TARGET: &str = "STORE_IMPORT_TARGET";
const FILE: &str = "STORE_IMPORT_FILE";

/// Imports what the environment names; does nothing in a normal run.
#[tokio::test]
async fn importing_child() {
    let Some(target) = std::env::var_os(TARGET) else {
        return;
    };
    let file = std::env::var_os(FILE).unwrap();
    let target = Address::Sled(target.into());
    import(Path::new(&file), &target).await.unwrap();
}

async fn import(file: &Path, target: &Address) -> Result<Token, Error> {
    copy::import(file, target, &Settings::default(), |_| {}).await
}

async fn open(address: &Address) -> Result<Arc<dyn Store>, Error> {
    let opened = engine::open(address, &Settings::default()).await;
    opened.map(|opened| opened.store)
}

fn sled(folder: &Path, name: &str) -> Address {
    Address::Sled(folder.join(name))
}

/// Commits that write over each other in ten keys.
async fn fill(store: &dyn Store, count: usize) {
    for n in 0..count {
        let mut batch = empty();
        batch.writes = vec![
            Write::record(format!("k{}", n % 10), vec![n as u8; 1_000]),
            Write::put(format!("i{}", n % 7), ""),
        ];
        store.commit(batch).await.unwrap();
    }
}

async fn ensure_copy(origin: &dyn Store, copy: &dyn Store) {
    copy::ensure_equal(origin, copy).await.unwrap();
    let scanned = support::scanned(copy).await.unwrap();
    assert_eq!(scanned, support::scanned(origin).await.unwrap());
    assert_eq!(support::replayed(copy).await.unwrap(), scanned);
    assert_eq!(copy.verify().await.unwrap(), origin.verify().await.unwrap());
}

#[tokio::test]
async fn an_archive_brings_back_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.archive");
    let origin = open(&sled(folder.path(), "origin")).await.unwrap();
    fill(&*origin, 2_500).await;
    let mut seen = Vec::new();
    let summary = copy::export(Arc::clone(&origin), &path, 7, |progress| {
        seen.push(progress);
    });
    assert_eq!(summary.await.unwrap().entries, 2_500);
    let end = Progress {
        position: 2_500,
        head: 2_500,
    };
    assert_eq!(seen.last(), Some(&end));
    assert!(seen.is_sorted_by_key(|progress| progress.position));

    let target = sled(folder.path(), "target");
    let head = import(&path, &target).await.unwrap();
    assert_eq!(head, origin.head().await.unwrap());
    let restored = open(&target).await.unwrap();
    ensure_copy(&*origin, &*restored).await;
    fill(&*restored, 3).await;
    assert_eq!(restored.head().await.unwrap().position, 2_503);
    restored.close().await.unwrap();

    // Neither an archive nor a store is written over.
    let again = copy::export(Arc::clone(&origin), &path, 7, |_| {}).await;
    assert!(matches!(again, Err(Error::Exists(_))), "{again:?}");
    let again = import(&path, &target).await;
    assert!(matches!(again, Err(Error::Exists(_))), "{again:?}");
    let restored = open(&target).await.unwrap();
    assert_eq!(restored.head().await.unwrap().position, 2_503);
    let foreign = folder.path().join("foreign");
    std::fs::create_dir(&foreign).unwrap();
    std::fs::write(foreign.join("letter.txt"), "dear").unwrap();
    let refused = import(&path, &Address::Sled(foreign.clone())).await;
    assert!(matches!(refused, Err(Error::Schema(_))), "{refused:?}");
    assert_eq!(std::fs::read_dir(foreign).unwrap().count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archive_under_load_is_consistent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.archive");
    let origin = open(&sled(folder.path(), "origin")).await.unwrap();
    fill(&*origin, 500).await;
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let origin = Arc::clone(&origin);
            tokio::spawn(async move { fill(&*origin, 200).await })
        })
        .collect();
    let before = origin.head().await.unwrap().position;
    let export = copy::export(Arc::clone(&origin), &path, 7, |_| {});
    let summary = export.await.unwrap();
    assert!(summary.entries >= before);
    for writer in writers {
        writer.await.unwrap();
    }
    // The archive is the origin as it was; what came later follows from there.
    let target = sled(folder.path(), "target");
    let head = import(&path, &target).await.unwrap();
    assert_eq!(head.position, summary.entries);
    let origin_then = origin.token_at(head.position).await.unwrap();
    assert_eq!(head, origin_then);
    let settings = Settings::default();
    let again = copy::copy(&*origin, &target, &settings, |_| {}).await;
    assert!(matches!(again, Err(Error::Exists(_))), "{again:?}");
    let restored = open(&target).await.unwrap();
    copy::catch_up(&*origin, &*restored, |_| {}).await.unwrap();
    ensure_copy(&*origin, &*restored).await;
}

#[tokio::test]
async fn a_damaged_archive_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.archive");
    let origin = open(&sled(folder.path(), "origin")).await.unwrap();
    fill(&*origin, 50).await;
    let export = copy::export(origin, &path, 7, |_| {});
    export.await.unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let target = folder.path().join("target");
    let error = import(&path, &Address::Sled(target.clone())).await;
    let said = error.unwrap_err().to_string();
    assert!(
        said.contains("entry 2") && said.contains("hash"),
        "which of 50 entries, and what: {said}"
    );
    assert!(!target.exists());
    let (header, _) = file::check(&folder.path().join("origin/store.json"))
        .map_err(|error| assert!(matches!(error, Error::Schema(_)), "{error}"))
        .ok()
        .unzip();
    assert_eq!(header, None);
}

#[tokio::test]
async fn a_copy_that_was_cut_off_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (address, settings) = (sled(folder.path(), "copy"), Settings::default());
    let origin = open(&sled(folder.path(), "origin")).await.unwrap();
    fill(&*origin, 100).await;
    let store_id = origin.info().await.unwrap().store_id;
    let half = engine::begin_copy(&address, store_id, &settings).await;
    let half = half.unwrap().store;
    let start = origin.token_at(0).await.unwrap();
    let page = origin.read_log(&start, 40).await.unwrap();
    half.take_over(store_id, page).await.unwrap();
    half.close().await.unwrap();

    let refused = engine::open(&address, &settings).await;
    assert!(matches!(refused, Err(Error::Unfinished(_))), "{refused:?}");
    let other = open(&sled(folder.path(), "other")).await.unwrap();
    let refused = copy::copy(&*other, &address, &settings, |_| {}).await;
    assert!(matches!(refused, Err(Error::Exists(_))), "{refused:?}");

    let mut first = None;
    let done = copy::copy(&*origin, &address, &settings, |progress| {
        first.get_or_insert(progress);
    });
    assert_eq!(done.await.unwrap(), origin.head().await.unwrap());
    assert_eq!(first.map(|progress| progress.position), Some(100));
    ensure_copy(&*origin, &*open(&address).await.unwrap()).await;
}

#[tokio::test]
async fn a_store_that_was_moved_says_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (sled(folder.path(), "old"), sled(folder.path(), "new"));
    let store = open(&old).await.unwrap();
    fill(&*store, 3).await;
    engine::mark_moved(&old, Some(&new), &Settings::default())
        .await
        .unwrap();
    store.close().await.unwrap();
    let error = open(&old).await.map(|_| ()).unwrap_err();
    let to = new.to_string();
    assert!(error.to_string().contains(&to), "{error}");
    assert_eq!(error, Error::Moved { to });
    let settings = Settings::default();
    let id = store_id(folder.path());
    let error = engine::begin_copy(&old, id, &settings).await;
    assert!(matches!(error, Err(Error::Moved { .. })), "{error:?}");
}

fn store_id(folder: &Path) -> uuid::Uuid {
    let text = std::fs::read_to_string(folder.join("old/store.json")).unwrap();
    let marker: serde_json::Value = serde_json::from_str(&text).unwrap();
    marker["store_id"].as_str().unwrap().parse().unwrap()
}

/// Killed at any moment, an import leaves nothing that could be taken for the store, and can be done again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigkill_during_import() {
    let mut dice = Dice::printed("sigkill_during_import");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.archive");
    let origin = open(&sled(folder.path(), "origin")).await.unwrap();
    for _ in 0..10 {
        let all: Vec<_> = (0..8)
            .map(|_| {
                let origin = Arc::clone(&origin);
                tokio::spawn(async move { fill(&*origin, 50).await })
            })
            .collect();
        for writer in all {
            writer.await.unwrap();
        }
    }
    let export = copy::export(Arc::clone(&origin), &path, 7, |_| {});
    export.await.unwrap();
    let whole = file::check(&path).unwrap();
    let (mut cut, mut resumed) = (0, 0);
    for kill in 0..support::times("STORE_TEST_KILLS", 6) {
        let dir = folder.path().join(format!("target {kill}"));
        let target = Address::Sled(dir.clone());
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["importing_child", "--exact"]);
        child.env(TARGET, &dir).env(FILE, &path);
        let mut child = child.stdout(Stdio::null()).spawn().unwrap();
        // From the beginning of the store on, since what is before is reading alone.
        while !dir.exists() && child.try_wait().unwrap().is_none() {
            tokio::task::yield_now().await;
        }
        let mercy = Duration::from_millis(dice.roll(400));
        tokio::time::timeout(mercy, std::future::pending::<()>())
            .await
            .unwrap_err();
        child.kill().unwrap();
        child.wait().unwrap();
        match open(&target).await {
            Ok(store) => ensure_copy(&*origin, &*store).await,
            Err(Error::Unfinished(_)) => {
                cut += 1;
                let mut first = 0;
                let settings = Settings::default();
                let done = copy::import(&path, &target, &settings, |progress| {
                    if first == 0 {
                        first = progress.position;
                    }
                });
                assert_eq!(done.await.unwrap(), origin.head().await.unwrap());
                resumed += 1;
                ensure_copy(&*origin, &*open(&target).await.unwrap()).await;
            }
            Err(error) => panic!("kill {kill} after {mercy:?}: {error}"),
        }
        assert_eq!(file::check(&path).unwrap(), whole);
    }
    println!("{cut} imports were cut off, {resumed} went on");
    assert!(cut > 0, "every import was done before it was killed");
}

/// Damage that opening cannot see is named by the walk, and is never exported.
#[tokio::test]
async fn a_damaged_store_names_its_first_bad_place() {
    let folder = tempfile::tempdir().unwrap();
    let (address, path) = (
        sled(folder.path(), "store"),
        folder.path().join("a.archive"),
    );
    let store = open(&address).await.unwrap();
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { fill(&*store, 50).await })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    store.close().await.unwrap();
    let db = ::sled::open(folder.path().join("store/sled")).unwrap();
    for position in [9_u64, 7] {
        let key = [&[3][..], &position.to_be_bytes(), &0_u32.to_be_bytes()].concat();
        let mut piece = db.get(&key).unwrap().unwrap().to_vec();
        let middle = piece.len() / 2;
        piece[middle] ^= 1;
        db.insert(key, piece).unwrap();
    }
    db.flush().unwrap();
    drop(db);

    let store = open(&address).await.unwrap();
    let named = |error: Error| {
        assert!(matches!(error, Error::Corrupt(_)), "{error}");
        assert!(error.to_string().contains("log entry 7"), "{error}");
    };
    named(store.verify().await.unwrap_err());
    let export = copy::export(Arc::clone(&store), &path, 7, |_| {});
    named(export.await.unwrap_err());
    assert!(!path.exists());
    let (to, settings) = (sled(folder.path(), "copy"), Settings::default());
    let copy = copy::copy(&*store, &to, &settings, |_| {});
    named(copy.await.unwrap_err());
}
