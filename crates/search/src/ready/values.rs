//! Values of keyword fields, numbered over all segments: so they can be counted without reading them. There are few of
//! them, parties and themes and years, and each segment has most.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use tantivy::SegmentReader;
use tantivy::columnar::StrColumn;

use crate::index::column;

/// The number of a value among those of its field.
pub(crate) type Number = u32;

/// The values of one field in one segment.
#[derive(Debug)]
pub(crate) struct Values {
    /// Which document has which.
    pub(crate) column: Option<StrColumn>,
    /// The segment numbers them in its own way; these are the numbers that they have everywhere.
    pub(crate) numbers: Box<[Number]>,
}

impl Values {
    pub(super) fn read(
        segment: &SegmentReader,
        field: &'static str,
        register: &Register,
    ) -> tantivy::Result<Self> {
        let column = segment.fast_fields().str(&column(field))?;
        let mut values: Vec<String> = Vec::new();
        if let Some(column) = &column {
            let mut all = column.dictionary().stream()?;
            while all.advance() {
                // Values are ours; what is no text is none of them.
                values.push(String::from_utf8_lossy(all.key()).into_owned());
            }
        }
        Ok(Self {
            numbers: register.numbers(field, &values),
            column,
        })
    }
}

/// The values of a segment, field by field, as somebody asks for them.
#[derive(Debug, Default)]
pub(super) struct OfSegment(RwLock<HashMap<&'static str, Arc<Values>>>);

impl OfSegment {
    pub(super) fn of(
        &self,
        field: &'static str,
        segment: &SegmentReader,
        register: &Register,
    ) -> tantivy::Result<Arc<Values>> {
        let there = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = there.get(field) {
            return Ok(there.clone());
        }
        drop(there);
        let values = Arc::new(Values::read(segment, field, register)?);
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(field, values.clone());
        Ok(values)
    }
}

/// The numbers of all values that some segment has or had. A value keeps its number as long as the index is open.
#[derive(Debug, Default)]
pub(crate) struct Register(RwLock<HashMap<&'static str, Numbered>>);

#[derive(Debug, Default)]
struct Numbered {
    numbers: HashMap<Arc<str>, Number>,
    values: Vec<Arc<str>>,
}

impl Register {
    fn numbers(&self, field: &'static str, values: &[String]) -> Box<[Number]> {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let Numbered {
            numbers,
            values: known,
        } = all.entry(field).or_default();
        let number = |value: &String| match numbers.get(value.as_str()) {
            Some(number) => *number,
            None => {
                let value: Arc<str> = value.as_str().into();
                let number = Number::try_from(known.len()).unwrap_or(Number::MAX);
                known.push(value.clone());
                numbers.insert(value, number);
                number
            }
        };
        values.iter().map(number).collect()
    }

    /// Counts by number, by value; those of nothing are left out.
    pub(crate) fn named(&self, field: &str, counts: &[u64]) -> BTreeMap<Arc<str>, u64> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let values = all.get(field).map_or(&[][..], |known| &known.values);
        let counted = values.iter().zip(counts).filter(|(_, count)| **count > 0);
        counted
            .map(|(value, count)| (value.clone(), *count))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_one_number_in_all_segments() {
        let register = Register::default();
        let of = |values: &[&str]| {
            let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
            register.numbers("party", &values).to_vec()
        };
        assert_eq!(of(&["fr", "ma"]), [0, 1]);
        assert_eq!(of(&["es", "ma", "pt"]), [2, 1, 3]);
        assert_eq!(register.numbers("theme", &["ma".to_owned()]).to_vec(), [0]);
        let named = register.named("party", &[0, 7, 2]);
        let expected: [(Arc<str>, u64); 2] = [("es".into(), 2), ("ma".into(), 7)];
        assert_eq!(named, BTreeMap::from(expected));
        assert!(register.named("nobody", &[1]).is_empty());
    }
}
