//! Whether the index rows and guard rows say just what the records say. For tests, and for operators after a repair.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use bytes::Bytes;
use rapporteur_store::key::prefix_end;
use rapporteur_store::{Direction, Row};

use crate::{AnyNoun, Error, Records, Result, layout};

/// Rows read at once.
const AT_ONCE: usize = 1_000;
/// Differences that are told one by one.
const TOLD: usize = 20;

/// What was found whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Records that decode.
    pub records: u64,
    /// Index rows, each one asked for by its record.
    pub rows: u64,
    /// Guard rows, each one asked for by its record.
    pub guards: u64,
}

/// What was found whole, and what was not.
#[derive(Clone, Debug, Default)]
pub struct Examined {
    /// What is whole.
    pub whole: Verified,
    /// The first differences, in words; 20 at most.
    pub differences: Vec<String>,
    /// How many there are besides.
    pub more: u64,
}

/// A row that is not what the records ask for.
pub(crate) enum Difference {
    /// It is there; the record `wanted` asks for it, or none does.
    Stray {
        key: Bytes,
        row: Row,
        wanted: Option<String>,
    },
    /// It is not there, and the record `name` asks for it.
    Missing { key: Bytes, name: String },
    /// Two records ask for what only one may have.
    Contested { key: Bytes, names: [String; 2] },
    /// A record cannot be read, so nobody knows what it asks for.
    Unreadable { name: String, why: String },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stray { key, row, .. } => {
                let leads_to = String::from_utf8_lossy(&row.value);
                let (word, key) = (layout::row_word(key), key.escape_ascii());
                write!(
                    f,
                    "{word} {key} leads to {leads_to}, which does not ask for it"
                )
            }
            Self::Missing { key, name } => {
                let (word, key) = (layout::row_word(key), key.escape_ascii());
                write!(f, "{name} lacks the {word} {key}")
            }
            Self::Contested { key, names } => {
                let ([one, other], word) = (names, layout::row_word(key));
                let key = key.escape_ascii();
                write!(f, "{one} and {other} both ask for the {word} {key}")
            }
            Self::Unreadable { name, why } => write!(f, "{name} does not decode: {why}"),
        }
    }
}

impl Records {
    /// Recomputes the index rows and guard rows of all records of these nouns, compares them with those that are
    /// there, and names the first difference as [`Error::Internal`]. It reads page by page, so a write meanwhile may
    /// show up as one.
    pub async fn verify(&self, nouns: &[&dyn AnyNoun]) -> Result<Verified> {
        let found = self.examine(nouns).await?;
        match found.differences.into_iter().next() {
            Some(difference) => Err(Error::Internal(difference)),
            None => Ok(found.whole),
        }
    }

    /// The same to the end, with the differences in words.
    pub async fn examine(&self, nouns: &[&dyn AnyNoun]) -> Result<Examined> {
        let mut found = Examined::default();
        for noun in nouns {
            let some = self.differences(*noun, |difference| {
                if found.differences.len() < TOLD {
                    found.differences.push(difference.to_string());
                } else {
                    found.more += 1;
                }
                Ok(())
            });
            let some = some.await?;
            found.whole.records += some.records;
            found.whole.rows += some.rows;
            found.whole.guards += some.guards;
        }
        Ok(found)
    }

    /// Shows every index row and guard row of a noun that is not what the records ask for; what is whole is counted.
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
            let keys = match noun.rows(&row.value) {
                Ok(keys) => keys,
                Err(error) => {
                    let why = error.to_string();
                    return see(Difference::Unreadable { name, why });
                }
            };
            found.records += 1;
            for key in keys {
                match expected.entry(key) {
                    Entry::Vacant(free) => drop(free.insert(name.clone())),
                    // A record may ask for one row twice, for two equal words of it.
                    Entry::Occupied(taken) if *taken.get() == name => {}
                    Entry::Occupied(taken) => see(Difference::Contested {
                        names: [taken.get().clone(), name.clone()],
                        key: taken.key().clone(),
                    })?,
                }
            }
            Ok(())
        })
        .await?;
        let kind = noun.kind();
        for (prefix, count) in [
            (layout::index_prefix(kind), &mut found.rows),
            (layout::guard_prefix(kind), &mut found.guards),
        ] {
            self.each(prefix, |key, row| match expected.remove(&key) {
                Some(name) if name.as_bytes() == &row.value[..] => {
                    *count += 1;
                    Ok(())
                }
                wanted => see(Difference::Stray { key, row, wanted }),
            })
            .await?;
        }
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
