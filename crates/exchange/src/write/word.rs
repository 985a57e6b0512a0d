//! Enum values in words: `EVENT_KIND_HIGH_LEVEL_MEETING` is `high-level-meeting`.
//!
//! The words are made from the protos, so a new value needs no change here.

use prost_reflect::EnumDescriptor;

/// The word of a number; empty for the value that says nothing.
pub fn word(values: &EnumDescriptor, number: i32) -> String {
    match values.get_value(number) {
        Some(_) if number == 0 => String::new(),
        Some(value) => strip(values, value.name()),
        None => number.to_string(),
    }
}

/// The word of a value that is known by its full name: `GAP_KIND_STATED_DIFFERS` is `stated-differs`.
pub fn of(name: &str, prefix: &str) -> String {
    name.trim_start_matches(prefix)
        .to_ascii_lowercase()
        .replace('_', "-")
}

/// The word of a value by its name. Values begin with the name of their enum: `EventKind` -> `EVENT_KIND_`.
pub fn strip(values: &EnumDescriptor, name: &str) -> String {
    let mut prefix = String::new();
    for letter in values.name().chars() {
        if letter.is_ascii_uppercase() && !prefix.is_empty() {
            prefix.push('_');
        }
        prefix.push(letter.to_ascii_uppercase());
    }
    prefix.push('_');
    name.strip_prefix(&prefix)
        .unwrap_or(name)
        .to_ascii_lowercase()
        .replace('_', "-")
}
