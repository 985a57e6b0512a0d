//! Which links cover a node, and as what they count.
//!
//! A link counts as *addressed* only when it says so and what carries it has happened: an event that was
//! held, a text that was adopted (through its event, when it has one). What is still to come, and every
//! link that only plans, counts as *planned*. What was cancelled, rejected or withdrawn does not count.
//! A confirmed event whose day has passed is not held: nobody has said that it was. Under the supposition that it
//! had been, what it was to address counts as addressed and says that it does only so.

mod carrier;

use std::collections::BTreeSet;

use jiff::civil::Date;
use rapporteur_proto::events::v1::CrosswalkKind;
use rapporteur_proto::gateway::v1::CoverageProof;
use rapporteur_proto::r#type::v1::{PlanLink, PlanLinkKind};

pub(crate) use self::carrier::is_held;
use self::carrier::{Carrier, Standing};
use crate::day::first;
use crate::model::Model;
use crate::outline::with_below;
use crate::period::Span;
use crate::scope::Scope;

/// A link that covers a node, as it counts.
#[derive(Clone, Debug)]
pub struct Cover<'m> {
    carrier: Carrier<'m>,
    link: &'m PlanLink,
    /// The crosswalk through which it counts; empty for a link to the node itself.
    crosswalk: &'m str,
    /// Planned or addressed.
    pub kind: PlanLinkKind,
    /// Whether it counts only under the supposition that its event was held.
    pub supposed: bool,
}

/// Every link to `node` that counts in this scope, the earliest first, then those to nodes that crosswalks tie to it.
pub fn links<'m>(model: &'m Model, node: &str, scope: &Scope) -> Vec<Cover<'m>> {
    let mut covers = Vec::new();
    direct(model, node, scope, "", &mut covers);
    if scope.through.is_empty() {
        return covers;
    }
    for name in model.referrers(node) {
        let Some((name, crosswalk)) = model.crosswalks.get_key_value(name) else {
            continue;
        };
        let (other, kind) = if crosswalk.from_node == node {
            (crosswalk.to_node.as_str(), crosswalk.kind())
        } else {
            (crosswalk.from_node.as_str(), inverse(crosswalk.kind()))
        };
        if scope.through.contains(&kind) && other != node {
            for tied in with_below(model, [other]) {
                direct(model, tied, scope, name, &mut covers);
            }
        }
    }
    // Two plans may each record the same tie; a link counts once, as near as it comes.
    let mut seen = BTreeSet::new();
    covers.retain(|cover| {
        seen.insert((
            cover.carrier.name,
            cover.link.node.as_str(),
            cover.link.kind,
        ))
    });
    covers
}

/// How this node stands to the other, when the other's crosswalk says how that stands to this one.
fn inverse(kind: CrosswalkKind) -> CrosswalkKind {
    match kind {
        CrosswalkKind::Broader => CrosswalkKind::Narrower,
        CrosswalkKind::Narrower => CrosswalkKind::Broader,
        same => same,
    }
}

fn direct<'m>(
    model: &'m Model,
    node: &str,
    scope: &Scope,
    crosswalk: &'m str,
    covers: &mut Vec<Cover<'m>>,
) {
    let begin = covers.len();
    for name in model.referrers(node) {
        let Some(carrier) = Carrier::of(model, name)
            .filter(|c| c.standing > Standing::Off && scope.holds(c.dialogues(), c.span()))
        else {
            continue;
        };
        let supposed = carrier.is_supposed(scope);
        for link in carrier.links.iter().filter(|link| link.node == node) {
            covers.push(Cover::of(carrier.clone(), link, crosswalk, supposed));
        }
    }
    // The date is read once for each, not at each comparison.
    covers[begin..].sort_by_cached_key(Cover::order);
}

impl<'m> Cover<'m> {
    fn of(carrier: Carrier<'m>, link: &'m PlanLink, crosswalk: &'m str, supposed: bool) -> Self {
        let says_addressed = link.kind() == PlanLinkKind::Addressed;
        let addressed = carrier.standing == Standing::Done && says_addressed;
        // An event that is to address a node has done so once it was held; a text only where it says so.
        let supposed = supposed && !addressed && (says_addressed || carrier.is_event());
        let kind = if addressed || supposed {
            PlanLinkKind::Addressed
        } else {
            PlanLinkKind::Planned
        };
        Self {
            carrier,
            link,
            crosswalk,
            kind,
            supposed,
        }
    }

    /// Whether it is covered without any supposition.
    pub fn is_addressed(&self) -> bool {
        self.kind == PlanLinkKind::Addressed && !self.supposed
    }

    /// Whether it is to be covered.
    pub fn is_planned(&self) -> bool {
        self.kind == PlanLinkKind::Planned || self.supposed
    }

    /// Whether a recommendation or an instrument covers it.
    pub fn is_text(&self) -> bool {
        !self.carrier.is_event()
    }

    /// The event through which it counts; empty when there is none.
    pub fn event(&self) -> &'m str {
        self.carrier.event
    }

    /// The days on which it happened or is to happen.
    pub fn span(&self) -> Option<Span> {
        self.carrier.span()
    }

    /// The dialogues for which it counts.
    pub fn dialogues(&self) -> impl Iterator<Item = &'m str> + Clone {
        self.carrier.dialogues()
    }

    fn order(&self) -> (Option<Date>, &'m str) {
        (first(self.carrier.date()), self.carrier.name)
    }

    /// The cover as proof.
    pub fn proof(&self) -> CoverageProof {
        let Carrier {
            name,
            title,
            event,
            known_event,
            ..
        } = self.carrier;
        CoverageProof {
            name: name.to_owned(),
            title: title.cloned(),
            event: event.to_owned(),
            date: self.carrier.date().cloned(),
            event_state: known_event.map(|event| event.state).unwrap_or_default(),
            node: self.link.node.clone(),
            kind: self.kind.into(),
            provenance: self.link.provenance.clone(),
            crosswalk: self.crosswalk.to_owned(),
            supposed: self.supposed,
        }
    }
}

#[cfg(test)]
mod tests;
