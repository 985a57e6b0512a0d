//! The ledger and the instruments are listed, and tokens are good for their query only.

use super::{Query, filled};
use crate::world::*;

#[tokio::test]
async fn the_ledger_is_listed_across_recommendations() {
    let (mut world, _) = filled().await;
    let any = ListAddresseesRequest {
        parent: "dialogues/-/recommendations/-".into(),
        ..Default::default()
    };
    let name = |id: &str, party: &str| format!("{RABAT}/recommendations/{id}/addressees/{party}");
    let (a2_ma, a2_pt, b1_gm, free_ma) = (
        name("a2", "ma"),
        name("a2", "pt"),
        name("b1", "gm"),
        name("free", "ma"),
    );
    let cases = [
        (any.clone(), vec![&a2_ma, &a2_pt, &b1_gm, &free_ma]),
        (
            ListAddresseesRequest {
                parent: "dialogues/rabat/recommendations/-".into(),
                ..any.clone()
            },
            vec![&a2_ma, &a2_pt, &b1_gm, &free_ma],
        ),
        (
            ListAddresseesRequest {
                parent: "dialogues/excom/recommendations/-".into(),
                ..any.clone()
            },
            vec![],
        ),
        (
            ListAddresseesRequest {
                parent: "dialogues/-/recommendations/a2".into(),
                ..any.clone()
            },
            vec![&a2_ma, &a2_pt],
        ),
        (
            ListAddresseesRequest {
                parent: format!("{RABAT}/recommendations/a2"),
                ..any.clone()
            },
            vec![&a2_ma, &a2_pt],
        ),
        (
            ListAddresseesRequest {
                party: "parties/ma".into(),
                ..any.clone()
            },
            vec![&a2_ma, &free_ma],
        ),
        (
            ListAddresseesRequest {
                party: "parties/ma".into(),
                parent: format!("{RABAT}/recommendations/free"),
                ..any.clone()
            },
            vec![&free_ma],
        ),
        (
            ListAddresseesRequest {
                implementations: vec![Implementation::Planned.into()],
                ..any.clone()
            },
            vec![&b1_gm],
        ),
        (
            ListAddresseesRequest {
                responses: vec![Response::Supported.into()],
                ..any.clone()
            },
            vec![],
        ),
        // By the day of the duty; a duty of March 2025 is due by its end.
        (
            ListAddresseesRequest {
                due_by: "2025-06-30".into(),
                ..any.clone()
            },
            vec![&b1_gm, &a2_pt, &a2_ma],
        ),
        (
            ListAddresseesRequest {
                due_by: "2025-03-30".into(),
                ..any.clone()
            },
            vec![&b1_gm],
        ),
        (
            ListAddresseesRequest {
                due_by: "2025-12-31".into(),
                party: "parties/ma".into(),
                ..any.clone()
            },
            vec![&a2_ma],
        ),
    ];
    for (query, expected) in cases {
        let found = world.ledger(query.clone()).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query:?}");
    }
}

#[tokio::test]
async fn a_page_token_is_good_for_its_query_only() {
    let (mut world, everything) = filled().await;
    let first = Query {
        page_size: 2,
        ..everything.clone()
    };
    let token = world
        .recommendations
        .list_recommendations(first.clone())
        .await
        .unwrap()
        .into_inner()
        .next_page_token;
    for (field, query) in [
        (
            "page_token",
            Query {
                page_token: token.clone(),
                themes: vec!["skills".into()],
                ..first.clone()
            },
        ),
        (
            "page_token",
            Query {
                page_token: "nonsense".into(),
                ..first.clone()
            },
        ),
        (
            "page_size",
            Query {
                page_size: -1,
                ..everything.clone()
            },
        ),
        (
            "parent",
            Query {
                parent: "rabat".into(),
                ..everything.clone()
            },
        ),
        (
            "states[0]",
            Query {
                states: vec![77],
                ..everything.clone()
            },
        ),
        (
            "plan_node",
            Query {
                plan_node: "5".into(),
                ..everything.clone()
            },
        ),
        (
            "addressee",
            Query {
                addressee: "pt".into(),
                ..everything.clone()
            },
        ),
    ] {
        let answer = world
            .recommendations
            .list_recommendations(query.clone())
            .await;
        assert_eq!(
            refused(answer),
            (Code::InvalidArgument, field.to_owned()),
            "{query:?}"
        );
    }
    let nowhere = world
        .recommendations
        .list_recommendations(Query {
            parent: "dialogues/no".into(),
            ..everything
        })
        .await;
    assert_eq!(nowhere.unwrap_err().code(), Code::NotFound);
    let due = ListAddresseesRequest {
        parent: "dialogues/-/recommendations/-".into(),
        due_by: "2024-1-1".into(),
        ..Default::default()
    };
    assert_eq!(
        refused(world.addressees.list_addressees(due).await),
        (Code::InvalidArgument, "due_by".into())
    );
}

#[tokio::test]
async fn instruments_are_listed_by_event_year_kind_and_title() {
    let (mut world, _) = filled().await;
    let decision = Instrument {
        kind: InstrumentKind::Decision.into(),
        title: english("Decree on returns"),
        ..conclusion(RABAT, 0, 0, 0)
    };
    world.instrument("c", decision).await.unwrap();
    let query = ListInstrumentsRequest {
        parent: RABAT.into(),
        ..Default::default()
    };
    for (query, expected) in [
        (query.clone(), "a b c"),
        (
            ListInstrumentsRequest {
                parent: "dialogues/-".into(),
                ..query.clone()
            },
            "a b c",
        ),
        (
            ListInstrumentsRequest {
                event: LISBON.into(),
                ..query.clone()
            },
            "a",
        ),
        (
            ListInstrumentsRequest {
                event: LISBON.into(),
                parent: "dialogues/excom".into(),
                ..query.clone()
            },
            "",
        ),
        (
            ListInstrumentsRequest {
                year: 2024,
                ..query.clone()
            },
            "a b",
        ),
        (
            ListInstrumentsRequest {
                kind: InstrumentKind::Decision.into(),
                ..query.clone()
            },
            "c",
        ),
        (
            ListInstrumentsRequest {
                text_prefix: "decr".into(),
                ..query.clone()
            },
            "c",
        ),
        (
            ListInstrumentsRequest {
                text_prefix: "return".into(),
                year: 2024,
                ..query.clone()
            },
            "",
        ),
    ] {
        let found = world
            .instruments
            .list_instruments(query.clone())
            .await
            .unwrap()
            .into_inner()
            .instruments;
        let found: Vec<&str> = found
            .iter()
            .map(|i| i.name.rsplit('/').next().unwrap())
            .collect();
        assert_eq!(found.join(" "), expected, "{query:?}");
    }
}
