//! One question to an index, and its answer.
//!
//! By relevance, the index gives a rough order; the texts of the best of it are read again and put in order by what
//! the index alone cannot see ([`crate::rank`]). They are the head; what comes after stands as the index has it.

use tantivy::Searcher;
use tantivy::query::{AllQuery, BooleanQuery, Occur, Query as Asking};

use crate::error::Result;
use crate::facet::{Counts, Facets};
use crate::filter::Filter;
use crate::head::{Cursor, Head};
use crate::highlight::Marks;
use crate::index::Index;
use crate::page::{Best, Order, Place, Top};
use crate::query::Query;
use crate::rank::Text;
use crate::statistics::{Figures, Statistics};
use crate::terms::{Guess, Match, Terms};

/// Shows the texts of documents, one after the other as they are named; none of what is not at hand.
pub type Texts<'a> = dyn Fn(&[&str], &mut dyn FnMut(&[Text])) + 'a;

/// A question.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// The words and filters as they were written.
    pub query: &'a Query,
    /// More filters, by field; each has to hold.
    pub filters: &'a [(&'static str, Filter)],
    /// What may be seen at all. It is part of every count.
    pub sight: &'a Filter,
    /// Languages of which the words may be, for the words that say nothing.
    pub languages: &'a [String],
    /// Fields of which the values are counted. Filters on a field do not count for its own facet, so that the
    /// other values that could be chosen are still there; those of all other fields do.
    pub facets: &'a [&'static str],
    /// In which order.
    pub order: Order,
    /// Most documents.
    pub size: usize,
    /// After which place, with the figures of the first page.
    pub after: Option<&'a Cursor>,
    /// The texts of documents, to put the best in order by them; without it the rough order stands.
    pub texts: Option<&'a Texts<'a>>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The documents of the page, in order.
    pub places: Vec<Place>,
    /// Whether there are more after them.
    pub has_more: bool,
    /// How many there are on all pages.
    pub total: u64,
    /// The counts of each facet that was asked for.
    pub facets: Vec<Counts>,
    /// What to mark in the texts.
    pub marks: Marks,
    /// Words that no text has, and what they were read as.
    pub guesses: Vec<Guess>,
    /// Whether every word had to match; some do where nothing has them all.
    pub matching: Match,
    figures: Figures,
    /// Where the head ends in the rough order, when there is one.
    boundary: Option<Place>,
    /// How many of the places are in the head.
    in_head: usize,
}

impl Answer {
    /// The cursor of a page that begins after one of its places, by number.
    pub fn after(&self, number: usize) -> Option<Cursor> {
        let place = self.places.get(number)?.clone();
        Some(Cursor {
            place,
            boundary: self.boundary.clone(),
            in_head: number < self.in_head,
            matching: self.matching,
            figures: self.figures.clone(),
        })
    }
}

impl Index {
    /// Answers a question.
    pub fn ask(&self, ask: &Ask<'_>) -> Result<Answer> {
        let matching = ask.after.map_or(Match::Every, |after| after.matching);
        let answer = self.ask_for(ask, matching)?;
        // Somebody who wrote five words is better served by four of them than by nothing.
        if answer.total == 0 && ask.after.is_none() && ask.query.nodes.len() > 1 {
            let some = self.ask_for(ask, Match::Some)?;
            if some.total > 0 {
                return Ok(some);
            }
        }
        Ok(answer)
    }

    fn ask_for(&self, ask: &Ask<'_>, matching: Match) -> Result<Answer> {
        let searcher = self.searcher();
        let ready = self.ready(&searcher)?;
        let statistics = Statistics::new(&searcher, ask.after.map(|after| &after.figures));
        let mut terms = Terms {
            fields: &self.fields,
            searcher: &searcher,
            statistics: &statistics,
            spoken: &ready.spoken,
            languages: ask.languages,
            matching,
            marks: Marks::default(),
            guesses: Vec::new(),
        };
        let words = terms.query(ask.query)?;
        let Terms { marks, guesses, .. } = terms;
        let found = Found {
            index: self,
            ask,
            words,
            is_open: self.is_open(&searcher, ask.sight)?,
        };
        let head = Head::of(ask, &self.fields, &ready.spoken);
        let rough = Top {
            ready: &ready,
            size: head
                .as_ref()
                .map_or(ask.size + 1, |head| head.wanted(ask.size)),
            order: ask.order,
            after: match &head {
                Some(_) => None,
                None => ask.after.map(|after| &after.place),
            },
        };
        let (best, facets) = found.collect(&searcher, rough, &statistics)?;
        let total = best.total;
        let (mut places, boundary, in_head) = match &head {
            None => {
                let boundary = ask.after.and_then(|after| after.boundary.clone());
                (best.places, boundary, 0)
            }
            Some(head) => {
                let sorted = head.sort(best.places, &searcher, &statistics)?;
                let mut places = sorted.places;
                let in_head = places.len();
                match sorted.tail {
                    Some(tail) => places.extend(tail),
                    None if in_head <= ask.size => {
                        let tail = Top {
                            ready: &ready,
                            size: ask.size + 1 - in_head,
                            order: ask.order,
                            after: sorted.boundary.as_ref(),
                        };
                        let query = found.query(None);
                        let more: Best =
                            searcher.search_with_statistics_provider(&query, &tail, &statistics)?;
                        places.extend(more.places);
                    }
                    None => {}
                }
                (places, sorted.boundary, in_head)
            }
        };
        let has_more = places.len() > ask.size;
        places.truncate(ask.size);
        Ok(Answer {
            in_head: in_head.min(places.len()),
            places,
            has_more,
            total,
            facets,
            marks,
            guesses,
            matching,
            figures: statistics.into_figures(),
            boundary,
        })
    }

    /// Whether every document meets a condition, so that none has to be looked at for it.
    fn is_open(&self, searcher: &Searcher, sight: &Filter) -> Result<bool> {
        let Filter::Is(field, value) = sight else {
            return Ok(false);
        };
        let Some(term) = self.fields.term(field, value) else {
            return Ok(false);
        };
        let all: u32 = searcher.segment_readers().iter().map(|s| s.max_doc()).sum();
        Ok(searcher.doc_freq(&term)? == u64::from(all))
    }
}

/// What matches a question.
struct Found<'a> {
    index: &'a Index,
    ask: &'a Ask<'a>,
    words: Option<Box<dyn Asking>>,
    /// Whether the reader sees every document.
    is_open: bool,
}

impl Found<'_> {
    fn filters(&self) -> impl Iterator<Item = &(&'static str, Filter)> {
        self.ask.query.filters.iter().chain(self.ask.filters)
    }

    /// All of it, or all but the filters on one field.
    fn query(&self, without: Option<&str>) -> BooleanQuery {
        let fields = &self.index.fields;
        let mut all: Vec<(Occur, Box<dyn Asking>)> = Vec::new();
        if !self.is_open {
            all.push((Occur::Must, self.ask.sight.query(fields)));
        }
        let kept = self.filters().filter(|(of, _)| Some(*of) != without);
        all.extend(kept.map(|(_, filter)| (Occur::Must, filter.query(fields))));
        let words = self.words.as_ref().map(|words| words.box_clone());
        all.push((Occur::Must, words.unwrap_or_else(|| Box::new(AllQuery))));
        BooleanQuery::new(all)
    }

    /// The best of it, and the counts of all facets.
    fn collect(
        &self,
        searcher: &Searcher,
        top: Top<'_>,
        statistics: &Statistics<'_>,
    ) -> Result<(Best, Vec<Counts>)> {
        let has_own = |field: &str| self.filters().any(|(of, _)| *of == field);
        let facets = self.ask.facets.iter().copied();
        let shared: Vec<&'static str> = facets.filter(|field| !has_own(field)).collect();
        let ready = top.ready;
        let collector = (
            top,
            Facets {
                ready,
                fields: &shared,
            },
        );
        let (best, counts) =
            searcher.search_with_statistics_provider(&self.query(None), &collector, statistics)?;
        let mut counts = counts.into_iter();
        let mut all = Vec::with_capacity(self.ask.facets.len());
        for field in self.ask.facets {
            let counted = if has_own(field) {
                let one = Facets {
                    ready,
                    fields: std::slice::from_ref(field),
                };
                searcher.search(&self.query(Some(field)), &one)?.pop()
            } else {
                counts.next()
            };
            all.push(counted.unwrap_or_default());
        }
        Ok((best, all))
    }
}

#[cfg(test)]
mod tests;
