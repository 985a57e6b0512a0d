//! Messages and enums of protobuf as JSON Schema, in their proto JSON form.

use std::collections::BTreeMap;

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::comments::Comments;

/// The schemas that were asked for, with all that they refer to.
#[derive(Debug)]
pub(super) struct Schemas<'c> {
    comments: &'c Comments,
    all: BTreeMap<String, Value>,
}

impl<'c> Schemas<'c> {
    /// None yet.
    pub(super) fn new(comments: &'c Comments) -> Self {
        Self {
            comments,
            all: BTreeMap::new(),
        }
    }

    /// Each under its full name.
    pub(super) fn into_components(self) -> Value {
        Value::Object(self.all.into_iter().collect())
    }

    /// The schema of a field, with its comment.
    pub(super) fn field(&mut self, field: &FieldDescriptor) -> Value {
        let mut schema = if field.is_map() {
            let value = field
                .kind()
                .as_message()
                .map(MessageDescriptor::map_entry_value_field);
            let value = value.map_or(json!({}), |value| self.kind(&value.kind()));
            json!({"type": "object", "additionalProperties": value})
        } else if field.is_list() {
            json!({"type": "array", "items": self.kind(&field.kind())})
        } else {
            self.kind(&field.kind())
        };
        let comment = self.about_field(field);
        if let Some(schema) = schema.as_object_mut()
            && !comment.is_empty()
        {
            if comment.contains("Output only.") {
                schema.insert("readOnly".to_owned(), true.into());
            }
            schema.insert("description".to_owned(), comment.into());
        }
        schema
    }

    /// What is said of a field.
    pub(super) fn about_field(&self, field: &FieldDescriptor) -> &'c str {
        let message = field.parent_message();
        self.comments.at(&message.parent_file(), field.path())
    }

    /// The schema of a message, by reference where it is one of ours.
    pub(super) fn message(&mut self, message: &MessageDescriptor) -> Value {
        match message.full_name() {
            "google.protobuf.Timestamp" => json!({"type": "string", "format": "date-time"}),
            "google.protobuf.Duration" => json!({"type": "string", "pattern": "^-?[0-9.]+s$"}),
            "google.protobuf.FieldMask" => json!({"type": "string"}),
            "google.protobuf.Any" => json!({
                "type": "object",
                "properties": {"@type": {"type": "string"}},
                "required": ["@type"],
                "additionalProperties": true,
            }),
            name => {
                self.define(name, message);
                json!({"$ref": format!("#/components/schemas/{name}")})
            }
        }
    }

    fn define(&mut self, name: &str, message: &MessageDescriptor) {
        if self.all.contains_key(name) {
            return;
        }
        // Before its fields: one of them may be of the same kind.
        self.all.insert(name.to_owned(), Value::Null);
        let properties: Map<String, Value> = message
            .fields()
            .map(|field| (field.json_name().to_owned(), self.field(&field)))
            .collect();
        let comment = self.comments.at(&message.parent_file(), message.path());
        let schema = json!({
            "type": "object",
            "description": comment,
            "properties": properties,
        });
        self.all.insert(name.to_owned(), schema);
    }

    fn kind(&mut self, kind: &Kind) -> Value {
        match kind {
            Kind::Double | Kind::Float => json!({"type": "number"}),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
                json!({"type": "integer", "format": "int32"})
            }
            Kind::Uint32 | Kind::Fixed32 => json!({"type": "integer", "minimum": 0}),
            // More than a number of JavaScript holds.
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                json!({"type": "string", "pattern": "^-?[0-9]+$"})
            }
            Kind::Uint64 | Kind::Fixed64 => json!({"type": "string", "pattern": "^[0-9]+$"}),
            Kind::Bool => json!({"type": "boolean"}),
            Kind::String => json!({"type": "string"}),
            Kind::Bytes => json!({"type": "string", "contentEncoding": "base64"}),
            Kind::Enum(names) => self.names(names),
            Kind::Message(message) => self.message(message),
        }
    }

    fn names(&mut self, names: &EnumDescriptor) -> Value {
        let name = names.full_name();
        if !self.all.contains_key(name) {
            let file = names.parent_file();
            let mut comment = self.comments.at(&file, names.path()).to_owned();
            for value in names.values() {
                let about = self.comments.at(&file, value.path());
                comment.push_str(&format!("\n- `{}`: {about}", value.name()));
            }
            let values: Vec<String> = names.values().map(|v| v.name().to_owned()).collect();
            let schema = json!({"type": "string", "description": comment, "enum": values});
            self.all.insert(name.to_owned(), schema);
        }
        json!({"$ref": format!("#/components/schemas/{name}")})
    }
}
