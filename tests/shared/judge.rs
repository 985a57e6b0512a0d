//! What must hold of the stores of three services that were cut apart, when all is healed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use rapporteur_proto::changes::v1::Service;
use rapporteur_records::feed::FeedFilter;
use rapporteur_records::mirror::Observer;
use rapporteur_records::{AnyNoun, Feed, Mirror};
use rapporteur_store::{Store, chain};

use crate::recorder::Acknowledged;

/// The stores of the three services; nobody writes to them any more.
pub(crate) struct Stores {
    pub(crate) gateway: Arc<dyn Store>,
    pub(crate) events: Arc<dyn Store>,
    pub(crate) recommendations: Arc<dyn Store>,
}

/// Entries of a log that are read at a time.
const PAGE: usize = 1_000;

/// Records by name, as they are encoded.
type Records = BTreeMap<String, Vec<u8>>;

/// Each service by itself: the log is whole, and every acknowledged write is there exactly once, in the feed.
pub(crate) async fn services(stores: &Stores, acknowledged: &Acknowledged) {
    let mut found = Acknowledged::new();
    for (store, service, nouns) in parts(stores) {
        chained(&**store).await;
        let (_, writes) = fed(store, service, nouns).await;
        for (name, positions) in writes {
            found.insert(name, positions);
        }
    }
    // Whoever wrote it was told of it, since everybody repeats until then: so none is missing, none is there
    // twice, and none is there that nobody was told of.
    assert_eq!(&found, acknowledged);
}

/// Whether everybody who follows a service has all of it. Says who does not.
pub(crate) async fn followed(stores: &Stores) -> Result<(), String> {
    let mut all = Vec::new();
    for (store, service, nouns) in parts(stores) {
        all.push(fed(store, service, nouns).await.0);
    }
    for (who, store, source, records) in [
        ("the gateway", &stores.gateway, "events", &all[0]),
        ("the gateway", &stores.gateway, "recommendations", &all[1]),
        ("the register", &stores.recommendations, "events", &all[0]),
    ] {
        let kept = Arc::new(Kept::default());
        let observer: Arc<dyn Observer> = Arc::clone(&kept) as Arc<dyn Observer>;
        let mirror = Mirror::new(store.clone(), source, Some(observer));
        mirror.load().await.unwrap();
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

type Part<'a> = (&'a Arc<dyn Store>, Service, &'static [&'static dyn AnyNoun]);

fn parts(stores: &Stores) -> [Part<'_>; 2] {
    [
        (&stores.events, Service::Events, &rapporteur_events::NOUNS),
        (
            &stores.recommendations,
            Service::Recommendations,
            &rapporteur_recommendations::NOUNS,
        ),
    ]
}

/// Positions without a gap, each entry hashed over the one before.
async fn chained(store: &dyn Store) {
    let mut log = Vec::new();
    loop {
        let after = store.token_at(log.len() as u64).await.unwrap();
        let page = store.read_log(&after, PAGE).await.unwrap();
        if page.is_empty() {
            break;
        }
        log.extend(page);
    }
    let mut previous = [0; 32];
    for (entry, position) in log.iter().zip(1..) {
        assert_eq!((entry.position, entry.previous_hash), (position, previous));
        assert_eq!(entry.hash, chain::hash(entry));
        previous = entry.hash;
    }
}

/// What the feed of a service leads to, and at which positions each record was written.
async fn fed(
    store: &Arc<dyn Store>,
    service: Service,
    nouns: &[&'static dyn AnyNoun],
) -> (Records, Acknowledged) {
    let feed = Feed::new(store.clone(), service, nouns);
    let (mut records, mut writes) = (Records::new(), Acknowledged::new());
    let mut after = feed.resume("").await.unwrap();
    loop {
        let page = feed.list(after, 100, &FeedFilter::default()).await;
        let page = page.unwrap();
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
