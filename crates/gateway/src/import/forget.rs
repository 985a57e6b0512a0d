//! What nobody will commit is forgotten: rows of previews that were killed before they were whole, and previews that
//! stood for a month. Each day, and at each start.

use std::time::Duration;

use rapporteur_proto::gateway::v1::{Import, ImportState};
use rapporteur_records::{Call, Error, Records, Result};
use rapporteur_store::Direction;
use rapporteur_store::key::{Key, KeyReader, prefix_end};
use uuid::Uuid;

use super::kept::{Kept, ROWS};
use super::noun::{self, IMPORT};

/// How long a preview waits for somebody to commit it.
const PREVIEW_DAYS: u64 = 30;
/// After which rows that belong to no import are of a preview that was killed, not of one on its way.
const KILLED_DAYS: u64 = 1;
const EACH: Duration = Duration::from_secs(24 * 3_600);
/// Who forgets, in the trail.
const CALLER: &str = "gateway";
const RPC: &str = "rapporteur.gateway.v1.ImportService/PreviewImport";

/// Forgets each day, for as long as it is polled.
pub async fn each_day(records: Records) {
    let mut days = tokio::time::interval(EACH);
    loop {
        days.tick().await;
        if let Err(error) = sweep(&records).await {
            tracing::warn!(%error, "could not forget previews of imports that nobody commits");
        }
    }
}

/// Forgets the rows of previews that were killed, a day after, and of those that nobody committed. How many previews
/// that were.
pub(super) async fn sweep(records: &Records) -> Result<usize> {
    let store = records.store();
    let end = prefix_end(Key::new(ROWS).as_slice());
    let (mut from, mut swept) = (Key::new(ROWS).into_bytes(), 0);
    loop {
        let found = store.scan(&from, &end, 1, Direction::Forward).await?;
        let Some((key, _)) = found.first() else {
            return Ok(swept);
        };
        let mut parts = KeyReader::new(key);
        let id = parts.u8().and_then(|_| parts.str());
        let id = id.map_err(|error| Error::Internal(error.to_string()))?;
        let kept = Kept::of(store, &id);
        let goes = match records.find(&IMPORT, &format!("imports/{id}")).await? {
            None => is_older(&id, KILLED_DAYS, records.now_us()),
            Some((import, _)) => forgets(records, &id, &import).await?,
        };
        if goes {
            kept.clear().await?;
            swept += 1;
        }
        from = prefix_end(kept.prefix().as_slice());
    }
}

/// Whether the rows of an import go. It says so itself first, so that nobody commits what is half gone.
async fn forgets(records: &Records, id: &str, import: &Import) -> Result<bool> {
    match import.state() {
        // Cut off while it was being forgotten.
        ImportState::Forgotten => return Ok(true),
        ImportState::Previewed if is_older(id, PREVIEW_DAYS, records.now_us()) => {}
        _ => return Ok(false),
    }
    let mut call = Call::new(CALLER, RPC, import);
    call.reason = format!("nobody committed it within {PREVIEW_DAYS} days");
    match noun::step(
        records,
        &call,
        &import.name,
        ImportState::Forgotten,
        |_, _| {},
    )
    .await
    {
        Ok(_) => Ok(true),
        // Somebody commits it at this very moment, or another gateway forgets it.
        Err(Error::Precondition { .. } | Error::Stale { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether an id, which tells when it was made, is older than so many days. One that tells nothing is.
fn is_older(id: &str, days: u64, now_us: i64) -> bool {
    let id = Uuid::parse_str(id).ok();
    let made = id
        .and_then(|id| id.get_timestamp())
        .map(|time| time.to_unix().0);
    let now = u64::try_from(now_us / 1_000_000).unwrap_or_default();
    made.is_none_or(|made| made.saturating_add(days * 24 * 3_600) < now)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rapporteur_proto::gateway::v1::ImportRow;
    use rapporteur_store::Store;
    use rapporteur_store::sled::{Options, SledStore};

    use super::super::row::KeptRow;
    use super::*;

    /// The id of an import that was made so many days ago.
    fn made(days: u64) -> String {
        let now = std::time::SystemTime::now();
        let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let time = uuid::Timestamp::from_unix(uuid::NoContext, now - days * 24 * 3_600, 0);
        Uuid::new_v7(time).to_string()
    }

    #[tokio::test]
    async fn what_nobody_commits_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = SledStore::open(folder.path(), Options::default()).unwrap();
        let records = Records::new(store.clone());
        let row = KeptRow {
            row: Some(ImportRow::default()),
            steps: Vec::new(),
        };
        // Days since, state, whether its rows go; no state is a preview that was killed.
        let cases = [
            (0, None, false),
            (2, None, true),
            (29, Some(ImportState::Previewed), false),
            (31, Some(ImportState::Previewed), true),
            (31, Some(ImportState::Committing), false),
            (400, Some(ImportState::Committed), false),
            (40, Some(ImportState::Forgotten), true),
        ];
        let mut ids = Vec::new();
        for (days, state, _) in cases {
            let id = made(days);
            let kept = Kept::of(&store, &id);
            kept.write(&[(0, row.clone())], None).await.unwrap();
            if let Some(state) = state {
                let import = Import {
                    dialogue: "dialogues/d".to_owned(),
                    state: state.into(),
                    ..Import::default()
                };
                let call = Call::new("ana", RPC, &import);
                noun::create(&records, call, &id, import).await.unwrap();
            }
            ids.push(id);
        }
        assert_eq!(sweep(&records).await.unwrap(), 3);
        for ((days, state, goes), id) in cases.iter().zip(&ids) {
            let rows = Kept::of(&store, id).from(0, 1).await.unwrap();
            assert_eq!(rows.is_empty(), *goes, "{days} days, {state:?}");
        }
        let name = format!("imports/{}", ids[3]);
        let (old, _) = records.find(&IMPORT, &name).await.unwrap().unwrap();
        assert_eq!(old.state(), ImportState::Forgotten);
        // What is forgotten is not committed.
        let call = Call::new("ana", RPC, &old);
        let late = noun::step(&records, &call, &name, ImportState::Committing, |_, _| {}).await;
        let late = late.unwrap_err().to_string();
        assert!(late.contains("forgotten"), "{late}");
        assert_eq!(sweep(&records).await.unwrap(), 0);
        store.close().await.unwrap();
    }
}
