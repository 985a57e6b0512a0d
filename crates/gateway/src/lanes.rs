//! Connections to one service: a few HTTP/2 connections that calls take in turn.
//!
//! This is h2 itself rather than tonic's `Channel` or hyper's client: a channel puts a buffer task, a
//! timer and several boxes around each call, and hyper a queue and a task of its own; here the call of a
//! client drives the call to the service. A lane connects when it is first needed and again after a loss.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use h2::{Ping, PingPong, RecvStream};
use http::uri::{Authority, Scheme};
use http::{Request, Response, Uri};
use http_body::Body as _;
use rapporteur_records::Error;
use rapporteur_server::network::{self, Connection};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::stream::Exchange;

/// Connections to each service.
const LANES: usize = 2;
pub(crate) const CONNECT_WITHIN: Duration = Duration::from_secs(3);
/// Not more often than the servers allow.
pub(crate) const KEEPALIVE: Duration = Duration::from_secs(30);
pub(crate) const KEEPALIVE_WITHIN: Duration = Duration::from_secs(10);
/// Calls at a time that the services take on one connection.
const STREAMS: u32 = 256;
/// How much of one answer may be under way. The window of the connection holds that of all its calls, so
/// that clients who do not read what they asked for hold up nobody else.
pub(crate) const STREAM_WINDOW: u32 = 256 << 10;
pub(crate) const CONNECTION_WINDOW: u32 = STREAMS * STREAM_WINDOW;

/// The connections to one service.
pub struct Lanes {
    name: &'static str,
    authority: Authority,
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
    /// The connection would not take it, and why.
    Refused(h2::Error),
    /// There is no connection yet on this lane.
    Unsent(usize, Box<Request<Body>>),
}

#[derive(Default)]
struct Lane {
    open: Mutex<Option<SendRequest<Bytes>>>,
    /// Held while connecting, so that a crowd of callers makes one connection.
    opening: tokio::sync::Mutex<()>,
}

impl Lanes {
    /// Lanes to `url`, an `http://HOST:PORT`. Nothing is connected yet.
    pub fn new(name: &'static str, url: &str) -> Result<Self, Error> {
        let wrong = || {
            let shape = "is not the address of a service; it should look like http://HOST:PORT";
            Error::invalid(name, format!("`{url}` {shape}"))
        };
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let authority = uri
            .authority()
            .filter(|_| uri.scheme() == Some(&Scheme::HTTP))
            .ok_or_else(wrong)?;
        Ok(Self {
            name,
            authority: authority.clone(),
            lanes: Default::default(),
            next: AtomicUsize::new(0),
        })
    }

    /// The service's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The service's address, as it stands in the target of a call.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Sends a call, at once when a connection stands. What remains to be waited for is small: it holds
    /// the call itself only when there was no connection to put it on.
    pub fn begin(&self, request: Request<Body>) -> Begun {
        let lane = self.next.fetch_add(1, Ordering::Relaxed) % LANES;
        match self.lanes[lane].sender() {
            Some(sender) => sent(sender, request),
            None => Begun::Unsent(lane, Box::new(request)),
        }
    }

    /// The beginning of the answer to a call.
    pub async fn answer(&self, begun: Begun) -> Result<Response<RecvStream>, Error> {
        let begun = match begun {
            Begun::Unsent(lane, request) => Box::pin(self.reopened(lane, *request)).await?,
            begun => begun,
        };
        match begun {
            Begun::Sent(exchange) => exchange.await.map_err(|error| self.down(&error)),
            Begun::Refused(error) => Err(self.down(&error)),
            // A lane that was just opened takes a call or refuses it.
            Begun::Unsent(..) => Err(self.down(&io::Error::from(io::ErrorKind::NotConnected))),
        }
    }

    #[cold]
    async fn reopened(&self, lane: usize, request: Request<Body>) -> Result<Begun, Error> {
        let lane = &self.lanes[lane];
        let _first = lane.opening.lock().await;
        // Somebody may have connected while this one waited.
        if let Some(sender) = lane.sender() {
            return Ok(sent(sender, request));
        }
        let sender = match timeout(CONNECT_WITHIN, connect(&self.authority)).await {
            Ok(Ok(sender)) => sender,
            Ok(Err(error)) => return Err(self.down(&*error)),
            Err(_) => return Err(self.down(&io::Error::from(io::ErrorKind::TimedOut))),
        };
        tracing::debug!(service = self.name, address = %self.authority, "connected");
        *lane.open() = Some(sender.clone());
        Ok(sent(sender, request))
    }

    fn down(&self, error: &(dyn std::error::Error + 'static)) -> Error {
        Error::Upstream {
            service: self.name.to_owned(),
            description: error.to_string(),
        }
    }
}

/// Puts a call on a connection.
fn sent(mut sender: SendRequest<Bytes>, request: Request<Body>) -> Begun {
    let (parts, body) = request.into_parts();
    let whole = body.is_end_stream();
    match sender.send_request(Request::from_parts(parts, ()), whole) {
        Ok((answer, stream)) => {
            Begun::Sent(Exchange::new(answer, (!whole).then_some((body, stream))))
        }
        Err(error) => Begun::Refused(error),
    }
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

async fn connect(authority: &Authority) -> Result<SendRequest<Bytes>, Failure> {
    let host = authority
        .host()
        .trim_start_matches('[')
        .trim_end_matches(']');
    let port = authority.port_u16().unwrap_or(80);
    if let Some(dial) = network::simulated() {
        return over(dial(host.to_owned(), port).await?).await;
    }
    let stream = TcpStream::connect((host, port)).await?;
    stream.set_nodelay(true)?;
    over(stream).await
}

/// Begins HTTP/2 on a connection.
async fn over(stream: impl Connection + 'static) -> Result<SendRequest<Bytes>, Failure> {
    let mut builder = Builder::new();
    builder
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .enable_push(false);
    let (sender, mut connection) = builder.handshake(stream).await?;
    let pings = connection.ping_pong();
    tokio::spawn(async move {
        // Dropping the connection ends the calls on it; whoever made one learns of it there.
        tokio::select! {
            ended = connection => if let Err(error) = ended {
                tracing::debug!(%error, "a connection to a service ended");
            },
            () = silent(pings) => tracing::debug!("a connection to a service fell silent"),
        }
    });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_checked() {
        assert_eq!(
            Lanes::new("events", "http://127.0.0.1:7701")
                .unwrap()
                .authority()
                .as_str(),
            "127.0.0.1:7701"
        );
        for odd in ["127.0.0.1:7701", "https://x:1", "", "http://", "/"] {
            let error = Lanes::new("events", odd).unwrap_err().to_string();
            assert!(
                error.contains("events") && error.contains("http://HOST:PORT"),
                "{odd}: {error}"
            );
        }
    }
}
