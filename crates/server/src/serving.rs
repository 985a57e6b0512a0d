//! What a server is started with, apart from its services.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::accept::DoorLimits;
use crate::args::Args;
use crate::call::CallLayer;
use crate::callers::Callers;
use crate::deadline::{self, Pace, Patience};
use crate::drain::{Drain, Readiness};
use crate::metrics::Metrics;
use crate::refusals::Refusals;
use crate::serve::STREAMS_PER_CONNECTION;
use crate::tls::ListenArgs;

/// Resolves with the reason why the process cannot go on.
pub(crate) type Fatal = Pin<Box<dyn Future<Output = String> + Send>>;

/// The options of [`crate::serve()`]. Made from [`Args`]; the default has the defaults of the flags.
pub struct Serving {
    pub(crate) descriptors: Vec<&'static [u8]>,
    pub(crate) services: Vec<String>,
    pub(crate) reflection: bool,
    pub(crate) patience: Patience,
    pub(crate) pace: fn(&str) -> Pace,
    pub(crate) door: DoorLimits,
    pub(crate) tls: ListenArgs,
    pub(crate) http1: bool,
    /// Calls at a time on one connection.
    pub(crate) streams: u32,
    pub(crate) health_listen: Option<SocketAddr>,
    pub(crate) announce: Duration,
    pub(crate) drain_within: Duration,
    pub(crate) drain: Drain,
    pub(crate) readiness: Readiness,
    pub(crate) fatal: Option<Fatal>,
    pub(crate) about: About,
    pub(crate) callers: Callers,
    pub(crate) metrics: Metrics,
    pub(crate) refusals: Option<Refusals>,
}

/// What a process says of itself in the metadata of its health answers.
#[derive(Clone)]
pub(crate) struct About {
    pub(crate) version: &'static str,
    /// Asked each time: a store may be moved to another engine.
    pub(crate) engine: Arc<dyn Fn() -> &'static str + Send + Sync>,
}

impl Default for About {
    fn default() -> Self {
        Self {
            version: "",
            engine: Arc::new(|| ""),
        }
    }
}

impl Serving {
    /// An encoded `FileDescriptorSet`, for reflection.
    pub fn descriptors(mut self, set: &'static [u8]) -> Self {
        self.descriptors.push(set);
        self
    }

    /// Full name of a service that is served (`generated_server::SERVICE_NAME`), for health and
    /// reflection.
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.services.push(name.into());
        self
    }

    /// Version of the program and name of the storage engine that it has at the time, told in the metadata of
    /// health answers ([`crate::VERSION_KEY`], [`crate::ENGINE_KEY`]).
    pub fn about(
        mut self,
        version: &'static str,
        engine: impl Fn() -> &'static str + Send + Sync + 'static,
    ) -> Self {
        let engine = Arc::new(engine);
        self.about = About { version, engine };
        self
    }

    /// Which methods are bulk or endless, when their names do not tell it to [`deadline::pace`].
    pub fn pace(mut self, pace: fn(&str) -> Pace) -> Self {
        self.pace = pace;
        self
    }

    /// Takes HTTP/1.1 beside HTTP/2, for clients that speak no gRPC.
    pub fn http1(mut self) -> Self {
        self.http1 = true;
        self
    }

    /// Calls at a time on one connection, where many may come who mean no good: what answers cost that nobody takes
    /// grows with it.
    pub fn streams(mut self, streams: u32) -> Self {
        self.streams = streams;
        self
    }

    /// The layer that every call goes through, for calls that a process makes to its own services. Take it when
    /// the pace is settled.
    pub fn calls(&self) -> CallLayer {
        CallLayer::new(
            self.patience,
            self.pace,
            self.drain.clone(),
            self.callers.clone(),
            self.metrics.calls(),
        )
        .recording(self.refusals.clone())
    }

    /// When this resolves, with the reason, the process drains and [`crate::serve()`] returns
    /// [`crate::ServeError::Fatal`].
    pub fn fatal(mut self, fault: impl Future<Output = String> + Send + 'static) -> Self {
        self.fatal = Some(Box::pin(fault));
        self
    }

    /// Whom to believe about who calls; nobody unless it is said.
    pub fn callers(mut self, callers: Callers) -> Self {
        self.callers = callers;
        self
    }

    /// Where calls go on record whose caller is not who it says.
    pub fn refusals(mut self, refusals: Refusals) -> Self {
        self.refusals = Some(refusals);
        self
    }

    /// The handle by which services learn that the process stops.
    pub fn drain(&self) -> Drain {
        self.drain.clone()
    }

    /// The handle by which services say that they cannot work for now.
    pub fn readiness(&self) -> Readiness {
        self.readiness.clone()
    }
}

impl Default for Serving {
    fn default() -> Self {
        Self::from(&Args::default())
    }
}

impl From<&Args> for Serving {
    fn from(args: &Args) -> Self {
        Self {
            descriptors: Vec::new(),
            services: Vec::new(),
            reflection: args.reflection,
            patience: Patience {
                default: Duration::from_secs(args.default_deadline_seconds),
                cap: Duration::from_secs(args.max_deadline_seconds),
            },
            pace: deadline::pace,
            door: DoorLimits {
                connections: usize::try_from(args.max_connections).unwrap_or(usize::MAX),
                per_address: usize::try_from(args.max_connections_per_address)
                    .unwrap_or(usize::MAX),
                handshake: Duration::from_secs(args.handshake_seconds),
                take: Duration::from_secs(args.take_seconds),
            },
            tls: args.tls.clone(),
            http1: false,
            streams: STREAMS_PER_CONNECTION,
            health_listen: args.health_listen,
            announce: Duration::from_secs(args.announce_seconds),
            drain_within: args.drain(),
            drain: Drain::default(),
            readiness: Readiness::default(),
            fatal: None,
            about: About::default(),
            callers: Callers::Nobody,
            metrics: args.metrics.clone(),
            refusals: None,
        }
    }
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving")
            .field("services", &self.services)
            .field("patience", &self.patience)
            .field("door", &self.door)
            .finish_non_exhaustive()
    }
}
