//! Texts as they were read, for whoever meets the same texts again and again: the head of many answers, and the words
//! that are marked in them. Splitting, folding and stemming a text takes ten times as long as going through its words.

use std::hash::{BuildHasher as _, Hash};
use std::sync::Arc;

use foldhash::quality::{FixedState, RandomState};
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::Analysis;

/// A form of a word: two words with the same have, for all that is known, the same letters.
pub(crate) type Form = u64;

/// The form that a word is.
pub(crate) fn form(word: &str) -> Form {
    FixedState::default().hash_one(word)
}

/// Words of this many bytes and more are not marked: nobody reads them.
const UNMARKED: u16 = 0x7FFF;
/// Says of a word that it stands beside its parts.
const WHOLE: u16 = 0x8000;

/// A word of a text, at its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    /// As it is written, folded.
    pub(crate) folded: Form,
    /// Without its endings.
    pub(crate) stem: Form,
    from: u32,
    bytes: u16,
    position: u16,
}

impl Token {
    /// Whether it stands beside its parts.
    pub(crate) fn is_whole(self) -> bool {
        self.bytes & WHOLE != 0
    }

    /// The how-manieth word it is; beyond 65,535 words nobody counts.
    pub(crate) fn position(self) -> usize {
        self.position.into()
    }

    /// Where it stands in the text, in bytes.
    pub(crate) fn span(self) -> (usize, usize) {
        let from = self.from as usize;
        (from, from + usize::from(self.bytes & !WHOLE))
    }
}

/// A text, read.
#[derive(Debug)]
pub struct Reading {
    language: &'static str,
    tokens: Box<[Token]>,
    /// How many words it has.
    words: usize,
    /// The place after its last word.
    end: usize,
}

impl Reading {
    /// Reads a text in a language (BCP 47, "" for none).
    pub fn of(text: &str, language: &str) -> Self {
        let analysis = Analysis::of(language);
        let (mut tokens, mut words, mut end) = (Vec::new(), 0, 0);
        analysis.each(text, |word| {
            let bytes = u16::try_from(word.to - word.from);
            let bytes = bytes.ok().filter(|bytes| *bytes < UNMARKED);
            tokens.push(Token {
                folded: form(word.folded),
                stem: form(word.stem),
                from: u32::try_from(word.from).unwrap_or(u32::MAX),
                bytes: bytes.unwrap_or_default() | if word.whole { WHOLE } else { 0 },
                position: u16::try_from(word.position).unwrap_or(u16::MAX),
            });
            words += usize::from(!word.whole);
            end = word.position + word.length;
        });
        Self {
            language: analysis.language(),
            tokens: tokens.into(),
            words,
            end,
        }
    }

    /// The language that it was read in (ISO 639-1), if that has a stemmer; else "".
    pub(crate) fn language(&self) -> &'static str {
        self.language
    }

    /// Its words, in order.
    pub(crate) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// How many words it has, those left out that stand beside their parts.
    pub(crate) fn words(&self) -> usize {
        self.words
    }

    /// How much memory it takes, in bytes.
    pub fn bytes(&self) -> u64 {
        std::mem::size_of_val(&*self.tokens) as u64 + BESIDE
    }

    /// The place after its last word.
    pub(crate) fn end(&self) -> usize {
        self.end
    }
}

/// Most bytes of readings that are kept: some 40,000 texts of a few lines.
const BYTES: u64 = 32 << 20;
/// A reading takes this many bytes beside its words.
const BESIDE: u64 = 96;
/// Readings of this many bytes are expected; how the room is divided depends on it.
const TYPICAL: u64 = 800;

/// What stands for something much longer, in memory only.
pub type Key = (u64, u64);

/// Makes keys. Nobody can know what they depend on, so nobody can make two things have one.
#[derive(Debug, Default)]
pub struct Keys(RandomState, RandomState);

impl Keys {
    /// The key of something.
    pub fn of(&self, one: impl Hash) -> Key {
        (self.0.hash_one(&one), self.1.hash_one(&one))
    }
}

#[derive(Clone, Debug)]
struct Weight;

impl Weighter<Key, Arc<Reading>> for Weight {
    fn weight(&self, _: &Key, reading: &Arc<Reading>) -> u64 {
        reading.bytes()
    }
}

/// Texts that were read of late. They are known by their very letters: a text that changes is another.
#[derive(Debug)]
pub struct Readings {
    kept: Cache<Key, Arc<Reading>, Weight>,
    keys: Keys,
}

impl Default for Readings {
    fn default() -> Self {
        let expected = usize::try_from(BYTES / TYPICAL).unwrap_or(usize::MAX);
        Self {
            kept: Cache::with_weighter(expected, BYTES, Weight),
            keys: Keys::default(),
        }
    }
}

impl Readings {
    /// A text in a language (BCP 47, "" for none), read.
    pub fn of(&self, text: &str, language: &str) -> Arc<Reading> {
        let key = self.keys.of((language, text));
        if let Some(there) = self.kept.get(&key) {
            return there;
        }
        let reading = Arc::new(Reading::of(text, language));
        self.kept.insert(key, reading.clone());
        reading
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_has_what_the_text_has() {
        let text = "A follow-up of #LaborMigration: états, and A/RES/74/19";
        let reading = Reading::of(text, "fr-BE");
        assert_eq!(reading.language(), "fr");
        let words = super::super::words(text, "fr");
        assert_eq!(reading.tokens().len(), words.len());
        for (token, word) in reading.tokens().iter().zip(&words) {
            assert_eq!(token.folded, form(&word.folded));
            assert_eq!(token.stem, form(&word.stem));
            assert_eq!(token.span(), (word.from, word.to));
            assert_eq!(token.position(), word.position);
            assert_eq!(token.is_whole(), word.whole);
        }
        assert_eq!(
            reading.words(),
            words.iter().filter(|word| !word.whole).count()
        );
        let last = words.last().unwrap();
        assert_eq!(reading.end(), last.position + last.length);
    }

    #[test]
    fn a_text_is_read_once_in_each_language() {
        let readings = Readings::default();
        let first = readings.of("disparues", "fr");
        assert!(Arc::ptr_eq(&first, &readings.of("disparues", "fr")));
        assert_eq!(readings.of("disparues", "en").language(), "en");
        assert_ne!(
            first.tokens()[0].stem,
            readings.of("disparues", "").tokens()[0].stem
        );
        assert_eq!(readings.of("", "fr").tokens().len(), 0);
    }

    #[test]
    fn long_texts_and_long_words_are_read() {
        let text = format!("{} {}", "x".repeat(40_000), "word ".repeat(70_000));
        let reading = Reading::of(&text, "en");
        assert_eq!(reading.words(), 70_001);
        assert_eq!(reading.tokens()[0].span(), (0, 0));
        assert_eq!(
            reading.tokens().last().map(|token| token.position()),
            Some(65_535)
        );
    }
}
