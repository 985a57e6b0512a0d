//! A value of a record in the few words that fit into a table.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, ReflectMessage, Value};

use super::{language, word};

const LOCALIZED_TEXT: &str = "rapporteur.type.v1.LocalizedText";
const CIVIL_DATE: &str = "rapporteur.type.v1.CivilDate";

/// How names are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// `rabat/2024-lisbon-hlm`, for people.
    Short,
    /// As the API has them, for programs.
    Full,
}

/// How a value is shown.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// How names are written.
    pub names: Names,
    /// The language that was asked for.
    pub language: Option<&'a str>,
}

impl Look<'static> {
    /// As for people who ask for no language.
    pub const PLAIN: Self = Self {
        names: Names::Short,
        language: None,
    };
}

/// The words for the field at `path` (`start`, `place.name`); empty where there is nothing.
///
/// # Errors
///
/// When a message has no field of that name; in words, with those that it has.
pub fn at(message: &DynamicMessage, path: &str, look: Look<'_>) -> Result<String, String> {
    let (first, rest) = path
        .split_once('.')
        .map_or((path, None), |(first, rest)| (first, Some(rest)));
    let kind = message.descriptor();
    let field = kind
        .get_field_by_name(first)
        .or_else(|| kind.get_field_by_json_name(first))
        .ok_or_else(|| {
            let known: Vec<String> = kind.fields().map(|f| f.name().to_owned()).collect();
            format!(
                "{} has no field {first}; it has {}",
                kind.name(),
                known.join(", ")
            )
        })?;
    // What is absent is no zero.
    if field.supports_presence() && !message.has_field(&field) {
        return match (rest, field.kind()) {
            (Some(rest), Kind::Message(inner)) => at(&DynamicMessage::new(inner), rest, look),
            _ => Ok(String::new()),
        };
    }
    match (rest, message.get_field(&field).as_ref()) {
        (None, value) => Ok(words(&field, value, look)),
        (Some(rest), Value::Message(inner)) => at(inner, rest, look),
        (Some(rest), Value::List(items)) => {
            let parts = items
                .iter()
                .filter_map(Value::as_message)
                .map(|item| at(item, rest, look));
            Ok(parts.collect::<Result<Vec<_>, _>>()?.join(", "))
        }
        (Some(rest), _) => Err(format!("{first} has no part {rest}")),
    }
}

/// The words for a value of a field.
pub fn words(field: &FieldDescriptor, value: &Value, look: Look<'_>) -> String {
    match value {
        Value::List(items) => {
            let parts: Vec<String> = items
                .iter()
                .map(|item| one(&field.kind(), item, look))
                .collect();
            // Whole records stand on lines of their own, words beside each other.
            parts.join(if matches!(field.kind(), Kind::Message(_)) {
                "\n"
            } else {
                ", "
            })
        }
        value @ Value::Map(_) => languages(value),
        value => one(&field.kind(), value, look),
    }
}

/// All texts of a map of languages, a line each.
pub fn languages(map: &Value) -> String {
    let mut parts: Vec<String> = map
        .as_map()
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{}: {}", key_text(key), text(value)))
        .collect();
    parts.sort();
    parts.join("\n")
}

fn one(kind: &Kind, value: &Value, look: Look<'_>) -> String {
    match (kind, value) {
        (Kind::Enum(values), Value::EnumNumber(number)) => word::word(values, *number),
        (_, Value::Message(message)) => part(message, look),
        (_, Value::String(text)) if look.names == Names::Short => short(text),
        // In full in `-o json`; people need no more than this of a mean.
        (_, Value::F64(number)) if look.names == Names::Short => {
            ((number * 1_000.0).round() / 1_000.0).to_string()
        }
        (_, value) => text(value),
    }
}

fn part(message: &DynamicMessage, look: Look<'_>) -> String {
    let get = |field: &str| message.get_field_by_name(field).map(|v| v.into_owned());
    match message.descriptor().full_name() {
        LOCALIZED_TEXT => language::words(&message.transcode_to().ok(), look.language),
        CIVIL_DATE => {
            let [value, written] =
                ["value", "as_written"].map(|f| get(f).map(|v| text(&v)).unwrap_or_default());
            let unknown = get("basis").and_then(|b| b.as_enum_number()) == Some(4);
            if !value.is_empty() || !unknown {
                first_of(value, written)
            } else {
                first_of(written, "unknown".into())
            }
        }
        "google.protobuf.Timestamp" => {
            let seconds = get("seconds").and_then(|v| v.as_i64()).unwrap_or_default();
            moment(
                seconds,
                get("nanos").and_then(|v| v.as_i32()).unwrap_or_default(),
            )
        }
        // Parts of parts: the facts side by side; where they come from is in `-o json`.
        _ => {
            let mut parts = Vec::new();
            for (field, value) in message
                .fields()
                .filter(|(field, _)| field.name() != "provenance")
            {
                let words = match (value, field.kind()) {
                    (Value::Bool(true), _) => field.name().replace('_', "-"),
                    _ => words(&field, value, look).replace('\n', "; "),
                };
                parts.push(words);
            }
            parts.retain(|part| !part.is_empty());
            parts.join(" · ")
        }
    }
}

/// The short form of a resource name, its ids alone; anything else as it is.
pub fn short(text: &str) -> String {
    let parts: Vec<&str> = text.split('/').collect();
    let root = ["dialogues", "parties", "sources", "vocabularies"].contains(&parts[0]);
    let plain = parts.iter().all(|p| {
        !p.is_empty()
            && p.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
    });
    if !root || !parts.len().is_multiple_of(2) || !plain {
        return text.to_owned();
    }
    parts
        .iter()
        .skip(1)
        .step_by(2)
        .copied()
        .collect::<Vec<_>>()
        .join("/")
}

/// A moment in RFC 3339.
pub fn moment(seconds: i64, nanos: i32) -> String {
    jiff::Timestamp::new(seconds, nanos).map_or_else(|_| format!("{seconds} s"), |t| t.to_string())
}

fn first_of(first: String, second: String) -> String {
    if first.is_empty() { second } else { first }
}

fn key_text(key: &MapKey) -> String {
    match key {
        MapKey::String(text) => text.clone(),
        MapKey::Bool(truth) => truth.to_string(),
        MapKey::I32(n) => n.to_string(),
        MapKey::I64(n) => n.to_string(),
        MapKey::U32(n) => n.to_string(),
        MapKey::U64(n) => n.to_string(),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(truth) => truth.to_string(),
        Value::I32(n) => n.to_string(),
        Value::I64(n) => n.to_string(),
        Value::U32(n) => n.to_string(),
        Value::U64(n) => n.to_string(),
        Value::F32(n) => n.to_string(),
        Value::F64(n) => n.to_string(),
        Value::EnumNumber(n) => n.to_string(),
        Value::Bytes(bytes) => bytes.iter().map(|b| format!("{b:02x}")).collect(),
        Value::Message(_) | Value::List(_) | Value::Map(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use rapporteur_proto::descriptor_pool;

    use super::*;

    const FULL: Look<'_> = Look {
        names: Names::Full,
        language: None,
    };

    fn event(json: &str) -> DynamicMessage {
        let kind = descriptor_pool()
            .get_message_by_name("rapporteur.events.v1.Event")
            .unwrap();
        DynamicMessage::deserialize(kind, &mut serde_json::Deserializer::from_str(json)).unwrap()
    }

    #[test]
    fn values_become_words() {
        let event = event(
            r#"{"name":"dialogues/rabat/events/x","kind":"EVENT_KIND_SUMMIT","title":{"byLanguage":{"ar":"ق","en":"Summit"}},
                "start":{"value":"2024-10"},"end":{"basis":"BASIS_UNKNOWN"},"createTime":"2024-10-16T00:00:00Z",
                "roles":[{"party":"parties/pt","role":"ROLE_CO_CHAIR","provenance":{"quote":"q"}},{"party":"parties/eg"}],
                "place":{"name":"Lisbon","countryCode":"PT"},"themes":["a","b"]}"#,
        );
        let short = |path| at(&event, path, Look::PLAIN).unwrap();
        assert_eq!(short("name"), "rabat/x");
        assert_eq!(
            at(&event, "name", FULL).unwrap(),
            "dialogues/rabat/events/x"
        );
        assert_eq!(
            (short("kind"), short("title")),
            ("summit".into(), "Summit".into())
        );
        assert_eq!(
            (short("start"), short("end")),
            ("2024-10".into(), "unknown".into())
        );
        assert_eq!(short("createTime"), "2024-10-16T00:00:00Z");
        assert_eq!(short("roles"), "pt · co-chair\neg");
        assert_eq!(
            (short("roles.party"), short("place.name")),
            ("pt, eg".into(), "Lisbon".into())
        );
        assert_eq!(
            (short("themes"), short("state")),
            ("a, b".into(), String::new())
        );
        assert!(
            at(&event, "titel", Look::PLAIN)
                .unwrap_err()
                .contains("it has name")
        );
    }

    #[test]
    fn what_is_absent_is_no_zero_and_means_are_short() {
        let item = |json: &str| {
            let kind = descriptor_pool()
                .get_message_by_name("rapporteur.gateway.v1.OpenItem")
                .unwrap();
            DynamicMessage::deserialize(kind, &mut serde_json::Deserializer::from_str(json))
                .unwrap()
        };
        let shown = |json, path| at(&item(json), path, Look::PLAIN).unwrap();
        assert_eq!(shown("{}", "overdue_days"), "");
        assert_eq!(shown(r#"{"overdueDays":0}"#, "overdue_days"), "0");
        assert_eq!(shown(r#"{"score":0.3333333333333333}"#, "score"), "0.333");
        assert_eq!(
            at(&item(r#"{"score":0.3333333333333333}"#), "score", FULL).unwrap(),
            "0.3333333333333333"
        );
        assert_eq!(
            (shown("{}", "due"), shown("{}", "due.value")),
            (String::new(), String::new())
        );
    }
}
