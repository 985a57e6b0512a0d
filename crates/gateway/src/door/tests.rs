//! Tests of the door.

use rapporteur_access::{Issuer, POLICY, Verifier};
use rapporteur_records::Records;
use rapporteur_store::Store;
use rapporteur_store::sled::{Options, SledStore};
use tonic::Code;

use super::*;

const KEY: &str = "rpk_0123456789ab_b";
const READ: &str = "/rapporteur.events.v1.EventService/GetEvent";
const WRITE: &str = "/rapporteur.events.v1.EventService/CreateEvent";

/// A door that only the admin key opens.
struct Bare {
    door: Door,
    verifier: Verifier,
    _folder: tempfile::TempDir,
}

async fn bare() -> Bare {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = SledStore::open(folder.path(), Options::default()).unwrap();
    let issuer = Issuer::from_seed(&Issuer::generate().unwrap()).unwrap();
    let verifier = Verifier::new(&issuer.public_keys()).unwrap();
    crate::key::keep(&store, KEY).await;
    let book = Book::open(Records::new(store)).await.unwrap();
    let (book, mint) = (Arc::new(book), Arc::new(Mint::of(issuer)));
    Bare {
        door: Door::new(book, mint, None),
        verifier,
        _folder: folder,
    }
}

impl Bare {
    fn admitted(&self, path: &str, credentials: &[&str]) -> Result<String, Code> {
        self.admitted_as(path, credentials, &[])
    }

    fn admitted_as(
        &self,
        path: &str,
        credentials: &[&str],
        names: &[&str],
    ) -> Result<String, Code> {
        let mut headers = HeaderMap::new();
        headers.append(CALLER, HeaderValue::from_static("somebody-else"));
        headers.append(CALLER, HeaderValue::from_static("admin"));
        for credential in credentials {
            headers.append(AUTHORIZATION, credential.parse().unwrap());
        }
        for name in names {
            headers.append(ON_BEHALF, name.parse().unwrap());
        }
        let admitted = self.door.admit(path, &mut headers);
        let visitor = admitted.map_err(|status| status.code())?;
        assert_eq!(headers.get(ON_BEHALF), None, "the name goes no further");
        assert_eq!(headers.get_all(CALLER).iter().count(), 1);
        assert_eq!(headers[CALLER], visitor.caller());
        let credentials: Vec<_> = headers.get_all(AUTHORIZATION).iter().collect();
        if visitor.is_known() {
            // In place of the key.
            let [token] = &credentials[..] else {
                panic!("{credentials:?}")
            };
            let token = token.to_str().unwrap().strip_prefix("Bearer ").unwrap();
            let now = u64::try_from(time::now_us() / 1_000_000).unwrap();
            let claims = self.verifier.verify(token, now).unwrap();
            assert_eq!(claims.caller, visitor.caller());
            assert_eq!(claims.rights(), visitor.rights);
        } else {
            assert_eq!(credentials.len(), 0);
            assert_eq!(visitor.rights, Rights::None);
        }
        Ok(visitor.caller().to_owned())
    }
}

#[tokio::test]
async fn the_anonymous_make_the_calls_that_the_table_gives_to_everybody() {
    let bare = bare().await;
    for (rpc, who) in POLICY {
        let path = format!("/{rpc}");
        let expected = match who {
            Who::Anyone => Ok(ANONYMOUS.to_owned()),
            _ => Err(Code::Unauthenticated),
        };
        assert_eq!(bare.admitted(&path, &[]), expected, "{path} without a key");
        let admin = bare.admitted(&path, &[&format!("Bearer {KEY}")]);
        assert_eq!(admin, Ok(ADMIN.to_owned()), "{path} with the key");
        let wrong = bare.admitted(&path, &["Bearer rpk_0123456789ab_c"]);
        assert_eq!(wrong, Err(Code::Unauthenticated), "{path} with a wrong key");
    }
    let unheard = "/rapporteur.events.v1.EventService/GetAnything";
    assert_eq!(bare.admitted(unheard, &[]), Err(Code::Unauthenticated));
    let admin = bare.admitted(unheard, &[&format!("Bearer {KEY}")]);
    assert_eq!(admin, Ok(ADMIN.to_owned()));
}

#[tokio::test]
async fn the_admin_may_call_as_somebody() {
    let bare = bare().await;
    let key = format!("Bearer {KEY}");
    let longest = "n".repeat(64);
    for name in ["ana", "a.B_c@example-1.org", &longest] {
        let caller = bare.admitted_as(READ, &[&key], &[name]);
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
        let refused = bare.admitted_as(READ, &[&key], odd);
        assert_eq!(refused, Err(Code::InvalidArgument), "{odd:?}");
    }
    let anonymous = bare.admitted_as(READ, &[], &["ana"]);
    assert_eq!(anonymous, Err(Code::PermissionDenied));
    let unknown = bare.admitted_as(READ, &["Bearer rpk_0123456789ab_c"], &["ana"]);
    assert_eq!(unknown, Err(Code::Unauthenticated));
}

#[tokio::test]
async fn a_credential_that_is_no_key_is_refused_even_for_reads() {
    let bare = bare().await;
    let key = format!("Bearer {KEY}");
    for odd in [
        &["Basic rpk_0123456789ab_b"][..],
        &["Bearer"],
        &["Bearer "],
        &["Bearer rpk_"],
        &["Bearer a.b.c"],
        &[KEY],
        &[&key, &key],
        &[&key, "Bearer x"],
        &[&format!("{key}, {key}")],
        &[""],
    ] {
        let refused = bare.admitted(READ, odd);
        assert_eq!(refused, Err(Code::Unauthenticated), "{odd:?}");
    }
    let lower = bare.admitted(WRITE, &[&key.replace("Bearer", "bearer")]);
    assert_eq!(lower, Ok(ADMIN.to_owned()));
}
