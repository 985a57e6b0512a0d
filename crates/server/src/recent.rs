//! Pages of lists as they were last answered, good for as long as nothing is written.
//!
//! A public page asks for the same few lists over and over, and the record changes some times a day. An
//! answer is kept with the end of the log before it was made; at any other end it is not used, so nobody
//! is shown what is not so any more. The end is asked of the engine each time, since other processes may write
//! there too, and it is a whole token: after a restore or a fail-over the same position may be another history.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use rapporteur_proto::Stored;
use rapporteur_records::Sight;
use rapporteur_store::Token;

use crate::page::Fingerprint;

/// Most bytes of records that are kept; past it everything is forgotten.
const BYTES: usize = 32 << 20;
/// A page counts at least this much, so that empty ones are bounded too.
const BYTES_PER_PAGE: usize = 512;

/// Which page of which list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Asked {
    pub(crate) query: Fingerprint,
    pub(crate) size: usize,
    pub(crate) page_token: String,
    /// By whom: others may see less.
    pub(crate) sight: Sight,
}

/// A page, as it goes out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) records: Vec<Stored>,
    pub(crate) next_page_token: String,
}

#[derive(Default)]
pub(crate) struct Recent {
    kept: RwLock<Kept>,
}

#[derive(Default)]
struct Kept {
    /// End of the log at which all of these were made; `None` when there are none.
    head: Option<Token>,
    bytes: usize,
    answers: HashMap<Asked, Answer>,
}

impl Recent {
    /// The answer that was given at just this end of the log.
    pub(crate) fn get(&self, asked: &Asked, head: Token) -> Option<Answer> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        if kept.head != Some(head) {
            return None;
        }
        kept.answers.get(asked).cloned()
    }

    /// Keeps an answer for which reading began at this end of the log.
    pub(crate) fn keep(&self, asked: Asked, head: Token, answer: &Answer) {
        let bytes = answer.records.iter().map(|r| r.bytes.len()).sum::<usize>() + BYTES_PER_PAGE;
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.head != Some(head) || kept.bytes + bytes > BYTES {
            *kept = Kept {
                head: Some(head),
                ..Kept::default()
            };
        }
        if kept.answers.insert(asked, answer.clone()).is_none() {
            kept.bytes += bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn asked(token: &str) -> Asked {
        let query = crate::page::fingerprint(&());
        let page_token = token.to_owned();
        Asked {
            query,
            size: 50,
            page_token,
            sight: Sight::Everything,
        }
    }

    fn answer(len: usize) -> Answer {
        let bytes = vec![0; len].into();
        Answer {
            records: vec![Stored { bytes, version: 1 }],
            next_page_token: String::new(),
        }
    }

    fn head(position: u64, op_id: u128) -> Token {
        Token {
            store_id: Uuid::from_u128(1),
            position,
            op_id: Uuid::from_u128(op_id),
        }
    }

    #[test]
    fn an_answer_is_good_at_its_own_end_of_the_log_only() {
        let recent = Recent::default();
        recent.keep(asked("a"), head(7, 7), &answer(1));
        assert_eq!(recent.get(&asked("a"), head(7, 7)), Some(answer(1)));
        assert_eq!(recent.get(&asked("b"), head(7, 7)), None);
        assert_eq!(recent.get(&asked("a"), head(8, 8)), None);
        // After a fail-over another commit has this position.
        assert_eq!(recent.get(&asked("a"), head(7, 70)), None);
        // A slow reader that began before a write does not bring the past back.
        recent.keep(asked("b"), head(8, 8), &answer(2));
        recent.keep(asked("a"), head(7, 7), &answer(1));
        assert_eq!(recent.get(&asked("a"), head(8, 8)), None);
        recent.keep(asked("b"), head(8, 8), &answer(2));
        assert_eq!(recent.get(&asked("b"), head(8, 8)), Some(answer(2)));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let recent = Recent::default();
        for page in 0..100 {
            recent.keep(asked(&page.to_string()), head(1, 1), &answer(1 << 20));
        }
        let kept = recent.kept.read().unwrap();
        assert!(kept.bytes <= BYTES && kept.answers.len() < 33);
        assert!(kept.answers.contains_key(&asked("99")));
    }
}
