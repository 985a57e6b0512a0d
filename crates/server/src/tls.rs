//! Transport security: TLS 1.3 and nothing older, by rustls.
//!
//! | part | holds |
//! | --- | --- |
//! | [`ListenArgs`], [`Acceptor`] | connections that come in: our certificate, and whose certificates we accept |
//! | [`PeerArgs`], [`Outgoing`] | connections that go out: whom we trust, and the certificate that we show |
//! | [`Peer`] | who is at the other end of a connection that came in |
//!
//! Certificates are read anew when their files change; connections that stand keep what they began with.

mod files;
mod incoming;
mod outgoing;
mod peer;
mod reload;

use std::path::PathBuf;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use tokio::io::{AsyncRead, BufReader};

pub use incoming::{Acceptor, ListenArgs};
pub use outgoing::{Outgoing, PeerArgs};
pub use peer::Peer;

/// Why there is no TLS.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A file cannot be read, or does not hold what it should.
    #[error("{}: {why}", file.display())]
    File {
        /// Which one.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A setting makes no sense without another.
    #[error("{given} needs {missing} beside it")]
    Incomplete {
        /// The one that is there.
        given: &'static str,
        /// The one that is not.
        missing: &'static str,
    },
    /// The files do not go together.
    #[error("TLS: {0}")]
    Unusable(String),
}

impl From<rustls::Error> for Error {
    fn from(error: rustls::Error) -> Self {
        Self::Unusable(error.to_string())
    }
}

/// Encrypted bytes that are taken from the network at once. Alone rustls takes 4 KiB, and asks the system as often.
const READ_BYTES: usize = 16 << 10;

/// What TLS is made over: `stream`, read in large pieces.
fn in_pieces<S: AsyncRead>(stream: S) -> Pieces<S> {
    BufReader::with_capacity(READ_BYTES, stream)
}

/// A stream that is read in large pieces.
pub type Pieces<S> = BufReader<S>;

/// The one implementation of the algorithms.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
