//! The same door for the web: HTTP/JSON and gRPC-Web beside gRPC, on one listener.
//!
//! A request of HTTP/JSON becomes the call that its `google.api.http` annotation names, made to the gateway's own
//! services within the process: door, limits, routes and views are those of gRPC, and a new call needs no change
//! here. It is done by reflection over the descriptor set, with prost-reflect's proto JSON, which the command
//! line writes too. The one library for this, rest_over_grpc, wants code generated for each call and a second
//! JSON (pbjson), decodes before it asks who calls, and cannot describe resource names in OpenAPI.
//!
//! | module | holds |
//! | --- | --- |
//! | [`template`], [`bindings`] | the annotations: which path is which call |
//! | [`request`], [`once`] | a call's request out of path, query, headers and body, in which nothing stands twice |
//! | [`inside`] | the way to the gateway's own services |
//! | [`transcode`] | one request from beginning to end; streams as a JSON object a line |
//! | [`etag`], [`problem`], [`paced`] | what HTTP has of its own: etags, errors, readers that stall |
//! | [`openapi`] | the document that describes all of it |
//! | [`calendar`] | calendars to subscribe to |
//! | [`export`] | lists in the formats of others |
//! | [`known`] | what a reader of either has already |
//! | [`dialect`], [`cors`] | gRPC, gRPC-Web or neither; pages of other origins |

pub mod bindings;
pub mod calendar;
pub mod cors;
pub mod dialect;
pub mod etag;
pub mod export;
pub mod inside;
pub mod known;
pub mod once;
pub mod openapi;
pub mod paced;
pub mod problem;
pub mod request;
pub mod template;
pub mod transcode;

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::header::X_CONTENT_TYPE_OPTIONS;
use http::{HeaderMap, HeaderValue, Request, Response};
use rapporteur_server::CallLayer;
use rapporteur_server::deadline::{self, Pace};
use rapporteur_views::Views;
use tower::service_fn;

use self::bindings::Bindings;
use self::calendar::Calendars;
use self::dialect::DialectLayer;
use self::export::Exports;
use self::inside::Inside;

/// How the paths of HTTP/JSON begin.
const V1: &str = "/v1/";

/// The services of gRPC with everything of the web around them. `calls` is the layer that the server puts around
/// each call; `views` say when calendars and exports change; `scheme` is what the listener speaks, `http` or `https`;
/// `origins` are those whose pages may call.
pub fn router(
    grpc: Router,
    calls: &CallLayer,
    views: Views,
    scheme: &'static str,
    origins: &[String],
) -> Result<Router, String> {
    let bindings = Bindings::of(rapporteur_proto::descriptor_pool())?;
    let document = Document::new(openapi::document(&bindings).to_string());
    let inside = Inside::new(grpc.clone(), calls);
    let calendars = Calendars::new(inside.clone(), bindings.clone(), views.clone());
    let calendars = Arc::new(calendars);
    let exports = Exports::new(inside.clone(), bindings.clone(), views, scheme);
    let web = Arc::new((inside, bindings, exports));
    let v1 = service_fn(move |request: Request<Body>| {
        let web = web.clone();
        async move {
            let (inside, bindings, exports) = &*web;
            let answer = match Exports::asked(&request) {
                Some(query) => exports.answer(query, request).await,
                None => transcode::answer(inside, bindings, request).await,
            };
            Ok::<_, Infallible>(guarded(answer))
        }
    });
    let described = service_fn(move |request: Request<Body>| {
        let answer = guarded(document.answer(request.headers()));
        async { Ok::<_, Infallible>(answer) }
    });
    let dated = service_fn(move |request: Request<Body>| {
        let calendars = calendars.clone();
        async move { Ok::<_, Infallible>(guarded(calendars.answer(request).await)) }
    });
    let router = grpc
        .layer(DialectLayer)
        .route_service("/v1/{*path}", v1)
        .route_service("/openapi.json", described);
    let router = calendar::PATHS.iter().fold(router, |router, path| {
        router.route_service(path, dated.clone())
    });
    Ok(match cors::layer(origins)? {
        Some(cors) => router.layer(cors),
        None => router,
    })
}

/// The pace of a path: what HTTP/JSON leads to is timed as the call that it becomes.
pub fn pace(path: &str) -> Pace {
    if path.starts_with(V1) {
        Pace::Elsewhere
    } else {
        deadline::pace(path)
    }
}

/// A text that is the same for everybody as long as the program runs.
#[derive(Clone, Debug)]
struct Document {
    text: Bytes,
    etag: String,
}

impl Document {
    fn new(text: String) -> Self {
        let etag = blake3::hash(text.as_bytes()).to_hex()[..32].to_owned();
        Self {
            text: text.into(),
            etag,
        }
    }

    fn answer(&self, asked: &HeaderMap) -> Response<Body> {
        etag::answer(asked, &self.etag, || {
            Ok::<_, Infallible>((self.text.clone(), "application/json"))
        })
        .unwrap_or_else(|never| match never {})
    }
}

/// An answer that no browser takes for something else than it says.
fn guarded(mut answer: Response<Body>) -> Response<Body> {
    let no_guess = HeaderValue::from_static("nosniff");
    answer
        .headers_mut()
        .insert(X_CONTENT_TYPE_OPTIONS, no_guess);
    answer
}
