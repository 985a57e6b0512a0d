//! Who calls, and whether they may call at all. The one place that decides it.
//!
//! A bearer key makes the caller `admin`; without any header a caller is anonymous and may read. Who holds the
//! key may say for whom it calls (`rapporteur-as: NAME`): the caller is then `admin:NAME`, so that those who
//! share the key still are several people where two are needed. What a client says of itself otherwise
//! (`rapporteur-caller`) is struck out, and neither the key nor that name goes further than here.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::Either;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use rapporteur_records::Error;
use rapporteur_server::tls::Peer;
use rapporteur_server::{ANONYMOUS, CALLER_KEY, status};
use subtle::ConstantTimeEq as _;
use tonic::Status;
use tonic::body::Body;
use tonic::server::NamedService;
use tower::Service;

use crate::key::ADMIN;
use crate::quota::{Quota, QuotaArgs};

const CALLER: HeaderName = HeaderName::from_static(CALLER_KEY);
/// For whom the holder of the admin key calls.
const ON_BEHALF: HeaderName = HeaderName::from_static("rapporteur-as");
/// Longest such name, in bytes.
const NAME_BYTES: usize = 64;

/// What a method does to the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Read,
    /// It may change it.
    Write,
}

/// First words of the names of methods that change nothing.
const READS: [&str; 9] = [
    "Get",
    "List",
    "BatchGet",
    "Watch",
    "Resolve",
    "Trace",
    "Check",
    "Count",
    "ServerReflectionInfo",
];
/// First words of the names of methods that change something.
const WRITES: [&str; 40] = [
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
    "Accept",
    "Decline",
    "Start",
    "Resume",
    "Complete",
    "Reopen",
    "Verify",
    "Reassign",
    "Submit",
    "Return",
    "Publish",
    "Retract",
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
    quota: Quota,
}

impl Door {
    /// A door that the key with this BLAKE3 opens.
    pub fn new(admin: [u8; 32]) -> Self {
        let quota = Quota::new(&QuotaArgs::unlimited());
        Self { admin, quota }
    }

    /// The same; how much each caller asks is counted.
    pub fn counting(self, quota: Quota) -> Self {
        Self { quota, ..self }
    }

    /// Says who calls ([`Door::admit`]), and whether that caller may call now.
    pub fn enter(&self, parts: &mut Parts) -> Result<(), Box<Status>> {
        self.admit(parts.uri.path(), &mut parts.headers)?;
        let caller = parts.headers.get(CALLER).and_then(|id| id.to_str().ok());
        let peer = Peer::of(&parts.extensions);
        self.quota.admit(caller.unwrap_or(ANONYMOUS), peer)
    }

    /// Puts the caller into the headers of a call, in place of what the client said, or refuses the call.
    pub fn admit(&self, path: &str, headers: &mut HeaderMap) -> Result<(), Box<Status>> {
        let caller = self
            .caller(path, headers)
            .and_then(|caller| on_behalf(caller, headers))
            .map_err(|error| Box::new(status(error)))?;
        headers.remove(AUTHORIZATION);
        headers.remove(ON_BEHALF);
        headers.insert(CALLER, caller);
        Ok(())
    }

    fn caller(&self, path: &str, headers: &HeaderMap) -> Result<&'static str, Error> {
        let unauthenticated = |why: &str| Error::Unauthenticated(why.to_owned());
        let mut credentials = headers.get_all(AUTHORIZATION).iter();
        let Some(credential) = credentials.next() else {
            return match access(path) {
                Some(Access::Read) => Ok(ANONYMOUS),
                _ => Err(unauthenticated(
                    "this call needs a key: send it as `authorization: Bearer <key>`",
                )),
            };
        };
        let key = bearer(credential.as_bytes()).filter(|_| credentials.next().is_none());
        let key = key.ok_or_else(|| {
            unauthenticated("the authorization header should be `Bearer <key>`, once")
        })?;
        let hash = blake3::hash(key);
        if bool::from(hash.as_bytes().ct_eq(&self.admin)) {
            Ok(ADMIN)
        } else {
            Err(unauthenticated("the key is not known here"))
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

/// The caller with the name of the person for whom it calls, when it says one.
fn on_behalf(caller: &'static str, headers: &HeaderMap) -> Result<HeaderValue, Error> {
    let mut names = headers.get_all(ON_BEHALF).iter();
    let Some(name) = names.next() else {
        return Ok(HeaderValue::from_static(caller));
    };
    if caller != ADMIN {
        let why = format!("only with the admin key may a call be made as somebody ({ON_BEHALF})");
        return Err(Error::PermissionDenied(why));
    }
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"._@-".contains(b);
    let name = Some(name.as_bytes())
        .filter(|name| (1..=NAME_BYTES).contains(&name.len()) && name.iter().all(plain))
        .filter(|_| names.next().is_none());
    let shape = format!("should be 1 to {NAME_BYTES} of A-Z a-z 0-9 . _ @ -, once");
    let name = name.ok_or_else(|| Error::invalid(ON_BEHALF.as_str(), &shape))?;
    HeaderValue::from_bytes(&[caller.as_bytes(), b":", name].concat())
        .map_err(|_| Error::invalid(ON_BEHALF.as_str(), shape))
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
        match self.door.enter(&mut parts) {
            Ok(()) => Either::Right(self.inner.call(Request::from_parts(parts, body))),
            Err(status) => Either::Left(ready(Ok(status.into_http()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;
    use crate::routes::is_public;

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
        let services = rapporteur_proto::descriptor_pool().services();
        for service in services.filter(|service| is_public(service.full_name())) {
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
    fn the_admin_may_call_as_somebody() {
        let door = Door::new(*blake3::hash(KEY.as_bytes()).as_bytes());
        let admitted = |key: Option<&str>, names: &[&str]| {
            let mut headers = HeaderMap::new();
            for name in names {
                headers.append(ON_BEHALF, name.parse().unwrap());
            }
            if let Some(key) = key {
                headers.insert(AUTHORIZATION, format!("Bearer {key}").parse().unwrap());
            }
            door.admit(READ, &mut headers).map_err(|s| s.code())?;
            assert!(headers.get(ON_BEHALF).is_none(), "the name goes no further");
            Ok::<_, Code>(headers[CALLER].to_str().unwrap().to_owned())
        };
        let longest = "n".repeat(64);
        for name in ["ana", "a.B_c@example-1.org", &longest] {
            let caller = admitted(Some(KEY), &[name]);
            assert_eq!(caller, Ok(format!("admin:{name}")));
            assert!(rapporteur_server::is_caller_id(caller.unwrap().as_bytes()));
        }
        let long = "n".repeat(65);
        for odd in [
            &[""][..],
            &["a b"],
            &["a:b"],
            &["a/b"],
            &[&long],
            &["a", "b"],
        ] {
            assert_eq!(
                admitted(Some(KEY), odd),
                Err(Code::InvalidArgument),
                "{odd:?}"
            );
        }
        assert_eq!(admitted(None, &["ana"]), Err(Code::PermissionDenied));
        assert_eq!(
            admitted(Some("rpk_other"), &["ana"]),
            Err(Code::Unauthenticated)
        );
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
