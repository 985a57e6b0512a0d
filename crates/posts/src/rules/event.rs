//! Events: mentions of one are gathered, and each fact near them finds the event that it is of.

mod attach;
mod mention;
mod name;
mod title;

use std::ops::Range;

use super::{MOST, Page, roles};
use crate::proposal::{Event, Evidence};
use crate::words::kinds::{BODY, Weight};
use crate::words::patterns;

pub(crate) use attach::facts;
pub(crate) use mention::Mention;
pub(crate) use name::give as give_names;

/// An event that a post speaks of.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) mentions: Vec<Mention>,
    pub(crate) section: usize,
    /// Several, of which nothing else is said.
    pub(crate) collective: bool,
    /// Part of another: a visit, a side event.
    pub(crate) child: bool,
    pub(crate) event: Event,
    pub(crate) evidence: Evidence,
}

patterns! {
    IS_BODY = BODY;
}

/// The events of a post, in the order in which it first speaks of them.
pub(crate) fn find(page: &Page<'_>, roles: &[roles::Found]) -> Vec<Told> {
    let mut groups: Vec<Vec<Mention>> = Vec::new();
    for mention in mention::find(page) {
        let place = groups
            .iter()
            .rposition(|group| group.iter().all(|other| other.may_be(&mention)));
        match place {
            Some(place) => groups[place].push(mention),
            None if groups.len() < MOST => groups.push(vec![mention]),
            None => break,
        }
    }
    let mut told: Vec<Told> = groups.into_iter().map(|group| tell(page, group)).collect();
    told.extend(by_section(page, &told, roles));
    told.sort_by_key(|event| event.mentions.first().map_or(0, |mention| mention.at.start));
    // What stands alone in its section is what the heading names.
    for at in 0..told.len() {
        let own = told[at].section;
        if own > 0
            && main(&told, own) == Some(at)
            && let Some(heading) = page
                .parts
                .segments
                .iter()
                .find(|segment| segment.heading && segment.section == own)
        {
            told[at].event.title = title::clean(page.view.words(&heading.at));
        }
    }
    told
}

fn tell(page: &Page<'_>, mentions: Vec<Mention>) -> Told {
    let first = &mentions[0];
    let best = mentions.iter().max_by_key(|mention| {
        (
            mention.titled,
            mention.title.chars().count(),
            std::cmp::Reverse(mention.at.start),
        )
    });
    let best = best.unwrap_or(first);
    let confidence = match (first.weight, mentions.len()) {
        (Weight::Strong, 1) => 0.85,
        (Weight::Strong, _) => 0.95,
        _ => 0.6,
    };
    // The mention that says the most is quoted, with the words around it that make its title.
    let evidence = page.evidence(&format!("kind:{}", first.kind), confidence, &best.whole);
    Told {
        section: first.section,
        collective: first.weight == Weight::Collective,
        child: matches!(first.kind, "field-visit" | "side-event"),
        event: bare(
            first.kind,
            best.title.clone(),
            mentions.iter().find_map(|mention| mention.ordinal),
        ),
        evidence,
        mentions,
    }
}

fn bare(kind: &str, title: String, ordinal: Option<u32>) -> Event {
    Event {
        name: String::new(),
        kind: kind.to_owned(),
        title,
        dialogues: Vec::new(),
        state: crate::proposal::State::Announced,
        ordinal,
        start: None,
        end: None,
        place: None,
        roles: Vec::new(),
        agenda: Vec::new(),
        parent: None,
    }
}

/// A section that says who organised something and never what kind of event it was.
fn by_section(page: &Page<'_>, told: &[Told], roles: &[roles::Found]) -> Vec<Told> {
    let headings = page
        .parts
        .segments
        .iter()
        .filter(|segment| segment.heading)
        .take(MOST);
    let unnamed = headings.filter(|heading| main(told, heading.section).is_none());
    let event = |heading: &crate::segment::Segment| {
        let section = heading.section;
        let inside = |at: &Range<usize>| {
            page.parts
                .segments
                .get(page.parts.index(at.start))
                .is_some_and(|segment| segment.section == section)
        };
        roles
            .iter()
            .find(|found| found.role.is_some() && inside(&found.at))?;
        let body = page
            .parts
            .segments
            .iter()
            .any(|segment| segment.section == section && IS_BODY.is_match(page.words(segment)));
        let kind = if body { "network-meeting" } else { "other" };
        let title = title::clean(page.view.words(&heading.at));
        Some(Told {
            mentions: vec![Mention::heading(page, heading, kind, &title)],
            section,
            collective: false,
            child: false,
            event: bare(kind, title, None),
            evidence: page.evidence("section-with-roles", 0.5, &heading.at),
        })
    };
    unnamed.filter_map(event).take(MOST).collect()
}

/// The event that a section is about: the one that it speaks of most often.
pub(crate) fn main(told: &[Told], section: usize) -> Option<usize> {
    let own = told
        .iter()
        .enumerate()
        .filter(|(_, event)| event.section == section && !event.collective && !event.child);
    own.max_by_key(|(at, event)| (event.mentions.len(), std::cmp::Reverse(*at)))
        .map(|(at, _)| at)
}

/// The event that what stands at a place is of: one that its sentence speaks of (the last before it, else the first
/// after it); with `far`, else the one that the section is about.
pub(crate) fn owner(page: &Page<'_>, told: &[Told], at: &Range<usize>, far: bool) -> Option<usize> {
    let index = page.parts.index(at.start);
    let mentioned = |(place, event): (usize, &Told)| {
        let own = event
            .mentions
            .iter()
            .filter(|mention| mention.segment == index);
        let nearest = own
            .map(|mention| {
                (
                    mention.at.start > at.start,
                    mention.at.start.abs_diff(at.start),
                )
            })
            .min()?;
        Some((nearest, place))
    };
    let near = told
        .iter()
        .enumerate()
        .filter_map(mentioned)
        .min()
        .map(|(_, place)| place);
    let section = page
        .parts
        .segments
        .get(index)
        .map_or(0, |segment| segment.section);
    near.or_else(|| if far { main(told, section) } else { None })
}
