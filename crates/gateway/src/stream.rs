//! One call on an HTTP/2 connection: the request on its way up, and the beginning of the answer.
//!
//! Frames are handed from one connection to the other as they are. What is held at a time is one frame
//! of the request that waits for room, and what the windows of HTTP/2 allow of the answer.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use h2::client::ResponseFuture;
use h2::{Reason, SendStream};
use http::{HeaderValue, Request, Response};
use http_body::{Body as _, Frame};
use tonic::{Code, Status};

use crate::download::Download;
use crate::repeat::{Copy, Repeat};

/// A call whose head was sent. Its future is the beginning of the answer, or all of a short one when the
/// call may be repeated.
#[derive(Debug)]
pub struct Exchange {
    service: &'static str,
    answer: ResponseFuture,
    request: Option<Upload>,
    /// What repeats the call; `None` when there is nobody else to ask.
    copy: Option<Box<Copy>>,
}

/// A call that got no answer from a replica.
#[derive(Debug)]
pub struct Failed {
    /// What is to be told if nobody else is asked.
    pub outcome: Outcome,
    /// The replica certainly did nothing about it.
    pub unheard: bool,
    /// What may be done about it when the replica may have heard of it.
    pub repeat: Repeat,
    /// The call, when all of it is still here.
    pub again: Option<Request<Body>>,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Outcome {
    /// No connection could be made.
    Unreached(String),
    /// The connection or the stream broke.
    Lost(String),
    /// The replica said that it cannot answer now.
    Said(Response<Download>),
}

impl Exchange {
    /// The rest of a call to `service`; `rest` is `None` when the head was all of it.
    pub fn new(
        service: &'static str,
        answer: ResponseFuture,
        rest: Option<(Body, SendStream<Bytes>)>,
        copy: Option<Box<Copy>>,
    ) -> Self {
        Self {
            service,
            answer,
            request: rest.map(|(body, stream)| Upload {
                body,
                stream,
                waiting: None,
            }),
            copy,
        }
    }

    /// The answer, once it may be passed on.
    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<Result<Response<Download>, h2::Error>> {
        let holds = |copy: &&mut Box<Copy>| copy.repeat == Repeat::Unfinished;
        let Some(copy) = self.copy.as_mut().filter(holds) else {
            let answer = ready!(Pin::new(&mut self.answer).poll(cx));
            return Poll::Ready(answer.map(|a| a.map(|body| Download::new(self.service, body))));
        };
        if copy.answer.is_none() {
            let answer = ready!(Pin::new(&mut self.answer).poll(cx))?;
            copy.answer = Some(answer.map(|body| Download::new(self.service, body)));
        }
        if let Some(answer) = &mut copy.answer {
            ready!(answer.body_mut().poll_ahead(cx))?;
        }
        // It was put there just now.
        Poll::Ready(copy.answer.take().ok_or(Reason::INTERNAL_ERROR.into()))
    }

    #[cold]
    fn failed(&mut self, outcome: Outcome, unheard: bool) -> Box<Failed> {
        let rest = self.request.take().map(|request| request.body);
        let copy = self.copy.take();
        Box::new(Failed {
            outcome,
            unheard,
            repeat: copy.as_ref().map_or(Repeat::Never, |copy| copy.repeat),
            again: copy.and_then(|copy| copy.anew(rest)),
        })
    }
}

impl Future for Exchange {
    type Output = Result<Response<Download>, Box<Failed>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let Some(request) = &mut this.request
            && let Poll::Ready(all) = request.advance(this.copy.as_deref_mut(), cx)
            // What was not taken is still wanted if the call is repeated.
            && (all || this.copy.is_none())
        {
            this.request = None;
        }
        let answer = match ready!(this.poll_answer(cx)) {
            Ok(answer) if this.copy.is_some() && is_unavailable(&answer) => {
                return Poll::Ready(Err(this.failed(Outcome::Said(answer), false)));
            }
            Ok(answer) => answer,
            Err(error) => {
                let outcome = Outcome::Lost(error.to_string());
                return Poll::Ready(Err(this.failed(outcome, is_unheard(&error))));
            }
        };
        if let Some(mut request) = this.request.take() {
            // Both sides speak at once: the request goes on while the answer is read.
            tokio::spawn(async move {
                std::future::poll_fn(|cx| request.advance(None, cx)).await;
            });
        }
        Poll::Ready(Ok(answer))
    }
}

/// Whether the service certainly did nothing about a call: it refused the stream (RFC 9113 8.7), or it went
/// away and said that it looks at no stream as late as this one (h2 tells only those of its GOAWAY; the others
/// hear that the pipe is broken).
pub fn is_unheard(error: &h2::Error) -> bool {
    error.is_remote() && (error.is_go_away() || error.reason() == Some(Reason::REFUSED_STREAM))
}

/// Whether a replica says that it cannot answer now.
fn is_unavailable(answer: &Response<Download>) -> bool {
    let unavailable = HeaderValue::from(Code::Unavailable as i32);
    let said = answer.headers().get(Status::GRPC_STATUS);
    said.or_else(|| answer.body().trailers()?.get(Status::GRPC_STATUS)) == Some(&unavailable)
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
    /// Sends what can be sent; ready when there is nothing more to do: because all was sent, or (`false`) because
    /// no more is wanted. A failure is told by the answer, not here.
    fn advance(&mut self, mut copy: Option<&mut Copy>, cx: &mut Context<'_>) -> Poll<bool> {
        loop {
            if self.waiting.is_some() && !ready!(self.room(cx)) {
                return Poll::Ready(false);
            }
            if let Some(data) = self.waiting.take()
                && self.stream.send_data(data, false).is_err()
            {
                return Poll::Ready(false);
            }
            let frame = match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => frame,
                Poll::Ready(Some(Err(_))) => {
                    // The client is gone; what it began must not look finished.
                    self.stream.send_reset(Reason::CANCEL);
                    return Poll::Ready(false);
                }
                Poll::Ready(None) => {
                    let _ = self.stream.send_data(Bytes::new(), true);
                    return Poll::Ready(true);
                }
                // A service that wants no more ends the wait for the client.
                Poll::Pending => return self.stream.poll_reset(cx).map(|_| false),
            };
            if let Some(copy) = &mut copy {
                copy.sends(&frame);
            }
            if self.pass(frame) {
                return Poll::Ready(true);
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
