//! Damaged files: a clear error, or everything as it was. Never a panic, never a tail lost in silence.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rapporteur_store::{Error, Store, Token};
use support::{Dice, End, State};

const TRIALS: usize = 90;
const COMMITS: u64 = 600;
/// Longer than any opening takes: one that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn child() {
    support::be_child(End::Abrupt);
}

struct Whole {
    dir: PathBuf,
    head: Token,
    state: State,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_is_told() {
    // Sled panics on damage and the store turns that into errors: only panics of our own are news.
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if panic
            .location()
            .is_none_or(|at| !at.file().contains("/sled-"))
        {
            report(panic);
        }
    }));
    let mut dice = Dice::printed("damage_is_told");
    let work = tempfile::tempdir().unwrap();
    let abrupt = work.path().join("abrupt");
    let mut child = support::child(&abrupt, 1, COMMITS);
    assert!(child.stdout(Stdio::null()).status().unwrap().success());

    // The same store after a clean close, and as the end of its process left it.
    let closed = work.path().join("closed");
    support::copy_dir(&abrupt, &closed);
    let store = support::open(&closed).unwrap();
    let (head, state) = (
        store.head().await.unwrap(),
        support::scanned(&*store).await.unwrap(),
    );
    store.verify().await.unwrap();
    store.close().await.unwrap();
    assert!(head.position > 100 && !state.is_empty());

    for dir in [closed, abrupt] {
        let whole = Whole {
            dir,
            head,
            state: state.clone(),
        };
        let mut seen = [0; 4];
        for trial in 0..support::times("RAPPORTEUR_TEST_TRIALS", TRIALS) {
            let dir = work.path().join("trial");
            support::copy_dir(&whole.dir, &dir);
            let damage = damage(&dir, &mut dice);
            let outcome = tokio::time::timeout(PATIENCE, look(&dir, &whole)).await;
            let outcome = outcome.unwrap_or_else(|_| panic!("trial {trial}: {damage}: it hangs"));
            seen[outcome.unwrap_or_else(|why| panic!("trial {trial}: {damage}: {why}"))
                as usize] += 1;
            fs::remove_dir_all(&dir).unwrap();
        }
        let [refused, reported, stale, harmless] = seen;
        let name = whole.dir.file_name().unwrap().display();
        println!(
            "{name}: {refused} refused, {reported} found by verify, {stale} so with stale rows, {harmless} harmless"
        );
        assert!(
            refused + reported + stale > 0 && harmless > 0,
            "these trials try nothing"
        );
    }
}

/// Does something bad to one file, and says what.
fn damage(dir: &Path, dice: &mut Dice) -> String {
    let mut files = Vec::new();
    list(dir, &mut files);
    files.sort();
    // Sled's data file is nearly all there is, so it gets most of the damage.
    let path = match dice.roll(10) {
        0..6 => dir.join("sled/db"),
        _ => files[dice.roll(files.len() as u64) as usize].clone(),
    };
    let mut bytes = fs::read(&path).unwrap();
    let at = dice.roll(bytes.len() as u64) as usize;
    let what = match dice.roll(3) {
        _ if bytes.is_empty() => {
            bytes.push(1);
            "a byte more"
        }
        0 => {
            bytes[at] ^= 1 << dice.roll(8);
            "a bit flipped"
        }
        1 => {
            let end = (at + 4_096).min(bytes.len());
            bytes[at..end].fill(0);
            "4 KiB zeroed"
        }
        _ => {
            bytes.truncate(at);
            "truncated"
        }
    };
    let of = bytes.len();
    fs::write(&path, bytes).unwrap();
    format!(
        "{what} at {at} of {of} in {}",
        path.strip_prefix(dir).unwrap().display()
    )
}

fn list(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list(&path, files);
        } else {
            files.push(path);
        }
    }
}

fn difference(read: &State, whole: &State) -> String {
    let missing: Vec<_> = whole
        .iter()
        .filter(|(key, _)| !read.contains_key(*key))
        .collect();
    let other = read
        .iter()
        .filter(|(key, row)| whole.get(*key) != Some(*row))
        .map(|(key, row)| {
            let version = whole.get(key).map(|row| row.0);
            format!("{key:?} is at {} instead of {version:?}", row.0)
        });
    let other: Vec<_> = other.take(5).collect();
    format!(
        "lacks {} of {} rows, and {other:?}",
        missing.len(),
        whole.len()
    )
}

enum Seen {
    Refused,
    Reported,
    ReportedStale,
    Harmless,
}

async fn look(dir: &Path, whole: &Whole) -> Result<Seen, String> {
    let opening = dir.to_owned();
    // On another task, so that even a panic is seen for what it is.
    let opened = tokio::task::spawn_blocking(move || support::open(&opening)).await;
    let store = match opened.map_err(|panic| format!("opening: {panic}"))? {
        Ok(store) => store,
        Err(_) => return Ok(Seen::Refused),
    };
    let head = store.head().await.map_err(|error| error.to_string())?;
    if head != whole.head {
        return Err(format!("opened at {head:?}, which is not {:?}", whole.head));
    }
    let seen = {
        let store = store.clone();
        let (verified, scanned, replayed) = tokio::spawn(async move {
            let verified = store.verify().await;
            (
                verified,
                support::scanned(&*store).await,
                support::replayed(&*store).await,
            )
        })
        .await
        .map_err(|panic| format!("reading: {panic}"))?;
        match verified {
            // What can be read at all is right, even when something else is broken.
            Err(Error::Corrupt(why) | Error::Unavailable(why)) => {
                // Sled may have gone on without a damaged piece of its log: then a read shows older
                // rows until the full walk has told. The log itself is proved entry by entry.
                if let Ok(state) = replayed
                    && state != whole.state
                {
                    return Err(format!(
                        "{why}, but the log {}",
                        difference(&state, &whole.state)
                    ));
                }
                if scanned.is_ok_and(|state| state != whole.state) {
                    return Ok(Seen::ReportedStale);
                }
                Ok(Seen::Reported)
            }
            Err(error) => Err(format!("verify: {error}")),
            Ok(_) if scanned.as_ref() != Ok(&whole.state) => {
                Err("verified, but not the same".into())
            }
            Ok(_) if replayed.as_ref() != Ok(&whole.state) => {
                Err("verified, but the log is not".into())
            }
            Ok(_) => Ok(Seen::Harmless),
        }
    };
    // May fail, must not hang or panic.
    let _ = store.close().await;
    seen
}
