//! Many at once: nothing hangs, nothing is lost, nothing is out of order.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

use super::{Dice, Engine, Outcome, batch, checked, ensure, ensure_eq, finish};
use crate::contract::LIMITS;
use crate::{Batch, Direction, Error, LogEntry, Row, Store, Token, Write};

/// Guards against the return of an engine's flush that hangs with seven callers.
pub(super) async fn many_at_once(engine: &dyn Engine) -> Outcome {
    const CALLERS: u64 = 256;
    let store = engine.create().await?;
    for round in 1..=3 {
        let callers: Vec<_> = (0..CALLERS)
            .map(|n| {
                let store = Arc::clone(&store);
                let batch = batch([Write::record(format!("k{n}"), "v")]);
                tokio::spawn(async move { store.commit(batch).await })
            })
            .collect();
        let mut positions = Vec::new();
        for caller in callers {
            positions.push(caller.await??.position);
        }
        positions.sort_unstable();
        ensure_eq!(
            positions,
            ((round - 1) * CALLERS + 1..=round * CALLERS).collect::<Vec<_>>()
        );
    }
    finish(store).await
}

const WRITERS: u64 = 48;
const COMMITS: u64 = 25;
const HOT_KEYS: u64 = 8;

type State = BTreeMap<Bytes, (u64, Bytes)>;

/// 48 writers, some on the same keys, and 3 tailers that keep starting again from a token.
pub(super) async fn writers_and_tailers(engine: &dyn Engine) -> Outcome {
    let store = engine.create().await?;
    let ended = Arc::new(AtomicBool::new(false));
    let newest = Arc::new(AtomicU64::new(0));
    let start = store.head().await?;
    let tailers: Vec<_> = (0..3)
        .map(|n| {
            tokio::spawn(tail(
                Arc::clone(&store),
                start,
                Arc::clone(&ended),
                Dice::new(n),
            ))
        })
        .collect();
    let writers: Vec<_> = (0..WRITERS)
        .map(|n| tokio::spawn(write(Arc::clone(&store), n, Arc::clone(&newest))))
        .collect();
    let mut acknowledged = BTreeMap::new();
    let mut outcome = Ok(());
    for writer in writers {
        match writer.await? {
            Ok(done) => acknowledged.extend(done),
            Err(broken) => outcome = Err(broken),
        }
    }
    ended.store(true, SeqCst);
    outcome?;
    ensure_eq!(acknowledged.len() as u64, WRITERS * COMMITS);
    let head = store.head().await?;
    ensure_eq!(head.position, WRITERS * COMMITS);

    let rows = store
        .scan(b"", b"", LIMITS.page_rows, Direction::Forward)
        .await?;
    let scanned: State = rows
        .into_iter()
        .map(|(key, Row { version, value })| (key, (version, value)))
        .collect();
    for tailer in tailers {
        let (log, state) = tailer.await??;
        ensure_eq!(log, acknowledged);
        ensure!(
            state == scanned,
            "replaying the log does not give what a scan gives"
        );
    }
    finish(store).await
}

/// Commits; each batch is guarded by the version read before. Answers what was acknowledged.
async fn write(
    store: Arc<dyn Store>,
    n: u64,
    newest: Arc<AtomicU64>,
) -> Outcome<BTreeMap<u64, Uuid>> {
    let mut dice = Dice::new(1_000 + n);
    let mut done = BTreeMap::new();
    while (done.len() as u64) < COMMITS {
        let key = match dice.roll(10) {
            0 => format!("hot {}", dice.roll(HOT_KEYS)),
            _ => format!("own {n} {}", dice.roll(4)),
        };
        let version = store
            .get(key.as_bytes())
            .await?
            .map_or(0, |row| row.version);
        // The value names the version that it replaces: whoever reads the log can follow the chain.
        let value = Bytes::from(version.to_be_bytes().to_vec());
        let write = match dice.roll(8) {
            0 if version > 0 => Write {
                key: key.clone().into(),
                value: None,
                history: true,
            },
            _ => Write::record(key.clone(), value.clone()),
        };
        let meta = value;
        let batch = Batch {
            meta,
            ..batch([write])
        };
        let (op_id, before) = (batch.op_id, newest.load(SeqCst));
        match store.commit(checked(batch, key, version)).await {
            Ok(commit) => {
                let at = commit.position;
                ensure!(
                    at > before,
                    "commit {at} began when {before} was acknowledged"
                );
                newest.fetch_max(at, SeqCst);
                done.insert(at, op_id);
            }
            Err(Error::Conflict { current, .. }) => {
                ensure!(
                    current != version,
                    "a conflict over the version that was checked"
                );
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(done)
}

/// Follows the log to its end and answers what it saw, and the state that this leads to.
async fn tail(
    store: Arc<dyn Store>,
    start: Token,
    ended: Arc<AtomicBool>,
    mut dice: Dice,
) -> Outcome<(BTreeMap<u64, Uuid>, State)> {
    let (mut token, mut log, mut state) = (start, BTreeMap::new(), State::new());
    let mut saved = (token, log.clone(), state.clone());
    loop {
        let last = ended.load(SeqCst);
        let page = store.read_log(&token, 1 + dice.roll(40) as usize).await?;
        if page.is_empty() && last {
            return Ok((log, state));
        }
        if page.is_empty() {
            store.wait(token.position, Duration::from_millis(50)).await;
        }
        for entry in page {
            ensure_eq!(entry.position, token.position + 1);
            token = Token {
                position: entry.position,
                op_id: entry.op_id,
                ..token
            };
            replay(&mut state, &entry)?;
            log.insert(entry.position, entry.op_id);
        }
        match dice.roll(10) {
            0 => saved = (token, log.clone(), state.clone()),
            1 => (token, log, state) = saved.clone(),
            _ => {}
        }
    }
}

fn replay(state: &mut State, entry: &LogEntry) -> Outcome {
    for write in &entry.writes {
        // Meta names the version that the writer saw; the log must say the same.
        let version = state.get(&write.key).map_or(0, |(version, _)| *version);
        ensure_eq!(entry.meta[..], version.to_be_bytes());
        match &write.value {
            Some(value) => state.insert(write.key.clone(), (entry.position, value.clone())),
            None => state.remove(&write.key),
        };
    }
    Ok(())
}

/// Whoever was told "done" finds it done, by every way of reading.
pub(super) async fn read_your_writes(engine: &dyn Engine) -> Outcome {
    let store = engine.create().await?;
    let callers: Vec<_> = (0..16)
        .map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let key = Bytes::from(format!("key {n:02}"));
                for round in 0..20 {
                    let value = Bytes::from(format!("{round}"));
                    let write = Write::record(key.clone(), value.clone());
                    let version = store.commit(batch([write])).await?.position;
                    let row = Some(Row { version, value });
                    ensure_eq!(store.get(&key).await?, row);
                    ensure_eq!(
                        store.get_many(std::slice::from_ref(&key)).await?,
                        vec![row.clone()]
                    );
                    let page = store.scan(&key, b"", 1, Direction::Forward).await?;
                    ensure_eq!(
                        page.first().map(|(key, row)| (key, Some(row))),
                        Some((&key, row.as_ref()))
                    );
                    ensure!(
                        store.head().await?.position >= version,
                        "the head lags behind"
                    );
                    ensure_eq!(store.history(&key, version, 1).await?[0].position, version);
                    store.commit(batch([Write::delete(key.clone())])).await?;
                    ensure_eq!(store.get(&key).await?, None);
                }
                Ok(())
            })
        })
        .collect();
    for caller in callers {
        caller.await??;
    }
    finish(store).await
}

/// The full walk takes no offence at commits that come while it is under way.
pub(super) async fn verify_beside_writers(engine: &dyn Engine) -> Outcome {
    let store = engine.create().await?;
    let ended = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..8)
        .map(|n| {
            let (store, ended) = (Arc::clone(&store), Arc::clone(&ended));
            tokio::spawn(async move {
                let mut dice = Dice::new(n);
                while !ended.load(SeqCst) {
                    let key = Bytes::from(format!("key {}", dice.roll(30)));
                    let size = if dice.roll(5) == 0 { 9_000 } else { 20 };
                    let write = match dice.roll(4) {
                        0 => Write {
                            key,
                            value: None,
                            history: true,
                        },
                        _ => Write::record(key, vec![b'x'; size]),
                    };
                    store.commit(batch([write])).await?;
                }
                Outcome::Ok(())
            })
        })
        .collect();
    let mut outcome = Outcome::Ok(());
    let mut before = 0;
    for _ in 0..12 {
        store.wait(before, Duration::from_secs(10)).await;
        match store.verify().await {
            Ok(verified) => before = verified.log_entries,
            Err(error) => outcome = Err(error.into()),
        }
    }
    ended.store(true, SeqCst);
    for writer in writers {
        writer.await??;
    }
    outcome?;
    finish(store).await
}

/// Callers that give up leave a batch that is done or can be done, but never half and never twice.
pub(super) async fn dropped_callers(engine: &dyn Engine) -> Outcome {
    let store = engine.create().await?;
    let mut dice = Dice::new(7);
    let mut batches = Vec::new();
    for n in 0..60u64 {
        let batch = batch((0..5).map(|row| Write::record(format!("k{n} {row}"), "v")));
        let caller = {
            let (store, batch) = (Arc::clone(&store), batch.clone());
            tokio::spawn(async move { store.commit(batch).await })
        };
        for _ in 0..dice.roll(4) {
            tokio::task::yield_now().await;
        }
        caller.abort();
        batches.push(batch);
    }
    let mut positions = Vec::new();
    for batch in &batches {
        positions.push(store.commit(batch.clone()).await?.position);
    }
    positions.sort_unstable();
    ensure_eq!(positions, (1..=60).collect::<Vec<_>>());
    ensure_eq!(store.head().await?.position, 60);
    finish(store).await
}
