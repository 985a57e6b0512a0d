//! Copies of whole stores: to a file, from a file, from engine to engine, while the origin goes on.
//!
//! A copy is the origin's log taken over exactly ([`Store::take_over`]): the same store, with the same
//! positions, times, op ids and hashes. So tokens and op ids stay valid, and equal hashes of the heads prove
//! equal histories. Nothing is ever written over: a copy is made in an empty place, which nobody else opens
//! before it is finished; one that was cut off is taken up where it stopped.
//!
//! [`Export`] writes an archive, [`import`] reads one, [`copy`] goes from store to store, [`catch_up`] is the
//! step that they and [`Switch`](crate::switch::Switch) share.

mod export;
pub(crate) mod mark;

pub use export::{Export, export};
pub use mark::Mark;

use std::path::{Path, PathBuf};

use crate::archive::{self, Reader};
use crate::chain::End;
use crate::engine::{self, Address, Opened, Settings};
use crate::{Error, LogEntry, Result, Store, Token};

/// Entries that are read and taken over at once.
pub(crate) const PAGE: usize = 1_000;

/// How far a copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The last position that the copy has.
    pub position: u64,
    /// The head of the origin.
    pub head: u64,
}

/// The end that a store's log has, or had, at `position`; for comparing histories.
pub async fn end_at(store: &dyn Store, position: u64) -> Result<End> {
    let Some(before) = position.checked_sub(1) else {
        return Ok(End::START);
    };
    let before = store.token_at(before).await?;
    let last = store.read_log(&before, 1).await?;
    let missing = || Error::Corrupt(format!("log entry {position} is missing"));
    last.first().map(End::of).ok_or_else(missing)
}

/// Takes over up to `limit` entries that `from` has and `to` has not; `None` when `to` had them all.
/// [`Error::Diverged`] when `to` is not a copy of `from`.
pub async fn step(from: &dyn Store, to: &dyn Store, limit: usize) -> Result<Option<Progress>> {
    let at = to.head().await?;
    let page = from.read_log(&at, limit).await?;
    let Some(position) = page.last().map(|entry| entry.position) else {
        return Ok(None);
    };
    to.take_over(at.store_id, page).await?;
    let head = from.head().await?.position;
    Ok(Some(Progress { position, head }))
}

/// Takes over everything that `from` has and `to` has not, and answers the head that both then had.
/// [`Error::Diverged`] when `to` is not a copy of `from`.
pub async fn catch_up(
    from: &dyn Store,
    to: &dyn Store,
    mut on_progress: impl FnMut(Progress) + Send,
) -> Result<Token> {
    while let Some(progress) = step(from, to, PAGE).await? {
        on_progress(progress);
    }
    to.head().await
}

/// Holds when both stores have the same history.
pub async fn ensure_equal(from: &dyn Store, to: &dyn Store) -> Result<()> {
    let (origin, copy) = (from.head().await?, to.head().await?);
    if origin == copy && end_at(from, origin.position).await? == end_at(to, copy.position).await? {
        return Ok(());
    }
    Err(Error::Diverged(format!(
        "the copy ends at position {} with another entry than its origin, which ends at {}",
        copy.position, origin.position
    )))
}

/// Makes the store at `target` a copy of `from`, up to a head that `from` had on the way.
pub async fn copy(
    from: &dyn Store,
    target: &Address,
    settings: &Settings,
    on_progress: impl FnMut(Progress) + Send,
) -> Result<Token> {
    let store_id = from.info().await?.store_id;
    let opened = engine::begin_copy(target, store_id, settings).await?;
    let done = catch_up(from, &*opened.store, on_progress).await;
    close(opened, target, settings, done).await
}

/// Makes the store at `target` what the archive in `file` holds. The archive is read whole before
/// anything is written.
pub async fn import(
    file: &Path,
    target: &Address,
    settings: &Settings,
    on_progress: impl FnMut(Progress) + Send,
) -> Result<Token> {
    let path = file.to_owned();
    let (header, _) = blocking(move || archive::file::check(&path)).await?;
    let opened = engine::begin_copy(target, header.head.store_id, settings).await?;
    let done = fill(&*opened.store, file.to_owned(), header.head, on_progress).await;
    close(opened, target, settings, done).await
}

async fn fill(
    to: &dyn Store,
    file: PathBuf,
    head: Token,
    mut on_progress: impl FnMut(Progress) + Send,
) -> Result<Token> {
    // Where an import before this one was cut off.
    let there = to.head().await?.position;
    let mut reader = blocking(move || archive::file::open(&file)).await?;
    let mut position = 0;
    loop {
        let page;
        (reader, page) = blocking(move || page_of(reader)).await?;
        let Some(last) = page.last().map(|entry| entry.position) else {
            break;
        };
        let new: Vec<LogEntry> = page
            .into_iter()
            .filter(|entry| entry.position > there)
            .collect();
        to.take_over(head.store_id, new).await?;
        position = last;
        let head = head.position;
        on_progress(Progress { position, head });
    }
    let reached = to.head().await?;
    if reached != head {
        return Err(Error::Diverged(format!(
            "the copy is at position {}, and the archive ends at {position}",
            reached.position
        )));
    }
    Ok(head)
}

fn page_of<R: std::io::Read>(mut reader: Reader<R>) -> Result<(Reader<R>, Vec<LogEntry>)> {
    let page = reader.page(PAGE)?;
    Ok((reader, page))
}

/// Closes the copy; one that went well is finished.
async fn close(
    opened: Opened,
    target: &Address,
    settings: &Settings,
    done: Result<Token>,
) -> Result<Token> {
    let finished = match done {
        Ok(head) => engine::finish_copy(target, settings).await.map(|()| head),
        Err(error) => Err(error),
    };
    let closed = opened.store.close().await;
    let head = finished?;
    closed.map(|()| head)
}

/// Runs what blocks off the runtime.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::Unavailable(error.to_string()))?
}
