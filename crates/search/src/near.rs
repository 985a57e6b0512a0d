//! Words of an index that are another word but for a letter or two.

use std::collections::BTreeMap;

use tantivy::query::FuzzyTermQuery;
use tantivy::schema::Field;
use tantivy::{Searcher, Term};

/// The words of a field that so many slips, 2 at most, turn into a word, and in how many documents each is. A letter too
/// many, one missing, one for another, and two that changed places are one slip each.
pub(crate) fn nearly(
    searcher: &Searcher,
    field: Field,
    word: &str,
    slips: u8,
) -> tantivy::Result<BTreeMap<String, u64>> {
    let term = Term::from_field_text(field, word);
    let automaton = FuzzyTermQuery::new(term, slips, true).automaton()?;
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    for segment in searcher.segment_readers() {
        let index = segment.inverted_index(field)?;
        let mut stream = index.terms().search(&automaton).into_stream()?;
        while stream.advance() {
            if let Ok(near) = str::from_utf8(stream.key()) {
                *found.entry(near.to_owned()).or_default() += u64::from(stream.value().doc_freq);
            }
        }
    }
    Ok(found)
}
