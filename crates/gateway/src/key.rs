//! The admin key, with which the system is begun: who holds it may everything. It is made at the first start and
//! written once, for the operator, into a file that only its owner can read; the operator may take it away. It is
//! written like the keys that operators make for others (`crate::access`), and like those only its hash is kept.

use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use prost::Message;
use rapporteur_records::time;
use rapporteur_server::MainError;
use rapporteur_store::key::Key;
use rapporteur_store::{Batch, Check, Store, Write};
use uuid::Uuid;

use crate::access::secret;

/// Row space of keys in the gateway's store; 01 to 05 belong to the records layer.
const KEYS: u8 = 0x10;
/// Who the admin key stands for.
pub const ADMIN: &str = "admin";

/// A key as it is kept.
#[derive(Clone, PartialEq, Message)]
pub struct Kept {
    /// The part between the first and the second `_`, for telling keys apart.
    #[prost(string, tag = "1")]
    pub id: String,
    /// BLAKE3 of the whole key.
    #[prost(bytes = "vec", tag = "2")]
    pub hash: Vec<u8>,
}

/// The hash of the admin key in `store`; makes the key and writes it to `file` when there is none yet.
pub async fn admin(store: &Arc<dyn Store>, file: &Path) -> Result<[u8; 32], MainError> {
    let row = Key::new(KEYS).str(ADMIN).into_bytes();
    if let Some(hash) = found(store, &row).await? {
        return Ok(hash);
    }
    let (key, kept) = fresh()?;
    let hash = secret::hash(key.as_bytes());
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
            meta: bytes::Bytes::new(),
        })
        .await;
    match made {
        // Gateways that share a store share the key: another one made it at the same moment.
        Err(rapporteur_store::Error::Conflict { .. }) => {
            std::fs::remove_file(file)?;
            return found(store, &row)
                .await?
                .ok_or_else(|| "the admin key vanished from the store".into());
        }
        made => drop(made?),
    }
    tracing::info!(file = %file.display(), "made the admin key");
    Ok(hash)
}

/// The hash in the store, if there is one.
async fn found(store: &Arc<dyn Store>, row: &[u8]) -> Result<Option<[u8; 32]>, MainError> {
    let Some(found) = store.get(row).await? else {
        return Ok(None);
    };
    let hash = Kept::decode(found.value)?.hash;
    match hash.try_into() {
        Ok(hash) => Ok(Some(hash)),
        Err(_) => Err("the admin key in the store is damaged".into()),
    }
}

/// A new key, `rpk_<id>_<secret>`.
fn fresh() -> Result<(String, Kept), MainError> {
    let id = secret::new_id()?;
    let key = secret::new_key(&id)?;
    let hash = secret::hash(key.as_bytes()).to_vec();
    Ok((key, Kept { id, hash }))
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
        let hash = admin(&store, &file).await.unwrap();
        let key = std::fs::read_to_string(&file).unwrap();
        assert_eq!(hash, *blake3::hash(key.trim_end().as_bytes()).as_bytes());
        assert_eq!(
            std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let parts: Vec<&str> = key.trim_end().split('_').collect();
        assert_eq!((parts[0], parts[1].len(), parts[2].len()), ("rpk", 12, 64));
        // The operator takes it away; the gateway goes on knowing it.
        std::fs::remove_file(&file).unwrap();
        assert_eq!(admin(&store, &file).await.unwrap(), hash);
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
            assert_eq!(one.unwrap(), other.unwrap(), "round {round}");
            let keys: Vec<_> = files.iter().filter(|file| file.exists()).collect();
            assert_eq!(keys.len(), 1, "only the key that is good is left");
            std::fs::remove_file(keys[0]).unwrap();
            let row = Key::new(KEYS).str(ADMIN).into_bytes();
            let batch = Batch {
                op_id: Uuid::now_v7(),
                time_us: 0,
                checks: Vec::new(),
                writes: vec![Write::delete(row)],
                meta: bytes::Bytes::new(),
            };
            store.commit(batch).await.unwrap();
        }
        store.close().await.unwrap();
    }
}
