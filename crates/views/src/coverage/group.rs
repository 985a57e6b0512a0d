//! Coverage counted anew for each chairmanship, year or dialogue. A group is the same question asked with a narrower
//! scope: what it covers is found among what covers the whole.

use std::collections::BTreeSet;

use jiff::civil::Date;
use rapporteur_proto::events::v1::{Chairmanship, Plan};
use rapporteur_proto::gateway::v1::{CoverageGroup, CoverageGrouping};
use rapporteur_proto::r#type::v1::LocalizedText;
use rapporteur_records::name::parent_of;

use super::{Cover, Tally};
use crate::day::first;
use crate::model::{Model, below};
use crate::outline::{Outline, count};
use crate::period::{Period, spelt};
use crate::scope::{Scope, term_days};

/// The groups, in order.
pub(super) fn groups(
    model: &Model,
    plan: &Plan,
    tally: &Tally<'_>,
    scope: &Scope,
    by: CoverageGrouping,
) -> Vec<CoverageGroup> {
    let parts = match by {
        CoverageGrouping::Unspecified => Vec::new(),
        CoverageGrouping::Chairmanship => chairmanships(model, plan, scope),
        CoverageGrouping::Year => years(tally, scope),
        CoverageGrouping::Dialogue => dialogues(model, tally, scope),
    };
    parts
        .into_iter()
        .map(|part| group(model, plan, tally, part))
        .collect()
}

/// What a group is, before it is counted.
struct Part {
    key: String,
    title: Option<LocalizedText>,
    scope: Scope,
}

fn group(model: &Model, plan: &Plan, tally: &Tally<'_>, part: Part) -> CoverageGroup {
    let scope = &part.scope;
    // A node may have joined the plan later, or left it earlier.
    let outline = Outline::of(model, plan, &scope.period);
    let counts = |cover: &Cover<'_>| scope.holds(cover.dialogues(), cover.span());
    let figures = tally.figures(&outline, scope, counts);
    CoverageGroup {
        key: part.key,
        title: part.title,
        from: spelt(scope.period.from),
        to: spelt(scope.period.to),
        levels: figures.levels,
        events_counted: count(figures.events),
    }
}

/// The chairmanships of the plan's dialogue whose days are known and meet those asked for, by their first day.
fn chairmanships(model: &Model, plan: &Plan, scope: &Scope) -> Vec<Part> {
    let dialogue = parent_of(&plan.name);
    let mut terms: Vec<(&Chairmanship, Period)> = terms(model, dialogue)
        .map(|term| (term, term_days(model, term)))
        .filter(|(_, days)| !days.is_open() && days.meets(&scope.period))
        .collect();
    terms.sort_by_key(|(term, _)| (first(term.start.as_ref()), term.name.as_str()));
    let part = |(term, days): (&Chairmanship, Period)| Part {
        key: term.name.clone(),
        title: title(model, &term.party),
        scope: scope.clone().chaired(dialogue, days),
    };
    terms.into_iter().map(part).collect()
}

/// The chairmanships of a dialogue, by name.
pub(crate) fn terms<'m>(
    model: &'m Model,
    dialogue: &str,
) -> impl Iterator<Item = &'m Chairmanship> {
    below(&model.chairmanships, format!("{dialogue}/chairmanships/")).map(|(_, term)| term)
}

fn title(model: &Model, party: &str) -> Option<LocalizedText> {
    model
        .parties
        .get(party)
        .and_then(|party| party.title.clone())
}

/// The years in which something counts.
fn years(tally: &Tally<'_>, scope: &Scope) -> Vec<Part> {
    let mut years: BTreeSet<i16> = BTreeSet::new();
    for (first, last) in tally.all().filter_map(Cover::span) {
        years.extend(first.year()..=last.year());
    }
    let part = |year: i16| {
        let days = Period {
            from: Some(Date::new(year, 1, 1).ok()?),
            to: Some(Date::new(year, 12, 31).ok()?),
        };
        days.meets(&scope.period).then(|| Part {
            key: format!("{year:04}"),
            title: None,
            scope: scope.clone().within(days),
        })
    };
    years.into_iter().filter_map(part).collect()
}

/// The dialogues for which something counts.
fn dialogues(model: &Model, tally: &Tally<'_>, scope: &Scope) -> Vec<Part> {
    let names: BTreeSet<&str> = tally.all().flat_map(Cover::dialogues).collect();
    let part = |name: &str| {
        Some(Part {
            key: name.to_owned(),
            title: model.dialogues.get(name).and_then(|d| d.title.clone()),
            scope: scope.clone().of_dialogue(name)?,
        })
    };
    names.into_iter().filter_map(part).collect()
}
