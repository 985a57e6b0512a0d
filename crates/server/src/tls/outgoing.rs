//! Connections that go out: whom this process trusts, and the certificate that it shows.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::reload::Reloaded;
use super::{Error, Pieces, files, in_pieces, provider};
use crate::network::Connection;

/// How `https://` addresses are reached.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct PeerArgs {
    /// CAs that sign for the services at https:// addresses, in PEM; those of this machine when not given.
    /// Read anew when it changes
    #[arg(long, value_name = "FILE")]
    pub peer_ca: Option<PathBuf>,
    /// Certificate to show to the services at https:// addresses, in PEM
    #[arg(long, value_name = "FILE")]
    pub peer_cert: Option<PathBuf>,
    /// That certificate's private key, in PEM
    #[arg(long, value_name = "FILE")]
    pub peer_key: Option<PathBuf>,
}

/// Makes TLS connections. Clones share what was read.
#[derive(Clone, Debug)]
pub struct Outgoing {
    config: Arc<Reloaded<ClientConfig>>,
}

impl Outgoing {
    /// What the arguments say.
    pub fn new(args: &PeerArgs) -> Result<Self, Error> {
        let incomplete = |given, missing| Err(Error::Incomplete { given, missing });
        let own = match (&args.peer_cert, &args.peer_key) {
            (Some(certificate), Some(key)) => vec![certificate.clone(), key.clone()],
            (None, None) => Vec::new(),
            (None, Some(_)) => return incomplete("--peer-key", "--peer-cert"),
            (Some(_), None) => return incomplete("--peer-cert", "--peer-key"),
        };
        let shows = !own.is_empty();
        let paths: Vec<PathBuf> = own.into_iter().chain(args.peer_ca.clone()).collect();
        let config = Reloaded::new(paths.clone(), move |contents| {
            configured(&paths, contents, shows)
        })?;
        Ok(Self {
            config: Arc::new(config),
        })
    }

    /// Makes the handshake with the host of that name, over a connection to it.
    pub async fn secure<S: Connection>(
        &self,
        host: &str,
        stream: S,
    ) -> io::Result<TlsStream<Pieces<S>>> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(bare.to_owned()).map_err(|_| {
            let why = format!("`{host}` is neither a DNS name nor an IP address");
            io::Error::new(io::ErrorKind::InvalidInput, why)
        })?;
        let connector = TlsConnector::from(self.config.current());
        connector.connect(name, in_pieces(stream)).await
    }
}

/// `paths` and `contents`: the own certificate and its key, if it `shows` one, and perhaps the CAs.
fn configured(paths: &[PathBuf], contents: &[Vec<u8>], shows: bool) -> Result<ClientConfig, Error> {
    let place = if shows { 2 } else { 0 };
    let authorities = match contents.get(place) {
        Some(pem) => files::authorities(&paths[place], pem)?,
        None => of_this_machine()?,
    };
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(authorities);
    let mut config = if shows {
        let certificate = files::chain(&paths[0], &contents[0])?;
        let key = files::key(&paths[1], &contents[1])?;
        builder
            .with_client_auth_cert(certificate, key)
            .map_err(|error| files::bad(&paths[0], error))?
    } else {
        builder.with_no_client_auth()
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

/// The CAs that the operating system trusts.
fn of_this_machine() -> Result<RootCertStore, Error> {
    let mut authorities = RootCertStore::empty();
    authorities.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if authorities.is_empty() {
        let why = "this machine trusts no CA; give one with --peer-ca";
        return Err(Error::Unusable(why.to_owned()));
    }
    Ok(authorities)
}
