//! Trees have no cycles, however many move at once; bodies stay.

use rapporteur_proto::FieldMask;
use rapporteur_proto::events::v1::*;
use tonic::Code;

use crate::harness::*;

fn node_name(id: &str) -> String {
    format!("{CADIZ}/nodes/{id}")
}

fn moved(id: &str, above: &str) -> UpdatePlanNodeRequest {
    let parent_node = if above.is_empty() {
        String::new()
    } else {
        node_name(above)
    };
    UpdatePlanNodeRequest {
        plan_node: Some(PlanNode {
            name: node_name(id),
            parent_node,
            ..PlanNode::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["parent_node".into()],
        }),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_node_cannot_be_put_below_itself() {
    let mut house = House::furnished().await;
    for above in ["a1", "5", "5a"] {
        let refused = house
            .plans
            .update_plan_node(moved("a1", above))
            .await
            .unwrap_err();
        assert_eq!(wrong_fields(&refused), ["plan_node.parent_node"], "{above}");
    }
    assert_eq!(
        reason(
            &house
                .plans
                .update_plan_node(moved("a1", "no"))
                .await
                .unwrap_err()
        ),
        "UNKNOWN_REFERENCE"
    );
    house
        .plans
        .update_plan_node(moved("5a", "a1"))
        .await
        .unwrap();
    house
        .plans
        .update_plan_node(moved("5", "5a"))
        .await
        .unwrap();
    house.plans.update_plan_node(moved("5a", "")).await.unwrap();

    // A tree may be deep.
    let mut above = String::new();
    for depth in 0..60 {
        above = house
            .node(
                "",
                PlanNode {
                    parent_node: above,
                    ..node(&format!("d{depth}"))
                },
            )
            .await
            .name;
    }
    let top = moved("5a", above.rsplit('/').next().unwrap());
    house.plans.update_plan_node(top).await.unwrap();
    house.close().await;
}

#[tokio::test]
async fn moves_at_once_make_no_cycle() {
    let mut house = House::furnished().await;
    let ids: Vec<String> = (0..6).map(|at| format!("n{at}")).collect();
    for id in &ids {
        house.node(id, node(id)).await;
    }
    // Each round, every node moves below the next one: all together would be a ring.
    for round in 1..=5 {
        let calls = ids.iter().enumerate().map(|(at, id)| {
            let mut plans = house.plans.clone();
            let request = moved(id, &ids[(at + round) % ids.len()]);
            async move { plans.update_plan_node(request).await }
        });
        for answer in futures::future::join_all(calls).await {
            if let Err(refused) = answer {
                assert!(
                    matches!(refused.code(), Code::Aborted | Code::InvalidArgument),
                    "{refused:?}"
                );
            }
        }
        let request = ListPlanNodesRequest {
            parent: CADIZ.into(),
            page_size: 1_000,
            ..Default::default()
        };
        let nodes = house
            .plans
            .list_plan_nodes(request)
            .await
            .unwrap()
            .into_inner()
            .plan_nodes;
        for node in &nodes {
            let mut above = node;
            for _ in 0..=nodes.len() {
                match nodes.iter().find(|n| n.name == above.parent_node) {
                    Some(next) => above = next,
                    None => break,
                }
            }
            assert!(above.parent_node.is_empty(), "{} is in a ring", node.name);
        }
    }
    house.close().await;
}

#[tokio::test]
async fn events_parties_and_dialogues_are_trees_too() {
    let mut house = House::furnished().await;
    let a = house.event("a", event()).await;
    let b = house
        .event(
            "b",
            Event {
                parent_event: a.name.clone(),
                ..event()
            },
        )
        .await;
    let itself = Event {
        parent_event: format!("{RABAT}/events/c"),
        ..event()
    };
    assert_eq!(
        wrong_fields(&house.try_event("c", itself).await.unwrap_err()),
        ["event.parent_event"]
    );
    let request = UpdateEventRequest {
        event: Some(Event {
            parent_event: b.name,
            ..a
        }),
        ..Default::default()
    };
    assert_eq!(
        wrong_fields(&house.events.update_event(request).await.unwrap_err()),
        ["event.parent_event"]
    );

    let office = house
        .party(
            "office",
            Party {
                parent_party: "parties/icmpd".into(),
                ..organisation("Office")
            },
        )
        .await;
    let above = Party {
        name: "parties/icmpd".into(),
        parent_party: office.name,
        ..organisation("ICMPD")
    };
    let request = UpdatePartyRequest {
        party: Some(above),
        ..Default::default()
    };
    assert_eq!(
        wrong_fields(&house.parties.update_party(request).await.unwrap_err()),
        ["party.parent_party"]
    );

    let part = house
        .dialogue(
            "part",
            Dialogue {
                parent_programme: RABAT.into(),
                ..dialogue()
            },
        )
        .await;
    let above = Dialogue {
        name: RABAT.into(),
        parent_programme: part.name,
        ..dialogue()
    };
    let request = UpdateDialogueRequest {
        dialogue: Some(above),
        ..Default::default()
    };
    let refused = house.dialogues.update_dialogue(request).await.unwrap_err();
    assert_eq!(wrong_fields(&refused), ["dialogue.parent_programme"]);
}

#[tokio::test]
async fn a_recorded_body_stays() {
    let mut house = House::furnished().await;
    let named = Event {
        bodies: vec![format!("{RABAT}/bodies/sc")],
        ..event()
    };
    house.event("x", named).await;
    let without = Dialogue {
        name: RABAT.into(),
        bodies: Vec::new(),
        ..dialogue()
    };
    let request = UpdateDialogueRequest {
        dialogue: Some(without),
        ..Default::default()
    };
    assert_eq!(
        wrong_fields(&house.dialogues.update_dialogue(request).await.unwrap_err()),
        ["dialogue.bodies"]
    );
}
