//! The same records, committed to the store alone: what writing them takes when nobody looks at them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use bytes::Bytes;
use rapporteur_store::sled::{Options, SledStore};
use rapporteur_store::{Batch, Check, Store as _, Write};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::file;
use crate::plan::CALLERS;

/// Commits so many records, each with the index rows that a recommendation of an event has; how long that takes.
pub(super) async fn commit(folder: &Path, count: u64) -> Result<Duration> {
    let folder = folder.to_owned();
    let store =
        tokio::task::spawn_blocking(move || SledStore::open(&folder, Options::default())).await??;
    // Made before the clock runs: the import gets its texts ready made too.
    let records: Arc<Vec<(String, Vec<u8>)>> = Arc::new((0..count).map(file::stored).collect());
    let next = Arc::new(AtomicU64::new(0));
    let begin = Instant::now();
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (store, records, next) = (store.clone(), records.clone(), next.clone());
        callers.spawn(async move {
            loop {
                let number = usize::try_from(next.fetch_add(1, Ordering::Relaxed))?;
                let Some((name, value)) = records.get(number) else {
                    return Ok::<_, anyhow::Error>(());
                };
                store.commit(batch(name, value)?).await?;
            }
        });
    }
    while let Some(done) = callers.join_next().await {
        done??;
    }
    let took = begin.elapsed();
    let head = store.head().await?.position;
    ensure!(
        head == count,
        "{count} commits were made, the log holds {head}"
    );
    store.close().await?;
    Ok(took)
}

fn batch(name: &str, value: &[u8]) -> Result<Batch> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let key: Bytes = [&[1], name.as_bytes()].concat().into();
    let index = |place: u8| Write::put([&[2, place], &key[..]].concat(), key.clone());
    Ok(Batch {
        op_id: Uuid::new_v4(),
        time_us: i64::try_from(since.as_micros())?,
        checks: vec![Check {
            key: key.clone(),
            version: 0,
        }],
        writes: vec![
            Write::record(key.clone(), value.to_vec()),
            index(1),
            index(3),
        ],
        meta: Bytes::from_static(&[0; 100]),
    })
}
