//! Traces: which call waited for what, across the services, for OpenTelemetry.
//!
//! Spans are made with OpenTelemetry's own interface: one for each call that is served, one for each call that is
//! made for it, and one for each commit (by the store). They are joined by the W3C trace context (`traceparent`,
//! `tracestate`) in the headers of HTTP and the metadata of gRPC, and leave by OTLP over gRPC, in the background,
//! from a bounded queue: what a slow collector does not take is dropped.
//!
//! Without a collector nothing is made: a call then asks one pointer whether it is there. The `tracing` macros
//! remain for log lines alone, since a span of theirs would cost every call something.

use std::sync::OnceLock;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Request};
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator as _};
use opentelemetry::trace::{
    FutureExt as _, SpanKind, Status as Outcome, TraceContextExt as _, Tracer as _,
};
use opentelemetry::{Context, ContextGuard, KeyValue, global};
use opentelemetry_otlp::{SpanExporter, WithTonicConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tonic::metadata::{MetadataKey, MetadataMap, MetadataValue};
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::args::Args;
use crate::caller::REQUEST_ID_KEY;
use crate::client::connect_over;
use crate::explain::code_name;
use crate::tls::{Outgoing, PeerArgs};

/// Where spans are made, once a collector is known.
static TRACER: OnceLock<SdkTracer> = OnceLock::new();
/// How long the last spans get to leave when the process ends.
const FLUSH_WITHIN: Duration = Duration::from_secs(3);
/// Calls about the process itself, of which there are many and in which nothing is waited for.
const UNTRACED: &str = "/grpc.";

/// Where spans go. Dropping it sends what is left.
#[derive(Debug)]
pub struct Exporting(SdkTracerProvider);

/// Starts sending spans of the program `name` to the collector that the arguments or
/// `OTEL_EXPORTER_OTLP_ENDPOINT` name; `None` when none is named, or `OTEL_SDK_DISABLED` says so. Sampling is by
/// `OTEL_TRACES_SAMPLER`, the service's name by `OTEL_SERVICE_NAME`, and so on. Call it within a runtime. Says what
/// is wrong with the address.
pub fn start(args: &Args, name: &str) -> Result<Option<Exporting>, String> {
    let Some(url) = collector(args.otlp.as_deref(), |name| std::env::var(name).ok()) else {
        return Ok(None);
    };
    let wrong = |error: &dyn std::fmt::Display| format!("--otlp {url}: {error}");
    let exporter = SpanExporter::builder()
        .with_tonic()
        .with_channel(channel(&url)?)
        .build()
        .map_err(|error| wrong(&error))?;
    let mut resource = Resource::builder();
    if std::env::var_os("OTEL_SERVICE_NAME").is_none() {
        resource = resource.with_service_name(name.to_owned());
    }
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource.with_attribute(version).build())
        .build();
    // For the libraries that know only the interface: the store.
    global::set_tracer_provider(provider.clone());
    let tracer = opentelemetry::trace::TracerProvider::tracer(&provider, "rapporteur");
    TRACER.get_or_init(|| tracer);
    tracing::info!(collector = url, "calls are traced");
    Ok(Some(Exporting(provider)))
}

impl Drop for Exporting {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown_with_timeout(FLUSH_WITHIN) {
            tracing::warn!(%error, "the last spans did not reach the collector");
        }
    }
}

/// The address of the collector, by the flag or by OpenTelemetry's variables.
fn collector(flag: Option<&str>, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    if variable("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return None;
    }
    let url = flag.map(str::to_owned);
    let url = url.or_else(|| variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"));
    let url = url.or_else(|| variable("OTEL_EXPORTER_OTLP_ENDPOINT"));
    url.filter(|url| !url.is_empty())
}

/// The way there; `https://` by the authorities of this machine.
fn channel(url: &str) -> Result<Channel, String> {
    let wrong = |error: String| format!("--otlp {url}: {error}");
    let private = url.starts_with("https:");
    if !private && !url.starts_with("http:") {
        let shape = "should look like http://HOST:4317 or https://HOST:4317";
        return Err(wrong(shape.to_owned()));
    }
    let tls = private.then(|| Outgoing::new(&PeerArgs::default()));
    let tls = tls.transpose().map_err(|error| wrong(error.to_string()))?;
    connect_over(url, tls).map_err(|error| wrong(error.to_string()))
}

/// The span of a call that is served.
#[derive(Debug)]
pub(crate) struct Served {
    context: Context,
    /// Puts the trace on every log line that is written meanwhile.
    log: tracing::Span,
}

impl Served {
    /// The span of a call that arrives, if calls are traced. It continues the trace of the call within which it is
    /// made in this process, else the one that its headers name, else it begins one.
    pub(crate) fn begin<B>(
        method: Option<&'static str>,
        request: &Request<B>,
    ) -> Option<Box<Self>> {
        let tracer = TRACER.get()?;
        if request.uri().path().starts_with(UNTRACED) {
            return None;
        }
        Some(Self::of(tracer, method, request))
    }

    #[cold]
    fn of<B>(tracer: &SdkTracer, method: Option<&'static str>, request: &Request<B>) -> Box<Self> {
        let within = Context::current();
        let parent = if within.has_active_span() {
            within
        } else {
            propagator().extract_with_context(&Context::new(), &Headers(request.headers()))
        };
        let (name, mut attributes) = match method {
            Some(method) => (method, Vec::new()),
            // What a client makes up is no name of a span.
            None => (
                "HTTP",
                vec![
                    KeyValue::new("http.request.method", request.method().to_string()),
                    KeyValue::new("url.path", request.uri().path().to_owned()),
                ],
            ),
        };
        if method.is_some() {
            attributes.push(KeyValue::new("rpc.system", "grpc"));
        }
        let id = request.headers().get(REQUEST_ID_KEY);
        if let Some(id) = id.and_then(|id| id.to_str().ok()) {
            attributes.push(KeyValue::new("rapporteur.request_id", id.to_owned()));
        }
        let span = tracer
            .span_builder(name)
            .with_kind(SpanKind::Server)
            .with_attributes(attributes)
            .start_with_context(tracer, &parent);
        let context = parent.with_span(span);
        let log =
            tracing::error_span!("call", trace_id = %context.span().span_context().trace_id());
        Box::new(Self { context, log })
    }

    /// As long as the answer lives, what is done belongs to this span.
    pub(crate) fn enter(&self) -> (ContextGuard, tracing::span::Entered<'_>) {
        (self.context.clone().attach(), self.log.enter())
    }

    /// The id of the trace, as log lines have it.
    pub(crate) fn trace_id(&self) -> String {
        self.context.span().span_context().trace_id().to_string()
    }

    /// The call is answered.
    pub(crate) fn end(&self, code: Code) {
        end(&self.context, code, true);
    }
}

/// A call to another service that is made for the present one.
#[derive(Debug)]
pub struct Asked(Context);

impl Asked {
    /// A call to `service`; puts the trace into its headers. `None` when calls are not traced.
    pub fn begin<B>(service: &'static str, request: &mut Request<B>) -> Option<Box<Self>> {
        let tracer = TRACER.get()?;
        let path = request.uri().path();
        let name = path.strip_prefix('/').unwrap_or(path).to_owned();
        let context = asking(tracer, name, service);
        propagator().inject_context(&context, &mut HeadersMut(request.headers_mut()));
        Some(Box::new(Self(context)))
    }

    /// It was answered with this code.
    pub fn end(&self, code: Code) {
        end(&self.0, code, false);
    }
}

/// Makes a call to `service` as a part of the present trace, or of one of its own: requests that
/// [`inject`] sees meanwhile carry it.
pub async fn asks<T>(
    service: &'static str,
    call: impl Future<Output = Result<T, Status>>,
) -> Result<T, Status> {
    let Some(tracer) = TRACER.get() else {
        return call.await;
    };
    let context = asking(tracer, format!("ask {service}"), service);
    let outcome = call.with_context(context.clone()).await;
    let code = outcome.as_ref().map_or_else(Status::code, |_| Code::Ok);
    end(&context, code, false);
    outcome
}

/// Puts the present trace into the metadata of a call, if there is one.
pub fn inject(metadata: &mut MetadataMap) {
    if TRACER.get().is_none() {
        return;
    }
    Context::map_current(|context| {
        if context.has_active_span() {
            propagator().inject_context(context, &mut Metadata(metadata));
        }
    });
}

fn asking(tracer: &SdkTracer, name: String, service: &'static str) -> Context {
    let parent = Context::current();
    let attributes = [
        KeyValue::new("rpc.system", "grpc"),
        KeyValue::new("peer.service", service),
    ];
    let span = tracer
        .span_builder(name)
        .with_kind(SpanKind::Client)
        .with_attributes(attributes)
        .start_with_context(tracer, &parent);
    parent.with_span(span)
}

/// Ends a span. A server's is an error only where the server is at fault (OpenTelemetry's conventions for gRPC).
fn end(context: &Context, code: Code, is_server: bool) {
    let span = context.span();
    span.set_attribute(KeyValue::new(
        "rpc.grpc.status_code",
        i64::from(code as i32),
    ));
    let fault = match code {
        Code::Ok => false,
        Code::Unknown
        | Code::DeadlineExceeded
        | Code::Unimplemented
        | Code::Internal
        | Code::Unavailable
        | Code::DataLoss => true,
        _ => !is_server,
    };
    if fault {
        span.set_status(Outcome::error(code_name(code)));
    }
    span.end();
}

fn propagator() -> &'static TraceContextPropagator {
    static PROPAGATOR: OnceLock<TraceContextPropagator> = OnceLock::new();
    PROPAGATOR.get_or_init(TraceContextPropagator::new)
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        let mut all = self.0.get_all(key).iter();
        // Of two nobody knows which is meant (W3C trace context 3.2.2.5).
        let only = all.next().filter(|_| all.next().is_none());
        only.and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

struct HeadersMut<'a>(&'a mut HeaderMap);

impl Injector for HeadersMut<'_> {
    fn set(&mut self, key: &str, value: String) {
        let name = HeaderName::from_bytes(key.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
            self.0.insert(name, value);
        }
    }
}

struct Metadata<'a>(&'a mut MetadataMap);

impl Injector for Metadata<'_> {
    fn set(&mut self, key: &str, value: String) {
        let name = MetadataKey::from_bytes(key.as_bytes());
        if let (Ok(name), Ok(value)) = (name, MetadataValue::try_from(value)) {
            self.0.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{SpanContext, TraceId};

    use super::*;

    #[test]
    fn the_flag_wins_over_the_variables_and_nothing_is_traced_without() {
        let named = |flag: Option<&str>, variables: &[(&str, &str)]| {
            let find = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            collector(flag, find)
        };
        let both = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all:1"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces:1"),
        ];
        assert_eq!(named(None, &[]), None);
        assert_eq!(
            named(Some("http://flag:1"), &both).unwrap(),
            "http://flag:1"
        );
        assert_eq!(named(None, &both).unwrap(), "http://traces:1");
        assert_eq!(named(None, &both[..1]).unwrap(), "http://all:1");
        assert_eq!(named(None, &[(both[0].0, "")]), None);
        let off = [("OTEL_SDK_DISABLED", "TRUE")];
        assert_eq!(named(Some("http://flag:1"), &off), None);
    }

    #[test]
    fn a_wrong_address_is_named() {
        for odd in ["collector:4317", "ftp://x", "http://"] {
            let error = channel(odd).unwrap_err();
            assert!(error.contains("--otlp") && error.contains(odd), "{error}");
        }
    }

    #[test]
    fn the_context_of_the_w3c_is_read_once_or_not_at_all() {
        const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let read = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("traceparent", value.parse().unwrap());
            }
            let context = propagator().extract_with_context(&Context::new(), &Headers(&headers));
            let found: SpanContext = context.span().span_context().clone();
            found
        };
        let found = read(&[PARENT]);
        assert!(found.is_valid() && found.is_remote() && found.is_sampled());
        let id = "0af7651916cd43dd8448eb211c80319c";
        assert_eq!(found.trace_id(), TraceId::from_hex(id).unwrap());
        for odd in [&[][..], &["00-zz"], &[PARENT, PARENT], &[""]] {
            assert!(!read(odd).is_valid(), "{odd:?}");
        }
        let mut headers = HeaderMap::new();
        let context = Context::new().with_remote_span_context(found);
        propagator().inject_context(&context, &mut HeadersMut(&mut headers));
        assert_eq!(headers["traceparent"], PARENT);
    }

    #[tokio::test]
    async fn without_a_collector_nothing_is_made() {
        let mut request = Request::new(());
        assert!(Served::begin(None, &request).is_none());
        assert!(Asked::begin("events", &mut request).is_none());
        let mut metadata = MetadataMap::new();
        inject(&mut metadata);
        assert!(request.headers().is_empty() && metadata.is_empty());
        assert_eq!(asks("events", async { Ok(7) }).await.unwrap(), 7);
    }
}
