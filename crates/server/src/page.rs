//! Pages of lists (AIP-158): how large, and where the next one begins.
//!
//! A page token is the last key shown and a keyed hash over it and the query's other arguments, so
//! that a token is only good for the query that made it. It carries no right: whoever makes a token
//! up gets no more than the same query started elsewhere, and services read only below their own
//! prefix in any case. The key follows from the id of the store, so a token outlives a restart and is
//! good on every replica.

use std::any::type_name;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use prost::Message;
use rapporteur_records::Error;
use uuid::Uuid;

/// Page size when none is asked for.
pub const DEFAULT_PAGE_SIZE: usize = 50;
/// Largest page; more is answered with this many.
pub const MAX_PAGE_SIZE: usize = 1_000;
/// A page ends early when its records have this many bytes together, so that it stays below
/// [`crate::MAX_ENCODING_BYTES`] with one more record (of at most 1 MiB) in it.
pub const PAGE_BYTES: usize = 2 << 20;

/// Bytes of the hash in a token: a guess succeeds once in 2^96.
const MAC_BYTES: usize = 12;
/// Longest token that is looked at: the longest key of the store and the hash, with room.
const TOKEN_CHARS: usize = 2_048;
const FIELD: &str = "page_token";

/// What identifies a query apart from its page. See [`fingerprint`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of the same query asked under other circumstances, such as by somebody who sees more.
    #[must_use]
    pub fn with(self, circumstances: &[u8]) -> Self {
        Self(*blake3::keyed_hash(&self.0, circumstances).as_bytes())
    }
}

/// The fingerprint of a list request. Clear `page_token` and `page_size` in it first: a client may
/// change the page size on the way.
pub fn fingerprint<M: Message>(query: &M) -> Fingerprint {
    let mut hash = blake3::Hasher::new();
    // Two methods may have requests that encode alike.
    hash.update(type_name::<M>().as_bytes())
        .update(&[0])
        .update(&query.encode_to_vec());
    Fingerprint(*hash.finalize().as_bytes())
}

/// How many records a page holds: 0 asks for the default, too many is not an error.
pub fn page_size(requested: i32) -> Result<usize, Error> {
    match usize::try_from(requested) {
        Ok(0) => Ok(DEFAULT_PAGE_SIZE),
        Ok(size) => Ok(size.min(MAX_PAGE_SIZE)),
        Err(_) => Err(Error::invalid(
            "page_size",
            format!("{requested} is negative; 0 means {DEFAULT_PAGE_SIZE}"),
        )),
    }
}

/// Makes and checks the page tokens of one store. Make one when the service starts.
#[derive(Clone)]
pub struct PageToken {
    key: [u8; 32],
}

impl PageToken {
    /// The tokens of the store with this id.
    pub fn new(store_id: Uuid) -> Self {
        Self {
            key: blake3::derive_key("rapporteur 2026-11 page token", store_id.as_bytes()),
        }
    }

    /// The token of the page after `last_key`, as URL-safe text.
    pub fn encode(&self, query: Fingerprint, last_key: &[u8]) -> String {
        let mut bytes = Vec::with_capacity(MAC_BYTES + last_key.len());
        bytes.extend_from_slice(&self.mac(query, last_key));
        bytes.extend_from_slice(last_key);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The last key that was shown. An empty token stands for the first page and gives an empty key.
    pub fn decode(&self, token: &str, query: Fingerprint) -> Result<Vec<u8>, Error> {
        if token.is_empty() {
            return Ok(Vec::new());
        }
        let unknown = || {
            Error::invalid(
                FIELD,
                "is not a page token of this service; start again without one",
            )
        };
        if token.len() > TOKEN_CHARS {
            return Err(unknown());
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| unknown())?;
        let (mac, last_key) = bytes.split_at_checked(MAC_BYTES).ok_or_else(unknown)?;
        // blake3's own comparison would need the whole hash; a token opens nothing, so time tells nothing.
        if mac != self.mac(query, last_key) {
            return Err(Error::invalid(
                FIELD,
                "belongs to a query with other arguments, or was altered; repeat the first query's arguments",
            ));
        }
        Ok(last_key.to_vec())
    }

    fn mac(&self, query: Fingerprint, last_key: &[u8]) -> [u8; MAC_BYTES] {
        let mut hash = blake3::Hasher::new_keyed(&self.key);
        let mut mac = [0; MAC_BYTES];
        // The fingerprint has a fixed length, so the two parts cannot be mixed up.
        hash.update(&query.0)
            .update(last_key)
            .finalize_xof()
            .fill(&mut mac);
        mac
    }
}

impl std::fmt::Debug for PageToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PageToken").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Fingerprint {
        fingerprint(&text.to_owned())
    }

    fn refused(result: Result<Vec<u8>, Error>) -> bool {
        matches!(result, Err(Error::Invalid { violations }) if violations[0].field == FIELD)
    }

    #[test]
    fn a_token_leads_back_to_its_key() {
        let tokens = PageToken::new(Uuid::from_u128(1));
        for key in [&b"e|dialogues/un-sc/events/7"[..], b"", b"\0\xff"] {
            let token = tokens.encode(query("a"), key);
            assert!(
                token
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)),
                "{token}"
            );
            assert!(token.len() <= (key.len() + MAC_BYTES) * 4 / 3 + 2);
            assert_eq!(tokens.decode(&token, query("a")).unwrap(), key);
            // A restart and a replica have the same key.
            assert_eq!(
                PageToken::new(Uuid::from_u128(1))
                    .decode(&token, query("a"))
                    .unwrap(),
                key
            );
        }
        assert_eq!(tokens.decode("", query("a")).unwrap(), b"");
        let longest = tokens.encode(query("a"), &[7; 1 << 10]);
        assert!(tokens.decode(&longest, query("a")).is_ok());
    }

    #[test]
    fn a_token_is_good_for_its_query_only() {
        let tokens = PageToken::new(Uuid::from_u128(1));
        let token = tokens.encode(query("a"), b"key");
        assert!(refused(tokens.decode(&token, query("b"))));
        assert!(
            refused(tokens.decode(&token, fingerprint(&b"a".to_vec()))),
            "another message that encodes alike"
        );
        assert!(refused(
            PageToken::new(Uuid::from_u128(2)).decode(&token, query("a"))
        ));
    }

    #[test]
    fn a_token_with_any_bit_flipped_is_refused() {
        let tokens = PageToken::new(Uuid::from_u128(1));
        let token = tokens.encode(query("a"), b"the last key");
        let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(refused(
                tokens.decode(&URL_SAFE_NO_PAD.encode(bytes), query("a"))
            ));
        }
        for text in [
            "x",
            "====",
            "a b",
            "%00",
            &"A".repeat(3_000),
            &token[..token.len() - 1],
        ] {
            assert!(refused(tokens.decode(text, query("a"))), "{text}");
        }
    }

    #[test]
    fn page_sizes() {
        assert_eq!(page_size(0).unwrap(), 50);
        assert_eq!(page_size(1).unwrap(), 1);
        assert_eq!(page_size(1_000).unwrap(), 1_000);
        assert_eq!(page_size(i32::MAX).unwrap(), 1_000);
        assert!(
            matches!(page_size(-1), Err(Error::Invalid { violations }) if violations[0].field == "page_size")
        );
    }
}
