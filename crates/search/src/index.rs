//! The index in a folder: its fields, its one writer, its readers.
//!
//! What a writer commits is there whole or not at all, and with it a note of the caller's: how far it had read.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tantivy::columnar::StrColumn;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::{
    DocSet as _, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, Searcher, TERMINATED,
    TantivyDocument, Term,
};

use crate::analysis;
use crate::document::{Document, digest};
use crate::error::{Error, Result};
use crate::ready::{Ready, Shelf};

/// Changes whenever the fields do, or what they hold.
const FORMAT: u32 = 3;
/// Parts of a record are found by themselves, under its name and this.
pub const PART: char = '#';
/// Least memory that a writer works with.
const LEAST_HEAP: usize = 15_000_000;

/// The fields.
#[derive(Clone, Debug)]
pub(crate) struct Fields {
    pub(crate) name: Field,
    pub(crate) record: Field,
    pub(crate) digest: Field,
    pub(crate) day: Field,
    /// Words as they are written, folded, in all languages.
    pub(crate) folded: Field,
    /// The same of titles.
    pub(crate) title: Field,
    /// The same of texts in languages without a field of their own, so that `stems` and this have every word once.
    pub(crate) plain: Field,
    /// Words without endings, by language.
    pub(crate) stems: Vec<(&'static str, Field)>,
    keywords: Vec<(&'static str, Field)>,
}

impl Fields {
    fn new(keywords: &[&'static str]) -> (Self, Schema) {
        let mut schema = Schema::builder();
        let text = |tokenizer: &str, option| {
            let indexing = TextFieldIndexing::default()
                .set_tokenizer(tokenizer)
                .set_index_option(option);
            TextOptions::default().set_indexing_options(indexing)
        };
        let (positions, frequencies) = (
            IndexRecordOption::WithFreqsAndPositions,
            IndexRecordOption::WithFreqs,
        );
        let raw = TextOptions::default().set_fast("raw");
        let fields = Self {
            name: schema.add_text_field("name", raw),
            record: schema.add_text_field("record", STRING),
            digest: schema.add_u64_field("digest", FAST),
            day: schema.add_i64_field("day", INDEXED | FAST),
            folded: schema.add_text_field("folded", text(analysis::FOLDED, positions)),
            title: schema.add_text_field("title", text(analysis::FOLDED, frequencies)),
            plain: schema.add_text_field("plain", text(analysis::FOLDED, frequencies)),
            stems: analysis::languages()
                .map(|language| {
                    let tokenizer = analysis::tokenizer_name(language);
                    let options = text(tokenizer, frequencies);
                    (language, schema.add_text_field(tokenizer, options))
                })
                .collect(),
            keywords: keywords
                .iter()
                .map(|&field| {
                    let options = STRING.set_fast("raw");
                    (field, schema.add_text_field(&column(field), options))
                })
                .collect(),
        };
        (fields, schema.build())
    }

    /// The field of words without endings of a language (BCP 47), if it has a stemmer.
    pub(crate) fn stem(&self, language: &str) -> Option<Field> {
        let name = analysis::tokenizer_name(language);
        let has = |(known, _): &&(&str, Field)| analysis::tokenizer_name(known) == name;
        self.stems.iter().find(has).map(|(_, field)| *field)
    }

    pub(crate) fn keyword(&self, name: &str) -> Option<Field> {
        let found = self.keywords.iter().find(|(known, _)| *known == name);
        found.map(|(_, field)| *field)
    }

    pub(crate) fn term(&self, keyword: &str, value: &str) -> Option<Term> {
        self.keyword(keyword)
            .map(|field| Term::from_field_text(field, value))
    }
}

/// Where the values of a keyword field are.
pub(crate) fn column(keyword: &str) -> String {
    format!("is_{keyword}")
}

/// What is kept with each commit.
#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    /// Which program made it; another one's index is made again.
    made_by: String,
    /// Whether it holds all that it should.
    complete: bool,
    /// What the caller said of it.
    note: String,
}

/// An index in a folder.
pub struct Index {
    inner: tantivy::Index,
    reader: IndexReader,
    pub(crate) fields: Fields,
    shelf: Shelf,
    made_by: String,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").finish_non_exhaustive()
    }
}

/// What an index of these keyword fields says of who made it.
fn made_by(keywords: &[&'static str]) -> String {
    format!("{FORMAT}/{}/{}", analysis::VERSION, keywords.join(","))
}

impl Index {
    /// A new index in an empty folder.
    pub fn create(folder: &Path, keywords: &[&'static str]) -> Result<Self> {
        let (fields, schema) = Fields::new(keywords);
        let inner = tantivy::Index::builder()
            .schema(schema)
            .settings(IndexSettings::default())
            .create_in_dir(folder)?;
        Self::over(inner, fields, keywords)
    }

    /// The index in a folder, and the note of its last commit. Every file is read once and checked.
    pub fn open(folder: &Path, keywords: &[&'static str]) -> Result<(Self, String)> {
        let unusable = |why: String| Error::Unusable(why);
        let inner = tantivy::Index::open_in_dir(folder)
            .map_err(|error| unusable(format!("it does not open: {error}")))?;
        let metas = inner
            .load_metas()
            .map_err(|error| unusable(format!("it does not open: {error}")))?;
        let payload = metas.payload.as_deref().unwrap_or_default();
        let payload: Payload = serde_json::from_str(payload)
            .map_err(|_| unusable("it was never finished".to_owned()))?;
        if payload.made_by != made_by(keywords) {
            let (theirs, ours) = (payload.made_by, made_by(keywords));
            return Err(unusable(format!(
                "it is of another version ({theirs}, not {ours})"
            )));
        }
        if !payload.complete {
            return Err(unusable("it was never finished".to_owned()));
        }
        let damaged = inner
            .validate_checksum()
            .map_err(|error| unusable(format!("it cannot be read: {error}")))?;
        if let Some(file) = damaged.iter().next() {
            return Err(unusable(format!("{} is damaged", file.display())));
        }
        let (fields, schema) = Fields::new(keywords);
        if inner.schema() != schema {
            return Err(unusable("it has other fields".to_owned()));
        }
        let index = Self::over(inner, fields, keywords)
            .map_err(|error| unusable(format!("it does not open: {error}")))?;
        Ok((index, payload.note))
    }

    fn over(inner: tantivy::Index, fields: Fields, keywords: &[&'static str]) -> Result<Self> {
        analysis::register(inner.tokenizers());
        let reader = inner
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()?;
        Ok(Self {
            inner,
            reader,
            fields,
            shelf: Shelf::default(),
            made_by: made_by(keywords),
        })
    }

    /// The writer; there is one at a time. It works with at most about this many bytes of memory.
    pub fn writer(self: &Arc<Self>, heap: usize) -> Result<Writer> {
        let inner = self
            .inner
            .writer_with_num_threads(1, heap.max(LEAST_HEAP))?;
        Ok(Writer {
            index: self.clone(),
            inner,
        })
    }

    /// How many documents can be found, over all sights.
    pub fn len(&self) -> u64 {
        self.searcher().num_docs()
    }

    /// Whether there is nothing to find.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }

    /// Counts what was committed, since the index was opened.
    pub fn generation(&self) -> u64 {
        self.searcher().generation().generation_id()
    }

    /// What is ready of a searcher's state.
    pub(crate) fn ready(&self, searcher: &Searcher) -> Result<Arc<Ready>> {
        self.shelf.ready(searcher, &self.fields)
    }

    /// The digest of each record that the index has documents of.
    pub fn digests(&self) -> Result<HashMap<String, u64>> {
        let mut digests = HashMap::new();
        let searcher = self.searcher();
        for segment in searcher.segment_readers() {
            let numbers = segment.fast_fields().u64("digest")?;
            let Some(names) = segment.fast_fields().str("name")? else {
                continue;
            };
            let mut name = String::new();
            for doc in segment.doc_ids_alive() {
                name_of(&names, doc, &mut name)?;
                let record = record_of(&name);
                if !digests.contains_key(record) {
                    let number = numbers.first(doc).unwrap_or_default();
                    digests.insert(record.to_owned(), number);
                }
            }
        }
        Ok(digests)
    }

    /// The digest of the documents of a record, if there are any.
    fn digest(&self, searcher: &Searcher, record: &str) -> Result<Option<u64>> {
        let term = Term::from_field_text(self.fields.record, record);
        for segment in searcher.segment_readers() {
            let index = segment.inverted_index(self.fields.record)?;
            let Some(mut postings) = index.read_postings(&term, IndexRecordOption::Basic)? else {
                continue;
            };
            let mut doc = postings.doc();
            while doc != TERMINATED {
                if !segment.is_deleted(doc) {
                    return Ok(segment.fast_fields().u64("digest")?.first(doc));
                }
                doc = postings.advance();
            }
        }
        Ok(None)
    }
}

fn name_of(names: &StrColumn, doc: u32, into: &mut String) -> Result<()> {
    into.clear();
    if let Some(ord) = names.ords().first(doc) {
        names.ord_to_str(ord, into)?;
    }
    Ok(())
}

/// The record of which a document was made.
pub fn record_of(name: &str) -> &str {
    name.split(PART).next().unwrap_or(name)
}

/// Writes into an index. Nothing is seen before [`Writer::commit`].
pub struct Writer {
    index: Arc<Index>,
    inner: IndexWriter,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Writer {
    /// Puts the documents of a record in the place of those that there were at the last commit; says whether
    /// anything changed. Put a record once between two commits.
    pub fn put(&mut self, record: &str, documents: &[Document]) -> Result<bool> {
        let searcher = self.index.searcher();
        let there = self.index.digest(&searcher, record)?;
        let now = (!documents.is_empty()).then(|| digest(documents));
        if there == now {
            return Ok(false);
        }
        if there.is_some() {
            self.remove(record);
        }
        self.add(record, documents)?;
        Ok(true)
    }

    /// Takes the documents of a record away.
    pub fn remove(&mut self, record: &str) {
        let term = Term::from_field_text(self.index.fields.record, record);
        self.inner.delete_term(term);
    }

    /// Adds documents of a record that the index has none of.
    pub fn add(&mut self, record: &str, documents: &[Document]) -> Result<()> {
        let number = digest(documents);
        let fields = &self.index.fields;
        for one in documents {
            let mut row = TantivyDocument::new();
            row.add_text(fields.name, &one.name);
            row.add_text(fields.record, record);
            row.add_u64(fields.digest, number);
            if let Some(day) = one.day {
                row.add_i64(fields.day, day);
            }
            for (field, value) in &one.keywords {
                if let Some(field) = fields.keyword(field) {
                    row.add_text(field, value);
                }
            }
            for text in &one.texts {
                row.add_text(fields.folded, &text.words);
                if text.is_title {
                    row.add_text(fields.title, &text.words);
                }
                let own = fields.stem(&text.language).unwrap_or(fields.plain);
                row.add_text(own, &text.words);
            }
            self.inner.add_document(row)?;
        }
        Ok(())
    }

    /// Makes everything since the last commit durable and seen, with a note. An index that is not `complete` is
    /// not taken up by [`Index::open`].
    pub fn commit(&mut self, note: &str, complete: bool) -> Result<()> {
        let payload = Payload {
            made_by: self.index.made_by.clone(),
            complete,
            note: note.to_owned(),
        };
        let payload = serde_json::to_string(&payload).map_err(std::io::Error::other)?;
        let mut prepared = self.inner.prepare_commit()?;
        prepared.set_payload(&payload);
        prepared.commit()?;
        self.index.reader.reload()?;
        // Now, rather than when somebody waits for an answer.
        self.index.ready(&self.index.searcher())?;
        Ok(())
    }

    /// Waits until nothing is being merged any more, and lets go of the index.
    pub fn finish(self) -> Result<()> {
        self.inner.wait_merging_threads()?;
        Ok(())
    }
}
