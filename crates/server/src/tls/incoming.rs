//! Connections that come in: the certificate of this process, and the certificates that it accepts.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme,
};
use tokio_rustls::{Accept, TlsAcceptor};

use super::reload::Reloaded;
use super::{Error, Pieces, files, in_pieces, provider};
use crate::network::Connection;

/// How connections are received.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ListenArgs {
    /// Certificate of this service with what stands between it and its CA, in PEM; TLS 1.3 is spoken. Read
    /// anew when it changes
    #[arg(long, value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key, in PEM
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// CAs whose client certificates are accepted, in PEM; a client without one is refused
    #[arg(long, value_name = "FILE")]
    pub tls_client_ca: Option<PathBuf>,
    /// Names of which a client's certificate must have one (a DNS name among its subject alternative names)
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    pub tls_client_name: Vec<String>,
    /// Listen without TLS on an address that others can reach: a mesh or a tunnel protects it
    #[arg(long)]
    pub plaintext: bool,
}

impl ListenArgs {
    /// Whether a listener at this address may do without TLS: one that only this machine reaches, or one of
    /// which the operator says so.
    pub fn may_listen_plainly(&self, address: SocketAddr) -> bool {
        self.plaintext || address.ip().to_canonical().is_loopback()
    }
}

/// Receives TLS connections.
#[derive(Debug)]
pub struct Acceptor {
    config: Reloaded<ServerConfig>,
}

impl Acceptor {
    /// What the arguments say; none when they say nothing. `http1`: whether HTTP/1.1 is spoken beside HTTP/2.
    pub fn new(args: &ListenArgs, http1: bool) -> Result<Option<Self>, Error> {
        let incomplete = |given, missing| Err(Error::Incomplete { given, missing });
        if !args.tls_client_name.is_empty() && args.tls_client_ca.is_none() {
            return incomplete("--tls-client-name", "--tls-client-ca");
        }
        let (certificate, key) = match (&args.tls_cert, &args.tls_key) {
            (Some(certificate), Some(key)) => (certificate.clone(), key.clone()),
            (None, Some(_)) => return incomplete("--tls-key", "--tls-cert"),
            (Some(_), None) => return incomplete("--tls-cert", "--tls-key"),
            (None, None) if args.tls_client_ca.is_some() => {
                return incomplete("--tls-client-ca", "--tls-cert");
            }
            (None, None) => return Ok(None),
        };
        let names = args.tls_client_name.iter().map(|name| {
            let wrong = |_| Error::Unusable(format!("--tls-client-name: `{name}` is no DNS name"));
            ServerName::try_from(name.clone()).map_err(wrong)
        });
        let names: Arc<[_]> = names.collect::<Result<_, _>>()?;
        let paths = [Some(certificate), Some(key), args.tls_client_ca.clone()];
        let paths: Vec<PathBuf> = paths.into_iter().flatten().collect();
        let config = Reloaded::new(paths.clone(), move |contents| {
            configured(&paths, contents, &names, http1)
        })?;
        Ok(Some(Self { config }))
    }

    /// Begins the handshake of a connection.
    pub(crate) fn accept<S: Connection>(&self, stream: S) -> Accept<Pieces<S>> {
        TlsAcceptor::from(self.config.current()).accept(in_pieces(stream))
    }
}

/// `paths` and `contents`: the certificate, its key, and perhaps the CAs of clients.
fn configured(
    paths: &[PathBuf],
    contents: &[Vec<u8>],
    names: &Arc<[ServerName<'static>]>,
    http1: bool,
) -> Result<ServerConfig, Error> {
    let builder = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?;
    let builder = match contents.get(2) {
        None => builder.with_no_client_auth(),
        Some(pem) => {
            let authorities = Arc::new(files::authorities(&paths[2], pem)?);
            let chain = WebPkiClientVerifier::builder_with_provider(authorities, provider())
                .build()
                .map_err(|error| files::bad(&paths[2], error))?;
            builder.with_client_cert_verifier(Arc::new(Named {
                chain,
                names: names.clone(),
            }))
        }
    };
    let certificate = files::chain(&paths[0], &contents[0])?;
    let key = files::key(&paths[1], &contents[1])?;
    let mut config = builder
        .with_single_cert(certificate, key)
        .map_err(|error| files::bad(&paths[0], error))?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    if http1 {
        config.alpn_protocols.push(b"http/1.1".to_vec());
    }
    Ok(config)
}

/// Accepts the certificates of clients that have one of some names; any name when there are none.
#[derive(Debug)]
struct Named {
    chain: Arc<dyn ClientCertVerifier>,
    names: Arc<[ServerName<'static>]>,
}

impl ClientCertVerifier for Named {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chain.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        shown: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let verified = self.chain.verify_client_cert(shown, between, now)?;
        let parsed = ParsedCertificate::try_from(shown)?;
        let has = |name| verify_server_name(&parsed, name).is_ok();
        if self.names.is_empty() || self.names.iter().any(has) {
            Ok(verified)
        } else {
            Err(CertificateError::NotValidForName.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        self.chain.verify_tls12_signature(message, shown, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        self.chain.verify_tls13_signature(message, shown, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}
