//! The three services, each on a host of its own, with private connections: TLS both ways between them, and the
//! services believe the gateway's signature alone.

use std::path::Path;
use std::sync::Arc;

use rapporteur_server::client::connect_over;
use rapporteur_server::tls::{Outgoing, PeerArgs};
use rapporteur_store::Store;
use rapporteur_store::sled::{Options, SledStore};
use tempfile::TempDir;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;

use super::network::{Host, Network};
use crate::harness::Running;
use crate::judge::Stores;
use crate::private;

const PORT: u16 = 7700;
/// Where health is answered to those without a certificate.
const HEALTH_PORT: u16 = 7709;

/// The programs, and what they keep.
pub(crate) struct House {
    folder: TempDir,
    gateway: Running,
    events: Running,
    recommendations: Running,
}

fn url(host: Host) -> String {
    format!("https://{}:{PORT}", host.address())
}

impl House {
    /// Starts everything; called on the client's host.
    pub(crate) async fn start(network: &Network) -> Self {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path();
        let services = [Host::Gateway, Host::Events, Host::Recommendations];
        let names = services.map(Host::address).join(",");
        let certs = folder.join("certs");
        let certs = certs.to_str().unwrap();
        private::ask(folder, &["dev-certs", certs, "--name", &names]);

        let behind = [
            ("--events", url(Host::Events)),
            ("--recommendations", url(Host::Recommendations)),
        ];
        let gateway = start(network, Host::Gateway, folder, &behind).await;
        let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
        let believed = [
            ("--tls-client-ca", path("certs/ca.crt")),
            ("--tls-client-name", "gateway,recommendations".to_owned()),
            ("--caller-keys", path("gateway/caller-keys.json")),
        ];
        let events = start(network, Host::Events, folder, &believed).await;
        let key = path("recommendations.key");
        let introduced = [
            ("--events", url(Host::Events)),
            ("--gateway", url(Host::Gateway)),
            ("--key-file", key.clone()),
        ];
        let introduced = [&believed[..], &introduced].concat();
        let admin = path("gateway/admin.key");
        let set = ["profile", "set", "office", "--gateway", &url(Host::Gateway)];
        let with = ["--token-file", &admin, "--peer-ca", &path("certs/ca.crt")];
        private::ask(folder, &[&set[..], &with].concat());
        let caller = ["--caller", "recommendations"];
        private::ask(
            folder,
            &[&["grant", "add", "--role", "reader"], &caller[..]].concat(),
        );
        private::ask(
            folder,
            &[&["key", "add", "--to", &key], &caller[..]].concat(),
        );
        let recommendations = start(network, Host::Recommendations, folder, &introduced).await;
        Self {
            gateway,
            events,
            recommendations,
            folder: home,
        }
    }

    /// A way to the gateway, as any of our programs goes it.
    pub(crate) fn channel(&self) -> Channel {
        let peers = PeerArgs {
            peer_ca: Some(self.folder.path().join("certs/ca.crt")),
            ..PeerArgs::default()
        };
        let tls = Outgoing::new(&peers).unwrap();
        connect_over(&url(Host::Gateway), Some(tls)).unwrap()
    }

    /// What the administrator's calls carry.
    pub(crate) fn key(&self) -> MetadataValue<Ascii> {
        let key = std::fs::read_to_string(self.folder.path().join("gateway/admin.key"));
        format!("Bearer {}", key.unwrap().trim()).parse().unwrap()
    }

    /// Stops the programs in good order and opens what they kept.
    pub(crate) async fn stop(self) -> (Stores, TempDir) {
        for running in [self.gateway, self.recommendations, self.events] {
            running.stop();
        }
        let at = |name: &str| open(self.folder.path().join(name));
        let stores = Stores {
            gateway: at("gateway/store").await,
            events: at("events").await,
            recommendations: at("recommendations").await,
        };
        (stores, self.folder)
    }
}

async fn open(folder: std::path::PathBuf) -> Arc<dyn Store> {
    let opened = tokio::task::spawn_blocking(move || SledStore::open(&folder, Options::default()));
    opened.await.unwrap().unwrap()
}

/// Starts the service of a host, with its certificate.
async fn start(
    network: &Network,
    host: Host,
    folder: &Path,
    more: &[(&'static str, String)],
) -> Running {
    let health = format!("{}:{HEALTH_PORT}", host.address());
    let mut arguments = private::flags(host.name(), folder, &health);
    for (flag, value) in more {
        arguments.extend([(*flag).to_owned(), value.clone()]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let address = format!("{}:{PORT}", host.address());
    let data = folder.join(host.name());
    let (command, program) = (network.on(host), host.program());
    let mut running = Running::start_by(command, program, &address, &data, &arguments);
    running.serving_at(&health).await;
    running
}
