//! What a file says of a record that is there: which fields differ, and what there is to know.

use prost_reflect::{DynamicMessage, ReflectMessage as _, Value};
use rapporteur_proto::bare::bare;
use rapporteur_proto::r#type::v1::Visibility;

/// The text in several languages, of which a file may know one.
const TEXT: &str = "rapporteur.type.v1.LocalizedText";

/// The fields among these in which two records differ, apart from what only the service writes.
pub(super) fn differing(
    there: &DynamicMessage,
    stated: &DynamicMessage,
    fields: &[String],
) -> Vec<String> {
    let (there, stated) = (bare(there), bare(stated));
    let differ = |field: &&String| {
        there.get_field_by_name(field) != stated.get_field_by_name(field)
            || there.has_field_by_name(field) != stated.has_field_by_name(field)
    };
    fields.iter().filter(differ).cloned().collect()
}

/// The stated record with the languages that the file does not know: a file in French takes no English away.
pub(super) fn overlaid(stated: &DynamicMessage, there: &DynamicMessage) -> DynamicMessage {
    let mut whole = stated.clone();
    for field in stated.descriptor().fields() {
        let kind = field.kind();
        let is_text = kind.as_message().is_some_and(|it| it.full_name() == TEXT);
        if !is_text || field.is_list() || !stated.has_field(&field) || !there.has_field(&field) {
            continue;
        }
        let (ours, theirs) = (stated.get_field(&field), there.get_field(&field));
        let (Some(ours), Some(theirs)) = (ours.as_message(), theirs.as_message()) else {
            continue;
        };
        let mut text = theirs.clone();
        for (part, value) in ours.fields() {
            let both = text.get_field(&part).into_owned();
            let value = match (both, value) {
                (Value::Map(mut both), Value::Map(new)) => {
                    both.extend(new.clone());
                    Value::Map(both)
                }
                (_, value) => value.clone(),
            };
            text.set_field(&part, value);
        }
        whole.set_field(&field, Value::Message(text));
    }
    whole
}

/// What there is to know of a record that is there.
pub(super) fn note(there: &DynamicMessage, stated: &DynamicMessage) -> String {
    let visibility = there.get_field_by_name("visibility");
    let visibility = visibility.and_then(|value| value.as_enum_number());
    let hidden = visibility == Some(Visibility::Internal.into());
    if hidden && !stated.has_field_by_name("visibility") {
        return "is hidden from the public, as an undone import leaves it; edit its visibility"
            .to_owned();
    }
    state_note(there, stated)
}

/// A record that has moved on since, or has not come so far: that is for its verbs.
fn state_note(there: &DynamicMessage, stated: &DynamicMessage) -> String {
    let word = |record: &DynamicMessage| {
        let field = record.descriptor().get_field_by_name("state")?;
        let kind = field.kind();
        let number = record.get_field(&field).as_enum_number()?;
        let word = kind.as_enum()?.get_value(number)?.name().to_owned();
        let (_, word) = word.split_once("_STATE_")?;
        Some(word.to_lowercase().replace('_', "-"))
    };
    match (word(there), word(stated)) {
        (Some(there), Some(stated)) if there != stated && stated != "unspecified" => {
            format!("is {there}, the file says {stated}: its verbs move it")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use rapporteur_proto::descriptor_pool;

    use super::*;

    fn event(json: &str) -> DynamicMessage {
        let kind = descriptor_pool()
            .get_message_by_name("rapporteur.events.v1.Event")
            .unwrap();
        DynamicMessage::deserialize(kind, &mut serde_json::Deserializer::from_str(json)).unwrap()
    }

    #[test]
    fn only_what_the_mapping_speaks_of_can_differ() {
        let there = event(
            r#"{"name":"dialogues/r/events/x","etag":"7","title":{"byLanguage":{"en":"A","fr":"B"}},
                "description":{"byLanguage":{"en":"kept"}},"start":{"value":"2024","precision":"DATE_PRECISION_YEAR"}}"#,
        );
        let fields = ["title".to_owned(), "start".to_owned()];
        let stated = event(r#"{"title":{"byLanguage":{"en":"A"}},"start":{"value":"2024"}}"#);
        let whole = overlaid(&stated, &there);
        assert!(differing(&there, &whole, &fields).is_empty());
        let other = event(r#"{"title":{"byLanguage":{"en":"C"}},"start":{"value":"2024"}}"#);
        let whole = overlaid(&other, &there);
        assert_eq!(differing(&there, &whole, &fields), ["title"]);
        let gone = event(r#"{"title":{"byLanguage":{"en":"A"}}}"#);
        assert_eq!(
            differing(&there, &overlaid(&gone, &there), &fields),
            ["start"]
        );
    }

    #[test]
    fn states_are_for_verbs() {
        let held = event(r#"{"state":"EVENT_STATE_HELD"}"#);
        let closed = event(r#"{"state":"EVENT_STATE_CLOSED"}"#);
        assert_eq!(
            state_note(&closed, &held),
            "is closed, the file says held: its verbs move it"
        );
        assert_eq!(state_note(&held, &held), "");
        assert_eq!(state_note(&held, &event("{}")), "");
    }
}
