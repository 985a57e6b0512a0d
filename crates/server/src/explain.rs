//! The statuses that no handler made: what the layer says itself, and what tonic says without details.
//!
//! A client may count on an `ErrorInfo` and a `RequestInfo` in every error, so the layer adds what is
//! missing. This costs a small copy, on errors only.

use std::collections::HashMap;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response};
use prost::Message as _;
use prost_types::Any;
use tonic::{Code, Status};
use tonic_types::pb;
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::status::DOMAIN;

const DETAILS: &str = "grpc-status-details-bin";
const REQUEST_INFO: &str = "type.googleapis.com/google.rpc.RequestInfo";
/// How tonic begins its refusal of a message above the limit (a test notices when that changes).
const TOO_LARGE: &str = "Error, decoded message length too large";

/// How tonic and prost begin what they say of a request that is no message of its type.
const UNREADABLE: [&str; 3] = [
    "failed to decode Protobuf message",
    "Missing request message",
    "protocol error: received message with",
];

/// gRPC sends this without padding and takes it either way.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The deadline passed before the handler answered.
pub(crate) fn expired() -> Status {
    made(
        Code::DeadlineExceeded,
        "DEADLINE_EXCEEDED",
        "the deadline of the request has passed",
    )
}

/// The handler panicked; the hook has logged where.
pub(crate) fn panicked() -> Status {
    made(
        Code::Internal,
        "PANIC",
        "internal error; the log of the service has the details under this request id",
    )
}

/// An endless stream is ended because the process stops.
pub(crate) fn draining() -> Status {
    made(
        Code::Unavailable,
        "DRAINING",
        "the server is stopping; resume with the last token on another connection",
    )
}

fn made(code: Code, reason: &str, message: &str) -> Status {
    Status::with_error_details(
        code,
        message,
        ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new()),
    )
}

/// Adds to an error answer what it lacks, and says its code, which may have become another one.
pub(crate) fn complete<B>(answer: &mut Response<B>, code: Code, request_id: &HeaderValue) -> Code {
    let request_id = request_id.to_str().unwrap_or_default();
    match answer.headers().get(DETAILS) {
        Some(details) => {
            // Not ours to repair when it is not base64: it goes on as it came.
            if let Ok(details) = BASE64.decode(details.as_bytes())
                && !contains(&details, REQUEST_INFO.as_bytes())
            {
                let details = [details, request_info(request_id)].concat();
                set_details(answer.headers_mut(), &details);
            }
            code
        }
        None => {
            // What tonic says by itself travels along as a value too.
            let message = answer
                .extensions()
                .get::<Status>()
                .map(Status::message)
                .unwrap_or_default();
            let (code, reason) = match code {
                Code::OutOfRange if message.starts_with(TOO_LARGE) => {
                    (Code::ResourceExhausted, "MESSAGE_TOO_LARGE")
                }
                // It is not we who are at fault, so neither does our log say so.
                Code::Internal if UNREADABLE.iter().any(|it| message.starts_with(it)) => {
                    (Code::InvalidArgument, "UNREADABLE_MESSAGE")
                }
                _ => (code, code_name(code)),
            };
            let mut details = ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new());
            details.set_request_info(request_id, "");
            let status = Status::with_error_details(code, message, details);
            set_details(answer.headers_mut(), status.details());
            answer
                .headers_mut()
                .insert(Status::GRPC_STATUS, HeaderValue::from(code as i32));
            code
        }
    }
}

fn set_details(headers: &mut HeaderMap, details: &[u8]) {
    if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(BASE64.encode(details))) {
        headers.insert(DETAILS, value);
    }
}

/// A `google.rpc.Status` with nothing but this detail: in protobuf, appending it to another one's
/// bytes adds the detail to that one.
fn request_info(request_id: &str) -> Vec<u8> {
    let info = pb::RequestInfo {
        request_id: request_id.to_owned(),
        serving_data: String::new(),
    };
    let any = Any {
        type_url: REQUEST_INFO.to_owned(),
        value: info.encode_to_vec(),
    };
    pb::Status {
        code: 0,
        message: String::new(),
        details: vec![any],
    }
    .encode_to_vec()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

/// The name of a code, as gRPC writes it; the reason too of an error that came without one.
pub fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use rapporteur_records::Error;

    use super::*;

    fn completed(status: Status) -> Status {
        let mut answer: Response<()> = status.clone().into_http();
        let code = complete(
            &mut answer,
            status.code(),
            &HeaderValue::from_static("id-1"),
        );
        let completed = Status::from_header_map(answer.headers()).unwrap();
        assert_eq!(completed.code(), code);
        assert_eq!(completed.message(), status.message());
        completed
    }

    #[test]
    fn a_full_status_gets_the_request_id() {
        let status = completed(crate::status(Error::NotFound {
            name: "events/7".into(),
        }));
        let details = status.get_error_details();
        assert_eq!(details.request_info().unwrap().request_id, "id-1");
        assert_eq!(details.error_info().unwrap().reason, "NOT_FOUND");
        assert_eq!(details.resource_info().unwrap().resource_name, "events/7");
        // A gateway passes it on without adding it again.
        assert_eq!(completed(status.clone()).details(), status.details());
    }

    #[test]
    fn a_bare_status_gets_a_reason_too() {
        let details = completed(Status::unimplemented("no such method")).get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "UNIMPLEMENTED");
        assert_eq!(details.error_info().unwrap().domain, DOMAIN);
        assert_eq!(details.request_info().unwrap().request_id, "id-1");
    }

    #[test]
    fn details_that_are_no_base64_are_left_alone() {
        let mut answer: Response<()> = Status::internal("x").into_http();
        answer
            .headers_mut()
            .insert(DETAILS, HeaderValue::from_static("***"));
        complete(
            &mut answer,
            Code::Internal,
            &HeaderValue::from_static("id-1"),
        );
        assert_eq!(answer.headers()[DETAILS], "***");
    }
}
