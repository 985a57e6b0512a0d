//! A service made by hand, of which every method does one thing that a server has to cope with.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, StreamExt as _};
use rapporteur_records::Error;
use rapporteur_server::tls::Peer;
use rapporteur_server::{Caller, Deadline, MAX_DECODING_BYTES, MAX_ENCODING_BYTES, status};
use tokio::sync::Notify;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};

pub(crate) const NAME: &str = "rapporteur.test.v1.EchoService";

/// What a test and the handlers tell each other.
#[derive(Default)]
pub(crate) struct State {
    /// A call of `Slow` is inside.
    pub(crate) entered: Notify,
    /// Lets one call of `Slow` finish.
    pub(crate) release: Notify,
}

#[derive(Clone, Default)]
pub(crate) struct Echo {
    pub(crate) state: Arc<State>,
}

impl NamedService for Echo {
    const NAME: &'static str = NAME;
}

impl Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let method = request
            .uri()
            .path()
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned();
        if method == "PanicAtOnce" {
            panic!("at once");
        }
        let state = self.state.clone();
        Box::pin(async move {
            let mut grpc = Grpc::new(ProstCodec::<String, String>::default())
                .apply_max_message_size_config(Some(MAX_DECODING_BYTES), Some(MAX_ENCODING_BYTES));
            if method.starts_with("Watch") {
                let handler = service_fn(move |_: Request<String>| {
                    let answer = watch(&method);
                    async move { Ok::<_, Status>(Response::new(answer)) }
                });
                return Ok(grpc.server_streaming(handler, request).await);
            }
            let handler = service_fn(move |request| unary(method.clone(), state.clone(), request));
            Ok(grpc.unary(handler, request).await)
        })
    }
}

async fn unary(
    method: String,
    state: Arc<State>,
    request: Request<String>,
) -> Result<Response<String>, Status> {
    let answer = match method.as_str() {
        "Say" => request.into_inner(),
        "Caller" => {
            let caller = Caller::of(&request);
            format!("{} {}", caller.id, caller.request_id)
        }
        "Remaining" => format!(
            "{:?}",
            Deadline::of(&request)
                .remaining()
                .map(|left| left.as_secs())
        ),
        "Peer" => {
            let peer = Peer::of(request.extensions()).unwrap();
            let names = peer.names().join(",");
            format!(
                "{} {names} {}",
                peer.address().ip(),
                peer.certificate().is_some()
            )
        }
        "Slow" => {
            state.entered.notify_one();
            state.release.notified().await;
            "done".to_owned()
        }
        "Fail" => {
            return Err(status(Error::NotFound {
                name: "events/7".to_owned(),
            }));
        }
        "Panic" => {
            tokio::task::yield_now().await;
            panic!("late");
        }
        _ => return Err(Status::unimplemented("no such method")),
    };
    Ok(Response::new(answer))
}

fn watch(method: &str) -> BoxStream<'static, Result<String, Status>> {
    let first = stream::once(async { Ok("first".to_owned()) });
    match method {
        "WatchPanic" => {
            // Pending once, so that the first item has left before.
            let mut polls = 0;
            let late = stream::poll_fn(move |cx| {
                polls += 1;
                cx.waker().wake_by_ref();
                if polls == 1 {
                    Poll::Pending
                } else {
                    panic!("in a stream")
                }
            });
            first.chain(late).boxed()
        }
        "WatchFlood" => stream::repeat_with(|| Ok("again".to_owned())).boxed(),
        _ => first.chain(stream::pending()).boxed(),
    }
}
