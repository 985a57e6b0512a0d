//! The outline of a plan: its nodes in order, what lies below what, and what counts as one.
//!
//! Nodes of one kind with the same `counts_as` are one counted node (5a and 5b are objective 5), and so
//! is a node whose own code is that. Codes alone merge nothing: many plans number each level anew.

use std::collections::{BTreeMap, BTreeSet};

use rapporteur_proto::events::v1::{Plan, PlanNode, PlanNodeKind};

use crate::model::{Model, below};
use crate::period::{Period, period};

/// A node as it is counted.
#[derive(Debug)]
pub struct Counted<'m> {
    /// What it is.
    pub kind: PlanNodeKind,
    /// What it counts as.
    pub code: &'m str,
    /// The nodes that count as this one, in the order of the plan.
    pub nodes: Vec<&'m PlanNode>,
    /// The nodes below those, in the order of the plan.
    pub below: Vec<&'m PlanNode>,
}

/// One level of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Nodes of this kind.
    pub kind: PlanNodeKind,
    /// How many are recorded, merged.
    pub recorded: i32,
    /// How many the plan says that it has.
    pub declared: Option<i32>,
}

/// A plan with its nodes.
#[derive(Debug)]
pub struct Outline<'m> {
    /// In the order of the plan.
    pub counted: Vec<Counted<'m>>,
    /// From the top down.
    pub levels: Vec<Level>,
}

impl<'m> Outline<'m> {
    /// The outline of `plan` with the nodes that belong to it in `days`.
    pub fn of(model: &'m Model, plan: &'m Plan, days: &Period) -> Self {
        let nodes: Vec<&PlanNode> = below(&model.nodes, format!("{}/nodes/", plan.name))
            .map(|(_, node)| node)
            .filter(|node| days.meets(&period(node.start.as_ref(), node.end.as_ref())))
            .collect();
        let tree = Tree::of(&nodes);
        let merged: BTreeSet<(i32, &str)> = nodes
            .iter()
            .filter(|n| !n.counts_as.is_empty())
            .map(|n| (n.kind, n.counts_as.as_str()))
            .collect();
        let mut places: BTreeMap<(i32, &str, &str), usize> = BTreeMap::new();
        let mut counted: Vec<Counted<'m>> = Vec::new();
        for node in tree.ordered(nodes.iter().copied()) {
            let code = if node.counts_as.is_empty() {
                &node.code
            } else {
                &node.counts_as
            };
            let own = if merged.contains(&(node.kind, code)) {
                ""
            } else {
                node.name.as_str()
            };
            let place = *places
                .entry((node.kind, code, own))
                .or_insert(counted.len());
            if place == counted.len() {
                counted.push(Counted {
                    kind: node.kind(),
                    code,
                    nodes: Vec::new(),
                    below: Vec::new(),
                });
            }
            counted[place].nodes.push(node);
        }
        for one in &mut counted {
            let own: BTreeSet<&str> = one.nodes.iter().map(|n| n.name.as_str()).collect();
            let all = tree.ordered(one.nodes.iter().copied());
            one.below = all
                .into_iter()
                .filter(|n| !own.contains(n.name.as_str()))
                .collect();
        }
        let levels = levels(plan, &counted, &tree);
        Self { counted, levels }
    }
}

/// From the top down: by the depth at which a kind is found, and for kinds that are only declared by
/// their place in the enum, which goes from the wide to the narrow.
fn levels(plan: &Plan, counted: &[Counted<'_>], tree: &Tree<'_>) -> Vec<Level> {
    let mut depths: BTreeMap<PlanNodeKind, usize> = BTreeMap::new();
    for one in counted {
        let depth = one
            .nodes
            .iter()
            .map(|node| tree.depth(node))
            .min()
            .unwrap_or(0);
        depths
            .entry(one.kind)
            .and_modify(|d| *d = depth.min(*d))
            .or_insert(depth);
    }
    let mut kinds: Vec<(usize, PlanNodeKind)> = depths
        .into_iter()
        .map(|(kind, depth)| (depth, kind))
        .collect();
    kinds.sort_unstable();
    let mut kinds: Vec<PlanNodeKind> = kinds.into_iter().map(|(_, kind)| kind).collect();
    for declared in &plan.declared_counts {
        if !kinds.contains(&declared.kind()) {
            let place = kinds
                .iter()
                .position(|kind| *kind > declared.kind())
                .unwrap_or(kinds.len());
            kinds.insert(place, declared.kind());
        }
    }
    let level = |kind| Level {
        kind,
        recorded: count(counted.iter().filter(|one| one.kind == kind).count()),
        // Where a plan was recorded with several figures, the first is the one that is followed.
        declared: plan
            .declared_counts
            .iter()
            .find(|d| d.kind() == kind)
            .map(|d| d.count),
    };
    kinds.into_iter().map(level).collect()
}

/// These nodes and all below them, of any plan.
pub(crate) fn with_below<'m>(
    model: &'m Model,
    nodes: impl IntoIterator<Item = &'m str>,
) -> BTreeSet<&'m str> {
    let mut open: Vec<&str> = nodes.into_iter().collect();
    let mut all = BTreeSet::new();
    while let Some(node) = open.pop() {
        if all.insert(node) {
            let children = model.referrers(node).filter(|child| {
                let child = model.nodes.get(*child);
                child.is_some_and(|child| child.parent_node == node)
            });
            open.extend(children);
        }
    }
    all
}

/// A count as the protos have it.
pub(crate) fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Who is whose child. Children of a node that is not there stand at the top.
struct Tree<'m> {
    children: BTreeMap<&'m str, Vec<&'m PlanNode>>,
    parents: BTreeMap<&'m str, &'m str>,
}

impl<'m> Tree<'m> {
    fn of(nodes: &[&'m PlanNode]) -> Self {
        let known: BTreeSet<&str> = nodes.iter().map(|n| n.name.as_str()).collect();
        let mut tree = Self {
            children: BTreeMap::new(),
            parents: BTreeMap::new(),
        };
        for node in nodes {
            if known.contains(node.parent_node.as_str()) {
                tree.children
                    .entry(&node.parent_node)
                    .or_default()
                    .push(node);
                tree.parents.insert(&node.name, &node.parent_node);
            }
        }
        tree.children
            .values_mut()
            .for_each(|children| children.sort_by_cached_key(|node| place(node)));
        tree
    }

    /// These nodes and all below them, each once, parents first. Those among them that have their parent
    /// among them too come after it. A cycle, which the service refuses, ends where it began.
    fn ordered(&self, nodes: impl Iterator<Item = &'m PlanNode> + Clone) -> Vec<&'m PlanNode> {
        let given: BTreeSet<&str> = nodes.clone().map(|n| n.name.as_str()).collect();
        let is_top = |node: &&PlanNode| {
            self.parents
                .get(node.name.as_str())
                .is_none_or(|p| !given.contains(p))
        };
        let mut tops: Vec<&PlanNode> = nodes.clone().filter(is_top).collect();
        tops.sort_by_cached_key(|node| place(node));
        let mut seen = BTreeSet::new();
        let mut ordered = Vec::new();
        // Nodes in a cycle have no top; they come last, so that nothing recorded is left out.
        for top in tops.into_iter().chain(nodes) {
            let mut open = vec![top];
            while let Some(node) = open.pop() {
                if seen.insert(node.name.as_str()) {
                    ordered.push(node);
                    open.extend(
                        self.children
                            .get(node.name.as_str())
                            .into_iter()
                            .flatten()
                            .rev(),
                    );
                }
            }
        }
        ordered
    }

    fn depth(&self, node: &PlanNode) -> usize {
        let mut seen = BTreeSet::new();
        let mut at = node.name.as_str();
        while let Some(parent) = self.parents.get(at).filter(|_| seen.insert(at)) {
            at = parent;
        }
        seen.len()
    }
}

/// The place of a node among its siblings: its order, then its code, in which 2 comes before 10.
fn place(node: &PlanNode) -> (i32, Vec<(u64, String)>, String) {
    let mut code = Vec::new();
    let mut digits = String::new();
    let mut letters = String::new();
    for c in node.code.chars() {
        if c.is_ascii_digit() {
            if !letters.is_empty() {
                code.push((0, std::mem::take(&mut letters)));
            }
            digits.push(c);
        } else {
            if !digits.is_empty() {
                code.push((digits.parse().unwrap_or(u64::MAX), String::new()));
                digits.clear();
            }
            letters.push(c);
        }
    }
    code.push((digits.parse().unwrap_or(0), letters));
    (node.order, code, node.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{self, PLAN, Put as _, node};

    fn codes(model: &Model) -> Vec<String> {
        let outline = Outline::of(model, &model.plans[PLAN], &Period::default());
        outline.counted.iter().map(|c| c.code.to_owned()).collect()
    }

    #[test]
    fn nodes_come_in_the_order_of_the_plan_and_merged() {
        let mut model = sample::plan();
        model.put(node("10", PlanNodeKind::Objective, "a1"));
        assert_eq!(
            codes(&model),
            ["a1", "1", "1.1", "1.2", "2", "10", "a3", "5", "5a.1"]
        );
        let outline = Outline::of(&model, &model.plans[PLAN], &Period::default());
        let five = outline.counted.iter().find(|c| c.code == "5").unwrap();
        assert_eq!(
            five.nodes
                .iter()
                .map(|n| n.code.as_str())
                .collect::<Vec<_>>(),
            ["5a", "5b"]
        );
        assert_eq!(
            five.below
                .iter()
                .map(|n| n.code.as_str())
                .collect::<Vec<_>>(),
            ["5a.1"]
        );
        let figures: Vec<_> = outline
            .levels
            .iter()
            .map(|l| (l.kind, l.recorded, l.declared))
            .collect();
        use PlanNodeKind::{Action, Area, Objective};
        assert_eq!(
            figures,
            [(Area, 2, None), (Objective, 4, None), (Action, 3, Some(29))]
        );
    }

    #[test]
    fn a_node_whose_code_others_count_as_is_one_with_them() {
        let mut model = sample::plan();
        model.put(node("5", PlanNodeKind::Objective, "a3"));
        assert_eq!(codes(&model).iter().filter(|c| *c == "5").count(), 1);
        // Two areas that begin their numbering anew are two nodes.
        let mut again = node("again", PlanNodeKind::Objective, "a3");
        again.code = "1".into();
        model.put(again);
        assert_eq!(codes(&model).iter().filter(|c| *c == "1").count(), 2);
    }

    #[test]
    fn a_kind_that_is_only_declared_has_its_level() {
        let mut model = sample::plan();
        model
            .nodes
            .retain(|_, n| n.kind() != PlanNodeKind::Objective);
        let mut plan = model.plans[PLAN].clone();
        plan.declared_counts
            .push(rapporteur_proto::events::v1::DeclaredCount {
                kind: PlanNodeKind::Objective.into(),
                count: 10,
                provenance: None,
            });
        let outline = Outline::of(&model, &plan, &Period::default());
        let kinds: Vec<_> = outline
            .levels
            .iter()
            .map(|l| l.kind.as_str_name())
            .collect();
        assert_eq!(
            kinds[..2],
            ["PLAN_NODE_KIND_AREA", "PLAN_NODE_KIND_OBJECTIVE"]
        );
    }

    #[test]
    fn cycles_and_lost_parents_lose_no_node() {
        let mut model = sample::plan();
        for (id, parent) in [("x", "y"), ("y", "x"), ("z", "gone")] {
            model.put(node(id, PlanNodeKind::Goal, parent));
        }
        let found = codes(&model);
        assert!(
            ["x", "y", "z"]
                .iter()
                .all(|id| found.contains(&(*id).to_owned())),
            "{found:?}"
        );
    }

    #[test]
    fn a_node_counts_only_while_it_is_part_of_the_plan() {
        let mut model = sample::plan();
        let mut old = node("9", PlanNodeKind::Objective, "a1");
        old.end = sample::date("2021");
        model.put(old);
        let days = period(sample::date("2023").as_ref(), None);
        assert!(
            !Outline::of(&model, &model.plans[PLAN], &days)
                .counted
                .iter()
                .any(|c| c.code == "9")
        );
        assert!(codes(&model).contains(&"9".to_owned()));
    }
}
