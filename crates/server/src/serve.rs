//! From a listener and services to a running server, and back to silence.
//!
//! To stop: health says NOT_SERVING, endless streams end, the door closes and clients are told to go
//! (GOAWAY), calls in flight finish; what is left after the bound is cut. Only then does [`serve`]
//! return, so whoever called it can close the store.

use std::future::{self, Future};
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{interval, timeout};
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::Server;
use uuid::Uuid;

use crate::accept::{Door, Incoming};
use crate::health::Health;
use crate::network::{self, Listener};
use crate::probes;
use crate::serving::Serving;
use crate::tls::{self, Acceptor};

/// Largest message that a service takes: `.max_decoding_message_size(MAX_DECODING_BYTES)`. A larger one
/// is refused with RESOURCE_EXHAUSTED, reason `MESSAGE_TOO_LARGE` (tonic alone says OUT_OF_RANGE, which
/// here means that a follower has to rebuild).
pub const MAX_DECODING_BYTES: usize = 4 << 20;
/// Largest message that a service sends: `.max_encoding_message_size(MAX_ENCODING_BYTES)`. It is the
/// largest that clients in all languages take without a setting of their own.
pub const MAX_ENCODING_BYTES: usize = 4 << 20;

/// Calls at a time on one connection: 64 callers that share a connection never wait for each other,
/// and 1,024 connections of them are still bounded.
pub(crate) const STREAMS_PER_CONNECTION: u32 = 256;
/// Largest header list of a request.
const HEADER_BYTES: u32 = 16 << 10;
/// A silent peer is asked for a sign of life this often, and given up when none comes in time.
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_WITHIN: Duration = Duration::from_secs(10);
/// Connections are renewed now and then, so that load spreads over servers that came later. No grace
/// is set: with one, tonic 0.14.9 sends no GOAWAY first but breaks off the calls in flight.
const CONNECTION_AGE: Duration = Duration::from_secs(30 * 60);
/// Guards against rapid reset and its relative MadeYouReset.
const PENDING_RESETS: usize = 20;
const LOCAL_RESETS: usize = 100;
/// How long connections get to fall after they were cut.
const CUT_WITHIN: Duration = Duration::from_secs(1);

/// Why [`serve`] ended before or against its will.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The descriptor set cannot be read.
    #[error("reflection: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The listener or the server failed.
    #[error("server: {0}")]
    Server(#[from] tonic::transport::Error),
    /// The address cannot be asked of the listener.
    #[error("listener: {0}")]
    Listener(#[from] std::io::Error),
    /// The certificates cannot be used.
    #[error(transparent)]
    Tls(#[from] tls::Error),
    /// Others can reach the listener, and it has no certificate.
    #[error(
        "{0} can be reached from other machines: give --tls-cert and --tls-key, or --plaintext where a mesh or a tunnel protects it"
    )]
    Plaintext(SocketAddr),
    /// The server ended though nobody asked it to.
    #[error("the server ended by itself")]
    Ended,
    /// What [`Serving::fatal`] waited for.
    #[error("cannot go on: {0}")]
    Fatal(String),
}

/// Serves until `shutdown` resolves, then drains. Health and reflection are added to `routes`, and
/// every call goes through [`crate::CallLayer`].
pub async fn serve(
    listener: impl Listener,
    routes: impl Into<Routes>,
    serving: Serving,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let address = listener.local_addr()?;
    let tls = Acceptor::new(&serving.tls, serving.http1)?;
    let (private, mutual) = (tls.is_some(), serving.tls.tls_client_ca.is_some());
    // In a simulation there are no others.
    if !private && !serving.tls.may_listen_plainly(address) && network::simulated().is_none() {
        return Err(ServeError::Plaintext(address));
    }
    let health = Health::of(&serving.services).await;
    let mut routes = routes
        .into()
        .add_service(health.service(serving.about.clone()));
    if serving.reflection {
        routes = with_reflection(routes, &serving)?;
    }

    let door = Door::new(serving.door, tls);
    let metrics = &serving.metrics;
    metrics.serving(serving.about.version, serving.readiness.clone());
    let counted = door.clone();
    metrics.connections(move || counted.counts());
    let probes = match serving.health_listen {
        Some(address) => {
            let health = health.service(serving.about.clone());
            Some(probes::answer(address, health, metrics.clone()).await?)
        }
        None => None,
    };
    let close = CancellationToken::new();
    let calls = serving.calls();
    let mut server = pin!(
        Server::builder()
            .accept_http1(serving.http1)
            .max_concurrent_streams(serving.streams)
            .http2_max_header_list_size(HEADER_BYTES)
            .http2_keepalive_interval(Some(KEEPALIVE))
            .http2_keepalive_timeout(Some(KEEPALIVE_WITHIN))
            .http2_max_pending_accept_reset_streams(Some(PENDING_RESETS))
            .http2_max_local_error_reset_streams(Some(LOCAL_RESETS))
            .max_connection_age(jittered(CONNECTION_AGE))
            .layer(calls)
            .add_routes(routes)
            .serve_with_incoming_shutdown(Incoming::new(listener, door.clone()), close.cancelled())
    );

    let mut faults = serving.readiness.changes();
    let mut fatal = pin!(async {
        match serving.fatal {
            Some(fatal) => fatal.await,
            None => future::pending().await,
        }
    });
    let mut keys = pin!(serving.callers.keep_up());
    let mut shutdown = pin!(shutdown);
    let mut watchdog = watchdog();
    notify(NotifyState::Ready);
    tracing::info!(%address, tls = private, mutual, services = serving.services.join(" "), "ready");

    let reason = loop {
        tokio::select! {
            ended = &mut server => return Err(ended.err().map_or(ServeError::Ended, ServeError::Server)),
            () = &mut shutdown => break None,
            reason = &mut fatal => break Some(reason),
            // The sender lives as long as `serving.readiness`.
            Ok(()) = faults.changed() => health.set(serving.readiness.is_ready()).await,
            () = &mut keys => {}
            () = watchdog.bark() => notify(NotifyState::Watchdog),
        }
    };

    if let Some(reason) = &reason {
        tracing::error!(reason, "fatal fault");
    }
    tracing::info!("draining");
    notify(NotifyState::Stopping);
    health.set(false).await;
    if !serving.announce.is_zero()
        && let Ok(ended) = timeout(serving.announce, &mut server).await
    {
        return Err(ended.err().map_or(ServeError::Ended, ServeError::Server));
    }
    serving.drain.begin();
    close.cancel();
    match timeout(serving.drain_within, &mut server).await {
        Ok(ended) => ended?,
        Err(_) => {
            tracing::warn!(
                seconds = serving.drain_within.as_secs_f64(),
                "calls did not finish in time; cutting them off"
            );
            door.cut();
            let _ = timeout(CUT_WITHIN, &mut server).await;
        }
    }
    drop(probes);
    tracing::info!("stopped");
    reason.map_or(Ok(()), |reason| Err(ServeError::Fatal(reason)))
}

/// Adds reflection in both versions: tools of different age ask for either.
fn with_reflection(routes: Routes, serving: &Serving) -> Result<Routes, ServeError> {
    let builder = || {
        let sets = [tonic_health::pb::FILE_DESCRIPTOR_SET]
            .into_iter()
            .chain(serving.descriptors.iter().copied());
        let names = [
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
        ];
        let builder = tonic_reflection::server::Builder::configure();
        let builder = sets.fold(builder, |builder, set| {
            builder.register_encoded_file_descriptor_set(set)
        });
        // A descriptor set may describe services that run elsewhere.
        let names = names
            .into_iter()
            .chain(serving.services.iter().map(String::as_str));
        names.fold(builder, |builder, name| builder.with_service_name(name))
    };
    Ok(routes
        .add_service(builder().build_v1()?)
        .add_service(builder().build_v1alpha()?))
}

/// Up to a tenth more, different in every process, so that not all ask anew at the same time.
fn jittered(age: Duration) -> Duration {
    age + age.mul_f64(f64::from(Uuid::new_v4().as_bytes()[0]) / 2_560.0)
}

/// Tells systemd, when it started the process.
fn notify(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "cannot notify systemd");
    }
}

/// Wakes twice in each period of systemd's watchdog.
struct Watchdog(Option<tokio::time::Interval>);

fn watchdog() -> Watchdog {
    Watchdog(
        sd_notify::watchdog_enabled()
            .filter(|period| !period.is_zero())
            .map(|period| interval(period / 2)),
    )
}

impl Watchdog {
    async fn bark(&mut self) {
        match &mut self.0 {
            Some(interval) => {
                interval.tick().await;
            }
            None => future::pending().await,
        }
    }
}
