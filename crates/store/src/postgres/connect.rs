//! Connections: TLS, the pool of the readers, and the session of the writer.

use std::fs;
use std::future::poll_fn;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::{AsyncMessage, Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Address;
use super::error::{text, unsent};
use crate::engine::Remote;
use crate::{Error, Result};

/// How long a reader waits for a connection of the pool, and for a new one.
const POOL_PATIENCE: Duration = Duration::from_secs(5);

/// Everything here goes by an index, and a plan that was made while the tables were empty must not walk
/// them when they are full. What is compiled just in time is not worth it for look-ups.
const SESSION: &str = "set enable_seqscan = off; set jit = off";

/// What it takes to reach the server.
#[derive(Clone)]
pub(super) struct Connector {
    config: Config,
    tls: MakeRustlsConnect,
}

impl Connector {
    pub(super) fn new(address: &Address, remote: &Remote) -> Result<Self> {
        let mut config = address.config.clone();
        if let Some(file) = &remote.password_file {
            let password = fs::read_to_string(file).map_err(|error| unreadable(file, &error))?;
            config.password(password.trim_end_matches(['\r', '\n']));
        }
        if remote.ca.is_some() {
            config.ssl_mode(SslMode::Require);
        } else if config.get_ssl_mode() == SslMode::Require {
            return Err(Error::Schema(
                "TLS needs the certificate of the authority that signed the server's (store-ca)"
                    .into(),
            ));
        } else if remote.cert.is_some() || remote.key.is_some() {
            return Err(Error::Schema(
                "a client certificate is of no use without TLS; give the server's authority too (store-ca)"
                    .into(),
            ));
        } else if address.is_remote() {
            tracing::warn!(store = %address, "the way to the store is not encrypted");
        }
        let tls = MakeRustlsConnect::new(tls(remote)?);
        Ok(Self { config, tls })
    }

    /// The readers' connections; none is opened yet.
    pub(super) fn pool(&self, size: usize) -> Result<Pool> {
        let recycling_method = RecyclingMethod::Fast;
        let manager = ManagerConfig { recycling_method };
        let manager = Manager::from_config(self.config.clone(), self.tls.clone(), manager);
        let session = Hook::async_fn(|client: &mut deadpool_postgres::ClientWrapper, _| {
            Box::pin(async move {
                client
                    .batch_execute(SESSION)
                    .await
                    .map_err(HookError::Backend)
            })
        });
        Pool::builder(manager)
            .max_size(size.max(1))
            .wait_timeout(Some(POOL_PATIENCE))
            .create_timeout(Some(POOL_PATIENCE))
            .recycle_timeout(Some(POOL_PATIENCE))
            .post_create(session)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| Error::Unavailable(error.to_string()))
    }

    /// A session of one's own.
    pub(super) async fn session(&self) -> Result<Session> {
        self.session_that_hears(None).await
    }

    /// The same, which also hears the payloads of notifications; the other end closes when it breaks.
    pub(super) async fn session_that_hears(
        &self,
        heard: Option<mpsc::UnboundedSender<String>>,
    ) -> Result<Session> {
        let connecting = self.config.connect(self.tls.clone());
        let connected = tokio::time::timeout(POOL_PATIENCE, connecting).await;
        let (client, mut connection) = connected
            .map_err(|_| Error::Unavailable("PostgreSQL: the server does not answer".into()))?
            .map_err(|error| unsent(&error))?;
        let warned = Arc::new(AtomicBool::new(false));
        let warn = Arc::clone(&warned);
        let task = tokio::spawn(async move {
            while let Some(message) = poll_fn(|cx| connection.poll_message(cx)).await {
                match message {
                    Ok(AsyncMessage::Notice(notice)) => {
                        if notice.severity() == "WARNING" {
                            tracing::warn!("PostgreSQL: {}", notice.message());
                            warn.store(true, SeqCst);
                        }
                    }
                    Ok(AsyncMessage::Notification(notification)) => {
                        if let Some(heard) = &heard {
                            // Whoever does not listen any more is about to drop the session.
                            let _ = heard.send(notification.payload().to_owned());
                        }
                    }
                    Ok(_) => {}
                    Err(error) => {
                        tracing::warn!("a connection to the store broke: {}", text(&error));
                        break;
                    }
                }
            }
        });
        let session = Session {
            client,
            warned,
            task,
        };
        let set = session.client.batch_execute(SESSION).await;
        set.map_err(|error| unsent(&error))?;
        Ok(session)
    }
}

/// A connection that also hears what the server says unasked.
pub(super) struct Session {
    pub(super) client: Client,
    /// A warning came. The server says so when it gives up waiting for a standby, and then calls the commit
    /// a success.
    pub(super) warned: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn tls(remote: &Remote) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in remote.ca.iter().map(|file| certificates(file)) {
        for certificate in certificate? {
            roots.add(certificate).map_err(|error| refused(&error))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| refused(&error))?
        .with_root_certificates(roots);
    match (&remote.cert, &remote.key) {
        (Some(cert), Some(key)) => {
            let certificates = certificates(cert)?;
            let secret =
                PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, &error))?;
            builder
                .with_client_auth_cert(certificates, secret)
                .map_err(|error| refused(&error))
        }
        (None, None) => Ok(builder.with_no_client_auth()),
        _ => Err(Error::Schema(
            "a client certificate and its key belong together (store-cert, store-key)".into(),
        )),
    }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = || CertificateDer::pem_file_iter(file)?.collect::<std::result::Result<Vec<_>, _>>();
    let found = read().map_err(|error| unreadable(file, &error))?;
    if found.is_empty() {
        return Err(unreadable(file, &"it holds no certificate in PEM"));
    }
    Ok(found)
}

fn unreadable(file: &Path, why: &dyn std::fmt::Display) -> Error {
    Error::Schema(format!("{}: {why}", file.display()))
}

fn refused(error: &rustls::Error) -> Error {
    Error::Schema(format!("TLS: {error}"))
}
