//! A store as an archive, while its writers go on.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use super::{PAGE, Progress, blocking};
use crate::archive::file::NewFile;
use crate::archive::{Encoder, Header, Summary};
use crate::{Error, Result, Store, Token};

/// The bytes of an archive of a store, piece by piece. It reaches the head that the store had when it was
/// begun, which is consistent by itself: the log is never changed before its head.
pub struct Export {
    store: Arc<dyn Store>,
    head: Token,
    at: Token,
    state: State,
}

enum State {
    Begun(Encoder, Bytes),
    Entries(Encoder),
    Done(Summary),
    /// An error ended it.
    Broken,
}

impl std::fmt::Debug for Export {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Export")
            .field("head", &self.head)
            .finish_non_exhaustive()
    }
}

impl Export {
    /// Begins an archive of `store`; `now_us` is what it says of when that was, in microseconds since the
    /// Unix epoch.
    pub async fn begin(store: Arc<dyn Store>, now_us: i64) -> Result<Self> {
        let head = store.head().await?;
        let at = store.token_at(0).await?;
        let (encoder, first) = Encoder::begin(Header {
            head,
            created_us: now_us,
        });
        Ok(Self {
            store,
            head,
            at,
            state: State::Begun(encoder, first),
        })
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress {
            position: self.at.position,
            head: self.head.position,
        }
    }

    /// What all of it held, after the last piece.
    #[must_use]
    pub fn summary(&self) -> Option<Summary> {
        match self.state {
            State::Done(summary) => Some(summary),
            _ => None,
        }
    }

    /// The next piece, of some megabytes at most; `None` after the last.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        match std::mem::replace(&mut self.state, State::Broken) {
            State::Begun(encoder, first) => {
                self.state = State::Entries(encoder);
                Ok(Some(first))
            }
            State::Entries(encoder) if self.at == self.head => {
                let (summary, last) = encoder.finish()?;
                self.state = State::Done(summary);
                Ok(Some(last))
            }
            State::Entries(mut encoder) => {
                let left = self.head.position - self.at.position;
                let limit = PAGE.min(usize::try_from(left).unwrap_or(PAGE));
                let page = self.store.read_log(&self.at, limit).await?;
                let missing = || {
                    let after = self.at.position;
                    Error::Corrupt(format!("the log has no entry after position {after}"))
                };
                let last = page.last().ok_or_else(missing)?;
                (self.at.position, self.at.op_id) = (last.position, last.op_id);
                let bytes;
                (encoder, bytes) = blocking(move || {
                    let bytes = encoder.entries(&page)?;
                    Ok((encoder, bytes))
                })
                .await?;
                self.state = State::Entries(encoder);
                Ok(Some(bytes))
            }
            State::Done(summary) => {
                self.state = State::Done(summary);
                Ok(None)
            }
            State::Broken => Err(Error::Unavailable("the export has failed before".into())),
        }
    }
}

/// Writes an archive of `store` to `file`, which must not exist; it appears when all of it is on the disk.
pub async fn export(
    store: Arc<dyn Store>,
    file: &Path,
    now_us: i64,
    mut on_progress: impl FnMut(Progress) + Send,
) -> Result<Summary> {
    let path = file.to_owned();
    let mut file = blocking(move || NewFile::create(&path)).await?;
    let mut export = Export::begin(store, now_us).await?;
    while let Some(bytes) = export.next().await? {
        file = blocking(move || {
            file.write(&bytes)?;
            Ok(file)
        })
        .await?;
        on_progress(export.progress());
    }
    blocking(move || file.finish()).await?;
    let unended = || Error::Unavailable("the export did not come to its end".into());
    export.summary().ok_or_else(unended)
}
