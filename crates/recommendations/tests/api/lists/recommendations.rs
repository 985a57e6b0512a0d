//! Recommendations are listed by every filter, in the order of their instruments, now and as they stood.

use super::{Query, filled, ids, rabat};
use crate::world::*;

type LetsThrough = Box<dyn Fn(&Recommendation) -> bool>;

#[tokio::test]
async fn a_list_is_what_a_filter_over_everything_lets_through() {
    let (mut world, everything) = filled().await;
    world.mirrored().await;
    let all = world.list(everything.clone(), 1_000).await.unwrap();
    // What is of an event alone, then instrument after instrument, each in the order of its paths.
    assert_eq!(
        ids(&all),
        ["free", "probe", "a2", "a2a", "a2b", "a10", "b1"]
    );
    let a = || format!("{RABAT}/instruments/a");
    let node = |id: &str| format!("{PLAN}/nodes/{id}");
    let lisbon = LISBON.to_owned();
    let queries: Vec<(Query, LetsThrough)> = vec![
        (rabat(), Box::new(|_| true)),
        (
            Query {
                parent: "dialogues/-".into(),
                ..rabat()
            },
            Box::new(|_| true),
        ),
        (
            Query {
                instrument: a(),
                ..rabat()
            },
            Box::new(move |r| r.instrument == a()),
        ),
        (
            Query {
                states: vec![RecommendationState::Adopted.into()],
                ..rabat()
            },
            Box::new(|r| r.state() == RecommendationState::Adopted),
        ),
        (
            Query {
                themes: vec!["skills".into(), "returns".into()],
                ..rabat()
            },
            Box::new(|r| !r.themes.is_empty()),
        ),
        (
            Query {
                plan_node: node("5"),
                ..rabat()
            },
            Box::new(move |r| {
                r.plan_links
                    .iter()
                    .any(|l| [node("5"), node("5a")].contains(&l.node))
            }),
        ),
        (
            Query {
                addressee: "parties/ma".into(),
                ..rabat()
            },
            Box::new(|r| r.name.ends_with("/a2") || r.name.ends_with("/free")),
        ),
        (
            Query {
                addressee: "parties/cv".into(),
                ..rabat()
            },
            Box::new(|_| false),
        ),
        (
            Query {
                addressee: "parties/ma".into(),
                instrument: a(),
                ..rabat()
            },
            Box::new(|r| r.name.ends_with("/a2")),
        ),
        (
            Query {
                text_prefix: "reun".into(),
                ..rabat()
            },
            Box::new(|r| r.name.ends_with("/a10")),
        ),
        (
            Query {
                parent_recommendation: format!("{RABAT}/recommendations/a2"),
                ..rabat()
            },
            Box::new(|r| !r.parent_recommendation.is_empty()),
        ),
        (
            Query {
                instrument: a(),
                themes: vec!["returns".into()],
                text_prefix: "in each".into(),
                ..rabat()
            },
            Box::new(|r| r.name.ends_with("/a2a")),
        ),
    ];
    for (query, lets_through) in queries {
        let expected: Vec<Recommendation> =
            all.iter().filter(|r| lets_through(r)).cloned().collect();
        for size in [1, 2, 1_000] {
            let found = world.list(query.clone(), size).await.unwrap();
            assert_eq!(ids(&found), ids(&expected), "{query:?} by {size}");
        }
    }
    // Of an event are the elements that name it and those whose instrument does.
    for size in [1, 3, 1_000] {
        let of_event = world
            .list(
                Query {
                    event: lisbon.clone(),
                    ..rabat()
                },
                size,
            )
            .await
            .unwrap();
        assert_eq!(ids(&of_event), ["free", "probe", "a2", "a2a", "a2b", "a10"]);
    }
}

#[tokio::test]
async fn a_list_can_be_had_as_it_stood() {
    let (mut world, everything) = filled().await;
    let then = world.list(everything.clone(), 1_000).await.unwrap();
    let moment = then
        .iter()
        .map(|r| r.update_time.unwrap())
        .max_by_key(|t| (t.seconds, t.nanos));
    let late = world.recommendation("zz", adopted("Later")).await.unwrap();
    let gone = SupersedeRecommendationRequest {
        name: format!("{RABAT}/recommendations/free"),
        successor: late.name,
        ..Default::default()
    };
    world
        .recommendations
        .supersede_recommendation(gone)
        .await
        .unwrap();
    assert_ne!(world.list(everything.clone(), 1_000).await.unwrap(), then);
    for size in [2, 1_000] {
        let seen = world
            .list(
                Query {
                    as_of: moment,
                    ..everything.clone()
                },
                size,
            )
            .await
            .unwrap();
        assert_eq!(ids(&seen), ids(&then));
        assert_eq!(seen, then);
    }
    let addressed = Query {
        as_of: moment,
        addressee: "parties/ma".into(),
        ..everything.clone()
    };
    // The ledger was written after that moment.
    assert!(world.list(addressed, 10).await.unwrap().is_empty());
    let names: Vec<String> = then.iter().rev().map(|r| r.name.clone()).collect();
    let batch = BatchGetRecommendationsRequest {
        names: names.clone(),
        as_of: moment,
    };
    let batch = world
        .recommendations
        .batch_get_recommendations(batch)
        .await
        .unwrap()
        .into_inner()
        .recommendations;
    assert_eq!(batch, then.iter().rev().cloned().collect::<Vec<_>>());
    let missing = BatchGetRecommendationsRequest {
        names: vec![names[0].clone(), format!("{RABAT}/recommendations/no")],
        as_of: None,
    };
    assert_eq!(
        world
            .recommendations
            .batch_get_recommendations(missing)
            .await
            .unwrap_err()
            .code(),
        Code::NotFound
    );
}
