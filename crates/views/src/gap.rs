//! Gaps: what the record lacks, and promises that nobody speaks of any more. Each names the record that lacks it.

mod kinds;
mod texts;

pub(crate) use self::kinds::is_followed;

use jiff::civil::Date;
use rapporteur_proto::gateway::v1::{Gap, GapCount, GapKind, ListGapsRequest};
use rapporteur_proto::r#type::v1::LocalizedText;
use rapporteur_records::{Pattern, Result, Violations};

use crate::day::Day;
use crate::item::Survey;
use crate::model::Model;
use crate::outline::count;
use crate::page::{Asked, Page, page};
use crate::scope::dialogue_of;
use crate::selection::{DIALOGUE, all_known};

const PLAN: Pattern = Pattern("dialogues/*/plans/*");
/// An event is without an outcome after so many days, when nobody says after how many.
const OUTCOME_AFTER_DAYS: i32 = 60;

/// A list request whose form is right; whether its names exist the model says.
#[derive(Clone, Debug)]
pub struct Gaps {
    /// On which day.
    pub day: Day,
    kinds: Vec<GapKind>,
    dialogues: Vec<String>,
    plan: String,
    outcome_after: i32,
}

impl Gaps {
    /// Reads a request; every wrong field is named.
    pub fn read(request: &ListGapsRequest, now: i64) -> Result<Self> {
        let mut wrong = Violations::default();
        let day = Day::read(&mut wrong, &request.on, request.as_of, now);
        wrong.choices::<GapKind>("kinds", &request.kinds);
        wrong.names("dialogues", &request.dialogues, DIALOGUE);
        wrong.name("plan", &request.plan, PLAN);
        let days = request.outcome_after_days;
        wrong.require(
            days >= 0,
            "outcome_after_days",
            format_args!("{days} is negative"),
        );
        wrong.done()?;
        Ok(Self {
            day,
            kinds: request.kinds().collect(),
            dialogues: request.dialogues.clone(),
            plan: request.plan.clone(),
            outcome_after: if days == 0 { OUTCOME_AFTER_DAYS } else { days },
        })
    }

    /// All gaps of a dialogue.
    pub(crate) fn of_dialogue(day: Day, dialogue: &str) -> Self {
        Self {
            day,
            kinds: Vec::new(),
            dialogues: vec![dialogue.to_owned()],
            plan: String::new(),
            outcome_after: OUTCOME_AFTER_DAYS,
        }
    }

    fn wants(&self, kind: GapKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    /// Whether records of a dialogue are looked at. A plan alone stands for its nodes, not for its dialogue.
    fn is_about(&self, name: &str) -> bool {
        let dialogue = dialogue_of(name);
        self.dialogues.is_empty() || self.dialogues.iter().any(|wanted| wanted == dialogue)
    }

    fn is_about_plan(&self, plan: &str) -> bool {
        if self.plan.is_empty() {
            self.is_about(plan)
        } else {
            self.plan == plan
        }
    }
}

/// One page of the gaps, and how many there are of each kind.
pub fn gaps(
    model: &Model,
    question: &Gaps,
    asked: Asked<'_>,
) -> Result<(Page<Gap>, Vec<GapCount>)> {
    let found = all_gaps(model, question)?;
    let counts = counts(&found);
    let keyed = found.into_iter().map(|gap| (key(&gap), gap)).collect();
    Ok((page(keyed, asked, Gap::clone), counts))
}

/// All gaps, by kind and name.
pub(crate) fn all_gaps(model: &Model, question: &Gaps) -> Result<Vec<Gap>> {
    all_known(&model.dialogues, &question.dialogues)?;
    if !question.plan.is_empty() {
        all_known(&model.plans, std::slice::from_ref(&question.plan))?;
    }
    let survey = Survey::of(model, &question.day);
    let mut search = Search {
        question,
        survey: &survey,
        found: Vec::new(),
    };
    search.plans();
    if question.plan.is_empty() {
        search.recommendations();
        search.items();
        search.events();
        search.texts();
    }
    let mut found = search.found;
    found.sort_by_cached_key(key);
    Ok(found)
}

fn counts(found: &[Gap]) -> Vec<GapCount> {
    let groups = found.chunk_by(|one, other| one.kind == other.kind);
    groups
        .map(|group| GapCount {
            kind: group[0].kind,
            count: count(group.len()),
        })
        .collect()
}

fn key(gap: &Gap) -> Vec<u8> {
    let kind = u8::try_from(gap.kind).unwrap_or(u8::MAX);
    let parts = [&gap.name, &gap.field, &gap.language].map(|part| part.as_bytes());
    [&[kind], parts.join(&0).as_slice()].concat()
}

/// Looks through the record.
struct Search<'q, 'm> {
    question: &'q Gaps,
    survey: &'q Survey<'m>,
    found: Vec<Gap>,
}

impl Search<'_, '_> {
    /// Notes a gap of a record, when its kind is wanted.
    fn add(&mut self, kind: GapKind, name: &str, text: Option<&LocalizedText>, detail: String) {
        self.add_since(kind, name, text, detail, None);
    }

    fn add_since(
        &mut self,
        kind: GapKind,
        name: &str,
        text: Option<&LocalizedText>,
        detail: String,
        since: Option<Date>,
    ) {
        if self.question.wants(kind) {
            self.found.push(Gap {
                kind: kind.into(),
                name: name.to_owned(),
                text: text.cloned(),
                detail,
                days: since.map(|day| self.survey.day.since(day)),
                dialogue: dialogue_of(name).to_owned(),
                ..Gap::default()
            });
        }
    }
}

#[cfg(test)]
mod tests;
