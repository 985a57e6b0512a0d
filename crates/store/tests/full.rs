//! A disk that fills up: an error that says so, nothing acknowledged lost, and all well when there is
//! room again.
//!
//! The disk is a limit on the size of files (`ulimit -f`), which needs no mount and no root: a write
//! beyond it fails with EFBIG, which is answered as [`rapporteur_store::Error::Full`] like ENOSPC.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod support;

use std::process::{Command, Stdio};

use support::{Acks, End};

/// In blocks of 512 bytes: 24 MiB.
const BLOCKS: u64 = 48 << 10;

#[test]
fn child() {
    support::be_child(End::Abrupt);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_told_and_survived() {
    let dir = tempfile::tempdir().unwrap();
    let starved = support::child(dir.path(), 1, u64::MAX);
    let mut shell = Command::new("sh");
    // The signal must be ignored, or it would kill the process before the write can fail.
    shell.args([
        "-c",
        &format!("trap '' XFSZ && ulimit -f {BLOCKS} && exec \"$0\" \"$@\""),
    ]);
    shell.arg(starved.get_program()).args(starved.get_args());
    shell.envs(
        starved
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    let output = shell.stdin(Stdio::null()).stderr(Stdio::null()).output();
    let Ok(output) = output else {
        println!("a_full_disk_is_told_and_survived: skipped: no sh");
        return;
    };
    let said = String::from_utf8(output.stdout).unwrap();
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

    let verified = support::judge(dir.path(), &acks).await.unwrap();
    assert!(verified.log_entries >= acks.len() as u64);
}
