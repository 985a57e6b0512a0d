//! Whether the index rows say just what the records say. For tests, and for operators after a repair.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use rapporteur_store::key::prefix_end;
use rapporteur_store::{Direction, Row};

use crate::{AnyNoun, Error, Records, Result, layout};

/// Rows read at once.
const AT_ONCE: usize = 1_000;

/// What was found whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Records that decode.
    pub records: u64,
    /// Index rows, each one asked for by its record.
    pub rows: u64,
}

/// An index row that is not what the records ask for.
pub(crate) enum Difference {
    /// It is there; the record `wanted` asks for it, or none does.
    Stray {
        key: Bytes,
        row: Row,
        wanted: Option<String>,
    },
    /// It is not there, and the record `name` asks for it.
    Missing { key: Bytes, name: String },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stray { key, row, .. } => {
                let leads_to = String::from_utf8_lossy(&row.value);
                let key = key.escape_ascii();
                write!(
                    f,
                    "index row {key} leads to {leads_to}, which does not ask for it"
                )
            }
            Self::Missing { key, name } => {
                write!(f, "{name} lacks the index row {}", key.escape_ascii())
            }
        }
    }
}

impl Records {
    /// Recomputes the index rows of all records of these nouns, compares them with those that are there, and
    /// names the first difference. It reads page by page, so a write meanwhile may show up as one.
    pub async fn verify(&self, nouns: &[&dyn AnyNoun]) -> Result<Verified> {
        let mut found = Verified::default();
        for noun in nouns {
            let some = self.differences(*noun, |difference| {
                Err(Error::Internal(difference.to_string()))
            });
            let Verified { records, rows } = some.await?;
            found.records += records;
            found.rows += rows;
        }
        Ok(found)
    }

    /// Shows every index row of a noun that is not what the records ask for; what is whole is counted.
    pub(crate) async fn differences(
        &self,
        noun: &dyn AnyNoun,
        mut see: impl FnMut(Difference) -> Result<()>,
    ) -> Result<Verified> {
        let mut found = Verified::default();
        let mut expected: BTreeMap<Bytes, String> = BTreeMap::new();
        self.each(layout::record_prefix(noun.kind(), ""), |key, row| {
            let name = layout::record_name(&key)
                .map(|(_, name)| name)
                .unwrap_or_default();
            let keys = noun
                .index(&row.value)
                .map_err(|e| Error::Internal(format!("{name} does not decode: {e}")))?;
            expected.extend(keys.into_iter().map(|key| (key, name.clone())));
            found.records += 1;
            Ok(())
        })
        .await?;
        self.each(
            layout::index_prefix(noun.kind()),
            |key, row| match expected.remove(&key) {
                Some(name) if name.as_bytes() == &row.value[..] => {
                    found.rows += 1;
                    Ok(())
                }
                wanted => see(Difference::Stray { key, row, wanted }),
            },
        )
        .await?;
        for (key, name) in expected {
            see(Difference::Missing { key, name })?;
        }
        Ok(found)
    }

    pub(crate) async fn each(
        &self,
        prefix: Bytes,
        mut see: impl FnMut(Bytes, Row) -> Result<()>,
    ) -> Result<()> {
        let end = prefix_end(&prefix);
        let mut from = prefix;
        loop {
            let rows = self
                .store
                .scan(&from, &end, AT_ONCE, Direction::Forward)
                .await?;
            let more = rows.len() == AT_ONCE;
            if let Some((last, _)) = rows.last() {
                from = [last, &[0][..]].concat().into();
            }
            for (key, row) in rows {
                see(key, row)?;
            }
            if !more {
                return Ok(());
            }
        }
    }
}
