//! A disk that fills up: an error that says so, nothing acknowledged lost, and all well when there is
//! room again.
//!
//! The disk is once a small file system (a tmpfs in a mount namespace of its own, where the system allows
//! that) and once a limit on the size of files (`ulimit -f`), which works everywhere: a write beyond it
//! fails with EFBIG, which is answered as [`rapporteur_store::Error::Full`] like ENOSPC.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};

use support::{Acks, End};

/// The signal must be ignored, or it would kill the process before the write can fail. 24 MiB, in blocks
/// of 512 bytes.
const LIMITED: &str = "trap '' XFSZ && ulimit -f 49152 && exec \"$0\" \"$@\"";
/// What the store leaves on the file system is brought to where there is room.
const MOUNTED: &str = "mount -t tmpfs -o size=24m tmpfs \"$SMALL\" && { \"$0\" \"$@\"; cp -a \"$SMALL/.\" \"$LARGE\"; }";
const CAN_MOUNT: &str = "mount -t tmpfs -o size=1m tmpfs \"$SMALL\"";

#[test]
fn child() {
    support::be_child(End::Abrupt);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_on_files_is_told_and_survived() {
    let dir = tempfile::tempdir().unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", LIMITED]);
    starved(shell, dir.path(), dir.path()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_file_system_is_told_and_survived() {
    let (small, large) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let shell = |script| {
        let mut shell = Command::new("unshare");
        shell.args(["--map-root-user", "--mount", "sh", "-c", script]);
        shell.env("SMALL", small.path()).env("LARGE", large.path());
        shell
    };
    let tried = shell(CAN_MOUNT).output();
    if !tried.is_ok_and(|tried| tried.status.success()) {
        println!("a_full_file_system_is_told_and_survived: skipped: nothing can be mounted here");
        return;
    }
    starved(
        shell(MOUNTED),
        &small.path().join("store"),
        &large.path().join("store"),
    )
    .await;
}

/// Lets a process write to `dir` until it is told that there is no more room, and judges what is then in
/// `left`.
async fn starved(mut shell: Command, dir: &Path, left: &Path) {
    let starved = support::child(dir, 1, u64::MAX);
    shell.arg(starved.get_program()).args(starved.get_args());
    shell.envs(
        starved
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    let output = shell.stdin(Stdio::null()).stderr(Stdio::null()).output();
    let said = String::from_utf8(output.unwrap().stdout).unwrap();
    let mut acks = Acks::new();
    said.lines()
        .for_each(|line| support::take_ack(&mut acks, line));
    let errors: Vec<_> = said
        .lines()
        .filter(|line| line.starts_with("error"))
        .collect();
    println!(
        "{} acknowledged, then {} errors, the last {:?}",
        acks.len(),
        errors.len(),
        errors.last()
    );
    assert!(acks.len() > 100, "too early: {said}");
    assert!(
        errors
            .iter()
            .any(|line| line.contains("Ambiguous") || line.contains("Full")),
        "{said}"
    );
    let full = said
        .lines()
        .filter(|line| line.starts_with("late") && line.contains("Full"));
    assert_eq!(
        full.count(),
        1,
        "a later commit was not told that the disk is full"
    );
    assert!(said.contains("health Failing"), "the health did not change");

    let verified = support::judge(left, &acks).await.unwrap();
    assert!(verified.log_entries >= acks.len() as u64);
}
