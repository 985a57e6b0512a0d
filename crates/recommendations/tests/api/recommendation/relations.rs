//! What supersedes what, and the tree of the elements.

use super::relation;
use crate::world::*;

use RecommendationState as State;

#[tokio::test]
async fn what_supersedes_is_told_by_both() {
    let mut world = World::new().await;
    let (a, b) = (
        world.recommendation("a", adopted("A")).await.unwrap().name,
        world.recommendation("b", adopted("B")).await.unwrap().name,
    );
    let draft = world.recommendation("draft", text("C")).await.unwrap().name;
    assert_eq!(
        refused(world.supersede(&a, "").await),
        (Code::InvalidArgument, "successor".into())
    );
    assert_eq!(
        refused(world.supersede(&a, &a).await),
        (Code::InvalidArgument, "successor".into())
    );
    assert_eq!(
        refused(
            world
                .supersede(&a, "dialogues/rabat/recommendations/no")
                .await
        ),
        (Code::FailedPrecondition, "successor".into())
    );
    assert_eq!(
        reason(world.supersede(&a, &draft).await).1,
        "SUCCESSOR_NOT_ADOPTED"
    );

    let old = world.supersede(&a, &b).await.unwrap();
    assert_eq!(
        (old.state(), old.superseded_by.as_str()),
        (State::Superseded, b.as_str())
    );
    let new = world.read(&b).await;
    assert_eq!(new.relations, [relation(RelationKind::Supersedes, &a)]);
    assert_eq!(new.etag, old.etag, "one commit");

    // Neither by verb nor by relation can it come round.
    let back = world.supersede(&b, &a).await;
    assert_eq!(refused(back), (Code::InvalidArgument, "successor".into()));
    let round = Recommendation {
        relations: vec![relation(RelationKind::Supersedes, &b)],
        ..world.read(&a).await
    };
    assert_eq!(
        refused(world.update(round, &["relations"]).await),
        (Code::InvalidArgument, "recommendation.relations".into())
    );
    let forgets = Recommendation {
        relations: Vec::new(),
        ..new
    };
    assert_eq!(
        reason(world.update(forgets, &["relations"]).await).1,
        "RELATION_IN_FORCE"
    );
}

#[tokio::test]
async fn nothing_supersedes_itself_however_many_try() {
    let mut world = World::new().await;
    for round in 0..5 {
        let mut names = Vec::new();
        for id in ["a", "b", "c"] {
            names.push(
                world
                    .recommendation(&format!("{id}{round}"), adopted(id))
                    .await
                    .unwrap(),
            );
        }
        // a supersedes b, b supersedes c, c supersedes a: at most two of the three may hold.
        let mut callers = Vec::new();
        for (place, one) in names.iter().enumerate() {
            let target = &names[(place + 1) % 3].name;
            let relations = vec![relation(RelationKind::Supersedes, target)];
            let request = UpdateRecommendationRequest {
                recommendation: Some(Recommendation {
                    relations,
                    etag: String::new(),
                    ..one.clone()
                }),
                update_mask: Some(FieldMask {
                    paths: vec!["relations".into()],
                }),
                ..Default::default()
            };
            let mut client = world.recommendations.clone();
            callers.push(tokio::spawn(async move {
                client.update_recommendation(request).await
            }));
        }
        for caller in callers {
            if let Err(status) = caller.await.unwrap() {
                assert!(
                    matches!(status.code(), Code::Aborted | Code::InvalidArgument),
                    "{status}"
                );
            }
        }
        let mut hold = 0;
        for one in &names {
            hold += world.read(&one.name).await.relations.len();
        }
        assert!(
            (1..=2).contains(&hold),
            "{hold} of three relations of a ring hold"
        );
    }
}

#[tokio::test]
async fn elements_make_a_tree() {
    let mut world = World::new().await;
    let top = world.recommendation("top", text("Top")).await.unwrap();
    let below = |name: &str| Recommendation {
        parent_recommendation: name.to_owned(),
        ..text("Below")
    };
    let middle = world
        .recommendation("middle", below(&top.name))
        .await
        .unwrap();
    let leaf = world
        .recommendation("leaf", below(&middle.name))
        .await
        .unwrap();
    for parent in [&top.name, &middle.name, &leaf.name] {
        let round = Recommendation {
            parent_recommendation: parent.clone(),
            ..top.clone()
        };
        let answer = world.update(round, &["parent_recommendation"]).await;
        assert_eq!(
            refused(answer),
            (
                Code::InvalidArgument,
                "recommendation.parent_recommendation".into()
            ),
            "{parent}"
        );
    }
    let moved = Recommendation {
        parent_recommendation: top.name.clone(),
        ..leaf
    };
    assert_eq!(
        world
            .update(moved, &["parent_recommendation"])
            .await
            .unwrap()
            .parent_recommendation,
        top.name
    );
}
