//! Certificates for tests: who signs, and what is signed.

use std::path::{Path, PathBuf};

use rapporteur_server::Args;
use rapporteur_server::tls::{ListenArgs, Outgoing, PeerArgs};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    date_time_ymd,
};

/// A CA and the folder of what it signed.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: tempfile::TempDir,
}

/// A certificate and its key.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut own = CertificateParams::new(Vec::new()).unwrap();
        own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(own, KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.crt"), issuer.pem()).unwrap();
        Self { issuer, folder }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A certificate for these names, under its first; one that is there is replaced.
    pub(crate) fn signs(&self, names: &[&str]) -> Pair {
        self.signs_until(names, 4000)
    }

    /// The same, good until the beginning of a year.
    pub(crate) fn signs_until(&self, names: &[&str], year: i32) -> Pair {
        let mut own =
            CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>())
                .unwrap();
        own.not_after = date_time_ymd(year, 1, 1);
        own.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        let key = KeyPair::generate().unwrap();
        let pair = Pair {
            certificate: self.file(&format!("{}.crt", names[0])),
            key: self.file(&format!("{}.key", names[0])),
        };
        std::fs::write(
            &pair.certificate,
            own.signed_by(&key, &self.issuer).unwrap().pem(),
        )
        .unwrap();
        std::fs::write(&pair.key, key.serialize_pem()).unwrap();
        pair
    }

    /// Whoever trusts this CA, and shows a certificate or none.
    pub(crate) fn trusted_by(&self, shown: Option<&Pair>) -> Outgoing {
        Outgoing::new(&PeerArgs {
            peer_ca: Some(self.file("ca.crt")),
            peer_cert: shown.map(|pair| pair.certificate.clone()),
            peer_key: shown.map(|pair| pair.key.clone()),
        })
        .unwrap()
    }
}

/// A server with this certificate that wants none of its clients.
pub(crate) fn listening(own: &Pair) -> Args {
    Args {
        tls: ListenArgs {
            tls_cert: Some(own.certificate.clone()),
            tls_key: Some(own.key.clone()),
            ..ListenArgs::default()
        },
        ..Args::default()
    }
}

/// A server that wants certificates of this CA, with one of these names if there are any.
pub(crate) fn mutual(own: &Pair, ca: &Path, names: &[&str]) -> Args {
    let mut args = listening(own);
    args.tls.tls_client_ca = Some(ca.to_owned());
    args.tls.tls_client_name = names.iter().map(|name| (*name).to_owned()).collect();
    args
}
