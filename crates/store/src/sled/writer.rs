//! The one thread that writes.
//!
//! Why a thread and not tasks: sled's `flush` blocks, its `flush_async` deadlocks, and one flush for
//! many batches is what makes durable commits fast. While one group is on its way to the disk the next
//! one gathers in the queue, so no timer is needed: a lone caller never waits for company.
//!
//! Why it stops at the first error: after a failed write or sync nobody knows what is on the disk, the
//! kernel may report the loss only once, and sled itself stays poisoned. Starting anew finds out.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::core::{Core, Opened, guarded, sled_error};
use super::files::{HighWater, RecentMark, io_error};
use super::group::{Group, Head};
use crate::{Batch, Commit, Error, Result, Token};

/// Batches that may wait; when it is full, callers are told so instead of piling up.
pub(super) const QUEUE: usize = 1_024;
/// A group closes when it has this many bytes, so that no flush gets out of hand.
const GROUP_BYTES: usize = 1 << 20;
/// While groups keep coming, the high-water mark follows this far behind.
const MARK_EVERY: Duration = Duration::from_secs(2);
/// After this much silence the mark is brought up to date.
const IDLE: Duration = Duration::from_millis(500);

type Answer = oneshot::Sender<Result<Commit>>;

pub(super) enum Job {
    Commit(Batch, Answer),
    /// A page that could not be read in peace: between groups nothing moves.
    Read(Box<dyn FnOnce() + Send>),
    Stop,
}

pub(super) struct Writer {
    pub(super) core: Arc<Core>,
    pub(super) jobs: Receiver<Job>,
    pub(super) head: Head,
    pub(super) group_batches: usize,
    pub(super) recent: RecentMark,
    pub(super) marked: u64,
    pub(super) marked_at: Instant,
}

impl Writer {
    /// Works until it is stopped, every sender is gone, or something fails.
    pub(super) fn run(mut self) {
        if let Err(error) = guarded(|| self.work()) {
            self.core.fail(&error);
        }
        self.core.closing.store(true, SeqCst);
        while let Ok(job) = self.jobs.try_recv() {
            if let Job::Commit(_, answer) = job {
                let _ = answer.send(Err(self.core.failed()));
            }
        }
    }

    fn work(&mut self) -> Result<()> {
        loop {
            let first = match self.jobs.recv_timeout(IDLE) {
                Ok(job) => job,
                Err(RecvTimeoutError::Timeout) => {
                    self.mark()?;
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return self.end(),
            };
            let (batches, answers, stop) = self.gather(first);
            if !batches.is_empty() {
                self.core.begin_group();
                self.write(&batches, answers)?;
                self.core.end_group();
            }
            if stop {
                return self.end();
            }
            if self.marked_at.elapsed() > MARK_EVERY {
                self.mark()?;
            }
        }
    }

    /// What waits, up to a group; true at the end when it is the last.
    fn gather(&self, first: Job) -> (Vec<Batch>, Vec<Answer>, bool) {
        let (mut batches, mut answers, mut bytes) = (Vec::new(), Vec::new(), 0);
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                Job::Commit(batch, answer) => {
                    bytes += size(&batch);
                    batches.push(batch);
                    answers.push(answer);
                }
                Job::Read(read) => read(),
                Job::Stop => return (batches, answers, true),
            }
            if batches.len() >= self.group_batches || bytes >= GROUP_BYTES {
                break;
            }
            next = self.jobs.try_recv().ok();
        }
        (batches, answers, false)
    }

    /// Makes a group durable and answers it; an error has been answered too when this returns it.
    fn write(&mut self, batches: &[Batch], answers: Vec<Answer>) -> Result<()> {
        let core = Arc::clone(&self.core);
        let mut decided = Vec::new();
        let written = core.with(|opened| {
            let mut group = Group::new(&opened.db, self.head);
            for batch in batches {
                decided.push(group.stage(batch)?);
            }
            self.apply(opened, group)
        });
        let Err(error) = written else {
            for (answer, outcome) in answers.into_iter().zip(decided) {
                // The caller may have gone; its batch is done all the same.
                let _ = answer.send(outcome);
            }
            return Ok(());
        };
        core.fail(&error);
        // All or none were decided on unless reading failed, and then none was applied.
        let applied = decided.len() == batches.len();
        let mut decided = decided.into_iter();
        for answer in answers {
            let _ = answer.send(match decided.next() {
                Some(Ok(done)) if done.position <= core.durable() => Ok(done),
                Some(Ok(_)) if applied => Err(Error::Ambiguous(error.to_string())),
                _ if matches!(error, Error::Corrupt(_)) => Err(error.clone()),
                _ => Err(core.failed()),
            });
        }
        Err(error)
    }

    /// The one way to the disk. The order is the promise: sled's log, our sync, and only then the
    /// position that readers and callers may know of.
    fn apply(&mut self, opened: &Opened, group: Group<'_>) -> Result<()> {
        if group.head == self.head {
            return Ok(());
        }
        let deletes = group.deletes;
        let (batch, head) = group.finish();
        self.core.begin_apply(head.position, deletes);
        opened.db.apply_batch(batch).map_err(sled_error)?;
        self.core.end_apply(head.position);
        opened.make_durable()?;
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

impl Opened {
    /// Everything applied so far survives SIGKILL after `flush` and a power loss after `sync_data`.
    pub(super) fn make_durable(&self) -> Result<()> {
        self.db.flush().map_err(sled_error)?;
        self.data
            .sync_data()
            .map_err(|error| io_error("syncing sled's data file", &error))
    }
}

fn size(batch: &Batch) -> usize {
    let writes = batch.writes.iter();
    let writes: usize = writes
        .map(|write| write.key.len() + write.value.as_ref().map_or(0, |it| it.len()))
        .sum();
    writes + batch.meta.len()
}
