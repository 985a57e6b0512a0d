//! The store of a process: opened off the runtime, watched, walked after a crash, moved while it is used.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rapporteur_proto::store::v1::store_service_server::StoreServiceServer;
use rapporteur_store::engine::{self, Address, Opened, Remote, Settings, Text};
use rapporteur_store::switch::Switch;
use rapporteur_store::{Health, Store};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::refusals::Refusals;
use crate::stores::Stores;
use crate::{Args, MainError, PageToken, Readiness};

/// How often a server that keeps the store is asked how it is.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Where the store is and how to reach it. Without any of it the store is embedded, in the data directory.
#[derive(Clone, Debug, clap::Args)]
pub struct StoreArgs {
    /// Address of the store: `sled:DIR`, or `postgres://user@host:5432/database?schema=name` for one that several
    /// processes share (the schema is `rapporteur_` and the service's name when not given); the store in the data
    /// directory when not given
    #[arg(long, value_name = "ADDRESS", hide_env_values = true)]
    pub store: Option<Text>,
    /// What the store's server wants to see.
    #[command(flatten)]
    pub server: StoreServerArgs,
    /// Refuse a server whose settings could lose what was acknowledged, instead of warning of them
    #[arg(long, value_name = "BOOL", default_value_t = false, num_args = 0..=1, default_missing_value = "true", action = clap::ArgAction::Set)]
    pub store_strict: bool,
    /// Most connections to the store's server for reading; one more is for writing
    #[arg(long, value_name = "COUNT", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub store_pool: u16,
    /// Milliseconds between looks for commits of other processes, while somebody waits for them
    #[arg(long, value_name = "MS", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    pub store_poll_ms: u64,
    /// Tell other processes of commits and hear of theirs (LISTEN and NOTIFY, on one more connection of its own, never
    /// through a pooler), so that followers need not wait for the next look
    #[arg(long, value_name = "BOOL", default_value_t = false, num_args = 0..=1, default_missing_value = "true", action = clap::ArgAction::Set)]
    pub store_notify: bool,
}

/// What a server that keeps a store wants to see of whom it lets in. An embedded store needs none of it.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct StoreServerArgs {
    /// Certificates (PEM) of the authority of the store's server; turns TLS on
    #[arg(long, value_name = "FILE", global = true)]
    pub store_ca: Option<PathBuf>,
    /// Certificate (PEM) to show to the store's server
    #[arg(long, value_name = "FILE", requires = "store_key", global = true)]
    pub store_cert: Option<PathBuf>,
    /// Key (PEM) of that certificate
    #[arg(long, value_name = "FILE", requires = "store_cert", global = true)]
    pub store_key: Option<PathBuf>,
    /// File with the password for the store's server
    #[arg(long, value_name = "FILE", global = true)]
    pub store_password_file: Option<PathBuf>,
}

impl StoreServerArgs {
    /// Whether any of it is given.
    pub fn is_given(&self) -> bool {
        let files = [
            &self.store_ca,
            &self.store_cert,
            &self.store_key,
            &self.store_password_file,
        ];
        files.into_iter().any(Option::is_some)
    }

    /// How to open stores with it; the rest is the engine's own choice.
    pub fn settings(&self) -> Settings {
        let remote = self.remote();
        Settings {
            remote,
            ..Settings::default()
        }
    }

    fn remote(&self) -> Remote {
        Remote {
            ca: self.store_ca.clone(),
            cert: self.store_cert.clone(),
            key: self.store_key.clone(),
            password_file: self.store_password_file.clone(),
            ..Remote::default()
        }
    }
}

impl StoreArgs {
    /// The same for one of several services that are given one address ([`Text::shared_by`]).
    pub fn shared_by(&self, service: &str) -> rapporteur_store::Result<Self> {
        let store = self.store.as_ref();
        let store = store.map(|text| text.shared_by(service)).transpose()?;
        let others = self.clone();
        Ok(Self { store, ..others })
    }

    /// Whether there is a store of `service` at the address already; false when no address is given.
    pub async fn holds(&self, service: &str) -> rapporteur_store::Result<bool> {
        let Some(text) = &self.store else {
            return Ok(false);
        };
        let remote = self.remote();
        let settings = Settings {
            remote,
            ..Settings::default()
        };
        let address = text.address()?.or_schema(&schema_of(service));
        engine::exists(&address, &settings).await
    }

    fn remote(&self) -> Remote {
        Remote {
            strict: self.store_strict,
            pool: usize::from(self.store_pool),
            poll: Duration::from_millis(self.store_poll_ms),
            notify: self.store_notify,
            ..self.server.remote()
        }
    }
}

/// The open store of a process, and what goes with it.
pub struct Storage {
    switch: Arc<Switch>,
    settings: Settings,
    /// What a database that names no schema gets.
    schema: String,
    recovered: bool,
    closing: CancellationToken,
    /// Ends what watches the store with it.
    _closed: DropGuard,
    /// Page tokens of this store.
    pub tokens: PageToken,
}

impl std::fmt::Debug for Storage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Storage").finish_non_exhaustive()
    }
}

impl Storage {
    /// Opens the store that the arguments name, or else the one in this directory; makes it when it is not
    /// there.
    ///
    /// In a database of which no schema is named the store gets one after the `service` (`rapporteur_events`), so
    /// that the services can be given one database and keep apart; where stores have other names already, the schema
    /// must be named.
    pub async fn open(service: &str, directory: &Path, args: &Args) -> Result<Self, MainError> {
        let settings = Settings {
            cache_bytes: args.cache_mib << 20,
            remote: args.store.remote(),
            meter: args.metrics.meter(),
            ..Settings::default()
        };
        args.metrics.of(service);
        let schema = schema_of(service);
        let address = match &args.store.store {
            Some(text) => text
                .address()
                .map_err(|error| format!("--store: {error}"))?,
            None => Address::Sled(directory.to_owned()),
        };
        let address = engine::in_schema(address, &schema, &settings).await?;
        tracing::info!(store = %address, "opening the store");
        let opened = engine::open(&address, &settings).await?;
        let storage = Self::of(opened, address, settings, schema).await?;
        args.metrics.store(&storage.switch);
        Ok(storage)
    }

    /// A store that was opened already.
    pub async fn of(
        opened: Opened,
        address: Address,
        settings: Settings,
        schema: String,
    ) -> Result<Self, MainError> {
        let info = opened.store.info().await?;
        let closing = CancellationToken::new();
        Ok(Self {
            recovered: opened.recovered,
            switch: Switch::new(opened, address),
            settings,
            schema,
            _closed: closing.clone().drop_guard(),
            closing,
            tokens: PageToken::new(info.store_id),
        })
    }

    /// The store itself.
    pub fn store(&self) -> Arc<dyn Store> {
        self.switch.clone()
    }

    /// Tells the name of the engine that is used at the time. For [`crate::Serving::about`].
    pub fn engine(&self) -> impl Fn() -> &'static str + Send + Sync + 'static {
        let switch = self.switch.clone();
        move || switch.address().engine()
    }

    /// The calls by which operators keep and move the store. Those that are refused go on record.
    pub fn service(&self, refusals: Refusals) -> StoreServiceServer<Stores> {
        Stores::server(
            self.switch.clone(),
            self.settings.clone(),
            self.schema.clone(),
            refusals,
        )
    }

    /// Resolves, with the reason, when the store can no longer be written. For [`crate::Serving::fatal`].
    pub fn failed(&self) -> impl Future<Output = String> + Send + 'static {
        let switch = self.switch.clone();
        async move { switch.failed().await }
    }

    /// After a crash, walks the whole store while it serves: what opening checks is the end of the log.
    /// Damage turns the process NOT_SERVING. So does a server that is away, until it is back.
    pub fn watch_over(&self, readiness: Readiness) {
        let looking = follow_health(self.switch.clone(), readiness.clone());
        tokio::spawn(self.closing.clone().run_until_cancelled_owned(looking));
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
        self.closing.cancel();
        Ok(self.switch.close().await?)
    }
}

/// The schema of a service's store where none is named.
fn schema_of(service: &str) -> String {
    format!("rapporteur_{service}")
}

/// Says for ever whether a store that a server keeps can be written. An embedded one fails for good or not at
/// all; but it may be moved to a server.
async fn follow_health(switch: Arc<Switch>, readiness: Readiness) {
    loop {
        if switch.address().is_remote() {
            match switch.health().await {
                Health::Serving => readiness.ready(),
                Health::Failing(why) => readiness.not_ready(why),
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Service {
        #[command(flatten)]
        server: Args,
    }

    #[tokio::test]
    async fn an_address_that_is_wrong_is_told_of_without_its_password() {
        for odd in [
            "postgres://u:secret@h/d?colour=red",
            "mysql://u:secret@h/d",
            "host=h password=secret",
        ] {
            let service: Service = crate::args::parse(["service", "--store", odd]).unwrap();
            let folder = tempfile::tempdir().unwrap();
            let opened = Storage::open("events", folder.path(), &service.server).await;
            let said = format!("{} {service:?}", opened.unwrap_err());
            assert!(said.contains("--store: "), "{odd}: {said}");
            assert!(!said.contains("secret"), "{odd}: {said}");
        }
    }
}
