//! Lists of dues.

use jiff::civil::Date;
use rapporteur_proto::gateway::v1::{Due, ListDuesRequest};
use rapporteur_records::name::quoted;
use rapporteur_records::words::date::ordinal;
use rapporteur_records::{Error, Pattern, Result, Violations};

use super::Owed;
use crate::day::{Day, later};
use crate::item::Survey;
use crate::model::Model;
use crate::page::{Asked, Page, ordered, page};
use crate::period::Period;
use crate::selection::Selection;
use crate::subject::Subject;

/// Dues are counted so many days ahead when nobody says how many.
const AHEAD_DAYS: i32 = 365;
/// No list reaches further ahead: ten years of dues of every subject are enough for any plan.
const MOST_AHEAD_DAYS: i32 = 3_660;

const SHAPES: [Pattern; 3] = [
    Pattern("dialogues/*/schedules/*"),
    Pattern("dialogues/*/recommendations/*/addressees/*"),
    Pattern("dialogues/*/commitments/*"),
];

/// A list request whose form is right; whether its names exist the model says.
#[derive(Clone, Debug)]
pub struct Dues {
    /// On which day.
    pub day: Day,
    selection: Selection,
    name: String,
    period: Period,
    unmet: bool,
}

impl Dues {
    /// Reads a request; every wrong field is named.
    pub fn read(request: &ListDuesRequest, now: i64) -> Result<Self> {
        let mut wrong = Violations::default();
        let day = Day::read(&mut wrong, &request.on, request.as_of, now);
        let selection = Selection::read(
            &mut wrong,
            &request.dialogues,
            &request.parties,
            &request.posts,
            &request.themes,
            &request.plan_nodes,
        );
        let name = &request.name;
        if !name.is_empty() && !SHAPES.iter().any(|shape| shape.matches(name)) {
            let shapes = SHAPES.map(|shape| shape.0).join(", ");
            wrong.add(
                "name",
                format_args!("{} is not one of {shapes}", quoted(name)),
            );
        }
        let from = wrong.day("from", &request.from);
        let to = wrong.day("to", &request.to);
        let to = to.unwrap_or_else(|| later(day.on, AHEAD_DAYS).max(from.unwrap_or(day.on)));
        let furthest = later(day.on, MOST_AHEAD_DAYS);
        wrong.require(
            to <= furthest,
            "to",
            format_args!("{to} lies after {furthest}"),
        );
        if let Some(from) = from {
            wrong.require(
                from <= to,
                "to",
                format_args!("{to} lies before from, {from}"),
            );
        }
        wrong.done()?;
        Ok(Self {
            day,
            selection,
            name: name.clone(),
            period: Period { from, to: Some(to) },
            unmet: request.unmet,
        })
    }

    /// All dues of a dialogue from a day to a day.
    pub(crate) fn of_dialogue(day: Day, dialogue: &str, from: Date, to: Date) -> Self {
        Self {
            day,
            selection: Selection::of_dialogue(dialogue),
            name: String::new(),
            period: Period {
                from: Some(from),
                to: Some(to.min(later(day.on, MOST_AHEAD_DAYS))),
            },
            unmet: false,
        }
    }

    fn holds(&self, owed: &Owed<'_>) -> bool {
        let of_schedule = !SHAPES[0].matches(&self.name) || owed.schedule == self.name;
        of_schedule
            && self.period.holds(Some((owed.due, owed.due)))
            && !(self.unmet && owed.met.is_some())
    }
}

/// One page of the dues that were asked for.
pub fn dues(model: &Model, question: &Dues, asked: Asked<'_>) -> Result<Page<Due>> {
    let chosen = question.selection.in_model(model)?;
    let name = &question.name;
    let through = question.period.to.unwrap_or(question.day.on);
    let survey = Survey::through(model, &question.day, through);
    let mut all = Vec::new();
    if name.is_empty() || model.schedules.contains_key(name) {
        for subject in chosen.subjects(&survey) {
            all.extend(of_subject(&survey, question, subject));
        }
    } else if let Some(subject) = Subject::of(model, name, &question.day) {
        if chosen.holds(&survey, &subject) {
            all.extend(of_subject(&survey, question, subject));
        }
    } else {
        return Err(Error::NotFound { name: name.clone() });
    }
    Ok(page(all, asked, |(subject, owed)| {
        owed.message(subject, survey.posts.answering(subject), &question.day)
    }))
}

/// The dues of one subject, each under its key: day, subject, schedule.
fn of_subject<'m>(
    survey: &Survey<'m>,
    question: &Dues,
    subject: Subject<'m>,
) -> impl Iterator<Item = (Vec<u8>, (Subject<'m>, Owed<'m>))> {
    let mut owed = survey.owed(&subject);
    owed.retain(|owed| question.holds(owed));
    owed.into_iter()
        .map(move |owed| (due_key(&subject, &owed), (subject, owed)))
}

fn due_key(subject: &Subject<'_>, owed: &Owed<'_>) -> Vec<u8> {
    let parts: [&[u8]; 4] = [
        &ordered(ordinal(owed.due)),
        subject.name().as_bytes(),
        &[0],
        owed.schedule.as_bytes(),
    ];
    parts.concat()
}
