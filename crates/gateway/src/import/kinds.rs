//! The kinds of records that are imported, as calls of their services: found in the protos, so that a new kind needs
//! no more than its place in the order.

use std::collections::HashMap;
use std::sync::LazyLock;

use bytes::Bytes;
use prost::Message as _;
use prost::encoding::{WireType, encode_key, encode_varint};
use prost_reflect::{DynamicMessage, MessageDescriptor, MethodDescriptor, ReflectMessage, Value};
use rapporteur_proto::descriptor_pool;
use rapporteur_proto::r#type::v1::Visibility;
use rapporteur_records::{Error, Result};

/// Messages in the order in which one rests on another: what stands earlier is written earlier.
const ORDER: [&str; 15] = [
    "rapporteur.events.v1.Source",
    "rapporteur.events.v1.Party",
    "rapporteur.recommendations.v1.Vocabulary",
    "rapporteur.events.v1.Dialogue",
    "rapporteur.events.v1.Membership",
    "rapporteur.events.v1.Post",
    "rapporteur.events.v1.Chairmanship",
    "rapporteur.events.v1.Plan",
    "rapporteur.events.v1.PlanNode",
    "rapporteur.events.v1.Event",
    "rapporteur.recommendations.v1.Instrument",
    "rapporteur.recommendations.v1.Recommendation",
    "rapporteur.recommendations.v1.Addressee",
    "rapporteur.recommendations.v1.Commitment",
    "rapporteur.recommendations.v1.ProgressReport",
];
/// How many kinds there are.
pub(super) const KINDS: usize = ORDER.len();

/// A kind of record.
#[derive(Debug)]
pub(super) struct Kind {
    /// Its place in the order.
    pub(super) rank: usize,
    /// The message.
    pub(super) message: MessageDescriptor,
    /// Its field in requests, and its name in record files: `plan_node`.
    pub(super) field: String,
    /// The number of that field where one is made.
    number: u32,
    methods: HashMap<String, MethodDescriptor>,
}

impl Kind {
    /// The kind of a message, by its full name.
    pub(super) fn of(message: &str) -> Result<&'static Self> {
        static ALL: LazyLock<HashMap<&str, Kind>> = LazyLock::new(|| {
            let all = ORDER.iter().enumerate();
            all.filter_map(|(rank, name)| Some((*name, Kind::found(rank, name)?)))
                .collect()
        });
        let unknown = || Error::Internal(format!("{message} is no kind that is imported"));
        ALL.get(message).ok_or_else(unknown)
    }

    fn found(rank: usize, name: &str) -> Option<Self> {
        let message = descriptor_pool().get_message_by_name(name)?;
        let short = message.name().to_owned();
        let create = format!("Create{short}");
        let service = descriptor_pool()
            .services()
            .find(|service| service.methods().any(|method| method.name() == create))?;
        let methods = service.methods().filter_map(|method| {
            let verb = method.name().strip_suffix(&short)?.to_owned();
            Some((verb, method))
        });
        let methods: HashMap<_, _> = methods.collect();
        let request = methods.get("Create")?.input();
        let record = request.fields().find(|field| {
            let kind = field.kind();
            kind.as_message() == Some(&message)
        })?;
        Some(Self {
            rank,
            field: record.name().to_owned(),
            number: record.number(),
            message,
            methods,
        })
    }

    /// `CreateEvent` for `Create`.
    pub(super) fn method(&self, verb: &str) -> Result<&MethodDescriptor> {
        let unknown = || Error::Internal(format!("{} has no {verb}", self.message.name()));
        self.methods.get(verb).ok_or_else(unknown)
    }

    /// Reads a record of the kind.
    pub(super) fn read(&self, bytes: &[u8]) -> Result<DynamicMessage> {
        DynamicMessage::decode(self.message.clone(), bytes)
            .map_err(|error| Error::Internal(format!("a kept record: {error}")))
    }

    /// The verbs by which a record of the kind that should not be there is taken back, the mildest first.
    pub(super) fn ways_back(&self) -> &'static [&'static str] {
        match self.message.name() {
            "Event" | "Commitment" => &["Cancel"],
            "Recommendation" => &["Withdraw"],
            "ProgressReport" => &["Retract"],
            _ => &[],
        }
    }

    /// A request to hide a record from the public; `None` where its kind hides nothing.
    pub(super) fn hide(&self, name: &str, etag: &str) -> Result<Option<DynamicMessage>> {
        let field = "visibility".to_owned();
        if self.message.get_field_by_name(&field).is_none() {
            return Ok(None);
        }
        let mut record = DynamicMessage::new(self.message.clone());
        set(&mut record, "name", Value::String(name.to_owned()))?;
        let internal = Value::EnumNumber(Visibility::Internal.into());
        set(&mut record, &field, internal)?;
        self.update(&record, &[field], etag).map(Some)
    }

    /// A request to make a record with this name, but for the record itself: see [`Kind::with`]. The id in the name is
    /// the caller's.
    pub(super) fn create(&self, name: &str) -> Result<DynamicMessage> {
        let mut request = DynamicMessage::new(self.method("Create")?.input());
        let (above, id) = name.rsplit_once('/').unwrap_or(("", name));
        let parent = above.rsplit_once('/').map_or("", |(parent, _)| parent);
        if request.descriptor().get_field_by_name("parent").is_some() {
            set(&mut request, "parent", Value::String(parent.to_owned()))?;
        }
        let id_field = format!("{}_id", self.field);
        set(&mut request, &id_field, Value::String(id.to_owned()))?;
        Ok(request)
    }

    /// A request with an encoded record in it, encoded.
    pub(super) fn with(&self, request: &DynamicMessage, record: &[u8]) -> Bytes {
        let mut bytes = request.encode_to_vec();
        // Fields of a message may come in any order.
        encode_key(self.number, WireType::LengthDelimited, &mut bytes);
        encode_varint(record.len() as u64, &mut bytes);
        bytes.extend_from_slice(record);
        bytes.into()
    }

    /// A request to move a record that has this etag by a verb.
    pub(super) fn act(&self, verb: &str, name: &str, etag: &str) -> Result<DynamicMessage> {
        let mut request = DynamicMessage::new(self.method(verb)?.input());
        set(&mut request, "name", Value::String(name.to_owned()))?;
        set(&mut request, "etag", Value::String(etag.to_owned()))?;
        Ok(request)
    }

    /// A request to change these fields of a record that has this etag.
    pub(super) fn update(
        &self,
        record: &DynamicMessage,
        fields: &[String],
        etag: &str,
    ) -> Result<DynamicMessage> {
        let mut record = record.clone();
        set(&mut record, "etag", Value::String(etag.to_owned()))?;
        let mut request = DynamicMessage::new(self.method("Update")?.input());
        set(&mut request, &self.field, Value::Message(record))?;
        set(&mut request, "update_mask", mask(fields)?)?;
        Ok(request)
    }
}

/// The etag of an encoded record.
pub(super) fn etag(record: &[u8]) -> Result<String> {
    /// What every record has in the same place.
    #[derive(Clone, PartialEq, prost::Message)]
    struct Marked {
        #[prost(string, tag = "2")]
        etag: String,
    }
    let marked = Marked::decode(record);
    marked
        .map(|marked| marked.etag)
        .map_err(|error| Error::Internal(format!("an answer: {error}")))
}

fn mask(fields: &[String]) -> Result<Value> {
    let name = "google.protobuf.FieldMask";
    let kind = descriptor_pool()
        .get_message_by_name(name)
        .ok_or_else(|| Error::Internal(format!("{name} is not there")))?;
    let mut mask = DynamicMessage::new(kind);
    let paths = fields.iter().cloned().map(Value::String).collect();
    set(&mut mask, "paths", Value::List(paths))?;
    Ok(Value::Message(mask))
}

/// Sets a field by name; the names are in this program's own protos.
pub(super) fn set(message: &mut DynamicMessage, field: &str, value: Value) -> Result<()> {
    let kind = message.descriptor().full_name().to_owned();
    message
        .try_set_field_by_name(field, value)
        .map_err(|error| Error::Internal(format!("{kind}.{field}: {error}")))
}

/// A text field by name; empty where there is none.
pub(super) fn text(message: &DynamicMessage, field: &str) -> String {
    let value = message.get_field_by_name(field);
    value
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_and_has_its_calls() {
        for (rank, name) in ORDER.iter().enumerate() {
            let kind = Kind::of(name).unwrap();
            assert_eq!(kind.rank, rank);
            let verbs = ["Get", "Create", "Update"].iter().chain(kind.ways_back());
            for verb in verbs {
                let request = kind.method(verb).unwrap().input();
                let has = |field: &str| request.get_field_by_name(field).is_some();
                let wanted: &[&str] = match *verb {
                    "Get" => &["name"],
                    "Create" | "Update" => &["request_id", "validate_only", "reason"],
                    _ => &["name", "etag", "request_id", "reason"],
                };
                assert!(wanted.iter().all(|field| has(field)), "{verb} of {name}");
            }
            let mut record = DynamicMessage::new(kind.message.clone());
            set(
                &mut record,
                "name",
                Value::String("dialogues/r/xs/y".into()),
            )
            .unwrap();
            set(&mut record, "etag", Value::String("7".into())).unwrap();
            assert_eq!(etag(&record.encode_to_vec()).unwrap(), "7", "{name}");
            let create = kind.create("dialogues/r/xs/y").unwrap();
            let bytes = kind.with(&create, &record.encode_to_vec());
            let create = DynamicMessage::decode(create.descriptor(), bytes).unwrap();
            assert_eq!(text(&create, &format!("{}_id", kind.field)), "y", "{name}");
            let made = create.get_field_by_name(&kind.field).unwrap();
            assert_eq!(made.as_message(), Some(&record), "{name}");
            kind.update(&record, &["title".to_owned()], "7").unwrap();
        }
    }
}
