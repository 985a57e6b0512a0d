//! The store of a process: opened off the runtime, watched, walked after a crash.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use rapporteur_store::Store;
use rapporteur_store::engine::{self, Address, Opened, Settings};

use crate::{Args, MainError, PageToken, Readiness};

/// The open store of a process, and what goes with it.
pub struct Storage {
    opened: Opened,
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
        Self::of(engine::open(&Address::Sled(directory.to_owned()), &settings).await?).await
    }

    /// A store that was opened already.
    pub async fn of(opened: Opened) -> Result<Self, MainError> {
        let info = opened.store.info().await?;
        Ok(Self {
            opened,
            engine: info.engine,
            tokens: PageToken::new(info.store_id),
        })
    }

    /// The store itself.
    pub fn store(&self) -> Arc<dyn Store> {
        self.opened.store.clone()
    }

    /// Resolves, with the reason, when the store can no longer be written. For [`crate::Serving::fatal`].
    pub fn failed(&self) -> impl Future<Output = String> + Send + 'static {
        storage_failed(self.opened.failed.clone())
    }

    /// After a crash, walks the whole store while it serves: what opening checks is the end of the log.
    /// Damage turns the process NOT_SERVING.
    pub fn watch_over(&self, readiness: Readiness) {
        if !self.opened.recovered {
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
        Ok(self.opened.store.close().await?)
    }
}

/// Resolves, with the reason, when a store that reports its failures here can no longer be written.
async fn storage_failed(mut fault: tokio::sync::watch::Receiver<Option<String>>) -> String {
    match fault.wait_for(Option::is_some).await.map(|why| why.clone()) {
        Ok(why) => why.unwrap_or_default(),
        // The store was closed in good order.
        Err(_) => std::future::pending().await,
    }
}
