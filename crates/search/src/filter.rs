//! What documents have to be, apart from their words: conditions on keyword fields and days.

use std::ops::Bound;

use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, ConstScoreQuery, EmptyQuery, Occur, Query, RangeQuery, TermQuery,
    TermSetQuery,
};
use tantivy::schema::IndexRecordOption;

use crate::index::Fields;

/// A condition. It says yes or no and adds nothing to the score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// A keyword field has this value.
    Is(&'static str, String),
    /// A keyword field has a value from the first to the second, both included, in the order of their bytes.
    Between(&'static str, Option<String>, Option<String>),
    /// The day is from the first to the second, both included, in days since 1970-01-01.
    Days(Option<i64>, Option<i64>),
    /// One of these holds; none of none.
    Any(Vec<Filter>),
    /// All of these hold; everything of none.
    All(Vec<Filter>),
    /// This does not hold.
    Not(Box<Filter>),
}

impl Filter {
    /// A keyword field has one of these values.
    pub fn one_of(
        field: &'static str,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let is = |value: _| Self::Is(field, Into::into(value));
        Self::Any(values.into_iter().map(is).collect())
    }

    /// The query, without a score.
    pub(crate) fn query(&self, fields: &Fields) -> Box<dyn Query> {
        Box::new(ConstScoreQuery::new(self.bare(fields), 0.0))
    }

    fn bare(&self, fields: &Fields) -> Box<dyn Query> {
        match self {
            Self::Is(field, value) => match fields.term(field, value) {
                Some(term) => Box::new(TermQuery::new(term, IndexRecordOption::Basic)),
                None => Box::new(EmptyQuery),
            },
            Self::Between(field, from, to) => {
                let Some(known) = fields.keyword(field) else {
                    return Box::new(EmptyQuery);
                };
                let bound = |value: &Option<String>| {
                    value.as_ref().map(|v| Term::from_field_text(known, v))
                };
                range(bound(from), bound(to))
            }
            Self::Days(from, to) => {
                let bound = |day: &Option<i64>| day.map(|d| Term::from_field_i64(fields.day, d));
                range(bound(from), bound(to))
            }
            Self::Any(any) => {
                // Many values of one field are a set.
                let term = |one: &Filter| match one {
                    Self::Is(field, value) => fields.term(field, value),
                    _ => None,
                };
                let terms: Vec<Term> = any.iter().filter_map(term).collect();
                match any.as_slice() {
                    [] => Box::new(EmptyQuery),
                    [one] => one.bare(fields),
                    _ if terms.len() == any.len() => Box::new(TermSetQuery::new(terms)),
                    _ => Box::new(BooleanQuery::union(
                        any.iter().map(|one| one.bare(fields)).collect(),
                    )),
                }
            }
            Self::All(all) => match all.as_slice() {
                [] => Box::new(AllQuery),
                [one] => one.bare(fields),
                _ => Box::new(BooleanQuery::intersection(
                    all.iter().map(|one| one.bare(fields)).collect(),
                )),
            },
            Self::Not(one) => Box::new(BooleanQuery::new(vec![
                (Occur::Must, Box::new(AllQuery) as Box<dyn Query>),
                (Occur::MustNot, one.bare(fields)),
            ])),
        }
    }
}

fn range(from: Option<Term>, to: Option<Term>) -> Box<dyn Query> {
    // A range with two open ends is everything, even without a value.
    if from.is_none() && to.is_none() {
        return Box::new(AllQuery);
    }
    let bound = |term: Option<Term>| term.map_or(Bound::Unbounded, Bound::Included);
    Box::new(RangeQuery::new(bound(from), bound(to)))
}
