//! Which engine, and where: the one place that knows all of them.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use tokio::sync::watch;
use uuid::Uuid;

use crate::sled::{self, Options, SledStore};
use crate::{Error, Result, Store};

/// Where a store is.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// `sled:DIR`: the embedded engine, in this directory.
    Sled(PathBuf),
}

impl Address {
    /// The same place, whatever the working directory is.
    #[must_use]
    pub fn absolute(&self) -> Self {
        match self {
            Self::Sled(dir) => Self::Sled(std::path::absolute(dir).unwrap_or_else(|_| dir.clone())),
        }
    }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once(':') {
            Some(("sled", dir)) if !dir.is_empty() => Ok(Self::Sled(dir.into())),
            _ => Err(Error::Schema(format!(
                "`{text}` is not the address of a store; it should look like sled:DIR"
            ))),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sled(dir) => write!(f, "sled:{}", dir.display()),
        }
    }
}

impl fmt::Debug for Address {
    // Never more than is displayed: an address may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How to open a store.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What the engine may keep of its pages in memory, in bytes.
    pub cache_bytes: u64,
    /// The identity that a new store gets, for copies; a random one when it is none. A store that is there
    /// keeps its own.
    pub store_id: Option<Uuid>,
}

impl Default for Settings {
    fn default() -> Self {
        let Options { cache_bytes, .. } = Options::default();
        Self {
            cache_bytes,
            store_id: None,
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
pub async fn exists(address: &Address) -> Result<bool> {
    match address.clone() {
        Address::Sled(dir) => blocking(move || sled::is_there(&dir)).await,
    }
}

/// Opens the store at `address`; [`Error::Absent`] when there is none.
pub async fn open_existing(address: &Address, settings: &Settings) -> Result<Opened> {
    if !exists(address).await? {
        return Err(Error::Absent(format!("there is no store at {address}")));
    }
    open(address, settings).await
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
pub async fn finish_copy(address: &Address) -> Result<()> {
    match address.clone() {
        Address::Sled(dir) => blocking(move || sled::finish_copy(&dir)).await,
    }
}

/// Has every later opening of the store at `address`, which the caller has open, refused as
/// [`Error::Moved`] to `to`; `None` takes that back.
pub async fn mark_moved(address: &Address, to: Option<&Address>) -> Result<()> {
    let to = to.map(ToString::to_string);
    match address.clone() {
        Address::Sled(dir) => blocking(move || sled::mark_moved(&dir, to)).await,
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
    }
}

/// Puts the store at `new` in the place of the one at `address`, which is kept at `old`, where nothing may be. Nobody
/// has any of them open. At every moment there is one of the two stores at `address`, whole.
pub async fn replace(address: &Address, new: &Address, old: &Address) -> Result<()> {
    match (address.clone(), new.clone(), old.clone()) {
        (Address::Sled(dir), Address::Sled(new), Address::Sled(old)) => {
            blocking(move || sled::replace(&dir, &new, &old)).await
        }
    }
}

async fn open_as(address: &Address, settings: &Settings, copy: bool) -> Result<Opened> {
    match address {
        Address::Sled(dir) => {
            let (dir, store_id) = (dir.clone(), settings.store_id);
            let options = Options {
                cache_bytes: settings.cache_bytes,
                store_id,
                copy,
                ..Options::default()
            };
            let store = blocking(move || SledStore::open(&dir, options)).await?;
            Ok(Opened {
                failed: store.failed(),
                recovered: store.recovered(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        let address: Address = "sled:/var/lib/rapporteur/events".parse().unwrap();
        assert_eq!(address, Address::Sled("/var/lib/rapporteur/events".into()));
        assert_eq!(address.to_string(), "sled:/var/lib/rapporteur/events");
        for odd in ["", "sled", "sled:", "/var/lib", "mysql://x"] {
            let error = odd.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains("sled:DIR"), "{odd}: {error}");
        }
        let here = std::env::current_dir().unwrap().join("data/events");
        let relative: Address = "sled:data/events".parse().unwrap();
        assert_eq!(relative.absolute(), Address::Sled(here));
        assert_eq!(address.absolute(), address);
    }
}
