//! Tantivy alone on an index that the gateway made: its own query parser, its own collectors, in this process. An answer
//! has the names of what was found, as it stands in the index; nothing is shown of it.

use std::path::Path;

use anyhow::{Context as _, Result};
use rapporteur_search::analysis;
use tantivy::aggregation::AggregationCollector;
use tantivy::aggregation::agg_req::Aggregations;
use tantivy::collector::{Count, TopDocs};
use tantivy::query::QueryParser;
use tantivy::{DocAddress, Index, Searcher};

use super::{FACETS, the_only_folder};

/// The index, opened.
pub(super) struct Bare {
    searcher: Searcher,
    parser: QueryParser,
    aggregations: Aggregations,
}

impl Bare {
    /// The index in the folder of a gateway.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        let index = Index::open_in_dir(the_only_folder(folder)?)?;
        analysis::register(index.tokenizers());
        let schema = index.schema();
        let fields = [
            schema.get_field("folded")?,
            schema.get_field(analysis::tokenizer_name("en"))?,
        ];
        let mut parser = QueryParser::for_index(&index, fields.into());
        parser.set_conjunction_by_default();
        let terms = |(_, field): (_, &str)| {
            // Enough for every value: what it counts is exact, as what the gateway counts is.
            let terms = serde_json::json!({"terms": {"field": format!("is_{field}"), "size": 10_000, "segment_size": 10_000}});
            (field.to_owned(), terms)
        };
        let aggregations: serde_json::Map<_, _> = FACETS.into_iter().map(terms).collect();
        Ok(Self {
            searcher: index.reader()?.searcher(),
            parser,
            aggregations: serde_json::from_value(aggregations.into())?,
        })
    }

    /// How many there are, when the best `hits`, their names, and the counts were found too.
    pub(super) fn search(&self, query: &str, hits: usize, facets: bool) -> Result<usize> {
        let query = self.parser.parse_query(query)?;
        let top = TopDocs::with_limit(hits).order_by_score();
        let (total, found) = if facets {
            let counts =
                AggregationCollector::from_aggs(self.aggregations.clone(), Default::default());
            let (found, total, counts) = self.searcher.search(&query, &(top, Count, counts))?;
            std::hint::black_box(counts);
            (total, found)
        } else {
            let (found, total) = self.searcher.search(&query, &(top, Count))?;
            (total, found)
        };
        for (_, address) in found {
            std::hint::black_box(self.name(address)?);
        }
        Ok(total)
    }

    fn name(&self, address: DocAddress) -> Result<String> {
        let segment = self.searcher.segment_reader(address.segment_ord);
        let names = segment.fast_fields().str("name")?;
        let names = names.context("the index has no names")?;
        let number = names.ords().first(address.doc_id);
        let mut name = String::new();
        names.ord_to_str(number.context("a document has no name")?, &mut name)?;
        Ok(name)
    }
}
