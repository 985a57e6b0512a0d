//! Which documents a record has a say in: its own, and those of the records that take something from it.
//!
//! Rather too many than too few: a document that turns out the same is not written again.

use std::collections::BTreeSet;

use rapporteur_records::name::parent_of;

use crate::model::{Model, below};

/// The records whose documents may have changed with these.
pub(crate) fn dependents(
    model: &Model,
    changed: impl IntoIterator<Item = String>,
) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for name in changed {
        spread(model, &name, &mut all);
        all.insert(name);
    }
    all
}

fn spread(model: &Model, name: &str, all: &mut BTreeSet<String>) {
    let collection = name.rsplit('/').nth(1).unwrap_or_default();
    match collection {
        // Dates go from an event to its instruments and recommendations.
        "events" | "instruments" => {
            for referrer in model.referrers(name) {
                if all.insert(referrer.to_owned()) && referrer.contains("/instruments/") {
                    spread(model, referrer, all);
                }
            }
        }
        // What a text is about goes to the reports on what was done.
        "recommendations" => {
            for (addressee, _) in below(&model.addressees, format!("{name}/")) {
                all.extend(model.referrers(addressee).map(str::to_owned));
            }
        }
        "commitments" => all.extend(model.referrers(name).map(str::to_owned)),
        "addressees" => {
            all.insert(parent_of(name).to_owned());
            all.extend(model.referrers(name).map(str::to_owned));
        }
        // What serves a node serves those above it.
        "nodes" => nodes(model, name, all),
        _ => {}
    }
}

fn nodes(model: &Model, node: &str, all: &mut BTreeSet<String>) {
    let mut seen = BTreeSet::new();
    let mut rest = vec![node.to_owned()];
    while let Some(node) = rest.pop() {
        if !seen.insert(node.clone()) {
            continue;
        }
        for referrer in model.referrers(&node) {
            if model.nodes.contains_key(referrer) {
                rest.push(referrer.to_owned());
            } else {
                all.insert(referrer.to_owned());
                spread(model, referrer, all);
            }
        }
        // Of commitments the model does not keep which nodes they name.
        for (name, one) in &model.commitments {
            if one.plan_nodes.contains(&node) {
                all.insert(name.clone());
                spread(model, name, all);
            }
        }
    }
}
