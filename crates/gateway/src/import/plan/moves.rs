//! Events that an outside calendar moves from state to state, by the verbs of their service; and those that vanished
//! from it.

use futures::{StreamExt as _, TryStreamExt as _};
use prost::Message as _;
use prost_reflect::DynamicMessage;
use rapporteur_exchange::map::Record;
use rapporteur_exchange::snapshot::{Change, What};
use rapporteur_proto::events::v1::EventState;
use rapporteur_proto::gateway::v1::{ImportRecord, ImportRow, ImportVerdict};
use rapporteur_server::status;
use tonic::Status;

use super::super::kinds::{Kind, text};
use super::super::onto::{in_words, is_fatal};
use super::super::outside::told;
use super::super::row::{Act, KeptRow, Step};
use super::findings::{Ask, Found};
use super::{AT_A_TIME, Planner};

const EVENT: &str = "rapporteur.events.v1.Event";

/// An event that is to be moved from the state in which it is.
pub(super) struct Moving {
    verb: &'static str,
    there: DynamicMessage,
}

impl Moving {
    /// By which verb a record gets to where a calendar says that it is now. A state of which the calendar says nothing new
    /// is that of the record: somebody here may have put the event off.
    pub(super) fn asked(change: &Change, record: &Record, ask: &Ask) -> Option<Self> {
        let Ask::Compare(there) = ask else {
            return None;
        };
        let says = change.what != What::Changed
            || change.fields.iter().any(|field| field.name == "status");
        if record.kind != "event" || !says {
            return None;
        }
        Some(Self {
            verb: verb(state(there), state(&record.message))?,
            there: (**there).clone(),
        })
    }
}

/// What a calendar says of an event beside what the event is: snapshots do not compare it, since many write the day of
/// the export into it.
const BESIDE: [&str; 2] = ["description", "links"];

/// An event that is as it was in the snapshot before is not written for what stands beside it.
pub(super) fn as_it_was(record: &Record, found: Found) -> Found {
    let beside = found
        .fields
        .iter()
        .all(|field| BESIDE.contains(&field.as_str()));
    if record.kind != "event" || found.verdict != ImportVerdict::Updated || !beside {
        return found;
    }
    let fields = found.fields.join(" and ");
    Found::unchanged(&format!("another {fields} alone is no change of an event"))
}

/// The verb that leads from one state to another, where a calendar may do that: it cancels, and says when something is
/// certain; drafts, and what was held, are not its business.
fn verb(there: EventState, stated: EventState) -> Option<&'static str> {
    use EventState as S;
    match (there, stated) {
        (S::Draft | S::Planned | S::Confirmed | S::Postponed, S::Cancelled) => Some("Cancel"),
        (S::Planned | S::Postponed, S::Confirmed) => Some("Confirm"),
        (S::Postponed, S::Planned) => Some("Plan"),
        _ => None,
    }
}

/// Whether an event in a state can be put off, or cancelled.
fn takes(state: EventState, verb: &str) -> bool {
    use EventState as S;
    match verb {
        "Postpone" => matches!(state, S::Planned | S::Confirmed),
        _ => matches!(state, S::Draft | S::Planned | S::Confirmed | S::Postponed),
    }
}

fn state(event: &DynamicMessage) -> EventState {
    let state = event.get_field_by_name("state");
    let state = state.and_then(|state| state.as_enum_number());
    let state = state.and_then(|state| EventState::try_from(state).ok());
    state.unwrap_or_default()
}

/// `postponed`.
fn word(state: EventState) -> String {
    let word = state.as_str_name().trim_start_matches("EVENT_STATE_");
    word.to_lowercase()
}

impl Planner {
    /// What would become of an event that is moved.
    pub(super) async fn moved(
        &self,
        name: &str,
        moving: Moving,
    ) -> Result<(ImportRecord, Step), Status> {
        let Moving { verb, there } = moving;
        let kind = Kind::of(EVENT).map_err(status)?;
        let etag = text(&there, "etag");
        let request = kind.act(verb, name, &etag).map_err(status)?;
        let mut record = ImportRecord {
            kind: "event".to_owned(),
            name: name.to_owned(),
            verdict: ImportVerdict::Updated.into(),
            fields: vec!["state".to_owned()],
            reason: format!("is {}: {}", word(state(&there)), verb.to_lowercase()),
            ..ImportRecord::default()
        };
        match self.propose(kind, verb, request, None).await {
            Ok(_) => {}
            Err(refused) if is_fatal(&refused) => return Err(refused),
            Err(refused) => {
                record.set_verdict(ImportVerdict::Refused);
                record.fields.clear();
                record.reason = in_words(&refused);
            }
        }
        let step = Step {
            message: EVENT.to_owned(),
            act: Act::Move.into(),
            verb: verb.to_owned(),
            before: there.encode_to_vec(),
            etag,
            ..Step::default()
        };
        Ok((record, step))
    }

    /// Rows for events that are not in the calendar any more: nothing but what was asked for becomes of them.
    pub(in super::super) async fn vanished(
        &self,
        changes: Vec<Change>,
    ) -> Result<Vec<KeptRow>, Status> {
        futures::stream::iter(changes)
            .map(|change| async move { self.vanished_row(&change).await })
            .buffered(AT_A_TIME)
            .try_collect()
            .await
    }

    async fn vanished_row(&self, change: &Change) -> Result<KeptRow, Status> {
        let mut row = ImportRow {
            place: "not in the file".to_owned(),
            key: change.key.clone(),
            change: told(change.what).into(),
            reason: words(change),
            ..ImportRow::default()
        };
        let mut steps = Vec::new();
        if !change.record.is_empty() {
            let kind = Kind::of(EVENT).map_err(status)?;
            match self.onto.get(kind, &change.record).await? {
                None => row.reason.push_str("; its record is not there for you"),
                Some(there) => {
                    let (record, step) = self.left_or_moved(change, there).await?;
                    row.records.push(record);
                    steps.push(step);
                }
            }
        }
        let mut kept = KeptRow {
            row: Some(row),
            steps,
        };
        kept.judge();
        Ok(kept)
    }

    async fn left_or_moved(
        &self,
        change: &Change,
        there: DynamicMessage,
    ) -> Result<(ImportRecord, Step), Status> {
        let now = state(&there);
        let verb = self
            .outside
            .as_ref()
            .and_then(|outside| outside.verb(change));
        if let Some(verb) = verb.filter(|verb| takes(now, verb)) {
            return self.moved(&change.record, Moving { verb, there }).await;
        }
        let record = ImportRecord {
            kind: "event".to_owned(),
            name: change.record.clone(),
            verdict: ImportVerdict::Unchanged.into(),
            reason: format!("is {}, and stays so", word(now)),
            ..ImportRecord::default()
        };
        let step = Step {
            message: EVENT.to_owned(),
            ..Step::default()
        };
        Ok((record, step))
    }
}

fn words(change: &Change) -> String {
    let day = change.begins.split('T').next().unwrap_or_default();
    let title = &change.title;
    match (change.what, day) {
        (What::VanishedFuture, day) => {
            format!("{title:?} is not in the calendar any more, and was to begin on {day}")
        }
        (_, "") => format!("{title:?} is not in the calendar any more"),
        (_, day) => format!("{title:?} is not in the calendar any more; it was on {day}"),
    }
}

/// The verb that takes a move back, where there is one: cancelling is final.
pub(in super::super) fn way_back(verb: &str, before: &DynamicMessage) -> Option<&'static str> {
    match (verb, state(before)) {
        ("Postpone", EventState::Planned) => Some("Plan"),
        ("Postpone", EventState::Confirmed) => Some("Confirm"),
        ("Plan" | "Confirm", EventState::Postponed) => Some("Postpone"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calendar_cancels_and_confirms_and_nothing_else() {
        use EventState as S;
        assert_eq!(verb(S::Confirmed, S::Cancelled), Some("Cancel"));
        assert_eq!(verb(S::Planned, S::Confirmed), Some("Confirm"));
        assert_eq!(verb(S::Postponed, S::Planned), Some("Plan"));
        for (there, stated) in [
            (S::Held, S::Cancelled),
            (S::Cancelled, S::Confirmed),
            (S::Confirmed, S::Confirmed),
            (S::Draft, S::Confirmed),
            (S::Confirmed, S::Planned),
        ] {
            assert_eq!(verb(there, stated), None, "{there:?} {stated:?}");
        }
        assert!(takes(S::Confirmed, "Postpone") && takes(S::Postponed, "Cancel"));
        assert!(!takes(S::Postponed, "Postpone") && !takes(S::Held, "Cancel"));
    }

    #[test]
    fn what_was_put_off_can_come_back_and_what_was_cancelled_cannot() {
        let event = |state: EventState| {
            let event = rapporteur_proto::events::v1::Event {
                state: state.into(),
                ..Default::default()
            };
            Kind::of(EVENT)
                .unwrap()
                .read(&event.encode_to_vec())
                .unwrap()
        };
        let back = |verb, before| way_back(verb, &event(before));
        assert_eq!(back("Postpone", EventState::Confirmed), Some("Confirm"));
        assert_eq!(back("Confirm", EventState::Postponed), Some("Postpone"));
        assert_eq!(back("Confirm", EventState::Planned), None);
        assert_eq!(back("Cancel", EventState::Confirmed), None);
    }
}
