//! The store of a process: opened off the runtime, watched, walked after a crash, moved while it is used.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use rapporteur_proto::store::v1::store_service_server::StoreServiceServer;
use rapporteur_store::Store;
use rapporteur_store::engine::{self, Address, Settings};
use rapporteur_store::switch::Switch;

use crate::stores::Stores;
use crate::{Args, MainError, PageToken, Readiness};

/// The open store of a process, and what goes with it.
pub struct Storage {
    switch: Arc<Switch>,
    settings: Settings,
    recovered: bool,
    /// Name of its engine.
    pub engine: &'static str,
    /// Page tokens of this store.
    pub tokens: PageToken,
}

impl std::fmt::Debug for Storage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Storage").finish_non_exhaustive()
    }
}

impl Storage {
    /// Opens the store in this directory, or makes one there.
    pub async fn open(directory: &Path, args: &Args) -> Result<Self, MainError> {
        let settings = Settings {
            cache_bytes: args.cache_mib << 20,
            ..Settings::default()
        };
        let address = Address::Sled(directory.to_owned());
        let opened = engine::open(&address, &settings).await?;
        let info = opened.store.info().await?;
        Ok(Self {
            recovered: opened.recovered,
            switch: Switch::new(opened, address),
            settings,
            engine: info.engine,
            tokens: PageToken::new(info.store_id),
        })
    }

    /// The store itself.
    pub fn store(&self) -> Arc<dyn Store> {
        self.switch.clone()
    }

    /// The calls by which operators keep and move the store.
    pub fn service(&self) -> StoreServiceServer<Stores> {
        Stores::server(self.switch.clone(), self.settings.clone())
    }

    /// Resolves, with the reason, when the store can no longer be written. For [`crate::Serving::fatal`].
    pub fn failed(&self) -> impl Future<Output = String> + Send + 'static {
        let switch = self.switch.clone();
        async move { switch.failed().await }
    }

    /// After a crash, walks the whole store while it serves: what opening checks is the end of the log.
    /// Damage turns the process NOT_SERVING.
    pub fn watch_over(&self, readiness: Readiness) {
        if !self.recovered {
            return;
        }
        let store = self.store();
        tokio::spawn(async move {
            match store.verify().await {
                Ok(verified) => {
                    tracing::info!(?verified, "the store was not closed last time; it is whole")
                }
                Err(rapporteur_store::Error::Corrupt(place)) => {
                    tracing::error!(place, "the store is damaged; restore it from a copy");
                    readiness.not_ready(format!("the store is damaged: {place}"));
                }
                // It was closed meanwhile, or cannot be read now; the next start walks again.
                Err(error) => tracing::warn!(%error, "the store could not be walked"),
            }
        });
    }

    /// Makes everything durable and lets go of the directory.
    pub async fn close(self) -> Result<(), MainError> {
        Ok(self.switch.close().await?)
    }
}
