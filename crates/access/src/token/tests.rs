//! What is believed, and what is not.

use super::*;

const NOW: u64 = 1_800_000_000;

fn issuer() -> Issuer {
    Issuer::from_seed(&Issuer::generate().unwrap()).unwrap()
}

fn parts(token: &str) -> Vec<String> {
    token.split('.').map(str::to_owned).collect()
}

#[test]
fn what_the_gateway_signs_is_believed_for_its_time() {
    let issuer = issuer();
    let verifier = Verifier::new(&issuer.public_keys()).unwrap();
    let officer = Rights::of([Grant {
        dialogue: Some("dialogues/rabat".into()),
        ..Grant::everywhere(Role::Officer)
    }]);
    for rights in [Rights::None, officer, Rights::All] {
        let (token, claims) = issuer.issue("ana@example.org", &rights, NOW).unwrap();
        for _ in 0..2 {
            let read = verifier.verify(&token, NOW + LIFETIME).unwrap();
            assert_eq!(*read, claims);
            assert_eq!(read.rights(), rights);
        }
        for late in [NOW + LIFETIME + LEEWAY, NOW - LEEWAY - 1] {
            assert_eq!(verifier.verify(&token, late), Err(TokenError::Expired));
        }
    }
}

#[test]
fn nothing_else_is_believed() {
    let (ours, other) = (issuer(), issuer());
    let verifier = Verifier::new(&ours.public_keys()).unwrap();
    let foreign = |token: &str, why: &str| {
        assert_eq!(
            verifier.verify(token, NOW),
            Err(TokenError::Foreign),
            "{why}"
        );
    };
    let (token, claims) = ours.issue("ana", &Rights::None, NOW).unwrap();
    foreign(
        &other.issue("ana", &Rights::All, NOW).unwrap().0,
        "another key",
    );
    foreign("", "nothing");
    foreign("a.b.c", "no token");
    foreign(&"a".repeat(20_000), "too long");
    let [head, body, signature] = &parts(&token)[..] else {
        panic!("{token}")
    };
    let encode = |value: serde_json::Value| base64url(value.to_string().as_bytes());
    let mut more = claims.clone();
    more.all = true;
    let more = encode(serde_json::to_value(&more).unwrap());
    foreign(
        &format!("{head}.{more}.{signature}"),
        "other words, old signature",
    );
    for alg in ["none", "HS256", "ES256", "RS256", "EdDSA "] {
        let head = encode(serde_json::json!({"alg": alg, "typ": "JWT", "kid": ours.kid}));
        foreign(&format!("{head}.{body}.{signature}"), alg);
        foreign(&format!("{head}.{body}."), alg);
    }
    // The public key taken for a shared secret.
    let secret = EncodingKey::from_secret(&ours.public);
    let header = Header::new(Algorithm::HS256);
    assert!(jsonwebtoken::encode(&header, &claims, &secret).is_err());
    let signed = |claims: &Claims| {
        let header = Header {
            kid: Some(ours.kid.clone()),
            ..Header::new(Algorithm::EdDSA)
        };
        jsonwebtoken::encode(&header, claims, &ours.key).unwrap()
    };
    for (why, wrong) in [
        (
            "audience",
            Claims {
                aud: "others".into(),
                ..claims.clone()
            },
        ),
        (
            "issuer",
            Claims {
                iss: "others".into(),
                ..claims.clone()
            },
        ),
        (
            "lives too long",
            Claims {
                until: NOW + 100_000,
                ..claims.clone()
            },
        ),
        (
            "ends before it begins",
            Claims {
                until: NOW - 1,
                ..claims.clone()
            },
        ),
        (
            "nobody",
            Claims {
                caller: String::new(),
                ..claims.clone()
            },
        ),
    ] {
        foreign(&signed(&wrong), why);
    }
    for more in [r#""crit":["x"],"x":1"#, r#""jwk":{}"#, r#""zip":"DEF""#] {
        let head = format!(
            r#"{{"typ":"JWT","alg":"EdDSA","kid":"{}",{more}}}"#,
            ours.kid
        );
        let said = format!("{}.{body}", base64url(head.as_bytes()));
        let signature = jsonwebtoken::crypto::sign(said.as_bytes(), &ours.key, Algorithm::EdDSA);
        foreign(&format!("{said}.{}", signature.unwrap()), more);
    }
    let later = Claims {
        nbf: Some(NOW + 100),
        ..claims.clone()
    };
    assert_eq!(
        verifier.verify(&signed(&later), NOW),
        Err(TokenError::Expired)
    );
    assert!(verifier.verify(&signed(&claims), NOW).is_ok());
}

#[test]
fn keys_are_replaced() {
    let (old, new) = (issuer(), issuer());
    let verifier = Verifier::new(&old.public_keys()).unwrap();
    let (token, _) = old.issue("ana", &Rights::None, NOW).unwrap();
    assert!(verifier.verify(&token, NOW).is_ok());
    verifier.replace_keys(&new.public_keys()).unwrap();
    assert_eq!(
        verifier.verify(&token, NOW),
        Err(TokenError::Foreign),
        "remembered no more"
    );
    assert!(
        verifier
            .verify(&new.issue("ana", &Rights::None, NOW).unwrap().0, NOW)
            .is_ok()
    );
    assert!(verifier.replace_keys("{\"keys\": []}").is_err());
    assert!(Verifier::new("no keys").is_err());
}
