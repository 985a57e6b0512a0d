//! The one task of a replica that writes.
//!
//! Why one: the head row is locked by one transaction at a time anyway, so many sessions would only queue
//! up at the server, each with a flush of its own. While a group is on its way the next one gathers.
//!
//! Nothing is repeated here. A group whose outcome is not known is answered as such, to each of its callers;
//! the next group begins on a new connection.

use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

use super::connect::Connector;
use super::error::closed;
use super::group::{Group, Standing};
use super::line::Line;
use super::schema::Schema;
use super::waiting::Head;
use crate::{Batch, Commit, Error, LogEntry, Meter, Result};

/// Batches that may wait; when it is full, callers are told so instead of piling up.
pub(super) const QUEUE: usize = 1_024;
/// A group closes when it has this many bytes, so that no flight gets out of hand.
const GROUP_BYTES: usize = 4 << 20;
/// Between attempts to reach a server that is away; doubled each time, up to the second figure.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

pub(super) type Answer<T> = oneshot::Sender<Result<T>>;

pub(super) enum Job {
    Commit(Batch, Answer<Commit>),
    TakeOver(Uuid, Vec<LogEntry>, Answer<()>),
    Stop,
}

pub(super) struct Writer {
    pub(super) connector: Connector,
    pub(super) schema: Schema,
    pub(super) store_id: Uuid,
    pub(super) jobs: mpsc::Receiver<Job>,
    pub(super) head: Head,
    pub(super) failure: watch::Sender<Option<String>>,
    /// Most batches that share one transaction.
    pub(super) group_batches: usize,
    pub(super) meter: Meter,
    pub(super) line: Option<Line>,
}

impl Writer {
    /// Works until it is stopped or every sender is gone.
    pub(super) async fn run(mut self) {
        let mut pause = BACKOFF.0;
        let mut taken = None;
        loop {
            let job = match taken.take() {
                Some(job) => Some(job),
                None => self.jobs.recv().await,
            };
            let worked = match job {
                Some(Job::Commit(batch, answer)) => {
                    let (batches, answers, next) = self.gather(batch, answer);
                    taken = next;
                    self.commit(&batches, answers).await
                }
                Some(Job::TakeOver(store_id, entries, answer)) => {
                    let taken_over = self.take_over(store_id, &entries).await;
                    let worked = self.line.is_some() || taken_over.is_ok();
                    let _ = answer.send(taken_over);
                    worked
                }
                Some(Job::Stop) | None => break,
            };
            if worked {
                pause = BACKOFF.0;
            } else {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(BACKOFF.1);
            }
        }
        self.jobs.close();
        while let Ok(job) = self.jobs.try_recv() {
            match job {
                Job::Commit(_, answer) => drop(answer.send(Err(closed()))),
                Job::TakeOver(_, _, answer) => drop(answer.send(Err(closed()))),
                Job::Stop => {}
            }
        }
    }

    /// What waits, up to a group; and the job behind it, when that is of another kind.
    fn gather(
        &mut self,
        batch: Batch,
        answer: Answer<Commit>,
    ) -> (Vec<Batch>, Vec<Answer<Commit>>, Option<Job>) {
        let mut bytes = size(&batch);
        let (mut batches, mut answers) = (vec![batch], vec![answer]);
        while batches.len() < self.group_batches && bytes < GROUP_BYTES {
            match self.jobs.try_recv() {
                Ok(Job::Commit(batch, answer)) => {
                    bytes += size(&batch);
                    batches.push(batch);
                    answers.push(answer);
                }
                Ok(other) => return (batches, answers, Some(other)),
                Err(_) => break,
            }
        }
        (batches, answers, None)
    }

    /// Decides on a group, writes it and answers it; false when the server could not be worked with.
    async fn commit(&mut self, batches: &[Batch], answers: Vec<Answer<Commit>>) -> bool {
        let mut decided = Vec::with_capacity(batches.len());
        let stage = |group: &mut Group| {
            decided.extend(batches.iter().map(|batch| group.stage(batch)));
            Ok(())
        };
        let ops: Vec<Uuid> = batches.iter().map(|batch| batch.op_id).collect();
        let checks = batches.iter().flat_map(|batch| &batch.checks);
        let keys: Vec<&[u8]> = checks.map(|check| &check.key[..]).collect();
        match self.transact(&ops, &keys, stage).await {
            Ok(()) => {
                for (answer, outcome) in answers.into_iter().zip(decided) {
                    // Whoever has gone away does not want to know.
                    let _ = answer.send(outcome);
                }
                true
            }
            // Conflicts too: they may rest on a batch of this group that was not applied after all.
            Err(error) => {
                for answer in answers {
                    let _ = answer.send(Err(error.clone()));
                }
                false
            }
        }
    }

    async fn take_over(&mut self, store_id: Uuid, entries: &[LogEntry]) -> Result<()> {
        let ops: Vec<Uuid> = entries.iter().map(|entry| entry.op_id).collect();
        let stage = |group: &mut Group| {
            entries
                .iter()
                .try_for_each(|entry| group.take_over(store_id, entry))
        };
        self.transact(&ops, &[], stage).await
    }

    /// One transaction. When it fails the line is given up; when `stage` refuses, nothing is written.
    async fn transact(
        &mut self,
        ops: &[Uuid],
        keys: &[&[u8]],
        stage: impl FnOnce(&mut Group) -> Result<()>,
    ) -> Result<()> {
        // Taken out meanwhile: whatever ends this early, the next transaction begins anew.
        let line = match self.line.take() {
            Some(line) => line,
            None => Line::open(&self.connector, &self.schema).await?,
        };
        let standing = line.look(ops, keys).await?;
        self.same_store(&standing)?;
        let mut group = Group::new(standing);
        let staged = stage(&mut group);
        if staged.is_err() || (group.log.is_empty() && !group.replays) {
            line.leave().await?;
        } else {
            self.meter.group(group.log.len());
            let since = Instant::now();
            line.write(&group).await?;
            self.meter.synced(since);
            self.head.made(group.end());
        }
        self.line = Some(line);
        staged
    }

    /// Another store under the same name: nothing that this process knows holds any more.
    fn same_store(&self, standing: &Standing) -> Result<()> {
        if standing.store_id == self.store_id {
            return Ok(());
        }
        let why = format!(
            "the store {} is gone, there is {} in its place",
            self.store_id, standing.store_id
        );
        self.failure.send_replace(Some(why.clone()));
        Err(Error::Schema(why))
    }
}

fn size(batch: &Batch) -> usize {
    let writes = batch.writes.iter();
    let writes: usize = writes
        .map(|write| write.key.len() + write.value.as_ref().map_or(0, bytes::Bytes::len))
        .sum();
    writes + batch.meta.len()
}
