//! The references: servers that do nothing but answer.
//!
//! E0 answers an empty message. E1 answers a constant Event: what tonic's generated code does, with the
//! ordinary decoding of the request, a message made for each answer and the ordinary encoding of it. The
//! echoes of bytes answer what was encoded long before.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use anyhow::Result;
use bytes::Bytes;
use prost::Message as _;
use rapporteur_proto::events::v1::{Event, GetEventRequest};
use rapporteur_server::Raw;
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::Service;

use crate::arguments;

/// E0: an empty message for an empty message.
pub const EMPTY: &str = "/rapporteur.bench.v1.EchoService/Empty";
/// E1: the constant Event for a GetEventRequest.
pub const EVENT: &str = "/rapporteur.bench.v1.EchoService/Event";
/// The bytes of the same Event for any bytes.
pub const EVENT_BYTES: &str = "/rapporteur.bench.v1.EchoService/EventBytes";
/// The bytes of the constant page for any bytes.
pub const PAGE_BYTES: &str = "/rapporteur.bench.v1.EchoService/PageBytes";

/// Serves until `shutdown` resolves.
pub async fn serve(
    answers: &arguments::Echo,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<()> {
    let event_bytes = Bytes::from(std::fs::read(&answers.event)?);
    let answers = Answers {
        event: Event::decode(event_bytes.clone())?,
        event_bytes,
        page_bytes: std::fs::read(&answers.page)?.into(),
    };
    let echo = Echo {
        answers: Arc::new(answers),
    };
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    Server::builder()
        .add_service(echo)
        .serve_with_incoming_shutdown(incoming, shutdown)
        .await?;
    Ok(())
}

#[derive(Clone, Debug)]
struct Echo {
    answers: Arc<Answers>,
}

#[derive(Debug)]
struct Answers {
    event: Event,
    event_bytes: Bytes,
    page_bytes: Bytes,
}

impl NamedService for Echo {
    const NAME: &'static str = "rapporteur.bench.v1.EchoService";
}

/// As generated code has it, box included.
impl Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let answers = self.answers.clone();
        match request.uri().path() {
            EMPTY => Box::pin(async move {
                let mut grpc = Grpc::new(ProstCodec::<(), ()>::default());
                Ok(grpc.unary(Always(()), request).await)
            }),
            EVENT => Box::pin(async move {
                let mut grpc = Grpc::new(ProstCodec::<Event, GetEventRequest>::default());
                Ok(grpc.unary(TheEvent(answers), request).await)
            }),
            EVENT_BYTES => Box::pin(async move {
                let mut grpc = Grpc::new(Raw);
                Ok(grpc
                    .unary(Always(answers.event_bytes.clone()), request)
                    .await)
            }),
            PAGE_BYTES => Box::pin(async move {
                let mut grpc = Grpc::new(Raw);
                Ok(grpc
                    .unary(Always(answers.page_bytes.clone()), request)
                    .await)
            }),
            _ => Box::pin(ready(Ok(Status::unimplemented("only echoes").into_http()))),
        }
    }
}

/// Answers the same, which is cheap to clone.
struct Always<T>(T);

impl<T: Clone + Send + 'static> UnaryService<T> for Always<T> {
    type Response = T;
    type Future = Ready<Result<Response<T>, Status>>;

    fn call(&mut self, _: Request<T>) -> Self::Future {
        ready(Ok(Response::new(self.0.clone())))
    }
}

struct TheEvent(Arc<Answers>);

impl UnaryService<GetEventRequest> for TheEvent {
    type Response = Event;
    type Future = Ready<Result<Response<Event>, Status>>;

    fn call(&mut self, _: Request<GetEventRequest>) -> Self::Future {
        ready(Ok(Response::new(self.0.event.clone())))
    }
}
