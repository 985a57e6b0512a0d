//! Records that have links to nodes, and whether they have happened.

use rapporteur_proto::events::v1::{Event, EventState};
use rapporteur_proto::recommendations::v1::{Instrument, Recommendation, RecommendationState};
use rapporteur_proto::r#type::v1::{CivilDate, LocalizedText, PlanLink};

use crate::model::Model;
use crate::period::{Span, span};
use crate::scope::{Scope, dialogue_of, dialogues_of};

/// Whether what carries a link has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// It will not happen.
    Off,
    /// It is to come, as far as is known.
    ToCome,
    /// It happened.
    Done,
}

/// A record that has links.
#[derive(Clone, Debug)]
pub(super) struct Carrier<'m> {
    pub(super) name: &'m str,
    pub(super) title: Option<&'m LocalizedText>,
    pub(super) links: &'m [PlanLink],
    /// Whether it has happened, its event included.
    pub(super) standing: Standing,
    /// Whether it has happened by itself, whatever became of its event.
    own: Standing,
    /// The event through which it counts.
    pub(super) event: &'m str,
    pub(super) known_event: Option<&'m Event>,
    /// The date of a text without an event.
    pub(super) adopted: Option<&'m CivilDate>,
}

impl<'m> Carrier<'m> {
    /// The record with this name, when it may have links. The name says in which table it is: most records of a node
    /// are recommendations, and three searches of large tables for each would be most of the work.
    pub(super) fn of(model: &'m Model, name: &str) -> Option<Self> {
        match name.split('/').nth(2)? {
            "events" => {
                let (name, event) = model.events.get_key_value(name)?;
                Some(Self {
                    name,
                    title: event.title.as_ref(),
                    links: &event.plan_links,
                    standing: event_standing(event),
                    own: Standing::Done,
                    event: name,
                    known_event: Some(event),
                    adopted: None,
                })
            }
            "instruments" => {
                let (name, text) = model.instruments.get_key_value(name)?;
                Some(Self::text(
                    model,
                    name,
                    text.title.as_ref(),
                    &text.plan_links,
                    instrument_standing(text),
                    &text.event,
                    text.adopted.as_ref(),
                ))
            }
            "recommendations" => {
                let (name, text) = model.recommendations.get_key_value(name)?;
                let instrument = model.instruments.get(&text.instrument);
                let event = if text.event.is_empty() {
                    instrument.map_or("", |i| &i.event)
                } else {
                    &text.event
                };
                let adopted = text
                    .adopted
                    .as_ref()
                    .or(instrument.and_then(|i| i.adopted.as_ref()));
                Some(Self::text(
                    model,
                    name,
                    text.text.as_ref(),
                    &text.plan_links,
                    recommendation_standing(text),
                    event,
                    adopted,
                ))
            }
            _ => None,
        }
    }

    /// A text counts through its event, so both must have happened.
    fn text(
        model: &'m Model,
        name: &'m str,
        title: Option<&'m LocalizedText>,
        links: &'m [PlanLink],
        standing: Standing,
        event: &'m str,
        adopted: Option<&'m CivilDate>,
    ) -> Self {
        let known_event = model.events.get(event);
        let of_event = match known_event {
            Some(event) => event_standing(event),
            None if event.is_empty() => Standing::Done,
            // Not seen yet, so not seen to be held either.
            None => Standing::ToCome,
        };
        Self {
            name,
            title,
            links,
            standing: standing.min(of_event),
            own: standing,
            event,
            known_event,
            adopted,
        }
    }

    pub(super) fn is_event(&self) -> bool {
        self.name == self.event
    }

    pub(super) fn dialogues(&self) -> impl Iterator<Item = &'m str> + Clone {
        let own = self.known_event.is_none().then(|| dialogue_of(self.name));
        own.into_iter()
            .chain(self.known_event.into_iter().flat_map(dialogues_of))
    }

    pub(super) fn date(&self) -> Option<&'m CivilDate> {
        self.known_event
            .map_or(self.adopted, |event| event.start.as_ref())
    }

    pub(super) fn span(&self) -> Option<Span> {
        match self.known_event {
            Some(event) => span(event.start.as_ref(), event.end.as_ref()),
            None => span(self.adopted, None),
        }
    }

    /// Whether it would have happened, had its event been held.
    pub(super) fn is_supposed(&self, scope: &Scope) -> bool {
        self.own == Standing::Done && self.known_event.is_some_and(|event| scope.supposes(event))
    }
}

/// Whether an event took place.
pub(crate) fn is_held(event: &Event) -> bool {
    event_standing(event) == Standing::Done
}

fn event_standing(event: &Event) -> Standing {
    match event.state() {
        EventState::Held | EventState::Reported | EventState::Closed => Standing::Done,
        EventState::Cancelled => Standing::Off,
        EventState::Unspecified
        | EventState::Draft
        | EventState::Planned
        | EventState::Confirmed
        | EventState::Postponed => Standing::ToCome,
    }
}

/// An instrument is adopted when it says when or where.
fn instrument_standing(text: &Instrument) -> Standing {
    let adopted = text
        .adopted
        .as_ref()
        .is_some_and(|date| !date.value.is_empty());
    if adopted || !text.event.is_empty() {
        Standing::Done
    } else {
        Standing::ToCome
    }
}

/// A text that was adopted and has since given way to another did address its nodes in its time.
fn recommendation_standing(text: &Recommendation) -> Standing {
    match text.state() {
        RecommendationState::Adopted
        | RecommendationState::Superseded
        | RecommendationState::Elapsed
        | RecommendationState::Retired => Standing::Done,
        RecommendationState::Rejected | RecommendationState::Withdrawn => Standing::Off,
        RecommendationState::Unspecified
        | RecommendationState::Draft
        | RecommendationState::Tabled => Standing::ToCome,
    }
}
