//! What happens to one line: created, updated, left as it is, or refused.

use std::collections::HashSet;

use prost_reflect::{DynamicMessage, Value};
use rapporteur_proto::bare::{ancestors, bare};
use tonic::{Code, Status};
use tonic_types::StatusExt;
use uuid::Uuid;

use super::line::{Content, Line, RESPOND};
use super::moves::{self, Verb};
use super::verdict::{Outcome, Verdict};
use crate::cell::Look;
use crate::connect::{Connection, method};
use crate::error::{self, Failure, Result};
use crate::name;
use crate::noun::{Noun, mask, set, text};
use crate::record::get;

/// Request ids of loaded lines are made of their content under this, so that a load that was cut off
/// can be repeated.
const LOADED: Uuid = Uuid::from_u128(0x5a1f_0c1d_6f6e_4d0b_9a53_7261_7070_6f72);

/// Takes lines over.
#[derive(Debug)]
pub(super) struct Loader {
    to: Connection,
    dry_run: bool,
    reason: String,
    /// Whether lines are taken over in the names of those who did what they say.
    as_recorded: bool,
}

/// What is there of a line afterwards, and a word about it.
type Done = (Outcome, String);

impl Loader {
    pub(super) fn new(to: Connection, dry_run: bool, reason: String) -> Self {
        Self {
            to,
            dry_run,
            reason,
            as_recorded: false,
        }
    }

    /// The same, each line in the name of whom it says; for the admin key.
    pub(super) fn in_names(mut self, as_recorded: bool) -> Self {
        self.as_recorded = as_recorded;
        self
    }

    /// Whom a line is taken over by.
    fn to(&self, content: &Content) -> Result<Connection> {
        if self.as_recorded && !content.by.is_empty() {
            self.to.clone().acting_as(Some(&content.by))
        } else {
            Ok(self.to.clone())
        }
    }

    /// `earlier` names what lines before bring into being: in a dry run it counts as there.
    ///
    /// A line is refused for what it says. That nobody answers, or that the caller may not write at all,
    /// says nothing about the line: it fails the load.
    pub(super) async fn apply(&self, line: &Line, earlier: &HashSet<String>) -> Result<Verdict> {
        let (name, done) = match &line.content {
            Ok(content) => (content.name.clone(), self.take(content, earlier).await),
            Err(why) => (
                String::new(),
                Err(Failure::other("UNREADABLE_LINE", why.clone())),
            ),
        };
        let (outcome, note) = match done {
            Ok(done) => done,
            Err(failure) if [4, 6].contains(&failure.exit_code()) => return Err(failure),
            Err(failure) => (Outcome::Refused, in_words(&failure)),
        };
        Ok(Verdict {
            file: line.file.clone(),
            line: line.number,
            kind: line.kind.clone(),
            name,
            outcome,
            note,
        })
    }

    async fn take(&self, content: &Content, earlier: &HashSet<String>) -> Result<Done> {
        let Some(noun) = content.noun else {
            if let Some(verb) = &content.verb {
                return self.act(verb, content, earlier).await;
            }
            if content.kind == RESPOND {
                return self.respond(content, earlier).await;
            }
            return self.address(content, earlier).await;
        };
        if self.dry_run && earlier.contains(&content.name) {
            // The second line about one record changes what the first will have made.
            return Ok((Outcome::Updated, "made by a line above".to_owned()));
        }
        match get(&self.to, noun, &content.name, None).await {
            // What completes it follows.
            Ok(_) if content.begins => Ok((Outcome::Unchanged, String::new())),
            Ok(there) => self.update(noun, content, &there, earlier).await,
            Err(Failure::Status(status)) if status.code() == Code::NotFound => {
                self.create(noun, content, earlier).await
            }
            Err(failure) => Err(failure),
        }
    }

    async fn create(
        &self,
        noun: &Noun,
        content: &Content,
        earlier: &HashSet<String>,
    ) -> Result<Done> {
        let method = noun.method("Create")?;
        let (parent, id) = name::split(&content.name);
        let mut request = DynamicMessage::new(method.input());
        if noun.has_parent() {
            set(&mut request, "parent", Value::String(parent.to_owned()))?;
        }
        set(&mut request, &noun.id_field(), Value::String(id.to_owned()))?;
        set(
            &mut request,
            noun.kind,
            Value::Message(content.record.clone()),
        )?;
        say_why(&mut request, content)?;
        self.fill(&mut request, &["create", &content.text], self.dry_run)?;
        match self.to(content)?.call(&method, &request).await {
            Err(Failure::Status(status)) if self.dry_run && waits_for(&status, earlier) => {
                Ok((Outcome::Created, "rests on lines above".to_owned()))
            }
            answer => answer.map(|_| (Outcome::Created, String::new())),
        }
    }

    async fn update(
        &self,
        noun: &Noun,
        content: &Content,
        there: &DynamicMessage,
        earlier: &HashSet<String>,
    ) -> Result<Done> {
        let note = state_note(there, &content.record);
        let stated = moves::as_moved(there, &content.record);
        if bare(there) == bare(&stated) {
            return Ok((Outcome::Unchanged, note));
        }
        let method = noun.method("Update")?;
        let etag = text(there, "etag");
        let mut record = stated;
        // Not to write over what somebody changed since it was read.
        set(&mut record, "etag", Value::String(etag.clone()))?;
        let mut request = DynamicMessage::new(method.input());
        set(&mut request, noun.kind, Value::Message(record))?;
        set(&mut request, "update_mask", mask(["*".to_owned()])?)?;
        // What the service makes of the line may be what is there: defaults, spelling, a state of its own.
        self.fill(&mut request, &[], true)?;
        match self.to.call(&method, &request).await {
            Ok(would_be) if bare(&would_be) == bare(there) => {
                return Ok((Outcome::Unchanged, note));
            }
            Ok(_) if self.dry_run => return Ok((Outcome::Updated, note)),
            Ok(_) => {}
            Err(Failure::Status(status)) if self.dry_run && waits_for(&status, earlier) => {
                return Ok((Outcome::Updated, "rests on lines above".to_owned()));
            }
            Err(failure) => return Err(failure),
        }
        say_why(&mut request, content)?;
        self.fill(&mut request, &["update", &etag, &content.text], false)?;
        self.to(content)?.call(&method, &request).await?;
        Ok((Outcome::Updated, note))
    }

    /// A verb, unless it was done already.
    async fn act(&self, verb: &Verb, content: &Content, earlier: &HashSet<String>) -> Result<Done> {
        match get(&self.to, verb.noun, &content.name, None).await {
            Ok(there) if verb.is_done(&there, &content.record, content.entry) => {
                return Ok((Outcome::Unchanged, String::new()));
            }
            Err(Failure::Status(status)) if self.dry_run && waits_for(&status, earlier) => {
                return Ok((Outcome::Updated, "rests on lines above".to_owned()));
            }
            answer => answer?,
        };
        if self.dry_run && earlier.contains(&content.name) {
            // The lines above move it too; whether this move may follow is not known before they are done.
            return Ok((Outcome::Updated, "rests on lines above".to_owned()));
        }
        let mut request = content.record.clone();
        say_why(&mut request, content)?;
        self.fill(&mut request, &["act", &content.text], self.dry_run)?;
        match self.to(content)?.call(&verb.method, &request).await {
            Err(Failure::Status(status)) if self.dry_run && waits_for(&status, earlier) => {
                Ok((Outcome::Updated, "rests on lines above".to_owned()))
            }
            answer => answer.map(|_| (Outcome::Updated, verb.name.to_lowercase())),
        }
    }

    async fn address(&self, content: &Content, earlier: &HashSet<String>) -> Result<Done> {
        let method = method(crate::addressee::NOUN.service, "AddressRecommendation")?;
        let mut request = content.record.clone();
        self.fill(&mut request, &[], true)?;
        let would_be = match self.to.call(&method, &request).await {
            Err(Failure::Status(status)) if self.dry_run && waits_for(&status, earlier) => {
                return Ok((Outcome::Created, "rests on lines above".to_owned()));
            }
            answer => answer?,
        };
        let made = names(&would_be);
        if made.is_empty() {
            return Ok((Outcome::Unchanged, String::new()));
        }
        let note = format!("{} addressees", made.len());
        if !self.dry_run {
            // Who is to be addressed is part of the id: a group that has grown since is a new request.
            self.fill(
                &mut request,
                &["address", &content.text, &made.join(" ")],
                false,
            )?;
            self.to.call(&method, &request).await?;
        }
        Ok((Outcome::Created, note))
    }

    async fn respond(&self, content: &Content, earlier: &HashSet<String>) -> Result<Done> {
        let noun = &crate::addressee::NOUN;
        match get(&self.to, noun, &content.name, None).await {
            Ok(there) if answered(&there, &content.record) => {
                return Ok((Outcome::Unchanged, String::new()));
            }
            Err(Failure::Status(status)) if self.dry_run && waits_for(&status, earlier) => {
                return Ok((Outcome::Created, "rests on lines above".to_owned()));
            }
            answer => answer?,
        };
        let mut request = content.record.clone();
        self.fill(&mut request, &["respond", &content.text], self.dry_run)?;
        self.to.call(&noun.method("Respond")?, &request).await?;
        Ok((Outcome::Created, "answered".to_owned()))
    }

    fn fill(&self, request: &mut DynamicMessage, of: &[&str], validate_only: bool) -> Result<()> {
        let id = if of.is_empty() {
            Uuid::new_v4()
        } else {
            Uuid::new_v5(&LOADED, of.join("\n").as_bytes())
        };
        set(request, "request_id", Value::String(id.to_string()))?;
        set(request, "validate_only", Value::Bool(validate_only))?;
        // The reason that a line gives of itself says more than that of the load.
        if text(request, "reason").is_empty() {
            set(request, "reason", Value::String(self.reason.clone()))
        } else {
            Ok(())
        }
    }
}

/// The reason that the line itself gives.
fn say_why(request: &mut DynamicMessage, content: &Content) -> Result<()> {
    if content.reason.is_empty() {
        return Ok(());
    }
    set(request, "reason", Value::String(content.reason.clone()))
}

/// Whether the addressee has given this answer already: the same words of the same day.
fn answered(there: &DynamicMessage, answer: &DynamicMessage) -> bool {
    let same = |entry: &DynamicMessage| {
        let day = |message: &DynamicMessage| crate::cell::at(message, "on", Look::PLAIN).ok();
        let number = |message: &DynamicMessage| {
            let response = message.get_field_by_name("response")?;
            response.as_enum_number()
        };
        text(entry, "word") == text(answer, "word")
            && day(entry) == day(answer)
            // Where only the word is given, the service finds out what it means.
            && (number(answer) == Some(0) || number(entry) == number(answer))
    };
    let entries = there.get_field_by_name("entries");
    let entries = entries.as_ref().and_then(|list| list.as_list());
    entries
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_message)
        .any(same)
}

/// The names of the addressees that would be made.
fn names(answer: &DynamicMessage) -> Vec<String> {
    let created = answer.get_field_by_name("created");
    let list = created
        .as_ref()
        .and_then(|list| list.as_list())
        .unwrap_or_default();
    list.iter()
        .filter_map(Value::as_message)
        .map(|addressee| text(addressee, "name"))
        .collect()
}

/// A record that has moved on since, or has not come so far: that is for its verbs.
fn state_note(there: &DynamicMessage, stated: &DynamicMessage) -> String {
    let word = |record: &DynamicMessage| {
        if stated.has_field_by_name("state") {
            crate::cell::at(record, "state", Look::PLAIN).ok()
        } else {
            None
        }
    };
    match (word(there), word(stated)) {
        (Some(there), Some(stated)) if there != stated => {
            format!("is {there}, the file says {stated}: its verbs move it")
        }
        _ => String::new(),
    }
}

/// Whether all that a refusal misses is made by earlier lines.
fn waits_for(status: &Status, earlier: &HashSet<String>) -> bool {
    let details = status.get_error_details();
    let Some(info) = details.error_info() else {
        return false;
    };
    let missing = match (status.code(), info.reason.as_str()) {
        (Code::FailedPrecondition, "UNKNOWN_REFERENCE") => info.metadata.get("name"),
        (Code::NotFound, _) => info.metadata.get("resource"),
        _ => None,
    };
    missing.is_some_and(|name| ancestors(name).any(|name| earlier.contains(name)))
}

fn in_words(failure: &Failure) -> String {
    match failure.status() {
        Some(status) => error::brief(status),
        None => failure.to_string().trim_start_matches("error: ").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noun;

    fn event(json: &str) -> DynamicMessage {
        let descriptor = noun::ALL
            .iter()
            .find(|n| n.kind == "event")
            .unwrap()
            .descriptor()
            .unwrap();
        DynamicMessage::deserialize(descriptor, &mut serde_json::Deserializer::from_str(json))
            .unwrap()
    }

    #[test]
    fn what_the_service_adds_makes_no_difference() {
        let there = event(
            r#"{"name":"dialogues/r/events/x","etag":"7","uid":"u","createTime":"2024-01-01T00:00:00Z","state":"EVENT_STATE_CLOSED",
                "start":{"value":"2024","precision":"DATE_PRECISION_YEAR"},"claims":[{"id":"a","periodStart":{"value":"2024","precision":"DATE_PRECISION_YEAR"}}]}"#,
        );
        let stated = event(
            r#"{"name":"dialogues/r/events/x","state":"EVENT_STATE_HELD","start":{"value":"2024"},"claims":[{"id":"a","periodStart":{"value":"2024"}}]}"#,
        );
        assert_eq!(bare(&there), bare(&stated));
        assert_eq!(
            state_note(&there, &stated),
            "is closed, the file says held: its verbs move it"
        );
        assert_ne!(bare(&there), bare(&event(r#"{"start":{"value":"2025"}}"#)));
    }

    #[test]
    fn the_same_answer_is_given_once() {
        let message = |name: &str, json: &str| {
            let kind = rapporteur_proto::descriptor_pool()
                .get_message_by_name(&format!("rapporteur.recommendations.v1.{name}"))
                .unwrap();
            DynamicMessage::deserialize(kind, &mut serde_json::Deserializer::from_str(json))
                .unwrap()
        };
        let there = message(
            "Addressee",
            r#"{"entries":[{"response":"RESPONSE_SUPPORTED","word":"accepted","on":{"value":"2024-11-01"}}]}"#,
        );
        let says = |json: &str| answered(&there, &message("RespondAddresseeRequest", json));
        let word = r#""word":"accepted","on":{"value":"2024-11-01"}"#;
        assert!(says(&format!("{{{word}}}")));
        assert!(says(&format!(
            r#"{{"response":"RESPONSE_SUPPORTED",{word}}}"#
        )));
        assert!(!says(&format!(r#"{{"response":"RESPONSE_NOTED",{word}}}"#)));
        assert!(!says(
            r#"{"response":"RESPONSE_SUPPORTED","word":"accepted"}"#
        ));
    }

    #[test]
    fn in_a_dry_run_earlier_lines_count_as_there() {
        let mut details = tonic_types::ErrorDetails::new();
        details.set_error_info(
            "UNKNOWN_REFERENCE",
            "rapporteur",
            [("name".into(), "dialogues/r/bodies/b".into())],
        );
        let status = Status::with_error_details(Code::FailedPrecondition, "x", details);
        assert!(waits_for(
            &status,
            &HashSet::from(["dialogues/r".to_owned()])
        ));
        assert!(!waits_for(
            &status,
            &HashSet::from(["dialogues/q".to_owned()])
        ));
        assert!(!waits_for(
            &Status::invalid_argument("x"),
            &HashSet::from(["dialogues/r".to_owned()])
        ));
    }
}
