//! One request of HTTP/JSON: found among the bindings, made a call, and its answer made JSON again.

use std::collections::HashMap;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::header::{AGE, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use prost::Name as _;
use prost_reflect::{DynamicMessage, SerializeOptions};
use rapporteur_proto::descriptor_pool;
use rapporteur_proto::gateway::v1::SaidBefore;
use rapporteur_records::Error;
use rapporteur_server::{DOMAIN, MAX_DECODING_BYTES, status};
use serde_json::Value;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status, Streaming};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::bindings::{Binding, Bindings, Found};
use super::inside::{Inside, Onward};
use super::request::{self, Said};
use super::template::Path;
use super::{etag, problem};
use crate::nearby::POSITION;
use crate::reminder::{SAID_BEFORE, SAID_BEFORE_JSON};

/// A body has to be here within this time; a call has a deadline of its own from then on.
const BODY_WITHIN: Duration = Duration::from_secs(20);
/// `?watch=true` on a list asks for the list's `:watch`, so that both have one address.
const WATCH: &str = "watch";

/// Answers a request under `/v1/`.
pub async fn answer(
    inside: &Inside,
    bindings: &Bindings,
    request: Request<Body>,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let asked = parts.headers;
    let query = parts.uri.query().unwrap_or_default();
    let (watches, query) = watch(query);
    let path = Path::split(parts.uri.path());
    let path = if watches { path.or_verb(WATCH) } else { path };
    let method = if parts.method == Method::HEAD {
        Method::GET
    } else {
        parts.method
    };
    let binding = match bindings.find(&method, &path) {
        Found::Call(binding) => binding,
        Found::OtherMethods(methods) => return problem::other_methods(&methods, &asked),
        Found::Nothing => {
            let name = parts.uri.path().to_owned();
            return problem::answer(&status(Error::NotFound { name }), &asked);
        }
    };
    let body = match whole(body).await {
        Ok(body) => body,
        Err(answered) => return *too_much(*answered, &asked),
    };
    let said = Said {
        path: &path,
        query: &query,
        headers: &asked,
        body: &body,
    };
    let message = match request::message(binding, said) {
        Ok(message) => message,
        Err(error) => return problem::answer(&status(error), &asked),
    };
    let request = Onward::of(&asked, &parts.extensions).request(message);
    let answered = if binding.call.is_server_streaming() {
        let answers = inside.streaming(binding, request).await;
        answers.map(|answers| lines(answers, asked.clone()))
    } else {
        let answer = inside.unary(binding, request).await;
        answer.and_then(|answer| {
            let mut http = one(binding, answer.get_ref(), &asked)?;
            tell_age(answer.metadata(), http.headers_mut());
            tell_said(answer.metadata(), http.headers_mut());
            Ok(http)
        })
    };
    answered.unwrap_or_else(|status| problem::answer(&status, &asked))
}

/// Whether a query asks to watch, and the rest of it.
fn watch(query: &str) -> (bool, String) {
    let parts = query.split('&');
    let (watches, rest): (Vec<&str>, Vec<&str>) = parts.partition(|part| *part == "watch=true");
    (!watches.is_empty(), rest.join("&"))
}

/// The body of a request.
async fn whole(body: Body) -> Result<Bytes, Box<Status>> {
    let limited = Limited::new(body, MAX_DECODING_BYTES).collect();
    match tokio::time::timeout(BODY_WITHIN, limited).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let why = format!("the body is larger than {MAX_DECODING_BYTES} bytes");
            let info = ErrorDetails::with_error_info("MESSAGE_TOO_LARGE", DOMAIN, HashMap::new());
            Err(Box::new(Status::with_error_details(
                Code::ResourceExhausted,
                why,
                info,
            )))
        }
        Ok(Err(error)) => Err(Box::new(status(Error::invalid("body", error.to_string())))),
        Err(_) => Err(Box::new(status(Error::DeadlineExceeded))),
    }
}

/// A body that is too large is not "too many requests": to repeat it would not help.
fn too_much(refused: Status, asked: &HeaderMap) -> Box<Response<Body>> {
    let mut answer = problem::answer(&refused, asked);
    if refused.code() == Code::ResourceExhausted {
        *answer.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
    }
    Box::new(answer)
}

/// The answer of a call that has one.
fn one(
    binding: &Binding,
    message: &DynamicMessage,
    asked: &HeaderMap,
) -> Result<Response<Body>, Status> {
    // Only what is read can be had already.
    let none = HeaderMap::new();
    let asked = if binding.method == Method::GET {
        asked
    } else {
        &none
    };
    etag::answer(asked, &request::text_of(message, "etag"), || {
        let mut value = json(message)?;
        if let (Some(field), Some(all)) = (&binding.answer, value.as_object_mut()) {
            value = all.remove(field.json_name()).unwrap_or(Value::Null);
        }
        Ok((Bytes::from(value.to_string()), "application/json"))
    })
}

/// Of what was answered nearby HTTP tells the same as gRPC (RFC 9111 5.1).
fn tell_age(metadata: &MetadataMap, headers: &mut HeaderMap) {
    for name in [AGE, POSITION] {
        if let Some(value) = metadata.get(name.as_str())
            && let Ok(value) = HeaderValue::from_bytes(value.as_encoded_bytes())
        {
            headers.insert(name, value);
        }
    }
}

/// What a text that was written repeats, as JSON: names, codes and numbers, so that it is ASCII.
fn tell_said(metadata: &MetadataMap, headers: &mut HeaderMap) {
    let said = metadata.get_bin(SAID_BEFORE.as_str());
    let said = said.and_then(|said| said.to_bytes().ok());
    let value = said.and_then(|said| {
        let kind = descriptor_pool().get_message_by_name(&SaidBefore::full_name())?;
        let json = json(&DynamicMessage::decode(kind, said).ok()?).ok()?;
        HeaderValue::from_str(&json.to_string()).ok()
    });
    if let Some(value) = value {
        headers.insert(SAID_BEFORE_JSON, value);
    }
}

/// The answers of a call that has many: one JSON object a line, and an error as the last line if it breaks.
fn lines(answers: Streaming<DynamicMessage>, asked: HeaderMap) -> Response<Body> {
    let lines = stream::unfold(Some((answers, asked)), |state| async {
        let (mut answers, asked) = state?;
        let next = match answers.next().await? {
            Ok(message) => json(&message),
            Err(status) => Err(status),
        };
        let (mut line, state) = match next {
            Ok(json) => (json.to_string(), Some((answers, asked))),
            Err(status) => (problem::json(&status, &asked).to_string(), None),
        };
        line.push('\n');
        Some((Ok::<_, std::convert::Infallible>(Bytes::from(line)), state))
    });
    let mut answer = Response::new(Body::from_stream(lines));
    let headers = answer.headers_mut();
    let ndjson = HeaderValue::from_static("application/x-ndjson");
    headers.insert(CONTENT_TYPE, ndjson);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// A message as proto JSON.
fn json(message: &DynamicMessage) -> Result<Value, Status> {
    message
        .serialize_with_options(serde_json::value::Serializer, &SerializeOptions::new())
        .map_err(|error| Status::internal(format!("the answer is no JSON: {error}")))
}
