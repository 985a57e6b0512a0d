//! The follower of a mirror: what comes over the feed is written down and shown.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use futures::StreamExt as _;
use prost::Message as _;
use prost_types::Timestamp;
use rapporteur_proto::changes::v1::change_service_client::ChangeServiceClient;
use rapporteur_proto::changes::v1::{Change, ListChangesRequest, ResourceChange, WatchRequest};
use rapporteur_store::key::prefix_end;
use rapporteur_store::{Batch, Check, Direction, Write};
use tonic::transport::Channel;
use tonic::{Code, Status};
use uuid::Uuid;

use super::{Cursor, Introduction, Mirror, Mirrored};
use crate::{Error, FeedToken, Result, layout};

/// Most writes that one batch of the mirror holds, well under the store's limit.
const WRITES_PER_BATCH: usize = 800;
/// Most bytes that one batch of the mirror holds.
const BYTES_PER_BATCH: usize = 4 << 20;
/// Largest answer of a feed: a page of changes may hold many records.
const ANSWER_BYTES: usize = 64 << 20;
/// How long the follower rests after a failure.
const RETRY: Duration = Duration::from_millis(500);

impl Mirror {
    /// Follows the other service for as long as the future is polled. It survives the other's absence: the way
    /// there is asked for anew after each loss, so that another replica can take over.
    /// `introduction` is who this process says it is; the other side shows it what it may see.
    pub async fn follow(&self, way: impl Fn() -> Channel, introduction: &Introduction) {
        loop {
            let mut client =
                ChangeServiceClient::new(way()).max_decoding_message_size(ANSWER_BYTES);
            let outcome = if introduction.is_ready() {
                self.run(&mut client, introduction).await
            } else {
                // Without it we would be shown a part and take it for the whole.
                let why = "this process has no token of its own yet";
                Err(Trouble::Theirs(Status::unauthenticated(why)))
            };
            let trouble = match outcome {
                Ok(()) => "the stream ended".to_owned(),
                Err(Trouble::Overtaken) => match self.reload().await {
                    Ok(()) => continue,
                    Err(error) => error.to_string(),
                },
                Err(Trouble::Ours(error)) => error.to_string(),
                Err(Trouble::Theirs(status)) if status.code() == Code::OutOfRange => {
                    tracing::warn!(source = self.source, %status, "the other history was replaced; the mirror is filled again");
                    match self.clear().await {
                        Ok(()) => continue,
                        Err(error) => error.to_string(),
                    }
                }
                Err(Trouble::Theirs(status)) => status.message().to_owned(),
            };
            if self.progress.borrow().trouble != trouble {
                tracing::info!(
                    source = self.source,
                    trouble,
                    "the mirror waits for the other service"
                );
            }
            self.progress.send_modify(|p| p.trouble = trouble);
            tokio::time::sleep(RETRY).await;
        }
    }

    async fn run(
        &self,
        client: &mut ChangeServiceClient<Channel>,
        introduction: &Introduction,
    ) -> std::result::Result<(), Trouble> {
        let mut at = self.resume().await?;
        loop {
            let mut request = tonic::Request::new(ListChangesRequest {
                token: at.token.clone(),
                page_size: 1_000,
                ..Default::default()
            });
            request.set_timeout(Duration::from_secs(20));
            let page = client.list_changes(introduction.on(request)).await?;
            let page = page.into_inner();
            self.take_over(&mut at, page.changes, &page.next_token)
                .await?;
            if page.at_head {
                break;
            }
        }
        self.progress.send_modify(|p| {
            p.caught_up = true;
            p.trouble.clear();
            p.current = Some(Instant::now());
        });
        let stream = client
            .watch(introduction.on(tonic::Request::new(WatchRequest {
                token: at.token.clone(),
                ..Default::default()
            })))
            .await?
            .into_inner();
        // Whatever has arrived by the time the last batch was written goes into the next one.
        let mut ready = stream.ready_chunks(256);
        while let Some(messages) = ready.next().await {
            let mut changes = Vec::new();
            let mut token = String::new();
            let mut at_head = false;
            for message in messages {
                let message = message?;
                changes.extend(message.change);
                (token, at_head) = (message.token, message.at_head);
            }
            let newest = changes.last().and_then(|change| change.time);
            if changes.is_empty() {
                self.read_up_to(&token);
            } else {
                self.take_over(&mut at, changes, &token).await?;
            }
            self.notes(at_head, newest);
        }
        Ok(())
    }

    /// Writes the changes after `at` and the token after them, in as many batches as they need.
    async fn take_over(
        &self,
        at: &mut Cursor,
        changes: Vec<Change>,
        token: &str,
    ) -> std::result::Result<(), Trouble> {
        let mut batch = Pending::default();
        let last = changes.last().map(|c| c.position);
        for change in changes {
            let position = change.position;
            let after = change.token.clone();
            if !batch.fits(&change) {
                self.write(at, std::mem::take(&mut batch)).await?;
            }
            for resource in change.resources {
                batch.bytes +=
                    resource.value.as_ref().map_or(0, |v| v.value.len()) + resource.name.len();
                batch.resources.push(resource);
            }
            batch.cursor = Cursor {
                token: after,
                position,
            };
        }
        if !token.is_empty() && (at.token != token || !batch.resources.is_empty()) {
            batch.cursor = Cursor {
                token: token.to_owned(),
                position: position_of(token).or(last).unwrap_or_default(),
            };
            self.write(at, batch).await?;
        }
        Ok(())
    }

    /// Writes what comes after `at`, unless another process has done so, and shows it.
    async fn write(&self, at: &mut Cursor, pending: Pending) -> std::result::Result<(), Trouble> {
        // One write a key: of several values in one batch the last one counts.
        let mut rows: BTreeMap<String, ResourceChange> = BTreeMap::new();
        for resource in pending.resources {
            rows.insert(resource.name.clone(), resource);
        }
        loop {
            let (stored, version) = self.cursor().await?;
            if !follows(&stored, at) {
                return Err(Trouble::Overtaken);
            }
            if stored.position >= pending.cursor.position && stored != *at {
                break;
            }
            match self
                .commit(self.writes(&rows, &pending.cursor), version)
                .await
            {
                Err(Error::Store(rapporteur_store::Error::Conflict { .. })) => {}
                done => break done?,
            }
        }
        if let Some(observer) = &self.observer {
            for (name, resource) in &rows {
                observer.changed(
                    name,
                    &resource.r#type,
                    resource.value.as_ref().map(|v| v.value.as_slice()),
                );
            }
            observer.settled();
        }
        self.sees(pending.cursor.clone());
        self.progress
            .send_modify(|p| p.position = pending.cursor.position);
        *at = pending.cursor;
        Ok(())
    }

    fn writes(&self, rows: &BTreeMap<String, ResourceChange>, cursor: &Cursor) -> Vec<Write> {
        let rows = rows.iter().map(|(name, resource)| {
            let key = layout::mirror(self.source, name);
            match &resource.value {
                Some(any) => {
                    let value = Bytes::copy_from_slice(&any.value);
                    let type_name = resource.r#type.clone();
                    Write::put(key, Mirrored { type_name, value }.encode_to_vec())
                }
                None => Write::delete(key),
            }
        });
        let cursor = Write::put(layout::cursor(self.source), cursor.encode_to_vec());
        rows.chain([cursor]).collect()
    }

    /// There was nothing to take over up to here. The cursor stays where it is, so that two services that
    /// mirror each other do not answer commit with commit for ever.
    fn read_up_to(&self, token: &str) {
        if let Some(position) = position_of(token) {
            self.progress.send_if_modified(|p| {
                let news = position > p.position;
                p.position = p.position.max(position);
                news
            });
        }
    }

    /// Remembers how well it keeps up, for those who watch over it; nobody waits for that.
    fn notes(&self, at_head: bool, newest: Option<Timestamp>) {
        self.progress.send_if_modified(|progress| {
            if at_head {
                progress.current = Some(Instant::now());
            }
            if let Some(then) = newest.and_then(|time| SystemTime::try_from(time).ok()) {
                // Not below zero, whatever the clocks say.
                progress.delay = then.elapsed().unwrap_or_default();
            }
            false
        });
    }

    /// Empties the mirror, unless another process is at it.
    async fn clear(&self) -> Result<()> {
        match self.empty().await {
            Ok(()) | Err(Error::Store(rapporteur_store::Error::Conflict { .. })) => {
                self.reload().await
            }
            failed => failed,
        }
    }

    /// Begins again with what is in the store.
    async fn reload(&self) -> Result<()> {
        if let Some(observer) = &self.observer {
            observer.cleared();
        }
        self.progress.send_modify(|p| {
            p.caught_up = false;
            p.generation += 1;
        });
        self.load().await
    }

    async fn empty(&self) -> Result<()> {
        let (_, version) = self.cursor().await?;
        let prefix = layout::mirror_prefix(self.source, "");
        let end = prefix_end(&prefix);
        loop {
            let rows = self
                .store
                .scan(&prefix, &end, WRITES_PER_BATCH, Direction::Forward)
                .await?;
            let mut writes: Vec<Write> = rows
                .iter()
                .map(|(key, _)| Write::delete(key.clone()))
                .collect();
            let last = rows.len() < WRITES_PER_BATCH;
            if last {
                // The cursor goes last: after a crash in between, the other service refuses it once more and
                // the rest is cleared. Gone first, it would leave records that the new history never had.
                writes.push(Write::delete(layout::cursor(self.source)));
            }
            self.commit(writes, version).await?;
            if last {
                return Ok(());
            }
        }
    }

    /// Commits, if the cursor is still at this version.
    async fn commit(&self, writes: Vec<Write>, version: u64) -> Result<()> {
        let key = layout::cursor(self.source);
        let batch = Batch {
            op_id: Uuid::now_v7(),
            // No time of its own: the log gives it that of the entry before. A record that is written
            // meanwhile would else be logged after its `update_time`, and not be there as of that moment.
            time_us: 0,
            checks: vec![Check { key, version }],
            writes,
            meta: Bytes::new(),
        };
        self.store.commit(batch).await?;
        Ok(())
    }
}

/// Whether the mirror in the store is where this process last saw it, or further in the same history.
fn follows(stored: &Cursor, at: &Cursor) -> bool {
    let history = |cursor: &Cursor| {
        let token = cursor.token.parse::<FeedToken>();
        token.ok().map(|token| token.0.store_id)
    };
    stored == at
        || (stored.position >= at.position
            && (at.token.is_empty() || history(stored) == history(at)))
}

/// The position inside a feed token.
fn position_of(token: &str) -> Option<u64> {
    token.parse::<FeedToken>().ok().map(|t| t.0.position)
}

#[derive(Default)]
struct Pending {
    resources: Vec<ResourceChange>,
    bytes: usize,
    cursor: Cursor,
}

impl Pending {
    fn fits(&self, change: &Change) -> bool {
        self.resources.is_empty()
            || (self.resources.len() + change.resources.len() <= WRITES_PER_BATCH
                && self.bytes < BYTES_PER_BATCH)
    }
}

enum Trouble {
    Ours(Error),
    Theirs(Status),
    /// Another process that shares the mirror is in another history, or has emptied the mirror.
    Overtaken,
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl From<Status> for Trouble {
    fn from(status: Status) -> Self {
        Self::Theirs(status)
    }
}
