//! The keys with which the gateway signs caller tokens: one that signs, one that is published before it does, and those
//! whose tokens have not expired yet.

use std::sync::Arc;

use bytes::Bytes;
use prost::Message;
use rapporteur_access::Issuer;
use rapporteur_access::token::{LIFETIME, public_keys};
use rapporteur_records::{Call, Error, Records, Result};
use rapporteur_store::key::Key;
use rapporteur_store::{Batch, Check, Store, Write};
use uuid::Uuid;

use super::book::decoded;

/// Row space of the gateway's own keys, as in `crate::key`.
const SPACE: u8 = 0x10;
const ROW: &str = "caller-tokens";
/// The name under which it is rotated.
pub const NAME: &str = "keys/signing";
/// Services take over new keys within seconds: a new one is published at least so long before it signs.
const SHORTEST_LEAD_US: i64 = 10_000_000;
/// For how long after the last signature a key is believed: the life of a token, and clocks that differ.
const BELIEVED_US: i64 = (LIFETIME as i64 + 60) * 1_000_000;
/// How the one key was kept before it could be rotated.
const BARE_SEED: usize = 32;

/// The row of the keys.
pub(super) fn row() -> Bytes {
    Key::new(SPACE).str(ROW).into_bytes()
}

/// Whether a row of the gateway's store holds a key with which it signs. Such commits are not shown as they are stored.
pub fn is_secret(key: &[u8]) -> bool {
    key == &row()[..]
}

/// The keys as they are kept.
#[derive(Clone, PartialEq, Message)]
struct Kept {
    #[prost(message, repeated, tag = "1")]
    keys: Vec<Seed>,
}

#[derive(Clone, PartialEq, Message)]
struct Seed {
    #[prost(bytes = "vec", tag = "1")]
    seed: Vec<u8>,
    /// When it begins to sign, in microseconds since the Unix epoch.
    #[prost(int64, tag = "2")]
    since_us: i64,
    /// Until when it is believed; [`i64::MAX`] = there is none after it.
    #[prost(int64, tag = "3")]
    until_us: i64,
}

impl Kept {
    fn read(bytes: &[u8]) -> Result<Self> {
        if bytes.len() != BARE_SEED {
            return decoded(bytes);
        }
        let only = Seed {
            seed: bytes.to_vec(),
            since_us: i64::MIN,
            until_us: i64::MAX,
        };
        Ok(Self { keys: vec![only] })
    }

    /// A new key, that signs from then on.
    fn rotated(mut self, seed: Vec<u8>, now_us: i64, since_us: i64) -> Self {
        self.keys.retain(|key| key.until_us > now_us);
        for key in &mut self.keys {
            key.until_us = key.until_us.min(since_us + BELIEVED_US);
        }
        self.keys.push(Seed {
            seed,
            since_us,
            until_us: i64::MAX,
        });
        self
    }
}

/// The keys as they are used.
#[derive(Debug)]
pub(super) struct Ring(Vec<Signing>);

#[derive(Debug)]
struct Signing {
    issuer: Issuer,
    since_us: i64,
    until_us: i64,
}

impl Ring {
    pub(super) fn of(issuer: Issuer) -> Self {
        Self(vec![Signing {
            issuer,
            since_us: i64::MIN,
            until_us: i64::MAX,
        }])
    }

    pub(super) async fn read(store: &Arc<dyn Store>) -> Result<Self> {
        let kept = store.get(&row()).await?;
        let kept = kept.ok_or_else(|| Error::Internal("the signing keys vanished".into()))?;
        let keys = Kept::read(&kept.value)?.keys.into_iter();
        let signing = |key: Seed| {
            Ok(Signing {
                issuer: Issuer::from_seed(&key.seed)
                    .map_err(|error| Error::Internal(error.to_string()))?,
                since_us: key.since_us,
                until_us: key.until_us,
            })
        };
        Ok(Self(keys.map(signing).collect::<Result<_>>()?))
    }

    /// The one that signs at a moment: the last that has begun to.
    pub(super) fn signing(&self, now_us: i64) -> Option<&Issuer> {
        let begun = self.0.iter().filter(|key| key.since_us <= now_us);
        begun.max_by_key(|key| key.since_us).map(|key| &key.issuer)
    }

    /// Those that are to be believed, as a JSON Web Key Set.
    pub(super) fn public_keys(&self, now_us: i64) -> String {
        let good = self.0.iter().filter(|key| key.until_us > now_us);
        public_keys(good.map(|key| &key.issuer))
    }
}

/// Makes a new key, publishes it, and signs with it from `lead_us` on; the old one is believed until its tokens have
/// expired. On record as the act of a call. Gives the moment from which the new one signs.
pub async fn rotate(records: &Records, call: &Call, lead_us: i64) -> Result<i64> {
    let found = records.store().get(&row()).await?;
    let found = found.ok_or_else(|| Error::Internal("the signing keys vanished".into()))?;
    let now_us = records.now_us();
    let since_us = now_us + lead_us.max(SHORTEST_LEAD_US);
    if call.validate_only {
        return Ok(since_us);
    }
    let seed = Issuer::generate().map_err(|error| Error::Internal(error.to_string()))?;
    let kept = Kept::read(&found.value)?.rotated(seed, now_us, since_us);
    let batch = Batch {
        op_id: Uuid::now_v7(),
        time_us: now_us,
        checks: vec![Check {
            key: row(),
            version: found.version,
        }],
        writes: vec![Write::put(row(), kept.encode_to_vec())],
        meta: Bytes::new(),
    };
    records.act_on(call, NAME, batch).await?;
    Ok(since_us)
}

#[cfg(test)]
mod tests {
    use rapporteur_access::{Rights, Verifier};

    use super::*;

    fn ring(kept: &Kept) -> Ring {
        let signing = |key: &Seed| Signing {
            issuer: Issuer::from_seed(&key.seed).unwrap(),
            since_us: key.since_us,
            until_us: key.until_us,
        };
        Ring(kept.keys.iter().map(signing).collect())
    }

    #[test]
    fn at_every_moment_of_a_rotation_what_is_signed_is_believed() {
        const SECOND: i64 = 1_000_000;
        let begin = 1_800_000_000 * SECOND;
        let seed = Issuer::generate().unwrap();
        let before = Kept::read(&seed).unwrap();
        let after = before
            .clone()
            .rotated(Issuer::generate().unwrap(), begin, begin + 60 * SECOND);
        let after = Kept::read(&after.encode_to_vec()).unwrap();
        let (old, new) = (ring(&before), ring(&after));
        let keys = |at: i64| new.public_keys(at);
        let mut tokens: Vec<(String, i64)> = Vec::new();
        for second in 0..1_000 {
            let now = begin + second * SECOND;
            let seconds = u64::try_from(now / SECOND).unwrap();
            let issuer = new.signing(now).unwrap();
            let (token, _) = issuer.issue("ana", &Rights::None, seconds).unwrap();
            tokens.push((token, second));
            // Services read the file some seconds late.
            let verifier = Verifier::new(&keys(now - 5 * SECOND)).unwrap();
            for (token, made) in &tokens {
                if second - made < 300 && (second - made) % 37 == 0 {
                    verifier.verify(token, seconds).unwrap();
                }
            }
        }
        assert!(
            keys(begin).matches("kid").count() == 2,
            "published before it signs"
        );
        assert_eq!(
            keys(begin + 1_000 * SECOND).matches("kid").count(),
            1,
            "the old one is gone"
        );
        let now = u64::try_from(begin / SECOND).unwrap() + 1_000;
        let (token, _) = old
            .signing(begin)
            .unwrap()
            .issue("ana", &Rights::None, now)
            .unwrap();
        let verifier = Verifier::new(&keys(begin + 1_000 * SECOND)).unwrap();
        assert!(
            verifier.verify(&token, now).is_err(),
            "nobody believes the old key any more"
        );
    }
}
