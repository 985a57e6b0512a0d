//! Who calls, and what they are granted: keys, grants and the tokens that say so to the services.
//!
//! Keys and grants are records in the gateway's own store, with history and etags like all others. Of a key's
//! secret only the BLAKE3 is kept, in a row beside the record that no call, feed or list shows. Every gateway
//! has all live keys and grants in memory ([`book`]) and hears of a change in its store at once, so a call costs
//! one hash and one look-up, and what is revoked is felt by the next call.
//!
//! Rows in the gateway's store besides the records (spaces 01 to 05 belong to the records layer):
//!
//! ```text
//! 0x10 | "admin"          the admin key, see `key.rs`
//! 0x10 | "caller-tokens"  the keys that sign caller tokens, see `ring.rs`
//! 0x11 | key id           the hashes of a key's secrets
//! 0x12 | key id           when the key was last used
//! 0x13                    rewritten by every change of keys and grants, so that one look tells of any
//! 0x14, 0x15, 0x16        rows of imports, how far these are, snapshots of calendars, see `crate::import::kept`
//! ```
//!
//! | module | holds |
//! | --- | --- |
//! | [`key`], [`grant`] | the two nouns and what may be done with them |
//! | [`secret`] | the secrets of keys, and what is kept of them |
//! | [`book`] | all live keys and grants, in memory |
//! | [`refused`] | calls that the door refuses, for the record |
//! | [`usage`] | when keys were last used |
//! | [`standing`] | whether who watches still may |
//! | [`mint`] | caller tokens for the services |
//! | [`ring`] | the keys with which they are signed |
//! | [`oidc`] | callers whom an identity provider knows |
//! | [`service`] | it all over gRPC |

pub mod book;
pub mod grant;
pub mod key;
pub mod mint;
pub mod oidc;
pub mod refused;
pub mod ring;
pub mod secret;
pub mod service;
pub mod standing;
pub mod usage;

pub use book::Book;
pub use mint::Mint;
pub use oidc::{Oidc, OidcArgs};

use rapporteur_records::AnyNoun;
use rapporteur_server::{ANONYMOUS, is_caller_id};

use crate::key::ADMIN;

/// The nouns that the gateway keeps.
pub static NOUNS: [&dyn AnyNoun; 3] = [&key::KEY, &grant::GRANT, &crate::import::noun::IMPORT];
/// How the ids of callers begin whom an identity provider knows by another claim than an address.
pub const OIDC_PREFIX: &str = "oidc:";
/// Longest caller of a key, in bytes.
const KEY_CALLER_BYTES: usize = 64;

/// What is wrong with the caller of a key. Such a name has no `:`, so that it is neither somebody for whom the
/// admin calls (`admin:NAME`) nor somebody whom an identity provider named (`oidc:NAME`).
pub fn check_key_caller(caller: &str) -> Result<(), String> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._@-".contains(&b);
    if !(1..=KEY_CALLER_BYTES).contains(&caller.len()) || !caller.bytes().all(plain) {
        return Err(format!(
            "should be 1 to {KEY_CALLER_BYTES} of A-Z a-z 0-9 . _ @ -"
        ));
    }
    reserved(caller)
}

/// What is wrong with the caller of a grant: who calls with a key, or whom an identity provider named.
pub fn check_granted_caller(caller: &str) -> Result<(), String> {
    let rest = caller.strip_prefix(OIDC_PREFIX).unwrap_or(caller);
    if !is_caller_id(caller.as_bytes())
        || rest.is_empty()
        || (rest.len() == caller.len() && rest.contains([':', '/']))
    {
        return Err(format!(
            "should be the caller of a key, an address, or {OIDC_PREFIX}CLAIM, in at most 128 of A-Z a-z 0-9 . _ @ + - (and : / in a claim)"
        ));
    }
    reserved(caller)
}

/// These say something else in the change log.
fn reserved(caller: &str) -> Result<(), String> {
    if caller == ADMIN || caller == ANONYMOUS {
        return Err(format!("{caller} is nobody's name; take another"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_of_keys_and_grants() {
        for good in ["website", "ana@mfa.example", "A.b_c-9", &"a".repeat(64)] {
            assert_eq!(check_key_caller(good), Ok(()), "{good}");
            assert_eq!(check_granted_caller(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "admin",
            "anonymous",
            "admin:ana",
            "oidc:ana",
            "a b",
            "a/b",
            "é",
            &"a".repeat(65),
        ] {
            assert!(check_key_caller(bad).is_err(), "{bad}");
        }
        for good in [
            "oidc:https://id.example/users/7",
            "oidc:7f",
            "a+b@mfa.example",
        ] {
            assert_eq!(check_granted_caller(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "oidc:",
            "admin",
            "anonymous",
            "admin:ana",
            "a b",
            "a/b",
            "oidc:a|b",
            &"a".repeat(129),
        ] {
            assert!(check_granted_caller(bad).is_err(), "{bad}");
        }
    }
}
