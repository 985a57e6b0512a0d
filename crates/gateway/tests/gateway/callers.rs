//! Who may call, and under which name the service hears of it.

use rapporteur_access::{Rights, Verifier};

use super::*;
use crate::echo::Events;

pub(crate) const READ: &str = "/rapporteur.events.v1.EventService/GetEvent";
pub(crate) const WRITE: &str = "/rapporteur.events.v1.EventService/CreateEvent";

/// A service that tells what it heard, and a gateway in front of it.
pub(crate) async fn behind() -> (Upstream, Gateway) {
    let upstream = Upstream::start(Routes::new(Events::default())).await;
    let gateway = Gateway::start(&upstream.url, &nobody().await).await;
    (upstream, gateway)
}

/// The values of a header that the service heard.
fn said(seen: &str, header: &str) -> Vec<String> {
    seen.lines()
        .filter_map(|line| line.strip_prefix(header)?.strip_prefix(": "))
        .map(str::to_owned)
        .collect()
}

/// Whom the service takes the caller for, by the header and by the token, which have to agree.
pub(crate) async fn heard(
    gateway: &Gateway,
    path: &str,
    request: Request<String>,
) -> Result<(String, Rights), Status> {
    let seen = gateway.call(path, request).await?.into_inner();
    assert!(
        !seen.contains("rpk_") && !seen.contains("rapporteur-as"),
        "a key or a claim went on: {seen}"
    );
    let [caller] = &said(&seen, "rapporteur-caller")[..] else {
        panic!("{seen}")
    };
    let rights = match &said(&seen, "authorization")[..] {
        [] => {
            assert_eq!(caller, "anonymous");
            Rights::None
        }
        [credential] => {
            let keys = std::fs::read_to_string(gateway.folder.path().join("caller-keys.json"));
            let verifier = Verifier::new(&keys.unwrap()).unwrap();
            let token = credential.strip_prefix("Bearer ").unwrap();
            let now = std::time::SystemTime::now();
            let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
            let claims = verifier.verify(token, now).unwrap();
            assert_eq!(&claims.caller, caller);
            claims.rights()
        }
        more => panic!("{more:?}"),
    };
    Ok((caller.clone(), rights))
}

async fn caller(gateway: &Gateway, request: Request<String>) -> String {
    heard(gateway, READ, request).await.unwrap().0
}

fn with(mut request: Request<String>, headers: &[(&'static str, &str)]) -> Request<String> {
    for (name, value) in headers {
        request.metadata_mut().append(*name, value.parse().unwrap());
    }
    request
}

#[tokio::test]
async fn the_service_hears_who_calls_from_the_gateway_alone() {
    let (_upstream, gateway) = behind().await;
    let spoofed = |request| {
        let claims = [
            ("rapporteur-caller", "admin"),
            ("rapporteur-caller", "root"),
        ];
        with(request, &claims)
    };
    assert_eq!(caller(&gateway, nothing()).await, "anonymous");
    assert_eq!(caller(&gateway, spoofed(nothing())).await, "anonymous");
    let keyed = spoofed(gateway.keyed(String::new()));
    let heard = heard(&gateway, READ, keyed).await.unwrap();
    assert_eq!(heard, ("admin".to_owned(), Rights::All));
}

#[tokio::test]
async fn with_the_admin_key_a_call_is_made_as_somebody() {
    let (_upstream, gateway) = behind().await;
    let named = |request, name: &str| with(request, &[("rapporteur-as", name)]);
    let as_ana = named(gateway.keyed(String::new()), "ana");
    assert_eq!(caller(&gateway, as_ana).await, "admin:ana");
    let odd = named(gateway.keyed(String::new()), "ana maria");
    let refused = gateway.call(READ, odd).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
    let refused = gateway.call(READ, named(nothing(), "ana")).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test]
async fn anonymous_callers_read_and_do_not_write() {
    let (_upstream, gateway) = behind().await;
    gateway.call(READ, nothing()).await.unwrap();
    for path in [WRITE, "/rapporteur.events.v1.EventService/GetUnheard"] {
        let refused = gateway.call(path, nothing()).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated, "{path}");
        assert_eq!(
            refused.get_error_details().error_info().unwrap().reason,
            "UNAUTHENTICATED"
        );
        gateway
            .call(path, gateway.keyed(String::new()))
            .await
            .unwrap();
    }
    let key = format!("Bearer {}", gateway.key);
    for credentials in [
        &["Bearer rpk_000000000000_0000"][..],
        &["Basic abc"],
        &["Bearer "],
        &["Bearer a.b.c"],
        &[&key, &key],
        &[&key, "Bearer rpk_000000000000_0000"],
    ] {
        let headers: Vec<_> = credentials
            .iter()
            .map(|it| ("authorization", *it))
            .collect();
        let refused = gateway.call(READ, with(nothing(), &headers)).await;
        let code = refused.unwrap_err().code();
        assert_eq!(code, Code::Unauthenticated, "{credentials:?}");
    }
}

#[tokio::test]
async fn the_key_outlives_a_restart() {
    let (upstream, gateway) = behind().await;
    let key = gateway.key.clone();
    let folder = gateway.stop().await;
    let gateway = Gateway::start_in(folder, &upstream.url, &nobody().await).await;
    assert_eq!(gateway.key, key);
    gateway
        .call(WRITE, gateway.keyed(String::new()))
        .await
        .unwrap();
}
