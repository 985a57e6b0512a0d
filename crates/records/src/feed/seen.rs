//! What a reader who does not see everything is shown of a change.

use bytes::Bytes;
use rapporteur_proto::changes::v1::ResourceChange;
use rapporteur_proto::{Any, Stored};
use rapporteur_store::key::prefix_end;
use rapporteur_store::{Direction, Write};

use super::Feed;
use crate::records::shows;
use crate::{AnyNoun, Result, Sight, layout};

/// Records under another that are read at once.
const CHILDREN: usize = 500;

impl Feed {
    /// The new value that the reader is shown of a record: its bytes, `None` inside for a removal, and nothing at
    /// all when the reader neither sees it nor saw it before.
    pub(super) async fn shown<'a>(
        &self,
        noun: &dyn AnyNoun,
        name: &str,
        write: &'a Write,
        position: u64,
    ) -> Result<Option<Option<&'a Bytes>>> {
        if self.sight == Sight::Everything || self.sight.sees_inside(name) {
            return Ok(Some(write.value.as_ref()));
        }
        if let Some(bytes) = &write.value
            && shows(&self.store, &self.sight, noun, name, bytes, true).await?
        {
            return Ok(Some(write.value.as_ref()));
        }
        // Gone, or internal from here on. Who could see it before has to be told that it is no longer there.
        let before = position.saturating_sub(1);
        let before = self.store.history(&write.key, before, 1).await?;
        let was_seen = before
            .into_iter()
            .next()
            .and_then(|revision| revision.value)
            .is_some_and(|bytes| !noun.is_internal(&bytes));
        Ok(was_seen.then_some(None))
    }

    /// The records that lie under one that comes into or out of the reader's sight: they come and go with it.
    pub(super) async fn what_lies_under(
        &self,
        noun: &dyn AnyNoun,
        name: &str,
        position: u64,
    ) -> Result<Vec<ResourceChange>> {
        let mut resources = Vec::new();
        if self.sight == Sight::Everything || self.sight.sees_inside(name) {
            return Ok(resources);
        }
        let under = |(child, _): &&(&'static dyn AnyNoun, String)| {
            child
                .under()
                .is_some_and(|above| above.kind() == noun.kind())
        };
        let Some((child, full_name)) = self.nouns.iter().find(under) else {
            return Ok(resources);
        };
        let key = layout::record(noun.kind(), name);
        let revisions = self.store.history(&key, position, 2).await?;
        let internal = |at: usize| {
            let revision = revisions.get(at)?;
            Some(
                revision
                    .value
                    .as_ref()
                    .is_none_or(|bytes| noun.is_internal(bytes)),
            )
        };
        // A new record has nothing under it yet.
        let (Some(now), Some(before)) = (internal(0), internal(1)) else {
            return Ok(resources);
        };
        if now == before {
            return Ok(resources);
        }
        let mut from = layout::record_prefix(child.kind(), &format!("{name}/"));
        let end = prefix_end(&from);
        loop {
            let rows = self
                .store
                .scan(&from, &end, CHILDREN, Direction::Forward)
                .await?;
            for (key, _) in &rows {
                let Some((_, name)) = layout::record_name(key) else {
                    continue;
                };
                let revision = self.store.history(key, position, 1).await?;
                let Some((bytes, version)) = revision
                    .into_iter()
                    .next()
                    .and_then(|revision| Some((revision.value?, revision.position)))
                else {
                    continue;
                };
                let value = (!now).then(|| Any {
                    type_url: format!("type.googleapis.com/{full_name}"),
                    value: Stored { bytes, version }.to_vec(),
                });
                resources.push(ResourceChange {
                    name,
                    r#type: full_name.clone(),
                    value,
                });
            }
            match rows.last() {
                Some((key, _)) if rows.len() == CHILDREN => from = [key, &[0][..]].concat().into(),
                _ => return Ok(resources),
            }
        }
    }
}
