//! The inbox of a post: what is addressed to it, due, returned, or waits for its verification. It belongs to the
//! post, so whoever holds it next finds the same.

use rapporteur_proto::events::v1::PostDuty;
use rapporteur_proto::gateway::v1::{GetInboxRequest, Inbox, InboxReport, ItemFlag};
use rapporteur_proto::recommendations::v1::{
    CommitmentState, ProgressReport, ProgressReportState, Response,
};
use rapporteur_proto::r#type::v1::CivilDate;
use rapporteur_records::{Error, Result, Violations};

use crate::day::{Day, civil, later, recorded};
use crate::item::{Item, Survey};
use crate::model::Model;
use crate::selection::POST;
use crate::subject::{Subject, is_returned};

/// Dues are shown so many days ahead when nobody says how many.
const AHEAD_DAYS: i32 = 90;
/// And no more than so many.
const MOST_AHEAD_DAYS: i32 = 3_660;

/// A request whose form is right; whether its post exists the model says.
#[derive(Clone, Debug)]
pub struct InboxQuestion {
    /// On which day.
    pub day: Day,
    post: String,
    ahead: i32,
}

impl InboxQuestion {
    /// Reads a request; every wrong field is named.
    pub fn read(request: &GetInboxRequest, now: i64) -> Result<Self> {
        let mut wrong = Violations::default();
        let day = Day::read(&mut wrong, &request.on, request.as_of, now);
        wrong.required_name("post", &request.post, POST);
        let ahead = match request.ahead_days {
            0 => AHEAD_DAYS,
            days => days,
        };
        wrong.require(
            (1..=MOST_AHEAD_DAYS).contains(&ahead),
            "ahead_days",
            format_args!("{ahead} is not 0 to {MOST_AHEAD_DAYS}"),
        );
        wrong.done()?;
        Ok(Self {
            day,
            post: request.post.clone(),
            ahead,
        })
    }
}

/// What waits for a post. The positions are for the caller to fill in.
pub fn inbox(model: &Model, question: &InboxQuestion) -> Result<Inbox> {
    let (name, day) = (&question.post, &question.day);
    let post = model
        .posts
        .get(name)
        .ok_or_else(|| Error::NotFound { name: name.clone() })?;
    let through = later(day.on, question.ahead);
    let survey = Survey::through(model, day, through);
    let mut inbox = Inbox {
        post: name.clone(),
        party: post.party.clone(),
        holder: survey.posts.holder(name, day.on).to_owned(),
        on: day.on.to_string(),
        ..Inbox::default()
    };
    let own = Subject::all(model, day).filter(|one| survey.posts.answering(one) == name);
    for subject in own {
        let item = survey.item(subject);
        if item.has(ItemFlag::Open) {
            if awaits_answer(&item) {
                inbox.to_answer.push(item.message(&survey));
            }
            inbox.open.push(item.message(&survey));
        }
        let owed = survey.owed(&subject);
        let pressing = owed
            .iter()
            .filter(|owed| owed.met.is_none() && owed.due <= through);
        inbox
            .dues
            .extend(pressing.map(|owed| owed.message(&subject, name, day)));
    }
    inbox.to_answer.sort_by(|a, b| a.name.cmp(&b.name));
    inbox.open.sort_by(|a, b| a.name.cmp(&b.name));
    let day_of = |date: &Option<CivilDate>| date.as_ref().map(|date| date.value.clone());
    inbox
        .dues
        .sort_by_cached_key(|due| (day_of(&due.due), due.subject.clone(), due.schedule.clone()));
    let verifies = post.duty() == PostDuty::ValidatingAuthority;
    for report in model.reports.values() {
        let of_party = verifies && report.author_party == post.party && report.author_post != *name;
        if of_party && report.state() == ProgressReportState::Submitted {
            inbox.to_verify.push(waiting(&survey, report));
        }
        let author = match report.author_post.as_str() {
            "" => Subject::of(model, &report.subject, day)
                .map_or("", |subject| survey.posts.answering(&subject)),
            post => post,
        };
        if author == name {
            if is_returned(report) {
                inbox.returned.push(waiting(&survey, report));
            } else if report.state() == ProgressReportState::Draft {
                inbox.drafts.push(waiting(&survey, report));
            }
        }
    }
    Ok(inbox)
}

/// Nobody has answered yet, or has only said that it is being considered.
fn awaits_answer(item: &Item<'_>) -> bool {
    match &item.subject {
        Subject::Addressee(entry, _) => matches!(
            entry.response(),
            Response::Unspecified | Response::None | Response::UnderConsideration
        ),
        Subject::Commitment(one) => one.state() == CommitmentState::Proposed,
    }
}

/// A report as it waits: since its last move, for the reason given then.
fn waiting(survey: &Survey<'_>, report: &ProgressReport) -> InboxReport {
    let sent_back = |e: &&rapporteur_proto::recommendations::v1::ProgressReportEntry| {
        e.state() == ProgressReportState::Returned
    };
    let reason = report.entries.iter().rfind(sent_back);
    let moved = report.entries.last().and_then(|entry| entry.on.clone());
    let since = moved
        .or_else(|| report.submitted.clone())
        .or_else(|| recorded(report.create_time).map(civil));
    InboxReport {
        name: report.name.clone(),
        subject: report.subject.clone(),
        text: Subject::of(survey.model, &report.subject, survey.day)
            .and_then(|subject| subject.text().cloned()),
        since,
        reason: reason
            .filter(|_| is_returned(report))
            .map_or_else(String::new, |entry| entry.reason.clone()),
        claimed: report.claimed,
    }
}
