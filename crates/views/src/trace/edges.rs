//! The steps from a record to those it comes from and those that come from it.

use rapporteur_proto::events::v1::{Event, EventState};
use rapporteur_proto::recommendations::v1::{Recommendation, Relation, RelationKind};
use rapporteur_proto::r#type::v1::{PlanLink, Provenance};
use rapporteur_records::name::parent_of;

use crate::model::Model;
use crate::period::span;

/// How far to go on from a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// It belongs to the life that is traced: everything that came of it.
    Life,
    /// It is a later event: only what follows it up in turn.
    Later,
}

/// A step to another record.
#[derive(Debug)]
pub(super) struct Edge {
    pub(super) name: String,
    /// How the later record follows from the earlier one.
    pub(super) relation: String,
    /// The words for it, where the tie has words of its own.
    pub(super) provenance: Option<Provenance>,
    /// How far to go on; `None` = not at all.
    pub(super) reach: Option<Reach>,
}

impl Edge {
    fn to(name: &str, relation: &str, reach: Option<Reach>) -> Self {
        Self {
            name: name.to_owned(),
            relation: relation.to_owned(),
            provenance: None,
            reach,
        }
    }

    fn related(name: &str, relation: &Relation, reach: Option<Reach>) -> Self {
        Self {
            provenance: relation.provenance.clone(),
            ..Self::to(name, words(relation.kind()), reach)
        }
    }
}

/// Where a record comes from, the nearest first.
pub(super) fn origins(model: &Model, name: &str) -> Vec<Edge> {
    let mut edges = Vec::new();
    let mut to = |target: &str, relation: &str| {
        if !target.is_empty() {
            edges.push(Edge::to(target, relation, None));
        }
    };
    if let Some(event) = model.events.get(name) {
        event
            .follows_up
            .iter()
            .for_each(|earlier| to(earlier, "follows up"));
        to(&event.parent_event, "part of");
    } else if let Some(text) = model.instruments.get(name) {
        to(&text.event, "adopted by");
        text.cites
            .iter()
            .for_each(|cited| to(&cited.instrument, "cites"));
    } else if let Some(text) = model.recommendations.get(name) {
        match home(model, text) {
            Home::Element(whole) => to(whole, "element of"),
            Home::Made(event) => to(event, "made at"),
            Home::None => {}
        }
        edges.extend(
            text.relations
                .iter()
                .map(|relation| Edge::related(&relation.target, relation, None)),
        );
    } else if model.addressees.contains_key(name) {
        to(parent_of(name), "addressed to");
    } else if let Some(one) = model.commitments.get(name) {
        one.recommendations
            .iter()
            .for_each(|text| to(text, "carries out"));
        to(&one.matches, "matches");
    }
    edges
}

/// What came of a record, in the order of names.
pub(super) fn outcomes(model: &Model, name: &str, reach: Reach) -> Vec<Edge> {
    let mut edges = Vec::new();
    for other in model.referrers(name) {
        if let Some(event) = model.events.get(other) {
            if event.follows_up.iter().any(|earlier| earlier == name) {
                edges.push(Edge::to(other, "follows up", Some(Reach::Later)));
            } else if event.parent_event == name && reach == Reach::Life {
                edges.push(Edge::to(other, "part of", None));
            }
        } else if reach == Reach::Later {
            continue;
        } else if let Some(text) = model.instruments.get(other) {
            if text.event == name {
                edges.push(Edge::to(other, "adopted by", Some(Reach::Life)));
            } else if text.cites.iter().any(|cited| cited.instrument == name) {
                edges.push(Edge::to(other, "cites", None));
            }
        } else if let Some(text) = model.recommendations.get(other) {
            edges.extend(towards(model, name, other, text));
        } else if model.addressees.contains_key(other) {
            edges.push(Edge::to(other, "addressed to", Some(Reach::Life)));
        } else if let Some(one) = model.commitments.get(other) {
            let relation = if one.matches == name {
                "matches"
            } else {
                "carries out"
            };
            edges.push(Edge::to(other, relation, Some(Reach::Life)));
        } else if let Some(report) = model.reports.get(other) {
            // What nobody has handed in has not been said.
            if report.submitted.is_some() {
                edges.push(Edge::to(other, "reports on", Some(Reach::Life)));
            }
        } else if model.assessments.contains_key(other) {
            edges.push(Edge::to(other, "assesses", None));
        }
    }
    edges
}

/// Later events with a link to one of the nodes that this record has a link to.
pub(super) fn same_nodes(model: &Model, name: &str) -> Vec<Edge> {
    let (links, after) = if let Some(event) = model.events.get(name) {
        (&event.plan_links, Some(event))
    } else if let Some(text) = model.instruments.get(name) {
        (&text.plan_links, model.events.get(&text.event))
    } else if let Some(text) = model.recommendations.get(name) {
        let instrument = model.instruments.get(&text.instrument);
        let event = if text.event.is_empty() {
            instrument.map_or("", |i| &i.event)
        } else {
            &text.event
        };
        (&text.plan_links, model.events.get(event))
    } else {
        return Vec::new();
    };
    let Some((_, last)) = after.and_then(days) else {
        return Vec::new();
    };
    let mut edges = Vec::new();
    for link in links {
        for (other, event) in model
            .referrers(&link.node)
            .filter_map(|other| model.events.get_key_value(other))
        {
            let later = days(event).is_some_and(|(first, _)| first > last);
            if later && event.state() != EventState::Cancelled {
                edges.push(touching(model, other, link, &event.plan_links));
            }
        }
    }
    edges
}

fn touching(model: &Model, name: &str, link: &PlanLink, theirs: &[PlanLink]) -> Edge {
    let code = model
        .nodes
        .get(&link.node)
        .map_or(link.node.as_str(), |node| &node.code);
    let words = theirs
        .iter()
        .find(|l| l.node == link.node)
        .and_then(|l| l.provenance.clone());
    Edge {
        provenance: words,
        ..Edge::to(name, &format!("touches the same plan node {code}"), None)
    }
}

/// How the recommendation `other` follows from the record `name` to which it refers.
fn towards(model: &Model, name: &str, other: &str, text: &Recommendation) -> Option<Edge> {
    match home(model, text) {
        Home::Element(whole) if whole == name => {
            return Some(Edge::to(other, "element of", Some(Reach::Life)));
        }
        Home::Made(event) if event == name => {
            return Some(Edge::to(other, "made at", Some(Reach::Life)));
        }
        _ => {}
    }
    let relation = text
        .relations
        .iter()
        .find(|relation| relation.target == name)?;
    Some(Edge::related(other, relation, Some(Reach::Life)))
}

/// The one thing that a recommendation is part of, as near as it is recorded.
enum Home<'m> {
    Element(&'m str),
    Made(&'m str),
    None,
}

fn home<'m>(model: &Model, text: &'m Recommendation) -> Home<'m> {
    if model
        .recommendations
        .contains_key(&text.parent_recommendation)
    {
        Home::Element(&text.parent_recommendation)
    } else if model.instruments.contains_key(&text.instrument) {
        Home::Element(&text.instrument)
    } else if !text.event.is_empty() {
        Home::Made(&text.event)
    } else {
        Home::None
    }
}

fn days(event: &Event) -> Option<crate::period::Span> {
    span(event.start.as_ref(), event.end.as_ref())
}

fn words(kind: RelationKind) -> &'static str {
    match kind {
        RelationKind::Unspecified => "relates to",
        RelationKind::Supersedes => "supersedes",
        RelationKind::Amends => "amends",
        RelationKind::Repeats => "repeats",
        RelationKind::Implements => "implements",
        RelationKind::FollowsUp => "follows up",
        RelationKind::Matches => "matches",
        RelationKind::Contradicts => "contradicts",
        RelationKind::DerivedFrom => "derived from",
        RelationKind::DuplicateOf => "duplicate of",
    }
}
