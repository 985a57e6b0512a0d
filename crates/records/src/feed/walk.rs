//! Going through the log, a bounded page at a time.

use std::collections::VecDeque;

use rapporteur_store::{LogEntry, Store, Token};

use super::FeedToken;
use crate::Result;

/// Most log entries that one page looks at.
const ENTRIES_PER_PAGE: usize = 5_000;
/// A page ends at the first find past this size, so that it fits into one message.
const BYTES_PER_PAGE: usize = 2 << 20;
/// Entries read at once.
const AT_ONCE: usize = 500;

/// A walk over the log of a store, for one page of what somebody asks for.
pub(crate) struct Walk<'a> {
    store: &'a dyn Store,
    read: VecDeque<LogEntry>,
    /// After the entry that was handed out last.
    pub(crate) place: FeedToken,
    /// Whether that is the end for now.
    pub(crate) at_head: bool,
    looked_at: usize,
    bytes: usize,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(store: &'a dyn Store, after: FeedToken) -> Self {
        Self {
            store,
            read: VecDeque::new(),
            place: after,
            at_head: false,
            looked_at: 0,
            bytes: 0,
        }
    }

    /// The next entry, when the page still wants `wanted` finds and has room.
    pub(crate) async fn next(&mut self, wanted: usize) -> Result<Option<LogEntry>> {
        if wanted == 0 || self.bytes >= BYTES_PER_PAGE {
            return Ok(None);
        }
        if self.read.is_empty() {
            if self.looked_at >= ENTRIES_PER_PAGE {
                return Ok(None);
            }
            let wanted = wanted.min(AT_ONCE);
            self.read = self.store.read_log(&self.place.0, wanted).await?.into();
            self.looked_at += self.read.len();
        }
        let Some(entry) = self.read.pop_front() else {
            self.at_head = true;
            return Ok(None);
        };
        self.place = FeedToken(Token {
            store_id: self.place.0.store_id,
            position: entry.position,
            op_id: entry.op_id,
        });
        Ok(Some(entry))
    }

    /// Something of so many bytes was found and takes room on the page.
    pub(crate) fn found(&mut self, bytes: usize) {
        self.bytes += bytes;
    }
}
