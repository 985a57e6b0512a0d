//! SIGKILL under load, many times: nothing acknowledged is lost, nothing is half there.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod support;

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use support::{Acks, Dice, End};

const KILLS: usize = 64;
/// Then the store starts anew, so that walking it stays quick.
const KILLS_PER_STORE: usize = 16;

#[test]
fn child() {
    support::be_child(End::Abrupt);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigkill_under_load() {
    let began = Instant::now();
    let mut dice = Dice::printed("sigkill_under_load");
    let (mut acked, mut during_open) = (0, 0);
    let kills = support::times("RAPPORTEUR_TEST_KILLS", KILLS);
    for store in 0..kills.div_ceil(KILLS_PER_STORE) {
        let dir = tempfile::tempdir().unwrap();
        let mut acks = Acks::new();
        for kill in 0..KILLS_PER_STORE {
            let run = 1 + (store * KILLS_PER_STORE + kill) as u64;
            let in_open = dice.roll(5) == 0;
            // From the start for a kill during open, from the first acknowledged commit otherwise.
            let mercy = Duration::from_micros(dice.roll(if in_open { 60_000 } else { 120_000 }));
            let opened = kill_one(dir.path(), run, in_open, mercy, &mut acks);
            during_open += usize::from(!opened);
            if let Err(why) = support::judge(dir.path(), &acks).await {
                panic!("kill {run} (after {mercy:?}, in open: {in_open}): {why}");
            }
        }
        acked += acks.len();
    }
    println!("{kills} kills ({during_open} before open had ended), {acked} acknowledged commits");
    assert!(acked > kills, "too few commits to mean anything: {acked}");
    println!("sigkill_under_load took {:?}", began.elapsed());
}

/// Starts a child, lets it write for a while, kills it; true when the store had been open.
fn kill_one(
    dir: &std::path::Path,
    run: u64,
    in_open: bool,
    mercy: Duration,
    acks: &mut Acks,
) -> bool {
    const PATIENCE: Duration = Duration::from_secs(30);
    let mut child = support::child(dir, run, u64::MAX)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let (lines, heard) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        // The last line may be cut in half by the kill: then the ack was never heard.
        let mut out = out;
        let mut line = String::new();
        while out.read_line(&mut line).is_ok_and(|read| read > 0) {
            if line.ends_with('\n') {
                let _ = lines.send(line.trim_end().to_owned());
            }
            line.clear();
        }
    });
    let mut opened = false;
    let mut hear = |line: String| {
        assert!(
            !line.starts_with("refused"),
            "run {run} did not open: {line}"
        );
        assert!(!line.starts_with("error"), "run {run}: {line}");
        opened |= line == "open";
        support::take_ack(acks, &line);
        line.starts_with("ack")
    };
    let mut deadline = Instant::now() + if in_open { mercy } else { PATIENCE };
    let mut loaded = in_open;
    loop {
        match heard.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                if hear(line) && !loaded {
                    loaded = true;
                    deadline = Instant::now() + mercy;
                }
            }
            Err(RecvTimeoutError::Timeout) => break,
            Err(RecvTimeoutError::Disconnected) => panic!("run {run} ended by itself"),
        }
    }
    assert!(loaded, "run {run} wrote nothing for {PATIENCE:?}");
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap();
    for line in heard {
        hear(line);
    }
    opened
}
