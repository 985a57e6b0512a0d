//! Caller tokens for the services: minted once for a caller and kept while they are good.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use quick_cache::sync::Cache;
use rapporteur_access::token::{self, LIFETIME};
use rapporteur_access::{Claims, Issuer, Rights};
use rapporteur_records::{Error, Introduction, Result, time};
use rapporteur_server::MainError;
use rapporteur_store::{Batch, Check, Store, Write};
use tonic::metadata::MetadataValue;
use uuid::Uuid;

use super::ring::{self, Ring};

/// How often the keys are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Callers whose tokens are kept.
const CALLERS: usize = 4_096;

/// Makes caller tokens.
pub struct Mint {
    ring: RwLock<Arc<Ring>>,
    minted: Cache<Box<str>, Minted>,
}

impl fmt::Debug for Mint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mint")
    }
}

#[derive(Clone)]
struct Minted {
    rights: Rights,
    papers: Papers,
    /// In seconds since the Unix epoch.
    renew_at: u64,
}

/// What says to a service who calls, as values of headers.
#[derive(Clone, Debug)]
pub struct Papers {
    /// The caller's id.
    pub caller: HeaderValue,
    /// `Bearer` and a token.
    pub credential: HeaderValue,
}

impl Mint {
    /// The mint of the gateways that share this store. Makes its key when there is none.
    pub async fn open(store: &Arc<dyn Store>) -> std::result::Result<Self, MainError> {
        let row = ring::row();
        if store.get(&row).await?.is_none() {
            kept(store, row, Issuer::generate()?.into()).await?;
        }
        Ok(Self::with(Ring::read(store).await?))
    }

    /// A mint with this key.
    pub fn of(issuer: Issuer) -> Self {
        Self::with(Ring::of(issuer))
    }

    fn with(ring: Ring) -> Self {
        Self {
            ring: RwLock::new(Arc::new(ring)),
            minted: Cache::new(CALLERS),
        }
    }

    fn ring(&self) -> Arc<Ring> {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        ring.clone()
    }

    /// Takes over what any gateway over this store does to the keys, for ever; `file` is written anew when others are
    /// to be believed than before.
    pub async fn follow(&self, store: &Arc<dyn Store>, file: Option<&Path>) {
        let mut published = self.public_keys();
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            match Ring::read(store).await {
                Ok(ring) => {
                    let mut place = self.ring.write().unwrap_or_else(PoisonError::into_inner);
                    *place = Arc::new(ring);
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot read the signing keys; going on with those known");
                    continue;
                }
            }
            let keys = self.public_keys();
            if keys == published {
                continue;
            }
            match file.map_or(Ok(()), |file| self.publish(file)) {
                Ok(()) => published = keys,
                Err(error) => tracing::error!(%error, "cannot publish the signing keys"),
            }
        }
    }

    /// Writes the public keys to `file`, for the services. The file appears whole or not at all.
    pub fn publish(&self, file: &Path) -> std::io::Result<()> {
        // A store elsewhere has not made the directory of the data.
        if let Some(directory) = file.parent() {
            std::fs::create_dir_all(directory)?;
        }
        let unfinished = file.with_extension("json.new");
        std::fs::write(&unfinished, self.public_keys())?;
        std::fs::rename(&unfinished, file)
    }

    /// What says to a service who calls. The token in it is believed for a while to come.
    pub fn papers(&self, caller: &str, rights: &Rights, now_us: i64) -> Result<Papers> {
        let now = seconds(now_us);
        if let Some(minted) = self.minted.get(caller)
            && now < minted.renew_at
            && minted.rights == *rights
        {
            return Ok(minted.papers);
        }
        let (token, _) = self.issue(caller, rights, now_us)?;
        let header = |text: String| {
            HeaderValue::try_from(text).map_err(|error| Error::Internal(error.to_string()))
        };
        let mut papers = Papers {
            caller: header(caller.to_owned())?,
            credential: header(format!("Bearer {token}"))?,
        };
        papers.credential.set_sensitive(true);
        let minted = Minted {
            rights: rights.clone(),
            papers: papers.clone(),
            renew_at: now + LIFETIME * 2 / 3,
        };
        self.minted.insert(caller.into(), minted);
        Ok(papers)
    }

    /// How one of our own processes introduces itself to the services: it reads all that they keep.
    pub fn introduction(self: &Arc<Self>, process: &'static str) -> Introduction {
        let mint = self.clone();
        Introduction::by(move || {
            let rights = token::for_a_service();
            let papers = mint.papers(process, &rights, time::now_us()).ok()?;
            MetadataValue::try_from(papers.credential.as_bytes()).ok()
        })
    }

    /// The public keys, for [`rapporteur_server::Callers::signed_with`].
    pub fn public_keys(&self) -> String {
        self.ring().public_keys(time::now_us())
    }

    /// A fresh token, and what it says.
    pub fn issue(&self, caller: &str, rights: &Rights, now_us: i64) -> Result<(String, Claims)> {
        let ring = self.ring();
        let issuer = ring.signing(now_us);
        let issuer = issuer.ok_or_else(|| Error::Internal("no key to sign with".into()))?;
        issuer
            .issue(caller, rights, seconds(now_us))
            .map_err(|error| Error::Exhausted(format!("no token for {caller}: {error}")))
    }
}

fn seconds(us: i64) -> u64 {
    u64::try_from(us / 1_000_000).unwrap_or_default()
}

/// Keeps a value where there is none yet; gives the one that is there then.
async fn kept(
    store: &Arc<dyn Store>,
    row: Bytes,
    value: Bytes,
) -> std::result::Result<Bytes, MainError> {
    let batch = Batch {
        op_id: Uuid::now_v7(),
        time_us: time::now_us(),
        checks: vec![Check {
            key: row.clone(),
            version: 0,
        }],
        writes: vec![Write::put(row.clone(), value.clone())],
        meta: Bytes::new(),
    };
    match store.commit(batch).await {
        // Gateways that share a store share the key: another one made it at the same moment.
        Err(rapporteur_store::Error::Conflict { .. }) => {
            let found = store.get(&row).await?;
            Ok(found.ok_or("the key of the caller tokens vanished")?.value)
        }
        made => made.map(|_| value).map_err(MainError::from),
    }
}

#[cfg(test)]
mod tests {
    use rapporteur_access::{Grant, Role, Verifier};
    use rapporteur_store::sled::{Options, SledStore};

    use super::*;

    const NOW: i64 = 1_800_000_000_000_000;

    #[tokio::test]
    async fn gateways_over_one_store_sign_alike_and_each_token_is_kept_for_its_time() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> =
            SledStore::open(&folder.path().join("store"), Options::default()).unwrap();
        let (one, other) = futures::join!(Mint::open(&store), Mint::open(&store));
        let (one, other) = (one.unwrap(), other.unwrap());
        let file = folder.path().join("caller-keys.json");
        other.publish(&file).unwrap();
        let verifier = Verifier::new(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let read = |credential: &HeaderValue, us: i64| {
            let token = credential
                .to_str()
                .unwrap()
                .strip_prefix("Bearer ")
                .unwrap();
            verifier.verify(token, seconds(us)).unwrap()
        };
        let officer = Rights::of([Grant::everywhere(Role::Officer)]);
        let first = one.papers("ana", &officer, NOW).unwrap().credential;
        assert!(first.is_sensitive());
        assert_eq!(read(&first, NOW).rights(), officer);
        let renewal = i64::try_from(LIFETIME).unwrap() * 2 / 3 * 1_000_000;
        let at = |us: i64, rights: &Rights| one.papers("ana", rights, us).unwrap().credential;
        assert_eq!(at(NOW + renewal - 1, &officer), first);
        assert_ne!(at(NOW + renewal, &officer), first);
        // What is granted changes: so does the token.
        let none = at(NOW + renewal, &Rights::None);
        assert_eq!(read(&none, NOW + renewal).rights(), Rights::None);
        let bo = one.papers("bo", &officer, NOW).unwrap();
        assert_eq!(read(&bo.credential, NOW).caller, "bo");
        store.close().await.unwrap();
    }
}
