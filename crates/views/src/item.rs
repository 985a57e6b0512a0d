//! Items: everything that is derived of one addressee or one commitment on a day. Nothing of it is stored.
//!
//! A [`Survey`] is what all items of a question share: who answers for what, which schedules there are, which
//! commitments carry out which texts.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rapporteur_proto::gateway::v1::{ItemFlag, OpenItem};
use rapporteur_proto::recommendations::v1::{
    Commitment, CommitmentState, Implementation, ProgressReport, ProgressReportState,
};
use rapporteur_proto::r#type::v1::CivilDate;

use crate::day::{Day, civil};
use crate::due::{Calendar, Owed, handed_in_on, owed};
use crate::model::Model;
use crate::post::Posts;
use crate::standpoint::{Said, disputed, mean, standpoints, word};
use crate::subject::{Subject, is_handed_in, is_returned, speaks, stands};

/// All flags, in order.
pub const FLAGS: [ItemFlag; 10] = [
    ItemFlag::Open,
    ItemFlag::Overdue,
    ItemFlag::NoReport,
    ItemFlag::Unverified,
    ItemFlag::Disputed,
    ItemFlag::Stale,
    ItemFlag::Stalled,
    ItemFlag::Returned,
    ItemFlag::Orphaned,
    ItemFlag::Promised,
];

/// What is derived of an item, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flags(u16);

impl Flags {
    fn set(&mut self, flag: ItemFlag, is_so: bool) {
        if is_so {
            self.0 |= 1 << (flag as u16);
        }
    }

    pub(crate) fn has(self, flag: ItemFlag) -> bool {
        self.0 & (1 << (flag as u16)) != 0
    }
}

/// What all items of a question share.
#[derive(Debug)]
pub(crate) struct Survey<'m> {
    pub(crate) model: &'m Model,
    pub(crate) day: &'m Day,
    pub(crate) posts: Posts<'m>,
    calendar: Calendar<'m>,
    /// Recommendation or commitment -> the commitments that carry it out or match it, as far as they stand.
    carried_out: BTreeMap<&'m str, Vec<&'m Commitment>>,
}

impl<'m> Survey<'m> {
    pub(crate) fn of(model: &'m Model, day: &'m Day) -> Self {
        Self::through(model, day, day.on)
    }

    /// A survey with the dues up to another day than that of the question.
    pub(crate) fn through(model: &'m Model, day: &'m Day, through: Date) -> Self {
        let mut carried_out: BTreeMap<&str, Vec<&Commitment>> = BTreeMap::new();
        for one in model.commitments.values().filter(|one| stands(one)) {
            if Subject::Commitment(one).is_shown(day) {
                let matched = Some(&one.matches).filter(|name| !name.is_empty());
                for name in one.recommendations.iter().chain(matched) {
                    carried_out.entry(name).or_default().push(one);
                }
            }
        }
        Self {
            model,
            day,
            posts: Posts::of(model),
            calendar: Calendar::of(model, through),
            carried_out,
        }
    }

    /// The reports of a subject that may be seen, oldest first by the day on which they were handed in.
    pub(crate) fn reports(&self, subject: &Subject<'m>) -> Vec<&'m ProgressReport> {
        let names = self.model.referrers(subject.name());
        let mut reports: Vec<&ProgressReport> = names
            .filter_map(|name| self.model.reports.get(name))
            .filter(|report| self.day.shows(report.visibility(), report.embargo_until))
            .collect();
        reports.sort_by_key(|report| (handed_in_on(report), report.name.as_str()));
        reports
    }

    /// What a subject owes, with the reports that it rests on.
    pub(crate) fn owed(&self, subject: &Subject<'m>) -> Vec<Owed<'m>> {
        let mut reports = self.reports(subject);
        reports.retain(|report| is_handed_in(report));
        let since = subject.since(self.model).map(|(day, _)| day);
        owed(&self.calendar, subject, since, &reports)
    }

    /// Everything that is derived of one subject.
    pub(crate) fn item(&self, subject: Subject<'m>) -> Item<'m> {
        let day = self.day;
        let reports = self.reports(&subject);
        let handed_in: Vec<&ProgressReport> = reports
            .iter()
            .copied()
            .filter(|r| is_handed_in(r))
            .collect();
        let since = subject.since(self.model);
        let owed = owed(
            &self.calendar,
            &subject,
            since.map(|(day, _)| day),
            &handed_in,
        );
        let due = pressing(&owed, day.on);
        let last = handed_in.last().copied();
        let last_on = last.and_then(handed_in_on);
        let said = standpoints(self.model, &subject, &reports, day);
        let post = self.posts.answering(&subject);
        let holder = self.posts.holder(post, day.on);
        let commitments = self.commitments(&subject);
        let overdue_days = due.map(|due| day.since(due)).filter(|days| *days > 0);
        let is_open = subject.is_open();
        let is_in = |state| reports.iter().any(|report| report.state() == state);
        let stalled = subject.implementation() == Implementation::Stalled
            || matches!(subject, Subject::Commitment(one) if one.state() == CommitmentState::OnHold);
        let mut flags = Flags::default();
        flags.set(ItemFlag::Open, is_open);
        flags.set(ItemFlag::Overdue, is_open && overdue_days.is_some());
        flags.set(ItemFlag::NoReport, handed_in.is_empty());
        flags.set(ItemFlag::Unverified, is_in(ProgressReportState::Submitted));
        flags.set(ItemFlag::Disputed, disputed(&said));
        let is_stale = last_on.is_some_and(|on| day.since(on) > day.stale_after);
        flags.set(ItemFlag::Stale, is_stale);
        flags.set(ItemFlag::Stalled, stalled);
        // What was sent back is between its authors and those who sent it back.
        let returned = !day.public_only && reports.iter().any(|report| is_returned(report));
        flags.set(ItemFlag::Returned, returned);
        flags.set(ItemFlag::Orphaned, holder.is_empty());
        let taken_on = |one: &&Commitment| one.state() != CommitmentState::Proposed;
        flags.set(ItemFlag::Promised, commitments.iter().any(taken_on));
        Item {
            subject,
            post,
            holder,
            flags,
            last,
            due,
            overdue_days,
            silent_days: last_on
                .or(since.map(|(day, _)| day))
                .map(|on| day.since(on)),
            since,
            age_days: since.map(|(from, _)| day.since(from)),
            last_on,
            said,
            commitments,
        }
    }

    /// The commitments for a subject that stand: those of its party for its text, or those that match it.
    fn commitments(&self, subject: &Subject<'m>) -> Vec<&'m Commitment> {
        let (name, party) = match subject {
            Subject::Addressee(entry, _) => (subject.recommendation(), Some(&entry.party)),
            Subject::Commitment(one) => (one.name.as_str(), None),
        };
        let all = self.carried_out.get(name).into_iter().flatten().copied();
        let of = |one: &&Commitment| {
            party.is_none_or(|party| one.owners.contains(party) || one.partners.contains(party))
        };
        all.filter(of).collect()
    }
}

/// The due that presses: the earliest that nobody has met since the last one of its schedule that was met. A later
/// report answers for earlier silence.
fn pressing(owed: &[Owed<'_>], on: Date) -> Option<Date> {
    let answered = |early: &Owed<'_>| {
        early.is_missed(on)
            && owed.iter().any(|late| {
                late.schedule == early.schedule && late.due > early.due && late.met.is_some()
            })
    };
    owed.iter()
        .find(|one| one.met.is_none() && !answered(one))
        .map(|one| one.due)
}

/// An addressee or a commitment with what is derived of it.
#[derive(Clone, Debug)]
pub(crate) struct Item<'m> {
    pub(crate) subject: Subject<'m>,
    pub(crate) post: &'m str,
    pub(crate) holder: &'m str,
    pub(crate) flags: Flags,
    last: Option<&'m ProgressReport>,
    pub(crate) last_on: Option<Date>,
    pub(crate) due: Option<Date>,
    pub(crate) overdue_days: Option<i32>,
    pub(crate) silent_days: Option<i32>,
    pub(crate) age_days: Option<i32>,
    pub(crate) since: Option<(Date, Option<&'m CivilDate>)>,
    said: Vec<Said<'m>>,
    commitments: Vec<&'m Commitment>,
}

impl Item<'_> {
    pub(crate) fn has(&self, flag: ItemFlag) -> bool {
        self.flags.has(flag)
    }

    pub(crate) fn message(&self, survey: &Survey<'_>) -> OpenItem {
        let (subject, day) = (&self.subject, survey.day);
        let claimed = self
            .last
            .filter(|r| r.state() == ProgressReportState::Submitted && speaks(r, day));
        let mut message = OpenItem {
            name: subject.name().to_owned(),
            text: subject.text().cloned(),
            dialogue: subject.dialogue().to_owned(),
            recommendation: subject.recommendation().to_owned(),
            parties: subject.parties().to_vec(),
            post: self.post.to_owned(),
            holder: self.holder.to_owned(),
            implementation: subject.implementation().into(),
            claimed: claimed.map_or(0, |report| report.claimed),
            last_report: self.last.map_or_else(String::new, |r| r.name.clone()),
            last_report_on: self.last.and_then(|report| report.submitted.clone()),
            flags: FLAGS
                .into_iter()
                .filter(|flag| self.has(*flag))
                .map(Into::into)
                .collect(),
            due: self.due.map(civil),
            overdue_days: self.overdue_days,
            silent_days: self.silent_days,
            age_days: self.age_days,
            standpoints: self.said.iter().map(Said::standpoint).collect(),
            score: mean(&self.said),
            themes: subject.themes().to_vec(),
            plan_nodes: subject.nodes().into_iter().map(str::to_owned).collect(),
            commitments: self
                .commitments
                .iter()
                .map(|one| one.name.clone())
                .collect(),
            word: word(survey.model, subject, day).to_owned(),
            since: self
                .since
                .map(|(day, date)| date.cloned().unwrap_or_else(|| civil(day))),
            ..OpenItem::default()
        };
        match subject {
            Subject::Addressee(entry, text) => {
                message.response = entry.response;
                let number = text.map(|text| [&text.citation, &text.path]);
                let number = number.into_iter().flatten().find(|n| !n.is_empty());
                message.citation = number.cloned().unwrap_or_default();
            }
            Subject::Commitment(one) => message.commitment_state = one.state,
        }
        message
    }
}

#[cfg(test)]
mod tests;
