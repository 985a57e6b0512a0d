//! Figures of the parts of a service: its store, the feeds that it follows, the services that it calls, its door.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Weak};
use std::time::Duration;

use rapporteur_records::mirror::Progress;
use rapporteur_store::switch::Switch;
use rapporteur_store::{Health, Store};
use tokio::time::timeout;

use super::{Kind, Metrics};
use crate::drain::Readiness;
use crate::replicas::Replicas;

/// A store that takes longer to say whether it can be written is told of as one that cannot.
const HEALTH_WITHIN: Duration = Duration::from_secs(1);

/// Figures are whole numbers that stay far below the 2^53 from which a float is inexact.
#[allow(clippy::cast_precision_loss, reason = "see above")]
fn float(number: u64) -> f64 {
    number as f64
}

fn truth(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

/// What was last seen of a store.
#[derive(Debug, Default)]
struct Looked {
    head: AtomicU64,
    bytes: AtomicU64,
    well: AtomicBool,
}

impl Looked {
    async fn at(&self, store: &Switch) {
        let health = timeout(HEALTH_WITHIN, store.health()).await;
        self.well
            .store(matches!(health, Ok(Health::Serving)), Relaxed);
        if let Ok(head) = store.head().await {
            self.head.store(head.position, Relaxed);
        }
        if let Ok(info) = store.info().await {
            self.bytes
                .store(info.disk_bytes.unwrap_or_default(), Relaxed);
        }
    }
}

impl Metrics {
    /// Tells of the store that a service uses.
    pub(crate) fn store(&self, store: &Arc<Switch>) {
        let (looked, watched): (Arc<Looked>, Weak<Switch>) =
            (Arc::default(), Arc::downgrade(store));
        for (name, help, read) in [
            (
                "rapporteur_store_head_position",
                "End of the log: the number of its last commit.",
                (|looked| float(looked.head.load(Relaxed))) as fn(&Looked) -> f64,
            ),
            (
                "rapporteur_store_disk_bytes",
                "What the store takes on disk, or in its database; 0 where the engine does not know.",
                |looked| float(looked.bytes.load(Relaxed)),
            ),
            (
                "rapporteur_store_up",
                "Whether the store can be written now.",
                |looked| truth(looked.well.load(Relaxed)),
            ),
        ] {
            let looked = looked.clone();
            self.read(Kind::Gauge, name, help, &[], move || read(&looked));
        }
        self.look(move || {
            let (looked, watched) = (looked.clone(), watched.clone());
            async move {
                match watched.upgrade() {
                    Some(store) => looked.at(&store).await,
                    None => looked.well.store(false, Relaxed),
                }
            }
        });
    }

    /// Tells how far the follower of the feed of `source` is.
    pub fn feed(&self, source: &str, progress: impl Fn() -> Progress + Send + Sync + 'static) {
        let progress = Arc::new(progress);
        for (name, help, read) in [
            (
                "rapporteur_feed_position",
                "Last position of the other service's log that was taken over.",
                (|p| float(p.position)) as fn(&Progress) -> f64,
            ),
            (
                "rapporteur_feed_caught_up",
                "Whether the follower has once had all of the other log since the process began.",
                |p| truth(p.caught_up),
            ),
            (
                "rapporteur_feed_stuck",
                "Whether the follower does not get on at the moment; `rapporteur status` says why.",
                |p| truth(!p.trouble.is_empty()),
            ),
            (
                "rapporteur_feed_behind_seconds",
                "Time since the follower last knew that it has all of the other log: up to 15 while all is well; +Inf before it ever had.",
                |p| {
                    p.behind()
                        .map_or(f64::INFINITY, |behind| behind.as_secs_f64())
                },
            ),
            (
                "rapporteur_feed_delay_seconds",
                "Time from the last change's commit in the other service until it was taken over here.",
                |p| p.delay.as_secs_f64(),
            ),
        ] {
            let progress = progress.clone();
            let read = move || read(&progress());
            self.read(Kind::Gauge, name, help, &[("source", source)], read);
        }
    }

    /// Tells of the replicas of a service that is called.
    pub fn upstream(&self, replicas: &Arc<Replicas>) {
        let name = replicas.name();
        for (at, replica) in replicas.all().iter().enumerate() {
            let labels = [("upstream", name), ("address", replica.address.as_str())];
            let of = replicas.clone();
            self.read(
                Kind::Gauge,
                "rapporteur_upstream_up",
                "Whether the replica gets calls: 0 while its circuit is open.",
                &labels,
                move || truth(of.takes_calls(at)),
            );
            let of = replicas.clone();
            self.read(
                Kind::Counter,
                "rapporteur_upstream_losses_total",
                "How often the replica's circuit opened.",
                &labels,
                move || float(of.losses(at)),
            );
        }
        let of = replicas.clone();
        self.read(
            Kind::Counter,
            "rapporteur_upstream_retries_total",
            "Calls that were made again on another replica.",
            &[("upstream", name)],
            move || float(of.repeated()),
        );
        let of = replicas.clone();
        self.read(
            Kind::Counter,
            "rapporteur_upstream_retries_refused_total",
            "Calls that could have been made again, but too many were already.",
            &[("upstream", name)],
            move || float(of.rationed()),
        );
    }

    /// Tells whether the process can do its work.
    pub(crate) fn serving(&self, version: &str, readiness: Readiness) {
        self.read(
            Kind::Gauge,
            "rapporteur_serving",
            "Whether health says SERVING.",
            &[],
            move || truth(readiness.is_ready()),
        );
        self.read(
            Kind::Gauge,
            "rapporteur_build_info",
            "Always 1; the label says which version runs.",
            &[("version", version)],
            || 1.0,
        );
    }

    /// Tells how many connections there are, and how many were refused; `count` gives both.
    pub(crate) fn connections(&self, count: impl Fn() -> (u64, u64) + Send + Sync + 'static) {
        let count = Arc::new(count);
        let open = count.clone();
        self.read(
            Kind::Gauge,
            "rapporteur_connections",
            "Connections that are open.",
            &[],
            move || float(open().0),
        );
        self.read(
            Kind::Counter,
            "rapporteur_connections_refused_total",
            "Connections that were refused because there were too many.",
            &[],
            move || float(count().1),
        );
    }
}
