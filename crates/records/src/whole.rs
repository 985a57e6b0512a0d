//! Whether all that a service keeps is as it was written: chain, rows, indexes, mirrors, and a past known before.

use std::collections::BTreeSet;

use rapporteur_store as store;
use rapporteur_store::chain::End;
use rapporteur_store::copy;
use uuid::Uuid;

use crate::verify::Verified;
use crate::{AnyNoun, Error, Records};

/// Looks at the index rows before a difference counts: a write between two pages of a look shows up as one, and not
/// again in the next.
const LOOKS: usize = 3;

/// A place in the log that somebody keeps elsewhere. A log that has it has not changed up to there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// Position of a commit.
    pub position: u64,
    /// Its hash.
    pub hash: [u8; 32],
}

/// What was found whole.
#[derive(Clone, Copy, Debug)]
pub struct Whole {
    /// Identity of the history.
    pub store_id: Uuid,
    /// The last commit when the walk began.
    pub head: Anchor,
    /// What the store walked.
    pub store: store::Verified,
    /// Records and what was made of them.
    pub records: Verified,
    /// Records of other services that are mirrored here.
    pub mirrored: u64,
}

/// The first bad place.
#[derive(Debug, thiserror::Error)]
pub enum Damage {
    /// The store is not what was written, or could not be read.
    #[error("{0}")]
    Store(store::Error),
    /// Index rows, guard rows or records are not what they should be.
    #[error("{0}")]
    Records(String),
    /// The past is another than it was.
    #[error("{0}")]
    Past(String),
}

impl From<Error> for Damage {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(error) => Self::Store(error),
            other => Self::Records(other.to_string()),
        }
    }
}

impl From<store::Error> for Damage {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl Records {
    /// Walks everything: the log with its hashes, what it wrote, what the records of these nouns ask for, what is
    /// mirrored. `since` is a place that the log must still have.
    pub async fn whole(
        &self,
        nouns: &[&dyn AnyNoun],
        since: Option<Anchor>,
    ) -> Result<Whole, Damage> {
        let store = &**self.store();
        let head = store.head().await?;
        let End { position, hash, .. } = copy::end_at(store, head.position).await?;
        if let Some(since) = since {
            still_has(store, since, position).await?;
        }
        let walked = store.verify().await?;
        let records = self.examined(nouns).await?;
        let mirrored = self.verify_mirrors().await?;
        Ok(Whole {
            store_id: head.store_id,
            head: Anchor { position, hash },
            store: walked,
            records,
            mirrored,
        })
    }

    /// [`Records::examine`] while others write.
    async fn examined(&self, nouns: &[&dyn AnyNoun]) -> Result<Verified, Damage> {
        let mut lasting: Option<BTreeSet<String>> = None;
        let mut looks = 0;
        loop {
            looks += 1;
            let found = self.examine(nouns).await?;
            let seen: BTreeSet<String> = found.differences.into_iter().collect();
            let both = match lasting {
                None => seen,
                Some(before) => before.intersection(&seen).cloned().collect(),
            };
            if both.is_empty() && found.more == 0 {
                return Ok(found.whole);
            }
            if looks == LOOKS {
                return Err(Damage::Records(listed(&both, found.more)));
            }
            lasting = Some(both);
        }
    }
}

async fn still_has(store: &dyn store::Store, since: Anchor, head: u64) -> Result<(), Damage> {
    let Anchor { position, hash } = since;
    if position > head {
        return Err(Damage::Past(format!(
            "the log ends at {head} and is known to have gone to {position}: its end was taken away"
        )));
    }
    let there = copy::end_at(store, position).await?;
    if there.hash != hash {
        return Err(Damage::Past(format!(
            "log entry {position} is another than was known: the past was rewritten at or before it"
        )));
    }
    Ok(())
}

/// What differs, a line for each, and how many more.
fn listed(differences: &BTreeSet<String>, more: u64) -> String {
    let all = more + differences.len() as u64;
    let mut lines = vec![format!(
        "{all} of the rows differ from what the records ask for"
    )];
    lines.extend(differences.iter().cloned());
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n  ")
}
