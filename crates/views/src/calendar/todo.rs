//! A report that is due as a VTODO.

use rapporteur_proto::gateway::v1::{Due, OpenItem};
use uuid::Uuid;

use super::line::Lines;
use super::words;
use crate::day::{first, last};

/// Identities of dues are made in this room of names; it must never change, or every reader sees them twice.
const ROOM: Uuid = Uuid::from_u128(0x7a0d_0a5e_6d5f_4c1c_9f6e_2b1c_50c1_d0e5);

/// A due, and what it is due for.
#[derive(Clone, Copy, Debug)]
pub struct Task<'r> {
    /// When a report is due.
    pub due: &'r Due,
    /// What it is to be about.
    pub item: &'r OpenItem,
}

impl Task<'_> {
    pub(super) fn write(&self, lines: &mut Lines, language: Option<&str>) {
        let Some(due) = last(self.due.due.as_ref()) else {
            return;
        };
        let opens = first(self.due.opens.as_ref()).filter(|opens| *opens < due);
        lines.plain("BEGIN", "VTODO");
        lines.plain("UID", &self.uid().to_string());
        // A due is counted, not written, so nobody knows when; it stands from the day on which it opens.
        let since = opens
            .unwrap_or(due)
            .to_datetime(jiff::civil::Time::midnight());
        let since = jiff::tz::Offset::UTC.to_timestamp(since);
        lines.moment("DTSTAMP", since.unwrap_or(jiff::Timestamp::UNIX_EPOCH));
        if let Some(opens) = opens {
            lines.day("DTSTART;VALUE=DATE", opens);
        }
        lines.day("DUE;VALUE=DATE", due);
        let (tag, text) = words(self.item.text.as_ref(), language).unwrap_or_default();
        let what = if self.item.citation.is_empty() {
            &self.due.subject
        } else {
            &self.item.citation
        };
        lines.text("SUMMARY", &format!("Report due: {what}"));
        lines.words("DESCRIPTION", (tag, text));
        let status = if self.due.report.is_empty() {
            "NEEDS-ACTION"
        } else {
            "COMPLETED"
        };
        lines.plain("STATUS", status);
        let themes = self.item.themes.iter().map(String::as_str);
        lines.texts("CATEGORIES", ["report"].into_iter().chain(themes));
        lines.text("COMMENT", &self.due.cycle);
        lines.text("X-RAPPORTEUR-NAME", &self.due.subject);
        lines.plain("END", "VTODO");
    }

    /// A due is its schedule, its subject and its day; the one day that a subject names itself may move and stays
    /// the same due.
    fn uid(&self) -> Uuid {
        let Due {
            schedule, subject, ..
        } = self.due;
        let day = self.due.due.as_ref().map_or("", |due| &due.value);
        let day = if schedule.is_empty() { "" } else { day };
        Uuid::new_v5(&ROOM, format!("{subject}\n{schedule}\n{day}").as_bytes())
    }
}
