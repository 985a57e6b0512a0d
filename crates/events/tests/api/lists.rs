//! Lists of every noun: their filters, their order, their pages. Events have [`crate::random`] besides.

use rapporteur_proto::events::v1::*;

use crate::harness::*;

fn ids<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    names
        .into_iter()
        .map(|name| name.rsplit('/').next().unwrap())
        .collect()
}

fn listed(events: &[Event]) -> Vec<&str> {
    ids(events.iter().map(|e| e.name.as_str()))
}

#[tokio::test]
async fn a_joint_event_is_in_both_dialogues_and_once_in_the_union() {
    let mut house = House::furnished().await;
    let joint = Event {
        joint_dialogues: vec![KHARTOUM.into()],
        start: date("2024-10-16"),
        ..event()
    };
    house.event("joint", joint).await;
    house
        .event(
            "own",
            Event {
                start: date("2024-10-17"),
                ..event()
            },
        )
        .await;
    let events = &mut house.events;
    let mut list = async |parent: &str, own_only: bool| {
        let request = ListEventsRequest {
            parent: parent.into(),
            own_only,
            ..Default::default()
        };
        events
            .list_events(request)
            .await
            .unwrap()
            .into_inner()
            .events
    };
    assert_eq!(listed(&list(RABAT, false).await), ["joint", "own"]);
    assert_eq!(listed(&list(KHARTOUM, false).await), ["joint"]);
    assert_eq!(listed(&list("dialogues/-", false).await), ["joint", "own"]);
    assert_eq!(listed(&list("dialogues/-", true).await), ["joint", "own"]);
    assert_eq!(listed(&list(RABAT, true).await), ["joint", "own"]);
    assert!(list(KHARTOUM, true).await.is_empty());
    // It leaves the other dialogue when it is not joint any more.
    let request = UpdateEventRequest {
        event: Some(Event {
            name: "dialogues/rabat/events/joint".into(),
            ..Event::default()
        }),
        update_mask: Some(rapporteur_proto::FieldMask {
            paths: vec!["joint_dialogues".into()],
        }),
        ..Default::default()
    };
    house.events.update_event(request).await.unwrap();
    let request = ListEventsRequest {
        parent: KHARTOUM.into(),
        ..Default::default()
    };
    assert!(
        house
            .events
            .list_events(request)
            .await
            .unwrap()
            .into_inner()
            .events
            .is_empty()
    );
    house.close().await;
}

#[tokio::test]
async fn members_and_posts_are_found_by_party_and_day() {
    let mut house = House::furnished().await;
    for (parent, id, party, start, end) in [
        (RABAT, "pt", "pt", "2006-07-10", ""),
        (RABAT, "eg", "eg", "2006", "2010-05"),
        (KHARTOUM, "pt", "pt", "2014-11-28", ""),
    ] {
        let party = format!("parties/{party}");
        let (start, end) = (date(start), date(end).filter(|d| !d.value.is_empty()));
        let membership = Some(Membership {
            party: party.clone(),
            start,
            end,
            ..membership()
        });
        let (parent, id) = (parent.to_owned(), id.to_owned());
        let request = CreateMembershipRequest {
            parent: parent.clone(),
            membership_id: id.clone(),
            membership,
            ..Default::default()
        };
        house.dialogues.create_membership(request).await.unwrap();
        let post = Some(Post { party, ..post() });
        let request = CreatePostRequest {
            parent,
            post_id: id,
            post,
            ..Default::default()
        };
        house.dialogues.create_post(request).await.unwrap();
    }
    for (parent, party, on, expected) in [
        (
            RABAT,
            "",
            "",
            vec!["rabat/memberships/eg", "rabat/memberships/pt"],
        ),
        (
            RABAT,
            "",
            "2010-05-31",
            vec!["rabat/memberships/eg", "rabat/memberships/pt"],
        ),
        (RABAT, "", "2010-06-01", vec!["rabat/memberships/pt"]),
        (RABAT, "", "2006-01-01", vec!["rabat/memberships/eg"]),
        (RABAT, "parties/pt", "", vec!["rabat/memberships/pt"]),
        (RABAT, "parties/pt", "2000-01-01", vec![]),
        (
            "dialogues/-",
            "parties/pt",
            "2024-01-01",
            vec!["khartoum/memberships/pt", "rabat/memberships/pt"],
        ),
        (
            "dialogues/-",
            "",
            "2024-01-01",
            vec!["khartoum/memberships/pt", "rabat/memberships/pt"],
        ),
    ] {
        let (parent, party, on) = (parent.into(), party.into(), on.into());
        let request = ListMembershipsRequest {
            parent,
            party,
            on,
            ..Default::default()
        };
        let found = house
            .dialogues
            .list_memberships(request.clone())
            .await
            .unwrap()
            .into_inner()
            .memberships;
        let names: Vec<&str> = found
            .iter()
            .map(|m| m.name.trim_start_matches("dialogues/"))
            .collect();
        assert_eq!(names, expected, "{request:?}");
    }
    for (parent, party, duty, expected) in [
        (RABAT, "", 0, 2),
        (RABAT, "parties/pt", 0, 1),
        (RABAT, "", 7, 0),
        ("dialogues/-", "parties/pt", 1, 2),
    ] {
        let request = ListPostsRequest {
            parent: parent.into(),
            party: party.into(),
            duty,
            ..Default::default()
        };
        assert_eq!(
            house
                .dialogues
                .list_posts(request)
                .await
                .unwrap()
                .into_inner()
                .posts
                .len(),
            expected
        );
    }
    house.close().await;
}

#[tokio::test]
async fn plan_nodes_come_in_the_order_of_the_plan() {
    let mut house = House::furnished().await;
    for (code, order) in [("10", 2), ("2", 1), ("1", 3)] {
        let node = PlanNode {
            parent_node: format!("{CADIZ}/nodes/a1"),
            order,
            ..node(code)
        };
        house.node(&format!("o{code}"), node).await;
    }
    house.plan("other", plan()).await;
    for (parent, above, kind, expected) in [
        (CADIZ, "", 0, vec!["o1", "o2", "5", "5a", "o10", "a1"]),
        (CADIZ, "", 5, vec!["o1", "o2", "5", "o10"]),
        (CADIZ, "a1", 0, vec!["5", "o2", "o10", "o1"]),
        (CADIZ, "a1", 7, vec![]),
        ("dialogues/-/plans/-", "5", 0, vec!["5a"]),
        ("dialogues/rabat/plans/other", "a1", 0, vec![]),
        ("dialogues/rabat/plans/-", "", 7, vec!["5a"]),
        ("dialogues/-/plans/cadiz", "", 7, vec!["5a"]),
        ("dialogues/-/plans/other", "", 0, vec![]),
    ] {
        let parent_node = if above.is_empty() {
            String::new()
        } else {
            format!("{CADIZ}/nodes/{above}")
        };
        let request = ListPlanNodesRequest {
            parent: parent.into(),
            kind,
            parent_node,
            ..Default::default()
        };
        let found = house
            .plans
            .list_plan_nodes(request.clone())
            .await
            .unwrap()
            .into_inner()
            .plan_nodes;
        assert_eq!(
            ids(found.iter().map(|n| n.name.as_str())),
            expected,
            "{request:?}"
        );
    }
    let request = ListPlansRequest {
        parent: RABAT.into(),
        state: PlanState::Draft.into(),
        ..Default::default()
    };
    assert_eq!(
        house
            .plans
            .list_plans(request)
            .await
            .unwrap()
            .into_inner()
            .plans
            .len(),
        2
    );
}

#[tokio::test]
async fn parties_and_sources_are_found_by_what_they_say() {
    let mut house = House::furnished().await;
    let iom = Party {
        acronym: "IOM".into(),
        aliases: vec!["OIM".into()],
        ..organisation("Organización Migración")
    };
    house.party("iom", iom).await;
    for (prefix, kind, expected) in [
        ("", 0, vec!["eg", "icmpd", "iom", "pt"]),
        ("", 1, vec!["eg", "pt"]),
        ("organizacion mig", 0, vec!["iom"]),
        ("oim", 0, vec!["iom"]),
        ("eg", 0, vec!["eg"]),
        ("EG", 2, vec![]),
    ] {
        let request = ListPartiesRequest {
            text_prefix: prefix.into(),
            kind,
            ..Default::default()
        };
        let found = house
            .parties
            .list_parties(request)
            .await
            .unwrap()
            .into_inner()
            .parties;
        assert_eq!(
            ids(found.iter().map(|p| p.name.as_str())),
            expected,
            "{prefix} {kind}"
        );
    }
    let concerns = Some(Source {
        dialogues: vec![RABAT.into()],
        ..source()
    });
    let request = CreateSourceRequest {
        source_id: "p2".into(),
        source: concerns,
        ..Default::default()
    };
    house.sources.create_source(request).await.unwrap();
    for (dialogue, expected) in [
        ("", vec!["p1", "p2"]),
        (RABAT, vec!["p2"]),
        (KHARTOUM, vec![]),
    ] {
        let request = ListSourcesRequest {
            dialogue: dialogue.into(),
            ..Default::default()
        };
        let found = house
            .sources
            .list_sources(request)
            .await
            .unwrap()
            .into_inner()
            .sources;
        assert_eq!(ids(found.iter().map(|s| s.name.as_str())), expected);
    }
}
