//! The request message of a call, put together from what HTTP spreads over path, query, headers and body.
//!
//! All of it becomes one JSON object first, and that becomes the message in one step: so there is one reading of
//! proto JSON, and one way to say which field is wrong.

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, IF_MATCH};
use prost_reflect::{
    DeserializeOptions, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor,
    ReflectMessage as _,
};
use rapporteur_records::name::quoted;
use rapporteur_records::{Error, Result};
use serde_json::{Map, Value};

use super::bindings::{Binding, BodyOf};
use super::etag;
use super::once::Once;
use super::template::Path;

/// Repeating a write with the same key does it once; it becomes the request's `request_id`.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Messages of protobuf whose JSON is a text.
const TEXTS: [&str; 3] = [
    "google.protobuf.Timestamp",
    "google.protobuf.Duration",
    "google.protobuf.FieldMask",
];

/// What HTTP says of a call.
#[derive(Clone, Copy, Debug)]
pub struct Said<'r> {
    /// The path, which matches the binding.
    pub path: &'r Path<'r>,
    /// The query, undecoded.
    pub query: &'r str,
    /// The headers.
    pub headers: &'r HeaderMap,
    /// The body.
    pub body: &'r [u8],
}

/// The request of a call. An error names the field by its JSON path, the query parameter, the header or `body`.
pub fn message(binding: &Binding, said: Said<'_>) -> Result<DynamicMessage> {
    let input = binding.call.input();
    let mut all = body(binding, said)?;
    query(&input, &binding.body, said.query, &mut all)?;
    for (path, value) in binding.template.values(said.path)? {
        set(&input, &mut all, path, Value::String(value))?;
    }
    idempotency_key(&input, said.headers, &mut all)?;
    if_match(binding, said.headers, &mut all)?;
    let mut track = serde_path_to_error::Track::new();
    let options = DeserializeOptions::new();
    let reader = serde_path_to_error::Deserializer::new(Value::Object(all), &mut track);
    DynamicMessage::deserialize_with_options(input, reader, &options)
        .map_err(|error| Error::invalid(track.path().to_string(), error.to_string()))
}

/// The JSON object as far as the body says it.
fn body(binding: &Binding, said: Said<'_>) -> Result<Map<String, Value>> {
    let wrong = |why: String| Error::invalid("body", why);
    if binding.body == BodyOf::Nothing {
        let why = || wrong("this call has no body: its fields stand in the query".to_owned());
        return if said.body.is_empty() {
            Ok(Map::new())
        } else {
            Err(why())
        };
    }
    if said.body.is_empty() && binding.body == BodyOf::Request {
        return Ok(Map::new());
    }
    let media = said
        .headers
        .get(CONTENT_TYPE)
        .map_or(&b""[..], |v| v.as_bytes());
    if !is_json(media) {
        return Err(Error::invalid(
            CONTENT_TYPE.as_str(),
            "should be application/json",
        ));
    }
    // A body that is called packed and is not may be read in two ways.
    if said.headers.contains_key(CONTENT_ENCODING) {
        let why = "should not be there: bodies are taken as they are, not packed";
        return Err(Error::invalid(CONTENT_ENCODING.as_str(), why));
    }
    let Once(value) = serde_json::from_slice(said.body)
        .map_err(|error| wrong(format!("is not JSON: {error}")))?;
    let Value::Object(object) = value else {
        return Err(wrong("should be a JSON object".to_owned()));
    };
    Ok(match &binding.body {
        BodyOf::Field(field) => {
            let mut all = Map::new();
            all.insert(field.json_name().to_owned(), Value::Object(object));
            all
        }
        BodyOf::Request | BodyOf::Nothing => object,
    })
}

fn is_json(media: &[u8]) -> bool {
    let essence = media.split(|b| *b == b';').next().unwrap_or_default();
    essence
        .trim_ascii()
        .eq_ignore_ascii_case(b"application/json")
}

/// Adds what the query says. Names may be spelt as in JSON or as in the protos, parts of messages with dots.
fn query(
    input: &MessageDescriptor,
    body: &BodyOf,
    query: &str,
    all: &mut Map<String, Value>,
) -> Result<()> {
    for (key, text) in form_urlencoded::parse(query.as_bytes()) {
        if *body == BodyOf::Request {
            let why = "stands in the query, but all fields of this call stand in the body";
            return Err(Error::invalid(&*key, why));
        }
        let field = leaf(input, &key)?;
        if let BodyOf::Field(whole) = body
            && key
                .split('.')
                .next()
                .and_then(|first| named(input, first))
                .as_ref()
                == Some(whole)
        {
            return Err(Error::invalid(
                &*key,
                "stands in the query, but belongs into the body",
            ));
        }
        let value = parameter(&field, &text).map_err(|why| Error::invalid(&*key, why))?;
        let place = place(input, all, &key)?;
        if !field.is_list() {
            if place.insert(field.json_name().to_owned(), value).is_some() {
                return Err(Error::invalid(&*key, "is given twice"));
            }
            continue;
        }
        let values = place
            .entry(field.json_name())
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Some(values) = values.as_array_mut() {
            match value {
                Value::Array(several) => values.extend(several),
                one => values.push(one),
            }
        }
    }
    Ok(())
}

/// The value of a parameter as JSON.
fn parameter(field: &FieldDescriptor, text: &str) -> std::result::Result<Value, String> {
    let string = || Value::String(text.to_owned());
    match field.kind() {
        Kind::Bool => match text {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(format!("{} should be true or false", quoted(text))),
        },
        Kind::Enum(_) => Ok(text.parse::<i32>().map_or_else(|_| string(), Value::from)),
        Kind::Message(message) if !field.is_map() && TEXTS.contains(&message.full_name()) => {
            Ok(string())
        }
        Kind::Message(_) => serde_json::from_str(text)
            .ok()
            .filter(|value: &Value| value.is_object() || (field.is_list() && value.is_array()))
            .ok_or_else(|| format!("{} should be a JSON object", quoted(text))),
        // Numbers too: proto JSON takes them as texts, and checks them.
        _ => Ok(string()),
    }
}

/// The field of a message by either of its names.
fn named(message: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    message
        .get_field_by_json_name(name)
        .or_else(|| message.get_field_by_name(name))
}

/// The field at the end of a path.
fn leaf(input: &MessageDescriptor, path: &str) -> Result<FieldDescriptor> {
    let unknown = || Error::invalid(path, "is no parameter of this call");
    let mut of = Some(input.clone());
    let mut last = None;
    for name in path.split('.') {
        let field = of
            .as_ref()
            .and_then(|of| named(of, name))
            .ok_or_else(unknown)?;
        let single = !field.is_list() && !field.is_map();
        of = field.kind().as_message().filter(|_| single).cloned();
        last = Some(field);
    }
    last.ok_or_else(unknown)
}

/// The object in which the last field of a path stands.
fn place<'o>(
    input: &MessageDescriptor,
    all: &'o mut Map<String, Value>,
    path: &str,
) -> Result<&'o mut Map<String, Value>> {
    let mut of = input.clone();
    let mut at = all;
    let Some((parents, _)) = path.rsplit_once('.') else {
        return Ok(at);
    };
    for name in parents.split('.') {
        let field = named(&of, name);
        let field = field.ok_or_else(|| Error::invalid(path, "is no field of this call"))?;
        if let Some(message) = field.kind().as_message() {
            of = message.clone();
        }
        // A body may spell it the other way.
        if let Some(spelt) = at.remove(field.name()) {
            at.insert(field.json_name().to_owned(), spelt);
        }
        let inner = at
            .entry(field.json_name())
            .or_insert_with(|| Value::Object(Map::new()));
        at = inner
            .as_object_mut()
            .ok_or_else(|| Error::invalid(path, format!("{name} should be a JSON object")))?;
    }
    Ok(at)
}

/// Sets a field, whatever was said of it before.
fn set(
    input: &MessageDescriptor,
    all: &mut Map<String, Value>,
    path: &str,
    value: Value,
) -> Result<()> {
    let field = leaf(input, path)?;
    let place = place(input, all, path)?;
    place.remove(field.name());
    place.insert(field.json_name().to_owned(), value);
    Ok(())
}

fn idempotency_key(
    input: &MessageDescriptor,
    headers: &HeaderMap,
    all: &mut Map<String, Value>,
) -> Result<()> {
    let Some(key) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(());
    };
    // A read is the same however often it is done.
    let Some(field) = input.get_field_by_name("request_id") else {
        return Ok(());
    };
    let key = key.to_str();
    let key = key.map_err(|_| Error::invalid(IDEMPOTENCY_KEY, "should be ASCII"))?;
    // The draft standard writes it as a text in quotes.
    let key = key.trim_matches('"');
    let given = all.get(field.json_name()).or_else(|| all.get(field.name()));
    if given.is_some_and(|given| given != key) {
        let why = "is another one than the request_id of the request";
        return Err(Error::invalid(IDEMPOTENCY_KEY, why));
    }
    set(input, all, field.name(), Value::String(key.to_owned()))
}

/// The etag that the record must have still goes where the call expects it: into its own field, or into that of
/// the record in the body.
fn if_match(binding: &Binding, headers: &HeaderMap, all: &mut Map<String, Value>) -> Result<()> {
    let Some(wanted) = headers.get(IF_MATCH) else {
        return Ok(());
    };
    let wrong = |why: &str| Error::invalid(IF_MATCH.as_str(), why);
    let wanted = etag::only(wanted.as_bytes())
        .ok_or_else(|| wrong("should be one etag in quotes, as ETag gives it"))?;
    let path = etag_place(binding).ok_or_else(|| wrong("has no meaning for this call"))?;
    let input = binding.call.input();
    set(&input, all, &path, Value::String(wanted))
}

/// The field of a request that holds the etag which a record must have; `None` when the call asks for none.
pub fn etag_place(binding: &Binding) -> Option<String> {
    let has_etag = |message: &MessageDescriptor| message.get_field_by_name("etag").is_some();
    if has_etag(&binding.call.input()) {
        return Some("etag".to_owned());
    }
    let BodyOf::Field(field) = &binding.body else {
        return None;
    };
    let is_update = binding.method == http::Method::PATCH;
    let record = field.kind().as_message().is_some_and(has_etag);
    (is_update && record).then(|| format!("{}.etag", field.name()))
}

/// A field of a message as text; empty when it has none.
pub fn text_of(message: &DynamicMessage, name: &str) -> String {
    let field = message.descriptor().get_field_by_name(name);
    let value = field.map(|field| message.get_field(&field).into_owned());
    value
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
