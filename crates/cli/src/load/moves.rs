//! Lines that move a record: {"kind":"supersede_recommendation","record":{...}} takes the request of that call.

use prost_reflect::{DynamicMessage, MethodDescriptor, ReflectMessage, Value};

use crate::cell::{self, Look};
use crate::noun::{self, Noun, text};

/// Verbs and the states that they lead to, of whatever they move.
const LEADS_TO: &[(&str, &[&str])] = &[
    ("Submit", &["submitted"]),
    ("Verify", &["verified", "verified-complete"]),
    ("Return", &["returned"]),
    ("Redraft", &["draft"]),
    ("Publish", &["published"]),
    ("Retract", &["retracted"]),
    ("Accept", &["accepted"]),
    ("Decline", &["declined"]),
    ("Start", &["in-progress"]),
    ("Hold", &["on-hold", "held"]),
    ("Resume", &["accepted", "in-progress"]),
    ("Complete", &["completed"]),
    ("Reopen", &["in-progress"]),
    ("Close", &["closed"]),
    ("Cancel", &["cancelled"]),
    ("Table", &["tabled"]),
    ("Adopt", &["adopted"]),
    ("Reject", &["rejected"]),
    ("Withdraw", &["withdrawn"]),
    ("Elapse", &["elapsed"]),
];

/// A verb of the trade on a noun.
#[derive(Clone, Debug)]
pub(super) struct Verb {
    pub(super) noun: &'static Noun,
    /// `Supersede`.
    pub(super) name: String,
    pub(super) method: MethodDescriptor,
}

impl Verb {
    /// The verb of a line's kind, `supersede_recommendation`.
    pub(super) fn of_kind(kind: &str) -> Option<Self> {
        noun::ALL.into_iter().find_map(|noun| {
            let words = kind.strip_suffix(noun.kind)?.strip_suffix('_')?;
            let name: String = words.split('_').map(capital).collect();
            if ["Get", "List", "Create", "Update"].contains(&name.as_str()) {
                return None;
            }
            let method = noun.method(&name).ok()?;
            let moves = method.output().full_name() == noun.message
                && method.input().get_field_by_name("name").is_some();
            moves.then_some(Self { noun, name, method })
        })
    }

    /// Whether the record was moved so already; `entry` is the place of the move in its ledger, where that is known.
    pub(super) fn is_done(
        &self,
        there: &DynamicMessage,
        asked: &DynamicMessage,
        entry: Option<usize>,
    ) -> bool {
        match self.name.as_str() {
            "Supersede" => text(there, "superseded_by") == text(asked, "successor"),
            "Retire" => text(there, "retired_by") == text(asked, "decision"),
            "CorrectText" => {
                let wanted = words(asked, "text");
                words(there, "text") == wanted
                    || parts(there, "corrigenda")
                        .iter()
                        .any(|one| words(one, "replaced_text") == wanted)
            }
            "Reassign" => entries(there, entry).iter().any(|entry| {
                shown(entry, "owners") == shown(asked, "owners")
                    && shown(entry, "on") == shown(asked, "on")
            }),
            verb => {
                let leads = LEADS_TO.iter().find(|(own, _)| *own == verb);
                let leads = leads.map_or(&[] as &[&str], |(_, states)| states);
                let is_there =
                    |record: &DynamicMessage| leads.contains(&shown(record, "state").as_str());
                if there.descriptor().get_field_by_name("entries").is_none() {
                    return is_there(there);
                }
                let day = shown(asked, "on");
                entries(there, entry)
                    .iter()
                    .any(|entry| is_there(entry) && (day.is_empty() || shown(entry, "on") == day))
            }
        }
    }
}

/// The same record as a line says it, where what a verb has changed since is as it is: the line says how it began.
pub(super) fn as_moved(there: &DynamicMessage, stated: &DynamicMessage) -> DynamicMessage {
    let mut record = stated.clone();
    let mut keep = |field: &str| {
        if let Some(value) = there.get_field_by_name(field) {
            // The field is of this very message.
            let _ = record.try_set_field_by_name(field, value.into_owned());
        }
    };
    let first_text = words(stated, "text");
    if parts(there, "corrigenda")
        .iter()
        .any(|one| words(one, "replaced_text") == first_text)
    {
        keep("text");
    }
    let first_owners = shown(stated, "owners");
    if parts(there, "entries")
        .iter()
        .any(|one| shown(one, "former_owners") == first_owners && !first_owners.is_empty())
    {
        keep("owners");
    }
    record
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
        .unwrap_or_default()
}

/// The words of a field; empty where there is no such field, too.
fn shown(message: &DynamicMessage, field: &str) -> String {
    match message.descriptor().get_field_by_name(field) {
        Some(_) => cell::at(message, field, Look::PLAIN).unwrap_or_default(),
        None => String::new(),
    }
}

/// A text in all its languages.
fn words(message: &DynamicMessage, field: &str) -> Option<Value> {
    let text = message.get_field_by_name(field)?;
    let languages = text.as_message()?.get_field_by_name("by_language")?;
    Some(languages.into_owned())
}

fn parts(message: &DynamicMessage, field: &str) -> Vec<DynamicMessage> {
    let list = message.get_field_by_name(field);
    let list = list.as_ref().and_then(|list| list.as_list());
    list.unwrap_or_default()
        .iter()
        .filter_map(|item| item.as_message().cloned())
        .collect()
}

/// All entries, or the one at a place.
fn entries(record: &DynamicMessage, at: Option<usize>) -> Vec<DynamicMessage> {
    let all = parts(record, "entries");
    match at {
        Some(at) => all.into_iter().nth(at).into_iter().collect(),
        None => all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(name: &str, json: &str) -> DynamicMessage {
        let kind = rapporteur_proto::descriptor_pool()
            .get_message_by_name(&format!("rapporteur.recommendations.v1.{name}"))
            .unwrap();
        DynamicMessage::deserialize(kind, &mut serde_json::Deserializer::from_str(json)).unwrap()
    }

    #[test]
    fn verbs_are_those_of_the_protos() {
        let verb = Verb::of_kind("hand_over_chairmanship").unwrap();
        assert_eq!(
            (verb.noun.kind, verb.name.as_str()),
            ("chairmanship", "HandOver")
        );
        let verb = Verb::of_kind("correct_text_recommendation").unwrap();
        assert_eq!(verb.method.name(), "CorrectTextRecommendation");
        for other in [
            "create_event",
            "get_event",
            "event",
            "_event",
            "sing_event",
            "list_event",
        ] {
            assert!(Verb::of_kind(other).is_none(), "{other}");
        }
    }

    #[test]
    fn each_move_is_found_at_its_place() {
        let verb = Verb::of_kind("submit_progress_report").unwrap();
        let there = message(
            "ProgressReport",
            r#"{"entries":[{"state":"PROGRESS_REPORT_STATE_SUBMITTED","on":{"value":"2026-02-01"}},
                {"state":"PROGRESS_REPORT_STATE_RETURNED","on":{"value":"2026-02-01"}}]}"#,
        );
        let asked = message(
            "SubmitProgressReportRequest",
            r#"{"on":{"value":"2026-02-01"}}"#,
        );
        assert!(verb.is_done(&there, &asked, Some(0)));
        assert!(verb.is_done(&there, &asked, None));
        // Handed in again on the same day: that one is not there yet.
        assert!(!verb.is_done(&there, &asked, Some(2)));
        assert!(!verb.is_done(&there, &asked, Some(1)));
        let later = message(
            "SubmitProgressReportRequest",
            r#"{"on":{"value":"2026-02-02"}}"#,
        );
        assert!(!verb.is_done(&there, &later, None));
    }

    #[test]
    fn how_a_record_began_is_no_change_of_it() {
        let there = message(
            "Recommendation",
            r#"{"text":{"byLanguage":{"en":"new"}},"corrigenda":[{"replacedText":{"byLanguage":{"en":"old"}}}]}"#,
        );
        let stated = message("Recommendation", r#"{"text":{"byLanguage":{"en":"old"}}}"#);
        assert_eq!(
            words(&as_moved(&there, &stated), "text"),
            words(&there, "text")
        );
        let other = message(
            "Recommendation",
            r#"{"text":{"byLanguage":{"en":"other"}}}"#,
        );
        assert_eq!(as_moved(&there, &other), other);
    }
}
