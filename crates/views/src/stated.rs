//! Stated against counted: what sources claim of a plan's coverage, beside what is counted here.
//!
//! Both are shown and neither is corrected. A claim is compared with a count made for its own period,
//! over all dialogues, since that is what it speaks of; what cannot be counted stays uncounted.

use std::collections::BTreeMap;

use rapporteur_proto::events::v1::{Plan, PlanNodeKind};
use rapporteur_proto::gateway::v1::{CoverageLevel, StatedAgainstCounted};
use rapporteur_proto::r#type::v1::{CivilDate, Claim, Qualifier};

use crate::coverage::Tally;
use crate::model::Model;
use crate::period::{Period, period};
use crate::scope::Scope;

/// Every claim about `plan` whose period has a day in common with the one asked for.
pub(crate) fn stated(model: &Model, plan: &Plan, asked: &Period) -> Vec<StatedAgainstCounted> {
    let mut counts: BTreeMap<Period, Vec<CoverageLevel>> = BTreeMap::new();
    let mut found = Vec::new();
    for name in model.referrers(&plan.name) {
        for claim in claims(model, name)
            .into_iter()
            .flatten()
            .filter(|claim| claim.plan == plan.name)
        {
            let own = own_period(claim);
            if own.is_some_and(|own| !own.meets(asked)) {
                continue;
            }
            let level = own.zip(kind(&claim.measure)).and_then(|(own, kind)| {
                let levels = counts
                    .entry(own)
                    .or_insert_with(|| levels(model, plan, own));
                levels.iter().find(|level| level.kind() == kind)
            });
            found.push(compared(name, claim, level));
        }
    }
    found
}

fn levels(model: &Model, plan: &Plan, days: Period) -> Vec<CoverageLevel> {
    let scope = Scope::of(days);
    let tally = Tally::of(model, plan, &scope);
    tally.figures(&tally.outline, &scope, |_| true).levels
}

fn claims<'m>(model: &'m Model, name: &str) -> Vec<&'m [Claim]> {
    let one = |claims: &'m Vec<Claim>| vec![claims.as_slice()];
    if let Some(dialogue) = model.dialogues.get(name) {
        return dialogue
            .bodies
            .iter()
            .map(|body| body.claims.as_slice())
            .collect();
    }
    model
        .events
        .get(name)
        .map(|event| one(&event.claims))
        .or_else(|| model.instruments.get(name).map(|text| one(&text.claims)))
        .or_else(|| model.plans.get(name).map(|plan| one(&plan.claims)))
        .or_else(|| model.chairmanships.get(name).map(|term| one(&term.claims)))
        .unwrap_or_default()
}

/// The days that a claim speaks of: all when it names none, `None` when it names some that are not known.
fn own_period(claim: &Claim) -> Option<Period> {
    let unknown = |date: &Option<CivilDate>| date.as_ref().is_some_and(|d| d.value.is_empty());
    if unknown(&claim.period_start) || unknown(&claim.period_end) {
        return None;
    }
    // "in 2023" may be given as its start alone.
    let end = claim.period_end.as_ref().or(claim.period_start.as_ref());
    Some(period(claim.period_start.as_ref(), end))
}

/// The level that a measure such as `objectives_addressed` speaks of.
fn kind(measure: &str) -> Option<PlanNodeKind> {
    Some(match measure.strip_suffix("_addressed")? {
        "areas" => PlanNodeKind::Area,
        "domains" => PlanNodeKind::Domain,
        "priorities" => PlanNodeKind::Priority,
        "goals" => PlanNodeKind::Goal,
        "objectives" => PlanNodeKind::Objective,
        "targets" => PlanNodeKind::Target,
        "actions" => PlanNodeKind::Action,
        "indicators" => PlanNodeKind::Indicator,
        _ => return None,
    })
}

fn compared(name: &str, claim: &Claim, level: Option<&CoverageLevel>) -> StatedAgainstCounted {
    let counted = level.map(|level| i64::from(level.addressed));
    let counted_total = level.map(|level| i64::from(level.total));
    let same_total = claim.total.is_none_or(|total| counted_total == Some(total));
    let agrees = claim
        .value
        .zip(counted)
        .and_then(|(stated, counted)| match claim.qualifier() {
            Qualifier::Unspecified | Qualifier::Exact => Some(stated == counted && same_total),
            Qualifier::AtLeast => Some(counted >= stated && same_total),
            // What is about right, or was expected beforehand, neither agrees nor disagrees.
            Qualifier::About | Qualifier::Expected => None,
        });
    StatedAgainstCounted {
        name: name.to_owned(),
        claim: Some(claim.clone()),
        counted,
        counted_total,
        agrees,
    }
}

#[cfg(test)]
mod tests {
    use rapporteur_proto::r#type::v1::PlanLinkKind;

    use super::*;
    use crate::sample::{self, PLAN, Put as _, date, event, link};

    fn claim(measure: &str, value: i64, total: i64, year: &str) -> Claim {
        Claim {
            id: measure.into(),
            measure: measure.into(),
            value: Some(value),
            total: Some(total),
            plan: PLAN.into(),
            period_start: date(year),
            ..Claim::default()
        }
    }

    fn model(claims: Vec<Claim>) -> Model {
        let mut model = sample::plan();
        let mut held = event("rabat", "held", "2023-04-25");
        held.plan_links = vec![
            link("1.1", PlanLinkKind::Addressed),
            link("5b", PlanLinkKind::Addressed),
        ];
        model.put(held);
        let mut som = event("rabat", "som", "2024-02-01");
        som.claims = claims;
        model.put(som);
        model
    }

    /// Measure, counted, counted total, agrees.
    type Figures = (String, Option<i64>, Option<i64>, Option<bool>);

    fn figures(model: &Model, asked: &Period) -> Vec<Figures> {
        let all = stated(model, &model.plans[PLAN], asked);
        all.into_iter()
            .map(|s| {
                (
                    s.claim.unwrap().measure,
                    s.counted,
                    s.counted_total,
                    s.agrees,
                )
            })
            .collect()
    }

    #[test]
    fn both_figures_are_shown() {
        let model = model(vec![
            claim("areas_addressed", 2, 2, "2023"),
            claim("objectives_addressed", 2, 10, "2023"),
            claim("actions_addressed", 11, 29, "2023"),
            claim("participants", 115, 115, "2023"),
        ]);
        let expected = [
            ("areas_addressed".to_owned(), Some(2), Some(2), Some(true)),
            (
                "objectives_addressed".to_owned(),
                Some(2),
                Some(3),
                Some(false),
            ),
            (
                "actions_addressed".to_owned(),
                Some(1),
                Some(29),
                Some(false),
            ),
            ("participants".to_owned(), None, None, None),
        ];
        assert_eq!(figures(&model, &Period::default()), expected);
    }

    #[test]
    fn a_claim_is_held_against_its_own_period() {
        let model = model(vec![claim("areas_addressed", 0, 2, "2022")]);
        assert_eq!(figures(&model, &Period::default())[0].1, Some(0));
        let asked = period(date("2023").as_ref(), None);
        assert!(
            figures(&model, &asked).is_empty(),
            "it speaks of another year"
        );
    }

    #[test]
    fn what_cannot_be_said_is_not_said() {
        let mut vague = claim("areas_addressed", 2, 2, "2023");
        vague.qualifier = Qualifier::About.into();
        let mut dateless = claim("areas_addressed", 2, 2, "");
        dateless.period_start = Some(CivilDate {
            as_written: "recently".into(),
            ..CivilDate::default()
        });
        let mut least = claim("areas_addressed", 1, 2, "2023");
        least.qualifier = Qualifier::AtLeast.into();
        let mut mute = claim("areas_addressed", 1, 2, "2023");
        mute.value = None;
        let seen = figures(
            &model(vec![vague, dateless, least, mute]),
            &Period::default(),
        );
        let agrees: Vec<_> = seen.iter().map(|s| (s.1, s.3)).collect();
        assert_eq!(
            agrees,
            [
                (Some(2), None),
                (None, None),
                (Some(2), Some(true)),
                (Some(2), None)
            ]
        );
    }
}
