//! Writers and tailers over several replicas of one store, and what must never happen.
//!
//! Each writer repeats a batch with the same op id until it knows the outcome, as clients must. Each tailer
//! follows the log by tokens into a state of its own, and now and then starts again from a token that it
//! saved with an older state.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rapporteur_store::{Batch, Check, Commit, Error, LogEntry, Store, Token, Write, chain};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::support::{Dice, State, scanned};

const HOT_KEYS: u64 = 8;
/// A client that was told "unavailable" asks again after this long.
const PAUSE: Duration = Duration::from_millis(10);

pub type Replica = Arc<dyn Store>;

/// What was seen. Everything from `lost` on must be nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub acked: u64,
    pub conflicts: u64,
    /// Applied although the first answer was an error.
    pub replayed: u64,
    pub unavailable: u64,
    pub ambiguous: u64,
    pub restarts: u64,
    /// Acknowledged, and not in the log.
    pub lost: u64,
    /// In the log more than once, or elsewhere than was acknowledged, or never asked for.
    pub twice: u64,
    /// Places where a tailer saw something else than the next position, or another hash than the one before.
    pub gaps: u64,
    /// Commits that replaced another version than the writer had seen, or came before an older one.
    pub disorder: u64,
    /// Rows in which a tailer's state is not what stands.
    pub differences: u64,
}

impl Figures {
    pub fn bad(&self) -> [u64; 5] {
        let Self {
            lost,
            twice,
            gaps,
            disorder,
            differences,
            ..
        } = *self;
        [lost, twice, gaps, disorder, differences]
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            acked,
            conflicts,
            replayed,
            unavailable,
            ambiguous,
            restarts,
            ..
        } = self;
        let [lost, twice, gaps, disorder, differences] = self.bad();
        write!(
            f,
            "acked {acked}, lost {lost}, applied twice {twice}, gaps {gaps}, disorder {disorder}, \
             differences {differences}; replayed {replayed}, conflicts {conflicts}, \
             unavailable {unavailable}, ambiguous {ambiguous}, tailer restarts {restarts}"
        )
    }
}

#[derive(Default)]
struct Shared {
    /// What is still to be acknowledged.
    left: AtomicU64,
    acked: AtomicU64,
    newest: AtomicU64,
    enough: AtomicBool,
    ended: AtomicBool,
    figures: Mutex<Figures>,
}

/// A load that runs.
pub struct Load {
    shared: Arc<Shared>,
    replicas: Vec<Replica>,
    writers: Vec<JoinHandle<BTreeMap<Uuid, u64>>>,
    tailers: Vec<JoinHandle<State>>,
}

impl Load {
    /// Starts it, spread over the replicas; it ends by itself after so many commits.
    pub async fn start(replicas: &[Replica], writers: u64, tailers: u64, commits: u64) -> Self {
        let shared = Arc::new(Shared::default());
        shared.left.store(commits, SeqCst);
        let start = replicas[0].token_at(0).await.unwrap();
        let on = |n: u64| Arc::clone(&replicas[n as usize % replicas.len()]);
        let write = |n| tokio::spawn(write(on(n), n, Arc::clone(&shared)));
        let tail = |n| tokio::spawn(tail(on(n), start, n, Arc::clone(&shared)));
        Self {
            writers: (0..writers).map(write).collect(),
            tailers: (0..tailers).map(tail).collect(),
            replicas: replicas.to_vec(),
            shared,
        }
    }

    pub fn acked(&self) -> u64 {
        self.shared.acked.load(SeqCst)
    }

    /// Waits until so many more are acknowledged, and answers how long that took.
    pub async fn more(&self, count: u64) -> Duration {
        let (began, wanted) = (Instant::now(), self.acked() + count);
        while self.acked() < wanted {
            assert!(
                began.elapsed() < Duration::from_secs(90),
                "nothing is acknowledged any more"
            );
            tokio::time::sleep(PAUSE).await;
        }
        began.elapsed()
    }

    /// Lets the writers end with what they have in hand.
    pub fn enough(&self) {
        self.shared.enough.store(true, SeqCst);
    }

    /// Waits for the end and compares what everybody knows.
    pub async fn check(self) -> Figures {
        let mut acked = BTreeMap::new();
        for writer in self.writers {
            acked.extend(writer.await.unwrap());
        }
        self.shared.ended.store(true, SeqCst);
        let mut states = Vec::new();
        for tailer in self.tailers {
            states.push(tailer.await.unwrap());
        }
        let mut figures = std::mem::take(&mut *self.shared.figures.lock().unwrap());
        figures.acked = acked.len() as u64;
        for replica in &self.replicas {
            let log = whole_log(&**replica).await;
            let at = |op_id| log.iter().filter(|entry| entry.op_id == op_id).count();
            let by_op: BTreeMap<Uuid, u64> = log
                .iter()
                .map(|entry| (entry.op_id, entry.position))
                .collect();
            figures.lost += acked
                .keys()
                .filter(|op_id| !by_op.contains_key(op_id))
                .count() as u64;
            let moved = by_op
                .iter()
                .filter(|(op_id, position)| acked.get(op_id) != Some(position));
            figures.twice += moved.map(|(op_id, _)| at(*op_id) as u64).sum::<u64>();
            figures.twice += (log.len() - by_op.len()) as u64;
            let stands = scanned(&**replica).await.unwrap();
            for state in &states {
                let keys = state.keys().chain(stands.keys());
                let differ = keys.filter(|key| state.get(*key) != stands.get(*key));
                figures.differences += differ.count() as u64;
            }
            replica.verify().await.unwrap();
        }
        figures
    }
}

async fn whole_log(store: &dyn Store) -> Vec<LogEntry> {
    let (mut token, mut log) = (store.token_at(0).await.unwrap(), Vec::new());
    loop {
        let page = store.read_log(&token, 5_000).await.unwrap();
        let Some(last) = page.last() else { return log };
        (token.position, token.op_id) = (last.position, last.op_id);
        log.extend(page);
    }
}

/// Repeats a call until it is neither unavailable nor open.
macro_rules! insist {
    ($shared:expr, $call:expr) => {
        loop {
            match $call.await {
                Err(Error::Unavailable(_)) => $shared.figures.lock().unwrap().unavailable += 1,
                Err(Error::Ambiguous(_)) => $shared.figures.lock().unwrap().ambiguous += 1,
                outcome => break outcome,
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
}

async fn write(store: Replica, n: u64, shared: Arc<Shared>) -> BTreeMap<Uuid, u64> {
    let (mut dice, mut acked) = (Dice::new(1_000 + n), BTreeMap::new());
    let take = |left: u64| left.checked_sub(1);
    while !shared.enough.load(SeqCst) && shared.left.fetch_update(SeqCst, SeqCst, take).is_ok() {
        let key = match dice.roll(10) {
            0 => format!("hot {}", dice.roll(HOT_KEYS)),
            _ => format!("own {n} {}", dice.roll(30)),
        };
        let row = insist!(shared, store.get(key.as_bytes())).unwrap();
        let version = row.map_or(0, |row| row.version);
        let key = Bytes::from(key);
        // The batch names the version that it replaces: whoever reads the log can follow the chain.
        let meta = Bytes::from(version.to_be_bytes().to_vec());
        let gone = version > 0 && dice.roll(8) == 0;
        let value = (!gone).then(|| Bytes::from(format!("{version} by {n} {}", "x".repeat(200))));
        let batch = Batch {
            op_id: Uuid::new_v4(),
            time_us: i64::try_from(acked.len()).unwrap(),
            checks: vec![Check {
                key: key.clone(),
                version,
            }],
            writes: vec![Write {
                key,
                value,
                history: true,
            }],
            meta,
        };
        let before = shared.newest.load(SeqCst);
        match insist!(shared, store.commit(batch.clone())) {
            Ok(Commit { position, replayed }) => {
                let mut figures = shared.figures.lock().unwrap();
                figures.replayed += u64::from(replayed);
                // One that was applied long before its answer may well be older than others' answers.
                figures.disorder += u64::from(!replayed && position <= before);
                shared.newest.fetch_max(position, SeqCst);
                shared.acked.fetch_add(1, SeqCst);
                acked.insert(batch.op_id, position);
            }
            Err(Error::Conflict { .. }) => {
                shared.figures.lock().unwrap().conflicts += 1;
                // It does not count.
                shared.left.fetch_add(1, SeqCst);
            }
            Err(error) => panic!("{error}"),
        }
    }
    acked
}

async fn tail(store: Replica, start: Token, n: u64, shared: Arc<Shared>) -> State {
    let mut dice = Dice::new(n);
    let (mut token, mut hash, mut state) = (start, [0; 32], State::new());
    let mut saved = (token, hash, state.clone());
    loop {
        let last = shared.ended.load(SeqCst);
        let page = insist!(shared, store.read_log(&token, 1 + dice.roll(200) as usize)).unwrap();
        if page.is_empty() && last {
            return state;
        }
        if page.is_empty() {
            store.wait(token.position, Duration::from_millis(200)).await;
        }
        for entry in page {
            let next = (entry.position, entry.previous_hash) == (token.position + 1, hash);
            let sound = chain::hash(&entry) == entry.hash;
            let disorder = replay(&mut state, &entry);
            let mut figures = shared.figures.lock().unwrap();
            figures.gaps += u64::from(!next || !sound);
            figures.disorder += disorder;
            (token.position, token.op_id, hash) = (entry.position, entry.op_id, entry.hash);
        }
        match dice.roll(40) {
            0 => saved = (token, hash, state.clone()),
            1 => {
                (token, hash, state) = saved.clone();
                shared.figures.lock().unwrap().restarts += 1;
            }
            _ => {}
        }
    }
}

/// Applies an entry; answers in how many of its keys it replaced another version than its writer saw.
fn replay(state: &mut State, entry: &LogEntry) -> u64 {
    let mut disorder = 0;
    for write in &entry.writes {
        let version = state.get(&write.key).map_or(0, |(version, _)| *version);
        disorder += u64::from(entry.meta[..] != version.to_be_bytes());
        match &write.value {
            Some(value) => state.insert(write.key.clone(), (entry.position, value.clone())),
            None => state.remove(&write.key),
        };
    }
    disorder
}
