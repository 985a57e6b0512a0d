//! How many of the documents that were found have each value of a keyword field. Counts are exact: every document
//! is looked at, none is estimated.

use std::collections::BTreeMap;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::StrColumn;
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use crate::index::column;

/// Value -> how many documents have it.
pub type Counts = BTreeMap<String, u64>;

/// Counts the values of these fields.
pub(crate) struct Facets<'a> {
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
            let values = segment.fast_fields().str(&column(field))?;
            let counts = vec![0; values.as_ref().map_or(0, |values| values.num_terms())];
            fields.push((values, counts));
        }
        Ok(FacetsOfSegment { fields })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(
        &self,
        segments: Vec<tantivy::Result<Vec<Counts>>>,
    ) -> tantivy::Result<Vec<Counts>> {
        let mut all = vec![Counts::new(); self.fields.len()];
        for segment in segments {
            for (all, counts) in all.iter_mut().zip(segment?) {
                for (value, count) in counts {
                    *all.entry(value).or_default() += count;
                }
            }
        }
        Ok(all)
    }
}

/// The same in one segment, where values are numbers.
pub(crate) struct FacetsOfSegment {
    fields: Vec<(Option<StrColumn>, Vec<u64>)>,
}

impl SegmentCollector for FacetsOfSegment {
    type Fruit = tantivy::Result<Vec<Counts>>;

    fn collect(&mut self, doc: DocId, _: Score) {
        for (values, counts) in &mut self.fields {
            let Some(values) = values else { continue };
            for value in values.term_ords(doc) {
                let count = usize::try_from(value).ok().and_then(|v| counts.get_mut(v));
                if let Some(count) = count {
                    *count += 1;
                }
            }
        }
    }

    fn harvest(self) -> tantivy::Result<Vec<Counts>> {
        self.fields
            .into_iter()
            .map(|(values, counts)| named(values, &counts))
            .collect()
    }
}

fn named(values: Option<StrColumn>, counts: &[u64]) -> tantivy::Result<Counts> {
    let Some(values) = values else {
        return Ok(Counts::new());
    };
    let present: Vec<(u64, u64)> = (0u64..)
        .zip(counts)
        .filter(|(_, count)| **count > 0)
        .map(|(ord, count)| (ord, *count))
        .collect();
    let ords: Vec<u64> = present.iter().map(|(ord, _)| *ord).collect();
    let mut named = Counts::new();
    let mut counts = present.iter().map(|(_, count)| *count);
    values.dictionary().sorted_ords_to_term_cb(&ords, |value| {
        if let (Ok(value), Some(count)) = (str::from_utf8(value), counts.next()) {
            named.insert(value.to_owned(), count);
        }
    })?;
    Ok(named)
}
