//! Tokens that nobody should believe: forged, foreign, of another time, for somebody else, with an algorithm of the
//! attacker's choice, or shown where they do not belong.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rapporteur_access::Rights;
use rapporteur_access::token::{Issuer, LIFETIME};
use rapporteur_proto::events::v1::party_service_client::PartyServiceClient;
use rapporteur_proto::events::v1::{CreatePartyRequest, Party, PartyKind};
use rapporteur_proto::gateway::v1::IssueTokenRequest;
use rapporteur_proto::gateway::v1::access_service_client::AccessServiceClient;
use rapporteur_proto::r#type::v1::LocalizedText;
use ring::hmac;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use tonic::transport::Channel;
use tonic::{Code, Request};

use super::{Results, code};
use crate::harness::{Running, channel, free_address};
use crate::keyed;

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Signs what it is told to.
struct Signer {
    pair: Ed25519KeyPair,
    seed: Vec<u8>,
}

impl Signer {
    fn new() -> Self {
        let seed = Issuer::generate().unwrap();
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
        Self { pair, seed }
    }

    /// The issuer of the product with the same key.
    fn issuer(&self) -> Issuer {
        Issuer::from_seed(&self.seed).unwrap()
    }

    fn kid(&self) -> String {
        let keys: Value = serde_json::from_str(&self.issuer().public_keys()).unwrap();
        keys["keys"][0]["kid"].as_str().unwrap().to_owned()
    }

    fn sign(&self, head: &Value, claims: &Value) -> String {
        let said = said(head, claims);
        let signature = self.pair.sign(said.as_bytes());
        format!("{said}.{}", encode(signature))
    }
}

fn said(head: &Value, claims: &Value) -> String {
    format!(
        "{}.{}",
        encode(head.to_string()),
        encode(claims.to_string())
    )
}

/// With other values in place of some.
fn but(of: &Value, changes: Value) -> Value {
    let mut changed = of.clone();
    for (key, value) in changes.as_object().unwrap() {
        let all = changed.as_object_mut().unwrap();
        if value.is_null() {
            all.remove(key);
        } else {
            all.insert(key.clone(), value.clone());
        }
    }
    changed
}

/// Everything that is no token of the gateway's, by what is wrong with it.
fn forgeries(ours: &Signer, theirs: &Signer) -> Vec<(String, String)> {
    let head = json!({"typ": "JWT", "alg": "EdDSA", "kid": ours.kid()});
    let claims = json!({
        "iss": "rapporteur-gateway", "aud": "rapporteur", "sub": "mallory", "all": true,
        "iat": now(), "exp": now() + LIFETIME,
    });
    let good = ours.sign(&head, &claims);
    let public = ours.pair.public_key().as_ref().to_vec();
    let mut all: Vec<(String, String)> = Vec::new();
    let mut add = |what: &str, token: String| all.push((what.to_owned(), token));

    let (body, signature) = good.rsplit_once('.').unwrap();
    let mut bits = URL_SAFE_NO_PAD.decode(signature).unwrap();
    bits[5] ^= 1;
    add(
        "one bit of the signature",
        format!("{body}.{}", encode(&bits)),
    );
    add("no signature", format!("{body}."));
    add(
        "half a signature",
        format!("{body}.{}", encode(&bits[..32])),
    );
    let other = said(&head, &but(&claims, json!({"sub": "admin"})));
    add(
        "other claims under a true signature",
        format!("{other}.{signature}"),
    );
    add(
        "another key under our key's id",
        theirs.sign(&head, &claims),
    );
    add(
        "another key under its own id",
        theirs.sign(&but(&head, json!({"kid": theirs.kid()})), &claims),
    );
    for kid in [
        json!(null),
        json!(""),
        json!("../../dev/null"),
        json!("' OR 1=1 --"),
        json!(7),
    ] {
        add(
            &format!("kid {kid}"),
            ours.sign(&but(&head, json!({"kid": kid})), &claims),
        );
    }
    for alg in [
        "none", "None", "nOnE", "", "ES256", "RS256", "PS512", "EdDSA ", "eddsa",
    ] {
        let head = but(&head, json!({"alg": alg}));
        add(
            &format!("alg `{alg}`, a true signature"),
            ours.sign(&head, &claims),
        );
        add(
            &format!("alg `{alg}`, no signature"),
            format!("{}.", said(&head, &claims)),
        );
    }
    let jwks = ours.issuer().public_keys();
    let secrets = [
        ("the public key", public.clone()),
        ("its text", encode(&public).into_bytes()),
        ("the key file", jwks.into_bytes()),
    ];
    for (what, secret) in secrets {
        let said = said(&but(&head, json!({"alg": "HS256"})), &claims);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), said.as_bytes());
        add(
            &format!("HS256 with {what} as the secret"),
            format!("{said}.{}", encode(tag)),
        );
    }
    let key: Value = serde_json::from_str(&theirs.issuer().public_keys()).unwrap();
    let own = but(&head, json!({"jwk": key["keys"][0], "kid": theirs.kid()}));
    add("a key of its own in `jwk`", theirs.sign(&own, &claims));
    for (name, value) in [
        ("jku", "http://127.0.0.1:9/keys.json"),
        ("x5u", "http://127.0.0.1:9/chain.pem"),
    ] {
        let head = but(&head, json!({name: value, "kid": theirs.kid()}));
        add(
            &format!("a key of its own by `{name}`"),
            theirs.sign(&head, &claims),
        );
    }
    // RFC 7515 4.1.11: who does not understand what is critical refuses.
    add(
        "something critical",
        ours.sign(&but(&head, json!({"crit": ["exp2"], "exp2": 1})), &claims),
    );
    add(
        "compressed claims",
        ours.sign(&but(&head, json!({"zip": "DEF"})), &claims),
    );
    for (what, changes) in [
        (
            "it has expired",
            json!({"iat": now() - 2 * LIFETIME, "exp": now() - LIFETIME}),
        ),
        (
            "it begins tomorrow",
            json!({"iat": now() + 86_400, "exp": now() + 86_400 + LIFETIME}),
        ),
        (
            "it may not be used before tomorrow",
            json!({"nbf": now() + 86_400}),
        ),
        ("it lives for a year", json!({"exp": now() + 31_536_000})),
        ("it never ends", json!({"exp": null})),
        ("its end is a text", json!({"exp": "never"})),
        (
            "its end is more than a number can be",
            json!({"exp": 1e300}),
        ),
        ("for somebody else", json!({"aud": "another-system"})),
        ("for nobody", json!({"aud": null})),
        (
            "for a list of others",
            json!({"aud": ["another-system", "third"]}),
        ),
        ("by somebody else", json!({"iss": "another-gateway"})),
        ("by nobody", json!({"iss": null})),
        ("about nobody", json!({"sub": ""})),
        ("about nothing", json!({"sub": null})),
        ("about several", json!({"sub": ["a", "b"]})),
    ] {
        add(what, ours.sign(&head, &but(&claims, changes)));
    }
    let long = but(&claims, json!({"pad": "x".repeat(9_500)}));
    add("it is very long", ours.sign(&head, &long));
    add("three dots", "...".to_owned());
    add("five parts, as if encrypted", format!("{good}.a.b"));
    all
}

async fn write(to: &Channel, credentials: &[String]) -> Code {
    let party = Party {
        kind: PartyKind::State.into(),
        country_code: "PT".into(),
        title: Some(LocalizedText {
            by_language: [("en".to_owned(), "Portugal".to_owned())].into(),
            ..LocalizedText::default()
        }),
        ..Party::default()
    };
    let mut request = Request::new(CreatePartyRequest {
        party_id: "pt".into(),
        party: Some(party),
        request_id: "the-same".into(),
        ..CreatePartyRequest::default()
    });
    for credential in credentials {
        let Ok(credential) = credential.parse() else {
            return Code::Unauthenticated;
        };
        request.metadata_mut().append("authorization", credential);
    }
    code(
        &PartyServiceClient::new(to.clone())
            .create_party(request)
            .await,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_gateway_did_not_sign_is_believed_by_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (Signer::new(), Signer::new());
    let keys = folder.path().join("caller-keys.json");
    std::fs::write(&keys, ours.issuer().public_keys()).unwrap();
    let flags = ["--caller-keys", keys.to_str().unwrap()];
    let data = folder.path().join("events");
    let mut service = Running::start("rapporteur-events", &free_address(), &data, &flags);
    let to = service.serving().await;

    let mut results = Results::new("tokens at a service");
    let refused = [Code::Unauthenticated];
    results.add("no token", &refused, &write(&to, &[]).await);
    for (what, token) in forgeries(&ours, &theirs) {
        let came = write(&to, &[format!("Bearer {token}")]).await;
        results.add(&what, &refused, &came);
    }
    let (good, _) = ours.issuer().issue("ana", &Rights::All, now()).unwrap();
    for (what, credentials) in [
        ("a true token twice", vec![format!("Bearer {good}"); 2]),
        (
            "a true token after another",
            vec![format!("Bearer {good}x"), format!("Bearer {good}")],
        ),
        (
            "a true token before another",
            vec![format!("Bearer {good}"), format!("Bearer {good}x")],
        ),
        ("a true token as a password", vec![format!("Basic {good}")]),
        (
            "a true token, and more",
            vec![format!("Bearer {good}, Bearer x")],
        ),
    ] {
        results.add(what, &refused, &write(&to, &credentials).await);
    }
    let (nobody, _) = ours.issuer().issue("eve", &Rights::None, now()).unwrap();
    let came = write(&to, &[format!("Bearer {nobody}")]).await;
    results.add(
        "a true token without rights",
        &[Code::PermissionDenied],
        &came,
    );
    // Else all of this would be refused for another reason.
    let came = write(&to, &[format!("Bearer {good}")]).await;
    results.add("(a true token)", &[Code::Ok], &came);
    results.print();
    service.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_where_it_belongs_alone() {
    let (house, other) = (keyed::House::start().await, keyed::House::start().await);
    let token = async |house: &keyed::House| {
        let mut access = AccessServiceClient::new(channel(&house.gateway.address));
        let request = keyed::bearing(IssueTokenRequest {}, &house.admin());
        let issued = access.issue_token(request).await.unwrap();
        issued.into_inner().token
    };
    let (own, foreign) = (token(&house).await, token(&other).await);
    let (events, gateway) = (
        channel(&house.events.address),
        channel(&house.gateway.address),
    );
    let recommendations = channel(&house.recommendations.address);
    let bearer = |token: &str| vec![format!("Bearer {token}")];
    let mut results = Results::new("tokens of this house and of another");
    let refused = [Code::Unauthenticated];
    for (what, to, credential) in [
        ("another house's token at events", &events, bearer(&foreign)),
        (
            "another house's token at the gateway",
            &gateway,
            bearer(&foreign),
        ),
        (
            "a caller token played back at the gateway",
            &gateway,
            bearer(&own),
        ),
        ("the admin key at events", &events, bearer(&house.admin())),
        (
            "another house's admin key at the gateway",
            &gateway,
            bearer(&other.admin()),
        ),
        ("straight to events without a token", &events, Vec::new()),
        ("to the gateway without a key", &gateway, Vec::new()),
    ] {
        results.add(what, &refused, &write(to, &credential).await);
    }
    // The service has no such call; who asks learns as little.
    let lost = [Code::Unauthenticated, Code::Unimplemented];
    let came = write(&recommendations, &bearer(&foreign)).await;
    results.add("another house's token at recommendations", &lost, &came);
    let came = write(&events, &bearer(&own)).await;
    results.add("(this house's token at events)", &[Code::Ok], &came);
    results.print();
}
