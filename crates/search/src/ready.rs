//! What is made of an index when it is opened or written, so that no question has to: the fields of the languages that
//! some text is in, the names of all documents, and which value of a field is which.
//!
//! Names are in the index too, in an order that saves room there; to read a few of them there takes longer than to
//! find them. Here they take about 60 bytes for each document.

mod values;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use tantivy::columnar::StrColumn;
use tantivy::index::SegmentId;
use tantivy::schema::Field;
use tantivy::{DocId, Searcher, SegmentReader};

use self::values::OfSegment;
pub(crate) use self::values::{Register, Values};
use crate::error::Result;
use crate::index::Fields;

/// What is at hand of one state of an index.
#[derive(Debug, Default)]
pub(crate) struct Ready {
    /// The fields of the languages that some text is in: most records know a handful.
    pub(crate) spoken: Vec<(&'static str, Field)>,
    segments: HashMap<SegmentId, Arc<Segment>>,
    register: Arc<Register>,
}

/// What is at hand of a segment, which never changes.
#[derive(Debug)]
struct Segment {
    names: Arc<Names>,
    /// The languages that some text is in.
    spoken: Vec<&'static str>,
    values: OfSegment,
}

impl Segment {
    fn read(segment: &SegmentReader, fields: &Fields) -> Result<Self> {
        let mut spoken = Vec::new();
        for (language, field) in &fields.stems {
            if segment.inverted_index(*field)?.terms().num_terms() > 0 {
                spoken.push(*language);
            }
        }
        Ok(Self {
            names: Arc::new(Names::read(segment)?),
            spoken,
            values: OfSegment::default(),
        })
    }
}

impl Ready {
    /// Of what a searcher sees; what an earlier one had of the same segments is taken over.
    fn of(searcher: &Searcher, fields: &Fields, before: &Self) -> Result<Self> {
        let mut ready = Self {
            register: before.register.clone(),
            ..Self::default()
        };
        for segment in searcher.segment_readers() {
            let id = segment.segment_id();
            let made = match before.segments.get(&id) {
                Some(there) => there.clone(),
                None => Arc::new(Segment::read(segment, fields)?),
            };
            ready.segments.insert(id, made);
        }
        let speaks = |language: &str| {
            let mut all = ready.segments.values();
            all.any(|segment| segment.spoken.contains(&language))
        };
        let spoken = fields.stems.iter().filter(|(language, _)| speaks(language));
        ready.spoken = spoken.copied().collect();
        Ok(ready)
    }

    /// The names of a segment's documents.
    pub(crate) fn names(&self, segment: SegmentId) -> Arc<Names> {
        let there = self.segments.get(&segment);
        there.map(|there| there.names.clone()).unwrap_or_default()
    }

    /// The values of a keyword field in a segment.
    pub(crate) fn values(
        &self,
        segment: &SegmentReader,
        field: &'static str,
    ) -> tantivy::Result<Arc<Values>> {
        match self.segments.get(&segment.segment_id()) {
            Some(there) => there.values.of(field, segment, &self.register),
            None => Ok(Arc::new(Values::read(segment, field, &self.register)?)),
        }
    }

    /// Which value of a field has which number.
    pub(crate) fn register(&self) -> &Register {
        &self.register
    }
}

/// The names of one segment, numbered in their order.
#[derive(Debug, Default)]
pub(crate) struct Names {
    column: Option<StrColumn>,
    text: String,
    ends: Vec<usize>,
}

impl Names {
    fn read(segment: &SegmentReader) -> Result<Self> {
        let mut names = Self {
            column: segment.fast_fields().str("name")?,
            ..Self::default()
        };
        if let Some(column) = &names.column {
            let mut all = column.dictionary().stream()?;
            while all.advance() {
                // Documents are named by us; what is no text is not one of ours.
                names
                    .text
                    .push_str(str::from_utf8(all.key()).unwrap_or_default());
                names.ends.push(names.text.len());
            }
        }
        names.text.shrink_to_fit();
        names.ends.shrink_to_fit();
        Ok(names)
    }

    /// The number of a document's name.
    pub(crate) fn number(&self, doc: DocId) -> Option<u64> {
        self.column.as_ref()?.ords().first(doc)
    }

    /// The name with a number.
    pub(crate) fn name(&self, number: u64) -> Option<&str> {
        let place = usize::try_from(number).ok()?;
        let end = *self.ends.get(place)?;
        let begin = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.text.get(begin..end)
    }

    /// The number of the first name after one.
    pub(crate) fn after(&self, name: &str) -> u64 {
        let (mut low, mut high) = (0, self.ends.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.name(middle as u64) {
                Some(one) if one <= name => low = middle + 1,
                _ => high = middle,
            }
        }
        low as u64
    }
}

/// What is ready of the state that was asked last.
#[derive(Debug, Default)]
pub(crate) struct Shelf(RwLock<(u64, Arc<Ready>)>);

impl Shelf {
    /// What is ready of a searcher's state.
    pub(crate) fn ready(&self, searcher: &Searcher, fields: &Fields) -> Result<Arc<Ready>> {
        let wanted = searcher.generation().generation_id();
        let (there, before) = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        // The first generation has number 0, and so has what was never made.
        if there == wanted + 1 {
            return Ok(before);
        }
        let ready = Arc::new(Ready::of(searcher, fields, &before)?);
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // Whoever still asks an older state does not take the place of a newer one.
        if kept.0 <= wanted {
            *kept = (wanted + 1, ready.clone());
        }
        Ok(ready)
    }
}
