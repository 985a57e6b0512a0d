//! Field masks (AIP-134, AIP-161): taking the named fields of one message over into another.

use prost::Message;
use prost_reflect::{DynamicMessage, MessageDescriptor, ReflectMessage, Value};
use rapporteur_proto::{FieldMask, Record, descriptor_pool};

use crate::{Error, Noun, Result};

const HEADER: [&str; 5] = ["name", "etag", "uid", "create_time", "update_time"];

/// `old` with the fields that `mask` names taken from `new`; `*` or no mask = every field that a caller can
/// change. Output fields are left as they are. A path that the message does not have is refused.
pub fn apply<T: Record>(noun: &Noun<T>, old: &T, new: &T, mask: Option<&FieldMask>) -> Result<T> {
    let descriptor = descriptor::<T>()?;
    let mut target = dynamic(&descriptor, old)?;
    let source = dynamic(&descriptor, new)?;
    let paths: Vec<&str> = mask
        .map(|m| m.paths.iter().map(String::as_str).collect())
        .unwrap_or_default();
    let output = |field: &str| HEADER.contains(&field) || noun.output_only.contains(&field);
    if paths.is_empty() || paths == ["*"] {
        for field in descriptor.fields().filter(|f| !output(f.name())) {
            copy(&mut target, &source, field.name());
        }
    } else {
        for path in paths {
            let (first, rest) = path
                .split_once('.')
                .map_or((path, None), |(f, r)| (f, Some(r)));
            if descriptor.get_field_by_name(first).is_none() {
                return Err(unknown(path, &descriptor));
            }
            if output(first) {
                continue;
            }
            match rest {
                None => copy(&mut target, &source, first),
                Some(rest) => nested(&mut target, &source, first, rest)
                    .ok_or_else(|| unknown(path, &descriptor))?,
            }
        }
    }
    T::decode(target.encode_to_vec().as_slice()).map_err(|e| Error::Internal(e.to_string()))
}

fn descriptor<T: Record>() -> Result<MessageDescriptor> {
    descriptor_pool()
        .get_message_by_name(&T::full_name())
        .ok_or_else(|| Error::Internal(format!("no descriptor for {}", T::full_name())))
}

fn dynamic<T: Record>(descriptor: &MessageDescriptor, message: &T) -> Result<DynamicMessage> {
    DynamicMessage::decode(descriptor.clone(), message.encode_to_vec().as_slice())
        .map_err(|e| Error::Internal(e.to_string()))
}

fn copy(target: &mut DynamicMessage, source: &DynamicMessage, field: &str) {
    if source.has_field_by_name(field) {
        if let Some(value) = source.get_field_by_name(field) {
            target.set_field_by_name(field, value.into_owned());
        }
    } else {
        target.clear_field_by_name(field);
    }
}

/// Copies `field.rest`; `None` when there is no such path (lists and maps are taken over whole).
fn nested(
    target: &mut DynamicMessage,
    source: &DynamicMessage,
    field: &str,
    rest: &str,
) -> Option<()> {
    let descriptor = target.descriptor().get_field_by_name(field)?;
    if descriptor.is_list() || descriptor.is_map() {
        return None;
    }
    let Value::Message(mut inner) = target.get_field(&descriptor).into_owned() else {
        return None;
    };
    let Value::Message(from) = source.get_field(&descriptor).into_owned() else {
        return None;
    };
    let (first, deeper) = rest
        .split_once('.')
        .map_or((rest, None), |(f, r)| (f, Some(r)));
    inner.descriptor().get_field_by_name(first)?;
    match deeper {
        None => copy(&mut inner, &from, first),
        Some(deeper) => nested(&mut inner, &from, first, deeper)?,
    }
    target.set_field(&descriptor, Value::Message(inner));
    Some(())
}

fn unknown(path: &str, descriptor: &MessageDescriptor) -> Error {
    let known: Vec<String> = descriptor.fields().map(|f| f.name().to_owned()).collect();
    Error::invalid(
        "update_mask",
        format!(
            "{} is no field of {}; it has {}",
            crate::name::quoted(path),
            descriptor.name(),
            known.join(", ")
        ),
    )
}
