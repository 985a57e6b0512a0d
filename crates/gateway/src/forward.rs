//! Passing calls on: headers, body and trailers go through as they are, streams included.
//!
//! What changes on the way: the target; who calls (the door says it); how much time is left. Nothing is
//! decoded and no body is copied. What can be answered nearby does not go on at all ([`crate::nearby`]).

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use futures::future::Either;
use http::header::{CONNECTION, HOST, TRANSFER_ENCODING, UPGRADE};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Request, Response, Version};
use rapporteur_records::Error;
use rapporteur_server::tls::Peer;
use rapporteur_server::{Caller, Deadline, REQUEST_ID_KEY, status, trace};
use tonic::{Code, Status};
use tower::service_fn;

use crate::balance::Balance;
use crate::door::Door;
use crate::download::Download;
use crate::fresh::Place;
use crate::nearby::{self, Asked, Nearby};
use crate::reminder::{Drafting, Reminder};
use crate::routes::{self, ROUTES};
use crate::upstream::Upstreams;
use crate::visitor::Visitor;

/// The header that says how much time is left.
pub(crate) const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
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
    nearby: Arc<Nearby>,
    reminder: Reminder,
    /// In the order of [`ROUTES`].
    services: [Balance; ROUTES.len()],
}

/// A router that passes on every call that no service of the gateway's own answers, but for those that are answered
/// nearby. Who writes what was said before is reminded of it.
pub fn router(
    upstreams: &Upstreams,
    door: Arc<Door>,
    nearby: Arc<Nearby>,
    reminder: Reminder,
) -> Router {
    let services = upstreams
        .all()
        .each_ref()
        .map(|upstream| Balance::new(upstream.replicas.clone()));
    let forward = Arc::new(Forward {
        door,
        nearby,
        reminder,
        services,
    });
    Router::new().fallback_service(service_fn(move |request: Request<Body>| {
        let forward = forward.clone();
        let asked = forward
            .nearby
            .asked(request.uri().path(), request.headers());
        let drafting = forward
            .reminder
            .drafting(request.uri().path(), request.headers());
        match (forward.door.before(request.headers()), asked, drafting) {
            // What can be done at once is done before there is a future, so that the future stays small.
            (None, None, None) => Either::Left(forward.pass(request)),
            (before, asked, drafting) => Either::Right(Box::pin(async move {
                if let Some(before) = before {
                    before.await;
                }
                match (asked, drafting) {
                    (Some(asked), _) => forward.nearby(asked, request).await,
                    (None, Some(drafting)) => forward.reminded(drafting, request).await,
                    (None, None) => forward.pass(request).await,
                }
            })),
        }
    }))
}

type Answered = Result<Response<Download>, Infallible>;

/// A call on its way: the place of a replica, the request, its span.
type Onward = (usize, Request<Body>, Option<Box<trace::Asked>>);

/// A call that was let in.
struct Entered {
    parts: Parts,
    /// The place of the service in [`ROUTES`].
    service: usize,
    visitor: Visitor,
    /// Where its caller's answers are noted.
    caller: Place,
}

impl Forward {
    fn pass(self: Arc<Self>, request: Request<Body>) -> impl Future<Output = Answered> + Send {
        let (parts, body) = request.into_parts();
        let begun = self.entered(parts).and_then(|entered| {
            let (service, caller) = (entered.service, entered.caller);
            let (place, request, span) = self.onward(entered, body)?;
            let begun = self.services[service].begin(place, request);
            Ok((service, caller, place, begun, span))
        });
        async move {
            let (service, caller, place, begun, span) = match begun {
                Ok(begun) => begun,
                Err(status) => return Ok(answered(*status)),
            };
            let answer = match self.services[service].answer(place, begun).await {
                Ok(answer) => {
                    self.nearby.fresh(service).answers(caller);
                    answer
                }
                Err(error) => answered(status(error)),
            };
            ended(span, &answer);
            Ok(answer)
        }
    }

    /// Answers a call from the gateway's own copies, or else passes it on.
    async fn nearby(self: Arc<Self>, asked: Asked, request: Request<Body>) -> Answered {
        let (parts, body) = request.into_parts();
        let answer = async {
            let entered = self.entered(parts)?;
            let read = nearby::read(body).await;
            let (short, body) = read.map_err(|error| Status::cancelled(error.to_string()))?;
            if let Some(short) = short {
                let (caller, rights) = (entered.caller, &entered.visitor.rights);
                let answer = self.nearby.answer(asked, caller, rights, &short).await;
                if let Some(answer) = answer {
                    return Ok(answer);
                }
            }
            self.send(entered, body).await
        };
        Ok(answer
            .await
            .unwrap_or_else(|status: Box<Status>| answered(*status)))
    }

    /// Passes on what somebody writes, and tells them with the answer what it repeats.
    async fn reminded(self: Arc<Self>, drafting: Drafting, request: Request<Body>) -> Answered {
        let (parts, body) = request.into_parts();
        let answer = async {
            let entered = self.entered(parts)?;
            let read = nearby::read(body).await;
            let (short, body) = read.map_err(|error| Status::cancelled(error.to_string()))?;
            let sight = Caller::sight(&entered.visitor.rights);
            let mut answer = self.send(entered, body).await?;
            if let Some(short) = short {
                self.reminder
                    .remind(drafting, &short, &sight, &mut answer)
                    .await;
            }
            Ok(answer)
        };
        Ok(answer
            .await
            .unwrap_or_else(|status: Box<Status>| answered(*status)))
    }

    /// The answer of the service to a call that was let in.
    async fn send(&self, entered: Entered, body: Body) -> Result<Response<Download>, Box<Status>> {
        let (service, caller) = (entered.service, entered.caller);
        let (place, request, span) = self.onward(entered, body)?;
        let begun = self.services[service].begin(place, request);
        let answer = self.services[service].answer(place, begun).await;
        self.nearby.fresh(service).answers(caller);
        let answer = answer.unwrap_or_else(|error| answered(status(error)));
        ended(span, &answer);
        Ok(answer)
    }

    /// Lets a call in, or not.
    fn entered(&self, mut parts: Parts) -> Result<Entered, Box<Status>> {
        let service =
            routes::of_path(parts.uri.path()).ok_or_else(|| unanswered(parts.uri.path()))?;
        let visitor = self.door.enter(&mut parts)?;
        let peer = Peer::of(&parts.extensions);
        let caller = self.nearby.fresh(service).place(&visitor, peer);
        Ok(Entered {
            parts,
            service,
            visitor,
            caller,
        })
    }

    /// The call as it goes on, the place of the replica to which it goes, and its span where calls are traced.
    fn onward(&self, entered: Entered, body: Body) -> Result<Onward, Box<Status>> {
        let mut parts = entered.parts;
        if parts.version != Version::HTTP_2 {
            HOP_BY_HOP
                .iter()
                .for_each(|name| drop(parts.headers.remove(name)));
            parts.version = Version::HTTP_2;
        }
        let deadline = parts.extensions.get::<Deadline>().copied();
        match deadline.as_ref().and_then(Deadline::remaining) {
            Some(Duration::ZERO) => return Err(Box::new(status(Error::DeadlineExceeded))),
            Some(left) => drop(parts.headers.insert(GRPC_TIMEOUT, grpc_timeout(left))),
            None => drop(parts.headers.remove(GRPC_TIMEOUT)),
        }
        if let Some(id) = parts.headers.get_mut(REQUEST_ID) {
            // Different in each call: "sensitive" keeps it out of the header table of the connection, where
            // it would only push out what is the same in all calls.
            id.set_sensitive(true);
        }
        let balance = &self.services[entered.service];
        let place = balance.pick().map_err(|error| Box::new(status(error)))?;
        parts.uri = balance
            .target(place, parts.uri.into_parts().path_and_query)
            .map_err(|error| Box::new(Status::invalid_argument(error.to_string())))?;
        // They belong to the connection on this side.
        parts.extensions.clear();
        if let Some(deadline) = deadline.filter(|_| balance.has_others()) {
            // When the call is made elsewhere, less is left.
            parts.extensions.insert(deadline);
        }
        let mut request = Request::from_parts(parts, body);
        let span = trace::Asked::begin(ROUTES[entered.service].name, &mut request);
        Ok((place, request, span))
    }
}

/// The span of a passed call ends with the head of its answer.
fn ended(span: Option<Box<trace::Asked>>, answer: &Response<Download>) {
    if let Some(span) = span {
        let code = answer.headers().get(Status::GRPC_STATUS);
        span.end(code.map_or(Code::Ok, |code| Code::from_bytes(code.as_bytes())));
    }
}

/// What the gateway answers itself.
fn answered(status: Status) -> Response<Download> {
    status.into_http()
}

/// The time that is left. Whole milliseconds where they say enough: then most calls carry the same text,
/// which is one byte on the wire.
pub(crate) fn grpc_timeout(left: Duration) -> HeaderValue {
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
