//! A row of an import as it is kept: what is shown of it, and what is to be done with each of its records.

use prost::Message;
use rapporteur_proto::gateway::v1::{ImportRow, ImportSummary, ImportVerdict};
use rapporteur_store::contract::LIMITS;

/// A row as it is kept.
#[derive(Clone, PartialEq, Message)]
pub struct KeptRow {
    /// The row as it is shown.
    #[prost(message, optional, tag = "1")]
    pub row: Option<ImportRow>,
    /// What is to be done with each of its records, in their order.
    #[prost(message, repeated, tag = "2")]
    pub steps: Vec<Step>,
}

/// What is to be done with a record.
#[derive(Clone, PartialEq, Message)]
pub struct Step {
    /// The full name of its message.
    #[prost(string, tag = "1")]
    pub message: String,
    /// What is to be done.
    #[prost(enumeration = "Act", tag = "2")]
    pub act: i32,
    /// The record as it is to be, or the request that does it.
    #[prost(bytes = "vec", tag = "3")]
    pub record: Vec<u8>,
    /// The etag that the change rests on; once it is written, the etag since then.
    #[prost(string, tag = "4")]
    pub etag: String,
    /// The record as it was.
    #[prost(bytes = "vec", tag = "5")]
    pub before: Vec<u8>,
    /// What became of it.
    #[prost(enumeration = "Done", tag = "6")]
    pub done: i32,
    /// Whether rows share the record.
    #[prost(bool, tag = "7")]
    pub shared: bool,
    /// The verb that moves it.
    #[prost(string, tag = "8")]
    pub verb: String,
}

/// What is to be done with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum Act {
    /// Nothing.
    Leave = 0,
    /// It is made.
    Create = 1,
    /// Fields of it are changed.
    Update = 2,
    /// An answer is entered in its ledger.
    Respond = 3,
    /// It is moved to another state by a verb.
    Move = 4,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum Done {
    /// Nothing yet.
    Not = 0,
    /// It is written.
    Written = 1,
    /// It was refused, or needed no writing in the end.
    Over = 2,
    /// It was written, and taken back.
    TakenBack = 3,
    /// It was written, and stays.
    Stays = 4,
}

impl KeptRow {
    /// The row as it is shown.
    pub fn shown(&self) -> ImportRow {
        self.row.clone().unwrap_or_default()
    }

    /// What became of the row, or would.
    pub fn verdict(&self) -> ImportVerdict {
        let row = self.row.as_ref();
        row.map_or(ImportVerdict::Unspecified, ImportRow::verdict)
    }

    /// Says of the row what follows from its records, unless it is refused for itself. A row is new when its first record
    /// is; records that rows share do not count where there are others.
    pub fn judge(&mut self) {
        let steps = &self.steps;
        let Some(row) = self.row.as_mut() else { return };
        let own = |at: &usize| steps.get(*at).is_some_and(|step| !step.shared);
        if let Some(refused) = row
            .records
            .iter()
            .find(|record| record.verdict() == ImportVerdict::Refused)
        {
            row.reason = format!("{}: {}", refused.name, refused.reason);
            row.set_verdict(ImportVerdict::Refused);
            return;
        }
        if row.verdict() == ImportVerdict::Refused {
            return;
        }
        let of = |at: usize| row.records[at].verdict();
        let first = (0..row.records.len()).find(own).unwrap_or(0);
        let changes = |at: usize| of(at) != ImportVerdict::Unchanged;
        let verdict = if row.records.is_empty() {
            ImportVerdict::Unchanged
        } else if of(first) == ImportVerdict::Created {
            ImportVerdict::Created
        } else if (0..row.records.len()).any(changes) {
            ImportVerdict::Updated
        } else {
            ImportVerdict::Unchanged
        };
        row.set_verdict(verdict);
    }

    /// The etag on which a step rests: the one since the step before it on the same record, when that is written.
    pub fn rests_on(&self, at: usize) -> &str {
        let written = |other: &usize| self.steps[*other].done() == Done::Written;
        let before = (0..at).rev().filter(|other| self.same(*other, at));
        let rests = before.into_iter().find(written).unwrap_or(at);
        &self.steps[rests].etag
    }

    /// The etag that the record of a step has since the last step of the row on it.
    pub fn since(&self, at: usize) -> &str {
        let touched = |other: &usize| {
            self.same(*other, at) && !matches!(self.steps[*other].done(), Done::Not | Done::Over)
        };
        let last = (at..self.steps.len()).rev().find(touched).unwrap_or(at);
        &self.steps[last].etag
    }

    fn same(&self, one: usize, other: usize) -> bool {
        let records = self.row.as_ref().map_or(&[][..], |row| &row.records);
        match (records.get(one), records.get(other)) {
            (Some(one), Some(other)) => one.name == other.name,
            _ => false,
        }
    }

    /// Whether it is not too large to be kept.
    pub fn fits(&self) -> bool {
        self.encoded_len() < LIMITS.value_bytes
    }
}

/// Counts a row.
pub fn count(summary: &mut ImportSummary, verdict: ImportVerdict) {
    let place = match verdict {
        ImportVerdict::Created => &mut summary.created,
        ImportVerdict::Updated => &mut summary.updated,
        ImportVerdict::Unchanged | ImportVerdict::Unspecified => &mut summary.unchanged,
        ImportVerdict::Refused => &mut summary.refused,
    };
    *place += 1;
}

#[cfg(test)]
mod tests {
    use rapporteur_proto::gateway::v1::ImportRecord;

    use super::*;

    fn row(records: &[(bool, ImportVerdict)]) -> KeptRow {
        let record = |(_, verdict): &(bool, ImportVerdict)| ImportRecord {
            verdict: (*verdict).into(),
            reason: "because".into(),
            ..ImportRecord::default()
        };
        let step = |(shared, _): &(bool, ImportVerdict)| Step {
            shared: *shared,
            ..Step::default()
        };
        let mut row = KeptRow {
            row: Some(ImportRow {
                records: records.iter().map(record).collect(),
                ..ImportRow::default()
            }),
            steps: records.iter().map(step).collect(),
        };
        row.judge();
        row
    }

    #[test]
    fn steps_on_one_record_rest_on_each_other() {
        let mut row = row(&[
            (false, ImportVerdict::Updated),
            (false, ImportVerdict::Updated),
        ]);
        for (at, etag) in ["1", "1"].into_iter().enumerate() {
            row.steps[at].etag = etag.to_owned();
        }
        assert_eq!(row.rests_on(1), "1");
        row.steps[0].etag = "2".into();
        row.steps[0].set_done(Done::Written);
        assert_eq!((row.rests_on(1), row.rests_on(0)), ("2", "2"));
        assert_eq!(row.since(0), "2", "the second is not written");
        row.steps[1].etag = "3".into();
        row.steps[1].set_done(Done::Written);
        assert_eq!((row.since(0), row.since(1)), ("3", "3"));
        row.row.as_mut().unwrap().records[1].name = "another".into();
        assert_eq!((row.since(0), row.rests_on(1)), ("2", "3"));
    }

    #[test]
    fn a_row_is_what_its_own_records_are() {
        use ImportVerdict::{Created, Refused, Unchanged, Updated};
        for (records, verdict) in [
            (
                &[(true, Created), (false, Created), (false, Created)][..],
                Created,
            ),
            (&[(true, Created), (false, Unchanged)], Updated),
            (
                &[(true, Unchanged), (false, Unchanged), (false, Created)],
                Updated,
            ),
            (&[(false, Updated), (false, Unchanged)], Updated),
            (&[(true, Unchanged), (false, Unchanged)], Unchanged),
            (&[(true, Created)], Created),
            (&[(false, Created), (false, Refused)], Refused),
            (&[], Unchanged),
        ] {
            assert_eq!(row(records).shown().verdict(), verdict, "{records:?}");
        }
    }
}
