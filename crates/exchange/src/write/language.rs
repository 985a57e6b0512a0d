//! In which language a text of the record is shown.
//!
//! A text is a map of language tags. What is asked for comes first, by its tag and then by each shorter
//! one (`pt-BR`, `pt`), then the authentic text, then English, then the first by tag. Whoever asked for a
//! language sees when the text is in another; everybody sees when a machine made it, or when the text
//! that it translates has changed since.

use rapporteur_proto::texts::is_stale;
use rapporteur_proto::r#type::v1::LocalizedText;

/// A text in the language that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picked<'a> {
    /// Its language.
    pub tag: &'a str,
    /// The text.
    pub words: &'a str,
    /// Whether another language was asked for.
    pub other: bool,
    /// Whether a machine made it, and nobody has read it since.
    pub machine: bool,
    /// Whether the authentic text has changed since it was made.
    pub stale: bool,
}

/// The text to show; nothing where there is none in any language.
pub fn pick<'a>(text: &'a LocalizedText, asked: Option<&str>) -> Option<Picked<'a>> {
    let wanted = asked.and_then(|asked| shorter(asked).find_map(|tag| entry(text, tag)));
    let (tag, words) = wanted
        .or_else(|| entry(text, &text.authentic))
        .or_else(|| entry(text, "en"))
        .or_else(|| {
            let first = text.by_language.iter().next();
            first.map(|(tag, words)| (tag.as_str(), words.as_str()))
        })?;
    let translation = text.translations.get(tag).filter(|_| tag != text.authentic);
    Some(Picked {
        tag,
        words,
        other: asked.is_some() && wanted.is_none(),
        machine: translation.is_some_and(|it| it.machine),
        stale: is_stale(text, tag),
    })
}

/// The text to show, in a line with its marks: `[fr] Réunion`.
pub fn words(text: &Option<LocalizedText>, asked: Option<&str>) -> String {
    text.as_ref()
        .and_then(|text| pick(text, asked))
        .map(|picked| picked.marked())
        .unwrap_or_default()
}

impl Picked<'_> {
    /// What a reader should know of it: `fr`, `machine`, `outdated`.
    pub fn marks(&self) -> Vec<&str> {
        let marks = [
            (self.other, self.tag),
            (self.machine, "machine"),
            (self.stale, "outdated"),
        ];
        marks
            .into_iter()
            .filter_map(|(holds, mark)| holds.then_some(mark))
            .collect()
    }

    /// The words behind their marks.
    pub fn marked(&self) -> String {
        let marks = self.marks();
        if marks.is_empty() {
            self.words.to_owned()
        } else {
            format!("[{}] {}", marks.join(", "), self.words)
        }
    }
}

/// The tag and each shorter one: `zh-Hant-TW`, `zh-Hant`, `zh`.
fn shorter(tag: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(tag), |tag| {
        tag.rsplit_once('-').map(|(front, _)| front)
    })
}

/// Tags are the same in any case.
fn entry<'a>(text: &'a LocalizedText, tag: &str) -> Option<(&'a str, &'a str)> {
    text.by_language
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(tag))
        .map(|(tag, words)| (tag.as_str(), words.as_str()))
}

#[cfg(test)]
mod tests {
    use rapporteur_proto::texts::digest;
    use rapporteur_proto::r#type::v1::Translation;

    use super::*;

    fn text(pairs: &[(&str, &str)], authentic: &str) -> LocalizedText {
        LocalizedText {
            by_language: pairs
                .iter()
                .map(|(tag, words)| ((*tag).to_owned(), (*words).to_owned()))
                .collect(),
            authentic: authentic.to_owned(),
            ..LocalizedText::default()
        }
    }

    #[test]
    fn the_chain_is_asked_then_base_then_authentic_then_english_then_first() {
        let all = text(&[("ar", "a"), ("en", "e"), ("fr", "f"), ("pt", "p")], "fr");
        let shown = |text: &LocalizedText, asked| pick(text, asked).unwrap().marked();
        assert_eq!(shown(&all, Some("ar")), "a");
        assert_eq!(shown(&all, Some("PT-BR")), "p");
        assert_eq!(shown(&all, Some("de")), "[fr] f");
        assert_eq!(shown(&all, None), "f");
        assert_eq!(shown(&text(&[("ar", "a"), ("en", "e")], ""), None), "e");
        assert_eq!(
            shown(&text(&[("pt", "p"), ("ar", "a")], ""), Some("en")),
            "[ar] a"
        );
        assert_eq!(pick(&text(&[], "en"), Some("en")), None);
    }

    #[test]
    fn machines_and_old_sources_are_marked() {
        let mut both = text(&[("en", "new"), ("fr", "f")], "en");
        let translation = |machine, of: &str| Translation {
            machine,
            source_digest: digest(of),
        };
        both.translations
            .insert("fr".into(), translation(false, "new"));
        assert_eq!(pick(&both, Some("fr")).unwrap().marked(), "f");
        both.translations
            .insert("fr".into(), translation(true, "old"));
        assert_eq!(
            pick(&both, Some("fr")).unwrap().marked(),
            "[machine, outdated] f"
        );
        assert_eq!(pick(&both, None).unwrap().marked(), "new");
    }
}
