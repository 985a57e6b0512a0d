//! The secrets of keys: 256 random bits, of which only the BLAKE3 is kept (a random key needs no slow hash).

use bytes::Bytes;
use prost::Message;
use rapporteur_records::Error;
use rapporteur_store::Write;
use rapporteur_store::key::Key;
use subtle::ConstantTimeEq as _;

/// Row space of secrets.
pub const SPACE: u8 = 0x11;
/// How every key begins; scanners for leaked secrets know keys by it.
const PREFIX: &str = "rpk_";
/// Bytes of a key's id, twice as many hexadecimal digits.
const ID_BYTES: usize = 6;
const SECRET_BYTES: usize = 32;

/// The BLAKE3 of a whole key.
pub type Hash = [u8; 32];

/// A new id for a key.
pub fn new_id() -> Result<String, Error> {
    random::<ID_BYTES>()
}

/// A new whole key with this id, `rpk_<id>_<secret>`.
pub fn new_key(id: &str) -> Result<String, Error> {
    Ok(format!("{PREFIX}{id}_{}", random::<SECRET_BYTES>()?))
}

fn random<const N: usize>() -> Result<String, Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::Internal(format!("no randomness for a key: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What is kept of a whole key.
pub fn hash(key: &[u8]) -> Hash {
    *blake3::hash(key).as_bytes()
}

/// Whether this is meant as a key rather than as a token.
pub fn is_key(credential: &[u8]) -> bool {
    credential.starts_with(PREFIX.as_bytes())
}

/// The id in a whole key, if it is written like one.
pub fn id_in(key: &[u8]) -> Option<&str> {
    let rest = key.strip_prefix(PREFIX.as_bytes())?;
    let (id, _) = rest.split_at_checked(2 * ID_BYTES)?;
    std::str::from_utf8(id).ok()
}

/// What is kept of the secrets of one key.
#[derive(Clone, PartialEq, Message)]
pub struct Secrets {
    /// [`Hash`] of the key as it is.
    #[prost(bytes = "vec", tag = "1")]
    pub current: Vec<u8>,
    /// [`Hash`] of the key as it was before the last rotation; empty when there is none.
    #[prost(bytes = "vec", tag = "2")]
    pub previous: Vec<u8>,
    /// Until when that one is good, in microseconds since the Unix epoch.
    #[prost(int64, tag = "3")]
    pub previous_until_us: i64,
}

/// Which of a key's secrets was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one that it has.
    Current,
    /// The one that it had before the last rotation.
    Previous,
}

impl Secrets {
    /// Those of a new key.
    pub fn of(current: &Hash) -> Self {
        Self {
            current: current.to_vec(),
            ..Self::default()
        }
    }

    /// The key was given a new secret; the old one is good until then.
    #[must_use]
    pub fn rotated(self, current: &Hash, previous_until_us: i64) -> Self {
        Self {
            current: current.to_vec(),
            previous: self.current,
            previous_until_us,
        }
    }

    /// Which secret has this hash and is good at `now_us`. Compares in constant time.
    pub fn which(&self, hash: &Hash, now_us: i64) -> Option<Which> {
        if bool::from(self.current.ct_eq(hash)) {
            Some(Which::Current)
        } else if bool::from(self.previous.ct_eq(hash)) && now_us < self.previous_until_us {
            Some(Which::Previous)
        } else {
            None
        }
    }

    /// The row of a key.
    pub fn row(id: &str) -> Bytes {
        Key::new(SPACE).str(id).into_bytes()
    }

    /// Keeps them.
    pub fn write(&self, id: &str) -> Write {
        Write::put(Self::row(id), self.encode_to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_told_apart_by_its_id() {
        let id = new_id().unwrap();
        let (one, other) = (new_key(&id).unwrap(), new_key(&id).unwrap());
        assert_ne!(one, other);
        let parts: Vec<&str> = one.split('_').collect();
        assert_eq!((parts[0], parts[1], parts[2].len()), ("rpk", &*id, 64));
        assert_eq!(id_in(one.as_bytes()), Some(&*id));
        for odd in ["", "rpk_", "rpk_12", "eyJhbGciOi", "rpk-0123456789ab_x"] {
            assert_eq!(id_in(odd.as_bytes()), None, "{odd}");
        }
    }

    #[test]
    fn the_old_secret_is_good_for_its_time() {
        let [one, two, three] = ["one", "two", "three"].map(|key| hash(key.as_bytes()));
        let first = Secrets::of(&one);
        assert_eq!(first.which(&one, 0), Some(Which::Current));
        assert_eq!(first.which(&two, 0), None);
        let second = first.rotated(&two, 10);
        assert_eq!(second.which(&two, 99), Some(Which::Current));
        assert_eq!(second.which(&one, 9), Some(Which::Previous));
        assert_eq!(second.which(&one, 10), None);
        let third = second.rotated(&three, 20);
        assert_eq!(third.which(&one, 0), None, "the one before that is gone");
        assert_eq!(third.which(&two, 19), Some(Which::Previous));
    }

    #[test]
    fn an_empty_hash_opens_nothing() {
        assert_eq!(Secrets::default().which(&[0; 32], 0), None);
    }
}
