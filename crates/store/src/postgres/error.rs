//! Errors of PostgreSQL by what the caller should do about them.
//!
//! What matters for a commit is whether it was sent. Nothing that fails before the writing statements go
//! out can have been applied. Afterwards an answer of the server decides: an error that it reports for a
//! statement has ended the transaction, while a connection that breaks, or a server that goes down, leaves
//! the outcome open.

use tokio_postgres::error::SqlState;

use crate::Error;

/// Of a read, or of a commit that was not sent yet.
pub(super) fn unsent(error: &tokio_postgres::Error) -> Error {
    let text = text(error);
    match error.code() {
        Some(code) if damaged(code) => Error::Corrupt(text),
        Some(code) if full(code) => Error::Full(text),
        Some(code) if missing(code) => Error::Schema(text),
        _ => Error::Unavailable(text),
    }
}

/// Of a statement of a transaction whose `commit` was sent too.
pub(super) fn sent(error: &tokio_postgres::Error) -> Error {
    match error.code() {
        Some(code) if !open_outcome(code) => unsent(error),
        _ => Error::Ambiguous(text(error)),
    }
}

/// Of getting a connection from the pool.
pub(super) fn pool(error: &deadpool_postgres::PoolError) -> Error {
    use deadpool_postgres::{PoolError, TimeoutType};
    match error {
        PoolError::Backend(error) => unsent(error),
        PoolError::Closed => closed(),
        PoolError::Timeout(TimeoutType::Wait) => {
            Error::Unavailable("every connection of the pool is busy".into())
        }
        other => Error::Unavailable(other.to_string()),
    }
}

pub(super) fn closed() -> Error {
    Error::Unavailable("the store is closed".into())
}

pub(super) fn corrupt(why: impl Into<String>) -> Error {
    Error::Corrupt(why.into())
}

/// The error with its causes, since the outermost says no more than "db error".
pub(super) fn text(error: &tokio_postgres::Error) -> String {
    if let Some(error) = error.as_db_error() {
        return format!("PostgreSQL: {} ({})", error.message(), error.code().code());
    }
    let mut text = format!("PostgreSQL: {error}");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// The server went down, or says itself that it does not know.
fn open_outcome(code: &SqlState) -> bool {
    [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN,
        SqlState::TRANSACTION_RESOLUTION_UNKNOWN,
    ]
    .contains(code)
        || code.code().starts_with("08")
}

fn damaged(code: &SqlState) -> bool {
    [SqlState::DATA_CORRUPTED, SqlState::INDEX_CORRUPTED].contains(code)
}

fn full(code: &SqlState) -> bool {
    *code == SqlState::DISK_FULL
}

/// Somebody took our tables away, or put others in their place.
fn missing(code: &SqlState) -> bool {
    [
        SqlState::UNDEFINED_TABLE,
        SqlState::UNDEFINED_COLUMN,
        SqlState::INVALID_SCHEMA_NAME,
    ]
    .contains(code)
}
