//! Who calls, and whether they may call at all. The one place that decides it.
//!
//! A bearer credential is a key, or a token of the identity provider that the operator named; without any a
//! caller is anonymous, and may make the calls that the policy table gives to everybody. Which of the others a
//! known caller may make, and on which record, is decided by the service that owns the record. It hears who
//! calls from here alone, in a token that it verifies.
//!
//! Who holds the admin key may say for whom it calls (`rapporteur-as: NAME`): the caller is then `admin:NAME`, so
//! that those who share the key still are several people where two are needed. What a client says of itself
//! otherwise (`rapporteur-caller`) is struck out, and neither its credential nor that name goes further than here.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::{BoxFuture, Either};
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use rapporteur_access::{Rights, Who, rule};
use rapporteur_records::{Error, time};
use rapporteur_server::tls::Peer;
use rapporteur_server::{ANONYMOUS, CALLER_KEY, Metrics, Refusals, status};
use tonic::Status;
use tonic::body::Body;
use tonic::server::NamedService;
use tower::Service;

use crate::access::{Book, Mint, Oidc, refused, secret};
use crate::key::ADMIN;
use crate::quota::{Quota, QuotaArgs};
use crate::visitor::{By, Visitor};

const CALLER: HeaderName = HeaderName::from_static(CALLER_KEY);
/// For whom the holder of the admin key calls.
const ON_BEHALF: HeaderName = HeaderName::from_static("rapporteur-as");
/// Longest such name, in bytes.
const NAME_BYTES: usize = 64;

/// Decides who a caller is.
#[derive(Debug)]
pub struct Door {
    book: Arc<Book>,
    mint: Arc<Mint>,
    oidc: Option<Arc<Oidc>>,
    quota: Quota,
    metrics: Metrics,
    refusals: Option<Refusals>,
}

impl Door {
    /// A door that the admin key opens wholly; the keys in the book, and the tokens of an identity provider if there is
    /// one, as far as their callers are granted.
    pub fn new(book: Arc<Book>, mint: Arc<Mint>, oidc: Option<Arc<Oidc>>) -> Self {
        Self {
            book,
            mint,
            oidc,
            quota: Quota::new(&QuotaArgs::unlimited()),
            metrics: Metrics::default(),
            refusals: None,
        }
    }

    /// The same; how much each caller asks is counted, and in `metrics` who asks too much.
    pub fn counting(self, quota: Quota, metrics: Metrics) -> Self {
        Self {
            quota,
            metrics,
            ..self
        }
    }

    /// The same; calls that it refuses go on record.
    pub fn recording(self, refusals: Refusals) -> Self {
        let refusals = Some(refusals);
        Self { refusals, ..self }
    }

    /// Says who calls ([`Door::admit`]), and whether that caller may call now.
    pub fn enter(&self, parts: &mut Parts) -> Result<Visitor, Box<Status>> {
        let visitor = self.admit(parts.uri.path(), &mut parts.headers);
        let visitor = visitor.map_err(|why| {
            // The headers still are as they came.
            let known = self.visitor(&parts.headers, time::now_us());
            self.note(parts, known.unwrap_or_default().caller(), why)
        })?;
        let peer = Peer::of(&parts.extensions);
        let counted = self.quota.admit(visitor.caller(), peer);
        counted.map_err(|(refusal, why)| {
            self.metrics.refused(refusal);
            self.note(parts, visitor.caller(), why)
        })?;
        Ok(visitor)
    }

    #[cold]
    fn note(&self, parts: &Parts, caller: &str, why: Box<Status>) -> Box<Status> {
        if let Some(refusals) = &self.refusals {
            refused::at_the_door(refusals, parts, caller, &why);
        }
        why
    }

    /// What has to be waited for before a call with these headers is admitted; `None` nearly always. See
    /// [`Oidc::before`].
    pub fn before(&self, headers: &HeaderMap) -> Option<BoxFuture<'static, ()>> {
        self.oidc.as_ref()?.before(headers)
    }

    /// Puts the caller into the headers of a call, in place of what the client said, or refuses the call.
    pub fn admit(&self, path: &str, headers: &mut HeaderMap) -> Result<Visitor, Box<Status>> {
        self.admitted(path, headers)
            .map_err(|error| Box::new(status(error)))
    }

    fn admitted(&self, path: &str, headers: &mut HeaderMap) -> Result<Visitor, Error> {
        let now_us = time::now_us();
        let visitor = on_behalf(self.visitor(headers, now_us)?, headers)?;
        let rule = rule(path.strip_prefix('/').unwrap_or(path));
        match rule {
            Some(rule) if rule.who == Who::Anyone || visitor.is_known() => {}
            // Nobody has said who may: so nobody but those who may everything.
            None if visitor.rights == Rights::All => {}
            _ if !visitor.is_known() => {
                let why = "this call needs a key: send it as `authorization: Bearer <key>`";
                return Err(Error::Unauthenticated(why.to_owned()));
            }
            _ => {
                let why = "this call is in no table of who may make it";
                return Err(Error::PermissionDenied(why.to_owned()));
            }
        }
        headers.remove(ON_BEHALF);
        if visitor.is_known() {
            let papers = self
                .mint
                .papers(visitor.caller(), &visitor.rights, now_us)?;
            headers.insert(AUTHORIZATION, papers.credential);
            headers.insert(CALLER, papers.caller);
        } else {
            headers.insert(CALLER, HeaderValue::from_static(ANONYMOUS));
        }
        Ok(visitor)
    }

    fn visitor(&self, headers: &HeaderMap, now_us: i64) -> Result<Visitor, Error> {
        let unauthenticated = |why: &str| Error::Unauthenticated(why.to_owned());
        let mut credentials = headers.get_all(AUTHORIZATION).iter();
        let Some(credential) = credentials.next() else {
            return Ok(Visitor::default());
        };
        let credential = bearer(credential.as_bytes()).filter(|_| credentials.next().is_none());
        let credential = credential.ok_or_else(|| {
            unauthenticated("the authorization header should be `Bearer <key>`, once")
        })?;
        if secret::is_key(credential) {
            return self.holder(credential, now_us);
        }
        let Some(oidc) = &self.oidc else {
            let why = "this is no key (those begin with `rpk_`), and no tokens are taken here";
            return Err(unauthenticated(why));
        };
        let identity = oidc.identity(credential, now_us)?;
        let rights = self.book.live().rights(&identity.caller, now_us);
        let visitor = Visitor::known(identity.caller, By::Oidc, rights);
        Ok(visitor.until(Some(identity.until_us)))
    }

    /// Who holds a key.
    fn holder(&self, key: &[u8], now_us: i64) -> Result<Visitor, Error> {
        let unauthenticated = |why: &str| Error::Unauthenticated(why.to_owned());
        let hash = secret::hash(key);
        let live = self.book.live();
        if live.is_admin(&hash, now_us) {
            let admin = Visitor::known(ADMIN.into(), By::Key, Rights::All);
            return Ok(admin.showing(None, hash));
        }
        let id = secret::id_in(key);
        let known = id.and_then(|id| live.keys.get(id));
        let known = known
            .filter(|known| known.opens(&hash, now_us))
            .ok_or_else(|| unauthenticated("the key is not known here, or not any more"))?;
        if known.until_us <= now_us {
            return Err(unauthenticated("the key has expired"));
        }
        let rights = live.rights(&known.caller, now_us);
        let until_us = (known.until_us != i64::MAX).then_some(known.until_us);
        let visitor = Visitor::known(known.caller.clone(), By::Key, rights);
        Ok(visitor.until(until_us).showing(id, hash))
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
fn on_behalf(visitor: Visitor, headers: &HeaderMap) -> Result<Visitor, Error> {
    let mut names = headers.get_all(ON_BEHALF).iter();
    let Some(name) = names.next() else {
        return Ok(visitor);
    };
    if visitor.rights != Rights::All {
        let why = format!("only with the admin key may a call be made as somebody ({ON_BEHALF})");
        return Err(Error::PermissionDenied(why));
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._@-".contains(&b);
    let name = name
        .to_str()
        .ok()
        .filter(|name| (1..=NAME_BYTES).contains(&name.len()) && name.bytes().all(plain))
        .filter(|_| names.next().is_none());
    let shape = || format!("should be 1 to {NAME_BYTES} of A-Z a-z 0-9 . _ @ -, once");
    let name = name.ok_or_else(|| Error::invalid(ON_BEHALF.as_str(), shape()))?;
    let caller = format!("{}:{name}", visitor.caller());
    Ok(visitor.named(caller.into()))
}

/// What is in a bearer credential; the scheme may be written in any case (RFC 9110).
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

type Answered = Result<Response<Body>, Infallible>;

impl<S> Guarded<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    fn pass(&mut self, request: Request<Body>) -> Either<Ready<Answered>, S::Future> {
        let (mut parts, body) = request.into_parts();
        match self.door.enter(&mut parts) {
            Ok(visitor) => {
                parts.extensions.insert(visitor.rights.clone());
                parts.extensions.insert(visitor);
                Either::Right(self.inner.call(Request::from_parts(parts, body)))
            }
            Err(status) => Either::Left(ready(Ok(status.into_http()))),
        }
    }
}

impl<S> Service<Request<Body>> for Guarded<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Either<BoxFuture<'static, Answered>, Either<Ready<Answered>, S::Future>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match self.door.before(request.headers()) {
            None => Either::Right(self.pass(request)),
            Some(before) => {
                // The one that is ready goes along.
                let clone = self.clone();
                let mut ready = std::mem::replace(self, clone);
                Either::Left(Box::pin(async move {
                    before.await;
                    ready.pass(request).await
                }))
            }
        }
    }
}

#[cfg(test)]
mod tests;
