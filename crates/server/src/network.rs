//! The network that a process is on: TCP, unless a simulation put another in its place.
//!
//! Services run unchanged in a simulation: what they accept is a [`Listener`], and whom they connect to is
//! reached through [`simulated`] when there is one. It is asked when a connection is made and never after, so
//! calls over TCP pay nothing for it.
//!
//! A host that is cut off says nothing, and what is sent to it vanishes. So every TCP connection gives up by
//! itself (RFC 5482): HTTP/2 finds silence too, but slowly, and HTTP/1.1 never.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

/// A connection of which nobody needs to know what it is made of.
pub trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// Where connections come in.
pub trait Listener: Send + Unpin + 'static {
    /// What comes in.
    type Stream: Connection + 'static;

    /// The address at which it listens.
    fn local_addr(&self) -> io::Result<SocketAddr>;

    /// The next connection and whose it is.
    fn poll_accept(&mut self, cx: &mut Context<'_>)
    -> Poll<io::Result<(Self::Stream, SocketAddr)>>;
}

impl Listener for TcpListener {
    type Stream = TcpStream;

    fn local_addr(&self) -> io::Result<SocketAddr> {
        TcpListener::local_addr(self)
    }

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        TcpListener::poll_accept(self, cx).map_ok(|(stream, peer)| {
            if let Err(error) = CALLER.apply(&stream) {
                tracing::debug!(%peer, %error, "options of a connection");
            }
            (stream, peer)
        })
    }
}

/// Connects to a port of a host; an IPv6 address may stand in brackets.
pub async fn reach(host: &str, port: u16) -> io::Result<Box<dyn Connection>> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if let Some(dial) = simulated() {
        return dial(host.to_owned(), port).await;
    }
    let stream = TcpStream::connect((host, port)).await?;
    SERVICE.apply(&stream)?;
    Ok(Box::new(stream))
}

/// How long the other end of a connection may be silent.
struct Patience {
    /// In which what was sent is acknowledged by its host, or room is made for more.
    unacknowledged: Duration,
    /// An idle connection is asked for a sign of life after this time.
    idle: Duration,
    /// And again after this one.
    again: Duration,
}

/// So often in all.
const PROBES: u32 = 3;
/// With services: calls fail and go elsewhere, feeds are taken up again. Longer than a host reboots its network card,
/// shorter than people wait.
const SERVICE: Patience = Patience {
    unacknowledged: Duration::from_secs(10),
    idle: Duration::from_secs(5),
    again: Duration::from_secs(2),
};
/// With callers: nobody waits for one that is gone, it only holds a place. A slow one is put out no sooner than
/// `--take-seconds` says by default.
const CALLER: Patience = Patience {
    unacknowledged: Duration::from_secs(30),
    idle: Duration::from_secs(30),
    again: Duration::from_secs(10),
};

impl Patience {
    fn apply(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let socket = SockRef::from(stream);
        let probes = TcpKeepalive::new()
            .with_time(self.idle)
            .with_interval(self.again)
            .with_retries(PROBES);
        socket.set_tcp_keepalive(&probes)?;
        #[cfg(target_os = "linux")]
        socket.set_tcp_user_timeout(Some(self.unacknowledged))?;
        Ok(())
    }
}

/// A connection that is being made.
pub type Connecting = Pin<Box<dyn Future<Output = io::Result<Box<dyn Connection>>> + Send>>;

/// Connects to a port of a host.
pub type Dial = fn(host: String, port: u16) -> Connecting;

static SIMULATED: OnceLock<Dial> = OnceLock::new();

/// From now on all connections that this process makes are made by `dial`. For simulations; the first
/// call counts.
pub fn simulate(dial: Dial) {
    SIMULATED.get_or_init(|| dial);
}

/// How connections are made in a simulation; none when they are TCP.
pub fn simulated() -> Option<Dial> {
    SIMULATED.get().copied()
}
