//! What scores are reckoned from: how many texts there are and how many have each term.
//!
//! A page after the first is scored with the figures of the first, so that what is written meanwhile moves no
//! document from one page to another.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use tantivy::query::Bm25StatisticsProvider;
use tantivy::schema::Field;
use tantivy::{Searcher, Term};

/// The figures by a short hash of what they are of.
pub(crate) type Figures = BTreeMap<u32, u64>;

/// The figures of now, or of before.
pub(crate) struct Statistics<'a> {
    searcher: &'a Searcher,
    before: Option<&'a Figures>,
    asked: Mutex<Figures>,
}

impl<'a> Statistics<'a> {
    pub(crate) fn new(searcher: &'a Searcher, before: Option<&'a Figures>) -> Self {
        Self {
            searcher,
            before,
            asked: Mutex::default(),
        }
    }

    /// All figures that were asked for.
    pub(crate) fn into_figures(self) -> Figures {
        let asked = self.asked.into_inner();
        asked.unwrap_or_else(PoisonError::into_inner)
    }

    fn figure(
        &self,
        of: &[&[u8]],
        now: impl FnOnce() -> tantivy::Result<u64>,
    ) -> tantivy::Result<u64> {
        let mut hash = blake3::Hasher::new();
        for part in of {
            hash.update(part);
        }
        let mut key = [0; 4];
        hash.finalize_xof().fill(&mut key);
        let key = u32::from_le_bytes(key);
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(figure) = asked.get(&key) {
            return Ok(*figure);
        }
        let figure = match self.before.and_then(|before| before.get(&key)) {
            Some(figure) => *figure,
            None => now()?,
        };
        asked.insert(key, figure);
        Ok(figure)
    }
}

impl Bm25StatisticsProvider for Statistics<'_> {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        self.figure(&[b"tokens", &field.field_id().to_le_bytes()], || {
            self.searcher.total_num_tokens(field)
        })
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        self.figure(&[b"documents"], || self.searcher.total_num_docs())
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        let field = term.field().field_id().to_le_bytes();
        let of: [&[u8]; 3] = [b"term", &field, term.serialized_value_bytes()];
        let figure = self.figure(&of, || {
            Bm25StatisticsProvider::doc_freq(self.searcher, term)
        })?;
        // A figure of now beside a total of before must not be larger than it.
        Ok(figure.min(self.total_num_docs()?))
    }
}
