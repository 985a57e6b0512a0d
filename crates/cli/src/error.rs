//! What can go wrong, in words and as an exit code.

use std::fmt::{self, Display, Formatter, Write};

use tonic::{Code, Status};
use tonic_types::StatusExt;

pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line cannot be meant so.
    Usage(String),
    /// A service said no, or did not say anything.
    Status(Box<Status>),
    /// Something on this side: reason, then text.
    Other(&'static str, String),
    /// Some of the answer is there and some is not; the reason for the rest.
    Partial(Box<Failure>),
    /// Something is down or does not get on; what it is was shown already.
    Down,
    /// Some lines were refused; which ones was shown already.
    Refused,
    /// `check` found something; what it is was shown already.
    Amiss,
    /// Nobody reads any more, or the disk is full.
    Io(std::io::Error),
}

impl Failure {
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::Usage(text.into())
    }

    pub(crate) fn other(reason: &'static str, text: impl Into<String>) -> Self {
        Self::Other(reason, text.into())
    }

    /// 0 ok, 1 error, 2 usage, 3 not found, 4 auth or permission, 5 conflict, 6 unavailable or
    /// deadline, 7 partial result (130 for Ctrl-C is given by `run`).
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Status(status) => match status.code() {
                Code::NotFound => 3,
                Code::Unauthenticated | Code::PermissionDenied => 4,
                Code::Aborted | Code::AlreadyExists => 5,
                Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled => 6,
                _ => 1,
            },
            Self::Other(..) | Self::Refused | Self::Amiss => 1,
            Self::Partial(_) => 7,
            Self::Down => 6,
            // `rapporteur ... | head` is no failure.
            Self::Io(error) if error.kind() == std::io::ErrorKind::BrokenPipe => 0,
            Self::Io(_) => 1,
        }
    }

    /// Whether everything was said already.
    pub(crate) fn is_silent(&self) -> bool {
        matches!(self, Self::Down | Self::Refused | Self::Amiss) || self.exit_code() == 0
    }

    /// The status, when a service answered with one.
    pub(crate) fn status(&self) -> Option<&Status> {
        match self {
            Self::Status(status) => Some(status),
            _ => None,
        }
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Status(Box::new(status))
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) => write!(f, "error: USAGE: {text}"),
            Self::Status(status) => f.write_str(&explain(status)),
            Self::Other(reason, text) => write!(f, "error: {reason}: {text}"),
            Self::Partial(rest) => write!(f, "{rest}\nThe answer above is not complete."),
            Self::Down => {
                f.write_str("error: DOWN: not every service serves, or the views do not get on")
            }
            Self::Refused => f.write_str("error: REFUSED: not every line was taken over"),
            Self::Amiss => f.write_str("error: AMISS: something was found"),
            Self::Io(error) => write!(f, "error: IO: {error}"),
        }
    }
}

/// `error: REASON: text`, then a line for each wrong field, the legal moves, the request id, what to do.
fn explain(status: &Status) -> String {
    let details = status.get_error_details();
    let metadata = |key: &str| {
        details
            .error_info()
            .and_then(|info| info.metadata.get(key))
            .filter(|v| !v.is_empty())
    };
    let mut text = format!("error: {}: {}", reason(status), summary(status));
    let mut line = |words: String| {
        // Writing to a String does not fail.
        let _ = write!(text, "\n  {words}");
    };
    for wrong in details
        .bad_request()
        .map(|b| b.field_violations.as_slice())
        .unwrap_or_default()
    {
        line(format!("{}: {}", wrong.field, wrong.description));
    }
    if let Some(moves) = metadata("legal_moves") {
        line(format!("legal moves: {moves}"));
    }
    if let Some(etag) = metadata("current_etag") {
        line(format!("current etag: {etag}"));
    }
    if let Some(id) = request_id(status) {
        line(format!("request id: {id}"));
    }
    if let Some(step) = next_step(status) {
        line(format!("next: {step}"));
    }
    text
}

/// The message; where it only repeats the wrong fields, which follow on lines of their own, their number.
fn summary(status: &Status) -> String {
    let details = status.get_error_details();
    match details
        .bad_request()
        .map_or(0, |b| b.field_violations.len())
    {
        0 => status.message().to_owned(),
        1 => "a field is wrong".to_owned(),
        n => format!("{n} fields are wrong"),
    }
}

/// The reason that the service gives, or one made of the code.
pub(crate) fn reason(status: &Status) -> String {
    match status.get_error_details().error_info() {
        Some(info) if !info.reason.is_empty() => info.reason.clone(),
        _ => code_name(status.code()),
    }
}

/// The whole of it on one line, for tables.
pub(crate) fn brief(status: &Status) -> String {
    format!("{}: {}", reason(status), status.message())
}

/// `NotFound` as `NOT_FOUND`.
fn code_name(code: Code) -> String {
    let mut name = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

fn request_id(status: &Status) -> Option<String> {
    let details = status.get_error_details();
    let stated = details.request_info().map(|info| info.request_id.clone());
    let sent = status
        .metadata()
        .get("x-request-id")
        .and_then(|id| id.to_str().ok())
        .map(str::to_owned);
    stated.or(sent).filter(|id| !id.is_empty())
}

fn next_step(status: &Status) -> Option<&'static str> {
    Some(match status.code() {
        Code::NotFound => "check the name; `list` shows what is recorded",
        Code::AlreadyExists => "choose another --id, or change the record with `edit`",
        Code::Aborted => "read the record again with `show`, then repeat with its etag",
        Code::Unauthenticated => {
            "set RAPPORTEUR_TOKEN, or save a token: rapporteur profile set NAME --token-file FILE"
        }
        Code::PermissionDenied => "ask an administrator for the role",
        Code::Unavailable => {
            "see what is down: rapporteur status; start a system here: rapporteur up"
        }
        Code::DeadlineExceeded | Code::Cancelled => "allow more time: --timeout SECONDS",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use tonic_types::{ErrorDetails, FieldViolation};

    use super::*;

    #[test]
    fn exit_codes_follow_the_table() {
        let code = |code| Failure::from(Status::new(code, "x")).exit_code();
        assert_eq!(code(Code::InvalidArgument), 1);
        assert_eq!(code(Code::FailedPrecondition), 1);
        assert_eq!(code(Code::NotFound), 3);
        assert_eq!(
            [code(Code::Unauthenticated), code(Code::PermissionDenied)],
            [4, 4]
        );
        assert_eq!([code(Code::Aborted), code(Code::AlreadyExists)], [5, 5]);
        assert_eq!(
            [code(Code::Unavailable), code(Code::DeadlineExceeded)],
            [6, 6]
        );
        assert_eq!(Failure::usage("x").exit_code(), 2);
        assert_eq!(Failure::Partial(Box::new(Failure::Down)).exit_code(), 7);
        assert_eq!(
            Failure::Io(std::io::ErrorKind::BrokenPipe.into()).exit_code(),
            0
        );
        assert_eq!(Failure::Refused.exit_code(), 1);
    }

    #[test]
    fn wrong_fields_and_the_request_are_named() {
        let mut details = ErrorDetails::new();
        details
            .set_error_info("INVALID_FIELDS", "rapporteur", [])
            .set_bad_request(vec![FieldViolation::new("event.end", "is before start")])
            .set_request_info("abc-1", "");
        let status = Status::with_error_details(
            Code::InvalidArgument,
            "event.end: is before start",
            details,
        );
        let text = Failure::from(status).to_string();
        assert_eq!(
            text,
            "error: INVALID_FIELDS: a field is wrong\n  event.end: is before start\n  request id: abc-1"
        );
    }

    #[test]
    fn legal_moves_are_shown() {
        let mut details = ErrorDetails::new();
        details.set_error_info(
            "ILLEGAL_MOVE",
            "rapporteur",
            [("legal_moves".into(), "cancel".into())],
        );
        let status = Status::with_error_details(Code::FailedPrecondition, "held is final", details);
        let text = Failure::from(status).to_string();
        assert_eq!(
            text,
            "error: ILLEGAL_MOVE: held is final\n  legal moves: cancel"
        );
    }

    #[test]
    fn a_bare_status_gets_a_reason() {
        let text = Failure::from(Status::not_found("no such event")).to_string();
        assert!(
            text.starts_with("error: NOT_FOUND: no such event\n  next: "),
            "{text}"
        );
    }
}
