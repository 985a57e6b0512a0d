//! Following another service: its records, kept here, with the token of the last change taken over.
//!
//! Rows and token are written in one batch, so a crash repeats nothing and loses nothing. When the other
//! history was replaced (OUT_OF_RANGE), the mirror is emptied and filled again from the beginning.
//!
//! Several processes may keep one mirror in a store that they share. A batch is written only if the token in the
//! store is still the one that its writer last saw, so nobody writes over what another has taken over since.

mod follow;
mod introduction;

pub use introduction::Introduction;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use prost::{Message, Name};
use rapporteur_store::key::prefix_end;
use rapporteur_store::{Direction, Store};
use tokio::sync::watch;

use crate::{Result, layout};

/// How far a mirror is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Last position taken over.
    pub position: u64,
    /// Whether it has once seen the end of the other log since this process began.
    pub caught_up: bool,
    /// Why it does not get on; empty when it does.
    pub trouble: String,
    /// Raised each time the mirror was emptied, so that what was derived from it is rebuilt.
    pub generation: u64,
    /// When it last knew that it has all of the other log. While all is well that is told anew every 15 s.
    pub current: Option<Instant>,
    /// Time from the last change's commit until it was here, by the clocks of both machines; of changes that came
    /// as they happened, not of those that were caught up with.
    pub delay: Duration,
}

impl Progress {
    /// How long ago it last had all of the other log; `None` while it never had.
    pub fn behind(&self) -> Option<Duration> {
        self.current.map(|current| current.elapsed())
    }
}

/// What follows the mirror inside this process (a read model in memory).
pub trait Observer: Send + Sync {
    /// A record has this new value (with etag), or none.
    fn changed(&self, name: &str, type_name: &str, value: Option<&[u8]>);
    /// What was shown so far is a state in which the other service once was: no commit is shown by half.
    fn settled(&self) {}
    /// Everything is gone; it will come again.
    fn cleared(&self);
}

/// The records of another service, kept here.
#[derive(Clone)]
pub struct Mirror {
    store: Arc<dyn Store>,
    source: &'static str,
    observer: Option<Arc<dyn Observer>>,
    progress: Arc<watch::Sender<Progress>>,
    /// What the observer has seen, which the store alone does not tell: another process may write there too.
    seen: Arc<Mutex<Option<Cursor>>>,
}

impl fmt::Debug for Mirror {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mirror({})", self.source)
    }
}

/// The cursor row: where the mirror is in the other log.
#[derive(Clone, PartialEq, Message)]
struct Cursor {
    #[prost(string, tag = "1")]
    token: String,
    #[prost(uint64, tag = "2")]
    position: u64,
}

/// A mirrored row: which message it is, and its bytes.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Mirrored {
    #[prost(string, tag = "1")]
    pub(crate) type_name: String,
    #[prost(bytes = "bytes", tag = "2")]
    pub(crate) value: Bytes,
}

impl Mirror {
    /// A mirror of `source` in `store`. It stands still until [`Mirror::follow`] runs.
    pub fn new(
        store: Arc<dyn Store>,
        source: &'static str,
        observer: Option<Arc<dyn Observer>>,
    ) -> Self {
        Self {
            store,
            source,
            observer,
            progress: Arc::new(watch::Sender::new(Progress::default())),
            seen: Arc::default(),
        }
    }

    /// How far it is.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// A mirrored record.
    pub async fn get<T: Message + Name + Default>(&self, name: &str) -> Result<Option<T>> {
        let row = self.store.get(&layout::mirror(self.source, name)).await?;
        Ok(row
            .and_then(|row| Mirrored::decode(row.value).ok())
            .and_then(|m| {
                if m.type_name == T::full_name() {
                    T::decode(m.value).ok()
                } else {
                    None
                }
            }))
    }

    /// All mirrored records of this type whose names begin so, by name.
    pub async fn all<T: Message + Name + Default>(&self, name_prefix: &str) -> Result<Vec<T>> {
        let mut found = Vec::new();
        self.each(name_prefix, |_, type_name, value| {
            if type_name == T::full_name() {
                found.extend(T::decode(value).ok());
            }
        })
        .await?;
        Ok(found)
    }

    async fn each(
        &self,
        name_prefix: &str,
        mut see: impl FnMut(&str, &str, &[u8]) + Send,
    ) -> Result<()> {
        let mut from = layout::mirror_prefix(self.source, name_prefix);
        let end = prefix_end(&from);
        loop {
            let rows = self
                .store
                .scan(&from, &end, 1_000, Direction::Forward)
                .await?;
            for (key, row) in &rows {
                if let (Some(name), Ok(mirrored)) = (
                    layout::mirror_name(key),
                    Mirrored::decode(row.value.clone()),
                ) {
                    see(&name, &mirrored.type_name, &mirrored.value);
                }
            }
            match rows.last() {
                Some((key, _)) if rows.len() == 1_000 => from = [&key[..], &[0]].concat().into(),
                _ => return Ok(()),
            }
        }
    }

    /// Shows the observer everything that is kept, and says where the mirror is. Run once before following.
    pub async fn load(&self) -> Result<()> {
        // First: rows that are written meanwhile are shown again, and none is missed.
        let (cursor, _) = self.cursor().await?;
        if let Some(observer) = &self.observer {
            self.each("", |name, type_name, value| {
                observer.changed(name, type_name, Some(value))
            })
            .await?;
            observer.settled();
        }
        self.progress.send_modify(|p| p.position = cursor.position);
        self.sees(cursor);
        Ok(())
    }

    /// The token of the last change taken over; empty at the beginning.
    pub async fn token(&self) -> Result<String> {
        Ok(self.cursor().await?.0.token)
    }

    /// The token of the last change that the observer has seen; `None` before [`Mirror::load`].
    pub fn seen_token(&self) -> Option<String> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.as_ref().map(|cursor| cursor.token.clone())
    }

    /// Where the mirror in the store is, and the version of the row that says so.
    async fn cursor(&self) -> Result<(Cursor, u64)> {
        let row = self.store.get(&layout::cursor(self.source)).await?;
        let version = row.as_ref().map_or(0, |row| row.version);
        let cursor = row.and_then(|row| Cursor::decode(row.value).ok());
        Ok((cursor.unwrap_or_default(), version))
    }

    fn sees(&self, cursor: Cursor) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(cursor);
    }

    /// Where this process goes on.
    async fn resume(&self) -> Result<Cursor> {
        let seen = self
            .seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match seen.filter(|_| self.observer.is_some()) {
            Some(seen) => Ok(seen),
            None => Ok(self.cursor().await?.0),
        }
    }
}
