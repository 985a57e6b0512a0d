//! One form for a word's endings, by language: Snowball's algorithms; Arabic is stemmed lightly.

use std::borrow::Cow;

use frostem::{Algorithm, Stemmer};

use super::{arabic, fold, spelling};

/// Words of more letters than this are no words of a language; stemming leaves them.
const MAX_BYTES: usize = 120;

/// How words of one language lose their endings.
#[derive(Clone, Copy, Debug)]
pub struct Stemming(&'static Row);

/// Language, ISO 639-3 code, tokenizer, algorithm.
type Row = (&'static str, &'static str, &'static str, Algorithm);

/// The languages with a stemmer.
static ROWS: [Row; 31] = [
    ("ar", "ara", "text_ar", Algorithm::Arabic),
    ("ca", "cat", "text_ca", Algorithm::Catalan),
    ("cs", "ces", "text_cs", Algorithm::Czech),
    ("da", "dan", "text_da", Algorithm::Danish),
    ("de", "deu", "text_de", Algorithm::German),
    ("el", "ell", "text_el", Algorithm::Greek),
    ("en", "eng", "text_en", Algorithm::English),
    ("es", "spa", "text_es", Algorithm::Spanish),
    ("et", "est", "text_et", Algorithm::Estonian),
    ("eu", "eus", "text_eu", Algorithm::Basque),
    ("fa", "pes", "text_fa", Algorithm::Persian),
    ("fi", "fin", "text_fi", Algorithm::Finnish),
    ("fr", "fra", "text_fr", Algorithm::French),
    ("ga", "gle", "text_ga", Algorithm::Irish),
    ("hi", "hin", "text_hi", Algorithm::Hindi),
    ("hu", "hun", "text_hu", Algorithm::Hungarian),
    ("hy", "hye", "text_hy", Algorithm::Armenian),
    ("id", "ind", "text_id", Algorithm::Indonesian),
    ("it", "ita", "text_it", Algorithm::Italian),
    ("lt", "lit", "text_lt", Algorithm::Lithuanian),
    ("ne", "nep", "text_ne", Algorithm::Nepali),
    ("nl", "nld", "text_nl", Algorithm::Dutch),
    ("no", "nob", "text_no", Algorithm::Norwegian),
    ("pl", "pol", "text_pl", Algorithm::Polish),
    ("pt", "por", "text_pt", Algorithm::Portuguese),
    ("ro", "ron", "text_ro", Algorithm::Romanian),
    ("ru", "rus", "text_ru", Algorithm::Russian),
    ("sr", "srp", "text_sr", Algorithm::Serbian),
    ("sv", "swe", "text_sv", Algorithm::Swedish),
    ("ta", "tam", "text_ta", Algorithm::Tamil),
    ("tr", "tur", "text_tr", Algorithm::Turkish),
];

/// English plurals that no rule makes.
const IRREGULAR: [(&str, &str); 12] = [
    ("women", "woman"),
    ("men", "man"),
    ("children", "child"),
    ("lives", "life"),
    ("wives", "wife"),
    ("criteria", "criterion"),
    ("phenomena", "phenomenon"),
    ("analyses", "analysis"),
    ("analyzes", "analysis"),
    ("crises", "crisis"),
    ("feet", "foot"),
    ("teeth", "tooth"),
];

/// Endings that Snowball takes for something else, by language, with those that it knows; the first that fits
/// counts. Portuguese plurals of -al and -vel look like verbs, and French has a form of -eur and -eux for women.
const ENDINGS: [(&str, &str, &str); 9] = [
    ("fr", "jeux", "jeu"),
    ("fr", "lieux", "lieu"),
    ("fr", "euses", "eur"),
    ("fr", "euse", "eur"),
    ("fr", "eux", "eur"),
    ("fr", "trices", "teur"),
    ("fr", "trice", "teur"),
    ("pt", "ais", "al"),
    ("pt", "veis", "vel"),
];
/// Shorter words (`deux`, `pais`) are something else.
const LEAST_LETTERS: usize = 6;

impl Stemming {
    /// Of a language, by its ISO 639-1 code in lower case.
    pub(super) fn of(language: &str) -> Option<Self> {
        let language = match language {
            "nb" | "nn" => "no",
            "eng" => "en",
            "fra" | "fre" => "fr",
            "ara" => "ar",
            "spa" => "es",
            "por" => "pt",
            other => other,
        };
        ROWS.iter().find(|row| row.0 == language).map(Self)
    }

    /// All languages.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(Self)
    }

    /// The language's ISO 639-1 code.
    pub(super) fn language(self) -> &'static str {
        self.0.0
    }

    /// The name of its tokenizer.
    pub(super) fn tokenizer(self) -> &'static str {
        self.0.2
    }

    /// The stem of a word in lower case with its accents, folded; nothing where no letter is left.
    pub(super) fn stem(self, plain: &str) -> String {
        if plain.len() > MAX_BYTES || !plain.chars().all(|c| c.is_alphabetic() || fold::is_mark(c))
        {
            return fold::letters(plain);
        }
        let word: Cow<'_, str> = match self.language() {
            "en" => {
                let word = spelling::american(plain);
                match IRREGULAR.iter().find(|(plural, _)| *plural == word) {
                    Some((_, singular)) => Cow::Borrowed(*singular),
                    None => word,
                }
            }
            "ar" => return arabic::stem(&fold::letters(plain)).to_owned(),
            language => with_known_ending(spelling::accented(plain, language), language),
        };
        fold::letters(&Stemmer::new(self.0.3).stem(&word))
    }
}

fn with_known_ending<'a>(word: Cow<'a, str>, language: &str) -> Cow<'a, str> {
    if word.chars().count() < LEAST_LETTERS {
        return word;
    }
    let mut rules = ENDINGS.iter().filter(|rule| rule.0 == language);
    let changed =
        rules.find_map(|(_, ending, known)| Some(word.strip_suffix(ending)?.to_owned() + known));
    changed.map_or(word, Cow::Owned)
}

/// ISO 639-1 for ISO 639-3, of the languages with a stemmer.
pub(super) fn of_iso_639_3(code: &str) -> Option<&'static str> {
    ROWS.iter().find(|row| row.1 == code).map(|row| row.0)
}
