//! A record as something that can be found: its words, and what it is filtered and counted by.

use std::borrow::Cow;

use rapporteur_proto::events::v1::{Event, Source};
use rapporteur_proto::recommendations::v1::{
    Commitment, Instrument, ProgressReport, Recommendation,
};
use rapporteur_proto::r#type::v1::{CivilDate, Document as Paper, LocalizedText};
use rapporteur_records::words::date::ordinal;
use rapporteur_search::index::PART;
use rapporteur_search::{Document, Text};

use super::field::{
    DIALOGUE, IMPLEMENTATION, KIND, LANGUAGE, NODE, PARTY, RESPONSE, STATE, TAG, THEME, YEAR,
};
use super::lens::{Lens, is_internal, versions};
use super::words::tag;
use crate::day::{first, last};
use crate::model::Model;
use crate::scope::dialogue_of;
use crate::subject::Subject;

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
    let Some(internal) = internal(model, name) else {
        return Vec::new();
    };
    versions(model, name, internal, |lens| {
        let all = things(lens, name).into_iter();
        all.map(Thing::document).collect()
    })
}

/// Whether a record that can be found is for those who work on it only; none when there is no such record.
pub(crate) fn internal(model: &Model, name: &str) -> Option<bool> {
    match collection(name) {
        "events" => model.events.get(name).map(is_internal),
        "instruments" => model.instruments.get(name).map(is_internal),
        "recommendations" => model.recommendations.get(name).map(is_internal),
        "commitments" => model.commitments.get(name).map(is_internal),
        "reports" => model.reports.get(name).map(is_internal),
        "sources" => model.sources.get(name).map(is_internal),
        _ => None,
    }
}

/// Of which kind a record is, by its name.
fn collection(name: &str) -> &str {
    name.rsplit('/').nth(1).unwrap_or_default()
}

/// What can be found of a record: itself, and its papers.
pub(crate) fn things<'m>(lens: Lens<'m>, name: &'m str) -> Vec<Thing<'m>> {
    let Some((thing, papers)) = thing(lens, name) else {
        return Vec::new();
    };
    let papers: Vec<Thing<'_>> = papers
        .iter()
        .map(|one| paper(lens, &thing, name, one))
        .collect();
    [thing].into_iter().chain(papers).collect()
}

fn thing<'m>(lens: Lens<'m>, name: &'m str) -> Option<(Thing<'m>, &'m [Paper])> {
    let model = lens.model;
    Some(match collection(name) {
        "events" => {
            let one = model.events.get(name)?;
            (event(lens, name, one), &one.documents[..])
        }
        "instruments" => {
            let one = model.instruments.get(name)?;
            (instrument(lens, name, one), &one.documents[..])
        }
        "recommendations" => {
            let one = model.recommendations.get(name)?;
            (recommendation(lens, name, one), &[])
        }
        "commitments" => (commitment(lens, name, model.commitments.get(name)?), &[]),
        "reports" => (report(lens, name, model.reports.get(name)?), &[]),
        "sources" => {
            let one = model.sources.get(name)?;
            (source(lens, name, one), &one.documents[..])
        }
        _ => return None,
    })
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

/// `EVENT_STATE_HELD` as people write it: `held`; nothing for what is not stated.
fn word(name: &str, prefix: &str) -> String {
    match name.strip_prefix(prefix) {
        Some("UNSPECIFIED") | None => String::new(),
        Some(word) => word.to_ascii_lowercase().replace('_', "-"),
    }
}

fn event<'m>(lens: Lens<'m>, name: &'m str, one: &'m Event) -> Thing<'m> {
    let mut thing = Thing::at_home(lens, name, "event");
    thing.titled(one.title.as_ref());
    thing.says(one.description.as_ref());
    for item in &one.agenda {
        thing.says(item.title.as_ref());
        thing.about(&item.themes);
    }
    if let Some(place) = &one.place {
        thing.mentions(&place.name);
    }
    thing.about(&one.themes);
    if lens.only_words {
        return thing;
    }
    thing.all(DIALOGUE, &one.joint_dialogues);
    thing.keyword(STATE, word(one.state().as_str_name(), "EVENT_STATE_"));
    let (roles, delegations) = (one.roles.iter(), one.delegations.iter());
    let parties = roles.map(|role| &role.party);
    thing.of_parties(parties.chain(delegations.map(|d| &d.party)));
    thing.dated(one.start.as_ref(), one.end.as_ref());
    thing.serves(
        lens.model,
        one.plan_links.iter().map(|link| link.node.as_str()),
    );
    thing
}

fn instrument<'m>(lens: Lens<'m>, name: &'m str, one: &'m Instrument) -> Thing<'m> {
    let mut thing = Thing::at_home(lens, name, "instrument");
    thing.titled(one.title.as_ref());
    thing.mentions(&one.citation);
    thing.about(&one.themes);
    if lens.only_words {
        return thing;
    }
    thing.of_parties([&one.adopted_by]);
    thing.dated(adopted_by(lens, one), None);
    if thing.date.is_none() && one.year > 0 {
        thing.keyword(YEAR, format!("{:04}", one.year));
    }
    thing.serves(
        lens.model,
        one.plan_links.iter().map(|link| link.node.as_str()),
    );
    thing
}

/// When an instrument was adopted: as it says, or on the day of its event, as far as that is seen.
fn adopted_by<'m>(lens: Lens<'m>, one: &'m Instrument) -> Option<&'m CivilDate> {
    let own = one
        .adopted
        .as_ref()
        .filter(|date| first(Some(date)).is_some());
    own.or_else(|| lens.event(&one.event)?.start.as_ref())
}

fn recommendation<'m>(lens: Lens<'m>, name: &'m str, one: &'m Recommendation) -> Thing<'m> {
    let mut thing = Thing::at_home(lens, name, "recommendation");
    thing.reads(one.text.as_ref());
    thing.mentions(&one.citation);
    thing.about(&one.themes);
    if lens.only_words {
        return thing;
    }
    thing.keyword(
        STATE,
        word(one.state().as_str_name(), "RECOMMENDATION_STATE_"),
    );
    for entry in lens.addressees(name) {
        thing.of_parties([&entry.party]);
        let response = word(entry.response().as_str_name(), "RESPONSE_");
        thing.keyword(RESPONSE, response);
        let subject = Subject::Addressee(entry, Some(one));
        let far = word(subject.implementation().as_str_name(), "IMPLEMENTATION_");
        thing.keyword(IMPLEMENTATION, far);
    }
    let own = one
        .adopted
        .as_ref()
        .filter(|date| first(Some(date)).is_some());
    let date = own
        .or_else(|| adopted_by(lens, lens.instrument(&one.instrument)?))
        .or_else(|| lens.event(&one.event)?.start.as_ref());
    thing.dated(date, None);
    thing.serves(
        lens.model,
        one.plan_links.iter().map(|link| link.node.as_str()),
    );
    thing
}

fn commitment<'m>(lens: Lens<'m>, name: &'m str, one: &'m Commitment) -> Thing<'m> {
    let mut thing = Thing::at_home(lens, name, "commitment");
    thing.titled(one.title.as_ref());
    thing.says(one.text.as_ref());
    thing.about(&one.themes);
    if lens.only_words {
        return thing;
    }
    thing.keyword(STATE, word(one.state().as_str_name(), "COMMITMENT_STATE_"));
    thing.of_parties(one.owners.iter().chain(&one.partners));
    let far = Subject::Commitment(one).implementation();
    thing.keyword(IMPLEMENTATION, word(far.as_str_name(), "IMPLEMENTATION_"));
    let dated = one.entries.iter().find_map(|entry| entry.on.as_ref());
    thing.dated(one.start.as_ref().or(dated), None);
    thing.serves(lens.model, one.plan_nodes.iter().map(String::as_str));
    thing
}

fn report<'m>(lens: Lens<'m>, name: &'m str, one: &'m ProgressReport) -> Thing<'m> {
    let mut thing = Thing::at_home(lens, name, "report");
    thing.reads(one.narrative.as_ref());
    for evidence in &one.evidence {
        thing.says(evidence.title.as_ref());
        thing.mentions(&evidence.quote);
    }
    thing.mentions(&one.word);
    thing.keyword(
        STATE,
        word(one.state().as_str_name(), "PROGRESS_REPORT_STATE_"),
    );
    thing.of_parties([&one.author_party]);
    thing.dated(one.submitted.as_ref().or(one.period_end.as_ref()), None);
    // What it reports on, as far as that is seen, says what it is about.
    let subject = match lens.addressee(&one.subject) {
        Some(entry) => {
            let text = lens.recommendation(rapporteur_records::name::parent_of(&one.subject));
            Some(Subject::Addressee(entry, text))
        }
        None => lens.commitment(&one.subject).map(Subject::Commitment),
    };
    if let Some(subject) = subject {
        thing.about(subject.themes());
        thing.serves(lens.model, subject.nodes());
    }
    thing
}

fn source<'m>(lens: Lens<'_>, name: &'m str, one: &'m Source) -> Thing<'m> {
    let mut thing = Thing::at_home(lens, name, "source");
    let language = if one.language.is_empty() {
        UNDETERMINED
    } else {
        &one.language
    };
    thing.word(language, one.text.as_str(), false);
    thing.in_language(language);
    if !one.text.is_empty() {
        thing.title = Some(Cow::Owned(LocalizedText {
            by_language: [(language.to_owned(), one.text.clone())].into(),
            ..LocalizedText::default()
        }));
    }
    thing.all(DIALOGUE, &one.dialogues);
    for hashtag in &one.hashtags {
        thing.mentions(format!("#{}", hashtag.trim_start_matches('#')));
    }
    thing.dated(one.published.as_ref(), None);
    thing
}

/// A paper of a record: it is about what the record is about.
fn paper<'m>(lens: Lens<'_>, of: &Thing<'m>, record: &str, one: &'m Paper) -> Thing<'m> {
    let mut thing = Thing::new(lens, format!("{record}{PART}{}", one.id), "document");
    thing.titled(one.title.as_ref());
    thing.mentions(one.kind.replace('-', " "));
    for rendition in &one.renditions {
        thing.in_language(&rendition.language);
    }
    for (field, value) in &of.keywords {
        if [DIALOGUE, THEME, PARTY, YEAR, NODE].contains(field) {
            thing.keyword(field, value.clone());
        }
    }
    thing.day = of.day;
    thing.date = of.date;
    thing
}
