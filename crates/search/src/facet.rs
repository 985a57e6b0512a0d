//! How many of the documents that were found have each value of a keyword field. Counts are exact: every document
//! is looked at, none is estimated.

use std::collections::BTreeMap;
use std::sync::Arc;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use crate::ready::{Ready, Values};

/// Value -> how many documents have it.
pub type Counts = BTreeMap<Arc<str>, u64>;

/// Counts the values of these fields.
pub(crate) struct Facets<'a> {
    pub(crate) ready: &'a Ready,
    pub(crate) fields: &'a [&'static str],
}

impl Collector for Facets<'_> {
    type Fruit = Vec<Counts>;
    type Child = FacetsOfSegment;

    fn for_segment(
        &self,
        _: SegmentOrdinal,
        segment: &SegmentReader,
    ) -> tantivy::Result<FacetsOfSegment> {
        let mut fields = Vec::with_capacity(self.fields.len());
        for field in self.fields {
            let values = self.ready.values(segment, field)?;
            let counts = vec![0; values.numbers.len()];
            fields.push((values, counts));
        }
        Ok(FacetsOfSegment { fields })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<Counted>) -> tantivy::Result<Vec<Counts>> {
        let mut all: Vec<Vec<u64>> = vec![Vec::new(); self.fields.len()];
        for segment in &segments {
            for (total, (values, counts)) in all.iter_mut().zip(segment) {
                add(total, values, counts);
            }
        }
        let all = self.fields.iter().zip(all);
        let register = self.ready.register();
        Ok(all
            .map(|(field, counts)| register.named(field, &counts))
            .collect())
    }
}

/// Adds the counts of a segment to those of all.
fn add(all: &mut Vec<u64>, values: &Values, counts: &[u64]) {
    for (number, count) in values.numbers.iter().zip(counts) {
        let number = *number as usize;
        if *count > 0 {
            if all.len() <= number {
                all.resize(number + 1, 0);
            }
            all[number] += count;
        }
    }
}

/// The counts of a segment's values, field by field.
type Counted = Vec<(Arc<Values>, Vec<u64>)>;

/// The same in one segment, which numbers values in its own way.
pub(crate) struct FacetsOfSegment {
    fields: Counted,
}

impl SegmentCollector for FacetsOfSegment {
    type Fruit = Counted;

    fn collect(&mut self, doc: DocId, _: Score) {
        for (values, counts) in &mut self.fields {
            let Some(column) = &values.column else {
                continue;
            };
            for value in column.term_ords(doc) {
                let count = usize::try_from(value).ok().and_then(|v| counts.get_mut(v));
                if let Some(count) = count {
                    *count += 1;
                }
            }
        }
    }

    fn harvest(self) -> Counted {
        self.fields
    }
}
