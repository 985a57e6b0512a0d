//! Kinds of records, as `rapporteur load` calls them.

use prost_reflect::MessageDescriptor;

use super::text::is_id;

/// A kind of record: its word, its message, and how its names look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub(super) word: &'static str,
    message: &'static str,
    pub(super) pattern: &'static str,
}

/// What can be imported, in the order in which one rests on another.
pub(super) const ALL: [Kind; 15] = [
    kind("source", "events.v1.Source", "sources/*"),
    kind("party", "events.v1.Party", "parties/*"),
    kind(
        "vocabulary",
        "recommendations.v1.Vocabulary",
        "vocabularies/*",
    ),
    kind("dialogue", "events.v1.Dialogue", "dialogues/*"),
    kind(
        "membership",
        "events.v1.Membership",
        "dialogues/*/memberships/*",
    ),
    kind("post", "events.v1.Post", "dialogues/*/posts/*"),
    kind(
        "chairmanship",
        "events.v1.Chairmanship",
        "dialogues/*/chairmanships/*",
    ),
    kind("plan", "events.v1.Plan", "dialogues/*/plans/*"),
    kind(
        "plan_node",
        "events.v1.PlanNode",
        "dialogues/*/plans/*/nodes/*",
    ),
    kind("event", "events.v1.Event", "dialogues/*/events/*"),
    kind(
        "instrument",
        "recommendations.v1.Instrument",
        "dialogues/*/instruments/*",
    ),
    kind(
        "recommendation",
        "recommendations.v1.Recommendation",
        "dialogues/*/recommendations/*",
    ),
    kind(
        "addressee",
        "recommendations.v1.Addressee",
        "dialogues/*/recommendations/*/addressees/*",
    ),
    kind(
        "commitment",
        "recommendations.v1.Commitment",
        "dialogues/*/commitments/*",
    ),
    kind(
        "progress_report",
        "recommendations.v1.ProgressReport",
        "dialogues/*/reports/*",
    ),
];

const fn kind(word: &'static str, message: &'static str, pattern: &'static str) -> Kind {
    Kind {
        word,
        message,
        pattern,
    }
}

impl Kind {
    pub(super) fn of(word: &str) -> Option<Self> {
        ALL.into_iter().find(|kind| kind.word == word)
    }

    pub(super) fn descriptor(self) -> Option<MessageDescriptor> {
        let pool = rapporteur_proto::descriptor_pool();
        pool.get_message_by_name(&format!("rapporteur.{}", self.message))
    }

    /// Whether a name looks as those of the kind do.
    pub(super) fn takes(self, name: &str) -> bool {
        let (parts, pattern): (Vec<&str>, Vec<&str>) =
            (name.split('/').collect(), self.pattern.split('/').collect());
        let fits = |(part, wanted): (&&str, &&str)| {
            if *wanted == "*" {
                is_id(part)
            } else {
                part == wanted
            }
        };
        parts.len() == pattern.len() && parts.iter().zip(&pattern).all(fits)
    }
}
