//! Our ranking, over an index in memory, and our likeness.

use std::collections::{HashMap, HashSet};

use tantivy::collector::TopDocs;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::{Index, Searcher, TantivyDocument, Term};

use super::judged::{Pair, Text};
use crate::analysis::{self, reading::Readings};
use crate::rank::{self, CANDIDATES, Fields, Lesson, Question, Scorer, Tuning, scorer};
use crate::similar::Likeness;

/// Memory of the writer.
const HEAP: usize = 64_000_000;

/// A corpus that can be searched.
#[derive(Debug)]
pub struct Ranking<'a> {
    corpus: &'a [Text],
    /// The language of each text, as said or as guessed.
    languages: Vec<&'static str>,
    all_languages: Vec<&'static str>,
    searcher: Searcher,
    folded: Field,
    title: Field,
    stems: Vec<(&'static str, Field)>,
    tuning: Tuning,
    readings: Readings,
}

impl<'a> Ranking<'a> {
    /// Indexes a corpus. A text whose language the file does not say is guessed; if it is too short for that, it
    /// is taken to be in the language of most.
    ///
    /// # Errors
    /// When the index cannot be made.
    pub fn new(corpus: &'a [Text], tuning: Tuning) -> tantivy::Result<Self> {
        let languages = languages(corpus);
        let mut all_languages: Vec<&'static str> = languages
            .iter()
            .copied()
            .filter(|language| !language.is_empty())
            .collect();
        all_languages.sort_unstable();
        all_languages.dedup();
        let mut schema = Schema::builder();
        let text = |tokenizer: &str| {
            let indexing = TextFieldIndexing::default()
                .set_tokenizer(tokenizer)
                .set_index_option(IndexRecordOption::WithFreqs);
            TextOptions::default().set_indexing_options(indexing)
        };
        let place = schema.add_u64_field("place", FAST | INDEXED);
        let folded = schema.add_text_field("folded", text(analysis::FOLDED));
        let title = schema.add_text_field("title", text(analysis::FOLDED));
        let stems: Vec<(&'static str, Field)> = all_languages
            .iter()
            .map(|language| {
                let tokenizer = analysis::tokenizer_name(language);
                (*language, schema.add_text_field(tokenizer, text(tokenizer)))
            })
            .collect();
        let index = Index::create_in_ram(schema.build());
        analysis::register(index.tokenizers());
        let mut writer = index.writer_with_num_threads(1, HEAP)?;
        for (number, (one, language)) in corpus.iter().zip(&languages).enumerate() {
            let mut document = TantivyDocument::new();
            document.add_u64(place, number as u64);
            let whole = one.whole();
            document.add_text(folded, &whole);
            document.add_text(title, &one.title);
            if let Some((_, field)) = stems.iter().find(|(known, _)| known == language) {
                document.add_text(*field, &whole);
            }
            writer.add_document(document)?;
        }
        writer.commit()?;
        let searcher = index.reader()?.searcher();
        Ok(Self {
            corpus,
            languages,
            all_languages,
            searcher,
            folded,
            title,
            stems,
            tuning,
            readings: Readings::default(),
        })
    }

    fn fields(&self) -> Fields<'_> {
        Fields {
            folded: self.folded,
            title: Some(self.title),
            stems: &self.stems,
        }
    }

    /// The places of the best documents in the corpus.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn rank(&self, query: &Text, depth: usize) -> tantivy::Result<Vec<usize>> {
        let question = Question::new(
            &query.whole(),
            &query.language,
            &self.all_languages,
            self.tuning,
        );
        let (mut ranked, scorer) = self.answers(&question, depth)?;
        if self.tuning.learned > 0.0 && self.tuning.lessons > 0 {
            let best: Vec<(f32, Vec<Lesson<'_>>)> = ranked
                .iter()
                .take(self.tuning.lessons)
                .map(|(place, score)| (*score, self.lessons(*place)))
                .collect();
            let rarity = |language: &'static str, stem: &str| {
                let field = self
                    .stems
                    .iter()
                    .find(|(known, _)| *known == language)
                    .map(|(_, field)| *field);
                let found = field.map_or(Ok(0), |field| {
                    self.searcher.doc_freq(&Term::from_field_text(field, stem))
                });
                scorer::idf(self.corpus.len() as u64, found.unwrap_or_default())
            };
            let wider = question.learn(&scorer, &best, rarity);
            ranked = self.answers(&wider, depth)?.0;
        }
        Ok(ranked.into_iter().map(|(place, _)| place).collect())
    }

    /// The best documents with their scores: the first ones in the scorer's order, the others as the index has them.
    fn answers(
        &self,
        question: &Question,
        depth: usize,
    ) -> tantivy::Result<(Vec<(usize, f32)>, Scorer)> {
        let fields = self.fields();
        let scorer = question.scorer(&self.searcher, &self.searcher, &fields)?;
        let query = question.query(&self.searcher, &fields)?;
        let rough = self
            .searcher
            .search(&query, &TopDocs::with_limit(depth.max(1)).order_by_score())?;
        let mut places = Vec::with_capacity(rough.len());
        for (score, address) in rough {
            let column = self
                .searcher
                .segment_reader(address.segment_ord)
                .fast_fields()
                .u64("place")?;
            let place = column.first(address.doc_id).unwrap_or_default();
            places.push((usize::try_from(place).unwrap_or_default(), score));
        }
        let again = places.len().min(CANDIDATES);
        let (first, rest) = places.split_at_mut(again);
        for (place, score) in first.iter_mut() {
            *score = scorer.score(&self.texts(*place));
        }
        first.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        for (_, score) in rest {
            *score = 0.0;
        }
        Ok((places, scorer))
    }

    /// The title, if it has one, and the text.
    fn parts(&self, place: usize) -> impl Iterator<Item = (&str, bool)> {
        let one = &self.corpus[place];
        let parts = [(one.title.as_str(), true), (one.text.as_str(), false)];
        parts.into_iter().filter(|(words, _)| !words.is_empty())
    }

    fn texts(&self, place: usize) -> Vec<rank::Text> {
        let text = |(words, is_title)| rank::Text {
            reading: self.readings.of(words, self.languages[place]),
            is_title,
        };
        self.parts(place).map(text).collect()
    }

    fn lessons(&self, place: usize) -> Vec<Lesson<'_>> {
        let language = self.languages[place];
        let lesson = |(words, _)| Lesson { words, language };
        self.parts(place).map(lesson).collect()
    }
}

/// The language of each text, as said or as guessed.
fn languages(corpus: &[Text]) -> Vec<&'static str> {
    let known = |tag: &str| {
        let name = analysis::tokenizer_name(tag);
        (name != analysis::FOLDED)
            .then(|| analysis::languages().find(|known| analysis::tokenizer_name(known) == name))
            .flatten()
    };
    let guessed: Vec<Option<&'static str>> = corpus
        .iter()
        .map(|text| {
            if text.language.is_empty() {
                analysis::guess(&text.whole())
            } else {
                Some(known(&text.language).unwrap_or(""))
            }
        })
        .collect();
    let mut times: HashMap<&'static str, usize> = HashMap::new();
    for language in guessed.iter().flatten() {
        *times.entry(language).or_default() += 1;
    }
    let most = times
        .iter()
        .max_by_key(|(language, times)| (**times, **language))
        .map_or("en", |(language, _)| *language);
    // A handful of texts in a language that nobody named are short ones, guessed wrongly.
    let few = corpus.len() / 50;
    let trusted: HashSet<&str> = times
        .iter()
        .filter(|(_, times)| **times > few)
        .map(|(language, _)| *language)
        .collect();
    let settle = |(text, guess): (&Text, Option<&'static str>)| match guess {
        Some(language) if !text.language.is_empty() || trusted.contains(language) => language,
        _ => most,
    };
    corpus.iter().zip(guessed).map(settle).collect()
}

/// How alike the texts of each pair are.
pub fn likenesses(pairs: &[Pair], corpus: &[Text]) -> Vec<f64> {
    let mut likeness = Likeness::default();
    let of = |pair: &Pair| {
        [&pair.a, &pair.b].map(|text| Text {
            text: text.clone(),
            language: pair.language.clone(),
            ..Text::default()
        })
    };
    let texts: Vec<Text> = pairs.iter().flat_map(of).collect();
    let languages = languages(&texts);
    for (text, language) in texts.iter().zip(&languages) {
        likeness.learn(&text.text, language);
    }
    for text in corpus {
        likeness.learn(&text.whole(), &text.language);
    }
    pairs
        .iter()
        .enumerate()
        .map(|(place, pair)| {
            let (a, b) = (languages[2 * place], languages[2 * place + 1]);
            f64::from(likeness.compare((&pair.a, a), (&pair.b, b)).score)
        })
        .collect()
}
