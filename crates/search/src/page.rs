//! The best so many documents after a place, in an order that does not depend on where they lie in the index.
//!
//! The place of a document is its rank and then its name, so equals stand in the order of names. A page begins
//! after a place, and whatever is written meanwhile moves no other document. Scores are rounded: the last bits of
//! a sum depend on the order of its parts.

use std::collections::BinaryHeap;
use std::sync::Arc;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use crate::ready::{Names, Ready};

/// Steps of a score of one.
const STEPS: f32 = 4_096.0;
/// Documents without a day come after all others.
const NO_DAY: u64 = u64::MAX;

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Best match first.
    #[default]
    Relevance,
    /// Latest day first.
    Latest,
    /// Earliest day first.
    Earliest,
    /// By name.
    Name,
}

impl Order {
    /// Whether the scores matter.
    pub(crate) fn is_scored(self) -> bool {
        self == Self::Relevance
    }

    fn rank(self, score: Score, day: Option<i64>) -> u64 {
        let place = |day: i64| day.cast_unsigned() ^ (1 << 63);
        match (self, day) {
            (Self::Relevance, _) => rank_of(score),
            (Self::Latest, Some(day)) => NO_DAY - 1 - place(day),
            (Self::Earliest, Some(day)) => place(day),
            (Self::Latest | Self::Earliest, None) => NO_DAY,
            (Self::Name, _) => 0,
        }
    }
}

/// Where a document stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Smaller is earlier.
    pub rank: u64,
    /// Among equals.
    pub name: String,
}

/// Rounded on purpose; a score is never negative.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn rank_of(score: Score) -> u64 {
    u64::MAX - (score * STEPS).round() as u64
}

impl Place {
    /// By relevance, with this score.
    pub(crate) fn scored(score: Score, name: String) -> Self {
        Self {
            rank: rank_of(score),
            name,
        }
    }

    /// The score, as it was rounded, of a document in the order of relevance.
    #[allow(clippy::cast_precision_loss)]
    pub fn score(&self) -> f32 {
        (u64::MAX - self.rank) as f32 / STEPS
    }
}

/// Collects the first `size` documents after a place, and how many there are in all.
pub(crate) struct Top<'a> {
    pub(crate) ready: &'a Ready,
    pub(crate) size: usize,
    pub(crate) order: Order,
    pub(crate) after: Option<&'a Place>,
}

/// What was collected.
#[derive(Debug, Default)]
pub(crate) struct Best {
    pub(crate) total: u64,
    pub(crate) places: Vec<Place>,
}

impl Collector for Top<'_> {
    type Fruit = Best;
    type Child = TopOfSegment;

    fn for_segment(
        &self,
        _: SegmentOrdinal,
        segment: &SegmentReader,
    ) -> tantivy::Result<TopOfSegment> {
        let names = self.ready.names(segment.segment_id());
        let after = self
            .after
            .map(|place| (place.rank, names.after(&place.name)));
        let days = match self.order {
            Order::Latest | Order::Earliest => Some(segment.fast_fields().i64("day")?),
            Order::Relevance | Order::Name => None,
        };
        Ok(TopOfSegment {
            size: self.size,
            order: self.order,
            after,
            days,
            names,
            total: 0,
            heap: BinaryHeap::with_capacity(self.size + 1),
        })
    }

    fn requires_scoring(&self) -> bool {
        self.order.is_scored()
    }

    fn merge_fruits(&self, segments: Vec<Unnamed>) -> tantivy::Result<Best> {
        // Names are compared of those alone that may be among the first.
        let mut ranks: Vec<u64> = segments.iter().flat_map(Unnamed::ranks).collect();
        let last = if ranks.len() > self.size && self.size > 0 {
            *ranks.select_nth_unstable(self.size - 1).1
        } else {
            u64::MAX
        };
        let total = segments.iter().map(|segment| segment.total).sum();
        let mut first: Vec<(u64, &str)> = Vec::new();
        for segment in &segments {
            let places = segment.places.iter().filter(|(rank, _)| *rank <= last);
            first.extend(
                places.filter_map(|(rank, name)| Some((*rank, segment.names.name(*name)?))),
            );
        }
        first.sort_unstable();
        first.truncate(self.size);
        let place = |(rank, name): (u64, &str)| Place {
            rank,
            name: name.to_owned(),
        };
        Ok(Best {
            total,
            places: first.into_iter().map(place).collect(),
        })
    }
}

/// The same in one segment, where names are numbers in their order.
pub(crate) struct TopOfSegment {
    size: usize,
    order: Order,
    /// A rank, and the number of the first name at that rank that is after the place.
    after: Option<(u64, u64)>,
    days: Option<Column<i64>>,
    names: Arc<Names>,
    total: u64,
    /// Rank and name; the last on top.
    heap: BinaryHeap<(u64, u64)>,
}

/// The first of one segment, where names are still numbers.
pub(crate) struct Unnamed {
    names: Arc<Names>,
    /// Rank and name.
    places: Vec<(u64, u64)>,
    total: u64,
}

impl Unnamed {
    fn ranks(&self) -> impl Iterator<Item = u64> {
        self.places.iter().map(|(rank, _)| *rank)
    }
}

impl SegmentCollector for TopOfSegment {
    type Fruit = Unnamed;

    fn collect(&mut self, doc: DocId, score: Score) {
        self.total += 1;
        let day = self.days.as_ref().and_then(|days| days.first(doc));
        let rank = self.order.rank(score, day);
        let is_full = self.heap.len() >= self.size;
        if is_full && self.heap.peek().is_none_or(|last| last.0 < rank) {
            return;
        }
        let Some(name) = self.names.number(doc) else {
            return;
        };
        if self.after.is_some_and(|after| (rank, name) < after) {
            return;
        }
        if !is_full {
            self.heap.push((rank, name));
        } else if let Some(mut last) = self.heap.peek_mut()
            && (rank, name) < *last
        {
            *last = (rank, name);
        }
    }

    fn harvest(self) -> Unnamed {
        Unnamed {
            names: self.names,
            places: self.heap.into_vec(),
            total: self.total,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_order_ranks_what_is_first_lowest() {
        let rank = |order: Order, score, day| order.rank(score, day);
        assert!(rank(Order::Relevance, 2.0, None) < rank(Order::Relevance, 1.0, Some(9)));
        assert!(rank(Order::Latest, 0.0, Some(5)) < rank(Order::Latest, 9.0, Some(-5)));
        assert!(rank(Order::Latest, 0.0, Some(-5)) < rank(Order::Latest, 9.0, None));
        assert!(rank(Order::Earliest, 0.0, Some(-5)) < rank(Order::Earliest, 9.0, Some(5)));
        assert!(rank(Order::Earliest, 0.0, Some(5)) < rank(Order::Earliest, 9.0, None));
        assert_eq!(
            rank(Order::Name, 1.0, None),
            rank(Order::Name, 2.0, Some(1))
        );
        let place = Place {
            rank: rank(Order::Relevance, 1.5, None),
            name: String::new(),
        };
        assert!((place.score() - 1.5).abs() < f32::EPSILON);
    }
}
