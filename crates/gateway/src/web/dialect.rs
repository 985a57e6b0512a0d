//! Which language a request speaks that is not HTTP/JSON: gRPC goes on as it is, gRPC-Web is translated, anything
//! else hears that there is nothing here.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use axum::body::Body;
use futures::future::{BoxFuture, Either, FutureExt as _};
use http::header::CONTENT_TYPE;
use http::{Request, Response};
use rapporteur_records::Error;
use rapporteur_server::status;
use tonic_web::{GrpcWebLayer, GrpcWebService};
use tower::util::MapRequest;
use tower::{Layer, Service, ServiceExt as _};

use super::problem;

const GRPC: &[u8] = b"application/grpc";
const GRPC_WEB: &[u8] = b"application/grpc-web";

/// tonic's translation speaks of tonic's bodies, the router of axum's.
type Translated<S> = GrpcWebService<MapRequest<S, fn(Request<tonic::body::Body>) -> Request<Body>>>;

/// Puts [`Dialect`] around the services.
#[derive(Clone, Copy, Debug)]
pub struct DialectLayer;

impl<S: Clone> Layer<S> for DialectLayer {
    type Service = Dialect<S>;

    fn layer(&self, grpc: S) -> Dialect<S> {
        Dialect { grpc }
    }
}

/// Services of gRPC that understand gRPC-Web too.
#[derive(Clone, Debug)]
pub struct Dialect<S> {
    grpc: S,
}

impl<S> Service<Request<Body>> for Dialect<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Either<
        S::Future,
        Either<
            BoxFuture<'static, Result<Response<Body>, Infallible>>,
            Ready<Result<Response<Body>, Infallible>>,
        >,
    >;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.grpc.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let media = request.headers().get(CONTENT_TYPE);
        let media = media.map_or(&b""[..], |media| media.as_bytes());
        if media.starts_with(GRPC_WEB) {
            let answer = translated(self.grpc.clone()).oneshot(request);
            let answer = answer.map(|answer| answer.map(|answer| answer.map(Body::new)));
            Either::Right(Either::Left(answer.boxed()))
        } else if media.starts_with(GRPC) {
            Either::Left(self.grpc.call(request))
        } else {
            let name = request.uri().path().to_owned();
            let nothing = status(Error::NotFound { name });
            let answer = problem::answer(&nothing, request.headers());
            Either::Right(Either::Right(ready(Ok(answer))))
        }
    }
}

fn translated<S>(grpc: S) -> Translated<S> {
    let plain: fn(Request<tonic::body::Body>) -> Request<Body> = |request| request.map(Body::new);
    GrpcWebLayer::new().layer(MapRequest::new(grpc, plain))
}
