//! One small document from an address: over https, or in clear from this machine; within a time, up to a size, and
//! from nowhere else than was asked.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, HOST};
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rapporteur_records::Error;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

/// Longest time for all of it.
const WITHIN: Duration = Duration::from_secs(5);
/// Largest document.
const BYTES: usize = 256 << 10;

/// An address from which a document may be fetched.
pub fn address(text: &str) -> Result<Url, String> {
    let wrong = |why: &str| format!("`{text}` {why}");
    let url = Url::parse(text).map_err(|error| wrong(&format!("is no address: {error}")))?;
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => return Err(wrong("names no host")),
    };
    if url.scheme() != "https" && !(url.scheme() == "http" && is_here) {
        return Err(wrong("should be https://..."));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("should hold no user and no password"));
    }
    Ok(url)
}

/// Fetches documents; trusts the authorities that this machine trusts, unless it is told of others.
#[derive(Debug, Default)]
pub struct Fetch {
    /// Read at the first use.
    tls: OnceLock<Arc<ClientConfig>>,
}

impl Fetch {
    /// Trusts the authorities in this file alone, if one is given.
    pub fn trusting(ca: Option<&Path>) -> Result<Self, Error> {
        let fetch = Self::default();
        let Some(file) = ca else {
            return Ok(fetch);
        };
        let wrong = |why: &str| Error::invalid("oidc-ca", format!("{}: {why}", file.display()));
        let mut roots = RootCertStore::empty();
        let certificates =
            CertificateDer::pem_file_iter(file).map_err(|e| wrong(&e.to_string()))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|e| wrong(&e.to_string()))?;
            roots.add(certificate).map_err(|e| wrong(&e.to_string()))?;
        }
        if roots.is_empty() {
            return Err(wrong("has no certificate in PEM"));
        }
        let tls = trusting(roots).map_err(|why| wrong(&why))?;
        Ok(Self {
            tls: OnceLock::from(tls),
        })
    }

    /// The document at an address, or why it cannot be had.
    pub async fn get(&self, url: &Url) -> Result<Vec<u8>, String> {
        let fetched = tokio::time::timeout(WITHIN, self.fetched(url)).await;
        let fetched = fetched.unwrap_or_else(|_| Err(format!("no answer within {WITHIN:?}")));
        fetched.map_err(|why| format!("{url}: {why}"))
    }

    async fn fetched(&self, url: &Url) -> Result<Vec<u8>, String> {
        let host = url.host_str().unwrap_or_default();
        let bare = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let port = url.port_or_known_default().unwrap_or(443);
        let stream = TcpStream::connect((&*bare, port)).await.map_err(text)?;
        if url.scheme() == "http" {
            return ask(stream, url).await;
        }
        let tls = TlsConnector::from(self.tls()?);
        let name = ServerName::try_from(bare).map_err(text)?;
        ask(tls.connect(name, stream).await.map_err(text)?, url).await
    }

    fn tls(&self) -> Result<Arc<ClientConfig>, String> {
        if let Some(tls) = self.tls.get() {
            return Ok(tls.clone());
        }
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let tls = trusting(roots)?;
        Ok(self.tls.get_or_init(|| tls).clone())
    }
}

fn trusting(roots: RootCertStore) -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(text)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(tls))
}

async fn ask(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    url: &Url,
) -> Result<Vec<u8>, String> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(text)?;
    let request = Request::get(&url[url::Position::BeforePath..url::Position::AfterQuery])
        .header(
            HOST,
            &url[url::Position::BeforeHost..url::Position::AfterPort],
        )
        .header(ACCEPT, "application/json")
        .body(Empty::<Bytes>::new())
        .map_err(text)?;
    let answered = async {
        let answer = sender.send_request(request).await.map_err(text)?;
        if answer.status() != StatusCode::OK {
            return Err(format!("it answers {}", answer.status()));
        }
        let body = Limited::new(answer.into_body(), BYTES).collect().await;
        Ok(body.map_err(text)?.to_bytes().to_vec())
    };
    // The connection is driven here and goes with the answer; nothing stays behind.
    let mut answered = std::pin::pin!(answered);
    tokio::select! {
        biased;
        answer = &mut answered => answer,
        ended = connection => {
            ended.map_err(text)?;
            answered.await
        }
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use rcgen::{CertifiedKey, generate_simple_self_signed};
    use rustls::ServerConfig;
    use rustls::pki_types::PrivatePkcs8KeyDer;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    use super::*;

    #[test]
    fn only_https_leaves_this_machine() {
        for good in [
            "https://id.example",
            "http://127.0.0.1:9/x",
            "http://[::1]:9",
            "http://localhost",
        ] {
            assert!(address(good).is_ok(), "{good}");
        }
        for bad in [
            "http://id.example",
            "http://localhost.example",
            "http://10.0.0.1",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
            "https://user:pw@id.example",
            "id.example",
            "",
        ] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }

    /// Answers one connection with these bytes, over TLS.
    async fn answers(answer: &'static [u8]) -> (Url, String) {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key.into())
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (socket, _) = listener.accept().await.unwrap();
            let Ok(mut socket) = TlsAcceptor::from(Arc::new(config)).accept(socket).await else {
                return;
            };
            let mut head = [0; 1024];
            let _ = socket.read(&mut head).await;
            let _ = socket.write_all(answer).await;
            let _ = socket.shutdown().await;
        });
        (
            address(&format!("https://localhost:{port}/keys")).unwrap(),
            cert.pem(),
        )
    }

    async fn fetched(answer: &'static [u8], trusted: bool) -> Result<Vec<u8>, String> {
        let (url, authority) = answers(answer).await;
        let other = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let authority = if trusted { authority } else { other.cert.pem() };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, authority).unwrap();
        let fetch = Fetch::trusting(Some(&file)).unwrap();
        fetch.get(&url).await
    }

    #[tokio::test]
    async fn a_document_is_fetched_from_whom_the_operator_trusts() {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        assert_eq!(fetched(answer, true).await.unwrap(), b"{}");
        let refused = fetched(answer, false).await.unwrap_err();
        assert!(refused.contains("certificate"), "{refused}");
    }

    #[test]
    fn a_file_without_an_authority_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        for text in [None, Some(""), Some("no certificate")] {
            if let Some(text) = text {
                std::fs::write(&file, text).unwrap();
            }
            let refused = Fetch::trusting(Some(&file)).unwrap_err().to_string();
            assert!(refused.contains("oidc-ca"), "{text:?}: {refused}");
        }
    }

    #[tokio::test]
    async fn what_is_no_plain_answer_is_refused() {
        let elsewhere =
            b"HTTP/1.1 302 Found\r\nlocation: http://10.0.0.1/\r\ncontent-length: 0\r\n\r\n";
        let refused = fetched(elsewhere, true).await.unwrap_err();
        assert!(refused.contains("302"), "{refused}");
        let mut long = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        long.resize(BYTES + 1_000, b' ');
        let refused = fetched(long.leak(), true).await.unwrap_err();
        assert!(refused.contains("length limit"), "{refused}");
    }
}
