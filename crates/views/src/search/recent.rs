//! Answers as they were last given, good for as long as nothing changes.
//!
//! Many ask the same of a public page, and the record changes some times a day. An answer is kept with the state that
//! it was read from; at any other state it is not used, so nobody is shown what is not so any more, and an answer for
//! one sight is never given to another.

use std::sync::Arc;

use prost::Message as _;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use rapporteur_proto::gateway::v1::{Position, SearchRequest};
use rapporteur_records::Sight;
use rapporteur_search::Index;

use super::Shared;
use super::answer::Found;
use crate::follow::SERVICES;

/// Most bytes of answers that are kept.
const BYTES: u64 = 32 << 20;
/// An answer counts at least this much, so that empty ones are bounded too.
const BYTES_PER_ANSWER: u64 = 512;
/// Answers of this many bytes are expected; how the room is divided depends on it.
const TYPICAL: u64 = 8 << 10;

/// What was asked, and by whom.
type Asked = [u8; 32];

/// From what an answer was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    /// Which index took the place of which, and how often it was written.
    index: (u64, u64),
    /// Up to where its keeper had read.
    positions: Vec<Position>,
    /// The last changes that the models show.
    seen: [String; 2],
}

impl State {
    /// The present one. Take it before anything is read.
    pub(super) fn now(shared: &Shared, number: u64, index: &Index, positions: &[Position]) -> Self {
        Self {
            index: (number, index.generation()),
            positions: positions.to_vec(),
            seen: SERVICES.map(|service| shared.views.seen(service)),
        }
    }
}

/// What was asked in a state, and the answer once it was asked again: most questions never come a second time.
#[derive(Debug)]
struct Answered {
    state: State,
    found: Option<Arc<Found>>,
}

#[derive(Clone, Debug)]
struct Weight;

impl Weighter<Asked, Arc<Answered>> for Weight {
    fn weight(&self, _: &Asked, one: &Arc<Answered>) -> u64 {
        let bytes = |found: &Arc<Found>| found.response.encoded_len() as u64;
        one.found.as_ref().map_or(0, bytes) + BYTES_PER_ANSWER
    }
}

/// The answers that were given of late.
#[derive(Debug)]
pub(super) struct Recent(Cache<Asked, Arc<Answered>, Weight>);

impl Default for Recent {
    fn default() -> Self {
        let expected = usize::try_from(BYTES / TYPICAL).unwrap_or(usize::MAX);
        Self(Cache::with_weighter(expected, BYTES, Weight))
    }
}

impl Recent {
    /// What identifies a question of a reader.
    pub(super) fn asked(
        request: &SearchRequest,
        sight: &Sight,
        size: usize,
        after: &[u8],
    ) -> Asked {
        let mut hash = blake3::Hasher::new();
        let mut part = |bytes: &[u8]| {
            hash.update(&(bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        part(&request.encode_to_vec());
        part(format!("{sight:?}").as_bytes());
        part(&(size as u64).to_le_bytes());
        part(after);
        hash.finalize().into()
    }

    /// The answer that was given in just this state.
    pub(super) fn get(&self, asked: &Asked, state: &State) -> Option<Arc<Found>> {
        let one = self.0.get(asked)?;
        if one.state == *state {
            one.found.clone()
        } else {
            None
        }
    }

    /// Notes that an answer was given for which reading began in this state, and keeps it the second time.
    pub(super) fn keep(&self, asked: Asked, state: State, found: Found) -> Found {
        let before = self.0.get(&asked);
        let again = before.is_some_and(|before| before.state == state);
        let kept = again.then(|| Arc::new(found.clone()));
        self.0
            .insert(asked, Arc::new(Answered { state, found: kept }));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(number: u64, seen: &str) -> State {
        State {
            index: (number, 1),
            positions: Vec::new(),
            seen: [seen.to_owned(), String::new()],
        }
    }

    #[test]
    fn an_answer_is_for_its_question_its_reader_and_its_state() {
        let recent = Recent::default();
        let request = SearchRequest {
            query: "migrants".into(),
            ..SearchRequest::default()
        };
        let asked = Recent::asked(&request, &Sight::Public, 20, b"");
        let found = Found {
            response: Default::default(),
            next: Some(b"next".to_vec()),
        };
        let next = |asked: &Asked, state: &State| recent.get(asked, state)?.next.clone();
        for (state_of, kept) in [("b", None), ("a", None), ("a", Some(b"next".to_vec()))] {
            recent.keep(asked, state(1, state_of), found.clone());
            assert_eq!(
                next(&asked, &state(1, state_of)),
                kept,
                "only the second time"
            );
        }
        assert_eq!(next(&asked, &state(1, "a")), Some(b"next".to_vec()));
        assert_eq!(next(&asked, &state(2, "a")), None, "another index");
        assert_eq!(next(&asked, &state(1, "b")), None, "a change");
        let other = SearchRequest {
            query: "migrant".into(),
            ..SearchRequest::default()
        };
        let inside = Sight::dialogues(["dialogues/rabat"]);
        for another in [
            Recent::asked(&other, &Sight::Public, 20, b""),
            Recent::asked(&request, &inside, 20, b""),
            Recent::asked(&request, &Sight::Everything, 20, b""),
            Recent::asked(&request, &Sight::Public, 21, b""),
            Recent::asked(&request, &Sight::Public, 20, b"next"),
        ] {
            assert_eq!(next(&another, &state(1, "a")), None);
        }
    }
}
