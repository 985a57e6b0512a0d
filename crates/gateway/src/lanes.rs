//! Connections to one replica of a service: a few HTTP/2 connections that calls take in turn.
//!
//! This is h2 itself rather than tonic's `Channel` or hyper's client: a channel puts a buffer task, a
//! timer and several boxes around each call, and hyper a queue and a task of its own; here the call of a
//! client drives the call to the service. A lane connects when it is first needed and again after a loss.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use h2::{Ping, PingPong};
use http::uri::{Authority, Scheme};
use http::{Request, Response};
use http_body::Body as _;
use rapporteur_server::client::{
    CONNECT_WITHIN, CONNECTION_WINDOW, HTTP_PORT, HTTPS_PORT, KEEPALIVE, KEEPALIVE_WITHIN,
    STREAM_WINDOW,
};
use rapporteur_server::network::{self, Connection};
use rapporteur_server::tls::Outgoing;
use rapporteur_server::{Replica, Together};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

use crate::download::Download;
use crate::repeat::{Copy, Repeat};
use crate::stream::{Exchange, Failed, Outcome};

/// Connections to each replica.
const LANES: usize = 2;

/// The connections to one replica of a service.
pub struct Lanes {
    name: &'static str,
    authority: Authority,
    tls: Option<Outgoing>,
    lanes: [Lane; LANES],
    next: AtomicUsize,
}

impl fmt::Debug for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lanes({} at {})", self.name, self.authority)
    }
}

/// A call on its way.
#[derive(Debug)]
pub enum Begun {
    /// It is on a connection.
    Sent(Exchange),
    /// The connection would not take it.
    Refused(Box<Failed>),
    /// There is no connection yet on this lane.
    Unsent(usize, Box<(Request<Body>, Option<Box<Copy>>)>),
}

#[derive(Default)]
struct Lane {
    open: Mutex<Option<SendRequest<Bytes>>>,
    /// Held while connecting, so that a crowd of callers makes one connection, or learns at once that there is
    /// none: when the last attempt failed, and why.
    opening: tokio::sync::Mutex<Option<(Instant, String)>>,
}

impl Lanes {
    /// Lanes to a replica of the service `name`. Nothing is connected yet.
    pub fn new(name: &'static str, replica: &Replica) -> Self {
        Self {
            name,
            authority: replica.authority.clone(),
            tls: replica.tls.clone(),
            lanes: Default::default(),
            next: AtomicUsize::new(0),
        }
    }

    /// The replica's address, as it stands in the target of a call.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// How the target of a call begins.
    pub fn scheme(&self) -> Scheme {
        match self.tls {
            Some(_) => Scheme::HTTPS,
            None => Scheme::HTTP,
        }
    }

    /// Sends a call, at once when a connection stands. What remains to be waited for is small: it holds
    /// the call itself only when there was no connection to put it on. `copy` is of the call, where it can be
    /// made elsewhere.
    pub fn begin(&self, request: Request<Body>, copy: Option<Box<Copy>>) -> Begun {
        let lane = self.next.fetch_add(1, Ordering::Relaxed) % LANES;
        match self.lanes[lane].sender() {
            Some(sender) => self.sent(sender, request, copy),
            None => Begun::Unsent(lane, Box::new((request, copy))),
        }
    }

    /// The beginning of the answer to a call.
    pub async fn answer(&self, begun: Begun) -> Result<Response<Download>, Box<Failed>> {
        let begun = match begun {
            Begun::Unsent(lane, call) => Box::pin(self.reopened(lane, *call)).await?,
            begun => begun,
        };
        match begun {
            Begun::Sent(exchange) => exchange.await,
            Begun::Refused(failed) => Err(failed),
            // A lane that was just opened takes a call or refuses it.
            Begun::Unsent(_, call) => Err(unreached("not connected".to_owned(), call.0)),
        }
    }

    #[cold]
    async fn reopened(
        &self,
        lane: usize,
        (request, copy): (Request<Body>, Option<Box<Copy>>),
    ) -> Result<Begun, Box<Failed>> {
        let (lane, since) = (&self.lanes[lane], Instant::now());
        let mut failed = lane.opening.lock().await;
        // Somebody may have connected while this one waited, or tried to.
        if let Some(sender) = lane.sender() {
            return Ok(self.sent(sender, request, copy));
        }
        if let Some((_, why)) = failed.as_ref().filter(|(at, _)| *at >= since) {
            return Err(unreached(why.clone(), request));
        }
        let why = match timeout(CONNECT_WITHIN, connect(&self.authority, self.tls.as_ref())).await {
            Ok(Ok(sender)) => {
                tracing::debug!(service = self.name, address = %self.authority, "connected");
                *lane.open() = Some(sender.clone());
                return Ok(self.sent(sender, request, copy));
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no connection within {} s", CONNECT_WITHIN.as_secs()),
        };
        *failed = Some((Instant::now(), why.clone()));
        Err(unreached(why, request))
    }

    /// Puts a call on a connection.
    fn sent(
        &self,
        mut sender: SendRequest<Bytes>,
        request: Request<Body>,
        copy: Option<Box<Copy>>,
    ) -> Begun {
        let (parts, body) = request.into_parts();
        let whole = body.is_end_stream();
        match sender.send_request(Request::from_parts(parts, ()), whole) {
            Ok((answer, stream)) => {
                let rest = (!whole).then_some((body, stream));
                Begun::Sent(Exchange::new(self.name, answer, rest, copy))
            }
            Err(error) => Begun::Refused(Box::new(Failed {
                outcome: Outcome::Lost(error.to_string()),
                unheard: true,
                repeat: Repeat::Never,
                again: copy.and_then(|copy| copy.anew(Some(body))),
            })),
        }
    }
}

/// A call for which there was no connection.
#[cold]
fn unreached(why: String, request: Request<Body>) -> Box<Failed> {
    Box::new(Failed {
        outcome: Outcome::Unreached(why),
        unheard: true,
        repeat: Repeat::Never,
        again: Some(request),
    })
}

impl Lane {
    fn open(&self) -> MutexGuard<'_, Option<SendRequest<Bytes>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A handle on the connection, if it stands.
    fn sender(&self) -> Option<SendRequest<Bytes>> {
        let mut sender = self.open().clone()?;
        // A handle that has sent nothing waits for nothing, so nobody has to be woken.
        let ready = sender.poll_ready(&mut Context::from_waker(Waker::noop()));
        matches!(ready, Poll::Ready(Ok(()))).then_some(sender)
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn connect(
    authority: &Authority,
    tls: Option<&Outgoing>,
) -> Result<SendRequest<Bytes>, Failure> {
    let (host, port) = (authority.host(), authority.port_u16());
    match tls {
        None => over(network::reach(host, port.unwrap_or(HTTP_PORT)).await?).await,
        Some(tls) => {
            let stream = network::reach(host, port.unwrap_or(HTTPS_PORT)).await?;
            over(tls.secure(host, stream).await?).await
        }
    }
}

/// Begins HTTP/2 on a connection.
async fn over(stream: impl Connection + 'static) -> Result<SendRequest<Bytes>, Failure> {
    let mut builder = Builder::new();
    builder
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .enable_push(false);
    let (sender, mut connection) = builder.handshake(Together::new(stream)).await?;
    let mut pings = connection.ping_pong();
    let (answered, answers) = oneshot::channel();
    tokio::spawn(async move {
        let alive = async {
            if let Some(pings) = &mut pings {
                let ping = pings.ping(Ping::opaque());
                timeout(CONNECT_WITHIN, ping).await.ok()?.ok()?;
            }
            answered.send(()).ok()?;
            silent(pings).await;
            Some(())
        };
        // Dropping the connection ends the calls on it; whoever made one learns of it there.
        tokio::select! {
            ended = connection => if let Err(error) = ended {
                tracing::debug!(%error, "a connection to a service ended");
            },
            _ = alive => tracing::debug!("a connection to a service fell silent"),
        }
    });
    // A door that is about to close still lets connections queue before it, on which nobody would ever answer. A
    // call that waited for a sign of life was certainly not heard by such a service.
    answers
        .await
        .map_err(|_| "the connection was closed at once")?;
    Ok(sender)
}

/// Resolves when the other side gives no sign of life any more.
async fn silent(pings: Option<PingPong>) {
    let Some(mut pings) = pings else {
        return std::future::pending().await;
    };
    loop {
        sleep(KEEPALIVE).await;
        if !matches!(
            timeout(KEEPALIVE_WITHIN, pings.ping(Ping::opaque())).await,
            Ok(Ok(_))
        ) {
            return;
        }
    }
}
