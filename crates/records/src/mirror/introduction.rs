//! What a process says of itself when it calls another.

use std::fmt;
use std::sync::Arc;

use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};

/// Where an introduction comes from; `None` while there is none yet.
type Source = dyn Fn() -> Option<MetadataValue<Ascii>> + Send + Sync;

/// What a process says of itself in the metadata `authorization` when it calls another for its own sake: a caller
/// token that is always fresh, or nothing.
#[derive(Clone, Default)]
pub struct Introduction(Option<Arc<Source>>);

impl Introduction {
    /// Says what `source` has at the time of each call.
    pub fn by(source: impl Fn() -> Option<MetadataValue<Ascii>> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(source)))
    }

    /// The request with the introduction on it.
    pub fn on<T>(&self, mut request: Request<T>) -> Request<T> {
        if let Some(said) = self.0.as_ref().and_then(|source| source()) {
            request.metadata_mut().insert("authorization", said);
        }
        request
    }

    /// Whether there is something to say: always, for a process that says nothing.
    pub fn is_ready(&self) -> bool {
        self.0.as_ref().is_none_or(|source| source().is_some())
    }
}

impl fmt::Debug for Introduction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() {
            "Introduction"
        } else {
            "Introduction(none)"
        })
    }
}
