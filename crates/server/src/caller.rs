//! Who calls, and under which request id.
//!
//! The gateway establishes the caller and signs for it; [`crate::Callers`] says whom a process believes, and
//! leaves the caller's id in the metadata `rapporteur-caller` and its [`Rights`] in the extensions of the request.
//! A call without them is [`ANONYMOUS`].

use std::convert::Infallible;
use std::str::FromStr;

use rapporteur_access::Rights;
use rapporteur_records::Sight;
use tonic::Request;
use tonic::metadata::MetadataMap;

/// Metadata key of the caller's id. The gateway strips it from what it receives and sets it anew.
pub const CALLER_KEY: &str = "rapporteur-caller";
/// Metadata key of the request id, on requests and on responses.
pub const REQUEST_ID_KEY: &str = "x-request-id";
/// The id of a caller of whom nothing is known.
pub const ANONYMOUS: &str = "anonymous";

/// Longest caller id, in bytes.
const CALLER_BYTES: usize = 128;
/// Longest request id, in bytes.
const REQUEST_ID_BYTES: usize = 64;

/// The one who calls, as the change record keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Id of the person or program, or [`ANONYMOUS`]. At most 128 bytes of `[A-Za-z0-9._@:/+-]`.
    pub id: String,
    /// Id of this request in logs and answers. Never empty behind [`crate::serve()`].
    pub request_id: String,
    /// What the caller is granted.
    pub rights: Rights,
}

impl Caller {
    /// The caller of a request. Take it before `into_inner`.
    pub fn of<T>(request: &Request<T>) -> Self {
        let rights = request.extensions().get::<Rights>();
        Self {
            rights: rights.cloned().unwrap_or_default(),
            ..Self::from(request.metadata())
        }
    }

    /// Whether anything is known of the caller.
    pub fn is_known(&self) -> bool {
        self.id != ANONYMOUS || self.rights != Rights::None
    }

    /// Which internal records the caller of a request sees.
    pub fn sight_of<T>(request: &Request<T>) -> Sight {
        let rights = request.extensions().get::<Rights>();
        rights.map_or(Sight::Public, Self::sight)
    }

    /// Which internal records somebody with these rights sees.
    pub fn sight(rights: &Rights) -> Sight {
        match rights {
            Rights::None => Sight::Public,
            rights if rights.reads_everything() => Sight::Everything,
            rights => Sight::dialogues(rights.reads_in()),
        }
    }
}

impl From<&MetadataMap> for Caller {
    fn from(metadata: &MetadataMap) -> Self {
        let text = |key, valid: fn(&[u8]) -> bool| {
            metadata
                .get(key)
                .filter(|value| valid(value.as_encoded_bytes()))
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        Self {
            // A malformed id gets the least rights, not the request refused: only a fault of the gateway makes one.
            id: text(CALLER_KEY, is_caller_id).unwrap_or_else(|| ANONYMOUS.to_owned()),
            request_id: text(REQUEST_ID_KEY, is_request_id).unwrap_or_default(),
            rights: Rights::None,
        }
    }
}

impl FromStr for Caller {
    type Err = Infallible;

    /// A caller by id without a request, for work that a process starts by itself and for tests.
    fn from_str(id: &str) -> Result<Self, Infallible> {
        let id = if is_caller_id(id.as_bytes()) {
            id
        } else {
            ANONYMOUS
        };
        Ok(Self {
            id: id.to_owned(),
            request_id: String::new(),
            rights: Rights::None,
        })
    }
}

/// Whether this may stand as a caller's id.
pub fn is_caller_id(value: &[u8]) -> bool {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"._@:/+-".contains(b);
    (1..=CALLER_BYTES).contains(&value.len()) && value.iter().all(plain)
}

/// Whether a request id that a client sent is taken over: 1 to 64 of `[A-Za-z0-9-]`.
pub fn is_request_id(value: &[u8]) -> bool {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || *b == b'-';
    (1..=REQUEST_ID_BYTES).contains(&value.len()) && value.iter().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(id: &str, request_id: &str) -> Caller {
        let mut request = Request::new(());
        request
            .metadata_mut()
            .insert(CALLER_KEY, id.parse().unwrap());
        request
            .metadata_mut()
            .insert(REQUEST_ID_KEY, request_id.parse().unwrap());
        Caller::of(&request)
    }

    #[test]
    fn a_caller_is_read_from_metadata() {
        let seen = caller("users/a.b@example.org", "0-a");
        assert_eq!(
            seen,
            Caller {
                id: "users/a.b@example.org".into(),
                request_id: "0-a".into(),
                rights: Rights::None,
            }
        );
        assert_eq!(Caller::of(&Request::new(())).id, ANONYMOUS);
    }

    #[test]
    fn odd_values_count_as_absent() {
        for odd in ["", "a b", "a\tb", "a;b", &"a".repeat(129)] {
            assert_eq!(caller(odd, "x").id, ANONYMOUS, "{odd:?}");
        }
        for odd in ["", "a_b", "a b", &"a".repeat(65)] {
            assert_eq!(caller("x", odd).request_id, "", "{odd:?}");
        }
        assert_eq!(
            caller(&"a".repeat(128), &"b".repeat(64)).request_id.len(),
            64
        );
    }

    #[test]
    fn a_caller_by_id() {
        assert_eq!("importer".parse::<Caller>().unwrap().id, "importer");
        assert_eq!("\u{202e}".parse::<Caller>().unwrap().id, ANONYMOUS);
    }
}
