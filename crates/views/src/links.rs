//! Which links cover a node, and as what they count.
//!
//! A link counts as *addressed* only when it says so and what carries it has happened: an event that was
//! held, a text that was adopted (through its event, when it has one). What is still to come, and every
//! link that only plans, counts as *planned*. What was cancelled, rejected or withdrawn does not count.
//! A confirmed event whose day has passed is not held: nobody has said that it was. Under the supposition that it
//! had been, what it was to address counts as addressed and says that it does only so.

use rapporteur_proto::events::v1::{Event, EventState};
use rapporteur_proto::gateway::v1::CoverageProof;
use rapporteur_proto::recommendations::v1::{Instrument, Recommendation, RecommendationState};
use rapporteur_proto::r#type::v1::{CivilDate, LocalizedText, PlanLink, PlanLinkKind};

use jiff::civil::Date;
use rapporteur_proto::events::v1::CrosswalkKind;

use crate::day::first;
use crate::model::Model;
use crate::outline::with_below;
use crate::period::{Span, span};
use crate::scope::{Scope, dialogue_of, dialogues_of};

/// Whether what carries a link has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    /// It will not happen.
    Off,
    /// It is to come, as far as is known.
    ToCome,
    /// It happened.
    Done,
}

/// A link that covers a node, as it counts.
#[derive(Clone, Debug)]
pub struct Cover<'m> {
    carrier: Carrier<'m>,
    link: &'m PlanLink,
    /// The crosswalk through which it counts; empty for a link to the node itself.
    crosswalk: &'m str,
    /// Planned or addressed.
    pub kind: PlanLinkKind,
    /// Whether it counts only under the supposition that its event was held.
    pub supposed: bool,
}

/// Every link to `node` that counts in this scope, the earliest first, then those to nodes that crosswalks tie to it.
pub fn links<'m>(model: &'m Model, node: &str, scope: &Scope) -> Vec<Cover<'m>> {
    let mut covers = Vec::new();
    direct(model, node, scope, "", &mut covers);
    if scope.through.is_empty() {
        return covers;
    }
    for name in model.referrers(node) {
        let Some((name, crosswalk)) = model.crosswalks.get_key_value(name) else {
            continue;
        };
        let (other, kind) = if crosswalk.from_node == node {
            (crosswalk.to_node.as_str(), crosswalk.kind())
        } else {
            (crosswalk.from_node.as_str(), inverse(crosswalk.kind()))
        };
        if scope.through.contains(&kind) && other != node {
            for tied in with_below(model, [other]) {
                direct(model, tied, scope, name, &mut covers);
            }
        }
    }
    // Two plans may each record the same tie; a link counts once, as near as it comes.
    let mut seen = std::collections::BTreeSet::new();
    covers.retain(|cover| {
        seen.insert((
            cover.carrier.name,
            cover.link.node.as_str(),
            cover.link.kind,
        ))
    });
    covers
}

/// How this node stands to the other, when the other's crosswalk says how that stands to this one.
fn inverse(kind: CrosswalkKind) -> CrosswalkKind {
    match kind {
        CrosswalkKind::Broader => CrosswalkKind::Narrower,
        CrosswalkKind::Narrower => CrosswalkKind::Broader,
        same => same,
    }
}

fn direct<'m>(
    model: &'m Model,
    node: &str,
    scope: &Scope,
    crosswalk: &'m str,
    covers: &mut Vec<Cover<'m>>,
) {
    let begin = covers.len();
    for name in model.referrers(node) {
        let Some(carrier) = Carrier::of(model, name)
            .filter(|c| c.standing > Standing::Off && scope.holds(c.dialogues(), c.span()))
        else {
            continue;
        };
        let supposed = carrier.is_supposed(scope);
        for link in carrier.links.iter().filter(|link| link.node == node) {
            covers.push(Cover::of(carrier.clone(), link, crosswalk, supposed));
        }
    }
    // The date is read once for each, not at each comparison.
    covers[begin..].sort_by_cached_key(Cover::order);
}

impl<'m> Cover<'m> {
    fn of(carrier: Carrier<'m>, link: &'m PlanLink, crosswalk: &'m str, supposed: bool) -> Self {
        let says_addressed = link.kind() == PlanLinkKind::Addressed;
        let addressed = carrier.standing == Standing::Done && says_addressed;
        // An event that is to address a node has done so once it was held; a text only where it says so.
        let supposed = supposed && !addressed && (says_addressed || carrier.is_event());
        let kind = if addressed || supposed {
            PlanLinkKind::Addressed
        } else {
            PlanLinkKind::Planned
        };
        Self {
            carrier,
            link,
            crosswalk,
            kind,
            supposed,
        }
    }

    /// Whether it is covered without any supposition.
    pub fn is_addressed(&self) -> bool {
        self.kind == PlanLinkKind::Addressed && !self.supposed
    }

    /// Whether it is to be covered.
    pub fn is_planned(&self) -> bool {
        self.kind == PlanLinkKind::Planned || self.supposed
    }

    /// Whether a recommendation or an instrument covers it.
    pub fn is_text(&self) -> bool {
        !self.carrier.is_event()
    }

    /// The event through which it counts; empty when there is none.
    pub fn event(&self) -> &'m str {
        self.carrier.event
    }

    /// The days on which it happened or is to happen.
    pub fn span(&self) -> Option<Span> {
        self.carrier.span()
    }

    /// The dialogues for which it counts.
    pub fn dialogues(&self) -> impl Iterator<Item = &'m str> + Clone {
        self.carrier.dialogues()
    }

    fn order(&self) -> (Option<Date>, &'m str) {
        (first(self.carrier.date()), self.carrier.name)
    }

    /// The cover as proof.
    pub fn proof(&self) -> CoverageProof {
        let Carrier {
            name,
            title,
            event,
            known_event,
            ..
        } = self.carrier;
        CoverageProof {
            name: name.to_owned(),
            title: title.cloned(),
            event: event.to_owned(),
            date: self.carrier.date().cloned(),
            event_state: known_event.map(|event| event.state).unwrap_or_default(),
            node: self.link.node.clone(),
            kind: self.kind.into(),
            provenance: self.link.provenance.clone(),
            crosswalk: self.crosswalk.to_owned(),
            supposed: self.supposed,
        }
    }
}

/// A record that has links.
#[derive(Clone, Debug)]
struct Carrier<'m> {
    name: &'m str,
    title: Option<&'m LocalizedText>,
    links: &'m [PlanLink],
    /// Whether it has happened, its event included.
    standing: Standing,
    /// Whether it has happened by itself, whatever became of its event.
    own: Standing,
    /// The event through which it counts.
    event: &'m str,
    known_event: Option<&'m Event>,
    /// The date of a text without an event.
    adopted: Option<&'m CivilDate>,
}

impl<'m> Carrier<'m> {
    /// The record with this name, when it may have links. The name says in which table it is: most records of a node
    /// are recommendations, and three searches of large tables for each would be most of the work.
    fn of(model: &'m Model, name: &str) -> Option<Self> {
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

    fn is_event(&self) -> bool {
        self.name == self.event
    }

    fn dialogues(&self) -> impl Iterator<Item = &'m str> + Clone {
        let own = self.known_event.is_none().then(|| dialogue_of(self.name));
        own.into_iter()
            .chain(self.known_event.into_iter().flat_map(dialogues_of))
    }

    fn date(&self) -> Option<&'m CivilDate> {
        self.known_event
            .map_or(self.adopted, |event| event.start.as_ref())
    }

    fn span(&self) -> Option<Span> {
        match self.known_event {
            Some(event) => span(event.start.as_ref(), event.end.as_ref()),
            None => span(self.adopted, None),
        }
    }

    /// Whether it would have happened, had its event been held.
    fn is_supposed(&self, scope: &Scope) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{self, Put as _, event, link, node_name, recommendation};

    fn counted(model: &Model) -> Vec<(String, PlanLinkKind)> {
        let all = links(model, &node_name("1.1"), &Scope::default());
        all.into_iter()
            .map(|cover| cover.proof())
            .map(|p| (p.name.rsplit('/').next().unwrap().to_owned(), p.kind()))
            .collect()
    }

    fn with_event(state: EventState, kind: PlanLinkKind) -> Vec<(String, PlanLinkKind)> {
        let mut model = sample::plan();
        let mut event = event("rabat", "e", "2020-01-01");
        event.state = state.into();
        event.plan_links = vec![link("1.1", kind)];
        model.put(event);
        counted(&model)
    }

    #[test]
    fn only_what_was_held_addresses() {
        use PlanLinkKind::{Addressed, Planned};
        for state in [EventState::Held, EventState::Reported, EventState::Closed] {
            assert_eq!(with_event(state, Addressed), [("e".to_owned(), Addressed)]);
            assert_eq!(with_event(state, Planned), [("e".to_owned(), Planned)]);
        }
        for state in [
            EventState::Draft,
            EventState::Planned,
            EventState::Confirmed,
            EventState::Postponed,
        ] {
            assert_eq!(
                with_event(state, Addressed),
                [("e".to_owned(), Planned)],
                "{state:?}"
            );
            assert_eq!(
                with_event(state, Planned),
                [("e".to_owned(), Planned)],
                "{state:?}"
            );
        }
        assert!(with_event(EventState::Cancelled, Addressed).is_empty());
    }

    #[test]
    fn a_text_counts_through_its_event() {
        use PlanLinkKind::{Addressed, Planned};
        for (event_state, text_state, expected) in [
            (
                Some(EventState::Held),
                RecommendationState::Adopted,
                Some(Addressed),
            ),
            (
                Some(EventState::Held),
                RecommendationState::Superseded,
                Some(Addressed),
            ),
            (
                Some(EventState::Held),
                RecommendationState::Draft,
                Some(Planned),
            ),
            (Some(EventState::Held), RecommendationState::Withdrawn, None),
            (
                Some(EventState::Confirmed),
                RecommendationState::Adopted,
                Some(Planned),
            ),
            (
                Some(EventState::Cancelled),
                RecommendationState::Adopted,
                None,
            ),
            (None, RecommendationState::Adopted, Some(Planned)),
        ] {
            let mut model = sample::plan();
            if let Some(state) = event_state {
                let mut event = event("rabat", "e", "2020-01-01");
                event.state = state.into();
                model.put(event);
            }
            let mut text = recommendation("rabat", "r", "dialogues/rabat/events/e");
            text.state = text_state.into();
            text.plan_links = vec![link("1.1", Addressed)];
            model.put(text);
            let seen: Vec<_> = counted(&model).into_iter().map(|(_, kind)| kind).collect();
            assert_eq!(
                seen,
                expected.into_iter().collect::<Vec<_>>(),
                "{event_state:?} {text_state:?}"
            );
        }
    }

    #[test]
    fn an_element_counts_through_the_event_of_its_instrument() {
        let mut model = sample::plan();
        model.put(event("rabat", "e", "2023-05-01"));
        model.put(Instrument {
            name: "dialogues/rabat/instruments/i".into(),
            event: "dialogues/rabat/events/e".into(),
            plan_links: vec![link("1.1", PlanLinkKind::Addressed)],
            ..Instrument::default()
        });
        let mut element = recommendation("rabat", "r", "");
        element.instrument = "dialogues/rabat/instruments/i".into();
        element.plan_links = vec![link("1.1", PlanLinkKind::Addressed)];
        model.put(element);
        let scope = Scope::default();
        let covers = links(&model, &node_name("1.1"), &scope);
        let proof: Vec<_> = covers.iter().map(Cover::proof).collect();
        assert_eq!(proof.len(), 2);
        assert!(
            proof
                .iter()
                .all(|p| p.event == "dialogues/rabat/events/e"
                    && p.kind() == PlanLinkKind::Addressed)
        );
        assert!(
            proof
                .iter()
                .all(|p| p.date.as_ref().unwrap().value == "2023-05-01")
        );
    }

    #[test]
    fn an_instrument_without_an_event_counts_by_its_date() {
        let mut model = sample::plan();
        let mut text = Instrument {
            name: "dialogues/rabat/instruments/i".into(),
            plan_links: vec![link("1.1", PlanLinkKind::Addressed)],
            ..Instrument::default()
        };
        model.put(text.clone());
        assert_eq!(counted(&model)[0].1, PlanLinkKind::Planned);
        text.adopted = sample::date("2023");
        model.put(text);
        assert_eq!(counted(&model)[0].1, PlanLinkKind::Addressed);
    }
}
