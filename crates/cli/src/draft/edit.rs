//! Edits of a proposal: a value for a field, by its path in the JSON that `-o json` shows.

use rapporteur_posts::{Body, Proposal};
use serde_json::Value;

/// The proposal with these fields changed; says which field is wrong, and why.
pub(super) fn apply(
    proposal: &Proposal,
    edits: &serde_json::Map<String, Value>,
) -> Result<Proposal, String> {
    let mut record = serde_json::to_value(&proposal.record).map_err(|e| e.to_string())?;
    for (path, value) in edits {
        set(&mut record, path, value.clone()).map_err(|why| format!("{path}: {why}"))?;
    }
    replaced(proposal, record)
}

/// The proposal with another record, of the same type.
pub(super) fn replaced(proposal: &Proposal, record: Value) -> Result<Proposal, String> {
    let record: Body = serde_path_to_error::deserialize(record).map_err(|error| {
        let path = error.path().to_string();
        let why = error.into_inner().to_string();
        if path == "." {
            why
        } else {
            format!("{path}: {why}")
        }
    })?;
    if record.word() != proposal.record.word() {
        return Err(format!(
            "type: is {}, which cannot become {}",
            proposal.record.word(),
            record.word()
        ));
    }
    Ok(Proposal {
        record,
        ..proposal.clone()
    })
}

/// `field=value`, where the value is JSON or else plain words.
pub(super) fn assignment(text: &str) -> Option<(String, Value)> {
    let (path, value) = text.split_once('=')?;
    let is_path = !path.trim().is_empty()
        && path
            .trim()
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._".contains(c));
    let value = value.trim();
    let read = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    is_path.then(|| (path.trim().to_owned(), read))
}

/// A new date or place has words of its own to rest on: those of the proposal.
fn set(record: &mut Value, path: &str, value: Value) -> Result<(), String> {
    let mut at = record;
    let mut parts = path.split('.').peekable();
    while let Some(part) = parts.next() {
        if part.is_empty() {
            return Err("is not a path such as title or start.value".to_owned());
        }
        let slot = match at {
            Value::Object(fields) => fields.entry(part).or_insert(Value::Null),
            Value::Array(items) => {
                let length = items.len();
                let place = part.parse::<usize>().ok().filter(|place| *place < length);
                let place = place.ok_or_else(|| {
                    format!("{part} is not one of the {length} entries, counted from 0")
                })?;
                &mut items[place]
            }
            _ => return Err(format!("has no part {part}")),
        };
        if parts.peek().is_none() {
            *slot = value;
            return Ok(());
        }
        at = slot;
    }
    Err("is not a path such as title or start.value".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapporteur_posts::{Claim, Evidence, Qualifier, Quote};
    use serde_json::json;

    fn claim() -> Proposal {
        let quote = Quote {
            text: "115 participants".into(),
            bytes: [0, 16],
            characters: [0, 16],
        };
        let claim = Claim {
            event: String::new(),
            measure: "participants".into(),
            value: Some(115),
            total: None,
            qualifier: Qualifier::Exact,
            unit: String::new(),
            period: String::new(),
        };
        Proposal {
            id: "x.claim.1".into(),
            evidence: Evidence {
                rule: "count".into(),
                confidence: 0.9,
                quote,
            },
            record: Body::Claim(claim),
        }
    }

    #[test]
    fn fields_are_changed_by_their_path() {
        let edits = |value: Value| value.as_object().cloned().unwrap();
        let changed = apply(
            &claim(),
            &edits(json!({"value": 116, "qualifier": "about"})),
        )
        .unwrap();
        assert!(
            matches!(changed.record, Body::Claim(ref it) if it.value == Some(116) && it.qualifier == Qualifier::About)
        );
        let wrong = |value: Value| apply(&claim(), &edits(value)).unwrap_err();
        assert!(wrong(json!({"colour": "red"})).contains("colour"));
        assert!(wrong(json!({"qualifier": "maybe"})).contains("at_least"));
        assert!(wrong(json!({"value": "many"})).contains("many"));
        assert!(wrong(json!({"measure.x": 1})).contains("has no part x"));
        assert!(wrong(json!({"type": "theme"})).len() > 4);
    }

    #[test]
    fn values_are_json_or_words() {
        assert_eq!(
            assignment("title=Meeting in Lisbon"),
            Some(("title".into(), json!("Meeting in Lisbon")))
        );
        assert_eq!(assignment("value = 7"), Some(("value".into(), json!(7))));
        assert_eq!(assignment("no"), None);
        assert_eq!(assignment("a b=c"), None);
    }
}
