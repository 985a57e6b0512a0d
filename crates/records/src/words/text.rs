//! Texts: languages, lengths, characters.

use rapporteur_proto::r#type::v1::{ExternalId, LocalizedText};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::{Field, Violations};
use crate::name::quoted;

/// Longest title, name, code or place, in characters.
pub const SHORT: usize = 500;
/// Longest text, in characters.
pub const LONG: usize = 20_000;
/// Longest text of a whole source, in characters.
pub const WHOLE: usize = 200_000;

impl Violations {
    /// A text by language, in which at least one is required when `required`.
    pub fn localized(
        &mut self,
        field: impl Field,
        text: Option<&LocalizedText>,
        longest: usize,
        required: bool,
    ) {
        let Some(text) = text.filter(|t| !t.by_language.is_empty()) else {
            self.require(
                !required,
                field,
                "is empty; give it in at least one language",
            );
            return;
        };
        self.require(
            text.by_language.len() <= 100,
            field,
            "has more than 100 languages",
        );
        if !text.authentic.is_empty() && !text.by_language.contains_key(&text.authentic) {
            self.add(
                format_args!("{field}.authentic"),
                format_args!("{} is not a language of the text", quoted(&text.authentic)),
            );
        }
        for (language, words) in &text.by_language {
            let at = format_args!("{field}.by_language[{language}]");
            self.language(at, language);
            self.require(
                !words.trim().is_empty(),
                at,
                "is empty; leave the language out instead",
            );
            self.plain(at, words, longest);
        }
    }

    /// A BCP 47 language tag (RFC 5646).
    pub fn language(&mut self, field: impl Field, tag: &str) {
        let good = tag.len() <= 35 && language_tags::LanguageTag::parse(tag).is_ok();
        if !good {
            self.add(
                field,
                format_args!(
                    "{} is not a BCP 47 language tag such as en, fr or pt-PT",
                    quoted(tag)
                ),
            );
        }
    }

    /// A text without control characters or marks that turn the direction of what follows.
    pub fn plain(&mut self, field: impl Field, text: &str, longest: usize) {
        let length = text.chars().count();
        self.require(
            length <= longest,
            field,
            format_args!("has {length} characters; at most {longest} are kept"),
        );
        if let Some(bad) = text.chars().find(|c| forbidden(*c)) {
            self.add(
                field,
                format_args!("holds the control character U+{:04X}", u32::from(bad)),
            );
        }
    }

    /// Names in other systems.
    pub fn external_ids(&mut self, field: impl Field, ids: &[ExternalId]) {
        self.list(field, ids.len());
        for (place, id) in ids.iter().enumerate() {
            let at = format_args!("{field}[{place}]");
            self.require(
                !id.scheme.is_empty(),
                format_args!("{at}.scheme"),
                "is empty",
            );
            self.require(!id.value.is_empty(), format_args!("{at}.value"), "is empty");
            self.plain(format_args!("{at}.scheme"), &id.scheme, SHORT);
            self.plain(format_args!("{at}.value"), &id.value, SHORT);
        }
    }
}

/// Control characters but line feed and tab, and the bidirectional overrides (Trojan Source).
fn forbidden(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// The words of a text, folded: no case, no accents. What prefix filters compare.
pub fn folded_words(text: &str) -> impl Iterator<Item = String> {
    let folded = fold(text);
    let words: Vec<String> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect();
    words.into_iter()
}

/// A text without case and accents.
pub fn fold(text: &str) -> String {
    text.nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether `prefix` (one or several words) begins at a word of one of the languages.
pub fn begins_a_word(text: Option<&LocalizedText>, prefix: &str) -> bool {
    text.is_some_and(|t| {
        t.by_language
            .values()
            .any(|words| begins_a_word_of(words, prefix))
    })
}

/// Whether `prefix` (one or several words) begins at a word of the text.
pub fn begins_a_word_of(text: &str, prefix: &str) -> bool {
    let wanted: Vec<String> = folded_words(prefix).collect();
    let Some((last, whole)) = wanted.split_last() else {
        return true;
    };
    let words: Vec<String> = folded_words(text).collect();
    words.windows(wanted.len()).any(|found| {
        found.iter().zip(whole).all(|(f, w)| f == w)
            && found.last().is_some_and(|f| f.starts_with(last.as_str()))
    })
}

/// The text in the language asked for, else in English, else in any.
pub fn best<'a>(text: Option<&'a LocalizedText>, language: &str) -> &'a str {
    let Some(text) = text else { return "" };
    let found = text
        .by_language
        .get(language)
        .or_else(|| text.by_language.get("en"));
    found
        .or_else(|| text.by_language.values().next())
        .map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_fold_case_and_accents_and_begin_at_words() {
        let text = LocalizedText {
            by_language: [("fr".into(), "Réunion des Hauts Fonctionnaires".into())].into(),
            ..LocalizedText::default()
        };
        assert!(begins_a_word(Some(&text), "reun"));
        assert!(begins_a_word(Some(&text), "hauts fonc"));
        assert!(!begins_a_word(Some(&text), "union"));
        assert!(begins_a_word(Some(&text), ""));
        assert!(!begins_a_word(None, "x"));
    }

    #[test]
    fn controls_and_overrides_are_refused_and_other_scripts_are_not() {
        for (text, good) in [
            ("العربية فرنسية", true),
            ("a\u{202E}b", false),
            ("a\u{7}b", false),
            ("a\nb", true),
        ] {
            let mut violations = Violations::default();
            violations.plain("x", text, LONG);
            assert_eq!(violations.done().is_ok(), good, "{text:?}");
        }
        let mut violations = Violations::default();
        violations.language("l", "no_such tag");
        assert!(violations.done().is_err());
    }
}
