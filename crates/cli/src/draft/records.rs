//! Accepted proposals as lines of a record file.
//!
//! Names are made of the proposals' own words, so accepting them again gives the same lines. Every record carries the
//! post as its source, with the words that state each fact.

mod elements;
mod facts;

use std::collections::BTreeMap;

use jiff::civil;
use prost::{Message, Name};
use rapporteur_posts::{self as posts, Body, Draft, Evidence, Post, Proposal};
use rapporteur_proto::events::v1;
use rapporteur_proto::r#type::v1::{Basis, CivilDate, Link, LocalizedText, Provenance};
use tonic::Code;

use super::merge;
use crate::connect::Connection;
use crate::error::{Failure, Result};
use crate::noun::Noun;
use crate::record::get;

/// What was accepted, and of what.
pub(super) struct Facts<'a> {
    pub(super) drafted: &'a Draft,
    pub(super) accepted: &'a [Proposal],
    /// `parties/{party}`, or empty.
    pub(super) publisher: String,
    /// `dialogues/{dialogue}`, or empty.
    pub(super) dialogue: String,
    pub(super) posted: Option<civil::Date>,
}

/// Lines, and what could not become one.
#[derive(Default)]
pub(super) struct Made {
    pub(super) lines: Vec<String>,
    pub(super) left_out: Vec<String>,
}

/// The lines of all that was accepted: sources, parties, events, instruments, recommendations.
pub(super) async fn make(to: &Connection, asked: &Facts<'_>) -> Result<Made> {
    let mut made = Made::default();
    for post in &asked.drafted.posts {
        let own: Vec<&Proposal> = asked
            .accepted
            .iter()
            .filter(|it| it.id.starts_with(&format!("{}.", post.id)))
            .collect();
        if own.is_empty() {
            continue;
        }
        let source = source(post, asked);
        let name = source.name.clone();
        made.lines
            .push(kept(to, &crate::source::NOUN, &name, source).await?);
        let first = made.lines.len();
        for proposal in &own {
            if let Body::Party(it) = &proposal.record {
                let party = party(it, &proposal.evidence, &name);
                let id = party.name.clone();
                made.lines
                    .push(kept(to, &crate::party::NOUN, &id, party).await?);
            }
        }
        events(to, post, &own, asked, &mut made).await?;
        elements::elements(to, post, &own, asked, &mut made).await?;
        // Themes and links of no event are in the source; anything else that was left out needs none.
        let in_source = |it: &&Proposal| matches!(it.record, Body::Theme(_) | Body::Link(_));
        if made.lines.len() == first && !own.iter().any(in_source) {
            made.lines.pop();
        }
    }
    Ok(made)
}

/// The line of a new record; of one that is there, it is the record as it stands: nothing is written over.
async fn kept<M: Message + Name + Default>(
    to: &Connection,
    noun: &Noun,
    name: &str,
    new: M,
) -> Result<String> {
    let record = there(to, noun, name).await?.unwrap_or(new);
    line(noun.kind, &record)
}

fn line<M: Message + Name>(kind: &str, record: &M) -> Result<String> {
    let record =
        rapporteur_proto::to_json(record).map_err(|why| Failure::other("UNPRINTABLE", why))?;
    Ok(serde_json::json!({"kind": kind, "record": record}).to_string())
}

fn source_name(post: &Post) -> String {
    format!("sources/post-{}", post.id)
}

fn source(post: &Post, asked: &Facts<'_>) -> v1::Source {
    let links = post
        .proposals
        .iter()
        .filter_map(|proposal| match &proposal.record {
            Body::Link(it) => Some(link(it)),
            _ => None,
        });
    v1::Source {
        name: source_name(post),
        kind: "post".to_owned(),
        publisher: asked.publisher.clone(),
        published: Some(match asked.posted {
            Some(day) => CivilDate {
                value: day.to_string(),
                basis: Basis::Given.into(),
                ..CivilDate::default()
            },
            None => CivilDate {
                basis: Basis::Unknown.into(),
                ..CivilDate::default()
            },
        }),
        language: post.language.clone(),
        text: post.text.clone(),
        links: links.collect(),
        hashtags: post.hashtags.clone(),
        mentions: post.mentions.clone(),
        dialogues: post
            .dialogues
            .iter()
            .map(|id| format!("dialogues/{id}"))
            .collect(),
        ..v1::Source::default()
    }
}

fn link(it: &posts::Link) -> Link {
    Link {
        url: it.url.clone(),
        resolved_url: it.resolved.clone(),
        title: it.title.clone(),
    }
}

fn words(post: &Post, text: &str) -> Option<LocalizedText> {
    let tag = if post.language.is_empty() {
        "en"
    } else {
        &post.language
    };
    Some(LocalizedText {
        by_language: [(tag.to_owned(), text.to_owned())].into(),
        ..LocalizedText::default()
    })
}

fn provenance(evidence: &Evidence, source: &str, subject: &str) -> Provenance {
    Provenance {
        source: source.to_owned(),
        quote: evidence.quote.text.clone(),
        basis: Basis::Given.into(),
        subject: subject.to_owned(),
        ..Provenance::default()
    }
}

fn party(it: &posts::NewParty, evidence: &Evidence, source: &str) -> v1::Party {
    let kind = if it.kind == "state" {
        v1::PartyKind::State
    } else {
        v1::PartyKind::Organisation
    };
    v1::Party {
        name: format!("parties/{}", it.id),
        kind: kind.into(),
        title: Some(LocalizedText {
            by_language: [("en".to_owned(), it.title.clone())].into(),
            ..LocalizedText::default()
        }),
        country_code: it.country.clone(),
        provenance: vec![provenance(evidence, source, "")],
        ..v1::Party::default()
    }
}

/// Events with all that is of them. Facts of an event that was not accepted go to the one that the record has by the
/// name that an edit gave.
async fn events(
    to: &Connection,
    post: &Post,
    own: &[&Proposal],
    asked: &Facts<'_>,
    made: &mut Made,
) -> Result<()> {
    let source = source_name(post);
    let names = names(own);
    let mut events: BTreeMap<String, v1::Event> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    for proposal in own {
        let Body::Event(it) = &proposal.record else {
            continue;
        };
        match facts::event(post, proposal, it, &names, asked) {
            Ok((event, notes)) => {
                made.left_out.extend(notes);
                order.push(event.name.clone());
                match events.get_mut(&event.name) {
                    // Two proposals that an edit has given one name are one event.
                    Some(other) => merge::add(other, event),
                    None => {
                        events.insert(event.name.clone(), event);
                    }
                }
            }
            Err(why) => made.left_out.push(format!("{}: {why}", proposal.id)),
        }
    }
    for proposal in own {
        let of = match &proposal.record {
            Body::Claim(it) => &it.event,
            Body::Theme(it) => &it.event,
            Body::Link(it) => &it.event,
            _ => continue,
        };
        let name = names
            .get(of.as_str())
            .cloned()
            .unwrap_or_else(|| of.clone());
        if !name.starts_with("dialogues/") {
            // The source has the links and hashtags already; a figure has nowhere else to be.
            if matches!(proposal.record, Body::Claim(_)) {
                made.left_out.push(format!("{}: is a figure of no accepted event; accept it, or edit event to its full name", proposal.id));
            }
            continue;
        }
        let event = events.entry(name.clone()).or_insert_with(|| {
            order.push(name.clone());
            v1::Event {
                name,
                ..v1::Event::default()
            }
        });
        match &proposal.record {
            Body::Claim(it) => match facts::claim(it, &proposal.evidence, &source) {
                Ok(claim) => merge::add_claim(event, claim, &post.id),
                Err(why) => made.left_out.push(format!("{}: {why}", proposal.id)),
            },
            Body::Theme(it) => merge::add_theme(event, &it.theme),
            Body::Link(it) => merge::add_link(event, link(it)),
            _ => {}
        }
    }
    order.dedup();
    // What an event is part of comes before it.
    order.sort_by_key(|name| {
        events
            .get(name)
            .is_some_and(|event| !event.parent_event.is_empty())
    });
    for name in order {
        let Some(new) = events.remove(&name) else {
            continue;
        };
        match there::<v1::Event>(to, &crate::event::NOUN, &name).await? {
            Some(mut there) => {
                merge::add(&mut there, new);
                made.lines.push(line("event", &there)?);
            }
            None if new.kind == 0 => made.left_out.push(format!(
                "{name}: is not in the record, so nothing can be added to it"
            )),
            None => made.lines.push(line("event", &new)?),
        }
    }
    Ok(())
}

/// Proposal of an event -> its name in the record.
fn names<'a>(own: &[&'a Proposal]) -> BTreeMap<&'a str, String> {
    let name = |proposal: &&'a Proposal| match &proposal.record {
        Body::Event(it) if !it.name.is_empty() => Some((proposal.id.as_str(), it.name.clone())),
        _ => None,
    };
    own.iter().filter_map(name).collect()
}

async fn there<M: Message + Default>(
    to: &Connection,
    noun: &Noun,
    name: &str,
) -> Result<Option<M>> {
    match get(to, noun, name, None).await {
        Ok(record) => record
            .transcode_to()
            .map(Some)
            .map_err(|e| Failure::other("UNREADABLE_ANSWER", e.to_string())),
        Err(Failure::Status(status)) if status.code() == Code::NotFound => Ok(None),
        Err(failure) => Err(failure),
    }
}
