//! The same words as a tokenizer of the index.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::{Analysis, Word};

/// Which form of a word is indexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Without its endings.
    Stem,
    /// As written, folded.
    Folded,
}

/// Words of one language in one form.
#[derive(Clone, Copy, Debug)]
pub struct WordTokenizer {
    analysis: Analysis,
    form: Form,
}

impl WordTokenizer {
    /// Words as `analysis` reads them, in that form.
    pub fn new(analysis: Analysis, form: Form) -> Self {
        Self { analysis, form }
    }
}

impl Tokenizer for WordTokenizer {
    type TokenStream<'a> = Words;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Words {
        Words {
            words: self.analysis.words(text).into_iter(),
            form: self.form,
            token: Token::default(),
        }
    }
}

/// The words of one text, as tokens.
#[derive(Debug)]
pub struct Words {
    words: std::vec::IntoIter<Word>,
    form: Form,
    token: Token,
}

impl TokenStream for Words {
    fn advance(&mut self) -> bool {
        let Some(word) = self.words.next() else {
            return false;
        };
        self.token = Token {
            offset_from: word.from,
            offset_to: word.to,
            position: word.position,
            position_length: word.length,
            text: match self.form {
                Form::Stem => word.stem,
                Form::Folded => word.folded,
            },
        };
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}
