//! Following another service: its records, kept here, with the token of the last change taken over.
//!
//! Rows and token are written in one batch, so a crash repeats nothing and loses nothing. When the other
//! history was replaced (OUT_OF_RANGE), the mirror is emptied and filled again from the beginning.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use prost::{Message, Name};
use rapporteur_proto::changes::v1::change_service_client::ChangeServiceClient;
use rapporteur_proto::changes::v1::{Change, ListChangesRequest, ResourceChange, WatchRequest};
use rapporteur_store::key::prefix_end;
use rapporteur_store::{Batch, Direction, Store, Write};
use tokio::sync::watch;
use tonic::transport::Channel;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::{Result, layout};

/// Most writes that one batch of the mirror holds, well under the store's limit.
const WRITES_PER_BATCH: usize = 800;
/// Most bytes that one batch of the mirror holds.
const BYTES_PER_BATCH: usize = 4 << 20;
/// How long the follower rests after a failure.
const RETRY: Duration = Duration::from_millis(500);

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
}

/// What follows the mirror inside this process (a read model in memory).
pub trait Observer: Send + Sync {
    /// A record has this new value (with etag), or none.
    fn changed(&self, name: &str, type_name: &str, value: Option<&[u8]>);
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
        if let Some(observer) = &self.observer {
            self.each("", |name, type_name, value| {
                observer.changed(name, type_name, Some(value))
            })
            .await?;
        }
        let cursor = self.cursor().await?;
        self.progress.send_modify(|p| p.position = cursor.position);
        Ok(())
    }

    /// The token of the last change taken over; empty at the beginning.
    pub async fn token(&self) -> Result<String> {
        Ok(self.cursor().await?.token)
    }

    async fn cursor(&self) -> Result<Cursor> {
        let row = self.store.get(&layout::cursor(self.source)).await?;
        Ok(row
            .and_then(|row| Cursor::decode(row.value).ok())
            .unwrap_or_default())
    }

    /// Follows the other service for as long as the future is polled. It survives the other's absence.
    pub async fn follow(&self, channel: Channel) {
        loop {
            let mut client =
                ChangeServiceClient::new(channel.clone()).max_decoding_message_size(64 << 20);
            let trouble = match self.run(&mut client).await {
                Ok(()) => "the stream ended".to_owned(),
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
    ) -> std::result::Result<(), Trouble> {
        loop {
            let token = self.cursor().await?.token;
            let mut request = tonic::Request::new(ListChangesRequest {
                token,
                page_size: 1_000,
                ..Default::default()
            });
            request.set_timeout(Duration::from_secs(20));
            let page = client.list_changes(request).await?.into_inner();
            self.take_over(page.changes, &page.next_token).await?;
            if page.at_head {
                break;
            }
        }
        self.progress.send_modify(|p| {
            p.caught_up = true;
            p.trouble.clear();
        });
        let token = self.cursor().await?.token;
        let stream = client
            .watch(WatchRequest {
                token,
                ..Default::default()
            })
            .await?
            .into_inner();
        // Whatever has arrived by the time the last batch was written goes into the next one.
        let mut ready = stream.ready_chunks(256);
        while let Some(messages) = ready.next().await {
            let mut changes = Vec::new();
            let mut token = String::new();
            for message in messages {
                let message = message?;
                changes.extend(message.change);
                token = message.token;
            }
            if changes.is_empty() {
                self.read_up_to(&token);
            } else {
                self.take_over(changes, &token).await?;
            }
        }
        Ok(())
    }

    /// Writes changes and the token after them, in as many batches as they need.
    async fn take_over(&self, changes: Vec<Change>, token: &str) -> Result<()> {
        let mut batch = Pending::default();
        let last = changes.last().map(|c| c.position);
        for change in changes {
            let position = change.position;
            let after = change.token.clone();
            if !batch.fits(&change) {
                self.write(std::mem::take(&mut batch)).await?;
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
        let cursor = Cursor {
            token: token.to_owned(),
            position: position_of(token).or(last).unwrap_or_default(),
        };
        if !token.is_empty()
            && (cursor.token != self.cursor().await?.token || !batch.resources.is_empty())
        {
            batch.cursor = cursor;
            self.write(batch).await?;
        }
        Ok(())
    }

    async fn write(&self, pending: Pending) -> Result<()> {
        // One write a key: of several values in one batch the last one counts.
        let mut rows: std::collections::BTreeMap<String, ResourceChange> =
            std::collections::BTreeMap::new();
        for resource in pending.resources {
            rows.insert(resource.name.clone(), resource);
        }
        let mut writes = Vec::with_capacity(rows.len() + 1);
        for (name, resource) in &rows {
            let key = layout::mirror(self.source, name);
            writes.push(match &resource.value {
                Some(any) => {
                    let value = Bytes::copy_from_slice(&any.value);
                    Write::put(
                        key,
                        Mirrored {
                            type_name: resource.r#type.clone(),
                            value,
                        }
                        .encode_to_vec(),
                    )
                }
                None => Write::delete(key),
            });
        }
        writes.push(Write::put(
            layout::cursor(self.source),
            pending.cursor.encode_to_vec(),
        ));
        self.commit(writes).await?;
        if let Some(observer) = &self.observer {
            for (name, resource) in &rows {
                observer.changed(
                    name,
                    &resource.r#type,
                    resource.value.as_ref().map(|v| v.value.as_slice()),
                );
            }
        }
        self.progress
            .send_modify(|p| p.position = pending.cursor.position);
        Ok(())
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

    async fn clear(&self) -> Result<()> {
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
            self.commit(writes).await?;
            if last {
                break;
            }
        }
        if let Some(observer) = &self.observer {
            observer.cleared();
        }
        self.progress.send_modify(|p| {
            p.position = 0;
            p.caught_up = false;
            p.generation += 1;
        });
        Ok(())
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<()> {
        let batch = Batch {
            op_id: Uuid::now_v7(),
            // No time of its own: the log gives it that of the entry before. A record that is written
            // meanwhile would else be logged after its `update_time`, and not be there as of that moment.
            time_us: 0,
            checks: Vec::new(),
            writes,
            meta: Bytes::new(),
        };
        self.store.commit(batch).await?;
        Ok(())
    }
}

/// The position inside a feed token.
fn position_of(token: &str) -> Option<u64> {
    token.parse::<crate::FeedToken>().ok().map(|t| t.0.position)
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
    Ours(crate::Error),
    Theirs(Status),
}

impl From<crate::Error> for Trouble {
    fn from(error: crate::Error) -> Self {
        Self::Ours(error)
    }
}

impl From<Status> for Trouble {
    fn from(status: Status) -> Self {
        Self::Theirs(status)
    }
}
