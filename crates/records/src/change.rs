//! Writing records: one call, one batch.

use std::collections::BTreeSet;

use bytes::Bytes;
use prost::Message;
use rapporteur_proto::{Record, Stored};
use rapporteur_store as store;
use rapporteur_store::{Batch, Check, Write};
use uuid::Uuid;

use crate::meta::Meta;
use crate::records::{decode, time};
use crate::{Call, Error, Noun, Records, Result, layout};

/// A write being put together.
#[derive(Debug)]
pub struct Change<'a> {
    records: &'a Records,
    call: Call,
    op_id: Uuid,
    now_us: i64,
    checks: Vec<Check>,
    writes: Vec<Write>,
    /// Names of the records in this change, in order, for telling whose check failed.
    touched: Vec<(Bytes, String)>,
}

impl Records {
    /// Begins a write.
    pub fn change(&self, call: Call) -> Result<Change<'_>> {
        check_request_id(&call.request_id)?;
        if call.reason.chars().count() > 2_000 {
            return Err(Error::invalid("reason", "is longer than 2,000 characters"));
        }
        let op_id = call.op_id();
        let now_us = self.now_us();
        Ok(Change {
            records: self,
            call,
            op_id,
            now_us,
            checks: Vec::new(),
            writes: Vec::new(),
            touched: Vec::new(),
        })
    }
}

fn check_request_id(id: &str) -> Result<()> {
    if id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Ok(());
    }
    Err(Error::invalid(
        "request_id",
        "must be 1 to 64 of A-Z a-z 0-9 - (a UUID is best)",
    ))
}

impl Change<'_> {
    /// When this change happens, in microseconds since the Unix epoch.
    pub fn now_us(&self) -> i64 {
        self.now_us
    }

    /// The call that makes it.
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// What an earlier request with the same id wrote to its first record of this type, if there was one.
    ///
    /// To be asked before any rule is checked: the record may have moved on since.
    pub async fn replayed<T: Record>(&self, noun: &Noun<T>) -> Result<Option<Stored>> {
        Ok(self
            .replayed_all(noun)
            .await?
            .and_then(|all| all.into_iter().next()))
    }

    /// All records of this type that an earlier request with the same id wrote.
    pub async fn replayed_all<T: Record>(&self, noun: &Noun<T>) -> Result<Option<Vec<Stored>>> {
        if self.call.request_id.is_empty() {
            return Ok(None);
        }
        let Some(position) = self.records.store.lookup(self.op_id).await? else {
            return Ok(None);
        };
        self.written_at(noun.kind, position).await.map(Some)
    }

    async fn written_at(&self, of_kind: u8, position: u64) -> Result<Vec<Stored>> {
        let before = self.records.store.token_at(position - 1).await?;
        let entry = self
            .records
            .store
            .read_log(&before, 1)
            .await?
            .into_iter()
            .next();
        let entry =
            entry.ok_or_else(|| Error::Internal(format!("log entry {position} is missing")))?;
        let meta = Meta::decode(entry.meta.clone()).map_err(|e| Error::Internal(e.to_string()))?;
        if meta.body_hash != self.call.body_hash {
            return Err(Error::invalid(
                "request_id",
                "was used before for another request; take a new one",
            ));
        }
        let records = entry.writes.into_iter().filter_map(|write| {
            let (kind, _) = layout::record_name(&write.key)?;
            let bytes = write.value.filter(|_| kind == of_kind)?;
            Some(Stored {
                bytes,
                version: position,
            })
        });
        Ok(records.collect())
    }

    /// A new record. Sets its identity and times.
    pub fn create<T: Record>(&mut self, noun: &Noun<T>, message: &mut T) -> Result<()> {
        let now = time::from_us(self.now_us);
        let header = message.header_mut();
        *header.uid = Uuid::now_v7().to_string();
        *header.create_time = Some(now);
        let name = header.name.clone();
        self.put(noun, &name, message, None, 0);
        Ok(())
    }

    /// A new value of a record that was read as `old` at `version`.
    pub fn update<T: Record>(
        &mut self,
        noun: &Noun<T>,
        old: &T,
        version: u64,
        message: &mut T,
    ) -> Result<()> {
        let before = old.header();
        let header = message.header_mut();
        before.name.clone_into(header.name);
        before.uid.clone_into(header.uid);
        *header.create_time = before.create_time;
        self.put(noun, before.name, message, Some(old), version);
        Ok(())
    }

    fn put<T: Record>(
        &mut self,
        noun: &Noun<T>,
        name: &str,
        message: &mut T,
        old: Option<&T>,
        version: u64,
    ) {
        let header = message.header_mut();
        header.etag.clear();
        *header.update_time = Some(time::from_us(self.now_us));
        let key = layout::record(noun.kind, name);
        self.checks.push(Check {
            key: key.clone(),
            version,
        });
        self.writes
            .push(Write::record(key.clone(), message.encode_to_vec()));
        self.touched.push((key, name.to_owned()));
        let rows = |message: &T| {
            noun.index_rows(message)
                .into_iter()
                .collect::<BTreeSet<Bytes>>()
        };
        let before = old.map(rows).unwrap_or_default();
        let after = rows(message);
        self.writes
            .extend(before.difference(&after).map(|k| Write::delete(k.clone())));
        self.writes.extend(
            after
                .difference(&before)
                .map(|k| Write::put(k.clone(), name.to_owned())),
        );
    }

    /// The change holds only if this key is still at this version (0 = absent).
    pub fn check(&mut self, key: Bytes, version: u64) {
        if !self.checks.iter().any(|c| c.key == key) {
            self.checks.push(Check { key, version });
        }
    }

    /// The change holds only if this record is still at this version.
    pub fn check_record<T>(&mut self, noun: &Noun<T>, name: &str, version: u64) {
        let key = layout::record(noun.kind, name);
        self.touched.push((key.clone(), name.to_owned()));
        self.check(key, version);
    }

    /// A row that is no record: a guard, a counter.
    pub fn write(&mut self, write: Write) {
        self.writes.push(write);
    }

    /// Writes it all and answers the first record of this type, as stored.
    pub async fn commit<T: Record>(self, noun: &Noun<T>) -> Result<Stored> {
        let all = self.commit_all(noun).await?;
        all.into_iter()
            .next()
            .ok_or_else(|| Error::Internal(format!("no {} in the change", T::full_name())))
    }

    /// Writes it all and answers the records of this type, as stored, in their order in the change.
    /// With `validate_only` nothing is written and the records carry the version that they had.
    pub async fn commit_all<T: Record>(self, noun: &Noun<T>) -> Result<Vec<Stored>> {
        self.commit_kind(noun.kind).await
    }

    pub(crate) async fn commit_kind(self, of_kind: u8) -> Result<Vec<Stored>> {
        let ours = |write: &Write| {
            layout::record_name(&write.key).is_some_and(|(kind, _)| kind == of_kind)
        };
        let values: Vec<(Bytes, Bytes)> = self
            .writes
            .iter()
            .filter(|w| w.history && ours(w))
            .filter_map(|w| w.value.clone().map(|v| (w.key.clone(), v)))
            .collect();
        if self.call.validate_only {
            let version = |key: &Bytes| {
                self.checks
                    .iter()
                    .find(|c| c.key == *key)
                    .map_or(0, |c| c.version)
            };
            return Ok(values
                .iter()
                .map(|(k, v)| Stored {
                    bytes: v.clone(),
                    version: version(k),
                })
                .collect());
        }
        let meta = Meta::of(&self.call);
        let batch = Batch {
            op_id: self.op_id,
            time_us: self.now_us,
            checks: self.checks.clone(),
            writes: self.writes.clone(),
            meta: meta.encode_to_vec().into(),
        };
        match self.records.store.commit(batch).await {
            Ok(commit) if commit.replayed => self.written_at(of_kind, commit.position).await,
            Ok(commit) => Ok(values
                .into_iter()
                .map(|(_, bytes)| Stored {
                    bytes,
                    version: commit.position,
                })
                .collect()),
            Err(store::Error::Conflict {
                key,
                expected,
                current,
            }) => {
                let touched = self
                    .touched
                    .iter()
                    .find(|(k, _)| *k == key)
                    .map(|(_, name)| name.clone());
                Err(match touched {
                    Some(name) if expected == 0 => Error::AlreadyExists { name },
                    Some(name) => Error::Stale {
                        name,
                        current: current.to_string(),
                    },
                    None => Error::Store(store::Error::Conflict {
                        key,
                        expected,
                        current,
                    }),
                })
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Refuses an etag that is not the record's present one. No etag is no condition (AIP-154).
pub fn check_etag(name: &str, sent: &str, version: u64) -> Result<()> {
    if sent.is_empty() || sent.trim_matches('"') == version.to_string() {
        Ok(())
    } else {
        Err(Error::Stale {
            name: name.to_owned(),
            current: version.to_string(),
        })
    }
}

/// Decodes a stored record; for services that act on what they have just written.
pub fn message<T: Record>(stored: &Stored) -> Result<T> {
    decode(&stored.bytes)
}
