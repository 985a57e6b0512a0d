//! Where an export comes from: the lists that everybody reads, with what narrows them.

use prost_reflect::{DynamicMessage, Kind, MethodDescriptor, Value};
use prost_types::Timestamp;
use rapporteur_proto::descriptor_pool;

use crate::connect::Connection;
use crate::error::{Failure, Result};
use crate::field::{self, How};
use crate::name;
use crate::noun::{Noun, reflect, set};
use crate::record::Walk;

/// What is read.
#[derive(Debug)]
pub(crate) struct Source<'c> {
    pub(crate) to: &'c Connection,
    /// Only of this dialogue.
    pub(crate) dialogue: Option<String>,
    /// As it stood then.
    pub(crate) as_of: Option<Timestamp>,
    /// `field=value` of the list's request.
    pub(crate) filters: Vec<String>,
    /// Whether events that another dialogue holds together with this one are left to that one.
    pub(crate) own_only: bool,
}

impl<'c> Source<'c> {
    /// The records of a kind that are asked for.
    pub(crate) fn walk(&self, noun: &Noun) -> Result<Walk<'c>> {
        let (method, mut request) = self.request(noun, self.dialogue.as_deref())?;
        if self.own_only && self.dialogue.is_some() && has(&request, "own_only") {
            set(&mut request, "own_only", Value::Bool(true))?;
        }
        for filter in &self.filters {
            let given = filter.split_once('=').map_or("", |(field, _)| field);
            if ["as_of", "page_size", "page_token"].contains(&given) {
                return Err(Failure::usage(format!(
                    "--where {given} is set by the tool"
                )));
            }
            field::change(&mut request, filter, How::Set)
                .map_err(|why| Failure::usage(format!("--where {why}")))?;
        }
        Ok(Walk::new(self.to, &method, request))
    }

    /// All records of a kind, whatever is asked for.
    pub(crate) fn all(&self, noun: &Noun) -> Result<Walk<'c>> {
        let (method, request) = self.request(noun, None)?;
        Ok(Walk::new(self.to, &method, request))
    }

    /// The records of a kind with one field of the list's request set.
    pub(crate) fn only(&self, noun: &Noun, field: &str, value: &str) -> Result<Walk<'c>> {
        let (method, mut request) = self.request(noun, None)?;
        set(&mut request, field, Value::String(value.to_owned()))?;
        Ok(Walk::new(self.to, &method, request))
    }

    /// Whether a record belongs to what is asked for, where the list itself cannot tell.
    pub(crate) fn holds(&self, noun: &Noun, name: &str) -> bool {
        match (&self.dialogue, noun.kind) {
            (Some(dialogue), "dialogue") => {
                name::expand(name::DIALOGUE, dialogue, None).is_ok_and(|full| full == name)
            }
            _ => true,
        }
    }

    fn request(
        &self,
        noun: &Noun,
        dialogue: Option<&str>,
    ) -> Result<(MethodDescriptor, DynamicMessage)> {
        let method = listing(noun)?;
        let mut request = DynamicMessage::new(method.input());
        if noun.has_parent() {
            set(
                &mut request,
                "parent",
                Value::String(parent(noun, dialogue)),
            )?;
        } else if let Some(dialogue) = dialogue
            && has(&request, "dialogue")
        {
            let dialogue = name::expand(name::DIALOGUE, dialogue, None)?;
            set(&mut request, "dialogue", Value::String(dialogue))?;
        }
        if let Some(moment) = self.as_of {
            set(&mut request, "as_of", Value::Message(reflect(&moment)?))?;
        }
        Ok((method, request))
    }
}

fn has(request: &DynamicMessage, field: &str) -> bool {
    request.get_field_by_name(field).is_some()
}

/// The list of a noun: the call of its service whose answer begins with records of that kind.
fn listing(noun: &Noun) -> Result<MethodDescriptor> {
    let gives = |method: &MethodDescriptor| {
        let first = method.output().get_field(1);
        first.is_some_and(|field| {
            field.is_list()
                && matches!(field.kind(), Kind::Message(kind) if kind.full_name() == noun.message)
        })
    };
    descriptor_pool()
        .get_service_by_name(noun.service)
        .and_then(|service| {
            let mut lists = service.methods().filter(|m| m.name().starts_with("List"));
            lists.find(gives)
        })
        .ok_or_else(|| Failure::other("UNKNOWN_METHOD", format!("{} has no list", noun.kind)))
}

/// Where a noun is listed: below any record, or any of one dialogue.
fn parent(noun: &Noun, dialogue: Option<&str>) -> String {
    let (above, _) = name::split(noun.pattern);
    let mut scope = dialogue.map(|name| name.strip_prefix("dialogues/").unwrap_or(name));
    let parts = above.split('/').map(|part| match part {
        "*" => scope.take().unwrap_or("-"),
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noun;

    #[test]
    fn each_noun_has_one_list_and_a_place_for_it() {
        for noun in noun::ALL {
            let list = listing(noun).unwrap();
            let request = DynamicMessage::new(list.input());
            assert!(has(&request, "as_of"), "{}", noun.kind);
            assert_eq!(has(&request, "parent"), noun.has_parent(), "{}", noun.kind);
        }
        assert_eq!(parent(&crate::event::NOUN, None), "dialogues/-");
        assert_eq!(
            parent(&crate::node::NOUN, Some("rabat")),
            "dialogues/rabat/plans/-"
        );
        assert_eq!(
            parent(&crate::addressee::NOUN, Some("dialogues/rabat")),
            "dialogues/rabat/recommendations/-"
        );
    }
}
