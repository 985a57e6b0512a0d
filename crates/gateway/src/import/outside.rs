//! A file that is the whole of one outside calendar: what happened to each of its events since the snapshot before.
//!
//! The snapshot that an import leaves (what is in the file, and what vanished, each with its record) is kept with its
//! rows. The next is compared with that of the last import of the calendar that was committed and not taken back.

use std::collections::HashMap;
use std::fs::File;

use jiff::Timestamp;
use rapporteur_exchange::read::Options;
use rapporteur_exchange::row::Row;
use rapporteur_exchange::snapshot::{Change, Snapshot, What, key};
use rapporteur_proto::gateway::v1::{
    Import, ImportCalendar, ImportChange, ImportState, ImportVanished, PreviewImportRequest,
};
use rapporteur_records::name::{check_id, id_of};
use rapporteur_records::{Error, Records, Result as Answer};
use rapporteur_server::status;
use tonic::Status;

use super::kept::Kept;
use super::noun;

/// Most events of a calendar: snapshots are compared in memory.
const EVENTS: u64 = 100_000;

/// Which calendar, and what is asked for those of its events that vanished.
#[derive(Clone, Debug)]
pub(super) struct Calendar {
    name: String,
    vanished: ImportVanished,
}

impl Calendar {
    /// Reads the first message.
    pub(super) fn asked(request: &PreviewImportRequest) -> Answer<Option<Self>> {
        let vanished = ImportVanished::try_from(request.vanished);
        let vanished = vanished.map_err(|_| Error::invalid("vanished", "is none that is known"))?;
        if request.calendar.is_empty() {
            if vanished != ImportVanished::Unspecified {
                let why = "is for snapshots of a calendar: say how that is called, in calendar";
                return Err(Error::invalid("vanished", why));
            }
            return Ok(None);
        }
        check_id(&request.calendar).map_err(|wrong| Error::invalid("calendar", wrong))?;
        Ok(Some(Self {
            name: request.calendar.clone(),
            vanished,
        }))
    }
}

/// A snapshot beside the one before it.
#[derive(Debug)]
pub(super) struct Outside {
    calendar: Calendar,
    /// The import with which it is compared.
    previous: String,
    before: Snapshot,
    newer: Snapshot,
    changes: HashMap<String, Change>,
    vanished: Vec<Change>,
    now: Timestamp,
}

impl Outside {
    /// Reads the file, and the snapshot before it.
    pub(super) async fn open(
        records: &Records,
        dialogue: &str,
        calendar: Calendar,
        file: &File,
        options: &Options,
    ) -> Result<Self, Status> {
        let previous = last(records, dialogue, &calendar.name).await;
        let previous = previous.map_err(status)?;
        let before = match &previous {
            Some(import) => {
                let kept = Kept::of(records.store(), id_of(&import.name));
                kept.snapshot().await.map_err(status)?
            }
            None => Snapshot::default(),
        };
        let now = Timestamp::from_microsecond(records.now_us());
        let now = now.map_err(|error| status(Error::Internal(error.to_string())))?;
        let mut options = options.clone();
        options.limits.rows = EVENTS;
        let file = file.try_clone();
        let file = file.map_err(|error| status(Error::Internal(error.to_string())))?;
        let compared = tokio::task::spawn_blocking(move || {
            let (newer, _, _) = Snapshot::read(file, &options)?;
            let diff = before.diff(&newer, now);
            Ok((before, newer, diff))
        })
        .await;
        let compared = compared.map_err(|error| status(Error::Internal(error.to_string())))?;
        let (before, newer, diff) =
            compared.map_err(|damage: rapporteur_exchange::row::Damage| {
                status(Error::invalid("data", damage.to_string()))
            })?;
        let (mut vanished, there): (Vec<Change>, Vec<Change>) = diff
            .changes
            .into_iter()
            .partition(|change| matches!(change.what, What::VanishedPast | What::VanishedFuture));
        if calendar.vanished > ImportVanished::Report {
            // Nobody may have said before what is to become of them.
            let earlier = before.missing(now).filter(|event| !newer.has(&event.key));
            vanished.extend(earlier);
        }
        Ok(Self {
            previous: previous.map(|import| import.name).unwrap_or_default(),
            changes: there
                .into_iter()
                .map(|change| (change.key.clone(), change))
                .collect(),
            calendar,
            before,
            newer,
            vanished,
            now,
        })
    }

    /// What happened to the event of a row; `None` when it is as it was.
    pub(super) fn change(&self, row: &Row) -> Option<&Change> {
        self.changes.get(&key(row))
    }

    /// Says which record is made of the event of a row.
    pub(super) fn recorded(&mut self, row: &Row, record: &str) {
        self.newer.recorded(&key(row), record);
    }

    /// The events that are not there any more.
    pub(super) fn vanished(&self) -> &[Change] {
        &self.vanished
    }

    /// The verb that is asked for an event that vanished.
    pub(super) fn verb(&self, change: &Change) -> Option<&'static str> {
        match self.calendar.vanished {
            _ if change.what != What::VanishedFuture => None,
            ImportVanished::Postpone => Some("Postpone"),
            ImportVanished::Cancel => Some("Cancel"),
            ImportVanished::Unspecified | ImportVanished::Report => None,
        }
    }

    /// What is told of the whole, and the snapshot to compare the next with.
    pub(super) fn finish(self) -> (ImportCalendar, Snapshot) {
        let Self { mut before, .. } = self;
        let diff = before.follow(self.newer, self.now);
        let count = |what| i64::try_from(diff.keys(what).count()).unwrap_or(i64::MAX);
        let told = ImportCalendar {
            name: self.calendar.name,
            previous: self.previous,
            added: count(What::Added),
            returned: count(What::Returned),
            changed: count(What::Changed),
            moved: count(What::Moved),
            cancelled: count(What::Cancelled),
            vanished_past: count(What::VanishedPast),
            vanished_future: count(What::VanishedFuture),
            unchanged: i64::try_from(diff.unchanged).unwrap_or(i64::MAX),
        };
        (told, before)
    }
}

/// The last import of a calendar; one that is half written, or half taken back, comes first.
async fn last(records: &Records, dialogue: &str, calendar: &str) -> Answer<Option<Import>> {
    let last = noun::last_of(records, dialogue, calendar).await?;
    if let Some(import) = &last
        && import.state() != ImportState::Committed
    {
        return Err(Error::Precondition {
            reason: "CALENDAR_HALF_DONE",
            subject: import.name.clone(),
            description: format!(
                "{} of the calendar {calendar} is {}: end that first",
                import.name,
                noun::word(import.state())
            ),
            legal: Vec::new(),
        });
    }
    Ok(last)
}

/// Refuses a snapshot that was compared with another one than the last.
pub(super) async fn check(records: &Records, import: &Import) -> Answer<()> {
    let Some(calendar) = &import.calendar else {
        return Ok(());
    };
    let last = last(records, &import.dialogue, &calendar.name).await?;
    let last = last.map(|import| import.name).unwrap_or_default();
    if last == calendar.previous {
        return Ok(());
    }
    Err(Error::Precondition {
        reason: "CALENDAR_MOVED_ON",
        subject: import.name.clone(),
        description: format!(
            "another snapshot of the calendar {} was imported, or taken back, since this preview: preview the file again",
            calendar.name
        ),
        legal: Vec::new(),
    })
}

/// As it is told.
pub(super) fn told(what: What) -> ImportChange {
    match what {
        What::Added => ImportChange::Added,
        What::Returned => ImportChange::Returned,
        What::Changed => ImportChange::Changed,
        What::Moved => ImportChange::Moved,
        What::Cancelled => ImportChange::Cancelled,
        What::VanishedPast => ImportChange::VanishedPast,
        What::VanishedFuture => ImportChange::VanishedFuture,
    }
}

/// Why an event is moved from state to state, for the change log.
pub(super) fn why(change: ImportChange, calendar: &str) -> String {
    match change {
        ImportChange::Cancelled => format!("cancelled in the calendar {calendar}"),
        ImportChange::Returned => format!("in the calendar {calendar} again"),
        ImportChange::VanishedFuture => format!("not in the calendar {calendar} any more"),
        _ => format!("as the calendar {calendar} says"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calendar_is_named_by_an_id_and_vanished_events_are_those_of_one() {
        let asked = |calendar: &str, vanished: i32| {
            Calendar::asked(&PreviewImportRequest {
                calendar: calendar.into(),
                vanished,
                ..PreviewImportRequest::default()
            })
        };
        assert!(asked("", 0).unwrap().is_none());
        assert_eq!(asked("council", 0).unwrap().unwrap().name, "council");
        let wrong = |calendar: &str, vanished| asked(calendar, vanished).unwrap_err().to_string();
        assert!(wrong("The Council", 0).contains("calendar:"));
        assert!(wrong("", ImportVanished::Cancel.into()).contains("vanished:"));
        assert!(wrong("council", 99).contains("vanished:"));
    }
}
