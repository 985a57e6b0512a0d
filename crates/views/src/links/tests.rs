use rapporteur_proto::events::v1::EventState;
use rapporteur_proto::recommendations::v1::{Instrument, RecommendationState};

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
            .all(|p| p.event == "dialogues/rabat/events/e" && p.kind() == PlanLinkKind::Addressed)
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
