//! Pages of lists, and list requests that are refused.

use rapporteur_proto::FieldMask;
use rapporteur_proto::changes::v1::ListRevisionsRequest;
use rapporteur_proto::events::v1::*;
use rapporteur_proto::r#type::v1::Provenance;
use tonic::Code;

use crate::harness::*;

#[tokio::test]
async fn five_hundred_events_page_without_loss_or_repeat() {
    let mut house = House::furnished().await;
    let calls = (0..500_i32).map(|at| {
        let mut events = house.events.clone();
        let request = CreateEventRequest {
            parent: RABAT.into(),
            event_id: format!("e{at:03}"),
            event: Some(Event {
                start: date(&format!("20{:02}-01-01", 10 + at % 7)),
                ..event()
            }),
            ..Default::default()
        };
        async move {
            events
                .create_event(request)
                .await
                .unwrap()
                .into_inner()
                .name
        }
    });
    let mut all = futures::future::join_all(calls).await;
    all.sort();
    for size in [1, 49, 500, 0, 5_000] {
        let mut request = ListEventsRequest {
            parent: RABAT.into(),
            page_size: size,
            ..Default::default()
        };
        let mut seen = Vec::new();
        loop {
            let page = house
                .events
                .list_events(request.clone())
                .await
                .unwrap()
                .into_inner();
            let most = match size {
                0 => 50,
                size => size.min(1_000),
            };
            assert!(page.events.len() <= most as usize && !page.events.is_empty());
            seen.extend(page.events.into_iter().map(|event| event.name));
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                break;
            }
        }
        seen.sort();
        assert_eq!(seen, all, "pages of {size}");
    }
    house.close().await;
}

#[tokio::test]
async fn large_records_make_short_pages() {
    let mut house = House::furnished().await;
    let text = "x".repeat(200_000);
    for at in 0..30 {
        let request = CreateSourceRequest {
            source_id: format!("large{at:02}"),
            source: Some(Source {
                text: text.clone(),
                ..source()
            }),
            ..Default::default()
        };
        house.sources.create_source(request).await.unwrap();
    }
    let mut request = ListSourcesRequest {
        page_size: 1_000,
        ..Default::default()
    };
    let (mut names, mut pages) = (Vec::new(), 0);
    loop {
        let page = house
            .sources
            .list_sources(request.clone())
            .await
            .unwrap()
            .into_inner();
        names.extend(page.sources.into_iter().map(|source| source.name));
        pages += 1;
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!((names.len(), pages), (31, 3));
    let large = Event {
        provenance: (0..45)
            .map(|_| Provenance {
                quote: "x".repeat(20_000),
                ..Provenance::default()
            })
            .collect(),
        ..event()
    };
    let name = house.event("large", large).await.name;
    let request = BatchGetEventsRequest {
        names: vec![name.clone(); 5],
        as_of: None,
    };
    let refused = house.events.batch_get_events(request).await.unwrap_err();
    assert_eq!(wrong_fields(&refused), ["names"]);
    for at in 0..6 {
        let request = UpdateEventRequest {
            event: Some(Event {
                name: name.clone(),
                ordinal: at,
                ..Event::default()
            }),
            update_mask: Some(FieldMask {
                paths: vec!["ordinal".into()],
            }),
            ..Default::default()
        };
        house.events.update_event(request).await.unwrap();
    }
    let mut request = ListRevisionsRequest {
        name,
        ..Default::default()
    };
    let mut revisions = 0;
    loop {
        let page = house
            .changes
            .list_revisions(request.clone())
            .await
            .unwrap()
            .into_inner();
        assert!(page.revisions.len() < 6);
        revisions += page.revisions.len();
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(revisions, 7);
}

#[tokio::test]
async fn a_page_token_is_good_for_its_own_query_only() {
    let mut house = House::furnished().await;
    for id in ["a", "b", "c"] {
        house.event(id, event()).await;
    }
    let first = ListEventsRequest {
        parent: RABAT.into(),
        page_size: 1,
        ..Default::default()
    };
    let token = house
        .events
        .list_events(first.clone())
        .await
        .unwrap()
        .into_inner()
        .next_page_token;
    let good = ListEventsRequest {
        page_size: 2,
        page_token: token.clone(),
        ..first.clone()
    };
    assert_eq!(
        names(
            &house
                .events
                .list_events(good)
                .await
                .unwrap()
                .into_inner()
                .events
        ),
        ["b", "c"]
    );
    for other in [
        ListEventsRequest {
            page_token: token.clone(),
            parent: "dialogues/-".into(),
            ..first.clone()
        },
        ListEventsRequest {
            page_token: token.clone(),
            states: vec![1],
            ..first.clone()
        },
        ListEventsRequest {
            page_token: token.clone(),
            order: 2,
            ..first.clone()
        },
        ListEventsRequest {
            page_token: format!("{token}A"),
            ..first.clone()
        },
        ListEventsRequest {
            page_token: "nonsense".into(),
            ..first.clone()
        },
    ] {
        assert_eq!(
            wrong_fields(&house.events.list_events(other).await.unwrap_err()),
            ["page_token"]
        );
    }
    let request = ListDialoguesRequest {
        page_token: token,
        page_size: 1,
        ..Default::default()
    };
    assert_eq!(
        wrong_fields(&house.dialogues.list_dialogues(request).await.unwrap_err()),
        ["page_token"]
    );
}

#[tokio::test]
async fn wrong_filters_are_named() {
    let mut house = House::furnished().await;
    let good = ListEventsRequest {
        parent: RABAT.into(),
        ..Default::default()
    };
    for (request, field) in [
        (
            ListEventsRequest {
                parent: "rabat".into(),
                ..good.clone()
            },
            "parent",
        ),
        (
            ListEventsRequest {
                page_size: -1,
                ..good.clone()
            },
            "page_size",
        ),
        (
            ListEventsRequest {
                states: vec![2, 99],
                ..good.clone()
            },
            "states[1]",
        ),
        (
            ListEventsRequest {
                states: vec![0],
                ..good.clone()
            },
            "states[0]",
        ),
        (
            ListEventsRequest {
                kinds: vec![-1],
                ..good.clone()
            },
            "kinds[0]",
        ),
        (
            ListEventsRequest {
                themes: vec!["No theme".into()],
                ..good.clone()
            },
            "themes[0]",
        ),
        (
            ListEventsRequest {
                party: "pt".into(),
                ..good.clone()
            },
            "party",
        ),
        (
            ListEventsRequest {
                role: 1,
                ..good.clone()
            },
            "role",
        ),
        (
            ListEventsRequest {
                party: "parties/pt".into(),
                role: 99,
                ..good.clone()
            },
            "role",
        ),
        (
            ListEventsRequest {
                plan_node: CADIZ.into(),
                ..good.clone()
            },
            "plan_node",
        ),
        (
            ListEventsRequest {
                parent_event: RABAT.into(),
                ..good.clone()
            },
            "parent_event",
        ),
        (
            ListEventsRequest {
                text_prefix: "\u{202E}".into(),
                ..good.clone()
            },
            "text_prefix",
        ),
        (
            ListEventsRequest {
                from: "2024".into(),
                ..good.clone()
            },
            "from",
        ),
        (
            ListEventsRequest {
                to: "2024-02-30".into(),
                ..good.clone()
            },
            "to",
        ),
        (
            ListEventsRequest {
                from: "2024-02-02".into(),
                to: "2024-02-01".into(),
                ..good.clone()
            },
            "to",
        ),
        (
            ListEventsRequest {
                order: 3,
                ..good.clone()
            },
            "order",
        ),
    ] {
        assert_eq!(
            wrong_fields(&house.events.list_events(request).await.unwrap_err()),
            [field]
        );
    }
    let nowhere = ListEventsRequest {
        parent: "dialogues/no".into(),
        ..good
    };
    assert_eq!(
        house.events.list_events(nowhere).await.unwrap_err().code(),
        Code::NotFound
    );
    let dialogues = &mut house.dialogues;
    let parent = || RABAT.to_owned();
    let request = ListMembershipsRequest {
        parent: parent(),
        on: "2024-10".into(),
        ..Default::default()
    };
    assert_eq!(
        wrong_fields(&dialogues.list_memberships(request).await.unwrap_err()),
        ["on"]
    );
    let request = ListMembershipsRequest {
        parent: parent(),
        party: "pt".into(),
        ..Default::default()
    };
    assert_eq!(
        wrong_fields(&dialogues.list_memberships(request).await.unwrap_err()),
        ["party"]
    );
    let request = ListPostsRequest {
        parent: parent(),
        duty: 99,
        ..Default::default()
    };
    assert_eq!(
        wrong_fields(&dialogues.list_posts(request).await.unwrap_err()),
        ["duty"]
    );
    let request = ListChairmanshipsRequest {
        parent: parent(),
        state: 99,
        ..Default::default()
    };
    assert_eq!(
        wrong_fields(&dialogues.list_chairmanships(request).await.unwrap_err()),
        ["state"]
    );
    let request = ListPlansRequest {
        parent: parent(),
        state: 99,
        ..Default::default()
    };
    assert_eq!(
        wrong_fields(&house.plans.list_plans(request).await.unwrap_err()),
        ["state"]
    );
    let request = ListPlanNodesRequest {
        parent: RABAT.into(),
        ..Default::default()
    };
    assert_eq!(
        wrong_fields(&house.plans.list_plan_nodes(request).await.unwrap_err()),
        ["parent"]
    );
    let request = ListPlanNodesRequest {
        parent: CADIZ.into(),
        kind: 99,
        ..Default::default()
    };
    assert_eq!(
        wrong_fields(&house.plans.list_plan_nodes(request).await.unwrap_err()),
        ["kind"]
    );
    let request = ListPartiesRequest {
        kind: 99,
        ..Default::default()
    };
    assert_eq!(
        wrong_fields(&house.parties.list_parties(request).await.unwrap_err()),
        ["kind"]
    );
    let request = ListSourcesRequest {
        dialogue: "rabat".into(),
        ..Default::default()
    };
    assert_eq!(
        wrong_fields(&house.sources.list_sources(request).await.unwrap_err()),
        ["dialogue"]
    );
}

fn names(events: &[Event]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event.name.rsplit('/').next().unwrap())
        .collect()
}
