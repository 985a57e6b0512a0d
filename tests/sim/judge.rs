//! What must hold when all is healed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures::FutureExt as _;
use rapporteur_proto::changes::v1::Service;
use rapporteur_records::feed::FeedFilter;
use rapporteur_records::mirror::Observer;
use rapporteur_records::{AnyNoun, Feed, Mirror};
use rapporteur_store::{Store, chain};

use crate::client::Acknowledged;
use crate::house::{Disk, House};

/// Records by name, as they are encoded.
type Records = BTreeMap<String, Vec<u8>>;

/// A future that waits for nothing: those of a store in memory.
fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().unwrap()
}

/// Each service by itself: the log is whole, and every acknowledged write is there exactly once, in the feed.
pub(crate) fn services(house: &House, acknowledged: &Acknowledged) {
    let mut found = Acknowledged::new();
    for (disk, service, nouns) in parts(house) {
        let store = disk.open();
        chained(&*store);
        let (_, writes) = fed(store, service, nouns);
        for (name, positions) in writes {
            found.insert(name, positions);
        }
    }
    // Whoever wrote it was told of it, since everybody repeats until then: so none is missing, none is there
    // twice, and none is there that nobody was told of.
    assert_eq!(&found, acknowledged);
}

/// Whether everybody who follows a service has all of it. Says who does not.
pub(crate) fn followed(house: &House) -> Result<(), String> {
    let all: Vec<Records> = parts(house)
        .into_iter()
        .map(|(disk, service, nouns)| fed(disk.open(), service, nouns).0)
        .collect();
    for (who, disk, source, records) in [
        ("the gateway", &house.gateway, "events", &all[0]),
        ("the gateway", &house.gateway, "recommendations", &all[1]),
        ("the register", &house.recommendations, "events", &all[0]),
    ] {
        let kept = Arc::new(Kept::default());
        let observer: Arc<dyn Observer> = Arc::clone(&kept) as Arc<dyn Observer>;
        now(Mirror::new(disk.open(), source, Some(observer)).load()).unwrap();
        let mirrored = kept.0.lock().unwrap();
        if *mirrored != *records {
            let (has, there) = (mirrored.len(), records.len());
            return Err(format!(
                "{who} has {has} records of {source}, which has {there}"
            ));
        }
    }
    Ok(())
}

type Part<'a> = (&'a Disk, Service, &'static [&'static dyn AnyNoun]);

fn parts(house: &House) -> [Part<'_>; 2] {
    [
        (&house.events, Service::Events, &rapporteur_events::NOUNS),
        (
            &house.recommendations,
            Service::Recommendations,
            &rapporteur_recommendations::NOUNS,
        ),
    ]
}

/// Positions without a gap, each entry hashed over the one before.
fn chained(store: &dyn Store) {
    let log = now(store.read_log(&now(store.token_at(0)).unwrap(), 10_000)).unwrap();
    let mut previous = [0; 32];
    for (entry, position) in log.iter().zip(1..) {
        assert_eq!((entry.position, entry.previous_hash), (position, previous));
        assert_eq!(entry.hash, chain::hash(entry));
        previous = entry.hash;
    }
}

/// What the feed of a service leads to, and at which positions each record was written.
fn fed(
    store: Arc<dyn Store>,
    service: Service,
    nouns: &[&'static dyn AnyNoun],
) -> (Records, Acknowledged) {
    let feed = Feed::new(store, service, nouns);
    let (mut records, mut writes) = (Records::new(), Acknowledged::new());
    let mut after = now(feed.resume("")).unwrap();
    loop {
        let page = now(feed.list(after, 100, &FeedFilter::default())).unwrap();
        for change in page.changes {
            for resource in change.resources {
                let at = writes.entry(resource.name.clone()).or_default();
                at.push(change.position.to_string());
                records.insert(resource.name, resource.value.unwrap().value);
            }
        }
        if page.at_head {
            return (records, writes);
        }
        after = page.next;
    }
}

/// Sees what a mirror keeps.
#[derive(Default)]
struct Kept(Mutex<Records>);

impl Observer for Kept {
    fn changed(&self, name: &str, _: &str, value: Option<&[u8]>) {
        let mut kept = self.0.lock().unwrap();
        match value {
            Some(value) => drop(kept.insert(name.to_owned(), value.to_vec())),
            None => drop(kept.remove(name)),
        }
    }

    fn cleared(&self) {
        self.0.lock().unwrap().clear();
    }
}
