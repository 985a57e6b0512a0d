//! Lists: the same as a filter over everything, whatever the page size, now and as it stood.

mod others;
mod recommendations;

use crate::world::*;

type Query = ListRecommendationsRequest;

impl World {
    async fn list(&mut self, query: Query, size: i32) -> Result<Vec<Recommendation>, Status> {
        let mut query = Query {
            page_size: size,
            ..query
        };
        let mut all = Vec::new();
        loop {
            let page = self
                .recommendations
                .list_recommendations(query.clone())
                .await?
                .into_inner();
            assert!(page.recommendations.len() <= usize::try_from(size).unwrap());
            all.extend(page.recommendations);
            query.page_token = page.next_page_token;
            if query.page_token.is_empty() {
                return Ok(all);
            }
        }
    }

    async fn ledger(&mut self, query: ListAddresseesRequest) -> Vec<String> {
        let mut query = ListAddresseesRequest {
            page_size: 2,
            ..query
        };
        let mut all = Vec::new();
        loop {
            let page = self
                .addressees
                .list_addressees(query.clone())
                .await
                .unwrap()
                .into_inner();
            all.extend(page.addressees.into_iter().map(|a| a.name));
            query.page_token = page.next_page_token;
            if query.page_token.is_empty() {
                return all;
            }
        }
    }
}

fn ids(all: &[Recommendation]) -> Vec<&str> {
    all.iter()
        .map(|r| r.name.rsplit('/').next().unwrap())
        .collect()
}

fn rabat() -> Query {
    Query {
        parent: RABAT.into(),
        ..Query::default()
    }
}

/// Two instruments, elements of all kinds, some of the ledger. The last is recorded after `moment`.
async fn filled() -> (World, Query) {
    let mut world = World::new().await;
    world
        .instrument(
            "a",
            Instrument {
                event: LISBON.into(),
                ..conclusion(RABAT, 1, 0, 2024)
            },
        )
        .await
        .unwrap();
    world
        .instrument("b", conclusion(RABAT, 2, 0, 2024))
        .await
        .unwrap();
    let link = |id: &str| {
        vec![PlanLink {
            node: format!("{PLAN}/nodes/{id}"),
            kind: PlanLinkKind::Planned.into(),
            provenance: None,
        }]
    };
    let of = |instrument: &str, path: &str, words: &str| Recommendation {
        instrument: format!("{RABAT}/instruments/{instrument}"),
        path: path.into(),
        ..text(words)
    };
    let parent_recommendation = format!("{RABAT}/recommendations/a2");
    for (id, recommendation) in [
        (
            "a10",
            Recommendation {
                event: String::new(),
                themes: vec!["returns".into()],
                ..of("a", "10", "Réunir les familles")
            },
        ),
        (
            "a2",
            Recommendation {
                plan_links: link("5a"),
                ..of("a", "2", "Name focal points")
            },
        ),
        (
            "a2b",
            Recommendation {
                parent_recommendation: parent_recommendation.clone(),
                order: 2,
                ..of("a", "2(b)", "By July")
            },
        ),
        (
            "a2a",
            Recommendation {
                parent_recommendation,
                order: 1,
                themes: vec!["returns".into(), "skills".into()],
                ..of("a", "2(a)", "In each capital")
            },
        ),
        (
            "b1",
            Recommendation {
                event: "dialogues/rabat/events/2022-cadiz".into(),
                plan_links: link("7"),
                ..of("b", "R.1", "Meet again")
            },
        ),
        (
            "free",
            Recommendation {
                plan_links: link("5"),
                ..adopted("Of the meeting alone")
            },
        ),
    ] {
        world.recommendation(id, recommendation).await.unwrap();
    }
    let planned = LedgerEntry {
        on: day("2024-11-01"),
        implementation: Implementation::Planned.into(),
        provenance: says_so(),
        ..LedgerEntry::default()
    };
    for (id, party, due, entries) in [
        ("a2", "ma", "2025-06-30", vec![]),
        ("free", "ma", "", vec![]),
        ("a2", "pt", "2025-03", vec![]),
        ("b1", "gm", "2024-12-31", vec![planned]),
    ] {
        let addressee = Addressee {
            party: format!("parties/{party}"),
            next_due: day(due),
            entries,
            ..Addressee::default()
        };
        world
            .addressee(&format!("{RABAT}/recommendations/{id}"), addressee)
            .await
            .unwrap();
    }
    let query = rabat();
    (world, query)
}
