//! The end of embargoes: a record becomes public at its moment, by a write like any other, so that whoever follows
//! the feed hears of it.

use std::time::Duration;

use bytes::Bytes;
use prost::Message as _;
use rapporteur_proto::Record;
use rapporteur_store::key::prefix_end;
use rapporteur_store::{Batch, Check, Direction, Error as StoreError, Write};
use uuid::Uuid;

use crate::meta::Meta;
use crate::records::time;
use crate::{AnyNoun, Call, Error, Records, Result, layout};

/// Who ends embargoes, in the change log.
const CALLER: &str = "embargo";
/// By what.
const CALL: &str = "the end of an embargo";
/// The index of embargoed records, by the moment of their end. Nouns number their own from 0.
const INDEX: u8 = 0xFF;
/// Most records that are made public at once.
const AT_ONCE: usize = 100;
/// How often it is looked.
const EVERY: Duration = Duration::from_secs(1);

/// The index row of a record's embargo, if it is under one.
pub(crate) fn row<T: Record>(kind: u8, message: &T) -> Option<Bytes> {
    let until = time::to_us(message.embargo_until()?)?;
    let key = layout::index(kind, INDEX).i64(until);
    Some(key.str(message.header().name).into_bytes())
}

impl Records {
    /// Ends embargoes as their moments come, for as long as the future is polled.
    pub async fn end_embargoes(&self, nouns: &[&dyn AnyNoun]) {
        let mut indexed = false;
        loop {
            tokio::time::sleep(EVERY).await;
            if !indexed {
                match self.index_embargoes(nouns).await {
                    Ok(_) => indexed = true,
                    Err(error) => {
                        tracing::warn!(%error, "old embargoes could not be looked for; they will be");
                    }
                }
            }
            if let Err(error) = self.end_due_embargoes(nouns).await {
                tracing::warn!(%error, "embargoes that are over could not be ended; they will be");
            }
        }
    }

    /// Gives the records under embargo of a release that knew no end of embargoes the row by which that is found.
    /// Without it they would be hidden for ever. Answers how many got it.
    pub async fn index_embargoes(&self, nouns: &[&dyn AnyNoun]) -> Result<usize> {
        let mut written = 0;
        for noun in nouns.iter().filter(|noun| noun.knows_embargoes()) {
            let mut embargoed = Vec::new();
            self.each(layout::record_prefix(noun.kind(), ""), |key, row| {
                // What does not decode is for `doctor check` to tell.
                if let Ok(Some(index)) = noun.embargo_row(&row.value) {
                    embargoed.push((key, row.version, index));
                }
                Ok(())
            })
            .await?;
            for (key, version, index) in embargoed {
                if self.store().get(&index).await?.is_some() {
                    continue;
                }
                let Some((_, name)) = layout::record_name(&key) else {
                    continue;
                };
                let meta = Meta {
                    caller: CALLER.to_owned(),
                    rpc: CALL.to_owned(),
                    reason: "an older release gave it no row by which its end is found".to_owned(),
                    ..Meta::default()
                };
                let unchanged = Check { key, version };
                let absent = Check {
                    key: index.clone(),
                    version: 0,
                };
                let batch = Batch {
                    op_id: Uuid::now_v7(),
                    time_us: self.now_us(),
                    checks: vec![unchanged, absent],
                    writes: vec![Write::put(index, Bytes::from(name))],
                    meta: meta.encode_to_vec().into(),
                };
                match self.store().commit(batch).await {
                    Ok(_) => written += 1,
                    // Whoever changed it in the meantime wrote the row too.
                    Err(StoreError::Conflict { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        if written > 0 {
            tracing::info!(
                records = written,
                "embargoes of an older release will end now"
            );
        }
        Ok(written)
    }

    /// Makes public what is no longer under embargo. Answers how many records that were.
    pub async fn end_due_embargoes(&self, nouns: &[&dyn AnyNoun]) -> Result<usize> {
        let mut ended = 0;
        for noun in nouns.iter().filter(|noun| noun.knows_embargoes()) {
            let from = layout::index(noun.kind(), INDEX).into_bytes();
            let now = layout::index(noun.kind(), INDEX).i64(self.now_us());
            let end = prefix_end(&now.into_bytes());
            loop {
                let due = self
                    .store()
                    .scan(&from, &end, AT_ONCE, Direction::Forward)
                    .await?;
                for (_, row) in &due {
                    let name = String::from_utf8_lossy(&row.value);
                    ended += usize::from(self.end_embargo(*noun, &name).await?);
                }
                if due.len() < AT_ONCE {
                    break;
                }
            }
        }
        Ok(ended)
    }

    async fn end_embargo(&self, noun: &dyn AnyNoun, name: &str) -> Result<bool> {
        let row = self.store().get(&layout::record(noun.kind(), name)).await?;
        let Some(row) = row else {
            return Err(Error::Internal(format!(
                "{name} is under embargo but not there"
            )));
        };
        let mut change = self.change(Call {
            caller: CALLER.into(),
            rpc: CALL,
            reason: "its moment has come".into(),
            ..Call::default()
        })?;
        noun.end_embargo(&mut change, &row.value, row.version)?;
        match change.commit_kind(noun.kind()).await {
            Ok(_) => Ok(true),
            // Somebody else was quicker: another replica, or a person.
            Err(Error::Stale { .. } | Error::Store(StoreError::Conflict { .. })) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
