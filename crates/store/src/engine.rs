//! Which engine, and where: the one place that knows all of them.

mod address;

pub use address::{Address, Text, without_passwords};

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use uuid::Uuid;

use crate::copy::Mark;
#[cfg(feature = "postgres")]
use crate::postgres;
use crate::sled::{self, Options, SledStore};
use crate::{Error, Meter, Result, Store};

/// How to open a store.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What the engine may keep of its pages in memory, in bytes.
    pub cache_bytes: u64,
    /// The identity that a new store gets, for copies; a random one when it is none. A store that is there
    /// keeps its own.
    pub store_id: Option<Uuid>,
    /// How to use a server that keeps the store.
    pub remote: Remote,
    /// Where the work of the store is counted.
    pub meter: Meter,
}

impl Default for Settings {
    fn default() -> Self {
        let Options { cache_bytes, .. } = Options::default();
        Self {
            cache_bytes,
            store_id: None,
            remote: Remote::default(),
            meter: Meter::default(),
        }
    }
}

/// How to use a server that keeps the store. Engines that are embedded need none of it.
#[derive(Clone, Debug)]
pub struct Remote {
    /// Certificates (PEM) of the authority that signed the server's. With them the connection is TLS, and the
    /// server's name must be the one in its certificate.
    pub ca: Option<PathBuf>,
    /// The certificate (PEM) that this process shows to the server.
    pub cert: Option<PathBuf>,
    /// The key (PEM) of that certificate.
    pub key: Option<PathBuf>,
    /// File with the password, which wins over one in the address.
    pub password_file: Option<PathBuf>,
    /// Refuse a server whose settings could lose what was acknowledged, instead of warning of them.
    pub strict: bool,
    /// Most connections for reading; one more is for writing.
    pub pool: usize,
    /// How often to ask for commits of other processes, while somebody waits for them.
    pub poll: Duration,
    /// Tell other processes of commits and hear of theirs (LISTEN, NOTIFY), so that waits end before the next look.
    pub notify: bool,
    /// Most batches that share one transaction.
    pub group_batches: usize,
    /// Where its work is counted; what is opened by [`open`] counts where [`Settings::meter`] says.
    pub meter: Meter,
}

impl Default for Remote {
    fn default() -> Self {
        Self {
            ca: None,
            cert: None,
            key: None,
            password_file: None,
            strict: false,
            pool: 8,
            poll: Duration::from_millis(50),
            notify: false,
            group_batches: 128,
            meter: Meter::default(),
        }
    }
}

/// A store that was opened.
pub struct Opened {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Tells when the store stopped writing for good, and why.
    pub failed: watch::Receiver<Option<String>>,
    /// Whether it was not closed in good order last time, so that it should be walked.
    pub recovered: bool,
    /// Where its work is counted.
    pub meter: Meter,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").finish_non_exhaustive()
    }
}

/// Opens the store at `address`, or makes one there.
pub async fn open(address: &Address, settings: &Settings) -> Result<Opened> {
    open_as(address, settings, false).await
}

/// Whether there is a store at `address`.
pub async fn exists(address: &Address, settings: &Settings) -> Result<bool> {
    match address.clone() {
        Address::Sled(dir) => blocking(move || sled::is_there(&dir)).await,
        #[cfg(feature = "postgres")]
        Address::Postgres(address) => postgres::is_there(&address, &settings.remote).await,
    }
}

/// Opens the store at `address`; [`Error::Absent`] when there is none.
pub async fn open_existing(address: &Address, settings: &Settings) -> Result<Opened> {
    if !exists(address, settings).await? {
        return Err(absent(address, settings).await);
    }
    open(address, settings).await
}

/// What to say where no store is; of a database, which there are.
async fn absent(address: &Address, settings: &Settings) -> Error {
    let mut said = format!("there is no store at {address}");
    #[cfg(feature = "postgres")]
    if let Address::Postgres(address) = address
        && let Ok(found) = postgres::Schemas::at(address, &settings.remote).await
    {
        said.push_str(&format!("; {found}"));
    }
    Error::Absent(said)
}

/// The address with this `schema`, when it is of a server that needs one and names none; [`Error::Schema`] when
/// another store of that database may be meant.
pub async fn in_schema(address: Address, schema: &str, settings: &Settings) -> Result<Address> {
    #[cfg(feature = "postgres")]
    if let Address::Postgres(address) = &address
        && address.schema().is_none()
    {
        let found = postgres::Schemas::at(address, &settings.remote).await?;
        found.permit(schema)?;
    }
    let _ = settings;
    Ok(address.or_schema(schema))
}

/// Opens a place for a copy of the store `store_id`: an empty one, or the same copy where it was left off;
/// anything else is [`Error::Exists`]. Nobody else opens it before [`finish_copy`].
pub async fn begin_copy(address: &Address, store_id: Uuid, settings: &Settings) -> Result<Opened> {
    let settings = Settings {
        store_id: Some(store_id),
        ..settings.clone()
    };
    open_as(address, &settings, true).await
}

/// Makes the finished copy at `address`, which the caller has open, a store like any other.
pub async fn finish_copy(address: &Address, settings: &Settings) -> Result<()> {
    match address.clone() {
        Address::Sled(dir) => blocking(move || sled::finish_copy(&dir)).await,
        #[cfg(feature = "postgres")]
        Address::Postgres(address) => postgres::finish_copy(&address, &settings.remote).await,
    }
}

/// Has every later opening of the store at `address`, which the caller has open, refused as
/// [`Error::Moved`] to `to`; `None` takes that back.
pub async fn mark_moved(
    address: &Address,
    to: Option<&Address>,
    settings: &Settings,
) -> Result<()> {
    let to = to.map(ToString::to_string);
    match address.clone() {
        Address::Sled(dir) => blocking(move || sled::mark_moved(&dir, to)).await,
        #[cfg(feature = "postgres")]
        Address::Postgres(address) => postgres::mark_moved(&address, &settings.remote, to).await,
    }
}

/// What the store at `address` says of copies and moves, if there is one.
pub async fn mark(address: &Address, settings: &Settings) -> Result<Option<Mark>> {
    match address.clone() {
        Address::Sled(dir) => blocking(move || sled::mark(&dir)).await,
        #[cfg(feature = "postgres")]
        Address::Postgres(address) => postgres::mark(&address, &settings.remote).await,
    }
}

/// Keeps everybody else from opening the store at `address` as long as the answer lives, where one process alone may
/// have it open; a server's many may.
pub(crate) async fn hold(address: &Address) -> Result<Option<std::fs::File>> {
    match address.clone() {
        Address::Sled(dir) => blocking(move || sled::hold(&dir)).await.map(Some),
        #[cfg(feature = "postgres")]
        Address::Postgres(_) => Ok(None),
    }
}

/// The address of a place beside `address`, with `suffix` after its name.
pub fn beside(address: &Address, suffix: &str) -> Result<Address> {
    match address {
        Address::Sled(dir) => {
            let odd = || Error::Schema(format!("{} has no name of its own", dir.display()));
            let mut name = dir.file_name().ok_or_else(odd)?.to_owned();
            name.push(format!(".{suffix}"));
            Ok(Address::Sled(dir.with_file_name(name)))
        }
        #[cfg(feature = "postgres")]
        Address::Postgres(_) => Err(compacts_itself(address)),
    }
}

/// Puts the store at `new` in the place of the one at `address`, which is kept at `old`, where nothing may be. Nobody
/// has any of them open. At every moment there is one of the two stores at `address`, whole.
pub async fn replace(address: &Address, new: &Address, old: &Address) -> Result<()> {
    match (address.clone(), new.clone(), old.clone()) {
        (Address::Sled(dir), Address::Sled(new), Address::Sled(old)) => {
            blocking(move || sled::replace(&dir, &new, &old)).await
        }
        #[cfg(feature = "postgres")]
        _ => Err(compacts_itself(address)),
    }
}

#[cfg(feature = "postgres")]
fn compacts_itself(address: &Address) -> Error {
    Error::Schema(format!(
        "{address} is kept by a server, which gives room back by itself (VACUUM)"
    ))
}

async fn open_as(address: &Address, settings: &Settings, copy: bool) -> Result<Opened> {
    match address {
        Address::Sled(dir) => {
            let (dir, store_id) = (dir.clone(), settings.store_id);
            let options = Options {
                cache_bytes: settings.cache_bytes,
                store_id,
                copy,
                meter: settings.meter.clone(),
                ..Options::default()
            };
            let store = blocking(move || SledStore::open(&dir, options)).await?;
            Ok(Opened {
                failed: store.failed(),
                recovered: store.recovered(),
                meter: settings.meter.clone(),
                store,
            })
        }
        #[cfg(feature = "postgres")]
        Address::Postgres(address) => {
            let Settings {
                remote, store_id, ..
            } = settings;
            let remote = &Remote {
                meter: settings.meter.clone(),
                ..remote.clone()
            };
            let store = match store_id.filter(|_| copy) {
                Some(origin) => postgres::PostgresStore::begin_copy(address, remote, origin).await,
                None => postgres::PostgresStore::open(address, remote, *store_id).await,
            }?;
            // The server looks after its own crashes.
            Ok(Opened {
                failed: store.failed(),
                recovered: false,
                meter: settings.meter.clone(),
                store,
            })
        }
    }
}

/// Runs what blocks off the runtime.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::Unavailable(error.to_string()))?
}
