//! Which texts answer a question best.
//!
//! In two steps. [`Question::query`] is a query of the index: what matches at all, in a rough order (BM25 over
//! stems, words as written and titles). [`Scorer`] then reads the texts of the best few hundred and puts them in
//! order by what the index alone cannot see: lengths as they are in short texts, how much of the question is
//! answered, words that stand together, words in the very form that was asked, and other words for the same
//! thing ([`concepts`]). [`Question::learn`] widens a question by what its best answers have in common.
//!
//! | module | holds |
//! | --- | --- |
//! | [`question`] | the question's words, and the query that they are |
//! | [`scorer`] | how well one text answers |
//! | [`concepts`] | other words for the same thing, in several languages |

pub mod concepts;
pub mod question;
pub mod scorer;

use tantivy::schema::Field;

pub use self::question::{Lesson, Question};
pub use self::scorer::{Scorer, Text};

/// How many of the index's best are worth reading again: more change little (`crates/bench/EVALUATION.md`) and take
/// longer than the index itself.
pub const CANDIDATES: usize = 50;

/// Where words are in the index.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    /// Words as written, folded, of titles and texts in all languages (`analysis::FOLDED`).
    pub folded: Field,
    /// The same of titles alone, if they are kept apart.
    pub title: Option<Field>,
    /// Words without endings, by language (`analysis::tokenizer_name`).
    pub stems: &'a [(&'static str, Field)],
}

/// How much each thing counts. The default was found on judged sets of several kinds (see the bench's
/// EVALUATION.md); nobody needs to change it.
#[derive(Clone, Copy, Debug)]
pub struct Tuning {
    /// How soon a word that is repeated counts no more (BM25's k1).
    pub k1: f32,
    /// How much longer texts are held back (BM25's b).
    pub b: f32,
    /// A word in a title counts as this many more in the text.
    pub title: f32,
    /// The share of a word's weight that is for its very form, not only its stem.
    pub exact: f32,
    /// How strongly the unanswered part of a question counts against a text; 0: not at all.
    pub coordination: f32,
    /// What two words of the question that stand together add, as a share of the lesser one's weight.
    pub proximity: f32,
    /// What other words for the same thing count, against the words themselves.
    pub concept: f32,
    /// What the words count that were learned from the best answers, all together, against the question's.
    pub learned: f32,
    /// How many of the best answers are learned from.
    pub lessons: usize,
    /// How many words are learned.
    pub learned_words: usize,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            k1: 1.2,
            b: 0.5,
            title: 1.0,
            exact: 0.35,
            coordination: 0.3,
            proximity: 0.3,
            concept: 0.5,
            learned: 0.2,
            lessons: 15,
            learned_words: 20,
        }
    }
}

#[cfg(test)]
mod tests;
