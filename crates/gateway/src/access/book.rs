//! All live keys and grants, in memory. It follows its store, so whatever gateway writes, all feel it at once.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use prost::Message;
use rapporteur_access as access;
use rapporteur_proto::gateway::v1::Grant;
use rapporteur_proto::{Record, Stored};
use rapporteur_records::name::id_of;
use rapporteur_records::{Error, Listing, Noun, PageRequest, Records, Result, time};
use rapporteur_store::Write;
use rapporteur_store::key::Key;

use super::grant::{self, GRANT, meaning};
use super::key::{self, KEY};
use super::secret::{Hash, Secrets, Which};

/// The row that every change rewrites.
const MARK: u8 = 0x13;
/// How long the follower waits before it looks without being told. Engines tell; this is for one that forgot.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long it waits after a failure.
const AFTER_FAILURE: Duration = Duration::from_millis(500);
/// Keys or grants that are read at once.
const AT_ONCE: usize = 1_000;

/// Tells every gateway that something has changed. Belongs into each batch that changes a key or a grant.
pub fn mark() -> Write {
    Write::put(Key::new(MARK).into_bytes(), Bytes::new())
}

/// A key that is good.
#[derive(Debug)]
pub struct Known {
    /// Who calls with it.
    pub caller: Arc<str>,
    /// Until when, in microseconds since the Unix epoch; [`i64::MAX`] = for ever.
    pub until_us: i64,
    /// When its present secret was last used, in microseconds since the Unix epoch; 0 = not here.
    pub used_us: Arc<AtomicI64>,
    secrets: Secrets,
}

impl Known {
    /// Whether this is the hash of the key.
    pub fn is_opened_by(&self, hash: &Hash, now_us: i64) -> bool {
        self.secrets.which(hash, now_us).is_some()
    }

    /// The same; notes its use.
    pub fn opens(&self, hash: &Hash, now_us: i64) -> bool {
        let which = self.secrets.which(hash, now_us);
        if which == Some(Which::Current) {
            self.used_us.store(now_us, Ordering::Relaxed);
        }
        which.is_some()
    }
}

/// What one caller is granted.
#[derive(Debug, Default)]
pub struct Granted {
    /// The grants.
    pub records: Vec<Grant>,
    rights: access::Rights,
    /// When the first of them ends, in microseconds since the Unix epoch.
    until_us: i64,
}

impl Granted {
    fn of(records: Vec<Grant>) -> Self {
        let ends = records.iter().filter_map(|grant| grant.expire_time);
        let until_us = ends.filter_map(time::to_us).min().unwrap_or(i64::MAX);
        Self {
            rights: rights(&records, i64::MIN),
            until_us,
            records,
        }
    }

    /// What of it holds at a moment.
    pub fn rights(&self, now_us: i64) -> access::Rights {
        if now_us < self.until_us {
            self.rights.clone()
        } else {
            rights(&self.records, now_us)
        }
    }
}

fn rights(records: &[Grant], now_us: i64) -> access::Rights {
    let live = records.iter().filter(|it| !grant::ended(it, now_us));
    access::Rights::of(live.filter_map(meaning).collect::<Vec<_>>())
}

/// Everything as it stands.
#[derive(Debug, Default)]
pub struct Live {
    /// Keys, by id.
    pub keys: HashMap<String, Known>,
    /// Grants, by caller.
    pub grants: HashMap<String, Granted>,
    /// What is kept of the admin key.
    admin: Secrets,
    /// The version of the mark when it was read; `None` before it ever was.
    version: Option<u64>,
}

impl Live {
    /// Whether this is the hash of the admin key.
    pub fn is_admin(&self, hash: &Hash, now_us: i64) -> bool {
        self.admin.which(hash, now_us).is_some()
    }

    /// What a caller is granted at a moment.
    pub fn rights(&self, caller: &str, now_us: i64) -> access::Rights {
        self.grants
            .get(caller)
            .map_or(access::Rights::None, |granted| granted.rights(now_us))
    }
}

/// All live keys and grants of a gateway.
pub struct Book {
    records: Records,
    live: RwLock<Arc<Live>>,
}

impl fmt::Debug for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Book")
    }
}

impl Book {
    /// The book of the gateway with these records.
    pub async fn open(records: Records) -> Result<Self> {
        let book = Self {
            records,
            live: RwLock::default(),
        };
        book.refresh().await?;
        Ok(book)
    }

    /// The records behind it.
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// Everything as this process knows it.
    pub fn live(&self) -> Arc<Live> {
        self.live
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Keeps up with the store, for ever. While the store does not answer, what is known goes on.
    pub async fn follow(&self) {
        loop {
            let followed = async {
                // Asked before the look: what is written meanwhile ends the wait at once.
                let head = self.records.store().head().await?.position;
                self.refresh().await?;
                self.records.store().wait(head, LOOK_EVERY).await;
                Ok::<_, Error>(())
            };
            if let Err(error) = followed.await {
                tracing::warn!(%error, "cannot read keys and grants; going on with those known");
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }

    /// Takes over what was written, if anything was.
    pub async fn refresh(&self) -> Result<()> {
        loop {
            let before = self.live();
            let version = self.version().await?;
            if before.version == Some(version) {
                return Ok(());
            }
            let live = self.read(&before, version).await?;
            // Several pages are not one picture: what was written in between is read again.
            if self.version().await? != version {
                continue;
            }
            let mut place = self.live.write().unwrap_or_else(PoisonError::into_inner);
            if place.version <= Some(version) {
                *place = Arc::new(live);
            }
            return Ok(());
        }
    }

    async fn version(&self) -> Result<u64> {
        let mark = self.records.store().get(&mark().key).await?;
        Ok(mark.map_or(0, |row| row.version))
    }

    async fn read(&self, before: &Live, version: u64) -> Result<Live> {
        let now_us = self.records.now_us();
        let mut live = Live {
            admin: crate::key::found(self.records.store()).await?,
            version: Some(version),
            ..Live::default()
        };
        let keys = self.all(&KEY).await?;
        let good = keys.into_iter().map(|(key, _)| key);
        let good: Vec<_> = good.filter(|it| key::ended(it, now_us).is_none()).collect();
        for part in good.chunks(AT_ONCE) {
            let rows: Vec<Bytes> = part
                .iter()
                .map(|it| Secrets::row(id_of(&it.name)))
                .collect();
            let rows = self.records.store().get_many(&rows).await?;
            for (key, row) in part.iter().zip(rows) {
                let Some(row) = row else { continue };
                let id = id_of(&key.name);
                let secrets = decoded::<Secrets>(&row.value)?;
                let used_us = before
                    .keys
                    .get(id)
                    .filter(|known| known.secrets.current == secrets.current)
                    .map(|known| known.used_us.clone());
                let known = Known {
                    caller: key.caller.as_str().into(),
                    until_us: key.expire_time.and_then(time::to_us).unwrap_or(i64::MAX),
                    used_us: used_us.unwrap_or_default(),
                    secrets,
                };
                live.keys.insert(id.to_owned(), known);
            }
        }
        let mut grants: HashMap<String, Vec<Grant>> = HashMap::new();
        for (mut grant, version) in self.all(&GRANT).await? {
            if !grant::ended(&grant, now_us) {
                grant.etag = version.to_string();
                grants.entry(grant.caller.clone()).or_default().push(grant);
            }
        }
        let grants = grants.into_iter();
        live.grants = grants.map(|(who, all)| (who, Granted::of(all))).collect();
        Ok(live)
    }

    async fn all<T: Record>(&self, noun: &Noun<T>) -> Result<Vec<(T, u64)>> {
        let listing = Listing::names(noun, "");
        let mut request = PageRequest {
            size: AT_ONCE,
            ..PageRequest::default()
        };
        let mut all = Vec::new();
        loop {
            let page = self.records.list(noun, &listing, &request).await?;
            for Stored { bytes, version } in page.records {
                all.push((decoded(&bytes)?, version));
            }
            match page.next {
                Some(next) => request.after = next,
                None => return Ok(all),
            }
        }
    }
}

/// A message as the store has it. Failing here means that the store holds what this program did not write.
pub fn decoded<T: Message + Default>(bytes: &[u8]) -> Result<T> {
    T::decode(bytes).map_err(|error| Error::Internal(format!("a kept message: {error}")))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use rapporteur_proto::gateway::v1::{CreateKeyRequest, Key as KeyRecord, RevokeKeyRequest};
    use rapporteur_records::Call;
    use rapporteur_store::Store;
    use rapporteur_store::sled::{Options, SledStore};

    use super::*;
    use crate::access::secret;

    /// What becomes of a key at a gateway that only follows the store.
    async fn becomes(book: &Book, id: &str, known: bool) {
        let begun = Instant::now();
        while book.live().keys.contains_key(id) != known {
            assert!(begun.elapsed() < Duration::from_secs(1), "not felt in time");
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn what_one_gateway_writes_the_others_feel_within_a_second() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = SledStore::open(folder.path(), Options::default()).unwrap();
        let records = Records::new(store.clone());
        let other = Arc::new(Book::open(records.clone()).await.unwrap());
        let following = other.clone();
        let followed = tokio::spawn(async move { following.follow().await });
        let call = |rpc| Call {
            caller: "admin".to_owned(),
            rpc,
            ..Call::default()
        };
        let request = CreateKeyRequest {
            key: Some(KeyRecord {
                caller: "ana".to_owned(),
                ..KeyRecord::default()
            }),
            ..CreateKeyRequest::default()
        };
        let made = key::create(&records, call("CreateKey"), request).await;
        let secret = made.unwrap().secret;
        let id = secret::id_in(secret.as_bytes()).unwrap();
        becomes(&other, id, true).await;
        let hash = secret::hash(secret.as_bytes());
        assert!(other.live().keys[id].opens(&hash, records.now_us()));
        let request = RevokeKeyRequest {
            name: format!("keys/{id}"),
            ..RevokeKeyRequest::default()
        };
        key::revoke(&records, call("RevokeKey"), request)
            .await
            .unwrap();
        becomes(&other, id, false).await;
        followed.abort();
        // A gateway that begins now knows only what is good.
        assert!(Book::open(records).await.unwrap().live().keys.is_empty());
        store.close().await.unwrap();
    }
}
