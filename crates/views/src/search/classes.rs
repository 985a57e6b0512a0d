//! Themes and nodes of plans as classes that a text may belong to.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use rapporteur_proto::recommendations::v1::{VerdictDecision, VerdictKind};
use rapporteur_search::suggest::{Class, Classes};

use super::said::spoken;
use crate::model::{Model, below};

/// So many sets of classes are kept ready: those of all plans, and of some.
const READY: usize = 8;
/// No plan is deeper; and whoever made a circle is not followed for ever.
const DEPTH: usize = 16;

/// The nodes of plans as classes: of these, or of all when none is named.
pub(super) fn nodes(model: &Model, plans: &[String]) -> Vec<Class<String>> {
    let of = |name: &str| {
        let inside = |plan: &String| {
            let rest = name.strip_prefix(plan.as_str());
            rest.is_some_and(|rest| rest.starts_with("/nodes/"))
        };
        plans.is_empty() || plans.iter().any(inside)
    };
    let nodes = model.nodes.iter().filter(|(name, _)| of(name));
    nodes
        .map(|(name, node)| {
            let texts = node.text.iter().flat_map(|text| &text.by_language);
            let mut titles: Vec<(String, String)> = texts
                .map(|(language, text)| (text.clone(), spoken(language, text).to_owned()))
                .collect();
            // In a steady order, so that the same nodes are the same classes.
            titles.sort();
            let above = Some(&node.parent_node).filter(|above| !above.is_empty());
            Class {
                key: name.clone(),
                scheme: name.split("/nodes/").next().unwrap_or_default().to_owned(),
                above: above.cloned(),
                titles,
                texts: Vec::new(),
                names: Some(&node.alias)
                    .filter(|alias| !alias.is_empty())
                    .cloned()
                    .into_iter()
                    .collect(),
            }
        })
        .collect()
}

/// Themes as classes: their codes are English words, and hashtags.
pub(super) fn themes(codes: impl IntoIterator<Item = String>) -> Vec<Class<String>> {
    let class = |code: String| Class {
        scheme: String::new(),
        above: None,
        titles: vec![(code.replace('-', " "), "en".to_owned())],
        texts: Vec::new(),
        names: vec![format!("#{}", code.replace('-', ""))],
        key: code,
    };
    codes.into_iter().map(class).collect()
}

/// What a record is recorded to be about: its themes, or the nodes that it serves.
pub(super) fn recorded(model: &Model, name: &str, kind: VerdictKind) -> Vec<String> {
    let (recommendation, instrument) =
        (model.recommendations.get(name), model.instruments.get(name));
    let commitment = model.commitments.get(name);
    if kind == VerdictKind::Theme {
        let themes = recommendation.map(|one| &one.themes);
        let themes = themes.or_else(|| instrument.map(|one| &one.themes));
        let themes = themes.or_else(|| commitment.map(|one| &one.themes));
        return themes.cloned().unwrap_or_default();
    }
    let links = recommendation.map(|one| &one.plan_links);
    let links = links.or_else(|| instrument.map(|one| &one.plan_links));
    if let Some(links) = links {
        return links.iter().map(|link| link.node.clone()).collect();
    }
    commitment
        .map(|one| one.plan_nodes.clone())
        .unwrap_or_default()
}

/// What is not to be suggested for a record: what is recorded, with what is above it, and what was decided.
pub(super) fn settled(model: &Model, name: &str, kind: VerdictKind) -> BTreeSet<String> {
    let mut settled = BTreeSet::new();
    for class in recorded(model, name, kind) {
        let mut at = Some(class);
        for _ in 0..DEPTH {
            let Some(class) = at.filter(|class| !class.is_empty()) else {
                break;
            };
            at = model.nodes.get(&class).map(|node| node.parent_node.clone());
            settled.insert(class);
        }
    }
    for (_, verdict) in below(&model.verdicts, format!("{name}/verdicts/")) {
        let decision = verdict.decision();
        let stands = matches!(
            decision,
            VerdictDecision::Accepted | VerdictDecision::Rejected
        );
        if verdict.kind() == kind && stands {
            settled.insert(verdict.object.clone());
        }
    }
    settled
}

/// Classes whose words have been read, so that not each question reads whole plans.
#[derive(Debug, Default)]
pub(super) struct Ready {
    /// What was used last comes last.
    kept: Mutex<Vec<Arc<Prepared>>>,
}

#[derive(Debug)]
struct Prepared {
    from: Vec<Class<String>>,
    classes: Arc<Classes<String>>,
}

impl Ready {
    /// The same classes are read once.
    pub(super) fn get(&self, from: Vec<Class<String>>) -> Arc<Classes<String>> {
        let lock = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut kept = lock();
            if let Some(place) = kept.iter().position(|one| one.from == from) {
                let one = kept.remove(place);
                kept.push(one.clone());
                return one.classes.clone();
            }
        }
        let classes = Arc::new(Classes::new(&from));
        let mut kept = lock();
        if kept.len() >= READY {
            kept.remove(0);
        }
        kept.push(Arc::new(Prepared {
            from,
            classes: classes.clone(),
        }));
        classes
    }
}
