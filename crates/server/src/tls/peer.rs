//! Who is at the other end of a connection that came in.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::Extensions;
use rustls::pki_types::CertificateDer;

use crate::untaken::Untaken;

/// The other end of a connection. Every request has it among its extensions.
#[derive(Clone, Debug)]
pub struct Peer(Arc<End>);

#[derive(Debug)]
struct End {
    address: SocketAddr,
    certificate: OnceLock<Certificate>,
    untaken: Untaken,
}

#[derive(Debug)]
struct Certificate {
    der: CertificateDer<'static>,
    names: Vec<String>,
}

impl Peer {
    /// Whoever calls from an address, without a certificate.
    pub fn new(address: SocketAddr) -> Self {
        Self::patient(address, Duration::MAX)
    }

    /// The same; its answers may wait so long.
    pub(crate) fn patient(address: SocketAddr, patience: Duration) -> Self {
        Self(Arc::new(End {
            address,
            certificate: OnceLock::new(),
            untaken: Untaken::new(patience),
        }))
    }

    /// The peer of a request; none when the request did not come over a connection of [`crate::serve()`].
    pub fn of(extensions: &Extensions) -> Option<&Self> {
        extensions.get()
    }

    /// From where it comes.
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// The certificate that it showed and that was accepted, in DER.
    pub fn certificate(&self) -> Option<&[u8]> {
        self.0.certificate.get().map(|shown| shown.der.as_ref())
    }

    /// The DNS names and URIs of that certificate (its subject alternative names).
    pub fn names(&self) -> &[String] {
        let shown = self.0.certificate.get();
        shown.map_or(&[], |shown| &shown.names)
    }

    /// Its answers that wait for room.
    pub(crate) fn untaken(&self) -> &Untaken {
        &self.0.untaken
    }

    /// It showed a certificate, which was accepted.
    pub(crate) fn shows(&self, der: &CertificateDer<'_>) {
        let names = webpki::EndEntityCert::try_from(der).map_or(Vec::new(), |shown| {
            let names = shown.valid_dns_names().chain(shown.valid_uri_names());
            names.map(str::to_owned).collect()
        });
        let der = der.clone().into_owned();
        // A connection has one handshake.
        let _ = self.0.certificate.set(Certificate { der, names });
    }
}
