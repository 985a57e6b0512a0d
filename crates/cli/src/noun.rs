//! The nouns of the record, as data: what is generic (`show`, `edit`, `history`, `load`) needs no more.

use prost_reflect::{DynamicMessage, MessageDescriptor, MethodDescriptor, ReflectMessage, Value};
use rapporteur_proto::descriptor_pool;

use crate::connect::method;
use crate::error::{Failure, Result};

/// One noun.
#[derive(Debug)]
pub(crate) struct Noun {
    /// Its name in record files: `plan_node`. Request fields are named by it too.
    pub(crate) kind: &'static str,
    /// Its message: `rapporteur.events.v1.PlanNode`.
    pub(crate) message: &'static str,
    /// The service that owns it.
    pub(crate) service: &'static str,
    /// The shape of its names.
    pub(crate) pattern: &'static str,
    /// What a table shows of it.
    pub(crate) columns: &'static [&'static str],
}

/// Every noun, in the order in which a record is built up.
pub(crate) const ALL: [&Noun; 19] = [
    &crate::source::NOUN,
    &crate::party::NOUN,
    &crate::dialogue::NOUN,
    &crate::membership::NOUN,
    &crate::post::NOUN,
    &crate::chairmanship::NOUN,
    &crate::plan::NOUN,
    &crate::node::NOUN,
    &crate::crosswalk::NOUN,
    &crate::event::NOUN,
    &crate::vocabulary::NOUN,
    &crate::instrument::NOUN,
    &crate::recommendation::NOUN,
    &crate::addressee::NOUN,
    &crate::commitment::NOUN,
    &crate::schedule::NOUN,
    &crate::report::NOUN,
    &crate::assessment::NOUN,
    &crate::verdict::NOUN,
];

impl Noun {
    /// The noun of a record file's `kind`.
    pub(crate) fn of_kind(kind: &str) -> Option<&'static Self> {
        let kind = kind.replace('-', "_");
        ALL.into_iter().find(|noun| noun.kind == kind)
    }

    /// `PlanNode`.
    fn short(&self) -> &'static str {
        self.message.rsplit('.').next().unwrap_or(self.message)
    }

    /// `GetPlanNode`, `CreatePlanNode`, `UpdatePlanNode`.
    pub(crate) fn method(&self, verb: &str) -> Result<MethodDescriptor> {
        method(self.service, &format!("{verb}{}", self.short()))
    }

    pub(crate) fn descriptor(&self) -> Result<MessageDescriptor> {
        descriptor_pool()
            .get_message_by_name(self.message)
            .ok_or_else(|| Failure::other("UNKNOWN_MESSAGE", self.message))
    }

    /// Field of the last id in a create request: `plan_node_id`.
    pub(crate) fn id_field(&self) -> String {
        format!("{}_id", self.kind)
    }

    /// What its names begin with: `plan` for nodes, `dialogue` for events.
    pub(crate) fn parent_kind(&self) -> &'static str {
        self.pattern
            .rsplit('/')
            .nth(3)
            .unwrap_or("")
            .trim_end_matches('s')
    }

    /// Whether its names begin with the name of another record.
    pub(crate) fn has_parent(&self) -> bool {
        self.pattern.split('/').count() > 2
    }
}

/// The reflected twin of a generated message.
pub(crate) fn reflect<M: prost::Message + prost::Name>(message: &M) -> Result<DynamicMessage> {
    let kind = descriptor_pool()
        .get_message_by_name(&M::full_name())
        .ok_or_else(|| Failure::other("UNKNOWN_MESSAGE", M::full_name()))?;
    let mut reflected = DynamicMessage::new(kind);
    reflected
        .transcode_from(message)
        .map_err(|e| Failure::other("UNKNOWN_MESSAGE", e.to_string()))?;
    Ok(reflected)
}

/// Sets a field by name; the names are in this program's own protos.
pub(crate) fn set(message: &mut DynamicMessage, field: &str, value: Value) -> Result<()> {
    let kind = message.descriptor().full_name().to_owned();
    message
        .try_set_field_by_name(field, value)
        .map_err(|e| Failure::other("UNKNOWN_FIELD", format!("{kind}.{field}: {e}")))
}

/// An update mask; prost gives this one message no name to reflect it by.
pub(crate) fn mask(paths: impl IntoIterator<Item = String>) -> Result<Value> {
    let name = "google.protobuf.FieldMask";
    let kind = descriptor_pool()
        .get_message_by_name(name)
        .ok_or_else(|| Failure::other("UNKNOWN_MESSAGE", name))?;
    let mut mask = DynamicMessage::new(kind);
    set(
        &mut mask,
        "paths",
        Value::List(paths.into_iter().map(Value::String).collect()),
    )?;
    Ok(Value::Message(mask))
}

/// A text field by name; empty where there is none.
pub(crate) fn text(message: &DynamicMessage, field: &str) -> String {
    message
        .get_field_by_name(field)
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::{Look, at};

    #[test]
    fn each_noun_is_in_the_protos_as_stated() {
        for noun in ALL {
            let empty = DynamicMessage::new(noun.descriptor().unwrap());
            for column in noun.columns {
                at(&empty, column, Look::PLAIN).unwrap();
            }
            let get = noun.method("Get").unwrap().input();
            assert!(get.get_field_by_name("as_of").is_some(), "{}", noun.kind);
            let create = noun.method("Create").unwrap().input();
            for field in [
                noun.kind,
                &noun.id_field(),
                "request_id",
                "validate_only",
                "reason",
            ] {
                assert!(
                    create.get_field_by_name(field).is_some(),
                    "{}: {field}",
                    noun.kind
                );
            }
            assert_eq!(
                create.get_field_by_name("parent").is_some(),
                noun.has_parent()
            );
            let update = noun.method("Update").unwrap().input();
            for field in [
                noun.kind,
                "update_mask",
                "request_id",
                "validate_only",
                "reason",
            ] {
                assert!(
                    update.get_field_by_name(field).is_some(),
                    "{}: {field}",
                    noun.kind
                );
            }
        }
    }
}
