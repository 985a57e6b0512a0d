//! Posts: who answers for an item, and who holds the post on a day. A duty belongs to the post and not to the
//! person, so nothing is lost when the holder changes.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rapporteur_proto::events::v1::{Post, PostDuty};

use crate::model::Model;
use crate::period::period;
use crate::scope::dialogue_of;
use crate::subject::Subject;

/// The posts that answer where no other is named: dialogue, party -> post.
#[derive(Debug)]
pub(crate) struct Posts<'m> {
    model: &'m Model,
    /// The focal point of each party in each dialogue, else its alternate; the first by name of several.
    focal: BTreeMap<(&'m str, &'m str), &'m Post>,
}

impl<'m> Posts<'m> {
    pub(crate) fn of(model: &'m Model) -> Self {
        let mut focal: BTreeMap<(&str, &str), &Post> = BTreeMap::new();
        for duty in [PostDuty::FocalPoint, PostDuty::Alternate] {
            for post in model.posts.values().filter(|post| post.duty() == duty) {
                focal
                    .entry((dialogue_of(&post.name), &post.party))
                    .or_insert(post);
            }
        }
        Self { model, focal }
    }

    /// The post that answers for it: named in it, or that of the first of its parties that has one.
    pub(crate) fn answering(&self, subject: &Subject<'m>) -> &'m str {
        if !subject.lead_post().is_empty() {
            return subject.lead_post();
        }
        let post = |party: &'m String| self.focal.get(&(subject.dialogue(), party.as_str()));
        let post = subject.parties().iter().find_map(post);
        post.map_or("", |post| &post.name)
    }

    /// Who holds a post on a day; empty when nobody does.
    pub(crate) fn holder(&self, post: &str, on: Date) -> &'m str {
        self.model
            .posts
            .get(post)
            .map_or("", |post| holder(post, on))
    }
}

/// Who holds the post on a day: of several, the one who came last.
pub(crate) fn holder(post: &Post, on: Date) -> &str {
    let holds = |one: &&rapporteur_proto::events::v1::PostHolder| {
        period(one.start.as_ref(), one.end.as_ref()).holds(Some((on, on)))
    };
    let holder = post.holders.iter().rfind(holds);
    holder.map_or("", |one| &one.holder)
}

#[cfg(test)]
mod tests {
    use rapporteur_proto::events::v1::PostHolder;

    use super::*;
    use crate::sample::date;

    #[test]
    fn the_duty_stays_when_the_holder_goes() {
        let held = |holder: &str, start: &str, end: &str| PostHolder {
            holder: holder.into(),
            start: date(start),
            end: date(end),
        };
        let post = Post {
            holders: vec![
                held("ana", "", "2024-05-31"),
                held("rui", "2024-06-01", "2025"),
                held("eva", "2026-03-01", ""),
            ],
            ..Post::default()
        };
        for (on, expected) in [
            ("2020-01-01", "ana"),
            ("2024-05-31", "ana"),
            ("2024-06-01", "rui"),
            ("2025-12-31", "rui"),
            ("2026-01-01", ""),
            ("2030-01-01", "eva"),
        ] {
            assert_eq!(holder(&post, on.parse().unwrap()), expected, "{on}");
        }
    }
}
