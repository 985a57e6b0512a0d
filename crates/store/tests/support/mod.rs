//! A process that writes under load, to be killed, cut off or starved; and the judge of what it left.
//!
//! The process is this test binary started anew on its test `child`, which does nothing in a normal
//! run. It prints `open` when the store is open and `ack <op_id> <position>` for each acknowledged
//! commit, each line in one write.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "a module of every test binary, each uses its part"
)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};

use bytes::Bytes;
use rapporteur_store::sled::{Options, SledStore};
use rapporteur_store::{Batch, Check, Commit, Direction, Error, Store, Verified, Write, chain};
use uuid::Uuid;

const DIR: &str = "STORE_CHILD_DIR";
const RUN: &str = "STORE_CHILD_RUN";
const COMMITS: &str = "STORE_CHILD_COMMITS";

/// How the child ends when it has made its commits.
pub enum End {
    Close,
    /// As a kill would: nothing is closed.
    Abrupt,
}

/// The command that starts the child on `dir`. `run` makes what it writes different from other runs.
pub fn child(dir: &Path, run: u64, commits: u64) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["child", "--exact", "--nocapture", "--test-threads=1"]);
    command
        .env(DIR, dir)
        .env(RUN, run.to_string())
        .env(COMMITS, commits.to_string());
    command.stdin(Stdio::null());
    command
}

/// What the test `child` does: nothing, unless it was started by [`child`].
pub fn be_child(end: End) {
    let Some(dir) = std::env::var_os(DIR).map(PathBuf::from) else {
        return;
    };
    let number = |name| std::env::var(name).unwrap().parse::<u64>().unwrap();
    let (run, commits) = (number(RUN), number(COMMITS));
    // The test harness has begun a line.
    say("");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        let store = match SledStore::open(&dir, Options::default()) {
            Ok(store) => store,
            Err(error) => return say(&format!("refused {error}")),
        };
        say("open");
        load(&store, run, commits).await;
        if store.failed().borrow().is_some() {
            say(&format!("late {:?}", store.commit(empty()).await));
            say(&format!("health {:?}", store.health().await));
        }
        match end {
            End::Close => store.close().await.unwrap(),
            // Threads may still be at work: the process ends under them.
            End::Abrupt => std::process::exit(0),
        }
    });
}

/// One line, one write: the trace of a power loss needs to know when it was said.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(format!("{line}\n").as_bytes());
    let _ = out.flush();
}

const WRITERS: u64 = 12;

/// Writers make random batches until `commits` are acknowledged or the store gives up.
async fn load(store: &Arc<SledStore>, run: u64, commits: u64) {
    let left = Arc::new(AtomicU64::new(commits));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (store, left) = (Arc::clone(store), Arc::clone(&left));
            tokio::spawn(async move {
                let mut dice = Dice::new(run * WRITERS + writer);
                let take = |left: u64| left.checked_sub(1);
                for number in 0.. {
                    if left.fetch_update(SeqCst, SeqCst, take).is_err() {
                        return;
                    }
                    let batch = batch(&mut dice, &*store, run, writer, number).await;
                    let Ok(batch) = batch else { return };
                    let op_id = batch.op_id;
                    match store.commit(batch).await {
                        Ok(Commit { position, .. }) => say(&format!("ack {op_id} {position}")),
                        Err(error) => return say(&format!("error {op_id} {error:?}")),
                    }
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

/// A batch that reads, checks and writes a few keys of its writer; now and then large values, now and
/// then a deletion.
async fn batch(
    dice: &mut Dice,
    store: &dyn Store,
    run: u64,
    writer: u64,
    number: u64,
) -> Result<Batch, Error> {
    let mut writes = BTreeMap::new();
    let mut checks = Vec::new();
    for _ in 0..=dice.roll(5) {
        let key = Bytes::from(format!("writer {writer} key {}", dice.roll(12)));
        let size = match dice.roll(1_000) {
            0 => 900_000,
            1..10 => 70_000,
            10..80 => 9_000,
            _ => 200,
        };
        let word = format!("run {run} writer {writer} number {number}. ");
        let value = Bytes::from(word.repeat(1 + size / word.len()));
        let value = (dice.roll(10) > 0).then_some(value);
        if dice.roll(3) == 0 {
            let version = store.get(&key).await?.map_or(0, |row| row.version);
            checks.retain(|check: &Check| check.key != key);
            checks.push(Check {
                key: key.clone(),
                version,
            });
        }
        writes.insert(
            key.clone(),
            Write {
                key,
                value,
                history: dice.roll(2) == 0,
            },
        );
    }
    let op_id = Uuid::from_u128((u128::from(run) << 64) + u128::from((writer << 32) + number + 1));
    let (writes, meta) = (writes.into_values().collect(), Bytes::from_static(b"load"));
    Ok(Batch {
        op_id,
        time_us: i64::try_from(number).unwrap(),
        checks,
        writes,
        meta,
    })
}

/// Acknowledged commits: op id and position.
pub type Acks = BTreeMap<Uuid, u64>;

/// Adds an `ack` line; other lines are not acks.
pub fn take_ack(acks: &mut Acks, line: &str) {
    let mut words = line.split(' ');
    if words.next() == Some("ack") {
        let op_id = words.next().unwrap().parse().unwrap();
        acks.insert(op_id, words.next().unwrap().trim().parse().unwrap());
    }
}

/// Opens what a crash left, walks it, and looks for every acknowledged commit.
pub async fn judge(dir: &Path, acks: &Acks) -> Result<Verified, String> {
    let store = open(dir)?;
    let outcome = judge_open(&*store, acks).await;
    store
        .close()
        .await
        .map_err(|error| format!("close: {error}"))?;
    outcome
}

pub fn open(dir: &Path) -> Result<Arc<SledStore>, String> {
    SledStore::open(dir, Options::default()).map_err(|error| format!("open: {error}"))
}

async fn judge_open(store: &dyn Store, acks: &Acks) -> Result<Verified, String> {
    let said = |what: &'static str| move |error: Error| format!("{what}: {error}");
    let verified = store.verify().await.map_err(said("verify"))?;
    for (op_id, position) in acks {
        let found = store.lookup(*op_id).await.map_err(said("lookup"))?;
        if found != Some(*position) {
            return Err(format!(
                "commit {op_id} was acknowledged at {position}, found {found:?}"
            ));
        }
    }
    // Asking again for something done long ago, or perhaps done just before the crash.
    if let Some((op_id, position)) = acks.iter().next_back() {
        let again = Batch {
            op_id: *op_id,
            ..empty()
        };
        let again = store.commit(again).await.map_err(said("repeated commit"))?;
        if again
            != (Commit {
                position: *position,
                replayed: true,
            })
        {
            return Err(format!("repeating commit {position} answered {again:?}"));
        }
    }
    // `verify` is of our own making; so is the state replayed by hand what a scan shows?
    if replayed(store).await.map_err(said("reading"))?
        != scanned(store).await.map_err(said("scan"))?
    {
        return Err("the log does not lead to the rows".into());
    }
    Ok(verified)
}

pub fn empty() -> Batch {
    let (checks, writes, meta) = (Vec::new(), Vec::new(), Bytes::new());
    Batch {
        op_id: Uuid::new_v4(),
        time_us: 0,
        checks,
        writes,
        meta,
    }
}

pub type State = BTreeMap<Bytes, (u64, Bytes)>;

pub async fn scanned(store: &dyn Store) -> Result<State, Error> {
    let rows = store.scan(b"", b"", 10_000, Direction::Forward).await?;
    Ok(rows
        .into_iter()
        .map(|(key, row)| (key, (row.version, row.value)))
        .collect())
}

pub async fn replayed(store: &dyn Store) -> Result<State, Error> {
    let (mut state, mut token, mut previous) = (State::new(), store.token_at(0).await?, [0; 32]);
    loop {
        let page = store.read_log(&token, 1_000).await?;
        let Some(last) = page.last() else {
            return Ok(state);
        };
        (token.position, token.op_id) = (last.position, last.op_id);
        for entry in page {
            if entry.previous_hash != previous || chain::hash(&entry) != entry.hash {
                return Err(Error::Corrupt(format!(
                    "the chain breaks at {}",
                    entry.position
                )));
            }
            previous = entry.hash;
            for write in entry.writes {
                match write.value {
                    Some(value) => state.insert(write.key, (entry.position, value)),
                    None => state.remove(&write.key),
                };
            }
        }
    }
}

/// Random numbers from a seed (SplitMix64).
#[derive(Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_F491_4F6C_DD1D))
    }

    /// A seed from the environment, or a new one; printed either way.
    pub fn printed(test: &str) -> Self {
        let seed = std::env::var("RAPPORTEUR_TEST_SEED")
            .ok()
            .and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
        println!("{test}: RAPPORTEUR_TEST_SEED={seed}");
        Self::new(seed)
    }

    /// A number below `below`.
    pub fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % below.max(1)
    }
}

/// How often to do something: as `normal`ly, or as the environment wants it in a long run.
pub fn times(variable: &str, normal: usize) -> usize {
    std::env::var(variable).map_or(normal, |times| times.parse().unwrap())
}

/// Copies a directory of plain files and directories.
pub fn copy_dir(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Writes until it is told to stop; what was acknowledged, with the value it wrote.
pub async fn write(store: Arc<dyn Store>, writer: u64, stop: Arc<AtomicBool>) -> Acks {
    let mut acks = Acks::new();
    for number in 0.. {
        if stop.load(SeqCst) {
            break;
        }
        let key = format!("w{writer} k{}", number % 20);
        let op_id = Uuid::from_u128((u128::from(writer + 1) << 64) + number);
        let batch = Batch {
            op_id,
            writes: vec![Write::record(key, format!("{number}"))],
            ..empty()
        };
        let done = store.commit(batch).await.unwrap();
        assert!(!done.replayed);
        assert_eq!(acks.insert(op_id, done.position), None);
    }
    acks
}
