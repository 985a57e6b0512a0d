//! `--set field=value`: puts text into one field of a reflected message.
//!
//! A path goes through messages by dots (`place.country_code`, `title.fr`). What is not a scalar may
//! be given as proto3 JSON; texts and dates also as plain words.

use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage, Value,
};

use crate::word;

pub(crate) const LOCALIZED_TEXT: &str = "rapporteur.type.v1.LocalizedText";
pub(crate) const CIVIL_DATE: &str = "rapporteur.type.v1.CivilDate";
/// Language of a text that is given without one.
const LANGUAGE: &str = "en";

/// What to do with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// The value takes the place of what was there.
    Set,
    /// The value joins the list.
    Add,
}

/// Changes one field and gives the name of the outermost one, for the update mask.
pub(crate) fn change(
    message: &mut DynamicMessage,
    assignment: &str,
    how: How,
) -> Result<String, String> {
    let (path, text) = assignment
        .split_once('=')
        .ok_or_else(|| format!("{assignment}: write field=value"))?;
    put(message, path, text, how).map_err(|why| format!("{path}: {why}"))?;
    outermost(&message.descriptor(), path)
}

/// Empties one field.
pub(crate) fn clear(message: &mut DynamicMessage, path: &str) -> Result<String, String> {
    let outer = outermost(&message.descriptor(), path)?;
    let mut inner = message;
    let mut segments: Vec<&str> = path.split('.').collect();
    let last = segments.pop().unwrap_or_default();
    for segment in segments {
        let field = find(&inner.descriptor(), segment)?;
        inner = inner
            .get_field_mut(&field)
            .as_message_mut()
            .ok_or_else(|| format!("{path}: {segment} has no parts"))?;
    }
    if inner.descriptor().full_name() == LOCALIZED_TEXT {
        languages(inner)?.remove(&MapKey::String(last.to_owned()));
    } else {
        let field = find(&inner.descriptor(), last)?;
        inner.clear_field(&field);
    }
    Ok(outer)
}

fn put(message: &mut DynamicMessage, path: &str, text: &str, how: How) -> Result<(), String> {
    let (first, rest) = path
        .split_once('.')
        .map_or((path, None), |(first, rest)| (first, Some(rest)));
    if message.descriptor().full_name() == LOCALIZED_TEXT
        && rest.is_none()
        && find(&message.descriptor(), first).is_err()
    {
        languages(message)?.insert(
            MapKey::String(first.to_owned()),
            Value::String(text.to_owned()),
        );
        return Ok(());
    }
    let field = find(&message.descriptor(), first)?;
    if let Some(rest) = rest {
        return match message.get_field_mut(&field) {
            Value::Message(inner) => put(inner, rest, text, how),
            _ => Err(format!(
                "{first} has no part {rest}; give the whole of it as JSON"
            )),
        };
    }
    // A text without a language joins those in other languages.
    if let (Kind::Message(kind), false) = (field.kind(), field.is_list())
        && kind.full_name() == LOCALIZED_TEXT
        && !text.starts_with('{')
        && let Value::Message(inner) = message.get_field_mut(&field)
    {
        return put(inner, LANGUAGE, text, how);
    }
    let value = read(&field, text)?;
    match (how, value) {
        (How::Add, Value::List(more)) => match message.get_field_mut(&field) {
            Value::List(list) => list.extend(more),
            _ => return Err("is no list".to_owned()),
        },
        (How::Add, _) => return Err("is no list: use --set".to_owned()),
        (How::Set, value) => message
            .try_set_field(&field, value)
            .map_err(|e| e.to_string())?,
    }
    Ok(())
}

/// The value that a text means for a field.
fn read(field: &FieldDescriptor, text: &str) -> Result<Value, String> {
    let json = text.trim_start();
    if field.is_map() {
        return Err("is a map; give the record as JSON with --json".to_owned());
    }
    if !field.is_list() {
        return one(&field.kind(), text);
    }
    if json.starts_with('[') {
        let items: Vec<serde_json::Value> =
            serde_json::from_str(json).map_err(|e| e.to_string())?;
        return items
            .iter()
            .map(|item| one(&field.kind(), &plain(item)))
            .collect::<Result<_, _>>()
            .map(Value::List);
    }
    if matches!(field.kind(), Kind::Message(_)) {
        return Ok(Value::List(vec![one(&field.kind(), text)?]));
    }
    let items = text
        .split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty());
    items
        .map(|item| one(&field.kind(), item))
        .collect::<Result<_, _>>()
        .map(Value::List)
}

/// A JSON string as its text, anything else as JSON.
fn plain(item: &serde_json::Value) -> String {
    item.as_str()
        .map_or_else(|| item.to_string(), str::to_owned)
}

fn one(kind: &Kind, text: &str) -> Result<Value, String> {
    fn parse<T: std::str::FromStr>(text: &str, what: &str) -> Result<T, String> {
        text.trim()
            .parse()
            .map_err(|_| format!("{text} is not {what}"))
    }
    Ok(match kind {
        Kind::String => Value::String(text.to_owned()),
        Kind::Bool => Value::Bool(parse(text, "true or false")?),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(parse(text, "a whole number")?),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(parse(text, "a whole number")?),
        Kind::Enum(values) => Value::EnumNumber(word::number(values, text)?),
        Kind::Message(kind) => Value::Message(part(kind, text)?),
        _ => return Err("cannot be set here; give the record as JSON with --json".to_owned()),
    })
}

fn part(kind: &MessageDescriptor, text: &str) -> Result<DynamicMessage, String> {
    if text.trim_start().starts_with('{') {
        let mut json = serde_json::Deserializer::from_str(text);
        return DynamicMessage::deserialize(kind.clone(), &mut json).map_err(|e| e.to_string());
    }
    let mut message = DynamicMessage::new(kind.clone());
    match kind.full_name() {
        LOCALIZED_TEXT => put(&mut message, LANGUAGE, text, How::Set)?,
        CIVIL_DATE if text == "unknown" => put(&mut message, "basis", text, How::Set)?,
        CIVIL_DATE => put(&mut message, "value", text, How::Set)?,
        _ => return Err("has parts: give it as JSON, {...}".to_owned()),
    }
    Ok(message)
}

fn languages(
    text: &mut DynamicMessage,
) -> Result<&mut std::collections::HashMap<MapKey, Value>, String> {
    let map = text
        .get_field_by_name_mut("by_language")
        .and_then(Value::as_map_mut);
    map.ok_or_else(|| "is not a text".to_owned())
}

/// A field by its proto name or its JSON name.
fn find(message: &MessageDescriptor, name: &str) -> Result<FieldDescriptor, String> {
    message
        .get_field_by_name(name)
        .or_else(|| message.get_field_by_json_name(name))
        .ok_or_else(|| {
            let known: Vec<String> = message.fields().map(|f| f.name().to_owned()).collect();
            format!(
                "{} has no field {name}; it has {}",
                message.name(),
                known.join(", ")
            )
        })
}

fn outermost(message: &MessageDescriptor, path: &str) -> Result<String, String> {
    find(message, path.split('.').next().unwrap_or_default()).map(|field| field.name().to_owned())
}

#[cfg(test)]
mod tests {
    use rapporteur_proto::descriptor_pool;
    use rapporteur_proto::events::v1::Event;

    use super::*;

    fn changed(steps: &[(&str, How)]) -> Result<Event, String> {
        let kind = descriptor_pool()
            .get_message_by_name("rapporteur.events.v1.Event")
            .unwrap();
        let mut message = DynamicMessage::new(kind);
        for (assignment, how) in steps {
            change(&mut message, assignment, *how)?;
        }
        Ok(message.transcode_to().unwrap())
    }

    #[test]
    fn every_shape_of_field_can_be_set() {
        let event = changed(&[
            ("title=Joint meeting", How::Set),
            ("title.fr=Réunion conjointe", How::Set),
            ("kind=summit", How::Set),
            ("start=2024-10-16", How::Set),
            ("end=unknown", How::Set),
            ("place.countryCode=PT", How::Set),
            ("ordinal=6", How::Set),
            ("no_outcome=true", How::Set),
            ("themes=a, b", How::Set),
            ("themes=c", How::Add),
            (
                r#"roles={"party":"parties/pt","role":"ROLE_CHAIR"}"#,
                How::Add,
            ),
        ])
        .unwrap();
        let title = event.title.unwrap().by_language;
        assert_eq!(
            (title["en"].as_str(), title["fr"].as_str()),
            ("Joint meeting", "Réunion conjointe")
        );
        assert_eq!((event.kind, event.ordinal, event.no_outcome), (2, 6, true));
        assert_eq!(
            (
                event.start.unwrap().value.as_str(),
                event.end.unwrap().basis
            ),
            ("2024-10-16", 4)
        );
        assert_eq!(event.place.unwrap().country_code, "PT");
        assert_eq!(event.themes, ["a", "b", "c"]);
        assert_eq!(event.roles[0].party, "parties/pt");
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let wrong = |assignment| changed(&[(assignment, How::Set)]).unwrap_err();
        assert!(wrong("titel=x").contains("has no field titel; it has name"));
        assert!(wrong("ordinal=six").starts_with("ordinal: six is not a whole number"));
        assert!(wrong("kind=party").contains("thematic-meeting"));
        assert!(wrong("place=Lisbon").contains("JSON"));
        assert!(wrong("title").contains("field=value"));
        assert!(changed(&[("ordinal=1", How::Add)]).is_err());
    }

    #[test]
    fn a_field_can_be_emptied() {
        let kind = descriptor_pool()
            .get_message_by_name("rapporteur.events.v1.Event")
            .unwrap();
        let mut message = DynamicMessage::new(kind);
        change(&mut message, "title=a", How::Set).unwrap();
        change(&mut message, "title.fr=b", How::Set).unwrap();
        assert_eq!(clear(&mut message, "title.fr"), Ok("title".into()));
        let event: Event = message.transcode_to().unwrap();
        assert_eq!(event.title.unwrap().by_language.len(), 1);
        assert!(clear(&mut message, "nothing").is_err());
    }
}
