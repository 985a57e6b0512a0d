//! What an address gives, as far as it is exported.

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use rapporteur_exchange::write::plural;
use rapporteur_records::{Error, Result};

use super::Binding;
use super::form::Form;

/// Records are those of the services; what the gateway keeps of its own is not part of the record.
const PACKAGES: [&str; 2] = ["rapporteur.events.v1.", "rapporteur.recommendations.v1."];
const INSTRUMENT: &str = "rapporteur.recommendations.v1.Instrument";

/// What an address gives.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    /// Records of one kind, as record files call it: `plan_node`.
    List {
        kind: String,
        message: MessageDescriptor,
    },
    /// An instrument, which has a text.
    Text,
}

impl What {
    /// What a binding gives; `None` where that is not exported.
    pub(super) fn of(binding: &Binding) -> Option<Self> {
        let call = &binding.call;
        if call.name().starts_with("Get") && call.output().full_name() == INSTRUMENT {
            return Some(Self::Text);
        }
        let message = match records(&call.output())?.kind() {
            Kind::Message(message) if call.name().starts_with("List") => message,
            _ => return None,
        };
        if !PACKAGES
            .iter()
            .any(|own| message.full_name().starts_with(own))
        {
            return None;
        }
        // Requests call a record as record files do.
        let create = format!("Create{}", message.name());
        let create = call
            .parent_service()
            .methods()
            .find(|method| method.name() == create)?;
        let field = create
            .input()
            .fields()
            .find(|field| field.kind().as_message() == Some(&message))?;
        Some(Self::List {
            kind: field.name().to_owned(),
            message,
        })
    }

    /// Whether it has a place in a format.
    pub(super) fn fits(&self, form: Form) -> Result<()> {
        match self {
            Self::Text if form == Form::AkomaNtoso => Ok(()),
            Self::Text => Err(Error::invalid(
                "format",
                "one instrument is exported as akoma-ntoso; ask its list for others",
            )),
            Self::List { .. } if form == Form::AkomaNtoso => Err(Error::invalid(
                "format",
                "akoma-ntoso holds one instrument; ask at its own address",
            )),
            Self::List { kind, .. } => match form.kinds() {
                Some(kinds) if !kinds.contains(&kind.as_str()) => {
                    let places: Vec<String> = kinds.iter().map(|kind| plural(kind)).collect();
                    let why = format!(
                        "{} have no place in {}; it holds {}",
                        plural(kind),
                        form.word(),
                        places.join(", ")
                    );
                    Err(Error::invalid("format", why))
                }
                _ => Ok(()),
            },
        }
    }
}

/// The field of an answer that holds the records of a list: its first.
pub(super) fn records(answer: &MessageDescriptor) -> Option<FieldDescriptor> {
    answer.get_field(1).filter(FieldDescriptor::is_list)
}

#[cfg(test)]
mod tests {
    use super::super::Bindings;
    use super::*;

    #[test]
    fn every_list_of_records_is_exported_and_nothing_else() {
        let bindings = Bindings::of(rapporteur_proto::descriptor_pool()).unwrap();
        let mut kinds: Vec<String> = Vec::new();
        for binding in bindings.all() {
            if let Some(What::List { kind, message }) = What::of(binding) {
                for field in ["page_size", "page_token"] {
                    assert!(
                        binding.call.input().get_field_by_name(field).is_some(),
                        "{kind}"
                    );
                }
                assert!(message.get_field_by_name("etag").is_some(), "{kind}");
                // The words of an export are no filters of a list.
                for word in ["format", "columns", "language"] {
                    assert!(
                        binding.call.input().get_field_by_name(word).is_none(),
                        "{kind}"
                    );
                }
                kinds.push(kind);
            }
        }
        kinds.sort();
        kinds.dedup();
        assert_eq!(kinds.len(), 19, "{kinds:?}");
        for kind in ["event", "party", "instrument", "plan_node", "addressee"] {
            assert!(kinds.iter().any(|own| own == kind), "{kind}: {kinds:?}");
        }
    }
}
