//! The one thread that writes: it decides on what waits and tells sled.
//!
//! Why a thread and not tasks: sled's `flush` blocks, its `flush_async` deadlocks, and one flush for
//! many batches is what makes durable commits fast. While one group is on its way to the disk (see
//! `syncer`) the next one gathers, is decided on and applied, so no timer is needed: a lone caller never
//! waits for company. Nothing is answered, and no reader is told of it, before it is durable.
//!
//! Why it stops at the first error: after a failed write or sync nobody knows what is on the disk, the
//! kernel may report the loss only once, and sled itself stays poisoned. Starting anew finds out.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use tokio::sync::oneshot;

use super::core::{Core, Opened, guarded, sled_error};
use super::files::io_error;
use super::group::{Group, Head, Staged};
use super::rows::Looked;
use super::syncer::{Applied, Flight, Syncer};
use crate::{Batch, Commit, Error, LogEntry, Meter, Result};

/// Batches that may wait; when it is full, callers are told so instead of piling up.
pub(super) const QUEUE: usize = 1_024;
/// A group closes when it has this many bytes, so that no flush gets out of hand.
const GROUP_BYTES: usize = 1 << 20;
/// Groups that wait for the disk while one is on its way there.
const AHEAD: usize = 1;

pub(super) type Answer = oneshot::Sender<Result<Commit>>;

/// What is to become one entry of the log.
pub(super) enum Work {
    New(Batch),
    /// An entry of another store's log, exactly as it is.
    Copied(LogEntry),
}

pub(super) enum Job {
    Append(Work, Answer),
    /// A page that could not be read in peace: between groups nothing moves.
    Read(Box<dyn FnOnce() + Send>),
    Stop,
}

pub(super) struct Writer {
    pub(super) core: Arc<Core>,
    pub(super) jobs: Receiver<Job>,
    pub(super) head: Head,
    pub(super) looked: Looked,
    /// Most batches that are on their way to the disk together.
    pub(super) group_batches: usize,
    pub(super) meter: Meter,
}

impl Writer {
    /// Works until it is stopped, every sender is gone, or something fails.
    pub(super) fn run(mut self, syncer: Syncer) {
        let core = Arc::clone(&self.core);
        let (applied, groups) = sync_channel(AHEAD);
        let flight = &Flight::default();
        std::thread::scope(|threads| {
            let thread = std::thread::Builder::new().name("store-syncer".into());
            let started = thread.spawn_scoped(threads, move || syncer.run(&groups, flight));
            let worked = match started {
                Ok(_) => guarded(|| self.work(&applied, flight)),
                Err(error) => Err(Error::Unavailable(format!("starting the syncer: {error}"))),
            };
            if let Err(error) = worked {
                core.fail(&error);
            }
            // The syncer ends with the last group.
            drop(applied);
        });
        core.closing.store(true, SeqCst);
        while let Ok(job) = self.jobs.try_recv() {
            if let Job::Append(_, answer) = job {
                let _ = answer.send(Err(core.failed()));
            }
        }
    }

    fn work(&mut self, applied: &SyncSender<Applied>, flight: &Flight) -> Result<()> {
        while let Ok(first) = self.jobs.recv() {
            let room = flight.room(self.group_batches);
            if self.core.failure.borrow().is_some() {
                if let Job::Append(_, answer) = first {
                    let _ = answer.send(Err(self.core.failed()));
                }
                return Err(self.core.failed());
            }
            let (batches, answers, stop) = self.gather(first, room);
            if !batches.is_empty() {
                flight.depart(batches.len());
                self.meter.group(batches.len());
                self.core.begin_group();
                let group = self.write(&batches, answers)?;
                if applied.send(group).is_err() {
                    return Err(Error::Unavailable("the syncer is gone".into()));
                }
            }
            if stop {
                break;
            }
        }
        Ok(())
    }

    /// What waits, up to a group; true at the end when it is the last.
    fn gather(&self, first: Job, room: usize) -> (Vec<Work>, Vec<Answer>, bool) {
        let (mut batches, mut answers, mut bytes) = (Vec::new(), Vec::new(), 0);
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                Job::Append(work, answer) => {
                    bytes += size(&work);
                    batches.push(work);
                    answers.push(answer);
                }
                Job::Read(read) => read(),
                Job::Stop => return (batches, answers, true),
            }
            if batches.len() >= room || bytes >= GROUP_BYTES {
                break;
            }
            next = self.jobs.try_recv().ok();
        }
        (batches, answers, false)
    }

    /// Decides on a group and tells sled of it; an error has been answered when this returns it.
    fn write(&mut self, batches: &[Work], answers: Vec<Answer>) -> Result<Applied> {
        let core = Arc::clone(&self.core);
        let mut decided = Vec::with_capacity(batches.len());
        let written = core.with(|opened| {
            let mut group = Group::new(&opened.db, &core.ops, self.head, self.looked);
            for work in batches {
                decided.push(match work {
                    Work::New(batch) => group.stage(batch)?,
                    Work::Copied(entry) => group.take_over(entry)?,
                });
            }
            self.apply(opened, group)
        });
        let applied = Applied {
            head: self.head,
            decided,
            answers,
        };
        let Err(error) = written else {
            return Ok(applied);
        };
        core.fail(&error);
        // All or none were decided on unless reading failed, and then none was applied.
        let whole = applied.decided.len() == batches.len();
        applied.answer_failure(&core, &error, whole);
        Err(error)
    }

    /// Tells sled. The order is the promise: sled's log, our sync, and only then the position that readers
    /// and callers may know of; the last two are the syncer's.
    fn apply(&mut self, opened: &Opened, group: Group<'_>) -> Result<()> {
        if group.head == self.head {
            return Ok(());
        }
        let deletes = group.deletes;
        let Staged {
            batch,
            head,
            looked,
            new_ops,
            written,
        } = group.finish();
        let turn = self.core.turn();
        self.core.begin_apply(head.position, deletes);
        opened.db.apply_batch(batch).map_err(sled_error)?;
        drop(turn);
        self.core.cache.forget(&written);
        self.core.ops.add(new_ops);
        self.core.end_apply(head.position);
        (self.head, self.looked) = (head, looked);
        Ok(())
    }
}

impl Opened {
    /// Everything applied so far survives SIGKILL after `flush` and a power loss after `sync_data`.
    pub(super) fn make_durable(&self) -> Result<()> {
        self.db.flush().map_err(sled_error)?;
        self.sync()
    }

    pub(super) fn sync(&self) -> Result<()> {
        self.data
            .sync_data()
            .map_err(|error| io_error("syncing sled's data file", &error))
    }
}

fn size(work: &Work) -> usize {
    let (writes, meta) = match work {
        Work::New(batch) => (&batch.writes, &batch.meta),
        Work::Copied(entry) => (&entry.writes, &entry.meta),
    };
    let writes = writes.iter();
    let writes: usize = writes
        .map(|write| write.key.len() + write.value.as_ref().map_or(0, |it| it.len()))
        .sum();
    writes + meta.len()
}
