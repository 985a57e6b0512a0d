//! A service made by hand, under a name that the gateway routes to events.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, StreamExt as _};
use rapporteur_records::Error;
use rapporteur_server::{Deadline, MAX_DECODING_BYTES, MAX_ENCODING_BYTES, status};
use tokio::sync::Notify;
use tonic::body::Body;
use tonic::metadata::KeyAndValueRef;
use tonic::server::{Grpc, NamedService};
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};

pub(crate) const NAME: &str = "rapporteur.events.v1.EchoService";

/// What a test and the handlers tell each other.
#[derive(Default)]
pub(crate) struct State {
    /// A call of `GetSlow` is inside.
    pub(crate) entered: Notify,
    /// A call of `GetSlow` was given up.
    pub(crate) left: Notify,
    /// What this one says to `GetWho`.
    pub(crate) name: String,
    /// The messages of all calls of `CreateThing`, `CreateSlow` and `GetBusy` that came in.
    pub(crate) seen: Mutex<Vec<String>>,
}

impl State {
    fn sees(&self, message: String) -> String {
        self.seen.lock().unwrap().push(message.clone());
        message
    }
}

#[derive(Clone, Default)]
pub(crate) struct Echo {
    pub(crate) state: Arc<State>,
}

impl Echo {
    pub(crate) fn named(name: &str) -> Self {
        let name = name.to_owned();
        let state = State {
            name,
            ..State::default()
        };
        Self {
            state: Arc::new(state),
        }
    }
}

impl NamedService for Echo {
    const NAME: &'static str = NAME;
}

/// The same under the name of a service whose calls are in the policy table.
#[derive(Clone, Default)]
pub(crate) struct Events(Echo);

impl NamedService for Events {
    const NAME: &'static str = "rapporteur.events.v1.EventService";
}

impl Service<http::Request<Body>> for Events {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        self.0.call(request)
    }
}

/// Tells that the call that holds it is gone.
struct Leaving(Arc<State>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.left.notify_one();
    }
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
        let state = self.state.clone();
        Box::pin(async move {
            let mut grpc = Grpc::new(ProstCodec::<String, String>::default())
                .apply_max_message_size_config(Some(MAX_DECODING_BYTES), Some(MAX_ENCODING_BYTES));
            Ok(match method.as_str() {
                "WatchBoth" => {
                    let handler = service_fn(|request: Request<Streaming<String>>| async move {
                        let back = request
                            .into_inner()
                            .map(|item| item.map(|text| format!("{text} back")));
                        Ok::<_, Status>(Response::new(back))
                    });
                    grpc.streaming(handler, request).await
                }
                watch if watch.starts_with("Watch") => {
                    let handler = service_fn(move |_: Request<String>| {
                        let answer = watched(&method);
                        async move { Ok::<_, Status>(Response::new(answer)) }
                    });
                    grpc.server_streaming(handler, request).await
                }
                _ => {
                    let handler =
                        service_fn(move |request| unary(method.clone(), state.clone(), request));
                    grpc.unary(handler, request).await
                }
            })
        })
    }
}

async fn unary(
    method: String,
    state: Arc<State>,
    request: Request<String>,
) -> Result<Response<String>, Status> {
    match method.as_str() {
        "GetMetadata" | "GetEvent" | "CreateEvent" => {
            let mut lines = Vec::new();
            for entry in request.metadata().iter() {
                match entry {
                    KeyAndValueRef::Ascii(key, value) => {
                        lines.push(format!("{key}: {}", value.to_str().unwrap()))
                    }
                    KeyAndValueRef::Binary(key, value) => {
                        lines.push(format!("{key}: {:?}", value.to_bytes().unwrap()))
                    }
                }
            }
            let mut answer = Response::new(lines.join("\n"));
            answer
                .metadata_mut()
                .insert("x-answer", "kept".parse().unwrap());
            Ok(answer)
        }
        "GetRemaining" => {
            let left = Deadline::of(&request).remaining();
            Ok(Response::new(
                left.map(|left| left.as_millis().to_string())
                    .unwrap_or_default(),
            ))
        }
        "GetFailure" => Err(status(Error::NotFound {
            name: "dialogues/x/events/7".to_owned(),
        })),
        "GetSlow" => {
            let _leaving = Leaving(state.clone());
            state.entered.notify_one();
            std::future::pending().await
        }
        "GetWho" => Ok(Response::new(state.name.clone())),
        "CreateThing" => Ok(Response::new(state.sees(request.into_inner()))),
        "CreateSlow" => {
            state.sees(request.into_inner());
            state.entered.notify_one();
            std::future::pending().await
        }
        "GetBusy" => {
            state.sees(request.into_inner());
            Err(status(Error::Upstream {
                service: "storage".to_owned(),
                description: "busy".to_owned(),
            }))
        }
        "GetBig" => Ok(Response::new("b".repeat(3 << 20))),
        _ => Ok(Response::new(request.into_inner())),
    }
}

fn watched(method: &str) -> BoxStream<'static, Result<String, Status>> {
    let items = stream::iter(["one", "two", "three"].map(|text| Ok(text.to_owned())));
    match method {
        "WatchFailing" => {
            let failure = status(Error::NotFound {
                name: "dialogues/x/events/7".to_owned(),
            });
            items.chain(stream::once(async { Err(failure) })).boxed()
        }
        "WatchFlood" => stream::repeat_with(|| Ok("f".repeat(64 << 10))).boxed(),
        "WatchForever" => items.chain(stream::pending()).boxed(),
        _ => items.boxed(),
    }
}
