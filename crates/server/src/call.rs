//! The layer that every call goes through: request id, deadline, panic, count, trace, log.
//!
//! One layer and one future rather than four, without boxes: on the way in one header is added and one
//! extension, on the way out one header; the timer is only set for a call that has to wait.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Request, Response};
use pin_project_lite::pin_project;
use rapporteur_records::Refused;
use tokio::time::{Instant, Sleep, sleep_until};
use tonic::{Code, Status};
use tower::{Layer, Service};
use tracing::Level;
use uuid::Uuid;

use crate::answer::Answer;
use crate::caller::{ANONYMOUS, CALLER_KEY, REQUEST_ID_KEY, is_caller_id, is_request_id};
use crate::callers::Callers;
use crate::deadline::{Deadline, Pace, Patience};
use crate::drain::Drain;
use crate::explain;
use crate::metrics::{Calls, Tally};
use crate::refusals::Refusals;
use crate::tls::Peer;
use crate::trace::Served;

static REQUEST_ID: HeaderName = HeaderName::from_static(REQUEST_ID_KEY);
static CALLER: HeaderName = HeaderName::from_static(CALLER_KEY);
const PREFIX_CHARS: usize = 12;
const HEX: &[u8; 16] = b"0123456789abcdef";

/// Wraps a service in what every call needs. [`crate::serve()`] applies it.
#[derive(Clone, Debug)]
pub struct CallLayer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    patience: Patience,
    pace: fn(&str) -> Pace,
    drain: Drain,
    callers: Callers,
    calls: Arc<Calls>,
    /// Where calls go on record whose caller is not who it says.
    refusals: Option<Refusals>,
    /// Different in every process, so that ids of several processes differ in one log.
    id_prefix: String,
    id_count: AtomicU64,
}

impl CallLayer {
    /// A layer with these deadlines; `pace` tells which methods are exempt from them, `callers` whom to believe,
    /// `calls` counts them.
    pub(crate) fn new(
        patience: Patience,
        pace: fn(&str) -> Pace,
        drain: Drain,
        callers: Callers,
        calls: Arc<Calls>,
    ) -> Self {
        let id_prefix = Uuid::new_v4().simple().to_string()[..PREFIX_CHARS].to_owned();
        Self {
            shared: Arc::new(Shared {
                patience,
                pace,
                drain,
                callers,
                calls,
                refusals: None,
                id_prefix,
                id_count: AtomicU64::new(1),
            }),
        }
    }
}

impl CallLayer {
    /// The same; calls whose caller is not who it says go on record there.
    #[must_use]
    pub fn recording(mut self, refusals: Option<Refusals>) -> Self {
        if let Some(shared) = Arc::get_mut(&mut self.shared) {
            shared.refusals = refusals;
        }
        self
    }
}

impl Shared {
    /// Puts a call on record whose caller is not who it says.
    #[cold]
    fn refused<B>(&self, request: &Request<B>, request_id: &HeaderValue, why: &Status) {
        let Some(refusals) = &self.refusals else {
            return;
        };
        let peer = Peer::of(request.extensions());
        let call = rapporteur_records::Call {
            caller: ANONYMOUS.to_owned(),
            log_id: request_id.to_str().unwrap_or_default().to_owned(),
            ..Default::default()
        };
        let refused = Refused {
            call,
            why: why.message().to_owned(),
            peer: peer
                .map(|it| it.address().ip().to_string())
                .unwrap_or_default(),
            ..Refused::default()
        };
        refusals.at_the_door(request.uri().path(), refused);
    }

    /// The prefix, a dash and the count in hexadecimal, made without the formatting machinery.
    fn request_id(&self) -> HeaderValue {
        let mut id = Vec::with_capacity(PREFIX_CHARS + 17);
        id.extend_from_slice(self.id_prefix.as_bytes());
        id.push(b'-');
        let count = self.id_count.fetch_add(1, Ordering::Relaxed);
        let digits = (u64::BITS - count.leading_zeros()).div_ceil(4).max(1);
        id.extend(
            (0..digits)
                .rev()
                .map(|digit| HEX[(count >> (digit * 4)) as usize & 15]),
        );
        HeaderValue::from_maybe_shared(Bytes::from(id))
            .unwrap_or(HeaderValue::from_static("unknown"))
    }
}

impl<S> Layer<S> for CallLayer {
    type Service = Call<S>;

    fn layer(&self, inner: S) -> Call<S> {
        Call {
            inner,
            shared: self.shared.clone(),
        }
    }
}

/// A service inside a [`CallLayer`].
#[derive(Clone, Debug)]
pub struct Call<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for Call<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
{
    type Response = Response<Answer<ResBody>>;
    type Error = S::Error;
    type Future = CallFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let started = Instant::now();
        let headers = request.headers_mut();
        let request_id = match headers.get(&REQUEST_ID) {
            Some(id) if is_request_id(id.as_bytes()) => id.clone(),
            _ => {
                let id = self.shared.request_id();
                headers.insert(REQUEST_ID.clone(), id.clone());
                id
            }
        };
        let (mut parts, body) = request.into_parts();
        let identified = self
            .shared
            .callers
            .identify(&mut parts.headers, &mut parts.extensions);
        let mut request = Request::from_parts(parts, body);
        if let Err(why) = &identified {
            self.shared.refused(&request, &request_id, why);
        }
        let caller = request
            .headers()
            .get(&CALLER)
            .filter(|id| is_caller_id(id.as_bytes()))
            .cloned();
        let pace = (self.shared.pace)(request.uri().path());
        let deadline = self
            .shared
            .patience
            .deadline(pace, request.headers(), started);
        request.extensions_mut().insert(deadline);
        let path = request.uri().path();
        let tally = self.shared.calls.arrives(path, pace, started);
        let line = Line {
            path: request.uri().path_and_query().cloned(),
            caller,
            request_id,
            span: Served::begin(tally.method(), &request),
            tally,
        };
        let peer = Peer::of(request.extensions()).cloned();
        let drain = (pace == Pace::Endless).then(|| self.shared.drain.clone());
        // Nothing of a handler runs in here: the router calls it when its future is polled.
        CallFuture {
            inner: match identified {
                Ok(()) => Inner::Handler {
                    future: self.inner.call(request),
                },
                Err(status) => Inner::Refused {
                    status: Some(status),
                },
            },
            deadline,
            timer: None,
            line,
            drain,
            peer,
        }
    }
}

pin_project! {
    /// What answers a call: its handler, or nobody since the caller is not who it says.
    #[project = InnerProjection]
    enum Inner<F> {
        Handler { #[pin] future: F },
        Refused { status: Option<Box<Status>> },
    }
}

pin_project! {
    /// The future of a [`Call`].
    pub struct CallFuture<F> {
        #[pin]
        inner: Inner<F>,
        deadline: Deadline,
        // A large thing that most calls do not need.
        timer: Option<Pin<Box<Sleep>>>,
        line: Line,
        drain: Option<Drain>,
        peer: Option<Peer>,
    }
}

impl<F, B, E> Future for CallFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<Answer<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // After a panic this future answers, so the inner one is not polled again.
        let handler = match this.inner.project() {
            InnerProjection::Handler { future } => future,
            InnerProjection::Refused { status } => {
                let status = status
                    .take()
                    .unwrap_or_else(|| Box::new(explain::panicked()));
                return Poll::Ready(Ok(this.line.close(status.into_http())));
            }
        };
        let polled = {
            let _within = this.line.span.as_deref().map(Served::enter);
            catch_unwind(AssertUnwindSafe(|| handler.poll(cx)))
        };
        let answer = match polled.ok() {
            Some(Poll::Ready(Ok(response))) => {
                let (parts, body) = response.into_parts();
                let endless = this
                    .drain
                    .as_ref()
                    .map(|drain| (drain, this.line.tally.stream()));
                Response::from_parts(parts, Answer::of(body, endless, this.peer.take()))
            }
            Some(Poll::Ready(Err(error))) => return Poll::Ready(Err(error)),
            Some(Poll::Pending) => {
                let Some(at) = this.deadline.at() else {
                    return Poll::Pending;
                };
                let timer = this.timer.get_or_insert_with(|| Box::pin(sleep_until(at)));
                ready!(timer.as_mut().poll(cx));
                explain::expired().into_http()
            }
            None => explain::panicked().into_http(),
        };
        Poll::Ready(Ok(this.line.close(answer)))
    }
}

/// What is known of a call for its log line and its answer. All of it is shared, not copied.
#[derive(Debug)]
struct Line {
    path: Option<PathAndQuery>,
    caller: Option<HeaderValue>,
    request_id: HeaderValue,
    tally: Tally,
    span: Option<Box<Served>>,
}

impl Line {
    /// Counts the call, puts the request id into the answer and writes the log line.
    fn close<B>(&mut self, mut answer: Response<B>) -> Response<B> {
        let code = match answer.headers().get(Status::GRPC_STATUS) {
            None => Code::Ok,
            Some(code) => Code::from_bytes(code.as_bytes()),
        };
        let code = if code == Code::Ok {
            code
        } else {
            explain::complete(&mut answer, code, &self.request_id)
        };
        self.tally.answered(code, answer.status());
        if let Some(span) = &self.span {
            span.end(code);
        }
        let mut request_id = self.request_id.clone();
        // Not a secret, but never seen again: so it is kept out of the table of header compression.
        request_id.set_sensitive(true);
        answer.headers_mut().insert(REQUEST_ID.clone(), request_id);
        match code {
            Code::Internal | Code::Unknown | Code::DataLoss => self.write(Level::ERROR, code),
            Code::Unavailable | Code::DeadlineExceeded => self.write(Level::WARN, code),
            _ if tracing::enabled!(Level::DEBUG) => self.write(Level::DEBUG, code),
            _ => {}
        }
        answer
    }

    #[cold]
    fn write(&self, level: Level, code: Code) {
        let method = self
            .path
            .as_ref()
            .map(PathAndQuery::path)
            .unwrap_or_default();
        let ms = self.tally.age().as_secs_f64() * 1_000.0;
        let caller = self
            .caller
            .as_ref()
            .and_then(|id| id.to_str().ok())
            .unwrap_or(ANONYMOUS);
        let request_id = self.request_id.to_str().unwrap_or_default();
        // A field that is none is not written.
        let trace_id = self.span.as_deref().map(Served::trace_id);
        let trace_id = trace_id.as_deref();
        match level {
            Level::ERROR => {
                tracing::error!(method, ?code, ms, caller, request_id, trace_id, "call");
            }
            Level::WARN => tracing::warn!(method, ?code, ms, caller, request_id, trace_id, "call"),
            _ => tracing::debug!(method, ?code, ms, caller, request_id, trace_id, "call"),
        }
    }
}
