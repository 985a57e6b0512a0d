use rapporteur_proto::Timestamp;
use rapporteur_proto::recommendations::v1::RecommendationState;
use rapporteur_proto::r#type::v1::PlanLinkKind;

use super::*;
use crate::sample::{self, Put as _, addressee, dialogue, event, link, recommendation};

fn question() -> FiguresQuestion {
    let request = GetFiguresRequest {
        dialogue: "dialogues/rabat".into(),
        as_of: Some(Timestamp {
            seconds: 1_700_000_000,
            nanos: 0,
        }),
        ..GetFiguresRequest::default()
    };
    FiguresQuestion::read(&request, 1_750_000_000_000_000).unwrap()
}

fn figure(answer: &Figures, measure: &str) -> (i64, Option<i64>, i64, Option<i64>) {
    let found = answer.figures.iter().find(|one| one.measure == measure);
    let one = found.unwrap_or_else(|| panic!("{measure} in {:?}", answer.figures));
    (one.then, one.then_total, one.now, one.now_total)
}

#[test]
fn figures_of_then_stand_beside_those_of_now_and_what_made_the_difference() {
    let mut then = sample::plan();
    then.put(dialogue("rabat"));
    let mut meeting = event("rabat", "meeting", "2023-05-01");
    meeting.state = rapporteur_proto::events::v1::EventState::Confirmed.into();
    meeting.plan_links = vec![link("1.1", PlanLinkKind::Addressed)];
    then.put(meeting.clone());
    let mut text = recommendation("rabat", "r", &meeting.name);
    text.state = RecommendationState::Tabled.into();
    then.put(text.clone());

    let mut now = then.clone();
    meeting.state = rapporteur_proto::events::v1::EventState::Held.into();
    now.put(meeting.clone());
    text.state = RecommendationState::Adopted.into();
    now.put(text.clone());
    now.put(addressee(&text.name, "pt"));
    now.put(event("khartoum", "elsewhere", "2024-01-01"));

    let answer = figures(&then, &now, &question()).unwrap();
    assert_eq!(figure(&answer, "events_held"), (0, None, 1, None));
    assert_eq!(
        figure(&answer, "recommendations_adopted"),
        (0, None, 1, None)
    );
    assert_eq!(figure(&answer, "open"), (0, Some(0), 1, Some(1)));
    assert_eq!(figure(&answer, "no_report"), (0, Some(0), 1, Some(1)));
    assert_eq!(
        figure(&answer, "actions_addressed"),
        (0, Some(29), 1, Some(29))
    );
    let told: Vec<_> = answer
        .changes
        .iter()
        .map(|c| (c.name.as_str(), c.what.as_str()))
        .collect();
    let expected = [
        ("dialogues/rabat/events/meeting", "EVENT_STATE_HELD"),
        (
            "dialogues/rabat/recommendations/r",
            "RECOMMENDATION_STATE_ADOPTED",
        ),
        (
            "dialogues/rabat/recommendations/r/addressees/pt",
            "recorded",
        ),
    ];
    assert_eq!(told, expected);
    assert_eq!(answer.changed, 3);

    let same = figures(&now, &now, &question()).unwrap();
    assert!(same.changes.is_empty());
    let of_flags = |one: &&Figure| !["stale", "overdue"].contains(&one.measure.as_str());
    for one in same.figures.iter().filter(of_flags) {
        assert_eq!(
            (one.then, one.then_total),
            (one.now, one.now_total),
            "{}",
            one.measure
        );
    }
}

#[test]
fn what_was_not_there_then_counted_nothing() {
    let mut now = Model::default();
    now.put(dialogue("rabat"));
    let answer = figures(&Model::default(), &now, &question()).unwrap();
    assert!(answer.figures.iter().all(|one| one.then == 0));
    assert_eq!(answer.changed, 1);
    assert!(matches!(
        figures(&now, &Model::default(), &question()),
        Err(Error::NotFound { .. })
    ));
}

#[test]
fn every_flag_has_a_measure() {
    assert_eq!(MEASURES[FLAGGED..].len(), FLAGS.len());
    for (flag, measure) in FLAGS.iter().zip(&MEASURES[FLAGGED..]) {
        assert_eq!(
            flag.as_str_name(),
            format!("ITEM_FLAG_{}", measure.to_uppercase())
        );
    }
}
