//! A request, read.

use rapporteur_proto::gateway::v1::{SearchField, SearchOrder, SearchRequest};
use rapporteur_records::words::date::ordinal;
use rapporteur_records::{Error, Result, Sight, Violations};
use rapporteur_search::ask::Texts;
use rapporteur_search::query::parse;
use rapporteur_search::{Ask, Cursor, Filter, Index, Order, Query, Vocabulary};

use super::field::{
    DIALOGUE, IMPLEMENTATION, KIND, LANGUAGE, NODE, PARTY, RESPONSE, STATE, THEME, YEAR,
};
use super::lens::seen;
use super::words::{Words, of};
use crate::model::Model;

/// Most values of one list of a request.
const MOST_VALUES: usize = 100;
/// Values of a facet, when nobody says how many, and at most.
const FACET_SIZE: usize = 20;
const MOST_FACET_VALUES: usize = 1_000;
/// Languages of which the words of a query may be; those of the record's house, and that of the caller.
const LANGUAGES: [&str; 5] = ["en", "fr", "ar", "pt", "es"];

/// A search whose form is right.
#[derive(Clone, Debug)]
pub struct SearchQuestion {
    query: Query,
    filters: Vec<(&'static str, Filter)>,
    sight: Sight,
    pub(crate) facets: Vec<SearchField>,
    pub(crate) facet_size: usize,
    pub(crate) order: Order,
    /// In which texts are shown; may be empty.
    pub(crate) language: String,
    languages: Vec<String>,
}

impl SearchQuestion {
    /// Reads a request; every wrong field is named. `model` says what parties and nodes are called.
    pub fn read(request: &SearchRequest, model: &Model, sight: &Sight) -> Result<Self> {
        let mut wrong = Violations::default();
        let words = Words { model };
        let query = parse(&request.query, &words).unwrap_or_else(|error| {
            wrong.add("query", error);
            Query::default()
        });
        let mut filters = Vec::new();
        for (at, field, values) in [
            ("dialogues", DIALOGUE, &request.dialogues),
            ("themes", THEME, &request.themes),
            ("kinds", KIND, &request.kinds),
            ("states", STATE, &request.states),
            ("parties", PARTY, &request.parties),
            ("years", YEAR, &request.years),
            ("plan_nodes", NODE, &request.plan_nodes),
            ("languages", LANGUAGE, &request.languages),
            ("responses", RESPONSE, &request.responses),
            ("implementations", IMPLEMENTATION, &request.implementations),
        ] {
            if values.len() > MOST_VALUES {
                let count = values.len();
                wrong.add(
                    at,
                    format_args!("has {count} values; at most {MOST_VALUES} are taken"),
                );
                continue;
            }
            let mut any = Vec::new();
            for (place, value) in values.iter().enumerate() {
                match words.filter(field, value) {
                    Some(Ok((_, filter))) if !value.is_empty() => any.push(filter),
                    Some(Err(error)) => wrong.add(format_args!("{at}[{place}]"), error),
                    _ => wrong.add(format_args!("{at}[{place}]"), "is empty"),
                }
            }
            if !any.is_empty() {
                filters.push((field, Filter::Any(any)));
            }
        }
        let from = wrong.day("from", &request.from).map(ordinal);
        let to = wrong.day("to", &request.to).map(ordinal);
        if from.is_some() || to.is_some() {
            filters.push(("", Filter::Days(from, to)));
        }
        wrong.choices::<SearchField>("facets", &request.facets);
        wrong.choice::<SearchOrder>("order", request.order, true);
        if !request.language.is_empty() {
            wrong.language("language", &request.language);
        }
        let facet_size = match usize::try_from(request.facet_size) {
            Ok(0) => FACET_SIZE,
            Ok(size) => size.min(MOST_FACET_VALUES),
            Err(_) => {
                wrong.add(
                    "facet_size",
                    format_args!("{} is negative", request.facet_size),
                );
                0
            }
        };
        wrong.done()?;
        let mut facets: Vec<SearchField> = Vec::new();
        for facet in request.facets() {
            if !facets.contains(&facet) {
                facets.push(facet);
            }
        }
        let order = match request.order() {
            SearchOrder::Relevance => Order::Relevance,
            SearchOrder::Unspecified if query.is_wordless() => Order::Latest,
            SearchOrder::Unspecified => Order::Relevance,
            SearchOrder::Latest => Order::Latest,
            SearchOrder::Earliest => Order::Earliest,
        };
        let own = Some(request.language.as_str()).filter(|own| !own.is_empty());
        let languages = LANGUAGES.into_iter().chain(own).map(str::to_owned);
        Ok(Self {
            query,
            filters,
            sight: sight.clone(),
            facets,
            facet_size,
            order,
            language: request.language.clone(),
            languages: languages.collect(),
        })
    }

    /// Asks an index; `after` is the key in a page token, empty for the first page.
    /// `texts` gives the texts of documents, to put the best in order.
    pub(crate) fn ask(
        &self,
        index: &Index,
        size: usize,
        after: &[u8],
        texts: &Texts<'_>,
    ) -> Result<rapporteur_search::Answer> {
        let after = match after {
            [] => None,
            key => Some(
                Cursor::decode(key)
                    .map_err(|error| Error::invalid("page_token", error.to_string()))?,
            ),
        };
        let facets: Vec<&'static str> = self.facets.iter().filter_map(|field| of(*field)).collect();
        let ask = Ask {
            query: &self.query,
            filters: &self.filters,
            sight: &seen(&self.sight),
            languages: &self.languages,
            facets: &facets,
            order: self.order,
            size,
            after: after.as_ref(),
            texts: Some(texts),
        };
        index.ask(&ask).map_err(|error| match error {
            rapporteur_search::Error::Query(why) => Error::invalid("query", why),
            other => Error::Internal(other.to_string()),
        })
    }

    /// Whose question it is.
    pub(crate) fn sight(&self) -> &Sight {
        &self.sight
    }
}
