//! The body of an answer, so that an endless stream ends when the process stops and a panic inside a
//! stream becomes a status.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tonic::Status;

use crate::drain::Drain;
use crate::explain;

pin_project! {
    /// A handler's body, or none.
    pub struct Answer<B> {
        #[pin]
        body: Option<B>,
        // Only for endless streams.
        ending: Option<Ending>,
    }
}

/// How far an endless stream is from its end.
enum Ending {
    Waiting(Pin<Box<dyn Future<Output = ()> + Send>>),
    /// The process stops and one last frame was let through (health says NOT_SERVING in it).
    Last,
}

impl<B> Answer<B> {
    /// A handler's body; ended when the process drains if `drain` is given.
    pub(crate) fn of(body: B, drain: Option<&Drain>) -> Self {
        Self {
            body: Some(body),
            ending: drain.map(|drain| Ending::Waiting(Box::pin(drain.draining()))),
        }
    }
}

impl<B> Default for Answer<B> {
    fn default() -> Self {
        Self {
            body: None,
            ending: None,
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

impl<B: Body> Body for Answer<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let Some(body) = this.body.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        if matches!(this.ending, Some(Ending::Last)) {
            this.body.set(None);
            return Poll::Ready(Some(Ok(trailers(&explain::draining()))));
        }
        let Ok(polled) = catch_unwind(AssertUnwindSafe(|| body.poll_frame(cx))) else {
            this.body.set(None);
            return Poll::Ready(Some(Ok(trailers(&explain::panicked()))));
        };
        let Some(Ending::Waiting(draining)) = this.ending else {
            return polled;
        };
        if draining.as_mut().poll(cx).is_pending() {
            return polled;
        }
        if polled.is_ready() {
            *this.ending = Some(Ending::Last);
            return polled;
        }
        this.body.set(None);
        Poll::Ready(Some(Ok(trailers(&explain::draining()))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            Some(body) => body.size_hint(),
            None => SizeHint::with_exact(0),
        }
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
