//! Several followers of one feed that keep their mirror in one store, as the replicas of a service do.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use prost::Message as _;
use rapporteur_proto::changes::v1::Service;
use rapporteur_proto::events::v1::Party;
use rapporteur_records::mirror::Observer;
use rapporteur_records::{Introduction, Mirror, layout};
use rapporteur_store::sled::{Options, SledStore};
use rapporteur_store::{
    self as store, Batch, Commit, Direction, Health, Info, LogEntry, Result, Revision, Store,
    Token, Verified,
};
use tokio::sync::{Notify, Semaphore};
use uuid::Uuid;

use super::*;
use crate::feed::Feed;
use crate::wire::Cable;

const NAME: &str = "parties/pt";

fn party(number: i64) -> Party {
    Party {
        name: NAME.to_owned(),
        acronym: number.to_string(),
        ..Party::default()
    }
}

/// The values that a follower showed.
#[derive(Default)]
struct Shown(Mutex<Vec<i64>>);

impl Observer for Shown {
    fn changed(&self, _: &str, _: &str, value: Option<&[u8]>) {
        let party = Party::decode(value.unwrap()).unwrap();
        self.0.lock().unwrap().push(party.acronym.parse().unwrap());
    }

    fn cleared(&self) {
        self.0.lock().unwrap().clear();
    }
}

struct Follower {
    mirror: Mirror,
    shown: Arc<Shown>,
    cable: Cable,
    task: JoinHandle<()>,
}

async fn follower(store: Arc<dyn Store>, url: &str) -> Follower {
    let shown = Arc::new(Shown::default());
    let cable = Cable::to(url).await;
    let mirror = Mirror::new(store, "events", Some(shown.clone()));
    mirror.load().await.unwrap();
    let (following, url) = (mirror.clone(), cable.url());
    let task = tokio::spawn(async move {
        following
            .follow(|| client::connect(&url).unwrap(), &Introduction::default())
            .await;
    });
    Follower {
        mirror,
        shown,
        cable,
        task,
    }
}

impl Follower {
    async fn reaches(&self, position: u64) {
        let mut progress = self.mirror.progress();
        let there = progress.wait_for(|p| p.position >= position);
        soon("a follower", there).await.unwrap();
    }
}

/// A row of a mirror.
#[derive(Clone, PartialEq, prost::Message)]
struct Row {
    #[prost(bytes = "vec", tag = "2")]
    record: Vec<u8>,
}

/// The values that the row of the mirror had, one after the other; 0 where it was taken away.
async fn values(store: &Arc<dyn Store>) -> Vec<i64> {
    let head = store.head().await.unwrap();
    let mut at = store.token_at(0).await.unwrap();
    let row = layout::mirror("events", NAME);
    let mut values = Vec::new();
    while at != head {
        for entry in store.read_log(&at, 1_000).await.unwrap() {
            at = store.token_at(entry.position).await.unwrap();
            let written = entry.writes.into_iter().filter(|w| w.key == row);
            values.extend(written.map(|write| write.value.map_or(0, |v| number(&v))));
        }
    }
    values
}

fn number(row: &[u8]) -> i64 {
    let record = Row::decode(row).unwrap().record;
    Party::decode(&record[..]).unwrap().acronym.parse().unwrap()
}

/// A store whose commits wait at a gate.
struct Gated {
    inner: Arc<dyn Store>,
    gate: Semaphore,
    waits: Notify,
}

#[tonic::async_trait]
impl Store for Gated {
    async fn commit(&self, batch: Batch) -> Result<Commit> {
        self.waits.notify_one();
        let _open = self.gate.acquire().await;
        self.inner.commit(batch).await
    }
    async fn get(&self, key: &[u8]) -> Result<Option<store::Row>> {
        self.inner.get(key).await
    }
    async fn get_many(&self, keys: &[Bytes]) -> Result<Vec<Option<store::Row>>> {
        self.inner.get_many(keys).await
    }
    async fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        limit: usize,
        direction: Direction,
    ) -> Result<Vec<(Bytes, store::Row)>> {
        self.inner.scan(from, to, limit, direction).await
    }
    async fn take_over(&self, store_id: Uuid, entries: Vec<LogEntry>) -> Result<()> {
        self.inner.take_over(store_id, entries).await
    }

    async fn history(&self, key: &[u8], at: u64, limit: usize) -> Result<Vec<Revision>> {
        self.inner.history(key, at, limit).await
    }
    async fn position_at(&self, time_us: i64) -> Result<u64> {
        self.inner.position_at(time_us).await
    }
    async fn head(&self) -> Result<Token> {
        self.inner.head().await
    }
    async fn token_at(&self, position: u64) -> Result<Token> {
        self.inner.token_at(position).await
    }
    async fn read_log(&self, after: &Token, limit: usize) -> Result<Vec<LogEntry>> {
        self.inner.read_log(after, limit).await
    }
    async fn wait(&self, position: u64, max: Duration) {
        self.inner.wait(position, max).await;
    }
    async fn lookup(&self, op_id: Uuid) -> Result<Option<u64>> {
        self.inner.lookup(op_id).await
    }
    async fn info(&self) -> Result<Info> {
        self.inner.info().await
    }
    async fn health(&self) -> Health {
        self.inner.health().await
    }
    async fn verify(&self) -> Result<Verified> {
        self.inner.verify().await
    }
    async fn close(&self) -> Result<()> {
        self.inner.close().await
    }
}

#[tokio::test]
async fn who_is_late_writes_over_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = SledStore::open(folder.path(), Options::default()).unwrap();
    let gated = Arc::new(Gated {
        inner: store.clone(),
        gate: Semaphore::new(0),
        waits: Notify::new(),
    });
    let feed = Feed::new(Service::Events);
    let served = feed.serve().await;
    let late = follower(gated.clone(), &served.url).await;
    feed.put(1, NAME, &party(1));
    soon("the late one to write", gated.waits.notified()).await;
    let prompt = follower(store.clone(), &served.url).await;
    for number in 2..=5 {
        prompt.reaches(feed.put(number, NAME, &party(number))).await;
    }
    gated.gate.add_permits(1);
    late.reaches(5).await;
    let written = values(&store).await;
    assert!(
        written.is_sorted() && written.last() == Some(&5),
        "{written:?}"
    );
    assert_eq!(*late.shown.0.lock().unwrap().last().unwrap(), 5);
    for follower in [late, prompt] {
        follower.task.abort();
    }
    store.close().await.unwrap();
}

#[tokio::test]
async fn followers_that_share_a_mirror_agree() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = SledStore::open(folder.path(), Options::default()).unwrap();
    let feed = Feed::new(Service::Events);
    let served = feed.serve().await;
    let mut followers = Vec::new();
    for _ in 0..3 {
        followers.push(follower(store.clone(), &served.url).await);
    }
    for (round, follower) in followers.iter().enumerate() {
        for number in 1..=100 {
            let number = i64::try_from(round).unwrap() * 100 + number;
            feed.put(number, NAME, &party(number));
            match number % 100 {
                30 => follower.cable.cut().await,
                60 => follower.cable.mend(),
                _ => tokio::task::yield_now().await,
            }
        }
    }
    for follower in &followers {
        follower.reaches(300).await;
        let shown = follower.shown.0.lock().unwrap().clone();
        assert_eq!(shown.last(), Some(&300));
        assert!(shown.is_sorted(), "the changes are shown in their order");
    }
    assert!(values(&store).await.is_sorted());

    // The history is replaced: all of them begin again, and what they share is the new one.
    feed.begin_anew();
    for number in 1..=5 {
        feed.put(number, NAME, &party(number));
    }
    for follower in &followers {
        let there = async {
            while follower.shown.0.lock().unwrap().last() != Some(&5)
                || follower.mirror.get::<Party>(NAME).await.unwrap() != Some(party(5))
            {
                tokio::task::yield_now().await;
            }
        };
        soon("the new history", there).await;
    }
    for follower in &followers {
        follower.task.abort();
    }
    store.close().await.unwrap();
}
