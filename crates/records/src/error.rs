//! The one error of the domain. It knows nothing of gRPC: the `server` crate turns it into a status,
//! in one place.

use rapporteur_store as store;

/// One wrong field of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field from the request, as in the proto: `event.start.value`, `page_size`.
    pub field: String,
    /// What is wrong and what would be right.
    pub description: String,
}

/// What went wrong, by what the caller can do about it.
#[derive(Clone, Debug, thiserror::Error, PartialEq)]
pub enum Error {
    /// The request is wrong in itself. Every wrong field is named.
    #[error("invalid argument: {}", violations.iter().map(|v| format!("{}: {}", v.field, v.description)).collect::<Vec<_>>().join("; "))]
    Invalid { violations: Vec<Violation> },
    #[error("{name} does not exist")]
    NotFound { name: String },
    #[error("{name} exists already")]
    AlreadyExists { name: String },
    /// The etag sent is not the record's present one (or somebody wrote in between).
    #[error("{name} was changed meanwhile: its etag is now {current}")]
    Stale { name: String, current: String },
    /// The record's state does not allow this. `reason` is UPPER_SNAKE, `legal` the moves that would do.
    #[error("{description}")]
    Precondition {
        reason: &'static str,
        subject: String,
        description: String,
        legal: Vec<String>,
    },
    /// A record that the request refers to is not known.
    #[error("{field} refers to {name}, which is not known")]
    UnknownReference { field: String, name: String },
    #[error("{0}")]
    Unauthenticated(String),
    #[error("{0}")]
    PermissionDenied(String),
    /// A limit of the system, not of the request: try later or ask for less.
    #[error("{0}")]
    Exhausted(String),
    /// A position that this history no longer has, or never had. The follower must rebuild.
    #[error("{description}")]
    OutOfRange {
        reason: &'static str,
        description: String,
    },
    /// Another service that was needed does not answer.
    #[error("{service} is unavailable: {description}")]
    Upstream {
        service: String,
        description: String,
    },
    #[error("the deadline of the request has passed")]
    DeadlineExceeded,
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Our fault. The text goes to the log, not to the caller.
    #[error("internal error: {0}")]
    Internal(String),
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A request with one wrong field.
    pub fn invalid(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self::Invalid {
            violations: vec![Violation {
                field: field.into(),
                description: description.into(),
            }],
        }
    }
}
