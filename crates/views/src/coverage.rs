//! Coverage: how far a plan is covered, n of m at each level, each figure with its proof.
//!
//! A counted node is addressed when a link to it or to a node below counts as addressed, so a level can
//! never have more addressed nodes than it has nodes. Planned is told apart: `planned_only` are those
//! that nothing addressed yet.

use std::collections::{BTreeMap, BTreeSet};

use rapporteur_proto::events::v1::Plan;
use rapporteur_proto::gateway::v1::{Coverage, CoverageLevel, CoverageNode, CoverageProof};
use rapporteur_proto::r#type::v1::PlanLinkKind;
use rapporteur_records::words::date::days;
use rapporteur_records::{Error, Result};

use crate::links::links;
use crate::model::Model;
use crate::outline::{Counted, Level, Outline, count};
use crate::period::spelt;
use crate::scope::{Question, Scope};
use crate::stated::stated;

/// Answers a coverage question. The positions are for the caller to fill in: a model does not know them.
pub fn coverage(model: &Model, question: &Question) -> Result<Coverage> {
    let plan = model
        .plans
        .get(&question.plan)
        .ok_or_else(|| Error::NotFound {
            name: question.plan.clone(),
        })?;
    let scope = question.scope(model)?;
    let Tally {
        levels,
        nodes,
        events,
    } = tally(model, plan, &scope);
    Ok(Coverage {
        plan: plan.name.clone(),
        title: plan.title.clone(),
        levels,
        nodes,
        stated: stated(model, plan, &scope.period),
        from: spelt(scope.period.from),
        to: spelt(scope.period.to),
        events_counted: count(events),
        positions: Vec::new(),
        groups: Vec::new(),
        supposed: Vec::new(),
    })
}

/// What was counted of one plan in one scope.
#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) levels: Vec<CoverageLevel>,
    pub(crate) nodes: Vec<CoverageNode>,
    /// Events through which something counts as addressed.
    pub(crate) events: usize,
}

pub(crate) fn tally(model: &Model, plan: &Plan, scope: &Scope) -> Tally {
    let outline = Outline::of(model, plan, &scope.period);
    // A link is looked up once, though it counts for its node and for all nodes above.
    let mut known: BTreeMap<&str, Vec<CoverageProof>> = BTreeMap::new();
    for node in outline.counted.iter().flat_map(|c| &c.nodes) {
        let mut found = links(model, &node.name, scope);
        found.sort_by_cached_key(|p| (days(p.date.as_ref()).map(|d| d.first), p.name.clone()));
        known.insert(&node.name, found);
    }
    let nodes: Vec<CoverageNode> = outline
        .counted
        .iter()
        .map(|one| covered(one, &known))
        .collect();
    let mut events = BTreeSet::new();
    for proof in known
        .values()
        .flatten()
        .filter(|p| p.kind() == PlanLinkKind::Addressed && !p.event.is_empty())
    {
        events.insert(proof.event.as_str());
    }
    let levels = outline
        .levels
        .iter()
        .map(|level| figures(level, &nodes))
        .collect();
    Tally {
        levels,
        events: events.len(),
        nodes,
    }
}

fn covered(one: &Counted<'_>, known: &BTreeMap<&str, Vec<CoverageProof>>) -> CoverageNode {
    let proof: Vec<CoverageProof> = one
        .nodes
        .iter()
        .chain(&one.below)
        .filter_map(|node| known.get(node.name.as_str()))
        .flatten()
        .cloned()
        .collect();
    CoverageNode {
        nodes: one.nodes.iter().map(|node| node.name.clone()).collect(),
        kind: one.kind.into(),
        code: one.code.to_owned(),
        text: one.nodes.iter().find_map(|node| node.text.clone()),
        addressed: proof.iter().any(|p| p.kind() == PlanLinkKind::Addressed),
        planned: proof.iter().any(|p| p.kind() == PlanLinkKind::Planned),
        proof,
        projected: None,
    }
}

fn figures(level: &Level, nodes: &[CoverageNode]) -> CoverageLevel {
    let of_kind = || nodes.iter().filter(|node| node.kind() == level.kind);
    CoverageLevel {
        kind: level.kind.into(),
        addressed: count(of_kind().filter(|node| node.addressed).count()),
        planned_only: count(
            of_kind()
                .filter(|node| node.planned && !node.addressed)
                .count(),
        ),
        total: level
            .declared
            .map_or(level.recorded, |declared| declared.max(level.recorded)),
        recorded: level.recorded,
        declared: level.declared,
        projected: None,
    }
}

#[cfg(test)]
mod tests;
