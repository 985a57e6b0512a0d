//! One form for letters that differ by case, accent, width or way of writing.
//!
//! Unicode NFKC and case folding; then accents go (Latin, Greek, Cyrillic), as do the signs that Arabic and
//! Hebrew write or leave out; digits of other scripts become ASCII. Signs that carry a vowel (Devanagari and
//! the like) stay.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Longer words are cut: whatever is longer is no word, and the index is not to grow by it.
pub const MAX_CHARS: usize = 64;

/// One word, folded, in one spelling: what the folded tokenizer makes of it.
pub fn fold(word: &str) -> String {
    super::folded(&plain(word, ""))
}

/// NFKC, lower case, one apostrophe, nothing invisible, no elided article, no possessive; accents stay, since
/// stemmers know them.
pub(super) fn plain(word: &str, language: &str) -> String {
    let turkic = matches!(language, "tr" | "az");
    let mut plain = String::with_capacity(word.len());
    let visible = |c: &char| !invisible(*c);
    if word.is_ascii() {
        plain.extend(word.chars().filter(visible).take(MAX_CHARS));
        if turkic {
            plain = plain.replace('I', "ı");
        }
        plain.make_ascii_lowercase();
    } else {
        for c in word.nfkc().filter(visible).take(MAX_CHARS) {
            match c {
                '\u{2019}' | '\u{2018}' | '\u{2bc}' | '\u{ff07}' | '\u{60}' | '\u{b4}' => {
                    plain.push('\'')
                }
                'I' if turkic => plain.push('ı'),
                'İ' => plain.push('i'),
                _ => plain.extend(c.to_lowercase()),
            }
        }
    }
    without_apostrophes(plain)
}

/// What is in a word and not seen: soft hyphens, joiners, direction marks and overrides, variation selectors.
pub(crate) fn invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}')
        || c.is_control()
}

/// Words that lose their vowel before another word: French, Italian, Catalan.
const ELIDED: [&str; 26] = [
    "l", "d", "j", "m", "t", "s", "n", "c", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "un",
    "dell", "all", "dall", "nell", "sull", "coll", "quell", "quest", "bell", "sant", "gl", "degl",
];

/// "l'accès" is "accès", "women's" is "women", "o'brien" is "obrien".
fn without_apostrophes(word: String) -> String {
    if !word.contains('\'') {
        return word;
    }
    let mut rest = word.as_str();
    while let Some((before, after)) = rest.split_once('\'') {
        if after.chars().count() < 2 || !ELIDED.contains(&before) {
            break;
        }
        rest = after;
    }
    let rest = rest.strip_suffix("'s").unwrap_or(rest);
    rest.chars().filter(|c| *c != '\'').collect()
}

/// Accents off, special letters written out, digits in ASCII, Arabic letters in one form.
pub(crate) fn letters(plain: &str) -> String {
    if plain.is_ascii() {
        return plain.to_owned();
    }
    let mut folded = String::with_capacity(plain.len());
    for c in plain.nfkd() {
        match c {
            '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' => {}
            c if arabic_sign(c) => {}
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'đ' | 'ð' => folded.push('d'),
            'ł' => folded.push('l'),
            'þ' => folded.push_str("th"),
            'ħ' => folded.push('h'),
            'ŋ' => folded.push('n'),
            'ı' => folded.push('i'),
            'ς' => folded.push('σ'),
            'ى' | 'ی' | 'ې' => folded.push('ي'),
            'ة' => folded.push('ه'),
            'ک' => folded.push('ك'),
            'ٱ' => folded.push('ا'),
            c => folded.push(digit(c).unwrap_or(c)),
        }
    }
    // Hangul and what else NFKD took apart goes together again.
    folded.nfc().collect()
}

/// Vowel signs, the lengthening stroke, and the hamza that NFKD takes off an alef.
fn arabic_sign(c: char) -> bool {
    matches!(c, '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{610}'..='\u{61a}' | '\u{6d6}'..='\u{6ed}')
}

/// The ASCII digit of a digit of another script.
fn digit(c: char) -> Option<char> {
    let zeros = [
        '\u{660}', '\u{6f0}', '\u{966}', '\u{9e6}', '\u{e50}', '\u{1040}', '\u{17e0}',
    ];
    let zero = zeros
        .into_iter()
        .find(|zero| (*zero..).take(10).any(|digit| digit == c))?;
    char::from_digit(u32::from(c) - u32::from(zero), 10)
}

/// Whether a character belongs to the word before it.
pub(crate) fn is_mark(c: char) -> bool {
    is_combining_mark(c)
}
