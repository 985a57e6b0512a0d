//! What a record says by itself, by reflection: without what only its service writes, and the names of which it speaks.

use std::collections::HashSet;

use prost_reflect::{DynamicMessage, ReflectMessage, Value};

/// What only the service writes, in any message; the protos say "Output only" of each.
const OUTPUT_ONLY: &[&str] = &["etag", "uid", "create_time", "update_time", "precision"];

/// What only the service writes in one message: elsewhere a field of that name is a fact of the file.
const OUTPUT_ONLY_OF: &[(&str, &[&str])] = &[
    ("Event", &["sequence", "state_reason"]),
    ("Instrument", &["citation"]),
    (
        "Recommendation",
        &[
            "citation",
            "corrigenda",
            "retired_by",
            "superseded_by",
            "state_reason",
        ],
    ),
    (
        "Addressee",
        &["response", "implementation", "claims_already_implemented"],
    ),
    ("Commitment", &["entries", "implementation"]),
    ("CommitmentEntry", &["recorded_by", "record_time"]),
    ("IndicatorValue", &["report"]),
    (
        "ProgressReport",
        &[
            "state",
            "authors",
            "entries",
            "verified",
            "verifier",
            "verifier_post",
            "submitted",
        ],
    ),
    ("Translation", &["source_digest"]),
];

/// The record without what only the service writes, and without its state, which only verbs move.
pub fn bare(record: &DynamicMessage) -> DynamicMessage {
    let mut bare = record.clone();
    bare.clear_field_by_name("name");
    bare.clear_field_by_name("state");
    strip(&mut bare);
    bare
}

/// Takes away what only the service writes, at any depth.
pub fn strip(message: &mut DynamicMessage) {
    let kind = message.descriptor();
    let own = OUTPUT_ONLY_OF
        .iter()
        .find(|(message, _)| *message == kind.name());
    for field in OUTPUT_ONLY
        .iter()
        .chain(own.iter().flat_map(|(_, fields)| *fields))
    {
        message.clear_field_by_name(field);
    }
    for (_, value) in message.fields_mut() {
        match value {
            Value::Message(inner) => strip(inner),
            Value::List(items) => items
                .iter_mut()
                .filter_map(Value::as_message_mut)
                .for_each(strip),
            _ => {}
        }
    }
}

/// Whether a record is one of `names`, stands below one or refers to one.
pub fn speaks_of(record: &DynamicMessage, names: &HashSet<&str>) -> bool {
    !names.is_empty()
        && record
            .fields()
            .any(|(_, value)| value_speaks_of(value, names))
}

fn value_speaks_of(value: &Value, names: &HashSet<&str>) -> bool {
    match value {
        Value::String(text) => ancestors(text).any(|name| names.contains(name)),
        Value::Message(message) => speaks_of(message, names),
        Value::List(items) => items.iter().any(|item| value_speaks_of(item, names)),
        // Maps hold texts by language; they refer to nothing.
        _ => false,
    }
}

/// Shows every text of a record that may be a name.
pub fn each_text(record: &DynamicMessage, see: &mut dyn FnMut(&str)) {
    fn each(value: &Value, see: &mut dyn FnMut(&str)) {
        match value {
            Value::String(text) => see(text),
            Value::Message(message) => each_text(message, see),
            Value::List(items) => items.iter().for_each(|item| each(item, see)),
            _ => {}
        }
    }
    record.fields().for_each(|(_, value)| each(value, see));
}

/// The text itself and every name that it stands below.
pub fn ancestors(text: &str) -> impl Iterator<Item = &str> {
    let cuts = text.match_indices('/').map(|(at, _)| &text[..at]);
    cuts.chain(std::iter::once(text))
        .filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fields whose comment in the protos says "Output only", each with its message.
    fn stated_output_only() -> HashSet<(String, String)> {
        let mut found = HashSet::new();
        for file in crate::descriptor_pool()
            .files()
            .filter(|f| f.package_name().starts_with("rapporteur."))
        {
            let proto = file.file_descriptor_proto();
            for location in proto
                .source_code_info
                .iter()
                .flat_map(|info| &info.location)
            {
                let &[4, message, 2, field] = location.path.as_slice() else {
                    continue;
                };
                if location.leading_comments().contains("Output only") {
                    let message = &proto.message_type[usize::try_from(message).unwrap()];
                    let field = &message.field[usize::try_from(field).unwrap()];
                    found.insert((message.name().to_owned(), field.name().to_owned()));
                }
            }
        }
        found
    }

    #[test]
    fn output_fields_are_those_that_the_protos_say() {
        let mut stated = stated_output_only();
        for everywhere in OUTPUT_ONLY {
            let before = stated.len();
            stated.retain(|(_, field)| field != everywhere);
            assert!(stated.len() < before, "{everywhere} is not output only");
        }
        let known: HashSet<(String, String)> = OUTPUT_ONLY_OF
            .iter()
            .flat_map(|(message, fields)| fields.iter().map(|f| ((*message).into(), (*f).into())))
            .collect();
        assert_eq!(stated, known);
    }

    #[test]
    fn what_a_word_means_is_a_fact_of_the_file() {
        let vocabulary = |means: &str| {
            let kind = crate::descriptor_pool()
                .get_message_by_name("rapporteur.recommendations.v1.Vocabulary")
                .unwrap();
            let json = format!(r#"{{"terms":[{{"word":"Ongoing","implementation":"{means}"}}]}}"#);
            DynamicMessage::deserialize(kind, &mut serde_json::Deserializer::from_str(&json))
                .unwrap()
        };
        let [planned, done] =
            ["IMPLEMENTATION_PLANNED", "IMPLEMENTATION_IMPLEMENTED"].map(vocabulary);
        assert_ne!(bare(&planned), bare(&done));
    }
}
