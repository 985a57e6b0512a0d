//! Dues: when who has to report on what. They follow from schedules and from the days that addressees and
//! commitments name, and are stored nowhere. A due is a schedule, a subject and a day, so none is there twice.
//!
//! A due is met by the first report that was handed in on or after it opens and before the next one of its
//! schedule opens; a report that names a schedule and a due meets just that one. Where a schedule does not say
//! when a due opens, it is half the way from the one before: a report answers the nearest due, so that one that
//! comes late is late and not early for the next.

mod list;
mod timetable;

use jiff::civil::Date;
use rapporteur_proto::gateway::v1::Due;
use rapporteur_proto::recommendations::v1::{CommitmentState, Implementation, ProgressReport};

pub use self::list::{Dues, dues};
pub(crate) use self::timetable::Calendar;
use crate::day::{Day, civil, days_between, first, last};
use crate::subject::Subject;

/// A subject is due on a day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owed<'m> {
    /// The schedule; empty when the subject names the day itself.
    pub(crate) schedule: &'m str,
    pub(crate) cycle: &'m str,
    pub(crate) opens: Date,
    pub(crate) due: Date,
    /// The report that met it.
    pub(crate) report: Option<&'m ProgressReport>,
    /// The day on which it was met.
    pub(crate) met: Option<Date>,
}

impl<'m> Owed<'m> {
    /// Whether the day has passed without a report.
    pub(crate) fn is_missed(&self, on: Date) -> bool {
        self.met.is_none() && self.due < on
    }

    pub(crate) fn message(&self, subject: &Subject<'m>, post: &str, day: &Day) -> Due {
        let late = days_between(self.due, self.met.unwrap_or(day.on));
        Due {
            schedule: self.schedule.to_owned(),
            subject: subject.name().to_owned(),
            parties: subject.parties().to_vec(),
            post: post.to_owned(),
            opens: Some(civil(self.opens)),
            due: Some(civil(self.due)),
            report: self.report.map_or_else(String::new, |r| r.name.clone()),
            late_days: (late > 0).then_some(late),
            cycle: self.cycle.to_owned(),
        }
    }
}

/// What a subject owes, by day and schedule. `reports` are those handed in, oldest first. Of a subject that is no
/// longer open only what was met is left.
pub(crate) fn owed<'m>(
    calendar: &Calendar<'m>,
    subject: &Subject<'m>,
    since: Option<Date>,
    reports: &[&'m ProgressReport],
) -> Vec<Owed<'m>> {
    let mut all = Vec::new();
    for table in calendar.holding_for(subject) {
        let counting = |due: &Date| since.is_none_or(|since| *due >= since);
        for (place, slot) in table.slots.iter().enumerate() {
            if !counting(&slot.due) {
                continue;
            }
            let next = table.slots[place + 1..].iter().map(|next| next.opens);
            let before = next.into_iter().find(|opens| *opens > slot.opens);
            let report = meeting(reports, &table.schedule.name, slot.due, slot.opens, before);
            all.push(Owed {
                schedule: &table.schedule.name,
                cycle: slot.cycle,
                opens: slot.opens,
                due: slot.due,
                report,
                met: report.and_then(handed_in_on),
            });
        }
    }
    all.extend(own(subject, since, reports));
    let is_open = subject.is_open();
    all.retain(|owed| is_open || owed.met.is_some());
    all.sort_by_key(|owed| (owed.due, owed.schedule));
    all
}

/// The day that the subject names itself.
fn own<'m>(
    subject: &Subject<'m>,
    since: Option<Date>,
    reports: &[&'m ProgressReport],
) -> Option<Owed<'m>> {
    let year_before = |due: Date| {
        let before = due.saturating_sub(jiff::Span::new().years(1));
        since.map_or(before, |since| since.max(before)).min(due)
    };
    match subject {
        Subject::Addressee(entry, _) => {
            let due = last(entry.next_due.as_ref())?;
            let opens = year_before(due);
            let report = meeting(reports, "", due, opens, None);
            Some(Owed {
                schedule: "",
                cycle: "",
                opens,
                due,
                report,
                met: report.and_then(handed_in_on),
            })
        }
        // A commitment is due to be completed, not only to be reported on.
        Subject::Commitment(one) => {
            let due = last(one.due.as_ref())?;
            let done = |report: &&&ProgressReport| {
                [report.claimed(), report.verified()].contains(&Implementation::Implemented)
            };
            let report = reports.iter().find(done).copied();
            let is_done = matches!(
                one.state(),
                CommitmentState::Completed
                    | CommitmentState::VerifiedComplete
                    | CommitmentState::Closed
            );
            let completed = one
                .entries
                .iter()
                .rfind(|entry| entry.state() == CommitmentState::Completed)
                .and_then(|entry| first(entry.on.as_ref()));
            let met = is_done.then(|| {
                completed
                    .or_else(|| report.and_then(handed_in_on))
                    .unwrap_or(due)
            });
            let opens = since.map_or(due, |since| since.min(due));
            Some(Owed {
                schedule: "",
                cycle: "",
                opens,
                due,
                report: report.filter(|_| is_done),
                met,
            })
        }
    }
}

/// The day on which a report was handed in.
pub(crate) fn handed_in_on(report: &ProgressReport) -> Option<Date> {
    first(report.submitted.as_ref())
}

/// The first report that meets a due.
fn meeting<'m>(
    reports: &[&'m ProgressReport],
    schedule: &str,
    due: Date,
    opens: Date,
    before: Option<Date>,
) -> Option<&'m ProgressReport> {
    let meets = |report: &&&ProgressReport| {
        let Some(on) = handed_in_on(report) else {
            return false;
        };
        match first(report.due.as_ref()).filter(|_| !report.schedule.is_empty()) {
            Some(named) => named == due && report.schedule == schedule,
            None => {
                let of = report.schedule.is_empty() || report.schedule == schedule;
                of && on >= opens && before.is_none_or(|before| on < before)
            }
        }
    };
    reports.iter().find(meets).copied()
}

#[cfg(test)]
mod tests;
