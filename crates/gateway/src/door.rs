//! Who calls, and whether they may call at all. The one place that decides it.
//!
//! A bearer key makes the caller `admin`; without any header a caller is anonymous and may read. What
//! a client says of itself (`rapporteur-caller`) is struck out, and the key goes no further than here.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::Either;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use rapporteur_records::Error;
use rapporteur_server::{ANONYMOUS, CALLER_KEY, status};
use subtle::ConstantTimeEq as _;
use tonic::Status;
use tonic::body::Body;
use tonic::server::NamedService;
use tower::Service;

use crate::key::ADMIN;

const CALLER: HeaderName = HeaderName::from_static(CALLER_KEY);

/// What a method does to the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Read,
    /// It may change it.
    Write,
}

/// First words of the names of methods that change nothing.
const READS: [&str; 8] = [
    "Get",
    "List",
    "BatchGet",
    "Watch",
    "Resolve",
    "Trace",
    "Check",
    "ServerReflectionInfo",
];
/// First words of the names of methods that change something.
const WRITES: [&str; 29] = [
    "Create",
    "Update",
    "Plan",
    "Confirm",
    "Hold",
    "Report",
    "Close",
    "Postpone",
    "Cancel",
    "Correct",
    "Activate",
    "HandOver",
    "Adopt",
    "BringIntoForce",
    "Expire",
    "Supersede",
    "Address",
    "Respond",
    "Track",
    "Table",
    "Withdraw",
    "Redraft",
    "Reject",
    "Elapse",
    "Retire",
    "Revive",
    "Delete",
    "Import",
    "Export",
];

/// What the method of a path does. `None`: nobody has said, so nobody but the admin may call it.
pub fn access(path: &str) -> Option<Access> {
    let method = path.rsplit('/').next().unwrap_or_default();
    let begins = |word: &&str| {
        method
            .strip_prefix(*word)
            .is_some_and(|rest| rest.bytes().next().is_none_or(|b| b.is_ascii_uppercase()))
    };
    if READS.iter().any(begins) {
        Some(Access::Read)
    } else if WRITES.iter().any(begins) {
        Some(Access::Write)
    } else {
        None
    }
}

/// Decides who a caller is.
#[derive(Debug)]
pub struct Door {
    admin: [u8; 32],
}

impl Door {
    /// A door that the key with this BLAKE3 opens.
    pub fn new(admin: [u8; 32]) -> Self {
        Self { admin }
    }

    /// Puts the caller into the headers of a call, in place of what the client said, or refuses the call.
    pub fn admit(&self, path: &str, headers: &mut HeaderMap) -> Result<(), Box<Status>> {
        let caller = self
            .caller(path, headers)
            .map_err(|why| Box::new(status(Error::Unauthenticated(why.to_owned()))))?;
        headers.remove(AUTHORIZATION);
        headers.insert(CALLER, HeaderValue::from_static(caller));
        Ok(())
    }

    fn caller(&self, path: &str, headers: &HeaderMap) -> Result<&'static str, &'static str> {
        let mut credentials = headers.get_all(AUTHORIZATION).iter();
        let Some(credential) = credentials.next() else {
            return match access(path) {
                Some(Access::Read) => Ok(ANONYMOUS),
                _ => Err("this call needs a key: send it as `authorization: Bearer <key>`"),
            };
        };
        let key = bearer(credential.as_bytes()).filter(|_| credentials.next().is_none());
        let key = key.ok_or("the authorization header should be `Bearer <key>`, once")?;
        let hash = blake3::hash(key);
        if bool::from(hash.as_bytes().ct_eq(&self.admin)) {
            Ok(ADMIN)
        } else {
            Err("the key is not known here")
        }
    }

    /// A service of the gateway's own behind this door.
    pub fn guard<S>(self: &Arc<Self>, inner: S) -> Guarded<S> {
        Guarded {
            inner,
            door: self.clone(),
        }
    }
}

/// The key in a credential; the scheme may be written in any case (RFC 9110).
fn bearer(credential: &[u8]) -> Option<&[u8]> {
    let (scheme, key) = credential.split_at_checked(7)?;
    (scheme.eq_ignore_ascii_case(b"Bearer ") && !key.is_empty()).then_some(key)
}

/// A service behind the door.
#[derive(Clone, Debug)]
pub struct Guarded<S> {
    inner: S,
    door: Arc<Door>,
}

impl<S: NamedService> NamedService for Guarded<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request<Body>> for Guarded<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Either<Ready<Result<Response<Body>, Infallible>>, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        match self.door.admit(parts.uri.path(), &mut parts.headers) {
            Ok(()) => Either::Right(self.inner.call(Request::from_parts(parts, body))),
            Err(status) => Either::Left(ready(Ok(status.into_http()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    const KEY: &str = "rpk_a_b";
    const READ: &str = "/rapporteur.events.v1.EventService/GetEvent";
    const WRITE: &str = "/rapporteur.events.v1.EventService/CreateEvent";

    fn admitted(path: &str, credentials: &[&str]) -> Result<String, Code> {
        let mut headers = HeaderMap::new();
        headers.insert(CALLER, HeaderValue::from_static("somebody-else"));
        for credential in credentials {
            headers.append(AUTHORIZATION, credential.parse().unwrap());
        }
        let door = Door::new(*blake3::hash(KEY.as_bytes()).as_bytes());
        door.admit(path, &mut headers)
            .map_err(|status| status.code())?;
        assert!(
            headers.get(AUTHORIZATION).is_none(),
            "the key goes no further"
        );
        assert_eq!(headers.get_all(CALLER).iter().count(), 1);
        Ok(headers[CALLER].to_str().unwrap().to_owned())
    }

    #[test]
    fn every_method_is_said_to_read_or_to_write() {
        let mut methods = 0;
        for service in rapporteur_proto::descriptor_pool().services() {
            for method in service.methods() {
                let path = format!("/{}/{}", service.full_name(), method.name());
                let access = access(&path)
                    .unwrap_or_else(|| panic!("{path}: add its first word to READS or WRITES"));
                // A method whose answer has changes to repeat is a write; this catches a read that is none.
                let repeatable = method.input().get_field_by_name("request_id").is_some();
                assert_eq!(access == Access::Write, repeatable, "{path}");
                let expected = if access == Access::Read {
                    Ok(ANONYMOUS.to_owned())
                } else {
                    Err(Code::Unauthenticated)
                };
                assert_eq!(admitted(&path, &[]), expected, "{path} without a key");
                assert_eq!(
                    admitted(&path, &["Bearer rpk_a_b"]),
                    Ok(ADMIN.to_owned()),
                    "{path} with the key"
                );
                assert_eq!(
                    admitted(&path, &["Bearer rpk_a_c"]),
                    Err(Code::Unauthenticated),
                    "{path} with a wrong key"
                );
                methods += 1;
            }
        }
        assert!(methods > 80, "{methods}");
    }

    #[test]
    fn words_end_where_words_end() {
        assert_eq!(access("/x/Get"), Some(Access::Read));
        assert_eq!(access("/x/Getaway"), None);
        assert_eq!(access("/x/Planet"), None);
        assert_eq!(access(""), None);
        assert_eq!(
            admitted("/x/Getaway", &[]),
            Err(Code::Unauthenticated),
            "what nobody classified is closed"
        );
    }

    #[test]
    fn a_credential_that_is_no_key_is_refused_even_for_reads() {
        for odd in [
            &["Basic rpk_a_b"][..],
            &["Bearer"],
            &["Bearer "],
            &["rpk_a_b"],
            &["Bearer rpk_a_b", "Bearer rpk_a_b"],
            &[""],
        ] {
            assert_eq!(admitted(READ, odd), Err(Code::Unauthenticated), "{odd:?}");
        }
        assert_eq!(admitted(WRITE, &["bearer rpk_a_b"]), Ok(ADMIN.to_owned()));
    }
}
