//! When keys were last used: remembered in memory, written every minute, off the path of calls. It is no change
//! of the record, so it has a row of its own.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use rapporteur_records::{Result, time};
use rapporteur_store::contract::LIMITS;
use rapporteur_store::key::Key;
use rapporteur_store::{Batch, Write};
use uuid::Uuid;

use super::Book;

/// Row space of last uses.
const SPACE: u8 = 0x12;
/// How often they are written.
const EVERY: Duration = Duration::from_secs(60);

fn row(id: &str) -> Bytes {
    Key::new(SPACE).str(id).into_bytes()
}

/// Nothing is known of the use of a key any more.
pub fn forget(id: &str) -> Write {
    Write::delete(row(id))
}

/// Last uses on their way into the store.
#[derive(Debug, Default)]
pub struct Ledger {
    /// By key, in microseconds since the Unix epoch.
    written: HashMap<String, i64>,
}

impl Ledger {
    /// Writes for ever.
    pub async fn keep(mut self, book: &Book) {
        loop {
            tokio::time::sleep(EVERY).await;
            if let Err(error) = self.write(book).await {
                tracing::warn!(%error, "could not write when keys were last used");
            }
        }
    }

    /// Writes what is new.
    pub async fn write(&mut self, book: &Book) -> Result<()> {
        let live = book.live();
        self.written.retain(|id, _| live.keys.contains_key(id));
        let new: Vec<(&String, i64)> = live
            .keys
            .iter()
            .map(|(id, known)| (id, known.used_us.load(Ordering::Relaxed)))
            .filter(|(id, used)| *used > self.written.get(*id).copied().unwrap_or_default())
            .collect();
        for part in new.chunks(LIMITS.batch_writes) {
            let writes = part
                .iter()
                .map(|(id, used)| Write::put(row(id), used.to_be_bytes().to_vec()));
            let batch = Batch {
                op_id: Uuid::now_v7(),
                time_us: time::now_us(),
                checks: Vec::new(),
                writes: writes.collect(),
                meta: Bytes::new(),
            };
            book.records().store().commit(batch).await?;
            for (id, used) in part {
                self.written.insert((*id).clone(), *used);
            }
        }
        Ok(())
    }
}

/// When keys were last used, as far as the store and this process know; in microseconds since the Unix epoch.
pub async fn last(book: &Book, ids: &[&str]) -> Result<Vec<Option<i64>>> {
    let rows: Vec<Bytes> = ids.iter().map(|id| row(id)).collect();
    let rows = book.records().store().get_many(&rows).await?;
    let live = book.live();
    let last = ids.iter().zip(rows).map(|(id, row)| {
        let written = row.and_then(|row| Some(i64::from_be_bytes(row.value[..].try_into().ok()?)));
        let here = live
            .keys
            .get(*id)
            .map(|known| known.used_us.load(Ordering::Relaxed));
        written.max(here.filter(|us| *us > 0))
    });
    Ok(last.collect())
}
