//! Crosswalks between plans, and texts in several languages.

use rapporteur_proto::FieldMask;
use rapporteur_proto::events::v1::*;
use rapporteur_proto::texts::is_stale;
use tonic::{Code, Response, Status};

use crate::fields::{Wrong, each_field, from_source, long};
use crate::harness::*;

const JVAP: &str = "dialogues/rabat/plans/jvap";

fn crosswalk() -> Crosswalk {
    Crosswalk {
        from_node: format!("{CADIZ}/nodes/1"),
        to_node: format!("{JVAP}/nodes/d1"),
        kind: CrosswalkKind::Exact.into(),
        ..Crosswalk::default()
    }
}

async fn two_plans() -> House {
    let mut house = House::furnished().await;
    house.plan("jvap", plan()).await;
    house.node("1", node("x1")).await;
    house.node("2", node("x2")).await;
    let request = CreatePlanNodeRequest {
        parent: JVAP.into(),
        plan_node_id: "d1".into(),
        plan_node: Some(node("d1")),
        ..Default::default()
    };
    house.plans.create_plan_node(request).await.unwrap();
    house
}

#[tokio::test]
async fn every_field_of_a_crosswalk() {
    let mut house = two_plans().await;
    let wrong: Wrong<Crosswalk> = vec![
        ("crosswalk.from_node", |c| c.from_node = "1".into()),
        ("crosswalk.from_node", |c| {
            c.from_node = format!("{CADIZ}/nodes/no")
        }),
        ("crosswalk.from_node", |c| {
            c.from_node = format!("{JVAP}/nodes/d1")
        }),
        ("crosswalk.to_node", |c| c.to_node = String::new()),
        ("crosswalk.to_node", |c| {
            c.to_node = format!("{JVAP}/nodes/no")
        }),
        ("crosswalk.to_node", |c| {
            c.to_node = format!("{CADIZ}/nodes/2")
        }),
        ("crosswalk.kind", |c| c.kind = 0),
        ("crosswalk.kind", |c| c.kind = 99),
        ("crosswalk.note", |c| c.note = long(20_001)),
        ("crosswalk.provenance[0].source", |c| {
            c.provenance = vec![from_source("sources/no")]
        }),
    ];
    let request = CreateCrosswalkRequest {
        parent: CADIZ.into(),
        ..Default::default()
    };
    each_field!(
        house.plans,
        create_crosswalk,
        request.clone(),
        crosswalk,
        crosswalk(),
        wrong
    );
    house.close().await;
}

#[tokio::test]
async fn a_pair_of_nodes_is_tied_once_and_found_from_both_sides() {
    let mut house = two_plans().await;
    let create = CreateCrosswalkRequest {
        parent: CADIZ.into(),
        crosswalk_id: "a".into(),
        crosswalk: Some(crosswalk()),
        ..Default::default()
    };
    let made = house.plans.create_crosswalk(create.clone()).await.unwrap();
    let made = made.into_inner();
    let again = CreateCrosswalkRequest {
        crosswalk_id: "b".into(),
        ..create
    };
    let refused = house.plans.create_crosswalk(again).await.unwrap_err();
    assert_eq!(reason(&refused), "ALREADY_TIED");
    assert_eq!(told(&refused, "subject"), made.name);

    for (parent, node, found) in [
        ("dialogues/-/plans/-", format!("{JVAP}/nodes/d1"), 1),
        (CADIZ, format!("{CADIZ}/nodes/1"), 1),
        (JVAP, format!("{JVAP}/nodes/d1"), 0),
        (CADIZ, format!("{CADIZ}/nodes/2"), 0),
        (CADIZ, String::new(), 1),
    ] {
        let list = ListCrosswalksRequest {
            parent: parent.into(),
            node: node.clone(),
            ..Default::default()
        };
        let page = house.plans.list_crosswalks(list).await.unwrap();
        assert_eq!(page.into_inner().crosswalks.len(), found, "{parent} {node}");
    }

    let update = |crosswalk: Crosswalk| UpdateCrosswalkRequest {
        crosswalk: Some(crosswalk),
        ..Default::default()
    };
    let moved = Crosswalk {
        to_node: format!("{CADIZ}/nodes/2"),
        ..made.clone()
    };
    let refused = house.plans.update_crosswalk(update(moved)).await;
    assert!(wrong_fields(&refused.unwrap_err()).contains(&"crosswalk.to_node".to_owned()));
    let withdrawn = Crosswalk {
        kind: CrosswalkKind::Withdrawn.into(),
        ..made
    };
    let withdrawn = house.plans.update_crosswalk(update(withdrawn)).await;
    assert_eq!(
        withdrawn.unwrap().into_inner().kind(),
        CrosswalkKind::Withdrawn
    );
    house.close().await;
}

#[tokio::test]
async fn translations_know_when_their_source_moves_on() {
    let mut house = House::furnished().await;
    let mut first = event();
    let title = first.title.as_mut().unwrap();
    title.authentic = "en".into();
    title.by_language.insert("fr".into(), "Réunion".into());
    let made = house.event("two-languages", first).await;
    assert!(!is_stale(made.title.as_ref().unwrap(), "fr"));

    let mut update = async |change: fn(&mut Event)| -> Result<Event, Status> {
        let mut event = made.clone();
        event.etag.clear();
        change(&mut event);
        let request = UpdateEventRequest {
            event: Some(event),
            update_mask: Some(FieldMask {
                paths: vec!["title".into()],
            }),
            ..Default::default()
        };
        house
            .events
            .update_event(request)
            .await
            .map(Response::into_inner)
    };
    let moved = update(|e| {
        let title = e.title.as_mut().unwrap();
        title
            .by_language
            .insert("en".into(), "Another title".into());
    });
    let moved = moved.await.unwrap();
    assert!(is_stale(moved.title.as_ref().unwrap(), "fr"));
    let again = update(|e| {
        let title = e.title.as_mut().unwrap();
        title
            .by_language
            .insert("en".into(), "Another title".into());
        title
            .by_language
            .insert("fr".into(), "Un autre titre".into());
    });
    assert!(!is_stale(
        again.await.unwrap().title.as_ref().unwrap(),
        "fr"
    ));
    let refused = update(|e| e.title.as_mut().unwrap().authentic = "ar".into()).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(wrong_fields(&refused), ["event.title.authentic"]);
    house.close().await;
}
