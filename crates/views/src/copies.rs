//! The records of one service as it answers them, byte for byte, for reads that need not go to it.
//!
//! A record is shown here to whom its service would show it, by the same rule ([`sight`]). Commits come in whole: none
//! is seen by half, so that nothing that was internal is seen beside what made it public.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use rapporteur_proto::events::v1::{
    Chairmanship, Crosswalk, Dialogue, Event, Membership, Party, Plan, PlanNode, Post, Source,
};
use rapporteur_proto::recommendations::v1::{
    Addressee, Assessment, Commitment, Instrument, ProgressReport, Recommendation, Schedule,
    Verdict, Vocabulary,
};
use rapporteur_records::{Mirror, Sight, name, sight};

/// What stands before a message of gRPC: that it is not compressed, and its length.
pub const FRAME_HEAD: usize = 5;

/// A kind of record.
#[derive(Debug)]
pub struct Kind {
    /// The full name of its message.
    pub type_name: &'static str,
    is_internal: fn(&[u8]) -> bool,
    /// Whether it is shown only to whom the record above it is shown.
    under: bool,
}

macro_rules! kinds {
    ($($package:literal: $($record:ident)*;)*) => {
        /// All kinds.
        pub static KINDS: &[Kind] = &[$($(Kind {
            type_name: concat!($package, ".", stringify!($record)),
            is_internal: sight::is_internal::<$record>,
            under: is_under(stringify!($record)),
        }),*),*];
    };
}

kinds! {
    "rapporteur.events.v1": Chairmanship Crosswalk Dialogue Event Membership Party Plan PlanNode Post Source;
    "rapporteur.recommendations.v1": Addressee Assessment Commitment Instrument ProgressReport Recommendation
        Schedule Verdict Vocabulary;
}

/// Addressees and verdicts come and go with their recommendation, as in the shelf.
const fn is_under(record: &str) -> bool {
    matches!(record.as_bytes(), b"Addressee" | b"Verdict")
}

impl Kind {
    /// The kind of a message.
    pub fn of(type_name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.type_name == type_name)
    }
}

/// Encoded records by name.
#[derive(Debug, Default)]
pub struct Copies {
    live: RwLock<Live>,
    /// What was shown since the last whole state.
    unsettled: Mutex<Vec<(Box<str>, Option<Copy>)>>,
}

#[derive(Debug, Default)]
struct Live {
    generation: u64,
    records: HashMap<Box<str>, Copy>,
}

#[derive(Debug)]
struct Copy {
    kind: &'static Kind,
    /// The message with its etag, as gRPC frames it.
    frame: Bytes,
    is_internal: bool,
}

impl Copies {
    fn live(&self) -> RwLockReadGuard<'_, Live> {
        self.live.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// A record has this new value, or none. It is shown once it is settled.
    pub(crate) fn change(&self, name: &str, type_name: &str, value: Option<&[u8]>) {
        let Some(kind) = Kind::of(type_name) else {
            return;
        };
        let copy = value.and_then(|bytes| {
            let length = u32::try_from(bytes.len()).ok()?;
            let mut frame = BytesMut::with_capacity(FRAME_HEAD + bytes.len());
            frame.put_u8(0);
            frame.put_u32(length);
            frame.put_slice(bytes);
            Some(Copy {
                kind,
                frame: frame.freeze(),
                is_internal: (kind.is_internal)(bytes),
            })
        });
        let mut unsettled = self
            .unsettled
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        unsettled.push((name.into(), copy));
    }

    /// Shows what has changed, all at once.
    pub(crate) fn settle(&self) {
        let changes = self
            .unsettled
            .lock()
            .map(|mut unsettled| std::mem::take(&mut *unsettled))
            .unwrap_or_default();
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        for (name, copy) in changes {
            match copy {
                Some(copy) => live.records.insert(name, copy),
                None => live.records.remove(&name),
            };
        }
    }

    /// Everything is gone; it will come again.
    pub(crate) fn clear(&self) {
        let mut unsettled = self
            .unsettled
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        unsettled.clear();
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        live.generation += 1;
        live.records.clear();
    }
}

impl Live {
    /// A record as its service would show it to a reader with this sight; nothing when it is not here, or not for
    /// that reader.
    fn get(&self, sight: &Sight, kind: &Kind, name: &str) -> Option<&Bytes> {
        let copy = self
            .records
            .get(name)
            .filter(|copy| std::ptr::eq(copy.kind, kind))?;
        let seen = *sight == Sight::Everything
            || sight.sees_inside(name)
            || (!copy.is_internal && (!kind.under || self.is_open(name::parent_of(name))));
        seen.then_some(&copy.frame)
    }

    /// Whether a record hides nothing that lies under it.
    fn is_open(&self, name: &str) -> bool {
        self.records.get(name).is_none_or(|copy| !copy.is_internal)
    }
}

/// The copies of one service and the mirror that feeds them.
#[derive(Clone, Debug)]
pub struct Copied {
    copies: Arc<Copies>,
    mirror: Mirror,
}

impl Copied {
    pub(crate) fn new(copies: Arc<Copies>, mirror: Mirror) -> Self {
        Self { copies, mirror }
    }

    /// Raised when all was thrown away to be filled again: what was known of the copies before is void.
    pub fn generation(&self) -> u64 {
        self.copies.live().generation
    }

    /// The token of the last change that is in the copies; `None` before any is.
    pub fn token(&self) -> Option<String> {
        self.mirror.seen_token()
    }

    /// Waits until all changes up to a position are in the copies; whether they are within this time.
    pub async fn reaches(&self, position: u64, within: Duration) -> bool {
        let mut progress = self.mirror.progress();
        let there = progress.wait_for(|progress| progress.position >= position);
        matches!(tokio::time::timeout(within, there).await, Ok(Ok(_)))
    }

    /// A record as its service would show it to a reader with this sight, framed for gRPC. Nothing when it is not
    /// here, or not for that reader, or the copies are of another generation: then the service has to be asked.
    pub fn get(&self, generation: u64, sight: &Sight, kind: &Kind, name: &str) -> Option<Bytes> {
        self.look(generation, sight, kind, name).flatten()
    }

    /// [`Copied::get`], told apart: `None` when the copies are of another generation, so that nobody knows;
    /// `Some(None)` when the record is not here, or not for that reader.
    pub fn look(
        &self,
        generation: u64,
        sight: &Sight,
        kind: &Kind,
        name: &str,
    ) -> Option<Option<Bytes>> {
        let live = self.copies.live();
        (live.generation == generation).then(|| live.get(sight, kind, name).cloned())
    }

    /// Several records of one state, in the order of their names; nothing when one is missing. See [`Copied::get`].
    pub fn get_all(
        &self,
        generation: u64,
        sight: &Sight,
        kind: &Kind,
        names: &[&str],
    ) -> Option<Vec<Bytes>> {
        let live = self.copies.live();
        let mut all = names
            .iter()
            .map(|name| live.get(sight, kind, name).cloned());
        (live.generation == generation).then(|| all.by_ref().collect())?
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use rapporteur_proto::recommendations::v1::RecommendationState;
    use rapporteur_proto::r#type::v1::Visibility;

    use super::*;

    const TEXT: &str = "dialogues/rabat/recommendations/r";
    const UNDER: &str = "dialogues/rabat/recommendations/r/addressees/pt";

    fn put(copies: &Copies, state: RecommendationState, visibility: Visibility) {
        let text = Recommendation {
            name: TEXT.into(),
            state: state.into(),
            visibility: visibility.into(),
            ..Recommendation::default()
        };
        let addressee = Addressee {
            name: UNDER.into(),
            party: "parties/pt".into(),
            ..Addressee::default()
        };
        let of = |type_name: &str| format!("rapporteur.recommendations.v1.{type_name}");
        copies.change(TEXT, &of("Recommendation"), Some(&text.encode_to_vec()));
        copies.change(UNDER, &of("Addressee"), Some(&addressee.encode_to_vec()));
    }

    fn seen(copies: &Copies, sight: &Sight) -> [bool; 2] {
        let shown = |type_name: &str, name: &str| {
            let kind = Kind::of(&format!("rapporteur.recommendations.v1.{type_name}")).unwrap();
            copies.live().get(sight, kind, name).is_some()
        };
        [shown("Recommendation", TEXT), shown("Addressee", UNDER)]
    }

    #[test]
    fn what_is_internal_and_what_lies_under_it_is_for_those_who_work_there() {
        let copies = Copies::default();
        let inside = Sight::dialogues(["dialogues/rabat"]);
        let elsewhere = Sight::dialogues(["dialogues/khartoum"]);
        for (state, visibility, open) in [
            (RecommendationState::Adopted, Visibility::Public, true),
            (RecommendationState::Draft, Visibility::Public, false),
            (RecommendationState::Adopted, Visibility::Internal, false),
            (RecommendationState::Adopted, Visibility::Embargoed, false),
            (RecommendationState::Adopted, Visibility::Public, true),
        ] {
            put(&copies, state, visibility);
            copies.settle();
            for sight in [&Sight::Public, &elsewhere] {
                assert_eq!(seen(&copies, sight), [open; 2], "{state:?} {visibility:?}");
            }
            for sight in [&Sight::Everything, &inside] {
                assert_eq!(seen(&copies, sight), [true; 2]);
            }
        }
        let event = Kind::of("rapporteur.events.v1.Event").unwrap();
        let live = copies.live();
        assert!(live.get(&inside, event, TEXT).is_none(), "of another kind");
    }

    #[test]
    fn nothing_is_seen_by_half_and_nothing_outlives_its_history() {
        let copies = Copies::default();
        put(&copies, RecommendationState::Adopted, Visibility::Public);
        assert_eq!(seen(&copies, &Sight::Everything), [false; 2], "unsettled");
        copies.settle();
        assert_eq!(seen(&copies, &Sight::Everything), [true; 2]);
        put(&copies, RecommendationState::Adopted, Visibility::Public);
        copies.clear();
        copies.settle();
        assert_eq!(seen(&copies, &Sight::Everything), [false; 2]);
        assert_eq!(copies.live().generation, 1);
    }

    #[test]
    fn every_record_has_a_kind() {
        let names = rapporteur_proto::descriptor_pool()
            .all_messages()
            .filter(|message| {
                ["name", "etag", "uid"]
                    .iter()
                    .all(|field| message.get_field_by_name(field).is_some())
            })
            .map(|message| message.full_name().to_owned())
            .filter(|name| !name.starts_with("rapporteur.gateway."));
        for name in names {
            assert!(Kind::of(&name).is_some(), "{name}");
        }
    }
}
