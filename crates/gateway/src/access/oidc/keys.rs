//! The keys of an issuer: kept, fetched again in time, and once more when a token names one that is not there.
//! While the issuer does not answer, the keys that were fetched go on.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use rapporteur_records::Error;
use serde::Deserialize;
use url::Url;

use super::fetch::{self, Fetch};

/// How often the keys are fetched.
const EVERY: Duration = Duration::from_secs(600);
/// How soon again after a failure.
const AFTER_FAILURE: Duration = Duration::from_secs(10);
/// How often at most because a token names a key that is not there: anybody can write such a token.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Where an issuer says where its keys are (OpenID Connect Discovery 1.0, 4).
const DISCOVERY: &str = "/.well-known/openid-configuration";

#[derive(Deserialize)]
struct Configuration {
    issuer: String,
    jwks_uri: String,
}

struct Known {
    key: DecodingKey,
    /// What the issuer says that it is used with.
    algorithm: Option<String>,
}

#[derive(Default)]
struct Set {
    keys: HashMap<String, Known>,
    /// The document, for telling whether another one came.
    text: Vec<u8>,
    generation: u64,
}

/// The keys of one issuer.
pub struct Keys {
    issuer: String,
    jwks: Option<Url>,
    fetch: Fetch,
    set: RwLock<Arc<Set>>,
    /// One at a time.
    fetching: tokio::sync::Mutex<()>,
    looked: Mutex<Option<Instant>>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.issuer)
    }
}

impl Keys {
    /// The keys of this issuer, at `jwks` or where the issuer says. Fetches nothing yet.
    pub fn of(issuer: &str, jwks: Option<&str>, fetch: Fetch) -> Result<Self, Error> {
        let address = |field: &str, text: &str| {
            fetch::address(text).map_err(|wrong| Error::invalid(field, wrong))
        };
        address("oidc-issuer", issuer)?;
        Ok(Self {
            jwks: jwks.map(|jwks| address("oidc-jwks", jwks)).transpose()?,
            issuer: issuer.to_owned(),
            fetch,
            set: RwLock::default(),
            fetching: tokio::sync::Mutex::default(),
            looked: Mutex::default(),
        })
    }

    fn set(&self) -> Arc<Set> {
        self.set
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Counts how often other keys came.
    pub fn generation(&self) -> u64 {
        self.set().generation
    }

    /// Whether there is a key of this id.
    pub fn knows(&self, kid: &str) -> bool {
        self.set().keys.contains_key(kid)
    }

    /// The key of this id, if it is one for this algorithm.
    pub fn get(&self, kid: &str, algorithm: Algorithm) -> Option<DecodingKey> {
        let set = self.set();
        let known = set.keys.get(kid)?;
        let said = known.algorithm.as_deref();
        let fits = said.is_none_or(|said| said == format!("{algorithm:?}"));
        fits.then(|| known.key.clone())
    }

    /// Whether a look may be taken now because of a key that is not there. Whoever is told so has to take it.
    pub fn may_look(&self) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let may = looked.is_none_or(|at| at.elapsed() >= LOOK_EVERY);
        if may {
            *looked = Some(Instant::now());
        }
        may
    }

    /// Whether they are being fetched.
    pub fn is_looking(&self) -> bool {
        self.fetching.try_lock().is_err()
    }

    /// Waits until they are not being fetched.
    pub async fn looked(&self) {
        drop(self.fetching.lock().await);
    }

    /// Fetches the keys, and says whether that went well; what went wrong is in the log.
    pub async fn look(&self) -> bool {
        let _one = self.fetching.lock().await;
        let fetched = self.fetched().await;
        if let Err(why) = &fetched {
            let (issuer, known) = (&self.issuer, self.set().keys.len());
            tracing::warn!(why, issuer, known, "could not fetch the keys of the issuer");
        }
        fetched.is_ok()
    }

    /// Fetches the keys, for ever.
    pub async fn follow(&self) {
        loop {
            let pause = if self.look().await {
                EVERY
            } else {
                AFTER_FAILURE
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn fetched(&self) -> Result<(), String> {
        let jwks = match &self.jwks {
            Some(jwks) => jwks.clone(),
            None => self.discovered().await?,
        };
        let text = self.fetch.get(&jwks).await?;
        if text == self.set().text {
            return Ok(());
        }
        let keys = read(&text)?;
        let mut set = self.set.write().unwrap_or_else(PoisonError::into_inner);
        tracing::info!(
            issuer = self.issuer,
            keys = keys.len(),
            "the issuer has these keys now"
        );
        *set = Arc::new(Set {
            keys,
            text,
            generation: set.generation + 1,
        });
        Ok(())
    }

    async fn discovered(&self) -> Result<Url, String> {
        let place = format!("{}{DISCOVERY}", self.issuer.trim_end_matches('/'));
        let text = self.fetch.get(&fetch::address(&place)?).await?;
        let said: Configuration = serde_json::from_slice(&text)
            .map_err(|error| format!("{place} is no OpenID configuration: {error}"))?;
        if said.issuer != self.issuer {
            return Err(format!("{place} is of another issuer"));
        }
        fetch::address(&said.jwks_uri).map_err(|wrong| format!("{place}: jwks_uri {wrong}"))
    }
}

/// The keys for signatures in a JSON Web Key Set (RFC 7517), by id. Shared secrets are none.
fn read(text: &[u8]) -> Result<HashMap<String, Known>, String> {
    let set: JwkSet = serde_json::from_slice(text)
        .map_err(|error| format!("it is no JSON Web Key Set: {error}"))?;
    let read = |jwk: &Jwk| {
        let signs = matches!(
            jwk.common.public_key_use,
            None | Some(PublicKeyUse::Signature)
        );
        let kid = jwk.common.key_id.clone().filter(|_| signs)?;
        let key = DecodingKey::from_jwk(jwk).ok()?;
        let algorithm = jwk.common.key_algorithm.map(|said| format!("{said:?}"));
        (key.family() != AlgorithmFamily::Hmac).then_some((kid, Known { key, algorithm }))
    };
    let keys: HashMap<_, _> = set.keys.iter().filter_map(read).collect();
    if keys.is_empty() {
        return Err("it holds no key for signatures with a `kid`".to_owned());
    }
    Ok(keys)
}
