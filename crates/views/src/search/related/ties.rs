//! Who names whom.

use std::collections::BTreeSet;

use rapporteur_records::Sight;
use rapporteur_records::name::parent_of;

use crate::model::Model;
use crate::refers::Refers as _;
use crate::search::lens::lens;
use crate::search::thing::internal;

/// Most records that name one, of those that are looked at.
const MOST: usize = 200;

/// The records that a record names: its meeting, its instrument, what it follows, repeats, cites or reports on.
pub(super) fn named_by(model: &Model, name: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut tell = |target: &str| {
        if !target.is_empty() {
            // What is said to an addressee is about the text that addresses it.
            let is_entry = target.contains("/addressees/");
            let target = if is_entry { parent_of(target) } else { target };
            all.insert(target.to_owned());
        }
    };
    if let Some(one) = model.events.get(name) {
        one.refers(name, &mut tell);
    } else if let Some(one) = model.instruments.get(name) {
        one.refers(name, &mut tell);
    } else if let Some(one) = model.recommendations.get(name) {
        one.refers(name, &mut tell);
    } else if let Some(one) = model.commitments.get(name) {
        one.refers(name, &mut tell);
    } else if let Some(one) = model.reports.get(name) {
        one.refers(name, &mut tell);
    }
    all.retain(|target| target != name && internal(model, target).is_some());
    all
}

/// The records that a record names, that name it, and that name what it names; not all of very many.
pub(super) fn around(model: &Model, name: &str) -> BTreeSet<String> {
    let named = named_by(model, name);
    let mut all: BTreeSet<String> = BTreeSet::new();
    let mut add = |target: &str| {
        let found = model.referrers(target).take(MOST);
        all.extend(found.map(|found| {
            let is_entry = found.contains("/addressees/");
            let found = if is_entry { parent_of(found) } else { found };
            found.to_owned()
        }));
    };
    add(name);
    named.iter().take(MOST).for_each(|target| add(target));
    all.extend(named);
    all.remove(name);
    all
}

/// Whether a reader sees a record that can be found.
pub(super) fn is_seen(model: &Model, name: &str, sight: &Sight) -> bool {
    internal(model, name).is_some_and(|hidden| lens(model, name, hidden, sight).is_some())
}
