//! Coverage: how far a plan is covered, n of m at each level, each figure with its proof.
//!
//! A counted node is addressed when a link to it or to a node below counts as addressed, so a level can
//! never have more addressed nodes than it has nodes. Planned is told apart: `planned_only` are those
//! that nothing addressed yet. What is supposed to have been held is counted as projected and nowhere else.

pub(crate) mod group;
mod hands;

use std::collections::{BTreeMap, BTreeSet};

use rapporteur_proto::events::v1::Plan;
use rapporteur_proto::gateway::v1::{Coverage, CoverageLevel, CoverageNode, CoverageProof};
use rapporteur_records::{Error, Result};

use self::group::groups;
use self::hands::each;
use crate::links::{Cover, links};
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
    let tally = Tally::of(model, plan, &scope);
    let all = |_: &Cover<'_>| true;
    let figures = tally.figures(&tally.outline, &scope, all);
    Ok(Coverage {
        plan: plan.name.clone(),
        title: plan.title.clone(),
        levels: figures.levels,
        nodes: tally.nodes(scope.is_supposing()),
        stated: stated(model, plan, &scope.period),
        from: spelt(scope.period.from),
        to: spelt(scope.period.to),
        events_counted: count(figures.events),
        positions: Vec::new(),
        groups: groups(model, plan, &tally, &scope, question.group_by),
        supposed: figures.supposed.into_iter().map(str::to_owned).collect(),
    })
}

/// What covers the nodes of one plan in one scope.
#[derive(Debug)]
pub(crate) struct Tally<'m> {
    pub(crate) outline: Outline<'m>,
    /// Node -> what covers it. A link is looked up once, though it counts for its node and for all above.
    covers: BTreeMap<&'m str, Vec<Cover<'m>>>,
}

/// Figures of a tally or of a part of it.
#[derive(Debug)]
pub(crate) struct Figures<'m> {
    pub(crate) levels: Vec<CoverageLevel>,
    /// Events through which something counts as addressed.
    pub(crate) events: usize,
    /// Events that would address something, had they been held.
    supposed: BTreeSet<&'m str>,
}

impl<'m> Tally<'m> {
    pub(crate) fn of(model: &'m Model, plan: &'m Plan, scope: &Scope) -> Self {
        let outline = Outline::of(model, plan, &scope.period);
        let nodes: Vec<&str> = outline
            .counted
            .iter()
            .flat_map(|one| &one.nodes)
            .map(|node| node.name.as_str())
            .collect();
        let referrers = nodes.iter().map(|node| model.referrer_count(node)).sum();
        let found = each(&nodes, referrers, |node| links(model, node, scope));
        let covers = nodes.into_iter().zip(found).collect();
        Self { outline, covers }
    }

    /// What covers a counted node: links of its own first, then those of nodes below.
    pub(crate) fn covers(&self, one: &Counted<'m>) -> impl Iterator<Item = &Cover<'m>> {
        one.nodes
            .iter()
            .chain(&one.below)
            .filter_map(|node| self.covers.get(node.name.as_str()))
            .flatten()
    }

    /// All links, each once.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Cover<'m>> {
        self.covers.values().flatten()
    }

    /// n of m for an outline of the plan, from the covers that `counts` lets through.
    pub(crate) fn figures(
        &self,
        outline: &Outline<'m>,
        scope: &Scope,
        counts: impl Fn(&Cover<'_>) -> bool,
    ) -> Figures<'m> {
        let mut levels: Vec<CoverageLevel> = outline
            .levels
            .iter()
            .map(|level| empty(level, scope.is_supposing()))
            .collect();
        let mut own: BTreeMap<&str, Standing> = BTreeMap::new();
        let (mut events, mut supposed) = (BTreeSet::new(), BTreeSet::new());
        for node in outline.counted.iter().flat_map(|one| &one.nodes) {
            let mut standing = Standing::default();
            for cover in self.covers.get(node.name.as_str()).into_iter().flatten() {
                if counts(cover) {
                    standing.add(cover);
                    if cover.supposed {
                        supposed.insert(cover.event());
                    } else if cover.is_addressed() && !cover.event().is_empty() {
                        events.insert(cover.event());
                    }
                }
            }
            own.insert(&node.name, standing);
        }
        for one in &outline.counted {
            let nodes = one.nodes.iter().chain(&one.below);
            let mut standing = Standing::default();
            nodes
                .filter_map(|node| own.get(node.name.as_str()))
                .for_each(|below| standing.join(*below));
            if let Some(level) = levels.iter_mut().find(|level| level.kind() == one.kind) {
                level.addressed += i32::from(standing.addressed);
                level.planned_only += i32::from(standing.planned && !standing.addressed);
                if let Some(projected) = &mut level.projected {
                    *projected += i32::from(standing.addressed || standing.supposed);
                }
            }
        }
        Figures {
            levels,
            events: events.len(),
            supposed,
        }
    }

    fn nodes(&self, is_supposing: bool) -> Vec<CoverageNode> {
        let message = |one: &Counted<'m>| {
            let standing = self.standing(one);
            CoverageNode {
                nodes: one.nodes.iter().map(|node| node.name.clone()).collect(),
                kind: one.kind.into(),
                code: one.code.to_owned(),
                text: one.nodes.iter().find_map(|node| node.text.clone()),
                addressed: standing.addressed,
                planned: standing.planned,
                proof: self.proof(one),
                projected: is_supposing.then_some(standing.addressed || standing.supposed),
            }
        };
        each(&self.outline.counted, self.all().count(), message)
    }

    /// What covers a counted node, as proof. The space is taken at once: a long proof that grows is copied over and over.
    fn proof(&self, one: &Counted<'m>) -> Vec<CoverageProof> {
        let mut proof = Vec::with_capacity(self.covers(one).count());
        proof.extend(self.covers(one).map(Cover::proof));
        proof
    }

    /// How far a counted node is covered.
    pub(crate) fn standing(&self, one: &Counted<'m>) -> Standing {
        let mut standing = Standing::default();
        self.covers(one).for_each(|cover| standing.add(cover));
        standing
    }
}

/// How far a node is covered.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Standing {
    pub(crate) addressed: bool,
    pub(crate) planned: bool,
    supposed: bool,
}

impl Standing {
    fn add(&mut self, cover: &Cover<'_>) {
        self.addressed |= cover.is_addressed();
        self.planned |= cover.is_planned();
        self.supposed |= cover.supposed;
    }

    fn join(&mut self, other: Self) {
        self.addressed |= other.addressed;
        self.planned |= other.planned;
        self.supposed |= other.supposed;
    }
}

fn empty(level: &Level, is_supposing: bool) -> CoverageLevel {
    CoverageLevel {
        kind: level.kind.into(),
        addressed: 0,
        planned_only: 0,
        total: level
            .declared
            .map_or(level.recorded, |declared| declared.max(level.recorded)),
        recorded: level.recorded,
        declared: level.declared,
        projected: is_supposing.then_some(0),
    }
}

#[cfg(test)]
mod tests;
