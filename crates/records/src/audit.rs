//! The change log read as an audit trail: every write and every refused call.

use prost::Message as _;
use rapporteur_proto::changes::v1::{AuditEntry, AuditedChange, ListAuditEntriesRequest};
use rapporteur_proto::{Any, Stored, Timestamp};
use rapporteur_store::{LogEntry, chain};

use crate::feed::Walk;
use crate::meta::Meta;
use crate::{Error, Feed, FeedToken, Result, layout, time};

/// Some entries, and where to go on.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// Oldest first.
    pub entries: Vec<AuditEntry>,
    /// Go on from here.
    pub next: FeedToken,
    /// Whether this is the end for now.
    pub at_head: bool,
}

impl Feed {
    /// Up to `limit` entries of the audit trail after `after`.
    pub async fn audit(
        &self,
        after: FeedToken,
        limit: usize,
        asked: &ListAuditEntriesRequest,
    ) -> Result<AuditPage> {
        let (from, to) = (moment("from", asked.from)?, moment("to", asked.to)?);
        if asked.with_proof {
            unconditional(asked)?;
        }
        let mut walk = Walk::new(&**self.store(), after);
        let mut entries = Vec::new();
        while let Some(entry) = walk.next(limit - entries.len()).await? {
            let outside = from.is_some_and(|from| entry.time_us < from)
                || to.is_some_and(|to| entry.time_us >= to);
            if !outside && let Some(one) = self.entry(&entry, walk.place, asked).await? {
                walk.found(one.encoded_len());
                entries.push(one);
            }
        }
        Ok(AuditPage {
            entries,
            next: walk.place,
            at_head: walk.at_head,
        })
    }

    /// The entry, if it is one that is asked for.
    async fn entry(
        &self,
        entry: &LogEntry,
        token: FeedToken,
        asked: &ListAuditEntriesRequest,
    ) -> Result<Option<AuditEntry>> {
        let meta = Meta::decode(entry.meta.clone()).map_err(|e| {
            Error::Internal(format!(
                "change record {} does not decode: {e}",
                entry.position
            ))
        })?;
        let refused = !meta.refused.is_empty();
        let fits = |wanted: &str, is: &str| wanted.is_empty() || wanted == is;
        if !fits(&asked.caller, &meta.caller)
            || !fits(&asked.rpc, &meta.rpc)
            || (asked.refused_only && !refused)
        {
            return Ok(None);
        }
        let mut changes = Vec::new();
        for write in &entry.writes {
            let Some((kind, name)) = layout::record_name(&write.key) else {
                continue;
            };
            let Some(r#type) = self.type_of(kind) else {
                continue;
            };
            if !name.starts_with(&asked.name_prefix) {
                continue;
            }
            let value = |bytes: &bytes::Bytes, version: u64| Any {
                type_url: format!("type.googleapis.com/{type}"),
                value: Stored {
                    bytes: bytes.clone(),
                    version,
                }
                .to_vec(),
            };
            let (mut before, mut after) = (None, None);
            if asked.with_values {
                let earlier = entry.position.saturating_sub(1);
                let earlier = self.store().history(&write.key, earlier, 1).await?;
                before = earlier
                    .into_iter()
                    .next()
                    .and_then(|revision| Some(value(revision.value.as_ref()?, revision.position)));
                after = write
                    .value
                    .as_ref()
                    .map(|bytes| value(bytes, entry.position));
            }
            changes.push(AuditedChange {
                r#type: r#type.to_owned(),
                name,
                before,
                after,
            });
        }
        let says = refused || !meta.subject.is_empty();
        let about = says && meta.subject.starts_with(&asked.name_prefix);
        if changes.is_empty() && !about && !asked.with_proof {
            return Ok(None);
        }
        let secret = entry.writes.iter().any(|write| (self.secret)(&write.key));
        let proof = asked.with_proof && !secret;
        Ok(Some(AuditEntry {
            position: entry.position,
            time: Some(time::from_us(entry.time_us)),
            caller: meta.caller,
            rpc: meta.rpc,
            reason: meta.reason,
            request_id: meta.request_id,
            refused: meta.refused,
            subject: meta.subject,
            changes,
            hash: entry.hash.to_vec(),
            previous_hash: entry.previous_hash.to_vec(),
            left_out: meta.left_out,
            peer: meta.peer,
            entry: if proof {
                chain::encode_entry(entry)
            } else {
                Vec::new()
            },
            token: token.to_string(),
        }))
    }
}

/// A chain with holes proves nothing.
fn unconditional(asked: &ListAuditEntriesRequest) -> Result<()> {
    let conditions = [&asked.caller, &asked.rpc, &asked.name_prefix];
    if conditions.iter().any(|it| !it.is_empty())
        || asked.from.is_some()
        || asked.to.is_some()
        || asked.refused_only
    {
        let wrong = "goes with no other condition: a part of the trail proves nothing";
        return Err(Error::invalid("with_proof", wrong));
    }
    Ok(())
}

fn moment(field: &str, moment: Option<Timestamp>) -> Result<Option<i64>> {
    let wrong = || Error::invalid(field, "is not a moment between years 1 and 9999");
    moment
        .map(|moment| time::to_us(moment).ok_or_else(wrong))
        .transpose()
}
