//! A connection inside the door: put out when it does not speak, does not take its answers, or all have to go.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::Connected;

use crate::accept::Place;
use crate::network::Connection;
use crate::secured::Secured;
use crate::tls::{Acceptor, Peer};
use crate::together::Together;

/// Length of `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`, the first words of every HTTP/2 client. No request of HTTP/1.1
/// with a Host header is shorter.
const PREFACE_BYTES: usize = 24;

/// A connection that was let in.
pub(crate) struct Guarded<S> {
    stream: Together<Secured<S>>,
    peer: Peer,
    place: Place,
    silence: Option<Silence>,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    /// When to look next whether answers wait for too long; none while none wait.
    look: Option<Pin<Box<Sleep>>>,
}

struct Silence {
    bytes_left: usize,
    timer: Pin<Box<Sleep>>,
}

impl<S: Connection> Guarded<S> {
    /// It has to speak within `handshake`, and ends when `cut` is cancelled.
    pub(crate) fn new(
        stream: S,
        peer: Peer,
        tls: Option<&Acceptor>,
        place: Place,
        handshake: Duration,
        cut: CancellationToken,
    ) -> Self {
        Self {
            stream: Together::new(Secured::new(stream, peer.clone(), tls)),
            peer,
            place,
            silence: Some(Silence {
                bytes_left: PREFACE_BYTES,
                timer: Box::pin(sleep(handshake)),
            }),
            cut: Box::pin(cut.cancelled_owned()),
            look: None,
        }
    }

    /// An error when it has to go. Asked only when there is nothing to do: a busy connection comes by soon
    /// enough, and pays nothing while busy.
    fn stays(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if self.cut.as_mut().poll(cx).is_ready() {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        if let Some(silence) = &mut self.silence
            && silence.timer.as_mut().poll(cx).is_ready()
        {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.takes(cx)
    }

    /// An error when an answer has waited for too long.
    fn takes(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let untaken = self.peer.untaken();
        if self.look.is_none() && untaken.any() {
            self.look = Some(Box::pin(sleep(untaken.span())));
        }
        // The timer is kept while answers come and go: a connection that works sets it once a span.
        while let Some(look) = &mut self.look
            && look.as_mut().poll(cx).is_ready()
        {
            if untaken.is_overdue() {
                let peer = self.peer.address();
                tracing::warn!(%peer, "a client does not take its answers; putting it out");
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.look = untaken.any().then(|| Box::pin(sleep(untaken.span())));
        }
        Ok(())
    }

    /// What came of writing. HTTP/2 writes before it reads, so a silent connection may hang here.
    fn written<T>(
        &mut self,
        polled: Poll<io::Result<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if polled.is_pending()
            && self.silence.is_some()
            && let Err(error) = self.stays(cx)
        {
            return Poll::Ready(Err(error));
        }
        polled
    }
}

impl<S: Connection> AsyncRead for Guarded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buf.filled().len();
        let polled = Pin::new(&mut this.stream).poll_read(cx, buf);
        if polled.is_pending() {
            if let Err(error) = this.stays(cx) {
                return Poll::Ready(Err(error));
            }
        } else if let Some(silence) = &mut this.silence {
            let read = buf.filled().len() - before;
            silence.bytes_left = silence.bytes_left.saturating_sub(read);
            if silence.bytes_left == 0 {
                this.silence = None;
                this.place.speaks();
            }
        }
        polled
    }
}

impl<S: Connection> AsyncWrite for Guarded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.written(polled, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.written(polled, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(cx);
        self.written(polled, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.written(polled, cx)
    }
}

impl<S> Connected for Guarded<S> {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}
