//! Words of a text, in the forms that can be found: what is indexed and what is asked go the same way.
//!
//! | module | holds |
//! | --- | --- |
//! | [`split`] | text into words: hashtags, codes, hyphens, elisions, scripts without spaces |
//! | [`fold`] | one form for letters that differ by case, accent or width (Unicode NFKC) |
//! | [`spelling`] | one form for British and American spelling; accents that keyboards left out |
//! | [`stems`] | one form for a word's endings, by language |
//! | [`tokenizer`] | the same as tokenizers of the index |
//! | [`reading`] | texts that were read, kept |
//!
//! Stop words stay in the index, so that phrases can be found; whoever asks leaves them out ([`stop_word`]).

mod arabic;
pub mod fold;
pub mod reading;
pub mod spelling;
pub mod split;
pub mod stems;
mod stop;
pub mod tokenizer;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;

use foldhash::fast::RandomState;
use tantivy::tokenizer::{TextAnalyzer, TokenizerManager};

pub use self::fold::fold;
pub use self::spelling::prefixes;
use self::stems::Stemming;
pub use self::stop::stop_word;
use self::tokenizer::{Form, WordTokenizer};

/// Changes whenever the same text gives other words than before; an index of another version is made again.
pub const VERSION: u32 = 1;

/// The tokenizer that folds and does not stem: for exact forms, phrases, beginnings of words, and typos.
pub const FOLDED: &str = "folded";

/// One word of a text, at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Where it begins in the text, in bytes.
    pub from: usize,
    /// Where it ends, in bytes.
    pub to: usize,
    /// The how-manieth word it is, from 0. Words that are read in two ways share a place.
    pub position: usize,
    /// How many places it takes: more than one when it is several words written as one (see `whole`).
    pub length: usize,
    /// Several words as one (`followup` of "follow-up", `labormigration` of "#LaborMigration",
    /// `a/res/74/19`), which stands beside its parts at the place of the first. Phrases leave it out.
    pub whole: bool,
    /// The word, folded, in one spelling.
    pub folded: String,
    /// The word without its endings, folded; the same as `folded` where a language has no stemmer.
    pub stem: String,
}

/// A [`Word`] as it is shown in passing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) position: usize,
    pub(crate) length: usize,
    pub(crate) whole: bool,
    pub(crate) folded: &'a str,
    pub(crate) stem: &'a str,
}

/// The words of a text in a language (BCP 47, "" for none).
pub fn words(text: &str, language: &str) -> Vec<Word> {
    Analysis::of(language).words(text)
}

/// How the texts of one language are read. Cheap to make and to copy.
#[derive(Clone, Copy, Debug)]
pub struct Analysis {
    language: &'static str,
    stemming: Option<Stemming>,
}

impl Analysis {
    /// Of a language (BCP 47; only the primary subtag counts). Languages without a stemmer are folded.
    pub fn of(language: &str) -> Self {
        let primary = primary(language);
        let stemming = Stemming::of(&primary);
        Self {
            language: stemming.map_or("", |stemming| stemming.language()),
            stemming,
        }
    }

    /// The language (ISO 639-1), if it has a stemmer; else "".
    pub fn language(self) -> &'static str {
        self.language
    }

    /// The words of a text, in order.
    pub fn words(self, text: &str) -> Vec<Word> {
        let mut words = Vec::new();
        self.each(text, |word| {
            words.push(Word {
                from: word.from,
                to: word.to,
                position: word.position,
                length: word.length,
                whole: word.whole,
                folded: word.folded.to_owned(),
                stem: word.stem.to_owned(),
            });
        });
        words
    }

    /// Shows the words of a text, in order, without a copy of each. `see` must not read another text: whatever is
    /// remembered of words is lent to it.
    pub(crate) fn each(self, text: &str, mut see: impl FnMut(Seen<'_>)) {
        let pieces = split::pieces(text);
        REMEMBERED.with_borrow_mut(|remembered| {
            let forms = remembered.entry(self.language).or_default();
            for piece in pieces {
                let made;
                let (folded, stem) = if piece.whole {
                    (&*piece.text, &*piece.text)
                } else if piece.text.len() > REMEMBERED_BYTES {
                    made = self.forms(&piece.text);
                    (&*made.0, &*made.1)
                } else {
                    let there = forms.of(&piece.text, self);
                    (&*there.0, &*there.1)
                };
                if !folded.is_empty() {
                    see(Seen {
                        from: piece.from,
                        to: piece.to,
                        position: piece.position,
                        length: piece.length,
                        whole: piece.whole,
                        folded,
                        stem,
                    });
                }
            }
        });
    }

    fn forms(self, word: &str) -> (Box<str>, Box<str>) {
        let plain = fold::plain(word, self.language);
        let folded = folded(&plain);
        let stem = self.stemming.map(|stemming| stemming.stem(&plain));
        // A stem of nothing would match everything.
        let stem = stem.filter(|stem| !stem.is_empty());
        let stem = stem.unwrap_or_else(|| folded.clone());
        (folded.into(), stem.into())
    }
}

/// The folded form and the stem of words as they are written.
#[derive(Default)]
struct Forms {
    places: HashMap<Box<str>, usize, RandomState>,
    forms: Vec<(Box<str>, Box<str>)>,
}

impl Forms {
    /// Those of one word, made once.
    fn of(&mut self, word: &str, analysis: Analysis) -> &(Box<str>, Box<str>) {
        let place = match self.places.get(word) {
            Some(place) => *place,
            None => {
                // Texts have few different words: a full memory is rare, and starting again is cheap.
                if self.forms.len() >= REMEMBERED_WORDS {
                    *self = Self::default();
                }
                self.forms.push(analysis.forms(word));
                self.places.insert(word.into(), self.forms.len() - 1);
                self.forms.len() - 1
            }
        };
        &self.forms[place]
    }
}

/// So many words of a language are remembered by each thread: about 2 MB.
const REMEMBERED_WORDS: usize = 16_384;
/// Longer words are too rare to be remembered.
const REMEMBERED_BYTES: usize = 40;

thread_local! {
    /// Folding and stemming take most of the time of reading a text, and words come again and again.
    static REMEMBERED: RefCell<HashMap<&'static str, Forms>> = RefCell::default();
}

/// A plain word, folded and in one spelling.
fn folded(plain: &str) -> String {
    let folded = fold::letters(plain);
    match spelling::american(&folded) {
        Cow::Owned(american) => american,
        Cow::Borrowed(_) => folded,
    }
}

/// The primary subtag of a language tag, in lower case.
pub(crate) fn primary(tag: &str) -> String {
    let primary = tag.split(['-', '_']).next().unwrap_or_default();
    primary.chars().take(8).collect::<String>().to_lowercase()
}

/// The name of the tokenizer for a language (BCP 47): `text_fr`; [`FOLDED`] where there is no stemmer.
pub fn tokenizer_name(language: &str) -> &'static str {
    Stemming::of(&primary(language)).map_or(FOLDED, Stemming::tokenizer)
}

/// The languages that have a stemmer, as ISO 639-1 codes.
pub fn languages() -> impl Iterator<Item = &'static str> {
    Stemming::all().map(Stemming::language)
}

/// Registers [`FOLDED`] and the tokenizer of each language.
pub fn register(manager: &TokenizerManager) {
    let folded = WordTokenizer::new(Analysis::of(""), Form::Folded);
    manager.register(FOLDED, TextAnalyzer::from(folded));
    for stemming in Stemming::all() {
        let analysis = Analysis::of(stemming.language());
        let tokenizer = WordTokenizer::new(analysis, Form::Stem);
        manager.register(stemming.tokenizer(), TextAnalyzer::from(tokenizer));
    }
}

/// The language that a text seems to be in (ISO 639-1), if it is long enough to tell.
pub fn guess(text: &str) -> Option<&'static str> {
    let info = whatlang::detect(text)?;
    if !info.is_reliable() {
        return None;
    }
    stems::of_iso_639_3(info.lang().code())
}

#[cfg(test)]
mod tests;
