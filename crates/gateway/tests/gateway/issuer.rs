//! An identity provider that runs inside the test: it publishes keys and signs tokens with them.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
    RsaPublicKeyComponents,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A key that signs.
pub(crate) enum Signs {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

/// A key and its id.
pub(crate) struct SigningKey {
    pub(crate) kid: &'static str,
    pub(crate) key: Signs,
}

impl SigningKey {
    /// ring makes no RSA keys.
    pub(crate) fn rsa(kid: &'static str) -> Self {
        let made = Command::new("openssl")
            .args(["genpkey", "-algorithm", "RSA", "-outform", "DER"])
            .args(["-pkeyopt", "rsa_keygen_bits:2048"])
            .output()
            .unwrap();
        let key = Signs::Rsa(RsaKeyPair::from_der(&made.stdout).unwrap());
        Self { kid, key }
    }

    pub(crate) fn ec(kid: &'static str) -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let made = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(algorithm, made.as_ref(), &random).unwrap();
        let key = Signs::Ec(key);
        Self { kid, key }
    }

    pub(crate) fn algorithm(&self) -> &'static str {
        match self.key {
            Signs::Rsa(_) => "RS256",
            Signs::Ec(_) => "ES256",
        }
    }

    /// The public key as JSON (RFC 7517).
    fn jwk(&self) -> Value {
        let mut jwk = json!({"kid": self.kid, "use": "sig", "alg": self.algorithm()});
        let more = match &self.key {
            Signs::Rsa(key) => {
                let RsaPublicKeyComponents::<Vec<u8>> { n, e } = key.public().into();
                json!({"kty": "RSA", "n": base64url(n), "e": base64url(e)})
            }
            Signs::Ec(key) => {
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "x": base64url(x), "y": base64url(y)})
            }
        };
        let all = jwk.as_object_mut().unwrap();
        all.extend(more.as_object().unwrap().clone());
        jwk
    }

    /// A token with this head and these claims.
    pub(crate) fn signed(&self, head: &Value, claims: &Value) -> String {
        let text = [head, claims]
            .map(|part| base64url(part.to_string()))
            .join(".");
        let signature = match &self.key {
            Signs::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                let random = SystemRandom::new();
                key.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature)
                    .unwrap();
                signature
            }
            Signs::Ec(key) => {
                let signed = key.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
                signed.as_ref().to_vec()
            }
        };
        format!("{text}.{}", base64url(signature))
    }

    /// A token as the provider makes it.
    pub(crate) fn token(&self, claims: &Value) -> String {
        let head = json!({"alg": self.algorithm(), "typ": "JWT", "kid": self.kid});
        self.signed(&head, claims)
    }
}

/// The provider.
pub(crate) struct Provider {
    pub(crate) url: String,
    jwks: Arc<Mutex<String>>,
    /// How often its keys were fetched.
    pub(crate) fetched: Arc<AtomicUsize>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Provider {
    pub(crate) async fn start(keys: &[&SigningKey]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let jwks = Arc::new(Mutex::new(String::new()));
        let fetched = Arc::new(AtomicUsize::new(0));
        let (issuer, published, count) = (url.clone(), jwks.clone(), fetched.clone());
        let serving = tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let mut head = vec![0; 4096];
                let read = socket.read(&mut head).await.unwrap_or_default();
                let head = String::from_utf8_lossy(&head[..read]).into_owned();
                let (status, body) = match head.split(' ').nth(1).unwrap_or_default() {
                    "/.well-known/openid-configuration" => (
                        "200 OK",
                        json!({"issuer": issuer, "jwks_uri": format!("{issuer}/keys")}).to_string(),
                    ),
                    "/keys" => {
                        count.fetch_add(1, Ordering::Relaxed);
                        ("200 OK", published.lock().unwrap().clone())
                    }
                    _ => ("404 Not Found", String::new()),
                };
                let length = body.len();
                let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}");
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        });
        let provider = Self {
            url,
            jwks,
            fetched,
            serving,
        };
        provider.publish(keys);
        provider
    }

    /// These are its keys from now on.
    pub(crate) fn publish(&self, keys: &[&SigningKey]) {
        let keys: Vec<Value> = keys.iter().map(|key| key.jwk()).collect();
        *self.jwks.lock().unwrap() = json!({ "keys": keys }).to_string();
    }
}
