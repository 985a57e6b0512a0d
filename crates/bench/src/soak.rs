//! Hours of mixed load on one service: does its memory grow, does it stall, and is all there in the end?
//!
//! Half of the calls get, a fifth list, a fifth create, a tenth update, in an open loop, so that a stall is
//! charged to all who came meanwhile. One follower reads the change feed and checks that no position is
//! missing; another subscribes and never reads. The first call that fails ends the run.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use http::uri::PathAndQuery;
use prost::Message as _;
use rapporteur_proto::FieldMask;
use rapporteur_proto::changes::v1::change_service_client::ChangeServiceClient;
use rapporteur_proto::changes::v1::{ListRevisionsRequest, WatchRequest, WatchResponse};
use rapporteur_proto::events::v1::{Event, GetEventRequest, UpdateEventRequest};
use rapporteur_store::Store as _;
use rapporteur_store::sled::{Options, SledStore};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tonic::transport::Channel;
use uuid::Uuid;

use crate::arguments::Soak;
use crate::caller::{Caller, callers, connect};
use crate::load::{Work, open};
use crate::plan::{CALLERS, CONNECTIONS};
use crate::process::Process;
use crate::record::{self, Creating, GET, LIST};

const UPDATE: PathAndQuery =
    PathAndQuery::from_static("/rapporteur.events.v1.EventService/UpdateEvent");
/// Events that are there before the load begins.
const FIRST: u64 = 1_000;
/// So many of the newest events are left alone: they may not be acknowledged yet.
const UNSURE: u64 = 1_000;
/// How long the follower may take to hear of the last change.
const HEARD_WITHIN: Duration = Duration::from_secs(60);
const MIB: f64 = (1 << 20) as f64;

/// Soaks a service and prints a line for each period. False never: what is wrong is an error.
pub fn run(folder: Option<&Path>, how: &Soak) -> Result<bool> {
    let folder = match folder {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(soak(&folder.path().join("events"), how))?;
    Ok(true)
}

async fn soak(data: &Path, how: &Soak) -> Result<()> {
    let service = Process::start("events", &[data.as_os_str()])?;
    let channels = connect(service.address(), CONNECTIONS).await?;
    record::prepare(&channels[0]).await?;
    record::fill(&channels, FIRST).await?;
    let next = Arc::new(AtomicU64::new(FIRST));
    let mixed = Mixed::callers(&channels, &next);
    let mut followers = Followers::start(&service).await?;

    let mut out = std::io::stdout();
    writeln!(
        out,
        "  line    calls   p50 ms   p99 ms  longest ms  resident MiB  disk MiB    events"
    )?;
    for line in 1..=how.lines {
        let period = Duration::from_secs(how.every.into());
        let measured = tokio::select! {
            measured = open(&mixed, how.rate.into(), Duration::ZERO, period) => measured?,
            failed = followers.failed() => return Err(failed),
        };
        let ms = |nanos: u64| Duration::from_nanos(nanos).as_secs_f64() * 1e3;
        let at = |quantile| ms(measured.latency.value_at_quantile(quantile));
        writeln!(
            out,
            "{line:>6} {:>8} {:>8.2} {:>8.2} {:>11.1} {:>13.1} {:>9.1} {:>9}",
            measured.calls,
            at(0.5),
            at(0.99),
            ms(measured.latency.max()),
            service.pid().resident()? as f64 / MIB,
            disk(data)? as f64 / MIB,
            next.load(Ordering::Relaxed),
        )?;
        out.flush()?;
    }

    let events = next.load(Ordering::Relaxed);
    record::check(&channels[0], events).await?;
    let heard = followers.heard_all(&channels[0], &record::name(0)).await?;
    drop((followers, channels, mixed));
    service.stop()?;
    let store = SledStore::open(data, Options::default())?;
    let (head, verified) = (store.head().await?.position, store.verify().await?);
    store.close().await?;
    ensure!(
        heard == head,
        "the follower is at {heard}, the log at {head}"
    );
    writeln!(
        out,
        "all {events} events are listed once; the follower heard of all {head} changes in order; verified: {} rows, \
         {} log entries, {} past values",
        verified.rows, verified.log_entries, verified.history_rows
    )?;
    Ok(())
}

/// Calls of every kind, in turn.
#[derive(Clone)]
struct Mixed {
    caller: Caller,
    creating: Creating,
    next: Arc<AtomicU64>,
    turn: Arc<AtomicU64>,
}

impl Mixed {
    fn callers(channels: &[Channel], next: &Arc<AtomicU64>) -> Vec<Self> {
        let turn = Arc::new(AtomicU64::new(0));
        let caller = |caller: Caller| Self {
            creating: Creating::new(caller.clone(), next.clone()),
            caller,
            next: next.clone(),
            turn: turn.clone(),
        };
        callers(channels, CALLERS).into_iter().map(caller).collect()
    }
}

impl Work for Mixed {
    async fn call(&mut self) -> Result<()> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let sure = self.next.load(Ordering::Relaxed).saturating_sub(UNSURE);
        // Far apart in turn, so that two calls at a time never meet at one event.
        let name = record::name(turn.wrapping_mul(7_919) % sure.max(FIRST));
        match turn % 10 {
            0..5 => {
                let request = GetEventRequest { name, as_of: None };
                self.caller
                    .call(&GET, request.encode_to_vec().into())
                    .await?;
            }
            5..7 => drop(self.caller.call(&LIST, record::list()).await?),
            7..9 => self.creating.call().await?,
            _ => update(&mut self.caller, name, turn).await?,
        }
        Ok(())
    }
}

async fn update(caller: &mut Caller, name: String, turn: u64) -> Result<()> {
    let ordinal = i32::try_from(turn % 1_000)?;
    let request = UpdateEventRequest {
        event: Some(Event {
            name,
            ordinal,
            ..Event::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["ordinal".into()],
        }),
        request_id: Uuid::new_v4().to_string(),
        ..UpdateEventRequest::default()
    };
    caller
        .call(&UPDATE, request.encode_to_vec().into())
        .await
        .map(drop)
}

/// Two who follow the change feed, each on a connection of its own.
struct Followers {
    /// The last position that the one who reads has heard of.
    heard: watch::Receiver<u64>,
    reader: JoinSet<Result<()>>,
    /// The other one: kept, never read.
    _dead: tonic::Streaming<WatchResponse>,
}

impl Followers {
    async fn start(service: &Process) -> Result<Self> {
        let mut streams = Vec::new();
        for channel in connect(service.address(), 2).await? {
            let mut client = ChangeServiceClient::new(channel);
            streams.push(client.watch(WatchRequest::default()).await?.into_inner());
        }
        let (Some(dead), Some(mut read)) = (streams.pop(), streams.pop()) else {
            bail!("there are not two streams");
        };
        let (tell, heard) = watch::channel(0);
        let mut reader = JoinSet::new();
        reader.spawn(async move {
            while let Some(message) = read.message().await? {
                let Some(change) = message.change else {
                    continue;
                };
                let before = tell.send_replace(change.position);
                ensure!(
                    change.position == before + 1,
                    "the feed goes from {before} to {}",
                    change.position
                );
            }
            bail!("the feed has ended")
        });
        Ok(Self {
            heard,
            reader,
            _dead: dead,
        })
    }

    /// Resolves when the one who reads cannot go on.
    async fn failed(&mut self) -> anyhow::Error {
        match self.reader.join_next().await {
            Some(Ok(Err(error))) => error,
            other => anyhow!("the follower ended: {other:?}"),
        }
    }

    /// Changes an event and waits until the one who reads has heard of it; the position of that change.
    async fn heard_all(&mut self, channel: &Channel, name: &str) -> Result<u64> {
        update(&mut Caller::new(channel.clone()), name.to_owned(), 1).await?;
        let request = ListRevisionsRequest {
            name: name.to_owned(),
            page_size: 1,
            ..ListRevisionsRequest::default()
        };
        let mut client = ChangeServiceClient::new(channel.clone());
        let newest = client.list_revisions(request).await?.into_inner().revisions;
        let last = newest.first().context("no revision")?.position;
        let mut heard = self.heard.clone();
        tokio::select! {
            told = timeout(HEARD_WITHIN, heard.wait_for(|at| *at >= last)) => {
                told.context("the follower lags behind")??;
            }
            failed = self.failed() => return Err(failed),
        }
        Ok(last)
    }
}

/// Bytes of all files below a folder.
fn disk(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        bytes += match entry.metadata() {
            Ok(found) if found.is_dir() => disk(&entry.path())?,
            Ok(found) => found.len(),
            // Removed meanwhile.
            Err(_) => 0,
        };
    }
    Ok(bytes)
}
