//! The change log read as an audit trail: every write and every refused call.

use rapporteur_proto::changes::v1::{AuditEntry, AuditedChange, ListAuditEntriesRequest};
use rapporteur_proto::{Any, Stored, Timestamp};
use rapporteur_store::{LogEntry, Token};

use crate::change::Meta;
use crate::{Error, Feed, FeedToken, Result, layout, time};

/// Most log entries that one page looks at.
const ENTRIES_PER_PAGE: usize = 5_000;
/// A page ends at the first entry past this size, so that it fits into one message.
const BYTES_PER_PAGE: usize = 2 << 20;

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
        let mut page = AuditPage {
            entries: Vec::new(),
            next: after,
            at_head: false,
        };
        let (mut looked_at, mut bytes) = (0, 0);
        while page.entries.len() < limit && looked_at < ENTRIES_PER_PAGE && bytes < BYTES_PER_PAGE {
            let wanted = (limit - page.entries.len()).clamp(1, 500);
            let entries = self.store().read_log(&page.next.0, wanted).await?;
            if entries.is_empty() {
                page.at_head = true;
                break;
            }
            looked_at += entries.len();
            for entry in entries {
                if bytes >= BYTES_PER_PAGE {
                    break;
                }
                page.next = FeedToken(Token {
                    store_id: page.next.0.store_id,
                    position: entry.position,
                    op_id: entry.op_id,
                });
                let outside = from.is_some_and(|from| entry.time_us < from)
                    || to.is_some_and(|to| entry.time_us >= to);
                if !outside && let Some(one) = self.entry(&entry, asked).await? {
                    bytes += prost::Message::encoded_len(&one);
                    page.entries.push(one);
                }
            }
        }
        Ok(page)
    }

    /// The entry, if it is one that is asked for.
    async fn entry(
        &self,
        entry: &LogEntry,
        asked: &ListAuditEntriesRequest,
    ) -> Result<Option<AuditEntry>> {
        let meta: Meta = prost::Message::decode(entry.meta.clone()).map_err(|e| {
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
        let about = refused && meta.subject.starts_with(&asked.name_prefix);
        if changes.is_empty() && !about {
            return Ok(None);
        }
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
        }))
    }
}

fn moment(field: &str, moment: Option<Timestamp>) -> Result<Option<i64>> {
    let wrong = || Error::invalid(field, "is not a moment between years 1 and 9999");
    moment
        .map(|moment| time::to_us(moment).ok_or_else(wrong))
        .transpose()
}
