//! One call on an HTTP/2 connection: the request on its way up, the answer on its way down.
//!
//! Frames are handed from one connection to the other as they are. What is held at a time is one frame
//! of the request that waits for room, and what the windows of HTTP/2 allow of the answer.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use h2::client::ResponseFuture;
use h2::{Reason, RecvStream, SendStream};
use http::{HeaderMap, HeaderValue, Response};
use http_body::{Body as _, Frame, SizeHint};
use rapporteur_records::Error;
use rapporteur_server::status;
use tonic::Status;

/// A call whose head was sent. Its future is the beginning of the answer.
#[derive(Debug)]
pub struct Exchange {
    answer: ResponseFuture,
    request: Option<Upload>,
}

impl Exchange {
    /// The rest of a call; `stream` is `None` when the head was all of it.
    pub fn new(answer: ResponseFuture, rest: Option<(Body, SendStream<Bytes>)>) -> Self {
        Self {
            answer,
            request: rest.map(|(body, stream)| Upload {
                body,
                stream,
                waiting: None,
            }),
        }
    }
}

impl Future for Exchange {
    type Output = Result<Response<RecvStream>, h2::Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let Some(request) = &mut this.request
            && request.advance(cx).is_ready()
        {
            this.request = None;
        }
        let answer = ready!(Pin::new(&mut this.answer).poll(cx));
        if answer.is_ok()
            && let Some(mut request) = this.request.take()
        {
            // Both sides speak at once: the request goes on while the answer is read.
            tokio::spawn(async move { std::future::poll_fn(|cx| request.advance(cx)).await });
        }
        Poll::Ready(answer)
    }
}

/// The body of a request, going up.
struct Upload {
    body: Body,
    stream: SendStream<Bytes>,
    /// A frame for which the service has given no room yet.
    waiting: Option<Bytes>,
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").finish_non_exhaustive()
    }
}

impl Upload {
    /// Sends what can be sent; ready when there is nothing more to do, well or badly. A failure is told by
    /// the answer, not here.
    fn advance(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if self.waiting.is_some() && !ready!(self.room(cx)) {
                return Poll::Ready(());
            }
            if let Some(data) = self.waiting.take()
                && self.stream.send_data(data, false).is_err()
            {
                return Poll::Ready(());
            }
            let frame = match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => frame,
                Poll::Ready(Some(Err(_))) => {
                    // The client is gone; what it began must not look finished.
                    self.stream.send_reset(Reason::CANCEL);
                    return Poll::Ready(());
                }
                Poll::Ready(None) => {
                    let _ = self.stream.send_data(Bytes::new(), true);
                    return Poll::Ready(());
                }
                // A service that wants no more ends the wait for the client.
                Poll::Pending => return self.stream.poll_reset(cx).map(drop),
            };
            if self.pass(frame) {
                return Poll::Ready(());
            }
        }
    }

    /// Sends a frame or lets it wait; says whether it was the last.
    fn pass(&mut self, frame: Frame<Bytes>) -> bool {
        match frame.into_data() {
            // The last frame waits for room inside HTTP/2: nothing would come after it anyway.
            Ok(data) if self.body.is_end_stream() => {
                let _ = self.stream.send_data(data, true);
                true
            }
            Ok(data) => {
                // The whole frame is not asked for: many calls that each claim much would starve one
                // another of the window of the connection.
                self.stream.reserve_capacity(1);
                self.waiting = Some(data).filter(|data| !data.is_empty());
                false
            }
            Err(frame) => match frame.into_trailers() {
                Ok(trailers) => {
                    let _ = self.stream.send_trailers(trailers);
                    true
                }
                Err(_) => false,
            },
        }
    }

    /// Whether there is room for a frame; no, when the service wants nothing more.
    fn room(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        while self.stream.capacity() == 0 {
            if !matches!(ready!(self.stream.poll_capacity(cx)), Some(Ok(_))) {
                return Poll::Ready(false);
            }
        }
        Poll::Ready(true)
    }
}

/// The body of an answer, as it comes from the service. When the service breaks off in the middle, the
/// client hears who it was in the trailers rather than of a stream that was reset.
#[derive(Debug)]
pub struct Download {
    service: &'static str,
    stream: Option<RecvStream>,
    only_trailers: bool,
}

impl Default for Download {
    /// Nothing.
    fn default() -> Self {
        Self {
            service: "",
            stream: None,
            only_trailers: false,
        }
    }
}

impl Download {
    /// What `service` sends.
    pub fn new(service: &'static str, stream: RecvStream) -> Self {
        Self {
            service,
            stream: Some(stream),
            only_trailers: false,
        }
    }

    fn broken(&mut self, error: &h2::Error) -> Option<Frame<Bytes>> {
        self.stream = None;
        // RFC 9113 8.1: the service has said everything and wants no more of the request.
        (error.reason() != Some(Reason::NO_ERROR))
            .then(|| Frame::trailers(lost(self.service, error)))
    }
}

impl http_body::Body for Download {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = &mut *self;
        let Some(stream) = &mut this.stream else {
            return Poll::Ready(None);
        };
        if !this.only_trailers {
            match ready!(stream.poll_data(cx)) {
                Some(Ok(data)) => {
                    // It is handed on at once, so there is room for as much again.
                    let _ = stream.flow_control().release_capacity(data.len());
                    return Poll::Ready(Some(Ok(Frame::data(data))));
                }
                Some(Err(error)) => return Poll::Ready(this.broken(&error).map(Ok)),
                None => this.only_trailers = true,
            }
        }
        let frame = match ready!(stream.poll_trailers(cx)) {
            Ok(trailers) => {
                this.stream = None;
                trailers.map(Frame::trailers)
            }
            Err(error) => this.broken(&error),
        };
        Poll::Ready(frame.map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.stream.as_ref().is_none_or(RecvStream::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        if self.is_end_stream() {
            SizeHint::with_exact(0)
        } else {
            SizeHint::default()
        }
    }
}

fn lost(service: &str, error: &h2::Error) -> HeaderMap {
    let description = format!("the connection was lost in the middle of an answer: {error}");
    let status = status(Error::Upstream {
        service: service.to_owned(),
        description,
    });
    let mut trailers = HeaderMap::new();
    if status.add_header(&mut trailers).is_err() {
        trailers.insert(Status::GRPC_STATUS, HeaderValue::from(status.code() as i32));
    }
    trailers
}
