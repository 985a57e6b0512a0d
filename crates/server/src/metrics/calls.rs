//! Rate, errors and duration of each call.
//!
//! A call finds its row by its path once and then holds a number; the histogram of a code is made when the code is
//! first answered. A path that names no method of ours is counted as `other`, so that nobody makes figures.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::StatusCode;
use prometheus::core::Collector;
use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntGauge};
use tokio::time::Instant;
use tonic::Code;

use super::sound;
use crate::deadline::Pace;
use crate::explain::code_name;

/// Codes of gRPC: 0 to 16.
const CODES: usize = 17;
const SECONDS: [f64; 14] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
/// Answers of HTTP/JSON by the first digit of their status; the last are those that nobody waited for.
const CLASSES: [&str; 6] = ["1xx", "2xx", "3xx", "4xx", "5xx", "gone"];
const GONE: usize = CLASSES.len() - 1;
/// Stands for every method that is not known here.
const OTHER: &str = "other";
/// What every service answers beside its own.
const SYSTEM: [&str; 4] = [
    "grpc.health.v1.Health/Check",
    "grpc.health.v1.Health/Watch",
    "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// Counts the calls of a service.
pub(crate) struct Calls {
    unauthenticated: IntCounter,
    unpermitted: IntCounter,
    rows: Box<[Row]>,
    places: HashMap<&'static str, usize>,
    durations: HistogramVec,
    http_durations: HistogramVec,
    http: [Histogram; CLASSES.len()],
    in_flight: IntGauge,
    streams: IntGauge,
}

struct Row {
    method: &'static str,
    codes: [OnceLock<Histogram>; CODES],
}

impl std::fmt::Debug for Calls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Calls({} methods)", self.rows.len())
    }
}

/// Every method that there is, as it stands in a path. Made once, however many services a process has.
fn methods() -> &'static [String] {
    static METHODS: OnceLock<Vec<String>> = OnceLock::new();
    METHODS.get_or_init(|| {
        let services = rapporteur_proto::descriptor_pool().services();
        let ours = services.flat_map(|service| {
            let methods = service.methods();
            let names = methods.map(|method| format!("{}/{}", service.full_name(), method.name()));
            names.collect::<Vec<_>>()
        });
        ours.chain(SYSTEM.map(str::to_owned)).collect()
    })
}

impl Calls {
    /// Nothing is counted yet. What is refused for who calls is counted there too.
    pub(super) fn new(unauthenticated: IntCounter, unpermitted: IntCounter) -> Self {
        let histogram = |name: &str, help: &str, labels: &[&str]| {
            let opts = HistogramOpts::new(name, help).buckets(SECONDS.to_vec());
            sound(HistogramVec::new(opts, labels))
        };
        let durations = histogram(
            "rapporteur_rpc_duration_seconds",
            "Time from a call's arrival to the head of its answer, by method and gRPC code.",
            &["method", "code"],
        );
        let http_durations = histogram(
            "rapporteur_http_duration_seconds",
            "The same of requests of HTTP/JSON and of calendars, by the class of their status; the calls that they become are counted as such too.",
            &["class"],
        );
        let gauge = |name: &str, help: &str| sound(IntGauge::new(name, help));
        let names = methods().iter().map(String::as_str).chain([OTHER]);
        let rows: Box<[Row]> = names
            .map(|method| Row {
                method,
                codes: [const { OnceLock::new() }; CODES],
            })
            .collect();
        let places = rows.iter().enumerate();
        Self {
            places: places.map(|(place, row)| (row.method, place)).collect(),
            http: CLASSES.map(|class| http_durations.with_label_values(&[class])),
            in_flight: gauge(
                "rapporteur_rpc_in_flight",
                "Calls that wait for the head of their answer.",
            ),
            streams: gauge(
                "rapporteur_streams",
                "Endless streams of answers that are open: feeds, health, reflection.",
            ),
            unauthenticated,
            unpermitted,
            rows,
            durations,
            http_durations,
        }
    }

    pub(super) fn all(&self) -> Vec<Box<dyn Collector>> {
        vec![
            Box::new(self.durations.clone()),
            Box::new(self.http_durations.clone()),
            Box::new(self.in_flight.clone()),
            Box::new(self.streams.clone()),
        ]
    }

    /// A call of this path arrives.
    pub(crate) fn arrives(self: &Arc<Self>, path: &str, pace: Pace, at: Instant) -> Tally {
        let place = match pace {
            Pace::Elsewhere => None,
            _ => {
                let method = path.strip_prefix('/').unwrap_or(path);
                let other = self.rows.len() - 1;
                Some(self.places.get(method).copied().unwrap_or(other))
            }
        };
        self.in_flight.inc();
        Tally {
            calls: self.clone(),
            place,
            at,
            open: true,
        }
    }

    fn histogram(&self, place: usize, code: Code) -> Option<&Histogram> {
        let row = self.rows.get(place)?;
        let cell = row.codes.get(usize::try_from(code as i32).ok()?)?;
        Some(cell.get_or_init(|| {
            let labels = [row.method, code_name(code)];
            self.durations.with_label_values(&labels)
        }))
    }
}

/// A call that is being answered. Dropped without an answer, its client has gone away.
#[derive(Debug)]
pub(crate) struct Tally {
    calls: Arc<Calls>,
    /// The row of the method; none for a way to another call.
    place: Option<usize>,
    at: Instant,
    open: bool,
}

impl Tally {
    /// The method of the call, as far as it is known here.
    pub(crate) fn method(&self) -> Option<&'static str> {
        let row = self.calls.rows.get(self.place?)?;
        (row.method != OTHER).then_some(row.method)
    }

    /// How long ago it arrived.
    pub(crate) fn age(&self) -> Duration {
        self.at.elapsed()
    }

    /// The head of the answer is there.
    pub(crate) fn answered(&mut self, code: Code, status: StatusCode) {
        match code {
            Code::Unauthenticated => self.calls.unauthenticated.inc(),
            Code::PermissionDenied => self.calls.unpermitted.inc(),
            _ => {}
        }
        self.ends(code, usize::from(status.as_u16() / 100).clamp(1, GONE) - 1);
    }

    /// The answer goes on without end.
    pub(crate) fn stream(&self) -> Stream {
        self.calls.streams.inc();
        Stream(self.calls.streams.clone())
    }

    fn ends(&mut self, code: Code, class: usize) {
        if !std::mem::take(&mut self.open) {
            return;
        }
        self.calls.in_flight.dec();
        let seconds = self.age().as_secs_f64();
        let histogram = match self.place {
            Some(place) => self.calls.histogram(place, code),
            None => self.calls.http.get(class),
        };
        if let Some(histogram) = histogram {
            histogram.observe(seconds);
        }
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        self.ends(Code::Cancelled, GONE);
    }
}

/// An endless stream that is open.
#[derive(Debug)]
pub(crate) struct Stream(IntGauge);

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    const GET: &str = "/rapporteur.events.v1.EventService/GetEvent";

    #[tokio::test]
    async fn calls_are_counted_by_method_and_code_and_nobody_invents_methods() {
        let metrics = Metrics::default();
        let calls = metrics.calls();
        let now = Instant::now();
        for (path, code) in [
            (GET, Code::Ok),
            (GET, Code::Ok),
            (GET, Code::PermissionDenied),
            ("/a.b/C", Code::Unimplemented),
            ("/x\"} 1\n", Code::Unimplemented),
        ] {
            let mut tally = calls.arrives(path, Pace::Brief, now);
            assert_eq!(tally.method().is_some(), path == GET);
            tally.answered(code, StatusCode::OK);
        }
        drop(calls.arrives(GET, Pace::Brief, now));
        calls
            .arrives("/v1/events", Pace::Elsewhere, now)
            .answered(Code::Ok, StatusCode::NOT_FOUND);
        drop(calls.arrives("/v1/events", Pace::Elsewhere, now));
        let stream = calls.arrives(GET, Pace::Endless, now).stream();
        let text = metrics.text().await.unwrap();
        let get = &GET[1..];
        for line in [
            format!("rapporteur_rpc_duration_seconds_count{{code=\"OK\",method=\"{get}\"}} 2"),
            format!(
                "rapporteur_rpc_duration_seconds_count{{code=\"PERMISSION_DENIED\",method=\"{get}\"}} 1"
            ),
            format!(
                "rapporteur_rpc_duration_seconds_count{{code=\"CANCELLED\",method=\"{get}\"}} 2"
            ),
            "rapporteur_rpc_duration_seconds_count{code=\"UNIMPLEMENTED\",method=\"other\"} 2"
                .to_owned(),
            "rapporteur_http_duration_seconds_count{class=\"4xx\"} 1".to_owned(),
            "rapporteur_http_duration_seconds_count{class=\"gone\"} 1".to_owned(),
            "rapporteur_refusals_total{reason=\"permission\"} 1".to_owned(),
            "rapporteur_rpc_in_flight 0".to_owned(),
            "rapporteur_streams 1".to_owned(),
        ] {
            assert!(text.lines().any(|it| it == line), "{line} in\n{text}");
        }
        drop(stream);
        assert!(
            metrics
                .text()
                .await
                .unwrap()
                .contains("rapporteur_streams 0\n")
        );
    }
}
