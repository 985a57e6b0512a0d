//! Signatures of tokens by `ring`, which is in every process for TLS anyway. `jsonwebtoken` leaves the choice of
//! the cryptography to its user; what it ships would bring a second one.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{self, Signer, Verifier};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, DecodingKeyKind, EncodingKey};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, Ed25519KeyPair,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};

/// Signing: Ed25519 only, with the seed as the key. Verifying: Ed25519, ECDSA and RSA; never a shared secret.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory,
    verifier_factory,
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes it the cryptography of `jsonwebtoken` in this process. May be called many times.
pub fn install() {
    // The only failure is that it was done before.
    PROVIDER.install_default().ok();
}

fn signer_factory(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    if *algorithm != Algorithm::EdDSA || key.family() != AlgorithmFamily::Ed {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    let pair = Ed25519KeyPair::from_seed_unchecked(key.as_bytes())
        .map_err(|_| ErrorKind::InvalidEddsaKey)?;
    Ok(Box::new(Pair(pair)))
}

struct Pair(Ed25519KeyPair);

impl Signer<Vec<u8>> for Pair {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(self.0.sign(message).as_ref().to_vec())
    }
}

impl JwtSigner for Pair {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

fn verifier_factory(
    algorithm: &Algorithm,
    key: &DecodingKey,
) -> Result<Box<dyn JwtVerifier>, Error> {
    use Algorithm as A;
    let wrong_key = || Error::from(ErrorKind::InvalidKeyFormat);
    let family = match algorithm {
        A::HS256 | A::HS384 | A::HS512 => return Err(ErrorKind::InvalidAlgorithm.into()),
        A::ES256 | A::ES384 => AlgorithmFamily::Ec,
        A::EdDSA => AlgorithmFamily::Ed,
        _ => AlgorithmFamily::Rsa,
    };
    if key.family() != family {
        return Err(wrong_key());
    }
    let rsa = match algorithm {
        A::RS256 => Some(&RSA_PKCS1_2048_8192_SHA256),
        A::RS384 => Some(&RSA_PKCS1_2048_8192_SHA384),
        A::RS512 => Some(&RSA_PKCS1_2048_8192_SHA512),
        A::PS256 => Some(&RSA_PSS_2048_8192_SHA256),
        A::PS384 => Some(&RSA_PSS_2048_8192_SHA384),
        A::PS512 => Some(&RSA_PSS_2048_8192_SHA512),
        _ => None,
    };
    let plain: &'static dyn VerificationAlgorithm = match algorithm {
        A::ES256 => &ECDSA_P256_SHA256_FIXED,
        A::ES384 => &ECDSA_P384_SHA384_FIXED,
        A::EdDSA => &ED25519,
        _ => rsa.ok_or_else(wrong_key)?,
    };
    let key = match (key.kind(), rsa) {
        (DecodingKeyKind::SecretOrDer(bytes), _) => Public::Bytes(plain, bytes.clone()),
        (DecodingKeyKind::RsaModulusExponent { n, e }, Some(rsa)) => Public::Rsa(
            rsa,
            RsaPublicKeyComponents {
                n: n.clone(),
                e: e.clone(),
            },
        ),
        _ => return Err(wrong_key()),
    };
    Ok(Box::new(Known {
        algorithm: *algorithm,
        key,
    }))
}

enum Public {
    Bytes(&'static dyn VerificationAlgorithm, Vec<u8>),
    Rsa(&'static RsaParameters, RsaPublicKeyComponents<Vec<u8>>),
}

struct Known {
    algorithm: Algorithm,
    key: Public,
}

impl Verifier<Vec<u8>> for Known {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let verified = match &self.key {
            Public::Bytes(algorithm, key) => {
                UnparsedPublicKey::new(*algorithm, key).verify(message, signature)
            }
            Public::Rsa(parameters, key) => key.verify(parameters, message, signature),
        };
        verified.map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Known {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}
