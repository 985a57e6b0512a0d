//! Passing calls on: headers, body and trailers go through as they are, streams included.
//!
//! What changes on the way: the target; who calls (the door says it); how much time is left. Nothing is
//! decoded and no body is copied.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::header::{CONNECTION, HOST, TRANSFER_ENCODING, UPGRADE};
use http::uri::Scheme;
use http::{HeaderName, HeaderValue, Request, Response, Uri, Version};
use rapporteur_records::Error;
use rapporteur_server::{Deadline, REQUEST_ID_KEY, status};
use tonic::Status;
use tower::service_fn;

use crate::Arguments;
use crate::door::Door;
use crate::lanes::Lanes;
use crate::routes::{self, ROUTES};
use crate::stream::Download;

const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
const REQUEST_ID: HeaderName = HeaderName::from_static(REQUEST_ID_KEY);
/// Headers about one connection (RFC 9113 8.2.2); HTTP/2 itself refuses them, so only HTTP/1.1 has them.
const HOP_BY_HOP: [HeaderName; 6] = [
    CONNECTION,
    TRANSFER_ENCODING,
    UPGRADE,
    HOST,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

#[derive(Debug)]
struct Forward {
    door: Arc<Door>,
    /// In the order of [`ROUTES`].
    lanes: [Lanes; ROUTES.len()],
}

/// A router that passes on every call that no service of the gateway's own answers.
pub fn router(arguments: &Arguments, door: Arc<Door>) -> Result<Router, Error> {
    let lanes = [
        Lanes::new(ROUTES[0].name, &arguments.events)?,
        Lanes::new(ROUTES[1].name, &arguments.recommendations)?,
    ];
    let forward = Arc::new(Forward { door, lanes });
    Ok(
        Router::new().fallback_service(service_fn(move |request: Request<Body>| {
            // What can be done at once is done before there is a future, so that the future stays small.
            let begun = forward
                .prepared(request)
                .map(|(place, request)| (place, forward.lanes[place].begin(request)));
            let forward = forward.clone();
            async move {
                let (place, begun) = match begun {
                    Ok(begun) => begun,
                    Err(status) => return Ok::<_, Infallible>(answered(*status)),
                };
                let lanes = &forward.lanes[place];
                Ok(match lanes.answer(begun).await {
                    Ok(answer) => answer.map(|body| Download::new(lanes.name(), body)),
                    Err(error) => answered(status(error)),
                })
            }
        })),
    )
}

impl Forward {
    /// The call as it goes on, and the place of the service to which it goes.
    fn prepared(&self, request: Request<Body>) -> Result<(usize, Request<Body>), Box<Status>> {
        let (mut parts, body) = request.into_parts();
        let place =
            routes::of_path(parts.uri.path()).ok_or_else(|| unanswered(parts.uri.path()))?;
        self.door.admit(parts.uri.path(), &mut parts.headers)?;
        if parts.version != Version::HTTP_2 {
            HOP_BY_HOP
                .iter()
                .for_each(|name| drop(parts.headers.remove(name)));
            parts.version = Version::HTTP_2;
        }
        let deadline = parts
            .extensions
            .get::<Deadline>()
            .and_then(Deadline::remaining);
        match deadline {
            Some(Duration::ZERO) => return Err(Box::new(status(Error::DeadlineExceeded))),
            Some(left) => drop(parts.headers.insert(GRPC_TIMEOUT, grpc_timeout(left))),
            None => drop(parts.headers.remove(GRPC_TIMEOUT)),
        }
        if let Some(id) = parts.headers.get_mut(REQUEST_ID) {
            // Different in each call: "sensitive" keeps it out of the header table of the connection, where
            // it would only push out what is the same in all calls.
            id.set_sensitive(true);
        }
        let mut target = parts.uri.into_parts();
        target.scheme = Some(Scheme::HTTP);
        target.authority = Some(self.lanes[place].authority().clone());
        parts.uri = Uri::from_parts(target)
            .map_err(|error| Box::new(Status::invalid_argument(error.to_string())))?;
        // They belong to the connection on this side.
        parts.extensions.clear();
        Ok((place, Request::from_parts(parts, body)))
    }
}

/// What the gateway answers itself.
fn answered(status: Status) -> Response<Download> {
    status.into_http()
}

/// The time that is left. Whole milliseconds where they say enough: then most calls carry the same text,
/// which is one byte on the wire.
fn grpc_timeout(left: Duration) -> HeaderValue {
    let (number, unit) = match (left.as_millis(), left.as_micros()) {
        (..100, micros) => (micros, 'u'),
        (millis @ ..=99_999_999, _) => (millis, 'm'),
        _ => (u128::from(left.as_secs()).min(99_999_999), 'S'),
    };
    HeaderValue::from_str(&format!("{number}{unit}")).unwrap_or(HeaderValue::from_static("1S"))
}

#[cold]
fn unanswered(path: &str) -> Box<Status> {
    let short = path
        .get(..path.floor_char_boundary(200))
        .unwrap_or_default();
    Box::new(Status::unimplemented(format!(
        "no service here answers {short}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_spelt_as_the_protocol_wants_it() {
        for (left, spelt) in [
            (Duration::from_micros(1), "1u"),
            (Duration::from_micros(99_999), "99999u"),
            (Duration::from_micros(9_999_987), "9999m"),
            (Duration::from_secs(3_600), "3600000m"),
            (Duration::from_secs(1_000_000), "1000000S"),
            (Duration::MAX, "99999999S"),
        ] {
            assert_eq!(grpc_timeout(left), spelt);
        }
    }
}
