//! What a place says of the store in it: a copy that is being filled, or one that went on elsewhere.

use std::fmt::Display;

use uuid::Uuid;

use crate::{Error, Result};

/// The mark of a store; each engine keeps it where opening reads it first.
pub(crate) struct Mark {
    /// Whose copy or store it is.
    pub(crate) store_id: Uuid,
    /// True while it is filled as a copy.
    pub(crate) unfinished: bool,
    /// Where the store went on, if it was moved away.
    pub(crate) moved_to: Option<String>,
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
                "{place}, of store {store_id}; do again what made it, or remove it"
            ))),
            Some(origin) if !unfinished || origin != store_id => Err(Error::Exists(format!(
                "{place} holds store {store_id} already; nothing is written over, choose an empty place"
            ))),
            _ => Ok(()),
        }
    }
}
