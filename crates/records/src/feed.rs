//! The change log read as changes: who changed which record, by which call, why.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use prost::Message;
use rapporteur_proto::changes::v1::{Change, ResourceChange, Service};
use rapporteur_proto::{Any, Stored};
use rapporteur_store::{LogEntry, Store, Token};
use uuid::Uuid;

use crate::meta::Meta;
use crate::records::{shows, time};
use crate::{AnyNoun, Error, Result, Sight, layout};

mod seen;
mod walk;

pub(crate) use walk::Walk;

/// Revisions end at the first past this size, so that they fit into one message.
const BYTES_PER_PAGE: usize = 2 << 20;

/// A place in a change feed, as callers keep it: `<store id>.<position>.<op id>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedToken(pub Token);

impl fmt::Display for FeedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{}.{}",
            self.0.store_id.simple(),
            self.0.position,
            self.0.op_id.simple()
        )
    }
}

impl FromStr for FeedToken {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            Error::invalid(
                "token",
                "is not a token of a change feed; use one as it was given, or none",
            )
        };
        let mut parts = text.split('.');
        let store_id = parts
            .next()
            .and_then(|p| Uuid::try_parse(p).ok())
            .ok_or_else(wrong)?;
        let position = parts
            .next()
            .and_then(|p| p.parse().ok())
            .ok_or_else(wrong)?;
        let op_id = parts
            .next()
            .and_then(|p| Uuid::try_parse(p).ok())
            .ok_or_else(wrong)?;
        if parts.next().is_some() {
            return Err(wrong());
        }
        Ok(Self(Token {
            store_id,
            position,
            op_id,
        }))
    }
}

/// Which changes a follower wants.
#[derive(Clone, Debug, Default)]
pub struct FeedFilter {
    /// Full names of messages; all when empty.
    pub types: Vec<String>,
    /// What the record's name begins with.
    pub name_prefix: String,
}

impl FeedFilter {
    fn wants(&self, full_name: &String) -> bool {
        self.types.is_empty() || self.types.contains(full_name)
    }
}

/// Some changes, and where to go on.
#[derive(Clone, Debug)]
pub struct FeedPage {
    /// Oldest first.
    pub changes: Vec<Change>,
    /// Go on from here.
    pub next: FeedToken,
    /// Whether this is the end for now.
    pub at_head: bool,
}

/// The change feed of one service.
#[derive(Clone)]
pub struct Feed {
    store: Arc<dyn Store>,
    service: Service,
    nouns: Arc<[(&'static dyn AnyNoun, String)]>,
    sight: Sight,
    /// Whether it says who made a change and why.
    names_callers: bool,
    /// Which rows hold a secret of the service's own.
    pub(crate) secret: fn(&[u8]) -> bool,
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Feed({})", self.service.as_str_name())
    }
}

impl Feed {
    /// The feed of `service`, whose store holds records of these nouns.
    pub fn new(store: Arc<dyn Store>, service: Service, nouns: &[&'static dyn AnyNoun]) -> Self {
        let nouns = nouns.iter().map(|noun| (*noun, noun.full_name())).collect();
        Self {
            store,
            service,
            nouns,
            sight: Sight::Everything,
            names_callers: true,
            secret: |_| false,
        }
    }

    /// The same; commits that write a row whose key is one of these never leave the service as they are stored.
    #[must_use]
    pub fn keeping_secret(self, secret: fn(&[u8]) -> bool) -> Self {
        Self { secret, ..self }
    }

    /// The feed as a reader with this sight sees it. A record that becomes internal is removed for them; one that
    /// always was is not there. Who made a change and why is said to those who see inside some dialogue.
    #[must_use]
    pub fn seen_by(&self, sight: Sight) -> Self {
        Self {
            names_callers: sight != Sight::Public,
            sight,
            ..self.clone()
        }
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The full name of the records of a kind.
    pub(crate) fn type_of(&self, kind: u8) -> Option<&str> {
        let found = self.nouns.iter().find(|(noun, _)| noun.kind() == kind);
        found.map(|(_, name)| name.as_str())
    }

    /// The place that a caller's token names; the beginning when it is empty.
    pub async fn resume(&self, token: &str) -> Result<FeedToken> {
        if token.is_empty() {
            Ok(FeedToken(self.store.token_at(0).await?))
        } else {
            token.parse()
        }
    }

    /// Up to `limit` changes after `after`.
    pub async fn list(
        &self,
        after: FeedToken,
        limit: usize,
        filter: &FeedFilter,
    ) -> Result<FeedPage> {
        self.check(filter)?;
        let mut walk = Walk::new(&*self.store, after);
        let mut changes = Vec::new();
        while let Some(entry) = walk.next(limit - changes.len()).await? {
            if let Some(change) = self.change(&entry, walk.place, filter).await? {
                walk.found(change.encoded_len());
                changes.push(change);
            }
        }
        Ok(FeedPage {
            changes,
            next: walk.place,
            at_head: walk.at_head,
        })
    }

    /// Waits until there may be something after `after`, at most `max`.
    pub async fn wait(&self, after: FeedToken, max: Duration) {
        self.store.wait(after.0.position, max).await;
    }

    /// Revisions of one record, newest first, from the last at or below `at_or_before`; and where to go on.
    pub async fn revisions(
        &self,
        name: &str,
        at_or_before: u64,
        limit: usize,
    ) -> Result<(Vec<Change>, Option<u64>)> {
        let noun = self
            .nouns
            .iter()
            .find(|(k, _)| k.pattern().matches(name))
            .map(|(k, _)| *k);
        let noun = noun.ok_or_else(|| {
            let shapes: Vec<&str> = self.nouns.iter().map(|(k, _)| k.pattern().0).collect();
            Error::invalid(
                "name",
                format!(
                    "{} is not one of {}",
                    crate::name::quoted(name),
                    shapes.join(", ")
                ),
            )
        })?;
        let key = layout::record(noun.kind(), name);
        let not_found = || Error::NotFound {
            name: name.to_owned(),
        };
        // What is internal now has no past either.
        if let Some(row) = self.store.get(&key).await?
            && !shows(&self.store, &self.sight, noun, name, &row.value, false).await?
        {
            return Err(not_found());
        }
        let revisions = self.store.history(&key, at_or_before, limit + 1).await?;
        if revisions.is_empty() && at_or_before == u64::MAX {
            return Err(not_found());
        }
        let mut next = revisions.get(limit).map(|r| r.position);
        let filter = FeedFilter {
            types: Vec::new(),
            name_prefix: name.to_owned(),
        };
        let (mut changes, mut bytes) = (Vec::new(), 0);
        for revision in revisions.iter().take(limit) {
            if bytes >= BYTES_PER_PAGE {
                next = Some(revision.position);
                break;
            }
            let before = self.store.token_at(revision.position - 1).await?;
            for entry in self.store.read_log(&before, 1).await? {
                let token = Token {
                    store_id: before.store_id,
                    position: entry.position,
                    op_id: entry.op_id,
                };
                if let Some(mut change) = self.change(&entry, FeedToken(token), &filter).await? {
                    change.resources.retain(|r| r.name == name);
                    if change.resources.is_empty() {
                        continue;
                    }
                    bytes += change.encoded_len();
                    changes.push(change);
                }
            }
        }
        Ok((changes, next))
    }

    fn check(&self, filter: &FeedFilter) -> Result<()> {
        for (place, wanted) in filter.types.iter().enumerate() {
            if !self.nouns.iter().any(|(_, name)| name == wanted) {
                let known: Vec<&str> = self.nouns.iter().map(|(_, name)| name.as_str()).collect();
                return Err(Error::invalid(
                    format!("types[{place}]"),
                    format!(
                        "{} is not one of {}",
                        crate::name::quoted(wanted),
                        known.join(", ")
                    ),
                ));
            }
        }
        Ok(())
    }

    /// The entry as a change; `None` when no record in it matches.
    async fn change(
        &self,
        entry: &LogEntry,
        token: FeedToken,
        filter: &FeedFilter,
    ) -> Result<Option<Change>> {
        let mut resources = Vec::new();
        for write in &entry.writes {
            let Some((kind, name)) = layout::record_name(&write.key) else {
                continue;
            };
            let Some((noun, full_name)) = self.nouns.iter().find(|(k, _)| k.kind() == kind) else {
                continue;
            };
            if !filter.wants(full_name) || !name.starts_with(&filter.name_prefix) {
                continue;
            }
            let shown = self.shown(*noun, &name, write, entry.position).await?;
            let Some(shown) = shown else {
                continue;
            };
            let value = shown.map(|bytes| Any {
                type_url: format!("type.googleapis.com/{full_name}"),
                value: Stored {
                    bytes: bytes.clone(),
                    version: entry.position,
                }
                .to_vec(),
            });
            resources.push(ResourceChange {
                name: name.clone(),
                r#type: full_name.clone(),
                value,
            });
            let under = self.what_lies_under(*noun, &name, entry.position).await?;
            resources.extend(under.into_iter().filter(|one| filter.wants(&one.r#type)));
        }
        if resources.is_empty() {
            return Ok(None);
        }
        let meta = Meta::decode(entry.meta.clone()).map_err(|e| {
            Error::Internal(format!(
                "change record {} does not decode: {e}",
                entry.position
            ))
        })?;
        let told = |text: String| {
            if self.names_callers {
                text
            } else {
                String::new()
            }
        };
        Ok(Some(Change {
            service: self.service.into(),
            position: entry.position,
            time: Some(time::from_us(entry.time_us)),
            caller: told(meta.caller),
            rpc: meta.rpc,
            reason: told(meta.reason),
            request_id: told(meta.request_id),
            resources,
            hash: entry.hash.to_vec(),
            previous_hash: entry.previous_hash.to_vec(),
            token: token.to_string(),
        }))
    }
}
