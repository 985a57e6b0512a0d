//! The one place where a domain error becomes a gRPC status (AIP-193).
//!
//! Every status carries an `ErrorInfo` with a reason that never changes its meaning and the domain
//! [`DOMAIN`]; what a program needs to react (wrong fields, the present etag, legal moves, when to
//! retry) is in the details, the message is for people. What an operator needs goes to the log and
//! not to the caller.

use std::collections::HashMap;
use std::time::Duration;

use rapporteur_records::Error;
use rapporteur_store as store;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

/// The `domain` of every `ErrorInfo` that this system makes.
pub const DOMAIN: &str = "rapporteur";

/// When to come back after a failure that passes by itself.
const RETRY_SOON: Duration = Duration::from_millis(200);
/// When to come back after a limit was hit.
const RETRY_LATER: Duration = Duration::from_secs(1);
/// Most bytes of a text in an error, and of all wrong fields together. A status travels in HTTP/2 headers,
/// of which many clients take only 8 KiB, and it travels in base64.
const TEXT_BYTES: usize = 512;
const FIELDS_BYTES: usize = 3 << 10;
/// What the caller reads of an error that is our fault.
const OUR_FAULT: &str =
    "internal error; the log of the service has the details under this request id";

/// Turns the domain's error into the status that goes over the wire: `.map_err(status)?`.
pub fn status(error: Error) -> Status {
    match error {
        Error::Invalid { violations } => {
            let all = violations.len();
            let mut room = FIELDS_BYTES;
            let fields: Vec<_> = violations
                .iter()
                .map(|v| FieldViolation::new(clip(&v.field), clip(&v.description)))
                .take_while(|field| take(&mut room, field.field.len() + field.description.len()))
                .collect();
            let text: Vec<_> = fields
                .iter()
                .map(|f| format!("{}: {}", f.field, f.description))
                .collect();
            let mut details = info("INVALID_FIELDS", [("violations", all.to_string())]);
            details.set_bad_request(fields);
            let message = if text.is_empty() {
                "invalid argument".to_owned()
            } else {
                text.join("; ")
            };
            make(Code::InvalidArgument, &message, details)
        }
        Error::NotFound { ref name } => {
            let mut details = info("NOT_FOUND", [("resource", name.clone())]);
            details.set_resource_info(clip(collection(name)), clip(name), "", "does not exist");
            make(Code::NotFound, &error.to_string(), details)
        }
        Error::AlreadyExists { ref name } => {
            let mut details = info("ALREADY_EXISTS", [("resource", name.clone())]);
            details.set_resource_info(clip(collection(name)), clip(name), "", "exists already");
            make(Code::AlreadyExists, &error.to_string(), details)
        }
        Error::Stale {
            ref name,
            ref current,
        } => {
            let mut details = info(
                "STALE_ETAG",
                [
                    ("resource", name.clone()),
                    ("current_etag", current.clone()),
                ],
            );
            details.set_resource_info(clip(collection(name)), clip(name), "", "changed meanwhile");
            make(Code::Aborted, &error.to_string(), details)
        }
        Error::Precondition {
            reason,
            subject,
            description,
            legal,
        } => {
            let mut details = info(
                reason,
                [
                    ("subject", subject.clone()),
                    ("legal_moves", legal.join(", ")),
                ],
            );
            details.add_precondition_failure_violation(reason, clip(&subject), clip(&description));
            make(Code::FailedPrecondition, &description, details)
        }
        Error::UnknownReference {
            ref field,
            ref name,
        } => {
            let reason = "UNKNOWN_REFERENCE";
            let message = error.to_string();
            let mut details = info(reason, [("field", field.clone()), ("name", name.clone())]);
            details.add_precondition_failure_violation(reason, clip(name), clip(&message));
            make(Code::FailedPrecondition, &message, details)
        }
        Error::Unauthenticated(message) => plain(Code::Unauthenticated, "UNAUTHENTICATED", message),
        Error::PermissionDenied(message) => {
            plain(Code::PermissionDenied, "PERMISSION_DENIED", message)
        }
        Error::Exhausted(message) => {
            retry(Code::ResourceExhausted, "EXHAUSTED", message, RETRY_LATER)
        }
        Error::OutOfRange {
            reason,
            description,
        } => plain(Code::OutOfRange, reason, description),
        Error::Upstream { ref service, .. } => {
            let mut details = info("UPSTREAM_UNAVAILABLE", [("service", service.clone())]);
            details.set_retry_info(Some(RETRY_SOON));
            make(Code::Unavailable, &error.to_string(), details)
        }
        Error::DeadlineExceeded => plain(
            Code::DeadlineExceeded,
            "DEADLINE_EXCEEDED",
            error.to_string(),
        ),
        Error::Store(error) => stored(error),
        Error::Internal(detail) => our_fault("INTERNAL", &detail),
    }
}

/// What the store answers. Keys and paths stay in the log: they mean nothing to a caller.
fn stored(error: store::Error) -> Status {
    use store::Error as Stored;
    let text = error.to_string();
    match error {
        Stored::Conflict { .. } => plain(
            Code::Aborted,
            "CONFLICT",
            "a record was changed meanwhile; read it again and decide again",
        ),
        Stored::Unavailable(_) => {
            tracing::warn!(error = text, "storage is unavailable");
            let message = "storage is unavailable; nothing was changed";
            retry(
                Code::Unavailable,
                "STORAGE_UNAVAILABLE",
                message,
                RETRY_SOON,
            )
        }
        Stored::Ambiguous(_) => {
            tracing::warn!(error = text, "the outcome of a write is unknown");
            let message =
                "it is not known whether the change was made; repeat it with the same request id";
            retry(Code::Unavailable, "OUTCOME_UNKNOWN", message, RETRY_SOON)
        }
        Stored::Truncated { .. } => plain(Code::OutOfRange, "LOG_TRUNCATED", text),
        Stored::Diverged(_) => plain(
            Code::OutOfRange,
            "HISTORY_DIVERGED",
            "the token belongs to another history; rebuild what was derived from it",
        ),
        Stored::TooLarge {
            what,
            limit,
            actual,
        } => make(
            Code::InvalidArgument,
            &text,
            info(
                "TOO_LARGE",
                [
                    ("what", what.to_owned()),
                    ("limit", limit.to_string()),
                    ("actual", actual.to_string()),
                ],
            ),
        ),
        Stored::Invalid(_) => plain(Code::InvalidArgument, "INVALID_BATCH", text),
        Stored::Full(_) => {
            tracing::error!(error = text, "no space is left for the store");
            let message = "no space is left to store the change; an operator has to make room";
            plain(Code::ResourceExhausted, "STORAGE_FULL", message)
        }
        Stored::AlreadyOpen(_)
        | Stored::Schema(_)
        | Stored::Absent(_)
        | Stored::Exists(_)
        | Stored::Moved { .. }
        | Stored::Unfinished(_) => our_fault("STORAGE_UNUSABLE", &text),
        Stored::Corrupt(_) => our_fault("STORAGE_DAMAGED", &text),
    }
}

fn our_fault(reason: &str, detail: &str) -> Status {
    tracing::error!(reason, detail, "internal error");
    plain(Code::Internal, reason, OUR_FAULT)
}

fn plain(code: Code, reason: &str, message: impl AsRef<str>) -> Status {
    make(code, message.as_ref(), info(reason, []))
}

fn retry(code: Code, reason: &str, message: impl AsRef<str>, after: Duration) -> Status {
    let mut details = info(reason, []);
    details.set_retry_info(Some(after));
    make(code, message.as_ref(), details)
}

fn make(code: Code, message: &str, details: ErrorDetails) -> Status {
    Status::with_error_details(code, clip(message), details)
}

/// The text, or its beginning.
fn clip(text: &str) -> String {
    match text.get(..text.floor_char_boundary(TEXT_BYTES)) {
        Some(start) if start.len() < text.len() => format!("{start}..."),
        _ => text.to_owned(),
    }
}

/// Takes from what is left, if there is enough.
fn take(room: &mut usize, bytes: usize) -> bool {
    room.checked_sub(bytes).map(|left| *room = left).is_some()
}

fn info<const N: usize>(reason: &str, metadata: [(&str, String); N]) -> ErrorDetails {
    let metadata: HashMap<String, String> = metadata
        .into_iter()
        .map(|(key, value)| (key.to_owned(), clip(&value)))
        .collect();
    ErrorDetails::with_error_info(reason, DOMAIN, metadata)
}

/// The collection of the last part of a name: `dialogues/un-sc/events/7` is of `events`.
fn collection(name: &str) -> &str {
    let mut parts = name.rsplit('/');
    parts.next();
    parts.next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
