//! What a writer knows beside the records.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// What is known of the record as a whole.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// What stands before the name of a record to make an address of it: `https://gateway.example/v1/`.
    pub base: String,
    /// In which language texts are wanted; the authentic one otherwise, then English, then the first by tag.
    pub language: Option<String>,
    /// What people call parties and dialogues, by their names.
    pub titles: BTreeMap<String, String>,
}

impl About {
    /// The address of a record; empty for none.
    pub fn iri(&self, name: &str) -> String {
        if name.is_empty() {
            String::new()
        } else {
            format!("{}{name}", self.base)
        }
    }

    /// What people call a record; its name where that is not known.
    pub fn title<'a>(&'a self, name: &'a str) -> &'a str {
        self.titles.get(name).map_or(name, String::as_str)
    }

    /// A text (`LocalizedText`) in the language that is wanted: its tag and its words.
    pub fn pick<'v>(&self, text: &'v Value) -> Option<(&'v str, &'v str)> {
        let languages = text["byLanguage"].as_object()?;
        let asked = self.language.as_deref().and_then(|asked| {
            let primary = asked.split('-').next().unwrap_or_default();
            entry(languages, asked).or_else(|| entry(languages, primary))
        });
        asked
            .or_else(|| entry(languages, text["authentic"].as_str().unwrap_or_default()))
            .or_else(|| entry(languages, "en"))
            .or_else(|| {
                let mut all: Vec<_> = languages.iter().collect();
                all.sort_by_key(|(tag, _)| tag.as_str());
                let (tag, words) = all.first()?;
                Some((tag.as_str(), words.as_str()?))
            })
    }

    /// The words of a text in the language that is wanted; empty where there is none.
    pub fn words<'v>(&self, text: &'v Value) -> &'v str {
        self.pick(text).map_or("", |(_, words)| words)
    }
}

/// Tags are the same in any case (RFC 5646).
fn entry<'v>(languages: &'v Map<String, Value>, tag: &str) -> Option<(&'v str, &'v str)> {
    languages
        .iter()
        .filter(|(own, _)| own.eq_ignore_ascii_case(tag))
        .find_map(|(own, words)| Some((own.as_str(), words.as_str()?)))
        .filter(|(_, words)| !words.is_empty())
}
