//! The engines of the store against each other: the same commit on PostgreSQL, grouped and each in a
//! transaction of its own, and on sled.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use bytes::Bytes;
use rapporteur_store::engine::{self, Address, Remote, Settings};
use rapporteur_store::{Batch, Check, Store, Write};
use uuid::Uuid;

use crate::load::Work;
use crate::plan::{CALLERS, Plan};
use crate::rounds::{Contestant, contest};
use crate::table::{Figure, Outcome, Row, Target};

/// Bytes of the record that is written.
const VALUE: usize = 600;

/// Commits of one check and two writes: a record and an index row.
#[derive(Clone)]
struct Committing {
    store: Arc<dyn Store>,
    next: Arc<AtomicU64>,
}

impl Work for Committing {
    async fn call(&mut self) -> Result<()> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let key = Bytes::from(format!("event-{number:07}"));
        let index = Bytes::from(format!("by-day-{:05}-{number:07}", number % 10_000));
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let batch = Batch {
            op_id: Uuid::new_v4(),
            time_us: i64::try_from(since.as_micros())?,
            checks: vec![Check {
                key: key.clone(),
                version: 0,
            }],
            writes: vec![
                Write::record(key, vec![b'v'; VALUE]),
                Write::put(index, Bytes::new()),
            ],
            meta: Bytes::from_static(&[0; 100]),
        };
        self.store.commit(batch).await?;
        Ok(())
    }
}

/// All in turns, each in a store of its own: PostgreSQL's are new schemas of the database at `server`.
pub async fn commits(plan: &Plan, folder: &Path, server: &Address) -> Result<Outcome> {
    let run = Uuid::new_v4().simple();
    let sled = Address::Sled(folder.join("engines"));
    let grouped = server.clone().or_schema(&format!("bench_{run}_grouped"));
    let alone = server.clone().or_schema(&format!("bench_{run}_alone"));
    ensure!(
        grouped != alone,
        "the address of the server must name no schema: each contestant gets its own"
    );
    let every = Remote::default().group_batches;
    let mut contestants = Vec::new();
    for (how, address, group_batches) in [
        ("PostgreSQL, grouped", grouped, every),
        ("PostgreSQL, a transaction for each", alone, 1),
        ("sled, grouped", sled, every),
    ] {
        let remote = Remote {
            group_batches,
            ..Remote::default()
        };
        let settings = Settings {
            remote,
            ..Settings::default()
        };
        let store = engine::open(&address, &settings).await?.store;
        let committing = Committing {
            store,
            next: Arc::default(),
        };
        contestants.push(Contestant {
            name: format!("{CALLERS} callers commit to {how}"),
            callers: vec![committing; CALLERS],
            servers: Vec::new(),
        });
    }
    let series = contest(&contestants, plan.writes).await?;
    for contestant in &contestants {
        let Committing { store, next } = &contestant.callers[0];
        let (asked, head) = (next.load(Ordering::Relaxed), store.head().await?.position);
        ensure!(
            asked == head,
            "{}: {asked} commits were acknowledged, the log holds {head}",
            contestant.name
        );
        store.close().await?;
    }
    let [grouped, alone, sled] = &series[..] else {
        return Ok(Outcome::default());
    };
    Ok(Outcome {
        rows: vec![
            Row::of(grouped, alone, Some(Target::AtLeast(5.0))),
            Row::of(sled, grouped, Some(Target::AtLeast(1.0))),
        ],
        figures: series.iter().map(Figure::of).collect(),
    })
}
