//! A move to a disk on which there is too little room: it is refused, and the store goes on where it was.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    dead_code,
    reason = "a test"
)]

mod support;

use std::path::PathBuf;
use std::process::{Command, Stdio};

use rapporteur_store::engine::{self, Address, Settings};
use rapporteur_store::switch::Switch;
use rapporteur_store::{Batch, Store, Write};
use support::empty;

const ORIGIN: &str = "STORE_FULL_ORIGIN";
const SMALL: &str = "STORE_FULL_SMALL";
const MOUNTED: &str = "mount -t tmpfs -o size=8m tmpfs \"$STORE_FULL_SMALL\" && exec \"$0\" \"$@\"";
const CAN_MOUNT: &str = "mount -t tmpfs -o size=1m tmpfs \"$STORE_FULL_SMALL\"";
/// With as many bytes each, they do not fit.
const COMMITS: u64 = 200;
const BYTES: usize = 100_000;

fn batch(number: u64) -> Batch {
    // What a store could not make smaller.
    let mut value = vec![0; BYTES];
    blake3::Hasher::new()
        .update(&number.to_be_bytes())
        .finalize_xof()
        .fill(&mut value);
    Batch {
        writes: vec![Write::record(format!("k{number}"), value)],
        ..empty()
    }
}

/// Moves to where there is no room and goes on; does nothing in a normal run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moving_child() {
    let place = |name| std::env::var_os(name).map(PathBuf::from);
    let (Some(origin), Some(small)) = (place(ORIGIN), place(SMALL)) else {
        return;
    };
    let (origin, settings) = (Address::Sled(origin), Settings::default());
    let opened = engine::open(&origin, &settings).await.unwrap();
    let switch = Switch::new(opened, origin.clone());
    for number in 0..COMMITS {
        switch.commit(batch(number)).await.unwrap();
    }
    let target = Address::Sled(small.join("new"));
    let refused = switch.relocate(&target, &settings, |_| {}).await;
    support::say(&format!("refused {:?}", refused.unwrap_err()));
    assert_eq!(switch.address(), origin);
    let gone_on = switch.commit(batch(COMMITS)).await.unwrap();
    support::say(&format!("gone on to {}", gone_on.position));
    switch.close().await.unwrap();
    support::say("closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_to_a_full_disk_changes_nothing() {
    let (large, small) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let origin = large.path().join("origin");
    let shell = |script| {
        let mut shell = Command::new("unshare");
        shell.args(["--map-root-user", "--mount", "sh", "-c", script]);
        shell.env(ORIGIN, &origin).env(SMALL, small.path());
        shell.stdin(Stdio::null());
        shell
    };
    let tried = shell(CAN_MOUNT).output();
    if !tried.is_ok_and(|tried| tried.status.success()) {
        println!("a_move_to_a_full_disk_changes_nothing: skipped: nothing can be mounted here");
        return;
    }
    let mut child = shell(MOUNTED);
    child.arg(std::env::current_exe().unwrap());
    child.args(["moving_child", "--exact", "--nocapture"]);
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let wrong = String::from_utf8_lossy(&output.stderr).into_owned();
    let refused = said.lines().find(|line| line.contains("refused "));
    let refused = refused.unwrap_or_else(|| panic!("{said}\n{wrong}"));
    println!("{refused}");
    assert!(
        refused.contains("Full(") || refused.contains("Ambiguous("),
        "{refused}"
    );
    let last = COMMITS + 1;
    assert!(
        said.contains(&format!("gone on to {last}")),
        "{said}\n{wrong}"
    );
    assert!(said.contains("closed"), "{said}\n{wrong}");

    let opened = engine::open(&Address::Sled(origin), &Settings::default()).await;
    let store = opened.unwrap().store;
    let verified = store.verify().await.unwrap();
    assert_eq!((verified.rows, verified.log_entries), (last, last));
    store.close().await.unwrap();
}
