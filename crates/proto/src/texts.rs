//! Texts in several languages: which is authentic, and how the others stand to it.

use crate::r#type::v1::LocalizedText;

/// A message with texts, its own and those of its parts.
pub trait Texts {
    /// Shows every text with its path (`agenda[2].title`).
    fn texts(&self, at: &str, see: &mut dyn FnMut(&str, &LocalizedText));
    /// The same, to be changed.
    fn texts_mut(&mut self, at: &str, see: &mut dyn FnMut(&str, &mut LocalizedText));
}

impl Texts for LocalizedText {
    fn texts(&self, at: &str, see: &mut dyn FnMut(&str, &LocalizedText)) {
        see(at, self);
    }

    fn texts_mut(&mut self, at: &str, see: &mut dyn FnMut(&str, &mut LocalizedText)) {
        see(at, self);
    }
}

/// Whether the text in `language` translates an authentic text that has changed since.
pub fn is_stale(text: &LocalizedText, language: &str) -> bool {
    let source = text.by_language.get(&text.authentic);
    let source =
        source.filter(|_| text.authentic != language && text.by_language.contains_key(language));
    let translation = text.translations.get(language);
    translation.zip(source).is_some_and(|(it, source)| {
        !it.source_digest.is_empty() && it.source_digest != digest(source)
    })
}

/// The digest by which a translation remembers its source: 16 hex digits of BLAKE3.
pub fn digest(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}

/// Says of every translation in `new` which text it translates: one that stood already translates what it did,
/// one that is new what is authentic now.
pub fn settle(new: &mut impl Texts, old: Option<&impl Texts>) {
    let mut before: Vec<(String, LocalizedText)> = Vec::new();
    if let Some(old) = old {
        old.texts("", &mut |at, text| {
            before.push((at.to_owned(), text.clone()))
        });
    }
    new.texts_mut("", &mut |at, text| settle_one(at, text, &before));
}

fn settle_one(at: &str, text: &mut LocalizedText, before: &[(String, LocalizedText)]) {
    if text.authentic.is_empty()
        && text.by_language.len() > 1
        // What stood alone here is what the new languages translate.
        && let Some((_, alone)) = before.iter().find(|(path, t)| path == at && t.by_language.len() == 1)
        && let Some(language) = alone.by_language.keys().next()
        && text.by_language.contains_key(language)
    {
        text.authentic.clone_from(language);
    }
    let LocalizedText {
        by_language,
        authentic,
        translations,
    } = text;
    translations.retain(|language, _| by_language.contains_key(language) && language != authentic);
    let Some(source) = by_language.get(authentic) else {
        return;
    };
    for (language, words) in by_language.iter().filter(|(l, _)| *l != authentic) {
        let stood = before.iter().find_map(|(_, t)| {
            let same = t.by_language.get(language) == Some(words);
            t.translations.get(language).filter(|_| same)
        });
        let entry = translations.entry(language.clone()).or_default();
        entry.source_digest = match stood {
            Some(stood) if !stood.source_digest.is_empty() => stood.source_digest.clone(),
            _ => digest(source),
        };
    }
}

macro_rules! texts {
    ($message:path $(, $kind:ident $field:ident)*) => {
        impl Texts for $message {
            #[allow(unused_variables, reason = "a message may have no text")]
            fn texts(&self, at: &str, see: &mut dyn FnMut(&str, &LocalizedText)) {
                $(texts!(@see $kind self.$field, iter, texts, at, stringify!($field), see);)*
            }

            #[allow(unused_variables, reason = "a message may have no text")]
            fn texts_mut(&mut self, at: &str, see: &mut dyn FnMut(&str, &mut LocalizedText)) {
                $(texts!(@see $kind self.$field, iter_mut, texts_mut, at, stringify!($field), see);)*
            }
        }
    };
    (@see one $of:ident.$field:ident, $iter:ident, $visit:ident, $at:ident, $name:expr, $see:ident) => {
        for part in $of.$field.$iter() {
            part.$visit(&below($at, $name), $see);
        }
    };
    (@see each $of:ident.$field:ident, $iter:ident, $visit:ident, $at:ident, $name:expr, $see:ident) => {
        for (place, part) in $of.$field.$iter().enumerate() {
            part.$visit(&format!("{}[{place}]", below($at, $name)), $see);
        }
    };
}

fn below(at: &str, field: &str) -> String {
    let field = field.trim_start_matches("r#");
    if at.is_empty() {
        field.to_owned()
    } else {
        format!("{at}.{field}")
    }
}

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::v1::{AgendaItem, Event};
    use crate::r#type::v1::Translation;

    fn text(authentic: &str, words: &[(&str, &str)]) -> LocalizedText {
        LocalizedText {
            by_language: words
                .iter()
                .map(|(l, w)| ((*l).to_owned(), (*w).to_owned()))
                .collect(),
            authentic: authentic.to_owned(),
            ..LocalizedText::default()
        }
    }

    fn event(title: LocalizedText) -> Event {
        Event {
            title: Some(title),
            ..Event::default()
        }
    }

    #[test]
    fn every_text_is_shown_with_its_path() {
        let mut event = event(text("", &[("en", "a")]));
        event.agenda = vec![AgendaItem {
            title: Some(text("", &[("en", "b")])),
            ..AgendaItem::default()
        }];
        let mut seen = Vec::new();
        event.texts("", &mut |at, _| seen.push(at.to_owned()));
        assert_eq!(seen, ["title", "agenda[0].title"]);
    }

    #[test]
    fn a_translation_goes_stale_when_its_source_moves_on() {
        let mut first = event(text("en", &[("en", "one"), ("fr", "un")]));
        settle(&mut first, None::<&Event>);
        let title = |event: &Event| event.title.clone().unwrap();
        for language in ["fr", "en", "ar"] {
            assert!(!is_stale(&title(&first), language), "{language}");
        }

        // The source changes, the translation does not, whatever the caller says of it.
        let mut second = first.clone();
        let moved = second.title.as_mut().unwrap();
        moved.by_language.insert("en".into(), "two".into());
        moved.translations.clear();
        settle(&mut second, Some(&first));
        assert!(is_stale(&title(&second), "fr"));

        // A new translation is of the new source.
        let mut third = second.clone();
        let again = third.title.as_mut().unwrap();
        again.by_language.insert("fr".into(), "deux".into());
        again.translations.insert(
            "fr".into(),
            Translation {
                machine: true,
                source_digest: "made up".into(),
            },
        );
        settle(&mut third, Some(&second));
        assert!(!is_stale(&title(&third), "fr"));
        assert!(title(&third).translations["fr"].machine);
    }

    #[test]
    fn the_only_language_becomes_authentic_when_others_join_it() {
        let first = event(text("", &[("ar", "\u{62f}")]));
        let mut second = event(text("", &[("ar", "\u{62f}"), ("en", "d")]));
        settle(&mut second, Some(&first));
        let title = second.title.unwrap();
        assert_eq!(title.authentic, "ar");
        assert!(!is_stale(&title, "en") && !title.translations["en"].source_digest.is_empty());
        // Two that came together: nobody knows.
        let mut both = event(text("", &[("ar", "\u{62f}"), ("en", "d")]));
        settle(&mut both, None::<&Event>);
        assert_eq!(both.title.unwrap().authentic, "");
    }
}
