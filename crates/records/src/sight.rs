//! Who sees what: whether a record is for everybody, and who sees those that are not.
//!
//! A record is internal when it says so, while it is embargoed, and in states in which it is being worked on.
//! Whoever works in its dialogue sees it; for everybody else it is not there: not in Get, lists, history, feeds or
//! what is counted from them. At the end of its embargo the service makes it public by a write of its own, so that
//! all who follow the feed hear of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Buf as _;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use rapporteur_proto::Record;
use rapporteur_proto::events::v1::EventState;
use rapporteur_proto::recommendations::v1::{ProgressReportState, RecommendationState};
use rapporteur_proto::r#type::v1::Visibility;

use crate::{Error, Result};

/// Which internal records a reader sees.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sight {
    /// None.
    #[default]
    Public,
    /// Those of these dialogues (`dialogues/{dialogue}`).
    Dialogues(Arc<BTreeSet<String>>),
    /// All.
    Everything,
}

impl Sight {
    /// Sees what is internal to these dialogues.
    pub fn dialogues(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let names: BTreeSet<String> = names.into_iter().map(Into::into).collect();
        if names.is_empty() {
            Self::Public
        } else {
            Self::Dialogues(Arc::new(names))
        }
    }

    /// Whether an internal record of this name is seen.
    pub fn sees_inside(&self, name: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Public => false,
            Self::Dialogues(dialogues) => dialogue_of(name).is_some_and(|d| dialogues.contains(d)),
        }
    }
}

/// The dialogue in a record's name.
fn dialogue_of(name: &str) -> Option<&str> {
    let end = name
        .match_indices('/')
        .nth(1)
        .map_or(name.len(), |(at, _)| at);
    name.get(..end).filter(|d| d.starts_with("dialogues/"))
}

/// States in which a record is being worked on, and so for those who work on it, whatever its visibility.
fn inner_states<T: Record>() -> &'static [i32] {
    match T::NAME {
        "Event" => &[EventState::Draft as i32],
        "Recommendation" => &[RecommendationState::Draft as i32],
        "ProgressReport" => &[
            ProgressReportState::Draft as i32,
            ProgressReportState::Submitted as i32,
            ProgressReportState::Returned as i32,
        ],
        _ => &[],
    }
}

/// Whether an encoded record is, by itself, for those who work on it only.
pub fn is_internal<T: Record>(bytes: &[u8]) -> bool {
    if T::VISIBILITY == 0 {
        return false;
    }
    let (mut visibility, mut state) = (0, 0);
    let mut rest = bytes;
    while rest.has_remaining() {
        let Ok((tag, wire)) = decode_key(&mut rest) else {
            // What cannot be read is shown to nobody who may not see everything.
            return true;
        };
        let wanted = if tag == T::VISIBILITY {
            Some(&mut visibility)
        } else if tag == T::STATE {
            Some(&mut state)
        } else {
            None
        };
        let read = match wanted {
            Some(value) if wire == WireType::Varint => {
                decode_varint(&mut rest).map(|number| *value = number)
            }
            _ => skip_field(wire, tag, &mut rest, DecodeContext::default()),
        };
        if read.is_err() {
            return true;
        }
    }
    let number = |value: u64| i32::try_from(value).unwrap_or_default();
    is_for_some::<T>(number(visibility), number(state))
}

/// Whether a record is, by itself, for those who work on it only.
pub fn is_inner<T: Record>(record: &T) -> bool {
    let (visibility, state) = record.standing();
    is_for_some::<T>(visibility, state)
}

fn is_for_some<T: Record>(visibility: i32, state: i32) -> bool {
    let hidden = [Visibility::Internal, Visibility::Embargoed];
    hidden.iter().any(|one| visibility == i32::from(*one)) || inner_states::<T>().contains(&state)
}

/// The name in an encoded record: its first field.
pub(crate) fn name_in(bytes: &[u8]) -> Result<&str> {
    let read = || {
        let mut rest = bytes;
        let (tag, wire) = decode_key(&mut rest).ok()?;
        let length = usize::try_from(decode_varint(&mut rest).ok()?).ok()?;
        let is_name = tag == 1 && wire == WireType::LengthDelimited;
        str::from_utf8(rest.get(..length).filter(|_| is_name)?).ok()
    };
    read().ok_or_else(|| Error::Internal("a stored record begins without its name".into()))
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use rapporteur_proto::events::v1::{Event, Party};

    use super::*;

    #[test]
    fn what_is_internal_is_read_from_the_encoded_record() {
        let event = |visibility: Visibility, state: EventState| Event {
            name: "dialogues/rabat/events/x".into(),
            visibility: visibility.into(),
            state: state.into(),
            state_reason: "why".into(),
            ..Event::default()
        };
        for (visibility, state, internal) in [
            (Visibility::Unspecified, EventState::Planned, false),
            (Visibility::Public, EventState::Held, false),
            (Visibility::Public, EventState::Draft, true),
            (Visibility::Internal, EventState::Planned, true),
            (Visibility::Embargoed, EventState::Planned, true),
        ] {
            let bytes = event(visibility, state).encode_to_vec();
            assert_eq!(
                is_internal::<Event>(&bytes),
                internal,
                "{visibility:?} {state:?}"
            );
        }
        let whole = event(Visibility::Public, EventState::Held).encode_to_vec();
        assert!(is_internal::<Event>(&whole[..whole.len() - 1]), "cut off");
        let party = Party {
            name: "parties/pt".into(),
            ..Party::default()
        };
        assert!(!is_internal::<Party>(&party.encode_to_vec()));
    }

    #[test]
    fn inside_a_dialogue_sees_who_works_there() {
        let sight = Sight::dialogues(["dialogues/rabat"]);
        assert!(sight.sees_inside("dialogues/rabat/events/x"));
        assert!(sight.sees_inside("dialogues/rabat"));
        for other in ["dialogues/rabat-2/events/x", "dialogues", "parties/pt", ""] {
            assert!(!sight.sees_inside(other), "{other}");
        }
        assert_eq!(Sight::dialogues([""; 0]), Sight::Public);
        assert!(Sight::Everything.sees_inside("parties/pt"));
        assert!(!Sight::Public.sees_inside("dialogues/rabat"));
    }
}
