//! Callers whom an identity provider knows, and those who only say so.

use std::sync::atomic::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

use rapporteur_access::Rights;
use rapporteur_proto::gateway::v1::access_service_client::AccessServiceClient;
use rapporteur_proto::gateway::v1::{GetCallerRequest, Role};
use serde_json::{Value, json};

use super::*;
use crate::access::{granted, made, with_key};
use crate::callers::{READ, WRITE, heard};
use crate::echo::Events;
use crate::issuer::{Provider, SigningKey, base64url};

const AUDIENCE: &str = "rapporteur-test";

async fn behind(provider: &Provider, claim: Option<&str>) -> (Upstream, Gateway) {
    let oidc = OidcArgs {
        oidc_issuer: Some(provider.url.clone()),
        oidc_audience: Some(AUDIENCE.to_owned()),
        oidc_caller_claim: claim.map(str::to_owned),
        oidc_jwks: None,
        oidc_ca: None,
    };
    let upstream = Upstream::start(Routes::new(Events::default())).await;
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::start_with(
        folder,
        &upstream.url,
        &nobody().await,
        Own {
            oidc,
            ..Own::default()
        },
    )
    .await;
    (upstream, gateway)
}

fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap().as_secs()
}

/// What the provider says of Ana.
fn ana(provider: &Provider) -> Value {
    json!({
        "iss": provider.url, "aud": AUDIENCE, "sub": "7", "email": "ana@mfa.example",
        "email_verified": true, "iat": now(), "nbf": now(), "exp": now() + 300,
    })
}

async fn caller(gateway: &Gateway, token: &str) -> Result<(String, Rights), Status> {
    heard(gateway, READ, with_key(token, String::new())).await
}

/// The same, when the provider's keys have come.
async fn at_last(gateway: &Gateway, token: &str) -> (String, Rights) {
    let known = async {
        loop {
            if let Ok(known) = caller(gateway, token).await {
                return known;
            }
        }
    };
    soon("the provider's keys", known).await
}

#[tokio::test]
async fn whom_the_provider_knows_may_do_what_they_are_granted() {
    let (rsa, ec) = (SigningKey::rsa("r1"), SigningKey::ec("e1"));
    let provider = Provider::start(&[&rsa, &ec]).await;
    let (_upstream, gateway) = behind(&provider, None).await;
    let nobody = ("ana@mfa.example".to_owned(), Rights::None);
    for key in [&rsa, &ec] {
        let token = key.token(&ana(&provider));
        assert_eq!(at_last(&gateway, &token).await, nobody);
    }
    let token = ec.token(&ana(&provider));
    granted(
        &gateway,
        "ana@mfa.example",
        Role::Officer,
        "dialogues/rabat",
    )
    .await;
    let (_, rights) = caller(&gateway, &token).await.unwrap();
    assert_eq!(rights.grants().len(), 1);
    // Somebody with a key under the same address is the same person.
    let (_, key) = made(&gateway, "ana@mfa.example").await;
    assert_eq!(caller(&gateway, &key).await.unwrap().1, rights);
    let mut access = AccessServiceClient::new(gateway.channel.clone());
    let who = access
        .get_caller(with_key(&token, GetCallerRequest {}))
        .await;
    let who = who.unwrap().into_inner();
    assert_eq!((&*who.by, who.grants.len()), ("oidc", 1));
    assert!(who.expire_time.is_some());
    let mut as_somebody = with_key(&token, String::new());
    let name = "bo".parse().unwrap();
    as_somebody.metadata_mut().insert("rapporteur-as", name);
    let refused = gateway.call(READ, as_somebody).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn what_the_provider_did_not_sign_for_us_is_refused() {
    let (rsa, ec, foreign) = (
        SigningKey::rsa("r1"),
        SigningKey::ec("e1"),
        SigningKey::ec("e1"),
    );
    let provider = Provider::start(&[&rsa, &ec]).await;
    let (_upstream, gateway) = behind(&provider, None).await;
    let good = ec.token(&ana(&provider));
    at_last(&gateway, &good).await;
    let but = |field: &str, value: Value| {
        let mut claims = ana(&provider);
        claims[field] = value;
        claims
    };
    let without = |field: &str| {
        let mut claims = ana(&provider);
        claims.as_object_mut().unwrap().remove(field);
        claims
    };
    let head = |alg: &str, kid: &str| json!({"alg": alg, "typ": "JWT", "kid": kid});
    let [start, _, signature] = &good.split('.').collect::<Vec<_>>()[..] else {
        panic!("{good}")
    };
    let all = base64url(but("email", json!("admin@mfa.example")).to_string());
    let unsigned = [head("none", "e1"), ana(&provider)].map(|part| base64url(part.to_string()));
    for (why, token) in [
        ("expired", ec.token(&but("exp", json!(now() - 11)))),
        ("not yet", ec.token(&but("nbf", json!(now() + 60)))),
        ("another audience", ec.token(&but("aud", json!("others")))),
        (
            "another issuer",
            ec.token(&but("iss", json!("https://others.example"))),
        ),
        (
            "several issuers",
            ec.token(&but("iss", json!([provider.url, "x"]))),
        ),
        ("no audience", ec.token(&without("aud"))),
        ("no issuer", ec.token(&without("iss"))),
        ("no end", ec.token(&without("exp"))),
        ("no address", ec.token(&without("email"))),
        (
            "not verified",
            ec.token(&but("email_verified", json!(false))),
        ),
        ("no address at all", ec.token(&but("email", json!("admin")))),
        (
            "somebody else's",
            ec.token(&but("email", json!("admin:ana@x.example"))),
        ),
        ("another key, same id", foreign.token(&ana(&provider))),
        (
            "a key that is not there",
            ec.signed(&head("ES256", "e9"), &ana(&provider)),
        ),
        (
            "no key",
            ec.signed(&json!({"alg": "ES256"}), &ana(&provider)),
        ),
        (
            "the wrong algorithm",
            ec.signed(&head("RS256", "e1"), &ana(&provider)),
        ),
        (
            "another of its keys",
            ec.signed(&head("ES256", "r1"), &ana(&provider)),
        ),
        (
            "a shared secret",
            ec.signed(&head("HS256", "e1"), &ana(&provider)),
        ),
        (
            "a padded algorithm",
            ec.signed(&head("none", "r1"), &ana(&provider)),
        ),
        ("other words", format!("{start}.{all}.{signature}")),
        ("no signature", format!("{}.", unsigned.join("."))),
        ("half a token", start.to_string()),
        ("too long", format!("{good}{}", "a".repeat(15_000))),
    ] {
        // Over some size the header itself is refused, before the door.
        if why == "too long" {
            assert!(caller(&gateway, &token).await.is_err(), "{why}");
            continue;
        }
        let refused = caller(&gateway, &token).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated, "{why}: {refused:?}");
        let refused = gateway.call(WRITE, with_key(&token, String::new())).await;
        assert_eq!(refused.unwrap_err().code(), Code::Unauthenticated, "{why}");
    }
    assert!(caller(&gateway, &good).await.is_ok());
}

#[tokio::test]
async fn other_claims_name_nobody_who_has_a_key() {
    let ec = SigningKey::ec("e1");
    let provider = Provider::start(&[&ec]).await;
    let (_upstream, gateway) = behind(&provider, Some("sub")).await;
    made(&gateway, "website").await;
    granted(&gateway, "website", Role::Officer, "").await;
    let mut claims = ana(&provider);
    claims["sub"] = json!("website");
    let known = at_last(&gateway, &ec.token(&claims)).await;
    assert_eq!(known, ("oidc:website".to_owned(), Rights::None));
    granted(&gateway, "oidc:website", Role::Reader, "").await;
    let (_, rights) = at_last(&gateway, &ec.token(&claims)).await;
    assert_eq!(rights.grants().len(), 1);
    claims["sub"] = json!("a|b");
    let refused = caller(&gateway, &ec.token(&claims)).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
}

#[tokio::test]
async fn keys_come_and_go_and_the_provider_may_be_away() {
    let (old, new) = (SigningKey::ec("old"), SigningKey::rsa("new"));
    let provider = Provider::start(&[&old]).await;
    let (_upstream, gateway) = behind(&provider, None).await;
    let claims = ana(&provider);
    at_last(&gateway, &old.token(&claims)).await;
    provider.publish(&[&new]);
    // The first token of a key that is not known makes the gateway look, and waits for it.
    at_last(&gateway, &new.token(&claims)).await;
    let gone = caller(&gateway, &old.token(&claims)).await.unwrap_err();
    assert_eq!(
        gone.code(),
        Code::Unauthenticated,
        "though it was believed before"
    );
    // A crowd of forged tokens does not make a crowd of looks.
    let before = provider.fetched.load(Ordering::Relaxed);
    let forged = |n: usize| {
        let head = json!({"alg": "RS256", "kid": format!("k{n}")});
        new.signed(&head, &claims)
    };
    for n in 0..100 {
        let refused = caller(&gateway, &forged(n)).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated);
    }
    let looks = provider.fetched.load(Ordering::Relaxed) - before;
    assert!(looks <= 4, "{looks} looks");
    drop(provider);
    assert!(
        caller(&gateway, &new.token(&claims)).await.is_ok(),
        "the keys go on"
    );
    assert!(caller(&gateway, &forged(100)).await.is_err());
}

#[tokio::test]
async fn a_gateway_whose_provider_is_away_serves_all_others() {
    let ec = SigningKey::ec("e1");
    let provider = Provider::start(&[&ec]).await;
    let token = ec.token(&ana(&provider));
    let mut away = Provider::start(&[]).await;
    away.url = nobody().await;
    let (_upstream, gateway) = behind(&away, None).await;
    let refused = caller(&gateway, &token).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    let (_, key) = made(&gateway, "bo").await;
    assert_eq!(caller(&gateway, &key).await.unwrap().0, "bo");
}
