//! Caller tokens: who calls and what they are granted, signed by the gateway, believed for a few minutes.
//!
//! A JWT (RFC 7519) signed with Ed25519 (RFC 8037). The gateway alone signs; a service verifies with the public
//! keys that its operator gave it, without asking anybody. What is not exactly as it should be - another
//! algorithm, issuer, audience or key, too long a life - is refused.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use quick_cache::sync::Cache;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde::{Deserialize, Serialize};

use crate::grant::{Grant, Rights, Role};
use crate::signatures;

/// Who signs.
pub const ISSUER: &str = "rapporteur-gateway";
/// For whom.
pub const AUDIENCE: &str = "rapporteur";
/// How long a token is believed, in seconds. So long may a right outlive its end at a service that is called
/// directly; at the gateway it ends at once.
pub const LIFETIME: u64 = 300;
/// How far clocks may be apart, in seconds.
const LEEWAY: u64 = 10;
/// Longest token that is looked at.
const TOKEN_BYTES: usize = 12 << 10;
/// Verified tokens that are remembered: one for each caller of the last minutes.
const REMEMBERED: usize = 4_096;

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    iss: String,
    aud: String,
    /// Who calls.
    #[serde(rename = "sub")]
    pub caller: String,
    iat: u64,
    /// Not before then. We write none; what stands in a token counts all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<u64>,
    /// Until when it is believed, in seconds since the Unix epoch.
    #[serde(rename = "exp")]
    pub until: u64,
    /// What the caller is granted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Grant>,
    /// Granted everything; see [`Rights::All`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
    /// The same, ready for use: each call of a caller asks for it.
    #[serde(skip)]
    rights: Rights,
}

impl Claims {
    /// What the caller is granted.
    pub fn rights(&self) -> Rights {
        self.rights.clone()
    }
}

/// Why a token is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Its time is over, or has not begun.
    #[error("the caller token has expired; ask the gateway for a new one")]
    Expired,
    /// It is no token of the gateway's for the services.
    #[error("the caller token is not one that the gateway signed for this service")]
    Foreign,
    /// Keys that cannot be read.
    #[error("{0}")]
    Keys(String),
}

/// Signs tokens.
pub struct Issuer {
    key: EncodingKey,
    kid: String,
    public: Vec<u8>,
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Issuer({})", self.kid)
    }
}

impl Issuer {
    /// A new signing key, as the seed of RFC 8032; for [`Issuer::from_seed`].
    pub fn generate() -> Result<Vec<u8>, TokenError> {
        let mut seed = vec![0; 32];
        let filled = getrandom::fill(&mut seed);
        filled.map_err(|error| TokenError::Keys(format!("no randomness for a key: {error}")))?;
        Ok(seed)
    }

    /// Signs with this key.
    pub fn from_seed(seed: &[u8]) -> Result<Self, TokenError> {
        signatures::install();
        let pair = Ed25519KeyPair::from_seed_unchecked(seed)
            .map_err(|_| TokenError::Keys("the signing key is damaged".into()))?;
        let public = pair.public_key().as_ref().to_vec();
        Ok(Self {
            key: EncodingKey::from_ed_der(seed),
            kid: kid(&public),
            public,
        })
    }

    /// A token for a caller, believed from `now` (seconds since the Unix epoch) for [`LIFETIME`].
    pub fn issue(
        &self,
        caller: &str,
        rights: &Rights,
        now: u64,
    ) -> Result<(String, Claims), TokenError> {
        let all = *rights == Rights::All;
        let claims = Claims {
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            caller: caller.into(),
            iat: now,
            nbf: None,
            until: now + LIFETIME,
            grants: if all { Vec::new() } else { rights.grants() },
            all,
            rights: rights.clone(),
        };
        let header = Header {
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::EdDSA)
        };
        let token = jsonwebtoken::encode(&header, &claims, &self.key)
            .map_err(|error| TokenError::Keys(format!("cannot sign: {error}")))?;
        if token.len() > TOKEN_BYTES {
            let grants = claims.grants.len();
            return Err(TokenError::Keys(format!(
                "{grants} grants are too many for one caller"
            )));
        }
        Ok((token, claims))
    }

    /// The public key as a JSON Web Key Set (RFC 7517), for the services.
    pub fn public_keys(&self) -> String {
        public_keys([self])
    }
}

/// The public keys of these as a JSON Web Key Set (RFC 7517), for the services.
pub fn public_keys<'a>(issuers: impl IntoIterator<Item = &'a Issuer>) -> String {
    let jwk = |issuer: &Issuer| {
        serde_json::json!({
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
            "kid": issuer.kid, "x": base64url(&issuer.public),
        })
    };
    let keys: Vec<_> = issuers.into_iter().map(jwk).collect();
    format!("{:#}\n", serde_json::json!({ "keys": keys }))
}

/// Tells keys apart; follows from the key.
fn kid(public: &[u8]) -> String {
    public
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// RFC 4648 5, without padding.
fn base64url(bytes: &[u8]) -> String {
    base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, bytes)
}

/// Believes tokens that were signed with the keys it was given.
pub struct Verifier {
    keys: RwLock<Arc<HashMap<String, DecodingKey>>>,
    validation: Validation,
    remembered: Cache<Box<str>, Arc<Claims>>,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier")
    }
}

impl Verifier {
    /// Believes what was signed with these keys, a JSON Web Key Set (RFC 7517) of Ed25519 keys.
    pub fn new(keys: &str) -> Result<Self, TokenError> {
        signatures::install();
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // Time is compared here, where tests choose it.
        validation.validate_exp = false;
        Ok(Self {
            keys: RwLock::new(Arc::new(read_keys(keys)?)),
            validation,
            remembered: Cache::new(REMEMBERED),
        })
    }

    /// Believes from now on only what was signed with these keys.
    pub fn replace_keys(&self, keys: &str) -> Result<(), TokenError> {
        let keys = Arc::new(read_keys(keys)?);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        self.remembered.clear();
        Ok(())
    }

    /// What a token says, if it is believed at `now` (seconds since the Unix epoch).
    pub fn verify(&self, token: &str, now: u64) -> Result<Arc<Claims>, TokenError> {
        let claims = match self.remembered.get(token) {
            Some(claims) => claims,
            None => {
                let claims = Arc::new(self.read(token)?);
                self.remembered.insert(token.into(), claims.clone());
                claims
            }
        };
        // A clock that is behind the gateway's by a little sees tokens from the future.
        let begins = claims.nbf.unwrap_or(0).max(claims.iat);
        let begun = begins <= now + LEEWAY;
        let lives = now < claims.until + LEEWAY;
        if begun && lives {
            Ok(claims)
        } else {
            Err(TokenError::Expired)
        }
    }

    fn read(&self, token: &str) -> Result<Claims, TokenError> {
        if token.len() > TOKEN_BYTES {
            return Err(TokenError::Foreign);
        }
        let foreign = |_| TokenError::Foreign;
        let Head { kid, .. } = head(token).ok_or(TokenError::Foreign)?;
        let keys = self
            .keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let key = keys.get(&kid).ok_or(TokenError::Foreign)?;
        let mut claims: Claims = jsonwebtoken::decode(token, key, &self.validation)
            .map_err(foreign)?
            .claims;
        let life = claims.until.checked_sub(claims.iat);
        if life.is_none_or(|life| life > LIFETIME) || claims.caller.is_empty() {
            return Err(TokenError::Foreign);
        }
        claims.rights = if claims.all {
            Rights::All
        } else {
            Rights::of(claims.grants.clone())
        };
        Ok(claims)
    }
}

/// The head of a token, which says what we write there and nothing else: whatever else it says would have to be
/// understood (`crit`, RFC 7515 4.1.11) or could mislead (`jwk`, `jku`).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    #[serde(rename = "typ")]
    _typ: Option<String>,
    /// [`Validation`] looks at it.
    #[serde(rename = "alg")]
    _alg: String,
    kid: String,
}

fn head(token: &str) -> Option<Head> {
    let (head, _) = token.split_once('.')?;
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let text = base64::Engine::decode(&engine, head).ok()?;
    serde_json::from_slice(&text).ok()
}

fn read_keys(keys: &str) -> Result<HashMap<String, DecodingKey>, TokenError> {
    let set: JwkSet = serde_json::from_str(keys)
        .map_err(|error| TokenError::Keys(format!("no JSON Web Key Set: {error}")))?;
    let read = |jwk: &Jwk| {
        let kid = jwk.common.key_id.clone()?;
        Some((kid, DecodingKey::from_jwk(jwk).ok()?))
    };
    let keys: HashMap<_, _> = set
        .keys
        .iter()
        .filter_map(read)
        .filter(|(_, key)| key.family() == jsonwebtoken::AlgorithmFamily::Ed)
        .collect();
    if keys.is_empty() {
        return Err(TokenError::Keys("holds no Ed25519 key with a `kid`".into()));
    }
    Ok(keys)
}

/// A grant that lets one of our own processes read what the others keep.
pub fn for_a_service() -> Rights {
    Rights::of([Grant::everywhere(Role::Reader)])
}

#[cfg(test)]
mod tests;
