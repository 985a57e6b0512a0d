//! Translations: which languages a text lacks, and which it has from a machine or of a text that has changed since.

use rapporteur_proto::gateway::v1::GapKind;
use rapporteur_proto::texts::is_stale;
use rapporteur_proto::r#type::v1::LocalizedText;

/// What is wrong with one language of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flaw<'a> {
    pub(crate) kind: GapKind,
    pub(crate) language: &'a str,
}

/// The flaws of a text in a dialogue with these languages. A text that nobody has written lacks no translation.
pub(crate) fn flaws<'a>(text: &'a LocalizedText, languages: &'a [String]) -> Vec<Flaw<'a>> {
    let mut flaws = Vec::new();
    if text.by_language.is_empty() {
        return flaws;
    }
    let has = |wanted: &str| text.by_language.keys().any(|own| is_a(own, wanted));
    for language in languages.iter().filter(|language| !has(language)) {
        flaws.push(Flaw {
            kind: GapKind::TranslationMissing,
            language,
        });
    }
    for (language, translation) in &text.translations {
        if !text.by_language.contains_key(language) {
            continue;
        }
        if translation.machine {
            flaws.push(Flaw {
                kind: GapKind::TranslationMachine,
                language,
            });
        }
        if is_stale(text, language) {
            flaws.push(Flaw {
                kind: GapKind::TranslationStale,
                language,
            });
        }
    }
    flaws
}

/// Whether `tag` is the language wanted or a variety of it: `pt-BR` is `pt`.
fn is_a(tag: &str, wanted: &str) -> bool {
    tag.get(..wanted.len())
        .is_some_and(|begin| begin.eq_ignore_ascii_case(wanted))
        && matches!(tag.as_bytes().get(wanted.len()), None | Some(b'-'))
}

#[cfg(test)]
mod tests {
    use rapporteur_proto::texts::digest;
    use rapporteur_proto::r#type::v1::Translation;

    use super::*;

    fn told(text: &LocalizedText, languages: &[&str]) -> Vec<(GapKind, String)> {
        let languages: Vec<String> = languages.iter().map(|l| (*l).to_owned()).collect();
        flaws(text, &languages)
            .into_iter()
            .map(|flaw| (flaw.kind, flaw.language.to_owned()))
            .collect()
    }

    #[test]
    fn each_language_is_missing_from_a_machine_stale_or_well() {
        let translation = |machine, of: &str| Translation {
            machine,
            source_digest: digest(of),
        };
        let text = LocalizedText {
            by_language: ["en", "fr", "pt-PT", "ar"]
                .map(|l| (l.to_owned(), format!("words in {l}")))
                .into(),
            authentic: "en".into(),
            translations: [
                ("fr", translation(false, "words in en")),
                ("pt-PT", translation(true, "older words")),
                ("ar", Translation::default()),
                ("de", translation(true, "older words")),
            ]
            .map(|(l, t)| (l.to_owned(), t))
            .into(),
        };
        let expected = [
            (GapKind::TranslationMissing, "es".to_owned()),
            (GapKind::TranslationMachine, "pt-PT".to_owned()),
            (GapKind::TranslationStale, "pt-PT".to_owned()),
        ];
        assert_eq!(told(&text, &["en", "fr", "pt", "es"]), expected);
        assert!(told(&LocalizedText::default(), &["en"]).is_empty());
    }

    #[test]
    fn a_variety_serves_for_its_language_and_not_the_other_way_round() {
        assert!(is_a("pt-BR", "pt") && is_a("PT", "pt") && is_a("zh-Hant", "zh-Hant"));
        assert!(!is_a("pt", "pt-BR") && !is_a("pts", "pt") && !is_a("p", "pt"));
    }
}
