//! A move that is cut off between its two last steps: neither place opens, and the old one can be had back.
//!
//! The stop is made at just that point without help from the store: where the new store is about to put its finished
//! marker there is a pipe that nobody reads, and opening that waits.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    dead_code,
    reason = "a test"
)]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rapporteur_store::engine::{self, Address, Settings};
use rapporteur_store::switch::{self, Settled, Switch};
use rapporteur_store::{Error, Store};
use support::empty;

const DIR: &str = "STORE_SETTLE_DIR";
const PATIENCE: Duration = Duration::from_secs(60);

fn sled(folder: &Path, name: &str) -> Address {
    Address::Sled(folder.join(name))
}

/// Moves and gets no further than the last step; does nothing in a normal run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_child() {
    let Some(folder) = std::env::var_os(DIR).map(PathBuf::from) else {
        return;
    };
    let (old, new) = (sled(&folder, "old"), sled(&folder, "new"));
    let opened = engine::open(&old, &Settings::default()).await.unwrap();
    let switch = Switch::new(opened, old);
    for _ in 0..3 {
        switch.commit(empty()).await.unwrap();
    }
    let pipe = folder.join("new/store.json.new");
    let mut laid = false;
    let on_progress = |_| {
        if !laid {
            let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
            assert!(made.success());
            laid = true;
        }
    };
    let settings = Settings::default();
    let moved = switch.relocate(&new, &settings, on_progress).await;
    panic!("it was not stopped: {moved:?}");
}

async fn refusal(address: &Address) -> Error {
    let opened = engine::open(address, &Settings::default()).await;
    opened.map(drop).unwrap_err()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_that_is_cut_off_leaves_one_store_and_says_how_to_have_it() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (sled(folder.path(), "old"), sled(folder.path(), "new"));
    let settings = Settings::default();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["stopping_child", "--exact", "--nocapture"]);
    child.env(DIR, folder.path()).stdout(Stdio::null());
    let mut child = child.spawn().unwrap();
    let deadline = Instant::now() + PATIENCE;
    let marked = async || {
        let mark = engine::mark(&old, &settings).await.unwrap();
        mark.is_some_and(|mark| mark.moved_to.is_some())
    };
    while !marked().await {
        assert!(Instant::now() < deadline, "it was never marked");
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // As long as the move may go on, nothing is settled.
    let under_way = switch::settle(&old, None, &settings).await.unwrap_err();
    assert!(matches!(under_way, Error::AlreadyOpen(_)), "{under_way}");
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::remove_file(folder.path().join("new/store.json.new")).unwrap();

    let refused = refusal(&old).await;
    assert!(matches!(refused, Error::Moved { .. }), "{refused}");
    assert!(refused.to_string().contains("store settle"), "{refused}");
    let refused = refusal(&new).await;
    assert!(matches!(refused, Error::Unfinished(_)), "{refused}");
    assert!(refused.to_string().contains("store settle"), "{refused}");

    let elsewhere = sled(folder.path(), "elsewhere");
    let refused = switch::settle(&old, Some(&elsewhere), &settings).await;
    assert!(matches!(refused, Err(Error::Schema(_))), "{refused:?}");
    let settled = switch::settle(&old, None, &settings).await.unwrap();
    assert_eq!(settled, Settled::GivenBack(new.clone()));
    let again = switch::settle(&old, None, &settings).await.unwrap();
    assert_eq!(again, Settled::Open);

    // It goes on, and a move to the same place goes on with the copy.
    let opened = engine::open(&old, &settings).await.unwrap();
    let switch = Switch::new(opened, old.clone());
    assert_eq!(switch.commit(empty()).await.unwrap().position, 4);
    switch.relocate(&new, &settings, |_| {}).await.unwrap();
    switch.commit(empty()).await.unwrap();
    switch.close().await.unwrap();
    let settled = switch::settle(&old, None, &settings).await.unwrap();
    assert_eq!(settled, Settled::Moved(new.clone()));
    assert!(matches!(refusal(&old).await, Error::Moved { .. }));

    // A place that cannot be seen is not taken for one that is lost.
    std::fs::rename(folder.path().join("new"), folder.path().join("away")).unwrap();
    let refused = switch::settle(&old, None, &settings).await;
    assert!(matches!(refused, Err(Error::Absent(_))), "{refused:?}");
    switch::give_back(&old, &settings).await.unwrap();
    let opened = engine::open(&old, &settings).await.unwrap();
    assert_eq!(opened.store.head().await.unwrap().position, 4);
    opened.store.close().await.unwrap();
}
