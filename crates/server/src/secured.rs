//! A connection that came in: plain, or TLS from its first byte. The handshake is made by whoever reads or
//! writes first, so it holds up nobody but this connection, and the door's limits hold for it too.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};
use tokio_rustls::Accept;
use tokio_rustls::server::TlsStream;

use crate::network::Connection;
use crate::tls::{Acceptor, Peer, Pieces};

/// A connection whose peer has to take what is written to it.
pub(crate) struct Secured<S> {
    state: State<S>,
    peer: Peer,
    /// Runs while the peer takes nothing.
    stuck: Option<Pin<Box<Sleep>>>,
}

enum State<S> {
    Plain(S),
    Shaking(Box<Accept<Pieces<S>>>),
    Private(Box<TlsStream<Pieces<S>>>),
    Failed,
}

impl<S: Connection> Secured<S> {
    pub(crate) fn new(stream: S, peer: Peer, tls: Option<&Acceptor>) -> Self {
        let state = match tls {
            None => State::Plain(stream),
            Some(acceptor) => State::Shaking(Box::new(acceptor.accept(stream))),
        };
        Self {
            state,
            peer,
            stuck: None,
        }
    }

    /// The connection, once bytes can go through it.
    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Pin<&mut dyn Connection>>> {
        if let State::Shaking(accept) = &mut self.state {
            match ready!(Pin::new(&mut **accept).poll(cx)) {
                Ok(stream) => {
                    let shown = stream.get_ref().1.peer_certificates();
                    if let Some(certificate) = shown.and_then(<[CertificateDer<'_>]>::first) {
                        self.peer.shows(certificate);
                    }
                    self.state = State::Private(Box::new(stream));
                }
                Err(error) => {
                    tracing::debug!(peer = %self.peer.address(), %error, "no TLS with a client");
                    self.state = State::Failed;
                    return Poll::Ready(Err(error));
                }
            }
        }
        match &mut self.state {
            State::Plain(stream) => Poll::Ready(Ok(Pin::new(stream))),
            State::Private(stream) => Poll::Ready(Ok(Pin::new(&mut **stream))),
            State::Shaking(_) | State::Failed => {
                Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()))
            }
        }
    }

    /// What came of writing: an error when the peer has taken nothing for too long.
    fn written<T>(
        &mut self,
        polled: Poll<io::Result<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.stuck = None;
            return polled;
        }
        let stuck = self
            .stuck
            .get_or_insert_with(|| Box::pin(sleep(self.peer.untaken().patience())));
        ready!(stuck.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: Connection> AsyncRead for Secured<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // The common case first, without a detour.
        if let State::Plain(stream) = &mut self.state {
            return Pin::new(stream).poll_read(cx, buf);
        }
        ready!(self.poll_open(cx))?.poll_read(cx, buf)
    }
}

impl<S: Connection> AsyncWrite for Secured<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = match self.poll_open(cx) {
            Poll::Ready(stream) => stream?.poll_write(cx, bytes),
            Poll::Pending => return Poll::Pending,
        };
        self.written(polled, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = match self.poll_open(cx) {
            Poll::Ready(stream) => stream?.poll_write_vectored(cx, pieces),
            Poll::Pending => return Poll::Pending,
        };
        self.written(polled, cx)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = match self.poll_open(cx) {
            Poll::Ready(stream) => stream?.poll_flush(cx),
            Poll::Pending => return Poll::Pending,
        };
        self.written(polled, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = match &mut self.state {
            State::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            State::Private(stream) => Pin::new(&mut **stream).poll_shutdown(cx),
            // Nothing was said that would have to be ended.
            State::Shaking(_) | State::Failed => return Poll::Ready(Ok(())),
        };
        self.written(polled, cx)
    }
}
