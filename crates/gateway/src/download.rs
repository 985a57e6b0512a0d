//! The answer to one call, on its way down.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::{Reason, RecvStream};
use http::{HeaderMap, HeaderValue};
use http_body::{Frame, SizeHint};
use rapporteur_records::Error;
use rapporteur_server::status;
use tonic::Status;

/// Most bytes of an answer that are read ahead: more than a record has, and little for those who wait.
const AHEAD: usize = 64 << 10;

/// The body of an answer, as it comes from the service. When the service breaks off in the middle, the
/// client hears who it was in the trailers rather than of a stream that was reset.
#[derive(Debug)]
pub struct Download {
    service: &'static str,
    stream: Option<RecvStream>,
    only_trailers: bool,
    /// What was read before the answer was passed on.
    ahead: Option<Box<Ahead>>,
}

#[derive(Debug, Default)]
struct Ahead {
    frames: VecDeque<Bytes>,
    bytes: usize,
    trailers: Option<HeaderMap>,
}

impl Default for Download {
    /// Nothing.
    fn default() -> Self {
        Self {
            service: "",
            stream: None,
            only_trailers: false,
            ahead: None,
        }
    }
}

impl Download {
    /// What `service` sends.
    pub fn new(service: &'static str, stream: RecvStream) -> Self {
        Self {
            service,
            stream: Some(stream),
            ..Self::default()
        }
    }

    /// What the gateway says itself.
    pub fn own(body: Bytes, trailers: HeaderMap) -> Self {
        Self {
            ahead: Some(Box::new(Ahead {
                bytes: body.len(),
                frames: [body].into(),
                trailers: Some(trailers),
            })),
            ..Self::default()
        }
    }

    /// Reads ahead: ready when all of a short answer is here, or when it is not a short one. An error says that
    /// the service broke off, of which nobody else has heard yet.
    pub fn poll_ahead(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), h2::Error>> {
        let ahead = self.ahead.get_or_insert_default();
        while let Some(stream) = &mut self.stream {
            if self.only_trailers {
                ahead.trailers = ready!(stream.poll_trailers(cx))?;
                self.stream = None;
            } else if ahead.bytes > AHEAD {
                break;
            } else {
                match ready!(stream.poll_data(cx)).transpose()? {
                    Some(data) => {
                        let _ = stream.flow_control().release_capacity(data.len());
                        ahead.bytes += data.len();
                        ahead.frames.push_back(data);
                    }
                    None => self.only_trailers = true,
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// The body of a short answer, when all of it is here and says that the call was done; nothing of any other. What
    /// was read is passed on all the same.
    pub async fn short(&mut self) -> Option<Bytes> {
        if let Err(error) = std::future::poll_fn(|cx| self.poll_ahead(cx)).await {
            // The client hears of it as ever, and nobody asks the stream again.
            let trailers = self.broken(&error);
            let trailers = trailers.and_then(|frame| frame.into_trailers().ok());
            self.ahead.get_or_insert_default().trailers = trailers;
            return None;
        }
        let ahead = self.ahead.as_ref().filter(|_| self.stream.is_none())?;
        let code = ahead.trailers.as_ref()?.get(Status::GRPC_STATUS)?;
        let frames: Vec<&[u8]> = ahead.frames.iter().map(|frame| &frame[..]).collect();
        (code == "0").then(|| frames.concat().into())
    }

    /// The trailers, if they were read ahead.
    pub fn trailers(&self) -> Option<&HeaderMap> {
        self.ahead.as_ref()?.trailers.as_ref()
    }

    /// The next frame of what was read ahead.
    fn kept(&mut self) -> Option<Frame<Bytes>> {
        let ahead = self.ahead.as_mut()?;
        if let Some(data) = ahead.frames.pop_front() {
            return Some(Frame::data(data));
        }
        let trailers = ahead.trailers.take();
        self.ahead = None;
        trailers.map(Frame::trailers)
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
        if let Some(frame) = this.kept() {
            return Poll::Ready(Some(Ok(frame)));
        }
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
        let kept = |ahead: &Ahead| !ahead.frames.is_empty() || ahead.trailers.is_some();
        !self.ahead.as_deref().is_some_and(kept)
            && self.stream.as_ref().is_none_or(RecvStream::is_end_stream)
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
