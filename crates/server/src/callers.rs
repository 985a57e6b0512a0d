//! Whom a process believes about who calls.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::AUTHORIZATION;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use rapporteur_access::{Rights, TokenError, Verifier};
use rapporteur_records::Error;
use tonic::Status;

use crate::args::Args;
use crate::caller::{ANONYMOUS, CALLER_KEY};
use crate::run::MainError;
use crate::status;

const CALLER: HeaderName = HeaderName::from_static(CALLER_KEY);
/// How often the file of the gateway's keys is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Whom a process believes about who calls.
#[derive(Clone, Debug, Default)]
pub enum Callers {
    /// Nobody: every caller is anonymous.
    #[default]
    Nobody,
    /// Everybody. Who is named in [`CALLER_KEY`], and who calls without any name, may do everything; only
    /// [`ANONYMOUS`] may not. For loopback, tests and networks that somebody else guards.
    Everybody,
    /// Whoever shows a token that the gateway signed; everybody else is anonymous.
    Signed(Arc<Signed>),
    /// The process establishes the caller behind this layer: the gateway.
    Elsewhere,
}

/// The gateway's public keys, and the file from which they came.
#[derive(Debug)]
pub struct Signed {
    verifier: Verifier,
    file: Option<PathBuf>,
    text: Mutex<String>,
}

impl Callers {
    /// Whom these arguments say to believe.
    pub fn of(args: &Args) -> Result<Self, MainError> {
        if let Some(decided) = &args.callers {
            return Ok(decided.clone());
        }
        match (&args.caller_keys, args.trust_callers) {
            (Some(_), true) => Err("--caller-keys and --trust-callers exclude each other".into()),
            (Some(file), false) => {
                let text = read(file)?;
                let mut signed = Signed::new(&text)
                    .map_err(|error| format!("{}: {error}", file.display()))?;
                signed.file = Some(file.clone());
                Ok(Self::Signed(Arc::new(signed)))
            }
            (None, true) => Ok(Self::Everybody),
            (None, false) => Err(
                "who may call is not said: give --caller-keys FILE (the gateway writes it as caller-keys.json into \
                 its data directory), or --trust-callers where only the gateway can reach this service"
                    .into(),
            ),
        }
    }

    /// Believes what was signed with these keys, a JSON Web Key Set.
    pub fn signed_with(keys: &str) -> Result<Self, TokenError> {
        Ok(Self::Signed(Arc::new(Signed::new(keys)?)))
    }

    /// Says in the headers and extensions of a call who makes it, in place of what the client said of itself.
    pub(crate) fn identify(
        &self,
        headers: &mut HeaderMap,
        extensions: &mut Extensions,
    ) -> Result<(), Box<Status>> {
        match self {
            Self::Elsewhere | Self::Nobody => drop(headers.remove(CALLER)),
            Self::Everybody => {
                let known = headers.get(CALLER).is_none_or(|caller| caller != ANONYMOUS);
                if known {
                    extensions.insert(Rights::All);
                }
            }
            Self::Signed(signed) => {
                headers.remove(CALLER);
                if let Some(token) = bearer(headers)? {
                    let claims = signed.verifier.verify(token, now()).map_err(refused)?;
                    let caller = HeaderValue::from_str(&claims.caller)
                        .map_err(|_| refused(TokenError::Foreign))?;
                    headers.insert(CALLER, caller);
                    extensions.insert(claims.rights());
                }
            }
        }
        Ok(())
    }

    /// Takes over new keys as the file gets them, for as long as the future is polled. It never ends.
    pub(crate) async fn keep_up(&self) {
        let Self::Signed(signed) = self else {
            return std::future::pending().await;
        };
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            signed.look();
        }
    }
}

impl Signed {
    fn new(text: &str) -> Result<Self, TokenError> {
        Ok(Self {
            verifier: Verifier::new(text)?,
            file: None,
            text: Mutex::new(text.to_owned()),
        })
    }

    fn look(&self) {
        let Some(file) = &self.file else {
            return;
        };
        let mut known = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        // A file that is being replaced is looked at again soon.
        let Ok(text) = read(file) else {
            return;
        };
        if *known == text {
            return;
        }
        match self.verifier.replace_keys(&text) {
            Ok(()) => tracing::info!(file = %file.display(), "took over the gateway's new keys"),
            Err(error) => {
                tracing::error!(file = %file.display(), %error, "the gateway's old keys stay");
            }
        }
        *known = text;
    }
}

fn read(file: &Path) -> Result<String, MainError> {
    let text = std::fs::read_to_string(file);
    Ok(text.map_err(|error| format!("{}: {error}", file.display()))?)
}

/// The one bearer token of a call, if it has any.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Box<Status>> {
    let mut credentials = headers.get_all(AUTHORIZATION).iter();
    let Some(credential) = credentials.next() else {
        return Ok(None);
    };
    let token = credential.to_str().ok().and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token)
    });
    match token.filter(|_| credentials.next().is_none()) {
        Some(token) => Ok(Some(token)),
        None => {
            let why = "the authorization header should be `Bearer <caller token>`, once";
            Err(Box::new(status(Error::Unauthenticated(why.into()))))
        }
    }
}

fn refused(error: TokenError) -> Box<Status> {
    Box::new(status(Error::Unauthenticated(error.to_string())))
}

/// Seconds since the Unix epoch.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use rapporteur_access::{Grant, Issuer, Role};
    use tonic::Code;

    use super::*;

    fn identified(callers: &Callers, said: &[(&str, &str)]) -> Result<(String, Rights), Code> {
        let mut headers = HeaderMap::new();
        for (name, value) in said {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.append(name, value.parse().unwrap());
        }
        let mut extensions = Extensions::new();
        callers
            .identify(&mut headers, &mut extensions)
            .map_err(|status| status.code())?;
        assert!(headers.get_all(CALLER).iter().count() < 2);
        let caller = headers
            .get(CALLER)
            .map_or(ANONYMOUS, |c| c.to_str().unwrap());
        let rights = extensions.get::<Rights>().cloned().unwrap_or_default();
        Ok((caller.to_owned(), rights))
    }

    #[test]
    fn only_what_the_gateway_signed_is_believed() {
        let issuer = Issuer::from_seed(&Issuer::generate().unwrap()).unwrap();
        let callers = Callers::signed_with(&issuer.public_keys()).unwrap();
        let rights = Rights::of([Grant::everywhere(Role::Officer)]);
        let (token, _) = issuer.issue("ana", &rights, now()).unwrap();
        let bearer = format!("Bearer {token}");
        let seen = identified(
            &callers,
            &[("authorization", &bearer), (CALLER_KEY, "admin")],
        );
        assert_eq!(seen, Ok(("ana".into(), rights)));
        let smuggled = identified(&callers, &[(CALLER_KEY, "admin")]);
        assert_eq!(smuggled, Ok((ANONYMOUS.into(), Rights::None)));
        for odd in [&["Bearer x"][..], &["Basic x"], &[""], &[&bearer, &bearer]] {
            let said: Vec<_> = odd.iter().map(|text| ("authorization", *text)).collect();
            assert_eq!(
                identified(&callers, &said),
                Err(Code::Unauthenticated),
                "{odd:?}"
            );
        }
        let (old, _) = issuer.issue("ana", &Rights::All, now() - 1_000).unwrap();
        let old = format!("Bearer {old}");
        let expired = identified(&callers, &[("authorization", &old)]);
        assert_eq!(expired, Err(Code::Unauthenticated));
    }

    #[test]
    fn where_everybody_is_believed_the_anonymous_are_not() {
        let all = Callers::Everybody;
        assert_eq!(identified(&all, &[]).unwrap().1, Rights::All);
        assert_eq!(
            identified(&all, &[(CALLER_KEY, "ana")]).unwrap().1,
            Rights::All
        );
        let anonymous = identified(&all, &[(CALLER_KEY, ANONYMOUS)]).unwrap();
        assert_eq!(anonymous.1, Rights::None);
        let nobody = identified(&Callers::Nobody, &[(CALLER_KEY, "ana")]);
        assert_eq!(nobody, Ok((ANONYMOUS.into(), Rights::None)));
    }

    #[test]
    fn it_has_to_be_said() {
        let error = Callers::of(&Args::default()).unwrap_err().to_string();
        assert!(error.contains("--trust-callers"), "{error}");
    }

    #[test]
    fn new_keys_are_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("caller-keys.json");
        let issuer = || Issuer::from_seed(&Issuer::generate().unwrap()).unwrap();
        let (old, new) = (issuer(), issuer());
        std::fs::write(&file, old.public_keys()).unwrap();
        let args = Args {
            caller_keys: Some(file.clone()),
            ..Args::default()
        };
        let callers = Callers::of(&args).unwrap();
        let Callers::Signed(signed) = &callers else {
            panic!("{callers:?}")
        };
        let (token, _) = new.issue("ana", &Rights::All, now()).unwrap();
        assert!(signed.verifier.verify(&token, now()).is_err());
        std::fs::write(&file, "{").unwrap();
        signed.look();
        std::fs::write(&file, new.public_keys()).unwrap();
        signed.look();
        assert!(signed.verifier.verify(&token, now()).is_ok());
    }
}
