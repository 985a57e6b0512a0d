//! What to call the records that a handover names.

use std::collections::BTreeSet;

use rapporteur_proto::events::v1::{Post, PostDuty};
use rapporteur_proto::gateway::v1::{Handover, NamedRecord, OpenItem};
use rapporteur_proto::r#type::v1::LocalizedText;

use crate::model::Model;

/// Names of the parties, posts and dialogues in a handover, in order. What is not known has no name to show.
pub(super) fn names(model: &Model, handover: &Handover) -> Vec<NamedRecord> {
    let mut named: BTreeSet<&str> = [handover.dialogue.as_str()].into();
    let terms = handover.terms.iter();
    named.extend(terms.map(|term| term.party.as_str()));
    for item in handover.open.iter().chain(&handover.promised) {
        named.extend(of_item(item));
    }
    for due in &handover.dues {
        named.extend(due.parties.iter().map(String::as_str));
        named.insert(&due.post);
    }
    named
        .into_iter()
        .filter_map(|name| {
            title(model, name).map(|title| NamedRecord {
                name: name.to_owned(),
                title: Some(title),
            })
        })
        .collect()
}

fn of_item(item: &OpenItem) -> impl Iterator<Item = &str> {
    let said = item.standpoints.iter().map(|said| said.party.as_str());
    [&item.dialogue, &item.post, &item.holder]
        .into_iter()
        .chain(&item.parties)
        .map(String::as_str)
        .chain(said)
}

fn title(model: &Model, name: &str) -> Option<LocalizedText> {
    if let Some(party) = model.parties.get(name) {
        return party.title.clone();
    }
    if let Some(dialogue) = model.dialogues.get(name) {
        return dialogue.title.clone();
    }
    model.posts.get(name).map(|post| post_title(model, post))
}

/// A post has no title of its own: it is a duty, its scope, and the party.
fn post_title(model: &Model, post: &Post) -> LocalizedText {
    let party = model.parties.get(&post.party);
    let english = party
        .and_then(|party| party.title.as_ref())
        .and_then(|title| title.by_language.get("en"));
    let mut words = vec![duty(post.duty())];
    words.extend(Some(post.scope.as_str()).filter(|scope| !scope.is_empty()));
    words.push(english.unwrap_or(&post.party));
    LocalizedText {
        by_language: [("en".to_owned(), words.join(", "))].into(),
        ..LocalizedText::default()
    }
}

fn duty(duty: PostDuty) -> &'static str {
    match duty {
        PostDuty::Unspecified => "post",
        PostDuty::FocalPoint => "focal point",
        PostDuty::Alternate => "alternate focal point",
        PostDuty::ValidatingAuthority => "validating authority",
        PostDuty::Contributor => "contributor",
        PostDuty::ReferenceCountry => "reference country",
        PostDuty::Rapporteur => "rapporteur",
        PostDuty::Chair => "chair",
    }
}
