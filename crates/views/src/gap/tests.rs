use rapporteur_proto::events::v1::{EventState, PlanNodeKind, PostDuty};
use rapporteur_proto::recommendations::v1::{
    CommitmentState, Implementation, Instrument, RecommendationKind, RecommendationState,
};
use rapporteur_proto::r#type::v1::{Claim, PlanLinkKind};

use super::*;
use crate::sample::{
    self, PLAN, Put as _, addressee, commitment, date, dialogue, event, link, post, recommendation,
    report,
};

const MEETING: &str = "dialogues/rabat/events/meeting";

fn asked(request: ListGapsRequest) -> Gaps {
    let request = ListGapsRequest {
        on: "2025-01-01".into(),
        ..request
    };
    Gaps::read(&request, i64::MAX / 2).unwrap()
}

/// The last parts of the names of the records that have this gap.
fn named(model: &Model, kind: GapKind) -> Vec<String> {
    let request = ListGapsRequest {
        kinds: vec![kind.into()],
        ..ListGapsRequest::default()
    };
    let found = all_gaps(model, &asked(request)).unwrap();
    assert!(
        found
            .iter()
            .all(|gap| gap.kind() == kind && !gap.detail.is_empty())
    );
    let last = |gap: &Gap| gap.name.rsplit('/').next().unwrap().to_owned();
    found.iter().map(last).collect()
}

#[test]
fn nodes_without_an_event_or_without_a_text_are_told() {
    let mut model = sample::plan();
    let mut meeting = event("rabat", "meeting", "2024-01-10");
    meeting.plan_links = vec![
        link("1.1", PlanLinkKind::Addressed),
        link("2", PlanLinkKind::Addressed),
        link("5b", PlanLinkKind::Planned),
    ];
    model.put(meeting);
    let mut text = recommendation("rabat", "r", MEETING);
    text.plan_links = vec![link("1.1", PlanLinkKind::Addressed)];
    model.put(text);
    let never = named(&model, GapKind::NodeNeverAddressed);
    assert_eq!(never, ["1.2", "5a", "5a.1", "a3"]);
    assert_eq!(named(&model, GapKind::NodeWithoutRecommendation), ["2"]);
    let elsewhere = ListGapsRequest {
        kinds: vec![GapKind::NodeNeverAddressed.into()],
        dialogues: vec!["dialogues/khartoum".into()],
        ..ListGapsRequest::default()
    };
    model.put(dialogue("khartoum"));
    assert!(all_gaps(&model, &asked(elsewhere)).unwrap().is_empty());
}

#[test]
fn texts_that_ask_nobody_and_addressees_whom_nobody_serves() {
    let mut model = Model::default();
    for (id, kind, state) in [
        (
            "asks",
            RecommendationKind::Operational,
            RecommendationState::Adopted,
        ),
        (
            "draft",
            RecommendationKind::Operational,
            RecommendationState::Draft,
        ),
        (
            "states",
            RecommendationKind::Informational,
            RecommendationState::Adopted,
        ),
        (
            "addressed",
            RecommendationKind::Operational,
            RecommendationState::Adopted,
        ),
    ] {
        let mut text = recommendation("rabat", id, "");
        (text.kind, text.state) = (kind.into(), state.into());
        text.adopted = date("2024-12-02");
        model.put(text);
    }
    model.put(addressee("dialogues/rabat/recommendations/addressed", "pt"));
    model.put(addressee("dialogues/rabat/recommendations/addressed", "ma"));
    model.put(post("ma-fp", "ma", PostDuty::FocalPoint, ""));
    assert_eq!(
        named(&model, GapKind::RecommendationWithoutAddressee),
        ["asks"]
    );
    assert_eq!(named(&model, GapKind::AddresseeWithoutFocalPoint), ["pt"]);
    let all = all_gaps(&model, &asked(ListGapsRequest::default())).unwrap();
    assert_eq!(all[0].days, Some(30), "for how long");
}

#[test]
fn events_that_nobody_speaks_of_any_more() {
    let mut model = Model::default();
    for (id, state, day, no_outcome) in [
        ("old", EventState::Held, "2024-01-10", false),
        ("none", EventState::Held, "2024-01-10", true),
        ("with-text", EventState::Held, "2024-01-10", false),
        ("recent", EventState::Held, "2024-12-10", false),
        ("reported", EventState::Reported, "2024-01-10", false),
        ("passed", EventState::Confirmed, "2024-12-31", false),
        ("today", EventState::Confirmed, "2025-01-01", false),
        ("put-off", EventState::Postponed, "2024-01-01", false),
    ] {
        let mut event = event("rabat", id, day);
        event.state = state.into();
        event.no_outcome = no_outcome;
        model.put(event);
    }
    model.put(Instrument {
        name: "dialogues/rabat/instruments/i".into(),
        event: "dialogues/rabat/events/with-text".into(),
        ..Instrument::default()
    });
    assert_eq!(named(&model, GapKind::EventWithoutOutcome), ["old"]);
    assert_eq!(named(&model, GapKind::EventNotSaidToBeHeld), ["passed"]);
}

#[test]
fn promises_without_a_word_or_a_day() {
    let mut model = Model::default();
    let (mut told, mut proposed) = (
        commitment("rabat", "told", &["pt"]),
        commitment("rabat", "proposed", &["pt"]),
    );
    told.due = date("2026");
    proposed.state = CommitmentState::Proposed.into();
    model.put(report(
        "p",
        &told.name,
        "2024-05-01",
        Implementation::Planned,
    ));
    model.put(told);
    model.put(proposed);
    model.put(commitment("rabat", "silent", &["pt"]));
    assert_eq!(named(&model, GapKind::CommitmentWithoutReport), ["silent"]);
    assert_eq!(named(&model, GapKind::CommitmentWithoutDue), ["silent"]);
}

#[test]
fn figures_and_languages_that_do_not_hold() {
    let mut model = sample::plan();
    model.put(dialogue("rabat"));
    let mut som = event("rabat", "som", "2024-02-01");
    let claim = |id: &str, value| Claim {
        id: id.into(),
        measure: "areas_addressed".into(),
        value: Some(value),
        plan: PLAN.into(),
        ..Claim::default()
    };
    som.claims = vec![claim("wrong", 2), claim("right", 0), claim("other", 3)];
    model.put(som);
    assert_eq!(named(&model, GapKind::StatedDiffers), ["som", "som"]);
    let request = ListGapsRequest {
        kinds: vec![GapKind::TranslationMissing.into()],
        ..ListGapsRequest::default()
    };
    let missing = all_gaps(&model, &asked(request)).unwrap();
    let of = |name: &str| {
        let found = missing.iter().find(|gap| gap.name == name).unwrap();
        (found.field.as_str(), found.language.as_str())
    };
    assert_eq!(of("dialogues/rabat"), ("title", "fr"));
    assert_eq!(
        of(&sample::node("1", PlanNodeKind::Objective, "").name),
        ("text", "fr")
    );
}

#[test]
fn pages_and_counts_tell_each_gap_once() {
    let mut model = Model::default();
    sample::history::history(11, 300)
        .iter()
        .for_each(|step| step.apply(&mut model));
    let question = asked(ListGapsRequest::default());
    let all = all_gaps(&model, &question).unwrap();
    let (mut paged, mut after) = (Vec::new(), Vec::new());
    loop {
        let asked = Asked {
            after: &after,
            size: 7,
        };
        let (page, counts) = gaps(&model, &question, asked).unwrap();
        let total: i32 = counts.iter().map(|one| one.count).sum();
        assert_eq!((page.total, total), (all.len(), count(all.len())));
        paged.extend(page.entries);
        match page.last {
            Some(last) => after = last,
            None => break,
        }
    }
    assert!(all.len() > 20);
    assert_eq!(paged, all);
}
