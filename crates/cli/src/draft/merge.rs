//! Facts added to an event: what is empty is filled, what is missing is appended, and nothing that is there changes.

use rapporteur_proto::events::v1::Event;
use rapporteur_proto::r#type::v1::{Claim, Link};

/// Adds what one says to the other.
pub(super) fn add(there: &mut Event, new: Event) {
    fn fill<T: Default + PartialEq>(there: &mut T, new: T) {
        if *there == T::default() {
            *there = new;
        }
    }
    let post = new
        .provenance
        .first()
        .map(|given| given.source.trim_start_matches("sources/post-").to_owned())
        .unwrap_or_default();
    fill(&mut there.kind, new.kind);
    fill(&mut there.state, new.state);
    fill(&mut there.title, new.title);
    fill(&mut there.ordinal, new.ordinal);
    fill(&mut there.parent_event, new.parent_event);
    fill(&mut there.place, new.place);
    fill(&mut there.agenda, new.agenda);
    // A date that only has its words gives way to one that is known; its end comes with it.
    if there.start.as_ref().is_none_or(|start| {
        start.value.is_empty() && new.start.as_ref().is_some_and(|new| !new.value.is_empty())
    }) {
        there.start = new.start;
        there.end = new.end;
    }
    let own = there
        .name
        .split("/events/")
        .next()
        .unwrap_or_default()
        .to_owned();
    extend(
        &mut there.joint_dialogues,
        new.joint_dialogues.into_iter().filter(|name| *name != own),
        PartialEq::eq,
    );
    extend(&mut there.roles, new.roles, |one, other| {
        one.party == other.party && one.role == other.role
    });
    extend(&mut there.provenance, new.provenance, |one, other| {
        one.source == other.source && one.quote == other.quote && one.subject == other.subject
    });
    for theme in &new.themes {
        add_theme(there, theme);
    }
    for link in new.links {
        add_link(there, link);
    }
    for claim in new.claims {
        let post = claim.provenance.as_ref().map_or(post.clone(), |given| {
            given.source.trim_start_matches("sources/post-").to_owned()
        });
        add_claim(there, claim, &post);
    }
}

fn extend<T>(there: &mut Vec<T>, new: impl IntoIterator<Item = T>, same: impl Fn(&T, &T) -> bool) {
    for item in new {
        if !there.iter().any(|other| same(other, &item)) {
            there.push(item);
        }
    }
}

/// Adds a theme that is not there.
pub(super) fn add_theme(event: &mut Event, theme: &str) {
    if !event.themes.iter().any(|other| other == theme) {
        event.themes.push(theme.to_owned());
    }
}

/// Adds a link that is not there.
pub(super) fn add_link(event: &mut Event, link: Link) {
    extend(&mut event.links, [link], |one, other| one.url == other.url);
}

/// Adds a figure that is not there. Another source's figure of the same measure stands beside it, under a name of its own:
/// disagreement is kept.
pub(super) fn add_claim(event: &mut Event, mut claim: Claim, post: &str) {
    let said = |other: &Claim| {
        let source = |claim: &Claim| {
            claim
                .provenance
                .as_ref()
                .map(|given| (given.source.clone(), given.quote.clone()))
        };
        other.measure == claim.measure
            && other.value == claim.value
            && other.total == claim.total
            && source(other) == source(&claim)
    };
    if event.claims.iter().any(said) {
        return;
    }
    let base = claim.id.clone();
    let mut number = 1;
    while event.claims.iter().any(|other| other.id == claim.id) {
        claim.id = if number == 1 {
            format!("{base}-{post}")
        } else {
            format!("{base}-{post}-{number}")
        };
        number += 1;
    }
    event.claims.push(claim);
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapporteur_proto::r#type::v1::{CivilDate, Provenance};

    fn claim(value: i64, source: &str) -> Claim {
        let provenance = Provenance {
            source: source.to_owned(),
            ..Provenance::default()
        };
        Claim {
            id: "participants".into(),
            measure: "participants".into(),
            value: Some(value),
            provenance: Some(provenance),
            ..Claim::default()
        }
    }

    fn dated(value: &str, written: &str) -> Option<CivilDate> {
        Some(CivilDate {
            value: value.to_owned(),
            as_written: written.to_owned(),
            ..CivilDate::default()
        })
    }

    #[test]
    fn what_is_there_stays_and_what_is_missing_comes() {
        let mut there = Event {
            kind: 4,
            themes: vec!["mobility".into()],
            start: dated("", "16 October"),
            claims: vec![claim(156, "sources/a")],
            ..Event::default()
        };
        let new = Event {
            kind: 6,
            ordinal: 3,
            themes: vec!["mobility".into(), "return".into()],
            start: dated("2024-10-16", "16 October"),
            claims: vec![claim(156, "sources/a"), claim(150, "sources/post-b")],
            ..Event::default()
        };
        add(&mut there, new.clone());
        let once = there.clone();
        assert_eq!((there.kind, there.ordinal, there.themes.len()), (4, 3, 2));
        assert_eq!(there.start, dated("2024-10-16", "16 October"));
        let ids: Vec<&str> = there.claims.iter().map(|claim| claim.id.as_str()).collect();
        assert_eq!(ids, ["participants", "participants-b"]);
        add(&mut there, new);
        assert_eq!(there, once, "twice is once");
        add(
            &mut there,
            Event {
                start: dated("2025-01-01", ""),
                ..Event::default()
            },
        );
        assert_eq!(there.start, once.start);
    }
}
