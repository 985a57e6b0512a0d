//! One line of a record file.

use std::collections::HashSet;

use prost_reflect::DynamicMessage;
use rapporteur_proto::bare;
use serde::Deserialize;

use super::moves::Verb;
use crate::connect::method;
use crate::noun::{self, Noun};

/// The kind of a line that is no record but addresses a recommendation.
pub(super) const ADDRESS: &str = "address";

/// The kind of a line that is no record but an answer of an addressee.
pub(super) const RESPOND: &str = "respond";

/// A line, read or not.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) file: String,
    /// From 1.
    pub(super) number: usize,
    pub(super) kind: String,
    pub(super) content: Result<Content, String>,
}

/// What a line says.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) kind: String,
    /// `None` for an action.
    pub(super) noun: Option<&'static Noun>,
    /// Name of the record, or of what the action is done to.
    pub(super) name: String,
    pub(super) record: DynamicMessage,
    /// The line itself: what its request id is made of.
    pub(super) text: String,
    /// The verb of a line that moves a record.
    pub(super) verb: Option<Verb>,
    /// Why, where that is not part of the record.
    pub(super) reason: String,
    /// Who did so.
    pub(super) by: String,
    /// Place of the move in the ledger of its record.
    pub(super) entry: Option<usize>,
    /// That a later line completes the record: it is made, but nothing is taken from what is there.
    pub(super) begins: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw<'a> {
    #[serde(alias = "action")]
    kind: String,
    #[serde(borrow)]
    record: &'a serde_json::value::RawValue,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    by: String,
    entry: Option<usize>,
    #[serde(default)]
    begins: bool,
}

/// The lines of a file; empty ones are left out, but counted.
pub(super) fn read(file: &str, text: &str) -> Vec<Line> {
    let numbered = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    let read = |(at, line): (usize, &str)| {
        let raw = serde_json::from_str::<Raw<'_>>(line).map_err(|e| e.to_string());
        let kind = raw.as_ref().map(|raw| raw.kind.clone()).unwrap_or_default();
        let content = raw.and_then(|raw| content(line, &raw));
        Line {
            file: file.to_owned(),
            number: at + 1,
            kind,
            content,
        }
    };
    numbered.map(read).collect()
}

fn content(text: &str, raw: &Raw<'_>) -> Result<Content, String> {
    let noun = Noun::of_kind(&raw.kind);
    let verb = if noun.is_none() && raw.kind != RESPOND {
        Verb::of_kind(&raw.kind)
    } else {
        None
    };
    let descriptor = match (noun, &verb) {
        (Some(noun), _) => noun.descriptor().map_err(|e| e.to_string())?,
        (None, Some(verb)) => verb.method.input(),
        (None, None) if [ADDRESS, RESPOND].contains(&raw.kind.as_str()) => {
            let verb = if raw.kind == ADDRESS {
                "AddressRecommendation"
            } else {
                "RespondAddressee"
            };
            method(crate::addressee::NOUN.service, verb)
                .map_err(|e| e.to_string())?
                .input()
        }
        (None, None) => {
            let known: Vec<&str> = noun::ALL
                .iter()
                .map(|noun| noun.kind)
                .chain([ADDRESS, RESPOND])
                .collect();
            return Err(format!(
                "{} is not a kind; known are {}, and verbs of them such as retire_recommendation",
                raw.kind,
                known.join(", ")
            ));
        }
    };
    let mut json = serde_json::Deserializer::from_str(raw.record.get());
    let record = DynamicMessage::deserialize(descriptor, &mut json).map_err(|e| e.to_string())?;
    let named_by = if raw.kind == ADDRESS {
        "recommendation"
    } else {
        "name"
    };
    let name = noun::text(&record, named_by);
    match noun {
        Some(noun) if !has_shape(&name, noun.pattern) => {
            return Err(format!(
                "name: \"{name}\" does not look like {}",
                noun.pattern
            ));
        }
        _ if name.is_empty() => return Err(format!("{named_by}: is empty")),
        _ => {}
    }
    Ok(Content {
        kind: raw.kind.clone(),
        noun,
        name,
        record,
        text: text.trim().to_owned(),
        verb,
        reason: raw.reason.clone(),
        by: raw.by.clone(),
        entry: raw.entry,
        begins: raw.begins,
    })
}

fn has_shape(name: &str, pattern: &str) -> bool {
    let (name, pattern): (Vec<&str>, Vec<&str>) =
        (name.split('/').collect(), pattern.split('/').collect());
    name.len() == pattern.len()
        && name
            .iter()
            .zip(&pattern)
            .all(|(n, p)| if *p == "*" { !n.is_empty() } else { n == p })
}

impl Content {
    /// Whether the record is one of `names`, stands below one or refers to one.
    pub(super) fn speaks_of(&self, names: &HashSet<&str>) -> bool {
        bare::speaks_of(&self.record, names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_and_numbered() {
        let text = "\n{\"kind\":\"party\",\"record\":{\"name\":\"parties/pt\",\"kind\":\"PARTY_KIND_STATE\"}}\n\n{\"kind\":\"address\",\"record\":{\"recommendation\":\"dialogues/r/recommendations/x\"}}\n";
        let lines = read("f", text);
        assert_eq!(
            lines.iter().map(|line| line.number).collect::<Vec<_>>(),
            [2, 4]
        );
        assert_eq!(lines[0].content.as_ref().unwrap().name, "parties/pt");
        assert!(lines[1].content.as_ref().unwrap().noun.is_none());
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let wrong = |text: &str| {
            read("f", text)[0]
                .content
                .as_ref()
                .map(|_| ())
                .unwrap_err()
                .clone()
        };
        assert!(wrong("{").contains("EOF"));
        assert!(wrong(r#"{"kind":"king","record":{}}"#).contains("plan_node"));
        assert!(wrong(r#"{"kind":"party","record":{"nam":"x"}}"#).contains("nam"));
        assert!(wrong(r#"{"kind":"party","record":{"name":"pt"}}"#).contains("parties/*"));
        assert!(
            wrong(r#"{"kind":"party","record":{"name":"parties/pt"},"extra":1}"#).contains("extra")
        );
    }

    #[test]
    fn references_are_found_wherever_they_stand() {
        let names: HashSet<&str> = ["dialogues/r", "parties/pt"].into();
        let speaks = |record: &str| {
            let line = read("f", &format!(r#"{{"kind":"event","record":{record}}}"#)).remove(0);
            line.content.unwrap().speaks_of(&names)
        };
        assert!(speaks(r#"{"name":"dialogues/r/events/x"}"#));
        assert!(speaks(
            r#"{"name":"dialogues/q/events/x","bodies":["dialogues/r/bodies/b"]}"#
        ));
        assert!(speaks(
            r#"{"name":"dialogues/q/events/x","roles":[{"party":"parties/pt"}]}"#
        ));
        assert!(!speaks(
            r#"{"name":"dialogues/q/events/x","title":{"byLanguage":{"en":"parties/pt"}}}"#
        ));
    }
}
