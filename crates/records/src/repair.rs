//! What an operator may ask of records that no service has open: whose they are, and their rows made anew.

use bytes::Bytes;
use prost::Message as _;
use prost_reflect::DynamicMessage;
use rapporteur_proto::descriptor_pool;
use rapporteur_store::{Batch, Check, Write};
use uuid::Uuid;

use crate::meta::Meta;
use crate::mirror::Mirrored;
use crate::verify::Difference;
use crate::{AnyNoun, Error, Records, Result, layout, time};

/// Who the change log says rewrote index rows.
const CALLER: &str = "doctor";
/// By which call.
const CALL: &str = "rapporteur doctor reindex";
/// Rows that one commit rewrites, well under the store's limit.
const AT_ONCE: usize = 500;
/// Commits that are read at once.
const COMMITS: usize = 1_000;

/// What was made anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reindexed {
    /// Index rows and guard rows that were right.
    pub right: u64,
    /// Rows that were missing, or led to another record.
    pub written: u64,
    /// Rows that no record asks for.
    pub removed: u64,
    /// Commits that this took.
    pub commits: u64,
}

impl Records {
    /// The package of the calls that made these records (`rapporteur.events.v1`), from the first commit that says
    /// it; `None` when no call of a service has written here.
    pub async fn written_by(&self) -> Result<Option<String>> {
        let mut token = self.store.token_at(0).await?;
        loop {
            let page = self.store.read_log(&token, COMMITS).await?;
            let Some(last) = page.last() else {
                return Ok(None);
            };
            (token.position, token.op_id) = (last.position, last.op_id);
            for entry in page {
                let meta = Meta::decode(entry.meta).unwrap_or_default();
                // A refused call may have been meant for anybody.
                let call = if meta.refused.is_empty() {
                    meta.rpc
                } else {
                    continue;
                };
                let package = call.split('/').next().and_then(|it| it.rsplit_once('.'));
                if let Some((package, _)) = package
                    && package.starts_with("rapporteur.")
                {
                    return Ok(Some(package.to_owned()));
                }
            }
        }
    }

    /// How many records of other services are mirrored here; the first that does not decode is an error.
    pub async fn verify_mirrors(&self) -> Result<u64> {
        let mut found = 0;
        self.each(layout::mirrors(), |key, row| {
            let broken = |why: String| {
                let name = layout::mirror_name(&key).unwrap_or_default();
                Error::Internal(format!("the mirror of {name} does not decode: {why}"))
            };
            let mirrored = Mirrored::decode(row.value).map_err(|e| broken(e.to_string()))?;
            // A message that this program does not know is another release's, and no damage.
            if let Some(message) = descriptor_pool().get_message_by_name(&mirrored.type_name) {
                DynamicMessage::decode(message, mirrored.value)
                    .map_err(|e| broken(e.to_string()))?;
            }
            found += 1;
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// Makes the index rows and guard rows of these nouns what the records ask for, in commits that give `reason` in
    /// the change log. For records that nobody else writes to. What two records ask for, and what a record asks for
    /// that cannot be read, is not for this to decide: then it is [`Error::Internal`], and the noun is left as it is.
    pub async fn reindex(&self, nouns: &[&dyn AnyNoun], reason: &str) -> Result<Reindexed> {
        let mut done = Reindexed::default();
        for noun in nouns {
            let mut wrong = Vec::new();
            let found = self.differences(*noun, |difference| {
                wrong.push(repair(difference)?);
                Ok(())
            });
            let found = found.await?;
            done.right += found.rows + found.guards;
            for some in wrong.chunks(AT_ONCE) {
                let removed = some.iter().filter(|(_, write)| write.value.is_none());
                let removed = removed.count() as u64;
                done.removed += removed;
                done.written += some.len() as u64 - removed;
                self.rewrite(some, reason).await?;
                done.commits += 1;
            }
        }
        Ok(done)
    }

    async fn rewrite(&self, rows: &[(Check, Write)], reason: &str) -> Result<()> {
        let meta = Meta {
            caller: CALLER.to_owned(),
            rpc: CALL.to_owned(),
            reason: reason.to_owned(),
            ..Meta::default()
        };
        let (checks, writes) = rows.iter().cloned().unzip();
        let batch = Batch {
            op_id: Uuid::now_v7(),
            time_us: time::now_us(),
            checks,
            writes,
            meta: meta.encode_to_vec().into(),
        };
        self.store.commit(batch).await?;
        Ok(())
    }
}

/// The write that makes a row right, if it still is as it was seen.
fn repair(difference: Difference) -> Result<(Check, Write)> {
    let (key, version, name) = match difference {
        Difference::Stray { key, row, wanted } => (key, row.version, wanted),
        Difference::Missing { key, name } => (key, 0, Some(name)),
        other => return Err(Error::Internal(other.to_string())),
    };
    let write = match name {
        Some(name) => Write::put(key.clone(), Bytes::from(name)),
        None => Write::delete(key.clone()),
    };
    Ok((Check { key, version }, write))
}
