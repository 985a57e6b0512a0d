//! How a record begins in a record file: without what only the service writes, and where it stands by moves, as it
//! stood before them.

use prost_reflect::{DynamicMessage, Value};
use rapporteur_proto::bare;
use rapporteur_proto::recommendations::v1::{CommitmentState, RecommendationState};

use super::moves;
use crate::error::Result;
use crate::noun::{Noun, set, text};

/// A record as it can begin, and what its first line says besides.
pub(super) struct Begun {
    pub(super) record: DynamicMessage,
    pub(super) reason: String,
    pub(super) by: String,
}

/// Without what only the service writes, and where a record stands by moves, as it stood before them.
pub(super) fn as_begun(noun: &Noun, mut record: DynamicMessage) -> Result<Begun> {
    let (mut reason, mut by) = (String::new(), String::new());
    let state = number(&record, "state");
    match noun.kind {
        "event" => reason = text(&record, "state_reason"),
        "recommendation" => {
            let is = |known: RecommendationState| state == Some(known as i32);
            if is(RecommendationState::Superseded) || is(RecommendationState::Retired) {
                let adopted = RecommendationState::Adopted as i32;
                set(&mut record, "state", Value::EnumNumber(adopted))?;
            } else {
                reason = text(&record, "state_reason");
            }
            if let Some(first) = parts(&record, "corrigenda").first()
                && let Some(replaced) = first.get_field_by_name("replaced_text")
            {
                set(&mut record, "text", replaced.into_owned())?;
            }
        }
        "addressee" => {
            // What reports moved, they move again.
            keep_parts(&mut record, "entries", |entry| {
                text(entry, "report").is_empty()
            });
            for_parts(&mut record, "entries", |entry| {
                entry.clear_field_by_name("recorded_by");
                entry.clear_field_by_name("record_time");
            });
        }
        "commitment" => {
            let entries = parts(&record, "entries");
            // One that was recorded afterwards began where its first entry says, since when is not known.
            let first = entries
                .first()
                .filter(|entry| !entry.has_field_by_name("on"));
            let began = first
                .and_then(|entry| number(entry, "state"))
                .filter(|state| *state != 0);
            let began = began.unwrap_or(CommitmentState::Proposed as i32);
            if first.is_some() {
                reason = first.map(|entry| text(entry, "reason")).unwrap_or_default();
            }
            if state.is_some_and(|state| state != 0) {
                set(&mut record, "state", Value::EnumNumber(began))?;
            }
            let former = entries.iter().find_map(|entry| {
                let owners = entry.get_field_by_name("former_owners")?.into_owned();
                owners
                    .as_list()
                    .is_some_and(|list| !list.is_empty())
                    .then_some(owners)
            });
            if let Some(owners) = former {
                set(&mut record, "owners", owners)?;
            }
            for_parts(&mut record, "indicators", |indicator| {
                keep_parts(indicator, "values", |value| {
                    text(value, "report").is_empty()
                });
            });
        }
        "progress_report" => {
            let authors = record.get_field_by_name("authors");
            let first = authors
                .as_ref()
                .and_then(|list| list.as_list()?.first()?.as_str());
            by = moves::person(first.unwrap_or_default()).to_owned();
        }
        _ => {}
    }
    let claims = record
        .get_field_by_name("claims_already_implemented")
        .map(std::borrow::Cow::into_owned);
    bare::strip(&mut record);
    // A ledger that is recorded afterwards says this of its last answer.
    if let Some(claims) = claims.filter(|claims| claims.as_bool() == Some(true)) {
        set(&mut record, "claims_already_implemented", claims)?;
    }
    Ok(Begun { record, reason, by })
}

fn number(record: &DynamicMessage, field: &str) -> Option<i32> {
    record.get_field_by_name(field)?.as_enum_number()
}

fn parts(record: &DynamicMessage, field: &str) -> Vec<DynamicMessage> {
    let list = record.get_field_by_name(field);
    let list = list.as_ref().and_then(|list| list.as_list());
    list.unwrap_or_default()
        .iter()
        .filter_map(|item| item.as_message().cloned())
        .collect()
}

fn keep_parts(record: &mut DynamicMessage, field: &str, keep: impl Fn(&DynamicMessage) -> bool) {
    if let Some(Value::List(items)) = record.get_field_by_name_mut(field) {
        items.retain(|item| item.as_message().is_some_and(&keep));
    }
}

fn for_parts(record: &mut DynamicMessage, field: &str, change: impl Fn(&mut DynamicMessage)) {
    if let Some(Value::List(items)) = record.get_field_by_name_mut(field) {
        items
            .iter_mut()
            .filter_map(Value::as_message_mut)
            .for_each(change);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output;

    fn record(kind: &str, json: &str) -> DynamicMessage {
        let descriptor = Noun::of_kind(kind).unwrap().descriptor().unwrap();
        DynamicMessage::deserialize(descriptor, &mut serde_json::Deserializer::from_str(json))
            .unwrap()
    }

    fn begun(kind: &str, json: &str) -> (serde_json::Value, String) {
        let noun = Noun::of_kind(kind).unwrap();
        let begun = as_begun(noun, record(kind, json)).unwrap();
        (output::steady(&begun.record).unwrap(), begun.reason)
    }

    #[test]
    fn records_begin_where_a_new_one_may() {
        let (text, reason) = begun(
            "recommendation",
            r#"{"name":"dialogues/r/recommendations/x","etag":"3","state":"RECOMMENDATION_STATE_RETIRED","retiredBy":"dialogues/r/instruments/i",
                "stateReason":"done","text":{"byLanguage":{"en":"c"}},
                "corrigenda":[{"replacedText":{"byLanguage":{"en":"a"}}},{"replacedText":{"byLanguage":{"en":"b"}}}]}"#,
        );
        assert_eq!(
            text.to_string(),
            r#"{"name":"dialogues/r/recommendations/x","text":{"byLanguage":{"en":"a"}},"state":"RECOMMENDATION_STATE_ADOPTED"}"#
        );
        assert_eq!(reason, "");
        let (commitment, reason) = begun(
            "commitment",
            r#"{"name":"dialogues/r/commitments/x","state":"COMMITMENT_STATE_COMPLETED","owners":["parties/b"],"entries":[
                {"state":"COMMITMENT_STATE_ON_HOLD","reason":"elections"},
                {"owners":["parties/b"],"formerOwners":["parties/a"],"on":{"value":"2026"},"reason":"moved"}]}"#,
        );
        assert_eq!(
            commitment.to_string(),
            r#"{"name":"dialogues/r/commitments/x","state":"COMMITMENT_STATE_ON_HOLD","owners":["parties/a"]}"#
        );
        assert_eq!(reason, "elections");
        let (addressee, _) = begun(
            "addressee",
            r#"{"name":"dialogues/r/recommendations/x/addressees/pt","party":"parties/pt","response":"RESPONSE_SUPPORTED",
                "claimsAlreadyImplemented":true,"entries":[
                {"response":"RESPONSE_SUPPORTED","word":"yes","recordedBy":"ana","recordTime":"2026-01-01T00:00:00Z"},
                {"implementation":"IMPLEMENTATION_IN_PROGRESS","report":"dialogues/r/reports/1"}]}"#,
        );
        assert_eq!(
            addressee.to_string(),
            r#"{"name":"dialogues/r/recommendations/x/addressees/pt","party":"parties/pt","claimsAlreadyImplemented":true,"entries":[{"response":"RESPONSE_SUPPORTED","word":"yes"}]}"#
        );
    }
}
