//! A store that is moved while it is used: nobody notices but by a commit that takes longer.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

use rapporteur_store::conformance::{self, Engine};
use rapporteur_store::engine::{self, Address, Opened, Settings};
use rapporteur_store::switch::{self, Settled, Switch};
use rapporteur_store::{Batch, Error, Result, Store, Token, Write};
use support::{Acks, Dice, empty, write};
use tempfile::TempDir;
use uuid::Uuid;

const WRITERS: u64 = 8;
const DIR: &str = "STORE_MOVE_DIR";

fn sled(folder: &Path, name: &str) -> Address {
    Address::Sled(folder.join(name))
}

async fn open(address: &Address) -> Result<Opened> {
    engine::open(address, &Settings::default()).await
}

/// Follows the log from a token, and sees every position once and in order.
async fn tail(store: Arc<dyn Store>, start: Token, stop: Arc<AtomicBool>) -> u64 {
    let mut token = start;
    loop {
        let stopping = stop.load(SeqCst);
        let page = store.read_log(&token, 100).await.unwrap();
        for entry in &page {
            assert_eq!(entry.position, token.position + 1);
            (token.position, token.op_id) = (entry.position, entry.op_id);
        }
        if page.is_empty() {
            if stopping {
                return token.position;
            }
            store.wait(token.position, Duration::from_millis(200)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_moves_under_load() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (sled(folder.path(), "old"), sled(folder.path(), "new"));
    let switch = Switch::new(open(&old).await.unwrap(), old.clone());
    let store: Arc<dyn Store> = switch.clone();
    let start = store.head().await.unwrap();
    let before = store.info().await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| tokio::spawn(write(Arc::clone(&store), writer, Arc::clone(&stop))))
        .collect();
    let ended = Arc::new(AtomicBool::new(false));
    let tailer = tokio::spawn(tail(Arc::clone(&store), start, Arc::clone(&ended)));
    let position = |at: u64| {
        let store = Arc::clone(&store);
        async move {
            while store.head().await.unwrap().position < at {
                store.wait(at - 1, Duration::from_secs(5)).await;
            }
        }
    };
    position(1_000).await;
    let token = store.head().await.unwrap();
    let moved = switch.relocate(&new, &Settings::default(), |_| {}).await;
    let moved = moved.unwrap();
    println!(
        "writers were held for {:?} at {}",
        moved.held, moved.head.position
    );
    assert!(moved.held < Duration::from_secs(1), "{:?}", moved.held);
    // They go on, in the new place.
    position(moved.head.position + 500).await;
    stop.store(true, SeqCst);
    let mut acks = Acks::new();
    for writer in writers {
        acks.extend(writer.await.unwrap());
    }
    ended.store(true, SeqCst);
    let head = store.head().await.unwrap();
    assert_eq!(tailer.await.unwrap(), head.position);
    assert_eq!(store.info().await.unwrap().store_id, before.store_id);
    // Nothing is lost and nothing is there twice.
    assert_eq!(acks.len() as u64, head.position);
    let positions: BTreeMap<u64, Uuid> = acks.iter().map(|(id, at)| (*at, *id)).collect();
    assert_eq!(positions.len() as u64, head.position);
    // The token from before the move still leads into the same log.
    let page = store.read_log(&token, 1).await.unwrap();
    assert_eq!(page[0].position, token.position + 1);
    store.close().await.unwrap();

    let dir = folder.path().join("new");
    support::judge(&dir, &acks).await.unwrap();
    let refused = open(&old).await.map(|_| ()).unwrap_err();
    let to = new.to_string();
    assert_eq!(refused, Error::Moved { to });
}

#[tokio::test]
async fn a_waiting_reader_wakes_and_a_failed_move_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (sled(folder.path(), "old"), sled(folder.path(), "new"));
    let switch = Switch::new(open(&old).await.unwrap(), old.clone());
    for _ in 0..3 {
        switch.commit(empty()).await.unwrap();
    }
    let taken = sled(folder.path(), "taken");
    open(&taken).await.unwrap().store.close().await.unwrap();
    let settings = Settings::default();
    let refused = switch.relocate(&taken, &settings, |_| {}).await;
    assert!(matches!(refused, Err(Error::Exists(_))), "{refused:?}");
    let refused = switch.relocate(&old, &settings, |_| {}).await;
    assert!(matches!(refused, Err(Error::Exists(_))), "{refused:?}");
    switch.commit(empty()).await.unwrap();

    let waiter = {
        let switch = Arc::clone(&switch);
        tokio::spawn(async move {
            let began = Instant::now();
            switch.wait(99, Duration::from_secs(120)).await;
            began.elapsed()
        })
    };
    tokio::task::yield_now().await;
    switch.relocate(&new, &settings, |_| {}).await.unwrap();
    assert!(waiter.await.unwrap() < Duration::from_secs(60));
    switch.commit(empty()).await.unwrap();
    assert_eq!(switch.head().await.unwrap().position, 5);
    switch.close().await.unwrap();
    assert!(switch.commit(empty()).await.is_err());
}

type Kept = (TempDir, PathBuf, Arc<dyn Store>);

/// Switches over stores in directories, each moved once more whenever it is opened.
#[derive(Default)]
struct Switches {
    dirs: std::sync::Mutex<Vec<Kept>>,
}

impl Switches {
    async fn moved(folder: &Path, opened: Opened, from: &Path) -> Result<(PathBuf, Arc<Switch>)> {
        let to = folder.join(Uuid::new_v4().to_string());
        let switch = Switch::new(opened, Address::Sled(from.to_owned()));
        let (target, settings) = (Address::Sled(to.clone()), Settings::default());
        switch.relocate(&target, &settings, |_| {}).await?;
        Ok((to, switch))
    }
}

#[async_trait::async_trait]
impl Engine for Switches {
    async fn create_as(&self, store_id: Uuid) -> Result<Arc<dyn Store>> {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("first");
        let settings = Settings {
            store_id: Some(store_id),
            ..Settings::default()
        };
        let opened = engine::open(&Address::Sled(from.clone()), &settings).await?;
        let (dir, switch) = Self::moved(folder.path(), opened, &from).await?;
        let mut dirs = self.dirs.lock().unwrap();
        dirs.push((folder, dir, switch.clone()));
        Ok(switch)
    }

    async fn reopen(&self, store: Arc<dyn Store>) -> Result<Arc<dyn Store>> {
        store.close().await?;
        let (folder, from) = {
            let dirs = self.dirs.lock().unwrap();
            let mut dirs = dirs.iter();
            let (folder, dir, _) = dirs.find(|(.., held)| Arc::ptr_eq(held, &store)).unwrap();
            (folder.path().to_owned(), dir.clone())
        };
        let opened = open(&Address::Sled(from.clone())).await?;
        let (to, switch) = Self::moved(&folder, opened, &from).await?;
        let mut dirs = self.dirs.lock().unwrap();
        let place = dirs.iter_mut().find(|(.., held)| Arc::ptr_eq(held, &store));
        let (_, dir, held) = place.unwrap();
        (*dir, *held) = (to, switch.clone());
        Ok(switch)
    }
}

/// A store behind a switch, and one that was moved, keep the contract like any other.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_moved_store_conforms() {
    if let Err(failure) = conformance::suite(&Switches::default()).await {
        panic!("{failure}");
    }
}

/// Writes and moves until it is killed; does nothing in a normal run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moving_child() {
    let Some(folder) = std::env::var_os(DIR).map(PathBuf::from) else {
        return;
    };
    let (old, new) = (sled(&folder, "old"), sled(&folder, "new"));
    let switch = Switch::new(open(&old).await.unwrap(), old.clone());
    for writer in 0..WRITERS {
        let store: Arc<dyn Store> = switch.clone();
        tokio::spawn(async move {
            for number in 0_u64.. {
                let op_id = Uuid::from_u128((u128::from(writer + 1) << 64) + u128::from(number));
                let value = vec![number as u8; 2_000];
                let writes = vec![Write::record(format!("w{writer} k{}", number % 20), value)];
                let batch = Batch {
                    op_id,
                    writes,
                    ..empty()
                };
                let done = store.commit(batch).await.unwrap();
                support::say(&format!("ack {op_id} {}", done.position));
            }
        });
    }
    while switch.head().await.unwrap().position < 300 {
        switch.wait(299, Duration::from_secs(1)).await;
    }
    support::say("moving");
    let moved = switch.relocate(&new, &Settings::default(), |_| {}).await;
    support::say(&format!("moved {}", moved.unwrap().head.position));
    std::future::pending::<()>().await;
}

/// Killed at any moment of a move, one of the two places has everything, and says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigkill_during_a_move() {
    use std::io::{BufRead as _, BufReader};
    let mut dice = Dice::printed("sigkill_during_a_move");
    let (mut before, mut between, mut after) = (0, 0, 0);
    for kill in 0..support::times("STORE_TEST_KILLS", 10) {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["moving_child", "--exact", "--nocapture"]);
        child.env(DIR, folder.path()).stdout(Stdio::piped());
        let mut child = child.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut acks = Acks::new();
        // Counted in what it says, so that slow machines are killed at the same places.
        let mut mercy = None;
        for line in lines.by_ref() {
            let line = line.unwrap();
            support::take_ack(&mut acks, &line);
            if line == "moving" {
                mercy = Some(dice.roll(600));
            }
            if line.starts_with("moved") {
                mercy = mercy.map(|left| left.min(20));
            }
            match &mut mercy {
                Some(0) => break,
                Some(left) => *left -= 1,
                None => {}
            }
        }
        child.kill().unwrap();
        for line in lines {
            support::take_ack(&mut acks, &line.unwrap());
        }
        child.wait().unwrap();
        let old = folder.path().join("old");
        let there = match open(&Address::Sled(old.clone())).await {
            Ok(opened) => {
                before += 1;
                opened.store.close().await.unwrap();
                old
            }
            Err(Error::Moved { to }) => {
                assert_eq!(to, sled(folder.path(), "new").to_string());
                match switch::settle(&Address::Sled(old.clone()), None, &Settings::default()).await
                {
                    Ok(Settled::Moved(_)) => {
                        after += 1;
                        folder.path().join("new")
                    }
                    Ok(Settled::GivenBack(_)) => {
                        between += 1;
                        old
                    }
                    settled => panic!("kill {kill}: {settled:?}"),
                }
            }
            Err(error) => panic!("kill {kill}: {error}"),
        };
        if let Err(why) = support::judge(&there, &acks).await {
            panic!("kill {kill}, {}: {why}", there.display());
        }
    }
    println!("{before} kills before the exchange, {between} in it, {after} after it");
}
