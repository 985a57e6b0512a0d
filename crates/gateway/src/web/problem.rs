//! Errors as AIP-193 writes them: `{"error": {"code": 404, "status": "NOT_FOUND", "message": .., "details": [..]}}`.

use std::sync::LazyLock;

use axum::body::Body;
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use rapporteur_server::{REQUEST_ID_KEY, code_name};
use serde_json::{Value, json};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

const REQUEST_INFO: &str = "type.googleapis.com/google.rpc.RequestInfo";

/// The messages of `google.rpc`, to write details as JSON.
static DETAILS: LazyLock<Option<DescriptorPool>> =
    LazyLock::new(|| DescriptorPool::decode(tonic_types::pb::FILE_DESCRIPTOR_SET).ok());

/// The answer to a request that failed; `asked` are the headers of the request.
pub fn answer(status: &Status, asked: &HeaderMap) -> Response<Body> {
    let code = http_code(status.code());
    let mut answer = Response::new(Body::from(json(status, asked).to_string()));
    *answer.status_mut() = code;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if status.code() == Code::Unauthenticated {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    let retry = status
        .get_details_retry_info()
        .and_then(|info| info.retry_delay);
    if let Some(delay) = retry {
        // Whole seconds, and never too early.
        let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}

/// The answer to a method that a path does not have, but others.
pub fn other_methods(methods: &[Method], asked: &HeaderMap) -> Response<Body> {
    let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
    let names = names.join(", ");
    let status = Status::unimplemented(format!("this path takes {names}"));
    let mut answer = answer(&status, asked);
    *answer.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    if let Ok(names) = HeaderValue::from_str(&names) {
        answer.headers_mut().insert(ALLOW, names);
    }
    answer
}

/// An error as a JSON value, whole: the last line of a stream that broke, or the body of an answer.
pub fn json(status: &Status, asked: &HeaderMap) -> Value {
    let mut details = details(status).unwrap_or_default();
    let told = |detail: &Value| detail.get("@type").and_then(Value::as_str) == Some(REQUEST_INFO);
    let id = asked.get(REQUEST_ID_KEY).and_then(|id| id.to_str().ok());
    if let Some(id) = id.filter(|_| !details.iter().any(told)) {
        details.push(json!({"@type": REQUEST_INFO, "requestId": id}));
    }
    json!({"error": {
        "code": http_code(status.code()).as_u16(),
        "status": code_name(status.code()),
        "message": status.message(),
        "details": details,
    }})
}

/// The details of a status, as far as they are messages of `google.rpc`.
fn details(status: &Status) -> Option<Vec<Value>> {
    let message = DETAILS.as_ref()?.get_message_by_name("google.rpc.Status")?;
    let status = DynamicMessage::decode(message, status.details()).ok()?;
    let options = SerializeOptions::new();
    let json = status
        .serialize_with_options(serde_json::value::Serializer, &options)
        .ok()?;
    json.get("details")?.as_array().cloned()
}

/// The status of HTTP for a code, as `google/rpc/code.proto` maps them.
pub fn http_code(code: Code) -> StatusCode {
    match code {
        Code::Ok => StatusCode::OK,
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => {
            StatusCode::BAD_REQUEST
        }
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        // "Client closed request": there is no name for it, and nobody who reads it.
        Code::Cancelled => StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST),
        Code::Unknown | Code::Internal | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
    }
}

#[cfg(test)]
mod tests {
    use rapporteur_records::Error;

    use super::*;

    #[test]
    fn an_error_says_all_that_the_status_says() {
        let status = rapporteur_server::status(Error::invalid("event.title", "is empty"));
        let mut asked = HeaderMap::new();
        asked.insert(REQUEST_ID_KEY, HeaderValue::from_static("id-1"));
        let json = json(&status, &asked);
        let error = &json["error"];
        assert_eq!(error["code"], 400);
        assert_eq!(error["status"], "INVALID_ARGUMENT");
        let details = error["details"].as_array().unwrap();
        let of = |kind: &str| {
            let named = format!("type.googleapis.com/google.rpc.{kind}");
            details
                .iter()
                .find(|d| d["@type"] == named.as_str())
                .unwrap()
        };
        assert_eq!(of("ErrorInfo")["reason"], "INVALID_FIELDS");
        assert_eq!(
            of("BadRequest")["fieldViolations"][0]["field"],
            "event.title"
        );
        assert_eq!(of("RequestInfo")["requestId"], "id-1");
    }

    #[test]
    fn a_status_without_details_is_an_error_too() {
        let answer = answer(&Status::unauthenticated("who?"), &HeaderMap::new());
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(answer.headers()[WWW_AUTHENTICATE], "Bearer");
    }

    #[test]
    fn when_to_come_back_is_a_header() {
        let status = rapporteur_server::status(Error::Exhausted("too many".into()));
        let answer = answer(&status, &HeaderMap::new());
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(answer.headers()[RETRY_AFTER], "1");
    }
}
