//! The figures of a meeting: what was counted at a moment, what is counted now, and which records made the difference.

mod changes;

use std::collections::BTreeMap;

use rapporteur_proto::events::v1::PlanNodeKind;
use rapporteur_proto::gateway::v1::{Figure, Figures, GetFiguresRequest, ItemFlag};
use rapporteur_proto::recommendations::v1::{Implementation, ProgressReportState};
use rapporteur_records::{Error, Result, Violations};

use self::changes::changes;
use crate::coverage::Tally;
use crate::day::Day;
use crate::gap::is_followed;
use crate::handover::{events_of, was_adopted};
use crate::item::{FLAGS, Survey};
use crate::links::is_held;
use crate::model::{Model, below};
use crate::scope::Scope;
use crate::selection::{DIALOGUE, Selection};
use crate::subject::{Subject, is_handed_in, is_promised};

/// Most changes in an answer; how many there are is said in any case.
const MOST_CHANGES: usize = 1_000;

/// A request whose form is right; whether its dialogue exists the model of now says.
#[derive(Clone, Debug)]
pub struct FiguresQuestion {
    /// The day of then.
    pub then: Day,
    /// Today.
    pub now: Day,
    dialogue: String,
}

impl FiguresQuestion {
    /// Reads a request; every wrong field is named.
    pub fn read(request: &GetFiguresRequest, now: i64) -> Result<Self> {
        let mut wrong = Violations::default();
        wrong.required_name("dialogue", &request.dialogue, DIALOGUE);
        wrong.require(request.as_of.is_some(), "as_of", "is required");
        let then = Day::read(&mut wrong, &request.on, request.as_of, now);
        let today = Day::read(&mut wrong, "", None, now);
        wrong.done()?;
        Ok(Self {
            then,
            now: today,
            dialogue: request.dialogue.clone(),
        })
    }
}

/// The figures of then and now. The moment and the positions are for the caller to fill in.
pub fn figures(then: &Model, now: &Model, question: &FiguresQuestion) -> Result<Figures> {
    let dialogue = &question.dialogue;
    if !now.dialogues.contains_key(dialogue) {
        return Err(Error::NotFound {
            name: dialogue.clone(),
        });
    }
    let before = counted(then, dialogue, &question.then);
    let after = counted(now, dialogue, &question.now);
    // A plan that was recorded since had nothing counted then.
    let mut keys: Vec<_> = before.keys().chain(after.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let figure = |key: &&(usize, String, String)| {
        let (then, now) = (before.get(*key), after.get(*key));
        Figure {
            measure: key.2.clone(),
            plan: key.1.clone(),
            then: then.map_or(0, |one| one.number),
            then_total: then.and_then(|one| one.total),
            now: now.map_or(0, |one| one.number),
            now_total: now.and_then(|one| one.total),
        }
    };
    let mut changed = changes(then, now, dialogue);
    let number = crate::outline::count(changed.len());
    changed.truncate(MOST_CHANGES);
    Ok(Figures {
        dialogue: dialogue.clone(),
        figures: keys.iter().map(figure).collect(),
        changes: changed,
        changed: number,
        ..Figures::default()
    })
}

/// n, perhaps of m.
#[derive(Clone, Copy, Debug)]
struct Number {
    number: i64,
    total: Option<i64>,
}

/// Place, plan, measure -> figure. Figures of the dialogue come in the order of its life, then those of plans.
type Counted = BTreeMap<(usize, String, String), Number>;

fn counted(model: &Model, dialogue: &str, day: &Day) -> Counted {
    let mut all = Counted::new();
    let mut add = |plan: &str, measure: String, number: usize, total: Option<usize>| {
        let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        // Places keep the order in which figures are told; a plan's levels go by its outline.
        let place = MEASURES.iter().position(|m| *m == measure);
        let place = place.unwrap_or(MEASURES.len());
        let figure = Number {
            number: whole(number),
            total: total.map(whole),
        };
        all.insert((place, plan.to_owned(), measure), figure);
    };
    let held = events_of(model, dialogue).filter(|event| is_held(event));
    add("", "events_held".into(), held.count(), None);
    let texts = below(
        &model.recommendations,
        format!("{dialogue}/recommendations/"),
    );
    let adopted = texts.filter(|(_, text)| was_adopted(text)).count();
    add("", "recommendations_adopted".into(), adopted, None);
    let reports: Vec<_> = below(&model.reports, format!("{dialogue}/reports/"))
        .map(|(_, report)| report)
        .collect();
    let handed_in = reports.iter().filter(|report| is_handed_in(report)).count();
    add("", "reports_handed_in".into(), handed_in, None);
    let verified = reports
        .iter()
        .filter(|r| is_handed_in(r) && r.state() != ProgressReportState::Submitted);
    add(
        "",
        "reports_verified".into(),
        verified.count(),
        Some(handed_in),
    );

    let selection = Selection::of_dialogue(dialogue);
    let survey = Survey::of(model, day);
    // A dialogue that was not there yet had no items.
    let items: Vec<_> = selection
        .in_model(model)
        .map(|chosen| chosen.items(&survey).collect())
        .unwrap_or_default();
    let addressees: Vec<_> = items
        .iter()
        .filter(|item| matches!(item.subject, Subject::Addressee(..)))
        .collect();
    let total = addressees.len();
    add("", "addressees".into(), total, None);
    let done = |item: &&&crate::item::Item<'_>| {
        item.subject.implementation() == Implementation::Implemented
    };
    let implemented = addressees.iter().filter(done).count();
    add("", "implemented".into(), implemented, Some(total));
    let commitments = items.len() - total;
    add("", "commitments".into(), commitments, None);
    let promised = items
        .iter()
        .filter(|item| matches!(item.subject, Subject::Commitment(one) if is_promised(one)));
    add(
        "",
        "commitments_in_force".into(),
        promised.count(),
        Some(commitments),
    );
    for (flag, measure) in FLAGS.into_iter().zip(&MEASURES[FLAGGED..]) {
        let number = items
            .iter()
            .filter(|item| item.has(flag) && (item.has(ItemFlag::Open) || flag == ItemFlag::Open));
        add("", (*measure).into(), number.count(), Some(items.len()));
    }

    for (name, plan) in below(&model.plans, format!("{dialogue}/plans/")) {
        if is_followed(plan) {
            let scope = Scope::default();
            let tally = Tally::of(model, plan, &scope);
            for level in tally.figures(&tally.outline, &scope, |_| true).levels {
                let whole = |number: i32| usize::try_from(number).unwrap_or(0);
                let measure = format!("{}_addressed", plural(level.kind()));
                add(
                    name,
                    measure,
                    whole(level.addressed),
                    Some(whole(level.total)),
                );
            }
        }
    }
    all
}

/// Figures of a dialogue in the order in which they are told. From [`FLAGGED`] on they are open items by flag.
const MEASURES: [&str; 18] = [
    "events_held",
    "recommendations_adopted",
    "addressees",
    "implemented",
    "commitments",
    "commitments_in_force",
    "reports_handed_in",
    "reports_verified",
    "open",
    "overdue",
    "no_report",
    "unverified",
    "disputed",
    "stale",
    "stalled",
    "returned",
    "orphaned",
    "promised",
];
const FLAGGED: usize = 8;

/// A kind of node as the measures of claims spell it.
fn plural(kind: PlanNodeKind) -> &'static str {
    match kind {
        PlanNodeKind::Unspecified => "nodes",
        PlanNodeKind::Area => "areas",
        PlanNodeKind::Domain => "domains",
        PlanNodeKind::Priority => "priorities",
        PlanNodeKind::Goal => "goals",
        PlanNodeKind::Objective => "objectives",
        PlanNodeKind::Target => "targets",
        PlanNodeKind::Action => "actions",
        PlanNodeKind::Indicator => "indicators",
    }
}

#[cfg(test)]
mod tests;
