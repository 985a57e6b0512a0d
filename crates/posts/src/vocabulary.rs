//! What the caller knows and the text does not say: codes of themes, names of dialogues.

use std::collections::BTreeMap;

use regex::Regex;

use crate::words::themes::THEMES;
use crate::words::{compile, folded};

/// Codes of themes and names of dialogues.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    /// Folded hashtag -> code.
    themes: BTreeMap<String, String>,
    /// Name as written -> id.
    dialogues: BTreeMap<String, String>,
    mention: Option<Regex>,
}

impl Vocabulary {
    /// The themes of migration dialogues, and no dialogues.
    pub fn built_in() -> Self {
        let mut vocabulary = Self {
            themes: BTreeMap::new(),
            dialogues: BTreeMap::new(),
            mention: None,
        };
        for (code, others) in THEMES {
            vocabulary.add_theme(code, others.split(' ').filter(|other| !other.is_empty()));
        }
        vocabulary
    }

    /// One more theme: its code, and hashtags that mean it beside the code without dashes.
    pub fn add_theme<'a>(&mut self, code: &'a str, hashtags: impl IntoIterator<Item = &'a str>) {
        for name in std::iter::once(code).chain(hashtags) {
            self.themes
                .entry(folded(name))
                .or_insert_with(|| code.to_owned());
        }
    }

    /// Dialogues, each with its id and the names that texts have for it.
    pub fn set_dialogues(&mut self, dialogues: impl IntoIterator<Item = (String, Vec<String>)>) {
        for (id, names) in dialogues {
            // Posts run words together where they tag: AfricanUnion.
            for name in names.into_iter().filter(|name| name.chars().count() > 1) {
                self.dialogues
                    .entry(crate::view::View::new(&name).text)
                    .or_insert_with(|| id.clone());
            }
        }
        let mut names: Vec<String> = self
            .dialogues
            .keys()
            .map(|name| regex::escape(name))
            .collect();
        // The longest name that fits.
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        self.mention =
            (!names.is_empty()).then(|| compile(format!(r"\b(?:{})\b", names.join("|"))));
    }

    /// The code of a hashtag.
    pub(crate) fn theme(&self, hashtag: &str) -> Option<&str> {
        self.themes.get(&folded(hashtag)).map(String::as_str)
    }

    /// Ids of the dialogues that a text names, in the order in which it does.
    pub(crate) fn dialogues(&self, text: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for name in self
            .mention
            .iter()
            .flat_map(|mention| mention.find_iter(text))
        {
            if let Some(id) = self.dialogues.get(name.as_str())
                && !found.contains(id)
            {
                found.push(id.clone());
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashtags_mean_themes_by_any_of_their_names() {
        let mut words = Vocabulary::built_in();
        words.add_theme("sea-rescue", ["sar"]);
        for (hashtag, code) in [
            ("skillsmobility", Some("skills-mobility")),
            ("LaborMigration", Some("labour-migration")),
            ("thb", Some("trafficking")),
            ("terugkeer", Some("return")),
            ("SDG8", Some("sdg-8")),
            ("SAR", Some("sea-rescue")),
            ("Vladimir", None),
        ] {
            assert_eq!(words.theme(hashtag), code, "{hashtag}");
        }
    }

    #[test]
    fn dialogues_are_found_by_the_longest_name() {
        let mut words = Vocabulary::built_in();
        let named = |id: &str, names: &[&str]| {
            (
                id.to_owned(),
                names.iter().map(|n| (*n).to_owned()).collect(),
            )
        };
        words.set_dialogues([
            named("mmd", &["MMD"]),
            named("c2c-mmd", &["C2C MMD"]),
            named("rabat", &["Rabat Process", "Processus de Rabat"]),
        ]);
        assert_eq!(
            words.dialogues("C2C MMD and Rabat Process, then MMD"),
            ["c2c-mmd", "rabat", "mmd"]
        );
        assert!(words.dialogues("MMDs").is_empty());
    }
}
