//! Trace: the life of a record, hop by hop: where it comes from and what became of it.
//!
//! From the record asked for the walk climbs to its origins (element -> instrument -> event -> the event
//! that this follows up) and descends to its outcomes (texts, elements, addressees with what they
//! answered and did, later events). A record that follows from several steps has a hop for each of its
//! origins; going down it appears once. Later events that were found only because they touch the same
//! node of a plan are labelled so: that is a hint, not a statement of any source. No walk has more than
//! [`MOST_HOPS`] hops, and none goes round in a circle.

mod edges;
pub(crate) mod hop;
mod ledger;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::civil::Date;
use rapporteur_proto::gateway::v1::Hop;
use rapporteur_proto::r#type::v1::Provenance;
use rapporteur_records::words::date::days;
use rapporteur_records::{Error, Pattern, Result};

use self::edges::{Edge, Reach};
use crate::model::Model;

/// Longest trace.
pub const MOST_HOPS: usize = 500;

const SHAPES: [Pattern; 5] = [
    Pattern("dialogues/*/events/*"),
    Pattern("dialogues/*/instruments/*"),
    Pattern("dialogues/*/recommendations/*"),
    Pattern("dialogues/*/recommendations/*/addressees/*"),
    Pattern("dialogues/*/commitments/*"),
];

/// The hops of a record, from the earliest.
pub fn trace(model: &Model, name: &str) -> Result<Vec<Hop>> {
    if !SHAPES.iter().any(|shape| shape.matches(name)) {
        let shapes = SHAPES.map(|shape| shape.0).join(", ");
        return Err(Error::invalid(
            "name",
            format!(
                "{} is not one of {shapes}",
                rapporteur_records::name::quoted(name)
            ),
        ));
    }
    if !hop::is_known(model, name) {
        return Err(Error::NotFound {
            name: name.to_owned(),
        });
    }
    let mut walk = Walk {
        model,
        hops: Vec::new(),
        places: BTreeMap::new(),
        climbing: BTreeSet::new(),
    };
    walk.climb(name);
    let ancestors: Vec<usize> = (0..walk.hops.len()).collect();
    if let Some(asked) = walk.places.get(name).copied() {
        walk.descend(asked, &ancestors);
    }
    Ok(in_order(walk.hops))
}

struct Walk<'m> {
    model: &'m Model,
    hops: Vec<Hop>,
    /// The first hop of each record.
    places: BTreeMap<String, usize>,
    /// Records whose origins are being looked for.
    climbing: BTreeSet<String>,
}

impl Walk<'_> {
    /// Adds the origins of a record, and then the record.
    fn climb(&mut self, name: &str) {
        self.climbing.insert(name.to_owned());
        let mut from = Vec::new();
        for edge in edges::origins(self.model, name) {
            let room = self.hops.len() + self.climbing.len() < MOST_HOPS;
            if !self.places.contains_key(&edge.name) && !self.climbing.contains(&edge.name) && room
            {
                self.climb(&edge.name);
            }
            if let Some(place) = self.places.get(&edge.name) {
                from.push((*place, edge));
            }
        }
        self.climbing.remove(name);
        if from.is_empty() {
            self.add(name, None, String::new(), None);
        }
        for (place, edge) in from {
            self.add(name, Some(place), edge.relation, edge.provenance);
        }
    }

    /// Adds what became of the record at `asked`.
    fn descend(&mut self, asked: usize, ancestors: &[usize]) {
        let mut open = VecDeque::from([(asked, Reach::Life)]);
        let mut life = Vec::new();
        while let Some((place, reach)) = open.pop_front() {
            if reach == Reach::Life {
                life.push(place);
            }
            let name = self.hops[place].name.clone();
            let outcomes = edges::outcomes(self.model, &name, reach);
            open.extend(self.follow(place, outcomes));
            self.ledger(place);
        }
        // An event that follows up the meeting at which a text was adopted is part of what became of it.
        let mut later = VecDeque::new();
        for place in ancestors.iter().filter(|place| **place != asked) {
            let outcomes = edges::outcomes(self.model, &self.hops[*place].name, Reach::Later);
            later.extend(self.follow(*place, outcomes));
        }
        while let Some((place, reach)) = later.pop_front() {
            let outcomes = edges::outcomes(self.model, &self.hops[place].name, reach);
            later.extend(self.follow(place, outcomes));
        }
        // Only then what merely touches the same nodes, and for the most particular records first.
        life.sort_by_key(|place| match self.hops[*place].kind.as_str() {
            "recommendation" => 0,
            "instrument" => 1,
            _ => 2,
        });
        for place in life {
            let outcomes = edges::same_nodes(self.model, &self.hops[place].name);
            self.follow(place, outcomes);
        }
    }

    /// Adds those records that are not there yet; says where they are and how far to go on from them.
    fn follow(&mut self, place: usize, outcomes: Vec<Edge>) -> Vec<(usize, Reach)> {
        let mut added = Vec::new();
        for edge in outcomes {
            if !self.places.contains_key(&edge.name)
                && let Some(at) = self.add(&edge.name, Some(place), edge.relation, edge.provenance)
                && let Some(reach) = edge.reach
            {
                added.push((at, reach));
            }
        }
        added
    }

    fn ledger(&mut self, place: usize) {
        for hop in ledger::entries(self.model, &self.hops[place].name, place) {
            if self.hops.len() < MOST_HOPS {
                self.hops.push(hop);
            }
        }
    }

    fn add(
        &mut self,
        name: &str,
        from: Option<usize>,
        relation: String,
        words: Option<Provenance>,
    ) -> Option<usize> {
        if self.hops.len() >= MOST_HOPS {
            return None;
        }
        let mut hop = hop::of(self.model, name)?;
        hop.from_hop = from.and_then(|place| i32::try_from(place).ok());
        hop.relation = relation;
        hop.provenance.splice(0..0, words);
        let place = self.hops.len();
        self.places.entry(name.to_owned()).or_insert(place);
        self.hops.push(hop);
        Some(place)
    }
}

/// By date, yet never before the step that it follows from; what has no date stands with that step.
fn in_order(hops: Vec<Hop>) -> Vec<Hop> {
    let mut when: Vec<Option<Date>> = Vec::with_capacity(hops.len());
    let from = |hop: &Hop| hop.from_hop.and_then(|place| usize::try_from(place).ok());
    for hop in &hops {
        let own = days(hop.date.as_ref()).map(|d| d.first);
        let before = from(hop).and_then(|place| when.get(place).copied().flatten());
        when.push(own.max(before));
    }
    let mut order: Vec<usize> = (0..hops.len()).collect();
    order.sort_by_key(|place| (when[*place], *place));
    let mut now_at = vec![0; hops.len()];
    order
        .iter()
        .enumerate()
        .for_each(|(now, was)| now_at[*was] = now);
    let mut ordered: Vec<(usize, Hop)> = hops
        .into_iter()
        .enumerate()
        .map(|(was, hop)| (now_at[was], hop))
        .collect();
    ordered.sort_by_key(|(now, _)| *now);
    let moved = |mut hop: Hop| {
        hop.from_hop = from(&hop).and_then(|place| i32::try_from(now_at[place]).ok());
        hop
    };
    ordered.into_iter().map(|(_, hop)| moved(hop)).collect()
}

#[cfg(test)]
mod tests;
