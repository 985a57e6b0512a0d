//! Power losses, simulated: every write and sync of two sessions is recorded, the disk is rebuilt as a
//! power loss at random points would leave it, and the store must open with all that was acknowledged.
//!
//! This is the test that shows a missing `fdatasync`, and it proves so: with those syncs taken out of
//! the recording, acknowledged commits must be found missing.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

#[path = "../support/mod.rs"]
mod support;
mod trace;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use support::{Acks, Dice, End};
use trace::{Disk, Event, Loss};

/// Cuts for each kind of loss.
const CUTS: usize = 40;
const CUTS_WANTED: &str = "RAPPORTEUR_TEST_CUTS";
/// Cuts near the beginning and again near the second opening: a store may lose power while it is being
/// created or recovered.
const EARLY_CUTS: usize = 12;
const CONTROL_CUTS: usize = 12;
const COMMITS: usize = 700;

#[test]
fn child() {
    support::be_child(if std::env::var_os("POWERLOSS_ABRUPT").is_some() {
        End::Abrupt
    } else {
        End::Close
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn power_loss_loses_nothing_acknowledged() {
    let began = Instant::now();
    let work = tempfile::tempdir().unwrap();
    let Some(shim) = compile_shim(work.path()) else {
        println!("power_loss_loses_nothing_acknowledged: skipped: no C compiler");
        return;
    };
    let mut dice = Dice::printed("power_loss_loses_nothing_acknowledged");
    let events = record(work.path(), &shim);
    println!("{} events recorded in {:?}", events.len(), began.elapsed());

    let opened = |event: &Event| matches!(event, Event::Ack { line } if line.starts_with("open"));
    let created = events.iter().position(opened).unwrap();
    let reopened = events.iter().rposition(opened).unwrap() - 90;
    let mut cuts = Vec::new();
    for loss in [Loss::All, Loss::RandomPages] {
        cuts.extend(
            (0..support::times(CUTS_WANTED, CUTS))
                .map(|_| (dice.roll(events.len() as u64 + 1) as usize, loss)),
        );
        cuts.extend((0..EARLY_CUTS).map(|_| (dice.roll(created as u64 + 50) as usize, loss)));
        // And near the second opening, when sled recovers and writes a snapshot.
        cuts.extend((0..EARLY_CUTS).map(|_| (reopened + dice.roll(100) as usize, loss)));
    }
    let mut bad = Vec::new();
    for (at, loss) in &cuts {
        if let Err(why) = cut(&events, *at, *loss, false, &mut dice).await {
            bad.push(format!("event {at} of {}, {loss:?}: {why}", events.len()));
        }
    }
    assert!(
        bad.is_empty(),
        "{} of {} cuts are bad:\n{}",
        bad.len(),
        cuts.len(),
        bad.join("\n")
    );
    println!("{} cuts, all well, {:?}", cuts.len(), began.elapsed());

    // Only cuts in the load: before it there is nothing to lose.
    let mut shown = 0;
    for _ in 0..CONTROL_CUTS {
        let at = created + dice.roll((events.len() - created) as u64) as usize;
        shown += usize::from(cut(&events, at, Loss::All, true, &mut dice).await.is_err());
    }
    println!("negative control: {shown} of {CONTROL_CUTS} cuts without fdatasync lose commits");
    assert!(
        shown >= CONTROL_CUTS / 2,
        "this test would not see a missing fdatasync"
    );
    println!(
        "power_loss_loses_nothing_acknowledged took {:?}",
        began.elapsed()
    );
}

/// Rebuilds the disk after the first `at` events and judges what the store makes of it.
async fn cut(
    events: &[Event],
    at: usize,
    loss: Loss,
    no_fdatasync: bool,
    dice: &mut Dice,
) -> Result<(), String> {
    let mut disk = Disk::default();
    disk.no_fdatasync = no_fdatasync;
    let mut acks = Acks::new();
    for event in &events[..at] {
        disk.play(event);
        if let Event::Ack { line } = event {
            support::take_ack(&mut acks, line);
        }
    }
    let dir = tempfile::tempdir().unwrap();
    disk.lose_power(loss, dice, dir.path());
    support::judge(dir.path(), &acks).await.map(|_| ())
}

/// Two sessions on one store: the first is closed, the second ends in the middle of its work.
fn record(work: &Path, shim: &Path) -> Vec<Event> {
    let (dir, trace) = (work.join("store"), work.join("trace"));
    std::fs::create_dir(&dir).unwrap();
    let commits = support::times("RAPPORTEUR_TEST_COMMITS", COMMITS);
    for session in 1..=2 {
        let mut child = support::child(&dir, session, commits as u64);
        child
            .env("LD_PRELOAD", shim)
            .env("POWERLOSS_ROOT", &dir)
            .env("POWERLOSS_TRACE", &trace);
        if session == 2 {
            child.env("POWERLOSS_ABRUPT", "1");
        }
        assert!(child.stdout(Stdio::null()).status().unwrap().success());
    }
    let events = trace::parse(&std::fs::read(trace).unwrap());
    let acks = events
        .iter()
        .filter(|event| matches!(event, Event::Ack { line } if line.starts_with("ack")));
    assert_eq!(
        acks.count(),
        2 * commits,
        "the shim did not hear every acknowledgement"
    );
    events
}

/// `None` when there is no C compiler to be had.
fn compile_shim(work: &Path) -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/powerloss/shim.c");
    let shim = work.join("shim.so");
    let mut compiler = Command::new("cc");
    compiler
        .args(["-shared", "-fPIC", "-O1", "-w", "-o"])
        .arg(&shim)
        .arg(source)
        .args(["-ldl", "-lpthread"]);
    match compiler.status() {
        Err(_) => None,
        Ok(status) => {
            assert!(status.success(), "the shim does not compile");
            Some(shim)
        }
    }
}
