//! The network that a process is on: TCP, unless a simulation put another in its place.
//!
//! Services run unchanged in a simulation: what they accept is a [`Listener`], and whom they connect to is
//! reached through [`simulated`] when there is one. It is asked when a connection is made and never after, so
//! calls over TCP pay nothing for it.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};

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
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%peer, %error, "nodelay");
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
    stream.set_nodelay(true)?;
    Ok(Box::new(stream))
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
