//! The figures of a service, for Prometheus: one registry a service, told in text on the address of the probes.
//!
//! The library is `prometheus`: what is counted is an atomic addition on a handle that was made before, without
//! a lock; its histograms are only locked while they are told. (`prometheus-client` locks at each observation and
//! speaks OpenMetrics alone; `metrics` looks its handles up and gathers observations until they are read.)
//!
//! Every name, with its meaning, is in `deploy/MONITORING.md`. Labels are bounded: methods of the descriptor set,
//! codes of gRPC, addresses that the operator gave.

mod calls;
mod parts;
mod reading;

pub(crate) use calls::{Calls, Stream, Tally};
pub use reading::Kind;

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use futures::future::{BoxFuture, join_all};
use prometheus::core::Collector;
use prometheus::process_collector::ProcessCollector;
use prometheus::proto::{LabelPair, MetricFamily};
use prometheus::{IntCounter, IntCounterVec, Opts, Registry, TextEncoder};
use rapporteur_store::Meter;
use tokio::time::timeout;

use self::reading::Reading;

/// How long a part may take to say how it is; what it does not say in time stays as it was.
const LOOK_WITHIN: Duration = Duration::from_secs(2);

/// Looks at something before all is told.
type Look = Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

/// The figures of one service. Clones count together; the default is a new, empty set.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    /// Which service this is: a label on everything, since a process may have several.
    service: OnceLock<String>,
    calls: OnceLock<Arc<Calls>>,
    refusals: [IntCounter; Refusal::ALL.len()],
    meter: Meter,
    looks: Mutex<Vec<Look>>,
}

/// Why the door refused a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody, or nobody known, calls.
    Unauthenticated,
    /// Who calls may not do that.
    Permission,
    /// Too many calls a second.
    Rate,
    /// Too many calls a day.
    Quota,
}

impl Refusal {
    /// In the order of [`Inner::refusals`].
    const ALL: [(Self, &'static str); 4] = [
        (Self::Unauthenticated, "unauthenticated"),
        (Self::Permission, "permission"),
        (Self::Rate, "rate"),
        (Self::Quota, "quota"),
    ];
}

impl Default for Metrics {
    fn default() -> Self {
        let registry = Registry::new();
        let refusals = sound(IntCounterVec::new(
            Opts::new(
                "rapporteur_refusals_total",
                "Calls that were refused for who made them, by reason.",
            ),
            &["reason"],
        ));
        let inner = Inner {
            refusals: Refusal::ALL.map(|(_, reason)| refusals.with_label_values(&[reason])),
            registry,
            service: OnceLock::new(),
            calls: OnceLock::new(),
            meter: Meter::default(),
            looks: Mutex::default(),
        };
        let metrics = Self(Arc::new(inner));
        metrics.show(refusals);
        metrics.show(ProcessCollector::for_self());
        noted(metrics.0.meter.register(&metrics.0.registry));
        metrics
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Metrics({:?})", self.0.service.get())
    }
}

impl Metrics {
    /// Says of which service the figures are; the first to say so is right.
    pub fn of(&self, service: &str) {
        self.0.service.get_or_init(|| service.to_owned());
    }

    /// Counts a call that was refused.
    pub fn refused(&self, why: Refusal) {
        let place = Refusal::ALL.iter().position(|(known, _)| *known == why);
        if let Some(count) = place.and_then(|place| self.0.refusals.get(place)) {
            count.inc();
        }
    }

    /// A figure that is read whenever it is told; `labels` and `name` together are of this figure alone.
    pub fn read(
        &self,
        kind: Kind,
        name: &str,
        help: &str,
        labels: &[(&str, &str)],
        read: impl Fn() -> f64 + Send + Sync + 'static,
    ) {
        self.show(sound(Reading::new(kind, name, help, labels, read)));
    }

    /// Where a store counts its work.
    pub(crate) fn meter(&self) -> Meter {
        self.0.meter.clone()
    }

    /// Where calls are counted.
    pub(crate) fn calls(&self) -> Arc<Calls> {
        let calls = self.0.calls.get_or_init(|| {
            let [unauthenticated, unpermitted, ..] = self.0.refusals.clone();
            let calls = Calls::new(unauthenticated, unpermitted);
            calls
                .all()
                .into_iter()
                .for_each(|each| self.show_boxed(each));
            Arc::new(calls)
        });
        calls.clone()
    }

    /// Has something looked at before each telling.
    pub(crate) fn look<F>(&self, look: impl Fn() -> F + Send + Sync + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let look: Look = Arc::new(move || Box::pin(look()));
        self.looks().push(look);
    }

    /// Everything, in the text format of Prometheus (0.0.4).
    pub(crate) async fn text(&self) -> prometheus::Result<String> {
        let looks: Vec<Look> = self.looks().clone();
        let looks = looks.iter().map(|look| timeout(LOOK_WITHIN, look()));
        join_all(looks).await;
        let mut families = self.0.registry.gather();
        if let Some(service) = self.0.service.get() {
            families.iter_mut().for_each(|family| sign(family, service));
        }
        TextEncoder::new().encode_to_string(&families)
    }

    fn looks(&self) -> std::sync::MutexGuard<'_, Vec<Look>> {
        self.0.looks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, collector: impl Collector + 'static) {
        self.show_boxed(Box::new(collector));
    }

    fn show_boxed(&self, collector: Box<dyn Collector>) {
        noted(self.0.registry.register(collector));
    }
}

/// Puts the service's name on each figure of a family.
fn sign(family: &mut MetricFamily, service: &str) {
    for metric in family.mut_metric() {
        let mut labels = metric.take_label();
        let mut label = LabelPair::default();
        label.set_name("service".to_owned());
        label.set_value(service.to_owned());
        labels.push(label);
        metric.set_label(labels);
    }
}

/// A figure that is shown twice is one too many for the log, and no reason not to serve.
fn noted(registered: prometheus::Result<()>) {
    if let Err(error) = registered {
        tracing::error!(%error, "a figure cannot be shown");
    }
}

/// Names and labels are written in this program, so a wrong one fails the first test.
fn sound<T>(made: prometheus::Result<T>) -> T {
    match made {
        Ok(made) => made,
        Err(error) => unreachable!("a figure is malformed: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn figures_are_told_with_the_name_of_their_service() {
        let metrics = Metrics::default();
        metrics.of("events");
        metrics.of("somebody else");
        metrics.refused(Refusal::Rate);
        for (place, value) in [("a", 1.0), ("b", 2.0)] {
            let labels = [("place", place)];
            metrics.read(Kind::Gauge, "apples", "Apples.", &labels, move || value);
        }
        let text = metrics.text().await.unwrap();
        for line in [
            "rapporteur_refusals_total{reason=\"rate\",service=\"events\"} 1",
            "rapporteur_refusals_total{reason=\"quota\",service=\"events\"} 0",
            "apples{place=\"a\",service=\"events\"} 1",
            "apples{place=\"b\",service=\"events\"} 2",
            "rapporteur_store_commits_waiting{service=\"events\"} 0",
        ] {
            assert!(text.lines().any(|it| it == line), "{line} in\n{text}");
        }
        assert_eq!(text.matches("# TYPE apples gauge").count(), 1);
        assert!(text.contains("process_resident_memory_bytes{"), "{text}");
    }

    #[tokio::test]
    async fn what_hangs_holds_nothing_up() {
        let metrics = Metrics::default();
        metrics.look(std::future::pending::<()>);
        assert!(
            metrics
                .text()
                .await
                .unwrap()
                .contains("rapporteur_refusals_total")
        );
    }
}
