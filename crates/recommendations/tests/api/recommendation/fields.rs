//! Every field of a recommendation has its rule.

use super::relation;
use crate::world::*;

use RecommendationState as State;

#[tokio::test]
async fn every_field_has_its_rule() {
    let mut world = World::new().await;
    let link = |node: &str, kind: PlanLinkKind| PlanLink {
        node: node.into(),
        kind: kind.into(),
        provenance: None,
    };
    let (invalid, unknown) = (Code::InvalidArgument, Code::FailedPrecondition);
    let many = vec![relation(RelationKind::Repeats, LISBON); 2];
    let table: Vec<(&str, Code, Recommendation)> = vec![
        (
            "recommendation.event",
            invalid,
            Recommendation {
                event: String::new(),
                ..text("x")
            },
        ),
        (
            "recommendation.event",
            invalid,
            Recommendation {
                event: "x".into(),
                ..text("x")
            },
        ),
        (
            "recommendation.event",
            unknown,
            Recommendation {
                event: "dialogues/rabat/events/no".into(),
                ..text("x")
            },
        ),
        (
            "recommendation.instrument",
            invalid,
            Recommendation {
                instrument: LISBON.into(),
                ..text("x")
            },
        ),
        (
            "recommendation.instrument",
            unknown,
            Recommendation {
                instrument: "dialogues/rabat/instruments/no".into(),
                ..text("x")
            },
        ),
        (
            "recommendation.path",
            invalid,
            Recommendation {
                path: "1".repeat(41),
                ..text("x")
            },
        ),
        (
            "recommendation.path",
            invalid,
            Recommendation {
                path: "a\u{7}".into(),
                ..text("x")
            },
        ),
        (
            "recommendation.parent_recommendation",
            invalid,
            Recommendation {
                parent_recommendation: "x".into(),
                ..text("x")
            },
        ),
        (
            "recommendation.parent_recommendation",
            unknown,
            Recommendation {
                parent_recommendation: "dialogues/rabat/recommendations/no".into(),
                ..text("x")
            },
        ),
        (
            "recommendation.parent_recommendation",
            invalid,
            Recommendation {
                parent_recommendation: "dialogues/excom/recommendations/no".into(),
                ..text("x")
            },
        ),
        (
            "recommendation.order",
            invalid,
            Recommendation {
                order: -1,
                ..text("x")
            },
        ),
        (
            "recommendation.kind",
            invalid,
            Recommendation {
                kind: 9,
                ..text("x")
            },
        ),
        (
            "recommendation.text",
            invalid,
            Recommendation {
                text: None,
                ..text("x")
            },
        ),
        (
            "recommendation.text.by_language[en]",
            invalid,
            text(&"x".repeat(20_001)),
        ),
        (
            "recommendation.strength",
            invalid,
            Recommendation {
                strength: 6,
                ..text("x")
            },
        ),
        (
            "recommendation.themes[0]",
            invalid,
            Recommendation {
                themes: vec!["A b".into()],
                ..text("x")
            },
        ),
        (
            "recommendation.plan_links[0].kind",
            invalid,
            Recommendation {
                plan_links: vec![link(
                    "dialogues/rabat/plans/cadiz/nodes/5",
                    PlanLinkKind::Unspecified,
                )],
                ..text("x")
            },
        ),
        (
            "recommendation.plan_links[0].node",
            unknown,
            Recommendation {
                plan_links: vec![link(
                    "dialogues/rabat/plans/cadiz/nodes/99",
                    PlanLinkKind::Planned,
                )],
                ..text("x")
            },
        ),
        (
            "recommendation.time_limit.value",
            invalid,
            Recommendation {
                time_limit: day("soon"),
                ..text("x")
            },
        ),
        (
            "recommendation.state",
            invalid,
            Recommendation {
                state: 42,
                ..text("x")
            },
        ),
        (
            "recommendation.state",
            invalid,
            Recommendation {
                state: State::Superseded.into(),
                ..text("x")
            },
        ),
        (
            "recommendation.state",
            invalid,
            Recommendation {
                state: State::Retired.into(),
                ..text("x")
            },
        ),
        (
            "reason",
            invalid,
            Recommendation {
                state: State::Rejected.into(),
                ..text("x")
            },
        ),
        (
            "TIME_LIMIT_NOT_PASSED",
            unknown,
            Recommendation {
                state: State::Elapsed.into(),
                ..text("x")
            },
        ),
        (
            "recommendation.adopted.value",
            invalid,
            Recommendation {
                adopted: day("2024-13"),
                ..text("x")
            },
        ),
        (
            "recommendation.relations[0].kind",
            invalid,
            Recommendation {
                relations: vec![relation(RelationKind::Unspecified, LISBON)],
                ..text("x")
            },
        ),
        (
            "recommendation.relations[0].target",
            invalid,
            Recommendation {
                relations: vec![relation(RelationKind::Repeats, "parties/pt")],
                ..text("x")
            },
        ),
        (
            "recommendation.relations[0].target",
            invalid,
            Recommendation {
                relations: vec![relation(RelationKind::Supersedes, LISBON)],
                ..text("x")
            },
        ),
        (
            "recommendation.relations[0].target",
            invalid,
            Recommendation {
                relations: vec![relation(
                    RelationKind::Repeats,
                    "dialogues/rabat/recommendations/bad",
                )],
                ..text("x")
            },
        ),
        (
            "recommendation.relations[0].target",
            unknown,
            Recommendation {
                relations: vec![relation(
                    RelationKind::Repeats,
                    "dialogues/rabat/recommendations/no",
                )],
                ..text("x")
            },
        ),
        (
            "recommendation.relations[1]",
            invalid,
            Recommendation {
                relations: many,
                ..text("x")
            },
        ),
    ];
    for (field, code, recommendation) in table {
        let answer = world.recommendation("bad", recommendation.clone()).await;
        assert_eq!(
            refused(answer),
            (code, field.to_owned()),
            "{recommendation:?}"
        );
    }
}
