//! The engines of the store against each other, and against what others would take: the same commit on sled, on
//! PostgreSQL, grouped and each in a transaction of its own, and on an etcd of three members.

mod cluster;
mod etcd;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use bytes::Bytes;
use rapporteur_store::engine::{self, Address, Remote, Settings};
use rapporteur_store::{Batch, Check, Store, Write};
use uuid::Uuid;

use self::cluster::Cluster;
use crate::load::Work;
use crate::plan::{CALLERS, Plan};
use crate::rounds::{Contestant, contest};
use crate::say;
use crate::table::{Figure, Outcome, Row, Target};

/// Bytes of the record that is written.
const VALUE: usize = 600;
/// What the log keeps of a commit beside its writes.
const META: [u8; 100] = [0; 100];

const SLED: &str = "sled, grouped";
const GROUPED: &str = "PostgreSQL, grouped";
const ALONE: &str = "PostgreSQL, a transaction for each";
const ETCD: &str = "etcd, three members";

/// What is set against what.
const RATIOS: [(&str, &str, Option<Target>); 4] = [
    (GROUPED, ALONE, Some(Target::AtLeast(5.0))),
    (SLED, GROUPED, Some(Target::AtLeast(1.0))),
    (SLED, ETCD, None),
    (GROUPED, ETCD, None),
];

/// The key of a record.
fn key(number: u64) -> Bytes {
    format!("event-{number:07}").into()
}

/// The key of its index row.
fn index(number: u64) -> Bytes {
    format!("by-day-{:05}-{number:07}", number % 10_000).into()
}

/// Commits of one check and two writes: a record and an index row.
#[derive(Clone)]
struct Stored {
    store: Arc<dyn Store>,
    next: Arc<AtomicU64>,
}

impl Stored {
    /// Callers of the store at this address.
    async fn callers(address: &Address, group_batches: usize) -> Result<Vec<Committing>> {
        let remote = Remote {
            group_batches,
            ..Remote::default()
        };
        let settings = Settings {
            remote,
            ..Settings::default()
        };
        let store = engine::open(address, &settings).await?.store;
        let next = Arc::default();
        Ok(vec![Committing::Stored(Self { store, next }); CALLERS])
    }

    /// Closes the store, which must hold all that was acknowledged, once.
    async fn close(&self) -> Result<()> {
        let (asked, head) = (
            self.next.load(Ordering::Relaxed),
            self.store.head().await?.position,
        );
        ensure!(
            asked == head,
            "{asked} commits were acknowledged, the log holds {head}"
        );
        Ok(self.store.close().await?)
    }
}

impl Work for Stored {
    async fn call(&mut self) -> Result<()> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let batch = Batch {
            op_id: Uuid::new_v4(),
            time_us: i64::try_from(since.as_micros())?,
            checks: vec![Check {
                key: key(number),
                version: 0,
            }],
            writes: vec![
                Write::record(key(number), vec![b'v'; VALUE]),
                Write::put(index(number), Bytes::new()),
            ],
            meta: Bytes::from_static(&META),
        };
        self.store.commit(batch).await?;
        Ok(())
    }
}

/// A caller of one engine.
#[derive(Clone)]
enum Committing {
    Stored(Stored),
    Etcd(Box<etcd::Committing>),
}

impl Work for Committing {
    async fn call(&mut self) -> Result<()> {
        match self {
            Self::Stored(stored) => stored.call().await,
            Self::Etcd(etcd) => etcd.call().await,
        }
    }
}

/// All in turns, each in a store of its own: PostgreSQL's are new schemas of the plan's database, etcd is started
/// in `folder` where it is installed.
pub async fn commits(plan: &Plan, folder: &Path) -> Result<Outcome> {
    let every = Remote::default().group_batches;
    let mut all = vec![(
        SLED,
        Stored::callers(&Address::Sled(folder.join("engines")), every).await?,
    )];
    if let Some(server) = &plan.postgres {
        let run = Uuid::new_v4().simple();
        let grouped = server.clone().or_schema(&format!("bench_{run}_grouped"));
        let alone = server.clone().or_schema(&format!("bench_{run}_alone"));
        ensure!(
            grouped != alone,
            "the address of the server must name no schema: each contestant gets its own"
        );
        all.push((GROUPED, Stored::callers(&grouped, every).await?));
        all.push((ALONE, Stored::callers(&alone, 1).await?));
    } else {
        say("skipped: PostgreSQL is only measured with --postgres");
    }
    let cluster = Cluster::start(folder)?;
    let leader = match &cluster {
        Some(cluster) => Some(cluster.leader().await?),
        None => None,
    };
    if let Some(leader) = leader {
        let callers = etcd::Committing::callers(leader).await?;
        let callers = callers.into_iter().map(Box::new).map(Committing::Etcd);
        all.push((ETCD, callers.collect()));
    }
    let contestants: Vec<_> = all
        .into_iter()
        .map(|(how, callers)| Contestant {
            name: format!("{CALLERS} callers commit to {how}"),
            callers,
            servers: Vec::new(),
        })
        .collect();
    let series = contest(&contestants, plan.writes).await?;
    for contestant in &contestants {
        match (&contestant.callers[0], leader) {
            (Committing::Stored(stored), _) => stored.close().await?,
            (Committing::Etcd(etcd), Some(leader)) => etcd.check(leader).await?,
            (Committing::Etcd(_), None) => {}
        }
    }
    let of = |how: &str| series.iter().find(|one| one.name.ends_with(how));
    let ratio = |(how, reference, target)| Some(Row::of(of(how)?, of(reference)?, target));
    Ok(Outcome {
        rows: RATIOS.into_iter().filter_map(ratio).collect(),
        figures: series.iter().map(Figure::of).collect(),
    })
}
