//! The body of an answer, so that an endless stream ends when the process stops, a panic inside a stream
//! becomes a status, and an answer that nobody takes is known ([`crate::untaken`]).

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tonic::Status;

use crate::drain::Drain;
use crate::explain;
use crate::metrics::Stream;
use crate::tls::Peer;
use crate::untaken::Span;

/// Most bytes that go to HTTP/2 at a time: so much it holds for a client that gives too little room.
const PIECE_BYTES: usize = 64 << 10;

pin_project! {
    /// A handler's body, or none.
    pub struct Answer<B> {
        #[pin]
        body: Option<B>,
        // Only for endless streams.
        ending: Option<Ending>,
        // What is left of a large frame.
        rest: Bytes,
        wait: Wait,
    }
}

/// Whether the answer waits for its client, which then is where it is counted.
#[derive(Default)]
struct Wait {
    peer: Option<Peer>,
    since: Option<Span>,
}

impl Wait {
    fn begin(&mut self) {
        self.since = self.peer.as_ref().map(|peer| peer.untaken().waits());
    }

    fn end(&mut self) {
        if let (Some(peer), Some(since)) = (&self.peer, self.since.take()) {
            peer.untaken().taken(since);
        }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.end();
    }
}

/// An endless stream, and how far it is from its end.
struct Ending {
    #[allow(dead_code, reason = "counts until it is dropped")]
    counted: Stream,
    phase: Phase,
}

enum Phase {
    Waiting(Pin<Box<dyn Future<Output = ()> + Send>>),
    /// The process stops and one last frame was let through (health says NOT_SERVING in it).
    Last,
}

impl<B> Answer<B> {
    /// A handler's body; if it is endless it is counted, and ended when the process drains. It is for `peer`.
    pub(crate) fn of(body: B, endless: Option<(&Drain, Stream)>, peer: Option<Peer>) -> Self {
        let mut wait = Wait { peer, since: None };
        // HTTP/2 asks for the first frame only when there is room for it.
        wait.begin();
        Self {
            body: Some(body),
            ending: endless.map(|(drain, counted)| Ending {
                counted,
                phase: Phase::Waiting(Box::pin(drain.draining())),
            }),
            rest: Bytes::new(),
            wait,
        }
    }
}

impl<B> Default for Answer<B> {
    fn default() -> Self {
        Self {
            body: None,
            ending: None,
            rest: Bytes::new(),
            wait: Wait::default(),
        }
    }
}

impl<B> fmt::Debug for Answer<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("endless", &self.ending.is_some())
            .finish_non_exhaustive()
    }
}

impl<B: Body<Data = Bytes>> Body for Answer<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        // It is asked for, so there is room for it.
        self.as_mut().project().wait.end();
        let mut polled = Poll::Ready(None);
        if self.rest.is_empty() {
            polled = self.as_mut().poll_whole(cx);
        }
        let this = self.project();
        if let Poll::Ready(Some(Ok(frame))) = &mut polled
            && let Some(data) = frame.data_mut()
        {
            *this.rest = std::mem::take(data);
        }
        if !this.rest.is_empty() {
            let piece = this.rest.split_to(this.rest.len().min(PIECE_BYTES));
            polled = Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        if matches!(&polled, Poll::Ready(Some(Ok(frame))) if frame.is_data()) {
            this.wait.begin();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            Some(body) => body.size_hint(),
            None => SizeHint::with_exact(0),
        }
    }
}

impl<B: Body<Data = Bytes>> Answer<B> {
    /// The next frame, however large.
    fn poll_whole(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let mut this = self.project();
        let Some(body) = this.body.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        let phase = this.ending.as_mut().map(|ending| &mut ending.phase);
        if matches!(phase, Some(Phase::Last)) {
            this.body.set(None);
            return Poll::Ready(Some(Ok(trailers(&explain::draining()))));
        }
        let Ok(polled) = catch_unwind(AssertUnwindSafe(|| body.poll_frame(cx))) else {
            this.body.set(None);
            return Poll::Ready(Some(Ok(trailers(&explain::panicked()))));
        };
        let Some(phase) = phase else {
            return polled;
        };
        let Phase::Waiting(draining) = phase else {
            return polled;
        };
        if draining.as_mut().poll(cx).is_pending() {
            return polled;
        }
        if polled.is_ready() {
            *phase = Phase::Last;
            return polled;
        }
        this.body.set(None);
        Poll::Ready(Some(Ok(trailers(&explain::draining()))))
    }
}

fn trailers<D>(status: &Status) -> Frame<D> {
    let mut trailers = HeaderMap::new();
    // Our own texts are ASCII; should one not be, the code alone is told.
    if status.add_header(&mut trailers).is_err() {
        trailers.insert(
            Status::GRPC_STATUS,
            http::HeaderValue::from(status.code() as i32),
        );
    }
    Frame::trailers(trailers)
}
