//! Terms: chairmanships with what happened in them.

use rapporteur_proto::events::v1::{Chairmanship, Event};
use rapporteur_proto::gateway::v1::{ItemFlag, Term};
use rapporteur_proto::recommendations::v1::{Implementation, Recommendation, RecommendationState};

use super::{events_of, in_time};
use crate::coverage::group::terms;
use crate::day::first;
use crate::item::Item;
use crate::links::is_held;
use crate::model::{Model, below};
use crate::outline::count;
use crate::period::{Period, Span, span};
use crate::scope::term_days;
use crate::subject::adopted;

/// The terms of a dialogue.
pub(super) struct Terms<'a, 'm> {
    pub(super) model: &'m Model,
    pub(super) dialogue: &'m str,
    pub(super) items: &'a [Item<'m>],
}

/// The chairmanships of a dialogue, from the first.
pub(super) fn by_start<'m>(model: &'m Model, dialogue: &str) -> Vec<&'m Chairmanship> {
    let mut all: Vec<&Chairmanship> = terms(model, dialogue).collect();
    all.sort_by_key(|term| (first(term.start.as_ref()), term.name.as_str()));
    all
}

impl<'m> Terms<'_, 'm> {
    pub(super) fn all(&self) -> Vec<Term> {
        let all = by_start(self.model, self.dialogue);
        all.into_iter().map(|term| self.term(term)).collect()
    }

    pub(super) fn term(&self, term: &Chairmanship) -> Term {
        let days = term_days(self.model, term);
        let addressed = self.items.iter().filter(|item| {
            let since = item.since.map(|(day, _)| (day, day));
            falls(days, since)
        });
        let number =
            |keep: &dyn Fn(&&Item<'_>) -> bool| count(addressed.clone().filter(keep).count());
        let texts = below(
            &self.model.recommendations,
            format!("{}/recommendations/", self.dialogue),
        );
        let adopted_then = texts.filter(|(_, text)| {
            let on = adopted(self.model, text);
            was_adopted(text) && falls(days, span(on, None))
        });
        let calendar = term.provisional_calendar.iter();
        let missing = calendar.filter(|name| !self.model.events.get(*name).is_some_and(is_held));
        Term {
            chairmanship: term.name.clone(),
            party: term.party.clone(),
            start: term.start.clone(),
            end: term.end.clone(),
            state: term.state,
            priorities: term.priorities.clone(),
            events_held: count(self.held(term).count()),
            recommendations_adopted: count(adopted_then.count()),
            open: number(&|item| item.has(ItemFlag::Open)),
            overdue: number(&|item| item.has(ItemFlag::Open) && item.has(ItemFlag::Overdue)),
            implemented: number(&|item| {
                item.subject.implementation() == Implementation::Implemented
            }),
            not_held: count(missing.count()),
        }
    }

    /// The events held in a term, by day and name.
    pub(super) fn held(&self, term: &Chairmanship) -> impl Iterator<Item = &'m Event> + use<'m> {
        let days = term_days(self.model, term);
        let mut events: Vec<&Event> = events_of(self.model, self.dialogue)
            .filter(|event| is_held(event))
            .filter(|event| falls(days, span(event.start.as_ref(), event.end.as_ref())))
            .collect();
        events.sort_by_key(|event| in_time(event));
        events.into_iter()
    }
}

/// Whether something falls into a term. Of a term whose days nobody knows nobody can say so.
fn falls(days: Period, of: Option<Span>) -> bool {
    !days.is_open() && days.holds(of)
}

/// Whether a text was adopted, whatever became of it since.
pub(crate) fn was_adopted(text: &Recommendation) -> bool {
    matches!(
        text.state(),
        RecommendationState::Adopted
            | RecommendationState::Superseded
            | RecommendationState::Elapsed
            | RecommendationState::Retired
    )
}
