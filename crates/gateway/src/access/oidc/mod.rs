//! Callers whom an identity provider knows (OpenID Connect). The gateway takes its tokens, it hands out none and
//! knows no secret of it.
//!
//! A token is believed when it is signed with a key that the issuer publishes, by one of the algorithms below (none
//! with a shared secret among them), for this audience, in its time. Who calls is said by one claim, which the
//! operator chooses:
//!
//! - `email`: the caller is the address, unless the provider says that it is not verified. Somebody who has a key
//!   under the same address is the same person, on purpose.
//! - any other, such as `sub`: the caller is `oidc:` and the value. No key is anybody's of such a name, so a
//!   provider whose users choose what the claim says cannot make them anybody else.
//!
//! | module | holds |
//! | --- | --- |
//! | [`keys`] | the issuer's keys, fetched again in time |
//! | [`fetch`] | one document from an address |

pub mod fetch;
pub mod keys;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use futures::future::BoxFuture;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation};
use quick_cache::sync::Cache;
use rapporteur_access::signatures;
use rapporteur_records::Error;
use serde::Deserialize;
use serde_json::{Map, Value};

use self::fetch::Fetch;
use self::keys::Keys;
use super::secret::{self, Hash};
use super::{OIDC_PREFIX, check_granted_caller};

/// How tokens may be signed.
pub const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];
/// How far clocks may be apart, in seconds.
const LEEWAY: u64 = 10;
/// Longest token that is looked at; headers are not longer anyway.
const TOKEN_BYTES: usize = 14 << 10;
/// Verified tokens that are remembered.
const REMEMBERED: usize = 4_096;
/// The claim that says who calls, when the operator names none.
const EMAIL: &str = "email";

/// Whose tokens are taken.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct OidcArgs {
    /// Take tokens of this OpenID Connect issuer, such as https://id.example.org; https, but on loopback
    #[arg(long, value_name = "URL", requires = "oidc_audience")]
    pub oidc_issuer: Option<String>,
    /// For whom its tokens must be: what their `aud` claim says
    #[arg(long, value_name = "AUDIENCE", requires = "oidc_issuer")]
    pub oidc_audience: Option<String>,
    /// The claim that says who calls: `email` (the caller is the address), or another (the caller is `oidc:` and
    /// its value); email when not given
    #[arg(long, value_name = "CLAIM", requires = "oidc_issuer")]
    pub oidc_caller_claim: Option<String>,
    /// Where the issuer's keys are; asked of the issuer when not given
    #[arg(long, value_name = "URL", requires = "oidc_issuer")]
    pub oidc_jwks: Option<String>,
    /// Certificates (PEM) of the authority that the issuer's own is signed by; the authorities of this machine when not
    /// given
    #[arg(long, value_name = "FILE", requires = "oidc_issuer")]
    pub oidc_ca: Option<PathBuf>,
}

/// Believes the tokens of one issuer.
pub struct Oidc {
    keys: Keys,
    issuer: String,
    claim: String,
    validation: Validation,
    remembered: Cache<Hash, Identity>,
}

impl fmt::Debug for Oidc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Oidc({})", self.issuer)
    }
}

/// Whom a token names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The caller's id.
    pub caller: Arc<str>,
    /// Until when the token is good, in microseconds since the Unix epoch.
    pub until_us: i64,
    /// Which keys it was verified with.
    generation: u64,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    exp: f64,
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl Oidc {
    /// What the operator configured; `None` when that is nothing.
    pub fn new(arguments: &OidcArgs) -> Result<Option<Arc<Self>>, Error> {
        let Some(issuer) = &arguments.oidc_issuer else {
            return Ok(None);
        };
        let audience = arguments.oidc_audience.as_ref();
        let audience = audience
            .ok_or_else(|| Error::invalid("oidc-audience", "is missing; the issuer needs one"))?;
        signatures::install();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["iss", "aud", "exp"]);
        Ok(Some(Arc::new(Self {
            keys: Keys::of(
                issuer,
                arguments.oidc_jwks.as_deref(),
                Fetch::trusting(arguments.oidc_ca.as_deref())?,
            )?,
            issuer: issuer.clone(),
            claim: arguments
                .oidc_caller_claim
                .clone()
                .unwrap_or_else(|| EMAIL.to_owned()),
            validation,
            remembered: Cache::new(REMEMBERED),
        })))
    }

    /// Keeps the issuer's keys fresh, for ever.
    pub async fn follow(&self) {
        self.keys.follow().await;
    }

    /// What has to be waited for before a call with these headers is judged: a look for a key that is not known
    /// yet. `None` nearly always, since such looks are rare and few.
    pub fn before(self: &Arc<Self>, headers: &HeaderMap) -> Option<BoxFuture<'static, ()>> {
        let credential = headers.get(AUTHORIZATION)?.as_bytes();
        let token = credential.get(7..).filter(|it| !secret::is_key(it))?;
        if self.remembered.get(&secret::hash(token)).is_some() || token.len() > TOKEN_BYTES {
            return None;
        }
        let kid = jsonwebtoken::decode_header(token).ok()?.kid?;
        if self.keys.knows(&kid) {
            return None;
        }
        let oidc = self.clone();
        if self.keys.may_look() {
            return Some(Box::pin(async move {
                oidc.keys.look().await;
            }));
        }
        // Somebody looks already: what is found is good for this one too.
        let looking = self.keys.is_looking();
        looking.then(|| -> BoxFuture<'static, ()> {
            Box::pin(async move { oidc.keys.looked().await })
        })
    }

    /// Whom a token names, if it is believed.
    pub fn identity(&self, token: &[u8], now_us: i64) -> Result<Identity, Error> {
        let hash = secret::hash(token);
        let generation = self.keys.generation();
        let remembered = self.remembered.get(&hash);
        let identity = match remembered.filter(|it| it.generation == generation) {
            Some(identity) => identity,
            None => {
                let identity = self.read(token, generation)?;
                self.remembered.insert(hash, identity.clone());
                identity
            }
        };
        if now_us < identity.until_us {
            Ok(identity)
        } else {
            Err(refused("has expired"))
        }
    }

    fn read(&self, token: &[u8], generation: u64) -> Result<Identity, Error> {
        if token.len() > TOKEN_BYTES {
            return Err(refused("is too long"));
        }
        let header = jsonwebtoken::decode_header(token)
            .map_err(|_| refused("is neither a key nor a signed token (JWT)"))?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(refused(why(&ErrorKind::InvalidAlgorithm)));
        }
        if header.crit.is_some() {
            // RFC 7515 4.1.11.
            return Err(refused("asks for what is not understood here (`crit`)"));
        }
        let kid = header
            .kid
            .ok_or_else(|| refused("does not say its key (`kid`)"))?;
        let key = self.keys.get(&kid, header.alg);
        let key =
            key.ok_or_else(|| refused("is signed with a key that its issuer does not have"))?;
        // One algorithm, which is one for this key: the library wants no others beside it.
        let validation = Validation {
            algorithms: vec![header.alg],
            ..self.validation.clone()
        };
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation);
        let claims = claims.map_err(|error| refused(why(error.kind())))?.claims;
        if claims.iss != self.issuer {
            return Err(refused("is of another issuer"));
        }
        #[allow(
            clippy::cast_possible_truncation,
            reason = "a time far off is cut to the last one"
        )]
        let until_us = (claims.exp * 1e6) as i64;
        Ok(Identity {
            caller: self.caller(&claims.others)?.into(),
            until_us: until_us.saturating_add(LEEWAY as i64 * 1_000_000),
            generation,
        })
    }

    /// Who calls, by the claim that says so.
    fn caller(&self, claims: &Map<String, Value>) -> Result<String, Error> {
        let value = claims.get(&self.claim).and_then(Value::as_str);
        let value = value.ok_or_else(|| refused(&format!("does not say {}", self.claim)))?;
        let caller = if self.claim == EMAIL {
            let verified = claims.get("email_verified");
            if matches!(verified, Some(Value::Bool(false))) || verified == Some(&"false".into()) {
                return Err(refused("has an address that is not verified"));
            }
            if !value.contains('@') || value.starts_with(OIDC_PREFIX) {
                return Err(refused("has no address as its email"));
            }
            value.to_owned()
        } else {
            format!("{OIDC_PREFIX}{value}")
        };
        check_granted_caller(&caller)
            .map_err(|wrong| refused(&format!("names a caller who cannot be: {wrong}")))?;
        Ok(caller)
    }
}

fn refused(why: &str) -> Error {
    Error::Unauthenticated(format!("the token {why}"))
}

fn why(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::ExpiredSignature => "has expired",
        ErrorKind::ImmatureSignature => "is not good yet",
        ErrorKind::InvalidAudience => "is for somebody else (`aud`)",
        ErrorKind::InvalidAlgorithm => "is signed in a way that is not taken here (`alg`)",
        ErrorKind::MissingRequiredClaim(_) => "lacks one of iss, aud and exp",
        _ => "is not one that its issuer signed",
    }
}
