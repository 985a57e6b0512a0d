//! The store alone, without a service before it: grouped commits against one commit for each flush, and
//! a Get against sled's own.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use bytes::Bytes;
use prost::Message as _;
use rapporteur_store::sled::{Options, SledStore};
use rapporteur_store::{Batch, Check, Store as _, Write};
use uuid::Uuid;

use crate::load::Work;
use crate::plan::{CALLERS, Plan};
use crate::record;
use crate::rounds::{Contestant, contest};
use crate::table::{Figure, Outcome, Row, Target};

/// Index rows beside each record: of the command that group commit was designed with, and of a Create.
const INDEX_ROWS: [(u8, &str, Option<Target>); 2] = [
    (2, "a record and 2 index rows", Some(Target::AtLeast(8.0))),
    (10, "a record and 10 index rows", None),
];
/// Gets in one call of the loop: one is quicker than looking at the clock.
const GETS: usize = 256;

/// Commits of the shape of a Create.
#[derive(Clone)]
struct Committing {
    store: Arc<SledStore>,
    next: Arc<AtomicU64>,
    value: Bytes,
    index_rows: u8,
}

impl Work for Committing {
    async fn call(&mut self) -> Result<()> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let key = key(number);
        let index = |place: u8| Write::put([&[2, place], &key[..]].concat(), key.clone());
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
            writes: [Write::record(key.clone(), self.value.clone())]
                .into_iter()
                .chain((0..self.index_rows).map(index))
                .collect(),
            meta: Bytes::from_static(&[0; 100]),
        };
        self.store.commit(batch).await?;
        Ok(())
    }
}

fn key(number: u64) -> Bytes {
    [
        &b"\x01dialogues/rabat/events/event-"[..],
        format!("{number:07}").as_bytes(),
    ]
    .concat()
    .into()
}

/// Grouped commits and commits one by one, in turns, each in a store of its own.
pub async fn commits(plan: &Plan, folder: &Path) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    for (index_rows, what, target) in INDEX_ROWS {
        let mut contestants = Vec::new();
        for (how, group_batches) in [
            ("grouped", Options::default().group_batches),
            ("one for each flush", 1),
        ] {
            let data = folder.join(format!("{index_rows}-in-groups-of-{group_batches}"));
            let options = Options {
                group_batches,
                ..Options::default()
            };
            let store =
                tokio::task::spawn_blocking(move || SledStore::open(&data, options)).await??;
            let value = record::event(0).encode_to_vec().into();
            let committing = Committing {
                store,
                next: Arc::default(),
                value,
                index_rows,
            };
            let name = format!("{CALLERS} callers commit {what}, {how}");
            contestants.push(Contestant {
                name,
                callers: vec![committing; CALLERS],
                servers: Vec::new(),
            });
        }
        let series = contest(&contestants, plan.writes).await?;
        for contestant in &contestants {
            let committing = &contestant.callers[0];
            let (asked, head) = (
                committing.next.load(Ordering::Relaxed),
                committing.store.head().await?.position,
            );
            ensure!(
                asked == head,
                "{asked} commits were acknowledged, the log holds {head}"
            );
            committing.store.close().await?;
        }
        outcome.rows.push(Row::of(&series[0], &series[1], target));
        outcome.figures.extend(series.iter().map(Figure::of));
    }
    Ok(outcome)
}

/// One caller that gets rows, from sled or through the store.
#[derive(Clone)]
enum Getting {
    Sled(::sled::Db, usize),
    Store(Arc<SledStore>, usize),
}

impl Work for Getting {
    async fn call(&mut self) -> Result<()> {
        match self {
            Self::Sled(db, place) => {
                for number in rows(place) {
                    ensure!(db.get(key(number))?.is_some(), "row {number} is gone");
                }
            }
            Self::Store(store, place) => {
                for number in rows(place) {
                    ensure!(
                        store.get(&key(number)).await?.is_some(),
                        "row {number} is gone"
                    );
                }
            }
        }
        Ok(())
    }
}

const ROWS: usize = 1_000;

fn rows(place: &mut usize) -> impl Iterator<Item = u64> + use<> {
    let from = *place;
    *place = (from + GETS * 7) % ROWS;
    (0..GETS).map(move |step| ((from + step * 7) % ROWS) as u64)
}

/// Gets of a thousand rows that are in memory.
pub async fn gets(plan: &Plan, folder: &Path) -> Result<Outcome> {
    let value: Bytes = record::event(0).encode_to_vec().into();
    let db = ::sled::open(folder.join("bare"))?;
    for number in 0..ROWS as u64 {
        db.insert(key(number), &value[..])?;
    }
    let data = folder.join("rows");
    let store =
        tokio::task::spawn_blocking(move || SledStore::open(&data, Options::default())).await??;
    let mut committing = Committing {
        store: store.clone(),
        next: Arc::default(),
        value,
        index_rows: 0,
    };
    for _ in 0..ROWS {
        committing.call().await?;
    }
    let contestants = [Getting::Sled(db, 0), Getting::Store(store.clone(), 0)];
    let names = [
        "get from sled, one thread",
        "get from the store, one thread",
    ];
    let contestants = names
        .into_iter()
        .zip(contestants)
        .map(|(name, getting)| Contestant {
            name: name.to_owned(),
            callers: vec![getting],
            servers: Vec::new(),
        });
    let contestants: Vec<_> = contestants.collect();
    let mut series = contest(&contestants, plan.reads).await?;
    store.close().await?;
    for one in &mut series {
        for rate in &mut one.rates {
            *rate *= GETS as f64;
        }
    }
    // What a call of the loop takes is told to nobody: it is many gets.
    Ok(Outcome {
        rows: vec![Row::of(&series[1], &series[0], None)],
        figures: Vec::new(),
    })
}
