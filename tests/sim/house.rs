//! The three services, each on a simulated host of its own. What a host has acknowledged outlives it: it is
//! kept in memory outside of the simulation.

use std::future::pending;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rapporteur_gateway::quota::QuotaArgs;
use rapporteur_records::Introduction;
use rapporteur_server::tls::PeerArgs;
use rapporteur_server::{Args, MainError, Storage};
use rapporteur_store::engine::{Address, Opened, Settings};
use rapporteur_store::{Meter, Store};
use tokio::sync::watch;
use turmoil::Sim;
use uuid::Uuid;

use crate::judge::Stores;
use crate::memory::{Data, Memory};
use crate::network::Port;
use crate::process::BROKEN;

pub(crate) const GATEWAY: &str = "gateway";
pub(crate) const EVENTS: &str = "events";
pub(crate) const RECOMMENDATIONS: &str = "recommendations";
pub(crate) const PORT: u16 = 7700;

/// What one service keeps.
#[derive(Clone)]
pub(crate) struct Disk {
    data: Arc<Mutex<Data>>,
    id: Uuid,
}

impl Disk {
    fn new() -> Self {
        Self {
            data: Arc::default(),
            id: Uuid::new_v4(),
        }
    }

    /// Opens what is kept.
    fn open(&self) -> Arc<dyn Store> {
        Memory::new(None, Arc::clone(&self.data), self.id)
    }

    async fn storage(&self) -> Storage {
        if std::env::var_os(BROKEN).is_some() {
            self.data.lock().unwrap().log.pop();
        }
        let opened = Opened {
            store: self.open(),
            failed: watch::channel(None).1,
            recovered: false,
            meter: Meter::default(),
        };
        let address = Address::Sled("simulated".into());
        let settings = Settings::default();
        let storage = Storage::of(opened, address, settings, String::new());
        storage.await.unwrap()
    }
}

/// What the three services keep, and where the gateway writes its key.
#[derive(Clone)]
pub(crate) struct House {
    pub(crate) gateway: Disk,
    pub(crate) events: Disk,
    pub(crate) recommendations: Disk,
    pub(crate) folder: PathBuf,
}

impl House {
    /// Puts the services on hosts of the simulation.
    pub(crate) fn furnish(sim: &mut Sim<'_>, folder: PathBuf) -> Self {
        let house = Self {
            gateway: Disk::new(),
            events: Disk::new(),
            recommendations: Disk::new(),
            folder,
        };
        let at = |host: &str| format!("http://{host}:{PORT}");
        let disk = house.events.clone();
        sim.host(EVENTS, move || {
            let disk = disk.clone();
            async move {
                let server = trusting();
                let arguments = rapporteur_events::Arguments { server };
                let port = Port::open(PORT).await?;
                let storage = disk.storage().await;
                told(rapporteur_events::start_on(storage, arguments, port, pending()).await)
            }
        });
        let disk = house.recommendations.clone();
        sim.host(RECOMMENDATIONS, move || {
            let disk = disk.clone();
            let arguments = rapporteur_recommendations::Arguments {
                server: trusting(),
                events: vec![at(EVENTS)],
                introduction: Introduction::default(),
                token: Default::default(),
                peers: PeerArgs::default(),
            };
            async move {
                let (port, storage) = (Port::open(PORT).await?, disk.storage().await);
                told(
                    rapporteur_recommendations::start_on(storage, arguments, port, pending()).await,
                )
            }
        });
        let (disk, data) = (house.gateway.clone(), house.folder.clone());
        sim.host(GATEWAY, move || {
            let disk = disk.clone();
            let arguments = rapporteur_gateway::Arguments {
                server: Args {
                    data: data.clone(),
                    ..Args::default()
                },
                events: vec![at(EVENTS)],
                recommendations: vec![at(RECOMMENDATIONS)],
                cors_origins: Vec::new(),
                peers: PeerArgs::default(),
                quota: QuotaArgs::unlimited(),
                // An index in files is no part of what is simulated.
                no_search: true,
                oidc: Default::default(),
            };
            async move {
                let (port, storage) = (Port::open(PORT).await?, disk.storage().await);
                told(rapporteur_gateway::start_on(storage, arguments, port, pending()).await)
            }
        });
        house
    }

    /// What is kept now.
    pub(crate) fn stores(&self) -> Stores {
        Stores {
            gateway: self.gateway.open(),
            events: self.events.open(),
            recommendations: self.recommendations.open(),
        }
    }
}

/// A host that ends fails the simulation.
fn told(served: Result<(), MainError>) -> turmoil::Result {
    served.map_err(|error| -> Box<dyn std::error::Error> { error })?;
    Err("a service ended that nobody had asked to".into())
}

/// On the simulated network nobody else can reach the services.
fn trusting() -> Args {
    Args {
        trust_callers: true,
        ..Args::default()
    }
}
