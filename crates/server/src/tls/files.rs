//! PEM files: certificates, keys, and who signs.

use std::fmt::Display;
use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::Error;

/// Certificates of a file, the own one first.
pub(super) fn chain(file: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if found.is_empty() => Err(bad(file, "it holds no certificate in PEM")),
        Ok(found) => Ok(found),
        Err(error) => Err(bad(file, error)),
    }
}

/// The private key of a file.
pub(super) fn key(file: &Path, pem: &[u8]) -> Result<PrivateKeyDer<'static>, Error> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| bad(file, error))
}

/// Those whose signatures count.
pub(super) fn authorities(file: &Path, pem: &[u8]) -> Result<RootCertStore, Error> {
    let mut authorities = RootCertStore::empty();
    for certificate in chain(file, pem)? {
        authorities
            .add(certificate)
            .map_err(|error| bad(file, error))?;
    }
    Ok(authorities)
}

pub(super) fn bad(file: &Path, why: impl Display) -> Error {
    Error::File {
        file: file.to_owned(),
        why: why.to_string(),
    }
}
