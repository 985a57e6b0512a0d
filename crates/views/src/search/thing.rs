//! A record as something that can be found: its words, and what it is filtered and counted by.

mod kinds;

use std::borrow::Cow;

use rapporteur_proto::events::v1::{Event, Source};
use rapporteur_proto::recommendations::v1::{
    Commitment, Instrument, ProgressReport, Recommendation,
};
use rapporteur_proto::r#type::v1::{CivilDate, Document as Paper, LocalizedText};
use rapporteur_records::words::date::ordinal;
use rapporteur_search::{Document, Text};

use self::kinds::{commitment, event, instrument, paper, recommendation, report, source};
use super::field::{DIALOGUE, KIND, LANGUAGE, NODE, PARTY, TAG, THEME, YEAR};
use super::lens::{Lens, is_internal, versions};
use super::words::tag;
use crate::day::{first, last};
use crate::model::Model;
use crate::scope::dialogue_of;

/// Language tag of words whose language nobody recorded.
pub(super) const UNDETERMINED: &str = "und";
/// The language of the codes of themes.
const CODES: &str = "en";

/// Something that can be found, and what is shown of it.
#[derive(Debug)]
pub(crate) struct Thing<'m> {
    /// The record, or `record#part`.
    pub(crate) name: Cow<'m, str>,
    /// Its words, those of titles and codes too, as they are searched.
    pub(crate) words: Vec<Words<'m>>,
    keywords: Vec<(&'static str, Cow<'m, str>)>,
    /// Its day, in days since 1970-01-01.
    day: Option<i64>,
    /// What it is called, or says where it has no title.
    pub(crate) title: Option<Cow<'m, LocalizedText>>,
    /// Its other texts.
    pub(crate) texts: Vec<&'m LocalizedText>,
    /// Its day as it is recorded.
    pub(crate) date: Option<&'m CivilDate>,
    /// Whether it is left out what it is filtered and counted by; see [`Lens::only_words`].
    only_words: bool,
}

/// Words of a thing in one language.
#[derive(Debug)]
pub(crate) struct Words<'m> {
    /// BCP 47.
    pub(crate) language: &'m str,
    pub(crate) text: Cow<'m, str>,
    pub(crate) is_title: bool,
}

/// The documents of a record for all readers; none of a record that is not found by its words.
pub(crate) fn documents(model: &Model, name: &str) -> Vec<Document> {
    let Some(one) = Findable::of(model, name) else {
        return Vec::new();
    };
    versions(model, name, one.is_internal(), |lens| {
        let all = one.things(lens, name).into_iter();
        all.map(Thing::document).collect()
    })
}

/// Whether a record that can be found is for those who work on it only; none when there is no such record.
pub(crate) fn internal(model: &Model, name: &str) -> Option<bool> {
    Findable::of(model, name).map(Findable::is_internal)
}

/// A record that is found by its words.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Findable<'m> {
    Event(&'m Event),
    Instrument(&'m Instrument),
    Recommendation(&'m Recommendation),
    Commitment(&'m Commitment),
    Report(&'m ProgressReport),
    Source(&'m Source),
}

impl<'m> Findable<'m> {
    /// The record with a name, if it is there and can be found.
    pub(crate) fn of(model: &'m Model, name: &str) -> Option<Self> {
        let collection = name.rsplit('/').nth(1)?;
        match collection {
            "events" => model.events.get(name).map(Self::Event),
            "instruments" => model.instruments.get(name).map(Self::Instrument),
            "recommendations" => model.recommendations.get(name).map(Self::Recommendation),
            "commitments" => model.commitments.get(name).map(Self::Commitment),
            "reports" => model.reports.get(name).map(Self::Report),
            "sources" => model.sources.get(name).map(Self::Source),
            _ => None,
        }
    }

    /// Whether it is for those who work on it only.
    pub(crate) fn is_internal(self) -> bool {
        match self {
            Self::Event(one) => is_internal(one),
            Self::Instrument(one) => is_internal(one),
            Self::Recommendation(one) => is_internal(one),
            Self::Commitment(one) => is_internal(one),
            Self::Report(one) => is_internal(one),
            Self::Source(one) => is_internal(one),
        }
    }

    /// What can be found of it, by its name: itself, and its papers.
    pub(crate) fn things(self, lens: Lens<'m>, name: &'m str) -> Vec<Thing<'m>> {
        let (thing, papers): (_, &[Paper]) = match self {
            Self::Event(one) => (event(lens, name, one), &one.documents),
            Self::Instrument(one) => (instrument(lens, name, one), &one.documents),
            Self::Recommendation(one) => (recommendation(lens, name, one), &[]),
            Self::Commitment(one) => (commitment(lens, name, one), &[]),
            Self::Report(one) => (report(lens, name, one), &[]),
            Self::Source(one) => (source(lens, name, one), &one.documents),
        };
        let mut all = vec![thing];
        for one in papers {
            let paper = paper(lens, &all[0], name, one);
            all.push(paper);
        }
        all
    }
}

impl<'m> Thing<'m> {
    fn new(lens: Lens<'_>, name: impl Into<Cow<'m, str>>, kind: &'static str) -> Self {
        Self {
            name: name.into(),
            words: Vec::new(),
            keywords: vec![(KIND, kind.into())],
            day: None,
            title: None,
            texts: Vec::new(),
            date: None,
            only_words: lens.only_words,
        }
    }

    /// The same, in the dialogue that its name says.
    fn at_home(lens: Lens<'_>, name: &'m str, kind: &'static str) -> Self {
        let mut thing = Self::new(lens, name, kind);
        if name.starts_with("dialogues/") {
            thing.keyword(DIALOGUE, dialogue_of(name));
        }
        thing
    }

    /// Adds a value of a field, unless it has it or there is nothing to add.
    fn keyword(&mut self, field: &'static str, value: impl Into<Cow<'m, str>>) {
        if self.only_words {
            return;
        }
        let value = value.into();
        let has = |(of, is): &(&str, Cow<'_, str>)| *of == field && *is == value;
        if !value.is_empty() && !self.keywords.iter().any(has) {
            self.keywords.push((field, value));
        }
    }

    /// The values of a field.
    pub(crate) fn values(&self, field: &str) -> impl Iterator<Item = &str> {
        let all = self.keywords.iter();
        all.filter(move |(of, _)| *of == field)
            .map(|(_, value)| &**value)
    }

    fn all(
        &mut self,
        field: &'static str,
        values: impl IntoIterator<Item = impl Into<Cow<'m, str>>>,
    ) {
        for value in values {
            self.keyword(field, value);
        }
    }

    /// By or for parties; others are named, and are not looked for.
    fn of_parties(&mut self, names: impl IntoIterator<Item = &'m String>) {
        let parties = names
            .into_iter()
            .filter(|name| name.starts_with("parties/"));
        self.all(PARTY, parties.map(String::as_str));
    }

    fn titled(&mut self, title: Option<&'m LocalizedText>) {
        if let Some(title) = title {
            self.read(title, true);
            self.title = Some(Cow::Borrowed(title));
        }
    }

    /// Its text stands where others have a title, and counts as text.
    fn reads(&mut self, text: Option<&'m LocalizedText>) {
        if let Some(text) = text {
            self.read(text, false);
            self.title = Some(Cow::Borrowed(text));
        }
    }

    fn says(&mut self, text: Option<&'m LocalizedText>) {
        if let Some(text) = text {
            self.read(text, false);
            self.texts.push(text);
        }
    }

    fn read(&mut self, text: &'m LocalizedText, is_title: bool) {
        // In a steady order, so that the same record makes the same document.
        let mut languages: Vec<_> = text.by_language.iter().collect();
        languages.sort();
        for (language, words) in languages {
            self.word(language, words.as_str(), is_title);
            self.in_language(language);
        }
    }

    /// Adds words, if there are any.
    fn word(&mut self, language: &'m str, text: impl Into<Cow<'m, str>>, is_title: bool) {
        let text = text.into();
        if !text.trim().is_empty() {
            self.words.push(Words {
                language,
                text,
                is_title,
            });
        }
    }

    fn in_language(&mut self, tag: &str) {
        if self.only_words {
            return;
        }
        let primary = tag.split('-').next().unwrap_or(tag).to_ascii_lowercase();
        if primary != UNDETERMINED {
            self.keyword(LANGUAGE, primary);
        }
    }

    /// Words that are no text of a language.
    fn mentions(&mut self, words: impl Into<Cow<'m, str>>) {
        self.word(UNDETERMINED, words, false);
    }

    fn about(&mut self, themes: &'m [String]) {
        for theme in themes {
            self.keyword(THEME, theme.as_str());
            self.word(CODES, theme.replace('-', " "), false);
        }
    }

    /// What the index holds of it, with the tags that lead to its themes: the index alone has use for them.
    pub(crate) fn document(mut self) -> Document {
        let tags: Vec<String> = self.values(THEME).map(tag).collect();
        self.all(TAG, tags);
        self.untagged()
    }

    /// The same without these tags.
    pub(super) fn untagged(self) -> Document {
        let text = |words: Words<'_>| Text {
            language: words.language.to_owned(),
            words: words.text.into_owned(),
            is_title: words.is_title,
        };
        let keywords = self.keywords.into_iter();
        Document {
            name: self.name.into_owned(),
            texts: self.words.into_iter().map(text).collect(),
            keywords: keywords.map(|(of, is)| (of, is.into_owned())).collect(),
            day: self.day,
        }
    }

    /// On a day, in the years from that day to another.
    fn dated(&mut self, date: Option<&'m CivilDate>, until: Option<&'m CivilDate>) {
        let Some(day) = first(date) else { return };
        self.date = date;
        self.day = Some(ordinal(day));
        let end = last(until).or_else(|| last(date)).unwrap_or(day);
        let years = day.year()..=end.year().max(day.year());
        self.all(YEAR, years.take(100).map(|year| format!("{year:04}")));
    }

    /// What serves a node serves those above it.
    fn serves(&mut self, model: &'m Model, nodes: impl IntoIterator<Item = &'m str>) {
        for node in nodes {
            let mut at = node;
            // No plan is deeper; and whoever made a circle is not followed for ever.
            for _ in 0..16 {
                self.keyword(NODE, at);
                match model.nodes.get(at) {
                    Some(node) if !node.parent_node.is_empty() => at = &node.parent_node,
                    _ => break,
                }
            }
        }
    }
}
