//! The moves that led to where a record stands: lines that repeat them.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::lines::Line;
use super::source::Source;
use crate::error::Result;
use crate::noun::Noun;
use crate::output;
use crate::record::get;

/// One move.
#[derive(Debug)]
pub(super) struct Move {
    /// When it was recorded: moves are repeated in this order.
    pub(super) time: Timestamp,
    kind: String,
    request: Value,
    by: String,
    entry: Option<usize>,
    /// A verified report; where the verifier found so stands in the ledger that it moved.
    subject: String,
}

impl Move {
    /// The line that repeats it.
    pub(super) async fn line(mut self, source: &Source<'_>) -> Result<Line> {
        if self.subject.contains("/addressees/") {
            let noun = &crate::addressee::NOUN;
            let addressee = get(source.to, noun, &self.subject, source.as_of).await?;
            let ledger = output::steady(&addressee)?;
            let report = text(&self.request, "name");
            let entry = items(&ledger, "entries").find(|entry| text(entry, "report") == report);
            if let Some(entry) = entry
                && entry["provenance"].is_object()
            {
                self.request["provenance"] = entry["provenance"].clone();
            }
        }
        Ok(Line {
            kind: self.kind,
            begins: false,
            record: self.request,
            reason: String::new(),
            by: self.by,
            entry: self.entry,
        })
    }
}

/// The moves of a record, oldest first.
pub(super) fn of(noun: &Noun, record: &Value) -> Vec<Move> {
    match noun.kind {
        "recommendation" => of_recommendation(record),
        "commitment" => of_commitment(record),
        "progress_report" => of_report(record),
        _ => Vec::new(),
    }
}

fn of_recommendation(record: &Value) -> Vec<Move> {
    let name = &record["name"];
    let corrigenda: Vec<&Value> = items(record, "corrigenda").collect();
    let mut moves = Vec::new();
    for (place, one) in corrigenda.iter().enumerate() {
        // Each corrigendum keeps what it replaced; what it wrote is what the next one replaced, or what stands.
        let next = corrigenda.get(place + 1).map(|next| &next["replacedText"]);
        let written = text_alone(next.unwrap_or(&record["text"]));
        let request = json!({"name": name, "reason": one["reason"], "text": written});
        moves.push(plain(
            "correct_text_recommendation",
            time(one, "time"),
            request,
        ));
    }
    // Nothing says when that was; it is later than any other move of the text.
    let last = time(record, "updateTime");
    match text(record, "state") {
        "RECOMMENDATION_STATE_SUPERSEDED" => {
            let request = json!({"name": name, "successor": record["supersededBy"]});
            moves.push(plain("supersede_recommendation", last, request));
        }
        "RECOMMENDATION_STATE_RETIRED" => {
            let request = json!({
                "name": name, "decision": record["retiredBy"], "reason": record["stateReason"],
            });
            moves.push(plain("retire_recommendation", last, request));
        }
        _ => {}
    }
    moves
}

fn of_commitment(record: &Value) -> Vec<Move> {
    let mut moves = Vec::new();
    let mut before = "PROPOSED";
    for (place, entry) in items(record, "entries").enumerate() {
        let state = suffix(entry, "COMMITMENT_STATE_");
        if place == 0 && !entry["on"].is_object() {
            // So it was recorded.
            before = state;
            continue;
        }
        let owners = items(entry, "owners").next().is_some();
        let verb = match (before, state) {
            (_, "") if owners => "reassign",
            // What a verified report found; the report says so again.
            (_, "") => continue,
            ("ON_HOLD", "ACCEPTED" | "IN_PROGRESS") => "resume",
            ("COMPLETED", "IN_PROGRESS") => "reopen",
            (_, "ACCEPTED") => "accept",
            (_, "DECLINED") => "decline",
            (_, "IN_PROGRESS") => "start",
            (_, "ON_HOLD") => "hold",
            (_, "COMPLETED") => "complete",
            (_, "VERIFIED_COMPLETE") => "verify",
            (_, "CLOSED") => "close",
            (_, "CANCELLED") => "cancel",
            _ => continue,
        };
        if !state.is_empty() {
            before = state;
        }
        let mut request = request(record, entry, &["reason"]);
        if verb == "reassign" {
            request.insert("owners".to_owned(), entry["owners"].clone());
        }
        if verb == "verify" {
            request.insert("report".to_owned(), entry["report"].clone());
        }
        moves.push(entered(
            &format!("{verb}_commitment"),
            place,
            entry,
            request,
        ));
    }
    moves
}

fn of_report(record: &Value) -> Vec<Move> {
    let mut moves = Vec::new();
    for (place, entry) in items(record, "entries").enumerate() {
        let verb = match suffix(entry, "PROGRESS_REPORT_STATE_") {
            "SUBMITTED" => "submit",
            "RETURNED" => "return",
            "DRAFT" => "redraft",
            "VERIFIED" => "verify",
            "PUBLISHED" => "publish",
            "RETRACTED" => "retract",
            _ => continue,
        };
        let mut request = request(record, entry, &["post", "reason"]);
        let mut subject = String::new();
        if verb == "verify" {
            for (field, own) in [("verifier", "verifier"), ("implementation", "verified")] {
                if !record[own].is_null() {
                    request.insert(field.to_owned(), record[own].clone());
                }
            }
            text(record, "subject").clone_into(&mut subject);
        }
        let mut made = entered(&format!("{verb}_progress_report"), place, entry, request);
        made.subject = subject;
        moves.push(made);
    }
    moves
}

/// What the request of a move says: which record, on which day, and these fields of the entry.
fn request(record: &Value, entry: &Value, fields: &[&str]) -> Map<String, Value> {
    let mut request = Map::new();
    request.insert("name".to_owned(), record["name"].clone());
    if let Some(day) = entry["on"].as_object() {
        let mut day = day.clone();
        day.remove("precision");
        request.insert("on".to_owned(), day.into());
    }
    for field in fields {
        if !entry[*field].is_null() {
            request.insert((*field).to_owned(), entry[*field].clone());
        }
    }
    request
}

/// Who did something, when an administrator did it in their name: whoever loads the line does so again.
pub(super) fn person(caller: &str) -> &str {
    caller.strip_prefix("admin:").unwrap_or(caller)
}

fn plain(kind: &str, time: Timestamp, request: Value) -> Move {
    let request = match request {
        Value::Object(mut fields) => {
            fields.retain(|_, value| !value.is_null());
            Value::Object(fields)
        }
        other => other,
    };
    Move {
        time,
        kind: kind.to_owned(),
        request,
        by: String::new(),
        entry: None,
        subject: String::new(),
    }
}

fn entered(kind: &str, place: usize, entry: &Value, request: Map<String, Value>) -> Move {
    Move {
        by: person(text(entry, "recordedBy")).to_owned(),
        entry: Some(place),
        ..plain(kind, time(entry, "recordTime"), Value::Object(request))
    }
}

/// The words alone: how a translation came about is written by the service.
fn text_alone(text: &Value) -> Value {
    let mut text = text.clone();
    let translations = text.get_mut("translations").and_then(Value::as_object_mut);
    if let Some(translations) = translations {
        for translation in translations.values_mut() {
            if let Some(fields) = translation.as_object_mut() {
                fields.remove("sourceDigest");
            }
        }
    }
    text
}

fn time(record: &Value, field: &str) -> Timestamp {
    text(record, field).parse().unwrap_or_default()
}

fn text<'v>(record: &'v Value, field: &str) -> &'v str {
    record[field].as_str().unwrap_or_default()
}

fn suffix<'v>(record: &'v Value, prefix: &str) -> &'v str {
    text(record, "state")
        .strip_prefix(prefix)
        .unwrap_or_default()
}

fn items<'v>(record: &'v Value, field: &str) -> impl Iterator<Item = &'v Value> {
    record[field].as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(moves: &[Move]) -> Vec<&str> {
        moves.iter().map(|one| one.kind.as_str()).collect()
    }

    #[test]
    fn corrigenda_are_issued_again_one_by_one() {
        let text = |words: &str| json!({"byLanguage": {"en": words}});
        let record = json!({
            "name": "dialogues/r/recommendations/x", "state": "RECOMMENDATION_STATE_SUPERSEDED", "text": text("c"),
            "supersededBy": "dialogues/r/recommendations/y", "updateTime": "2026-01-03T00:00:00Z",
            "corrigenda": [
                {"replacedText": text("a"), "time": "2026-01-01T00:00:00Z", "reason": "typo"},
                {"replacedText": text("b"), "time": "2026-01-02T00:00:00.5Z", "reason": "typo"},
            ],
        });
        let moves = of_recommendation(&record);
        let verb = "correct_text_recommendation";
        assert_eq!(kinds(&moves), [verb, verb, "supersede_recommendation"]);
        assert_eq!(moves[0].request["text"], text("b"));
        assert_eq!(moves[1].request["text"], text("c"));
        assert!(moves.is_sorted_by_key(|one| one.time));
    }

    #[test]
    fn a_commitment_takes_the_same_way_again() {
        let entry = |state: &str, on: &str| json!({"state": format!("COMMITMENT_STATE_{state}"), "on": {"value": on}});
        let record = json!({"name": "dialogues/r/commitments/x", "entries": [
            {"state": "COMMITMENT_STATE_ACCEPTED"},
            entry("IN_PROGRESS", "2026-01"),
            entry("ON_HOLD", "2026-02"),
            {"owners": ["parties/b"], "formerOwners": ["parties/a"], "on": {"value": "2026-03"}},
            entry("IN_PROGRESS", "2026-04"),
            {"implementation": "IMPLEMENTATION_IMPLEMENTED", "report": "dialogues/r/reports/1", "on": {"value": "2026-05"}},
            entry("COMPLETED", "2026-05"),
            entry("IN_PROGRESS", "2026-06"),
        ]});
        let moves = of_commitment(&record);
        let verbs: Vec<&str> = kinds(&moves)
            .iter()
            .map(|kind| kind.strip_suffix("_commitment").unwrap())
            .collect();
        assert_eq!(
            verbs,
            ["start", "hold", "reassign", "resume", "complete", "reopen"]
        );
        assert_eq!(moves[2].request["owners"], json!(["parties/b"]));
        assert_eq!(moves[3].entry, Some(4));
    }

    #[test]
    fn a_report_is_handed_in_and_verified_by_those_who_did() {
        let entry = |state: &str, by: &str| {
            json!({"state": format!("PROGRESS_REPORT_STATE_{state}"), "recordedBy": by, "on": {"value": "2026-02-01"},
                   "recordTime": "2026-02-01T00:00:00Z"})
        };
        let record = json!({
            "name": "dialogues/r/reports/x", "subject": "dialogues/r/recommendations/y/addressees/pt",
            "verified": "IMPLEMENTATION_IN_PROGRESS", "verifier": "parties/icmpd",
            "entries": [entry("SUBMITTED", "ana"), entry("VERIFIED", "bob"), entry("PUBLISHED", "bob")],
        });
        let moves = of_report(&record);
        assert_eq!(
            kinds(&moves),
            [
                "submit_progress_report",
                "verify_progress_report",
                "publish_progress_report"
            ]
        );
        assert_eq!((moves[0].by.as_str(), moves[1].by.as_str()), ("ana", "bob"));
        assert_eq!(
            moves[1].request["implementation"],
            "IMPLEMENTATION_IN_PROGRESS"
        );
        assert_eq!(
            moves[1].subject,
            "dialogues/r/recommendations/y/addressees/pt"
        );
        // At once, but in their order.
        assert!(moves.is_sorted_by_key(|one| one.time));
    }
}
