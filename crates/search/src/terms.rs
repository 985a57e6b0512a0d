//! A query as the index understands it: which terms, in which fields, and what is required of them.
//!
//! A word is found in the form in which it is written, and without its endings in each language that has such a
//! word. A word that no text has is read as the words that differ from it by a slip or two.

use tantivy::query::{
    AllQuery, Bm25StatisticsProvider as _, BooleanQuery, BoostQuery, ConstScoreQuery,
    DisjunctionMaxQuery, EmptyQuery, FuzzyTermQuery, Occur, PhraseQuery, Query as Found, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};

use crate::analysis::{Analysis, Word, prefixes, stop_word};
use crate::error::Result;
use crate::highlight::Marks;
use crate::index::Fields;
use crate::near::nearly;
use crate::query::{Node, Query};
use crate::statistics::Statistics;

/// What a word adds that is in the title, and in the very form that was written, to what it counts in any form.
const TITLE: f32 = 0.35;
const AS_WRITTEN: f32 = 0.35;
/// A word that was guessed counts less.
const GUESS: f32 = 0.5;
/// What matches in several forms counts a little more than what matches in one.
const TIE_BREAKER: f32 = 0.2;
/// Most words that one misspelt word is read as.
const MOST_GUESSES: usize = 8;
/// Words shorter than this are not guessed; longer ones may have two slips.
const LEAST_GUESSED: usize = 4;
const TWO_SLIPS: usize = 8;

/// A word that no text has, and what it was read as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guess {
    /// As it was written.
    pub written: String,
    /// As it was read; nothing when there is nothing like it.
    pub read_as: Vec<String>,
}

/// How much has to match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// Every word, but for those that say nothing.
    Every,
    /// Any word.
    Some,
}

/// Makes the query of the index of a query that was read.
pub(crate) struct Terms<'a> {
    pub(crate) fields: &'a Fields,
    pub(crate) searcher: &'a Searcher,
    pub(crate) statistics: &'a Statistics<'a>,
    /// The fields of the languages that some text is in.
    pub(crate) spoken: &'a [(&'static str, Field)],
    /// Languages of which the words may be.
    pub(crate) languages: &'a [String],
    pub(crate) matching: Match,
    /// What to mark in the texts.
    pub(crate) marks: Marks,
    /// What was guessed.
    pub(crate) guesses: Vec<Guess>,
}

type Boxed = Box<dyn Found>;

impl Terms<'_> {
    /// The query of the words; none when nothing is said of words. Filters of the whole are not in it.
    pub(crate) fn query(&mut self, query: &Query) -> Result<Option<Boxed>> {
        self.all(&query.nodes)
    }

    fn node(&mut self, node: &Node) -> Result<Option<Boxed>> {
        Ok(match node {
            Node::Word(word) => self.word(word)?,
            Node::Beginning(word) => self.beginning(word),
            Node::Phrase(words) => self.phrase(words)?,
            Node::Tag(tag, filter) => {
                let words = self.word(&format!("#{tag}"))?;
                let theme = filter.as_ref().map(|filter| filter.query(self.fields));
                union(words.into_iter().chain(theme).collect())
            }
            Node::Filter(filter) => Some(filter.query(self.fields)),
            Node::Not(node) => {
                let marks = self.marks.clone();
                let inner = self.strictly(node)?;
                // What must not be there is not marked.
                self.marks = marks;
                inner.map(|inner| {
                    Box::new(BooleanQuery::new(vec![
                        (Occur::Must, nothing_said()),
                        (Occur::MustNot, inner),
                    ])) as Boxed
                })
            }
            Node::All(nodes) => self.all(nodes)?,
            Node::Any(nodes) => {
                let mut ways = Vec::new();
                for node in nodes {
                    ways.extend(self.node(node)?);
                }
                union(ways)
            }
        })
    }

    /// What is excluded has to match as it is written.
    fn strictly(&mut self, node: &Node) -> Result<Option<Boxed>> {
        let matching = std::mem::replace(&mut self.matching, Match::Every);
        let inner = self.node(node);
        self.matching = matching;
        inner
    }

    fn all(&mut self, nodes: &[Node]) -> Result<Option<Boxed>> {
        let mut required: Vec<(Occur, Boxed)> = Vec::new();
        let mut words: Vec<(Boxed, bool)> = Vec::new();
        for node in nodes {
            let Some(query) = self.node(node)? else {
                continue;
            };
            match node {
                Node::Filter(_) | Node::Not(_) => required.push((Occur::Must, query)),
                Node::Word(word) => words.push((query, self.says_nothing(word))),
                _ => words.push((query, false)),
            }
        }
        // Words that say nothing count where nothing else is said.
        let any_speaks = words.iter().any(|(_, silent)| !silent);
        match self.matching {
            Match::Every => {
                for (query, silent) in words {
                    let occur = if silent && any_speaks {
                        Occur::Should
                    } else {
                        Occur::Must
                    };
                    required.push((occur, query));
                }
            }
            Match::Some => {
                let mut speaking: Vec<Boxed> = Vec::new();
                for (query, silent) in words {
                    if silent && any_speaks {
                        required.push((Occur::Should, query));
                    } else {
                        speaking.push(query);
                    }
                }
                required.extend(union(speaking).map(|any| (Occur::Must, any)));
            }
        }
        Ok(match required.len() {
            0 => None,
            1 if required[0].0 == Occur::Must => required.pop().map(|(_, one)| one),
            _ => Some(Box::new(BooleanQuery::new(required))),
        })
    }

    fn says_nothing(&self, word: &str) -> bool {
        let words = Analysis::of("").words(word);
        let silent = |word: &Word| {
            let mut languages = self.languages.iter();
            languages.any(|language| stop_word(language, &word.folded))
        };
        !words.is_empty() && words.iter().all(silent)
    }

    /// One written word. It may fall into several, which all have to be there, or stand there as one.
    fn word(&mut self, written: &str) -> Result<Option<Boxed>> {
        let pieces = Analysis::of("").words(written);
        let mut whole = Vec::new();
        let mut parts = Vec::new();
        for (place, piece) in pieces.iter().enumerate() {
            let forms = self.forms(written, place, piece)?;
            if piece.whole {
                whole.extend(forms);
            } else if let Some(forms) = forms {
                parts.push(forms);
            } else {
                parts.push(self.guess(&piece.folded)?);
            }
        }
        let together = match parts.len() {
            0 => None,
            1 => parts.pop(),
            _ => Some(Box::new(BooleanQuery::intersection(parts)) as Boxed),
        };
        Ok(best(whole.into_iter().chain(together).collect()))
    }

    /// A piece of a word in every form that some text has. A text has it where its language's field does; that it
    /// is in the title, or in the very form, is looked up for the texts that match alone.
    fn forms(&mut self, written: &str, place: usize, piece: &Word) -> Result<Option<Boxed>> {
        let mut forms: Vec<Boxed> = Vec::new();
        let plain = self.term(self.fields.plain, &piece.folded);
        if self.is_there(&plain)? {
            forms.push(scored(&plain, 1.0));
        }
        for (language, field) in self.spoken {
            // Every language splits words in the same places.
            let words = Analysis::of(language).words(written);
            let Some(word) = words.get(place) else {
                continue;
            };
            let stem = self.term(*field, &word.stem);
            if self.is_there(&stem)? {
                forms.push(scored(&stem, 1.0));
                self.marks.stem(language, &word.stem);
            }
        }
        let Some(mut found) = best(forms) else {
            return Ok(None);
        };
        self.marks.fold(&piece.folded);
        for (field, weight) in [(self.fields.folded, AS_WRITTEN), (self.fields.title, TITLE)] {
            let term = self.term(field, &piece.folded);
            if self.is_there(&term)? {
                // One by one: a union of them would be read from end to end.
                found = Box::new(BooleanQuery::new(vec![
                    (Occur::Must, found),
                    (Occur::Should, scored(&term, weight)),
                ]));
            }
        }
        Ok(Some(found))
    }

    fn term(&self, field: Field, text: &str) -> Term {
        Term::from_field_text(field, text)
    }

    fn is_there(&self, term: &Term) -> Result<bool> {
        // Asked of the figures: whoever scores asks again.
        Ok(self.statistics.doc_freq(term)? > 0)
    }

    fn beginning(&mut self, written: &str) -> Option<Boxed> {
        let mut ways: Vec<Boxed> = Vec::new();
        for prefix in prefixes(written) {
            let term = self.term(self.fields.folded, &prefix);
            ways.push(Box::new(FuzzyTermQuery::new_prefix(term, 0, false)));
            self.marks.beginning(&prefix);
        }
        union(ways)
    }

    fn phrase(&mut self, words: &str) -> Result<Option<Boxed>> {
        let pieces = Analysis::of("").words(words);
        let parts: Vec<&Word> = pieces.iter().filter(|piece| !piece.whole).collect();
        for part in &parts {
            self.marks.fold(&part.folded);
        }
        let term = |part: &&Word| {
            let term = self.term(self.fields.folded, &part.folded);
            (part.position, term)
        };
        let terms: Vec<(usize, Term)> = parts.iter().map(term).collect();
        Ok(match terms.as_slice() {
            [] => None,
            [(_, one)] => Some(scored(one, 1.0)),
            [(first, _), rest @ ..] if rest.iter().any(|(place, _)| place != first) => {
                Some(Box::new(PhraseQuery::new_with_offset(terms)))
            }
            // All at one place: a phrase query takes several places.
            all => Some(Box::new(BooleanQuery::intersection(
                all.iter().map(|(_, term)| scored(term, 1.0)).collect(),
            ))),
        })
    }

    /// What a word that no text has may mean.
    fn guess(&mut self, word: &str) -> Result<Boxed> {
        let letters = word.chars().count();
        let mut read_as = Vec::new();
        if letters >= LEAST_GUESSED && word.chars().all(char::is_alphabetic) {
            let most = if letters >= TWO_SLIPS { 2 } else { 1 };
            for slips in 1..=most {
                read_as = self.near(word, slips)?;
                if !read_as.is_empty() {
                    break;
                }
            }
        }
        let mut ways: Vec<Boxed> = Vec::new();
        for near in &read_as {
            let term = self.term(self.fields.folded, near);
            ways.push(scored(&term, GUESS));
            self.marks.fold(near);
        }
        let guess = Guess {
            written: word.to_owned(),
            read_as,
        };
        if !self.guesses.contains(&guess) {
            self.guesses.push(guess);
        }
        Ok(best(ways).unwrap_or_else(|| Box::new(EmptyQuery)))
    }

    /// The most frequent words so many slips away.
    fn near(&self, word: &str, slips: u8) -> Result<Vec<String>> {
        let found = nearly(self.searcher, self.fields.folded, word, slips)?;
        let mut found: Vec<(String, u64)> = found.into_iter().collect();
        found.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        found.truncate(MOST_GUESSES);
        Ok(found.into_iter().map(|(near, _)| near).collect())
    }
}

fn scored(term: &Term, weight: f32) -> Boxed {
    let query = TermQuery::new(term.clone(), IndexRecordOption::WithFreqs);
    Box::new(BoostQuery::new(Box::new(query), weight))
}

/// Everything, without a score.
fn nothing_said() -> Boxed {
    Box::new(ConstScoreQuery::new(Box::new(AllQuery), 0.0))
}

fn union(mut ways: Vec<Boxed>) -> Option<Boxed> {
    match ways.len() {
        0 | 1 => ways.pop(),
        _ => Some(Box::new(BooleanQuery::union(ways))),
    }
}

/// One of these; the best one counts.
fn best(mut ways: Vec<Boxed>) -> Option<Boxed> {
    match ways.len() {
        0 | 1 => ways.pop(),
        _ => Some(Box::new(DisjunctionMaxQuery::with_tie_breaker(
            ways,
            TIE_BREAKER,
        ))),
    }
}
