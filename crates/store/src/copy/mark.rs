//! What a place says of the store in it: a copy that is being filled, or one that went on elsewhere.

use std::fmt::Display;

use uuid::Uuid;

use crate::{Error, Result};

/// The mark of a store; each engine keeps it where opening reads it first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Whose copy or store it is.
    pub store_id: Uuid,
    /// True while it is filled as a copy.
    pub unfinished: bool,
    /// Where the store went on, if it was moved away.
    pub moved_to: Option<String>,
}

impl Mark {
    /// Holds when the store at `place` may be opened as usual, or as the copy of the store `copy_of`.
    pub(crate) fn permits(self, place: impl Display, copy_of: Option<Uuid>) -> Result<()> {
        let Self {
            store_id,
            unfinished,
            moved_to,
        } = self;
        if let Some(to) = moved_to {
            return Err(Error::Moved { to });
        }
        match copy_of {
            None if unfinished => Err(Error::Unfinished(format!(
                "{place}, of store {store_id}; do again what made it, or, when it was a move that was cut off, settle \
                 the place that it came from with `rapporteur store settle`"
            ))),
            Some(origin) if !unfinished || origin != store_id => Err(Error::Exists(format!(
                "{place} holds store {store_id} already; nothing is written over, choose an empty place"
            ))),
            _ => Ok(()),
        }
    }
}
