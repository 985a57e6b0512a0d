//! A stream that ends when its reader may not read on.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::Stream;
use futures::future::BoxFuture;
use tonic::Status;

/// What `inner` sends, until it may not be read any more.
pub struct Allowed<S> {
    inner: S,
    /// `None` when it has ended.
    ends: Option<BoxFuture<'static, Status>>,
}

impl<S> fmt::Debug for Allowed<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Allowed")
    }
}

impl<S> Allowed<S> {
    pub(super) fn new(inner: S, ends: impl Future<Output = Status> + Send + 'static) -> Self {
        Self {
            inner,
            ends: Some(Box::pin(ends)),
        }
    }
}

impl<S, T> Stream for Allowed<S>
where
    S: Stream<Item = Result<T, Status>> + Unpin,
{
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let Some(ends) = &mut self.ends else {
            return Poll::Ready(None);
        };
        // First, so that nothing more is sent once it is known.
        if let Poll::Ready(why) = ends.as_mut().poll(cx) {
            self.ends = None;
            return Poll::Ready(Some(Err(why)));
        }
        Pin::new(&mut self.inner).poll_next(cx)
    }
}
