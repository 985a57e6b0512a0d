//! What can go wrong.

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The query is wrong in itself: what is wrong and what would be right.
    #[error("{0}")]
    Query(String),
    /// The index in the folder cannot be used: another version made it, it is damaged or not finished.
    #[error("{0}")]
    Unusable(String),
    /// The index does not answer.
    #[error(transparent)]
    Index(#[from] tantivy::TantivyError),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] std::io::Error),
}

/// An answer, or why there is none.
pub type Result<T> = std::result::Result<T, Error>;
