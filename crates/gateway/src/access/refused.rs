//! Calls that the door refuses, for the record: who, what, with which key, from where. Never a secret.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use rapporteur_records::{Call, Refused};
use rapporteur_server::tls::Peer;
use rapporteur_server::{REQUEST_ID_KEY, Refusals};
use tonic::{Code, Status};

use super::secret;

/// Puts a refused call on record, if it was refused for who calls or how often. `caller`: whom the door took it for.
#[cold]
pub fn at_the_door(refusals: &Refusals, parts: &Parts, caller: &str, why: &Status) {
    let refused = [
        Code::Unauthenticated,
        Code::PermissionDenied,
        Code::ResourceExhausted,
    ];
    if !refused.contains(&why.code()) {
        return;
    }
    let id = parts.headers.get(REQUEST_ID_KEY);
    let call = Call {
        caller: caller.to_owned(),
        log_id: id
            .and_then(|id| id.to_str().ok())
            .unwrap_or_default()
            .to_owned(),
        ..Call::default()
    };
    let peer = Peer::of(&parts.extensions);
    let refused = Refused {
        call,
        subject: key_in(&parts.headers).unwrap_or_default(),
        why: why.message().to_owned(),
        peer: peer
            .map(|peer| peer.address().ip().to_string())
            .unwrap_or_default(),
        left_out: 0,
    };
    refusals.at_the_door(parts.uri.path(), refused);
}

/// The name of the key that was shown, good or not: its id is no secret.
fn key_in(headers: &HeaderMap) -> Option<String> {
    let credential = headers.get(AUTHORIZATION)?.as_bytes();
    let (_, key) = credential.split_at_checked(7)?;
    let id = secret::id_in(key)?;
    let is_id = id.bytes().all(|b| b.is_ascii_hexdigit());
    is_id.then(|| format!("keys/{id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_was_shown_only_the_id_is_kept() {
        let named = |shown: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, shown.parse().unwrap());
            key_in(&headers)
        };
        let key = secret::new_key("0123456789ab").unwrap();
        assert_eq!(
            named(&format!("Bearer {key}")).unwrap(),
            "keys/0123456789ab"
        );
        for odd in [
            "",
            "Bearer",
            "Bearer hunter2",
            "Bearer rpk_my password",
            &key,
        ] {
            assert_eq!(named(odd), None, "{odd}");
        }
    }
}
