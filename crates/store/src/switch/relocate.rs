//! The move itself: copy while all goes on, hold writers, the last entries, the proof, the exchange.
//!
//! At every moment at most one of the two stores can be opened: the origin is marked as moved before the copy is
//! finished, while nobody can write. A crash in between leaves neither open, and both whole: `settle` gives the
//! origin back then. The mark also stops other processes that write to the origin, where an engine allows them.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::{Current, Switch};
use crate::copy::{self, PAGE, Progress};
use crate::engine::{self, Address, Opened, Settings};
use crate::{Error, Result, Store, Token};

/// With so many entries missing, writers are held for the rest.
const LAG: usize = 200;
/// The last entries may take so long; else writers go on with the old store.
const HELD_AT_MOST: Duration = Duration::from_millis(700);
/// How often to try that.
const ATTEMPTS: usize = 5;
/// How long reads that began before the exchange get to end before the old store is closed.
const READS_END_WITHIN: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(5);

/// How a move went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The head at which the new store took over.
    pub head: Token,
    /// How long commits were held back; the longest time, if it took several attempts.
    pub held: Duration,
}

impl Switch {
    /// Moves the store to `target`, an empty place, and goes on there.
    ///
    /// Run it in a task of its own: a future that is dropped half-way leaves an unfinished copy. When it
    /// fails, the store goes on where it was. [`Error::Exists`] when something is at `target` or another
    /// move is going on.
    pub async fn relocate(
        &self,
        target: &Address,
        settings: &Settings,
        mut on_progress: impl FnMut(Progress) + Send,
    ) -> Result<Moved> {
        let Ok(_alone) = self.moving.try_lock() else {
            return Err(Error::Exists("the store is being moved already".into()));
        };
        // It is written down where others read it.
        let target = &target.absolute();
        let old = self.now();
        let store_id = old.info().await?.store_id;
        let new = engine::begin_copy(target, store_id, settings).await?;
        let moved = self
            .follow_and_swap(&old, &new, target, settings, &mut on_progress)
            .await;
        match moved {
            Ok(moved) => {
                retire(old).await;
                Ok(moved)
            }
            Err(error) => {
                // What is there stays an unfinished copy; a move to the same place goes on with it.
                new.store.close().await.ok();
                Err(error)
            }
        }
    }

    async fn follow_and_swap(
        &self,
        old: &Arc<dyn Store>,
        new: &Opened,
        target: &Address,
        settings: &Settings,
        on_progress: &mut (impl FnMut(Progress) + Send),
    ) -> Result<Moved> {
        let mut held = Duration::ZERO;
        for _ in 0..ATTEMPTS {
            self.follow(&**old, &*new.store, on_progress).await?;
            let began = Instant::now();
            let swapped = self.swap(old, new, target, settings).await;
            held = held.max(began.elapsed());
            if let Some(head) = swapped? {
                tracing::info!(%target, head = head.position, ?held, "the store was moved");
                return Ok(Moved { head, held });
            }
        }
        let why = "the writers are quicker than the copy; move the store when there is less to do";
        Err(Error::Unavailable(why.into()))
    }

    /// Holds writers and goes over; `None` when that would take too long.
    async fn swap(
        &self,
        old: &Arc<dyn Store>,
        new: &Opened,
        target: &Address,
        settings: &Settings,
    ) -> Result<Option<Token>> {
        let until = Instant::now() + HELD_AT_MOST;
        // Commits that come now wait behind this; those under way end first.
        let Ok(_held) = timeout(HELD_AT_MOST, self.gate.write()).await else {
            return Ok(None);
        };
        let origin = &self.address();
        let marked = engine::mark_moved(origin, Some(target), settings).await;
        let finished = match marked {
            Ok(()) => finish(old, new, target, settings, until).await,
            Err(error) => Err(error),
        };
        if !matches!(finished, Ok(Some(_))) {
            // Half a mark must not outlive the commits that follow.
            engine::mark_moved(origin, None, settings).await?;
            return finished;
        }
        self.current.send_replace(Current {
            address: target.clone(),
            store: Arc::clone(&new.store),
            failed: new.failed.clone(),
        });
        finished
    }

    /// Copies until what is missing is little.
    async fn follow(
        &self,
        old: &dyn Store,
        new: &dyn Store,
        on_progress: &mut (impl FnMut(Progress) + Send),
    ) -> Result<()> {
        while let Some(progress) = copy::step(old, new, PAGE).await? {
            on_progress(progress);
            if self.closing.load(SeqCst) {
                return Err(Error::Unavailable("the store is being closed".into()));
            }
            if progress.head <= progress.position + LAG as u64 {
                break;
            }
        }
        Ok(())
    }
}

/// The last entries, and the proof; `None` when that takes too long.
async fn finish(
    old: &Arc<dyn Store>,
    new: &Opened,
    target: &Address,
    settings: &Settings,
    until: Instant,
) -> Result<Option<Token>> {
    while copy::step(&**old, &*new.store, LAG).await?.is_some() {
        if Instant::now() > until {
            return Ok(None);
        }
    }
    copy::ensure_equal(&**old, &*new.store).await?;
    let head = new.store.head().await?;
    if let Err(error) = engine::finish_copy(target, settings).await {
        // It may have been done all the same; then the origin must not be given back.
        let mark = engine::mark(target, settings).await?;
        if mark.is_none_or(|mark| mark.unfinished) {
            return Err(error);
        }
        tracing::warn!(%target, %error, "the copy is finished, whatever was answered");
    }
    Ok(Some(head))
}

/// Closes the old store, when the reads that it still answers have ended.
async fn retire(old: Arc<dyn Store>) {
    let deadline = Instant::now() + READS_END_WITHIN;
    while Arc::strong_count(&old) > 1 && Instant::now() < deadline {
        tokio::time::sleep(LOOK).await;
    }
    if let Err(error) = old.close().await {
        // It is complete and not used any more.
        tracing::warn!(%error, "the store that was moved away did not close in good order");
    }
}
