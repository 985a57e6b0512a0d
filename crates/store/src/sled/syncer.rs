//! The thread that makes durable what sled was told of, and answers.
//!
//! The writer decides on the next group while this one is written to sled's log, and applies it while this
//! one is synced. One sync serves all groups that were applied before it began. At the first error nothing more is acknowledged.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::core::{Core, guarded, sled_error};
use super::files::{HighWater, RecentMark};
use super::group::Head;
use super::writer::Answer;
use crate::{Commit, Error, Meter, Result, Token};

/// While groups keep coming, the high-water mark follows this far behind.
const MARK_EVERY: Duration = Duration::from_secs(2);
/// After this much silence the mark is brought up to date.
const IDLE: Duration = Duration::from_millis(500);

/// A group that sled was told of.
pub(super) struct Applied {
    /// The end of the log with it.
    pub(super) head: Head,
    /// What is to be answered once it is durable.
    pub(super) decided: Vec<Result<Commit>>,
    pub(super) answers: Vec<Answer>,
}

impl Applied {
    fn answer(self) {
        for (answer, outcome) in self.answers.into_iter().zip(self.decided) {
            // The caller may have gone; its batch is done all the same.
            let _ = answer.send(outcome);
        }
    }

    /// Answers that it failed; `applied` says whether sled may have it.
    pub(super) fn answer_failure(self, core: &Core, error: &Error, applied: bool) {
        let mut decided = self.decided.into_iter();
        for answer in self.answers {
            let _ = answer.send(match decided.next() {
                Some(Ok(done)) if done.position <= core.durable() => Ok(done),
                Some(Ok(_)) if applied => Err(Error::Ambiguous(error.to_string())),
                _ if matches!(error, Error::Corrupt(_)) => Err(error.clone()),
                _ => Err(core.failed()),
            });
        }
    }
}

/// How many batches are between the writer and the disk.
#[derive(Default)]
pub(super) struct Flight {
    batches: Mutex<usize>,
    landed: Condvar,
}

impl Flight {
    fn batches(&self) -> MutexGuard<'_, usize> {
        self.batches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until fewer than `most` are on their way; how many more may go.
    pub(super) fn room(&self, most: usize) -> usize {
        let full = |batches: &mut usize| *batches >= most;
        let batches = self.landed.wait_while(self.batches(), full);
        most - *batches.unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn depart(&self, batches: usize) {
        *self.batches() += batches;
    }

    /// True when none is on its way any more.
    fn land(&self, batches: usize) -> bool {
        let mut left = self.batches();
        *left -= batches;
        self.landed.notify_one();
        *left == 0
    }
}

pub(super) struct Syncer {
    pub(super) core: Arc<Core>,
    /// The end of the log that is durable.
    pub(super) head: Head,
    pub(super) recent: RecentMark,
    pub(super) marked: u64,
    pub(super) marked_at: Instant,
    pub(super) meter: Meter,
}

impl Syncer {
    /// Works until the writer ends.
    pub(super) fn run(mut self, groups: &Receiver<Applied>, flight: &Flight) {
        if let Err(error) = guarded(|| self.work(groups, flight)) {
            self.core.fail(&error);
        }
        // After a failure: whatever sled was told of since.
        while let Ok(group) = groups.recv() {
            self.give_up(vec![group], flight);
        }
    }

    fn work(&mut self, groups: &Receiver<Applied>, flight: &Flight) -> Result<()> {
        loop {
            let first = match groups.recv_timeout(IDLE) {
                Ok(group) => group,
                Err(RecvTimeoutError::Timeout) => {
                    self.mark()?;
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return self.end(),
            };
            let groups: Vec<Applied> = std::iter::once(first).chain(groups.try_iter()).collect();
            let synced = groups
                .last()
                .map_or(Ok(()), |last| guarded(|| self.sync(last.head)));
            if let Err(error) = synced {
                self.core.fail(&error);
                self.give_up(groups, flight);
                return Err(error);
            }
            for group in groups {
                self.land(&group, flight);
                group.answer();
            }
            if self.marked_at.elapsed() > MARK_EVERY {
                self.mark()?;
            }
        }
    }

    fn land(&self, group: &Applied, flight: &Flight) {
        if flight.land(group.answers.len()) {
            self.core.end_group();
        } else {
            self.core.begin_group();
        }
    }

    fn give_up(&self, groups: Vec<Applied>, flight: &Flight) {
        let error = self.core.failed();
        for group in groups {
            self.land(&group, flight);
            group.answer_failure(&self.core, &error, true);
        }
    }

    /// The one way to durability: sled's log, our sync, and only then the position that readers and callers
    /// may know of.
    fn sync(&mut self, head: Head) -> Result<()> {
        if head == self.head {
            return Ok(());
        }
        let since = Instant::now();
        self.core.with(|opened| {
            let turn = self.core.turn();
            opened.db.flush().map_err(sled_error)?;
            drop(turn);
            opened.sync()
        })?;
        self.meter.synced(since);
        self.recent.write(HighWater {
            position: head.position,
            op_id: head.op_id,
        })?;
        self.head = head;
        self.core.publish(Token {
            store_id: self.core.store_id,
            position: head.position,
            op_id: head.op_id,
        });
        Ok(())
    }

    /// A clean end, which the next opening can tell from a crash.
    fn end(&mut self) -> Result<()> {
        if self.core.failure.borrow().is_some() {
            return Ok(());
        }
        self.mark()?;
        RecentMark::remove(&self.core.dir)
    }

    /// Brings the synced high-water mark up to what is durable.
    fn mark(&mut self) -> Result<()> {
        self.marked_at = Instant::now();
        let Head {
            position, op_id, ..
        } = self.head;
        if self.marked < position {
            HighWater { position, op_id }.write(&self.core.dir)?;
            self.marked = position;
        }
        Ok(())
    }
}
