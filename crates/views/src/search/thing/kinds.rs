//! What each kind of record is found, filtered and counted by.

use std::borrow::Cow;

use rapporteur_proto::events::v1::{Event, Source};
use rapporteur_proto::recommendations::v1::{
    Commitment, Instrument, ProgressReport, Recommendation,
};
use rapporteur_proto::r#type::v1::{CivilDate, Document as Paper, LocalizedText, PlanLink};
use rapporteur_records::name::parent_of;
use rapporteur_search::index::PART;

use super::{Thing, UNDETERMINED};
use crate::day::first;
use crate::search::field::{DIALOGUE, IMPLEMENTATION, NODE, PARTY, RESPONSE, STATE, THEME, YEAR};
use crate::search::lens::Lens;
use crate::subject::Subject;

/// `EVENT_STATE_HELD` as people write it: `held`; nothing for what is not stated.
fn word(name: &str, prefix: &str) -> String {
    match name.strip_prefix(prefix) {
        Some("UNSPECIFIED") | None => String::new(),
        Some(word) => word.to_ascii_lowercase().replace('_', "-"),
    }
}

pub(super) fn event<'m>(lens: Lens<'m>, name: &'m str, one: &'m Event) -> Thing<'m> {
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
    thing.serves(lens.model, nodes(&one.plan_links));
    thing
}

pub(super) fn instrument<'m>(lens: Lens<'m>, name: &'m str, one: &'m Instrument) -> Thing<'m> {
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
    thing.serves(lens.model, nodes(&one.plan_links));
    thing
}

/// The nodes to which links lead.
fn nodes(links: &[PlanLink]) -> impl Iterator<Item = &str> {
    links.iter().map(|link| link.node.as_str())
}

/// A date that says a day, a month or a year.
fn known(date: Option<&CivilDate>) -> Option<&CivilDate> {
    date.filter(|date| first(Some(date)).is_some())
}

/// When an instrument was adopted: as it says, or on the day of its event, as far as that is seen.
fn adopted_by<'m>(lens: Lens<'m>, one: &'m Instrument) -> Option<&'m CivilDate> {
    let own = known(one.adopted.as_ref());
    own.or_else(|| lens.event(&one.event)?.start.as_ref())
}

pub(super) fn recommendation<'m>(
    lens: Lens<'m>,
    name: &'m str,
    one: &'m Recommendation,
) -> Thing<'m> {
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
    let own = known(one.adopted.as_ref());
    let date = own
        .or_else(|| adopted_by(lens, lens.instrument(&one.instrument)?))
        .or_else(|| lens.event(&one.event)?.start.as_ref());
    thing.dated(date, None);
    thing.serves(lens.model, nodes(&one.plan_links));
    thing
}

pub(super) fn commitment<'m>(lens: Lens<'m>, name: &'m str, one: &'m Commitment) -> Thing<'m> {
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

pub(super) fn report<'m>(lens: Lens<'m>, name: &'m str, one: &'m ProgressReport) -> Thing<'m> {
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
            let text = lens.recommendation(parent_of(&one.subject));
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

pub(super) fn source<'m>(lens: Lens<'_>, name: &'m str, one: &'m Source) -> Thing<'m> {
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
pub(super) fn paper<'m>(lens: Lens<'_>, of: &Thing<'m>, record: &str, one: &'m Paper) -> Thing<'m> {
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
