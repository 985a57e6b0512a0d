//! The admin key, with which the system is begun: who holds it may everything. It is made at the first start and
//! written once, for the operator, into a file that only its owner can read; the operator may take it away. It is
//! written like the keys that operators make for others (`crate::access`), and like those only its hash is kept.

use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use prost::Message;
use rapporteur_records::{Call, Records, time};
use rapporteur_server::MainError;
use rapporteur_store::key::Key;
use rapporteur_store::{Batch, Check, Store, Write};
use uuid::Uuid;

use crate::access::book::{decoded, mark};
use crate::access::secret::{self, Secrets};

/// Row space of keys in the gateway's store; 01 to 05 belong to the records layer.
const KEYS: u8 = 0x10;
/// Who the admin key stands for.
pub const ADMIN: &str = "admin";

/// The id of the admin key, as keys have one. In its name, `keys/admin`, it stands for whichever it has.
pub const NAME: &str = "keys/admin";

/// What is kept of the admin key.
#[derive(Clone, PartialEq, Message)]
pub struct Kept {
    /// The part between the first and the second `_`, for telling keys apart.
    #[prost(string, tag = "1")]
    pub id: String,
    /// BLAKE3 of the whole key.
    #[prost(bytes = "vec", tag = "2")]
    pub hash: Vec<u8>,
    /// The same of the key before it; empty when there is none.
    #[prost(bytes = "vec", tag = "3")]
    pub previous: Vec<u8>,
    /// Until when that one is good, in microseconds since the Unix epoch.
    #[prost(int64, tag = "4")]
    pub previous_until_us: i64,
}

fn row() -> Bytes {
    Key::new(KEYS).str(ADMIN).into_bytes()
}

/// Makes the admin key and writes it to `file` when there is none in `store` yet.
pub async fn admin(store: &Arc<dyn Store>, file: &Path) -> Result<(), MainError> {
    let row = row();
    if store.get(&row).await?.is_some() {
        return Ok(());
    }
    let (key, kept) = fresh()?;
    // First the file: a key that is kept but that nobody knows would lock the operator out.
    write_once(file, &key).map_err(|error| format!("{}: {error}", file.display()))?;
    let checks = vec![Check {
        key: row.clone(),
        version: 0,
    }];
    let writes = vec![Write::put(row.clone(), kept.encode_to_vec())];
    let (op_id, time_us) = (Uuid::now_v7(), time::now_us());
    let made = store
        .commit(Batch {
            op_id,
            time_us,
            checks,
            writes,
            meta: Bytes::new(),
        })
        .await;
    match made {
        // Gateways that share a store share the key: another one made it at the same moment.
        Err(rapporteur_store::Error::Conflict { .. }) => {
            std::fs::remove_file(file)?;
            return Ok(());
        }
        made => drop(made?),
    }
    tracing::info!(file = %file.display(), "made the admin key");
    Ok(())
}

/// Gives the admin key a new secret, which is shown once; the old one is good until then. On record as the act of a call.
pub async fn rotate(
    records: &Records,
    call: &Call,
    previous_until_us: i64,
) -> Result<String, rapporteur_records::Error> {
    let row = row();
    let found = records.store().get(&row).await?;
    let version = found.as_ref().map_or(0, |row| row.version);
    let kept = found.map(|row| decoded::<Kept>(&row.value)).transpose()?;
    let (key, fresh) = fresh()?;
    let fresh = Kept {
        previous: kept.map(|kept| kept.hash).unwrap_or_default(),
        previous_until_us,
        ..fresh
    };
    let batch = Batch {
        op_id: Uuid::now_v7(),
        time_us: records.now_us(),
        checks: vec![Check {
            key: row.clone(),
            version,
        }],
        writes: vec![Write::put(row, fresh.encode_to_vec()), mark()],
        meta: Bytes::new(),
    };
    records.act_on(call, NAME, batch).await?;
    Ok(key)
}

/// What is kept of it in the store; nothing opens what is not there.
pub async fn found(store: &Arc<dyn Store>) -> Result<Secrets, rapporteur_records::Error> {
    let kept = store.get(&row()).await?;
    let kept = kept.map(|row| decoded::<Kept>(&row.value)).transpose()?;
    let kept = kept.unwrap_or_default();
    Ok(Secrets {
        current: kept.hash,
        previous: kept.previous,
        previous_until_us: kept.previous_until_us,
    })
}

/// A new key, `rpk_<id>_<secret>`.
fn fresh() -> Result<(String, Kept), rapporteur_records::Error> {
    let id = secret::new_id()?;
    let key = secret::new_key(&id)?;
    let hash = secret::hash(key.as_bytes()).to_vec();
    let kept = Kept {
        id,
        hash,
        ..Kept::default()
    };
    Ok((key, kept))
}

/// The file appears whole or not at all, and is never readable by others, not even for a moment.
fn write_once(file: &Path, key: &str) -> io::Result<()> {
    // A store elsewhere has not made the directory of the data.
    if let Some(directory) = file.parent() {
        std::fs::create_dir_all(directory)?;
    }
    let unfinished = file.with_extension("key.new");
    // Left over from a start that was cut off.
    match std::fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut open = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unfinished)?;
    open.write_all(key.as_bytes())?;
    open.write_all(b"\n")?;
    open.sync_all()?;
    std::fs::rename(&unfinished, file)
}

/// Makes this the admin key of an empty store.
#[cfg(test)]
pub(crate) async fn keep(store: &Arc<dyn Store>, key: &str) {
    let kept = Kept {
        hash: secret::hash(key.as_bytes()).to_vec(),
        ..Kept::default()
    };
    let batch = Batch {
        op_id: Uuid::now_v7(),
        time_us: 0,
        checks: Vec::new(),
        writes: vec![Write::put(row(), kept.encode_to_vec())],
        meta: Bytes::new(),
    };
    store.commit(batch).await.unwrap();
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use rapporteur_store::sled::{Options, SledStore};

    use super::*;

    #[tokio::test]
    async fn the_key_is_made_once_and_only_its_hash_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("admin.key");
        let store: Arc<dyn Store> =
            SledStore::open(&folder.path().join("store"), Options::default()).unwrap();
        admin(&store, &file).await.unwrap();
        let hash = found(&store).await.unwrap().current;
        let key = std::fs::read_to_string(&file).unwrap();
        assert_eq!(hash, secret::hash(key.trim_end().as_bytes()));
        assert_eq!(
            std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let parts: Vec<&str> = key.trim_end().split('_').collect();
        assert_eq!((parts[0], parts[1].len(), parts[2].len()), ("rpk", 12, 64));
        // The operator takes it away; the gateway goes on knowing it.
        std::fs::remove_file(&file).unwrap();
        admin(&store, &file).await.unwrap();
        assert_eq!(found(&store).await.unwrap().current, hash);
        assert!(!file.exists());
        for (_, row) in store
            .scan(&[], &[], 100, rapporteur_store::Direction::Forward)
            .await
            .unwrap()
        {
            assert!(
                !String::from_utf8_lossy(&row.value).contains(parts[2]),
                "the secret is in the store"
            );
        }
        store.close().await.unwrap();
    }

    #[tokio::test]
    async fn gateways_that_share_a_store_share_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> =
            SledStore::open(&folder.path().join("store"), Options::default()).unwrap();
        for round in 0..10 {
            // Directories of their own, which nobody has made: the store is not in them.
            let files = ["one", "other"].map(|name| folder.path().join(name).join("admin.key"));
            let [one, other] = &files;
            let (one, other) = futures::join!(admin(&store, one), admin(&store, other));
            one.unwrap();
            other.unwrap();
            let keys: Vec<_> = files.iter().filter(|file| file.exists()).collect();
            assert_eq!(
                keys.len(),
                1,
                "round {round}: only the key that is good is left"
            );
            let key = std::fs::read_to_string(keys[0]).unwrap();
            let good = secret::hash(key.trim_end().as_bytes());
            assert_eq!(found(&store).await.unwrap().current, good);
            std::fs::remove_file(keys[0]).unwrap();
            let row = Key::new(KEYS).str(ADMIN).into_bytes();
            let batch = Batch {
                op_id: Uuid::now_v7(),
                time_us: 0,
                checks: Vec::new(),
                writes: vec![Write::delete(row)],
                meta: Bytes::new(),
            };
            store.commit(batch).await.unwrap();
        }
        store.close().await.unwrap();
    }
}
