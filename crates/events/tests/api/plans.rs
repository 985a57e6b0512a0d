//! Plans: every pair of a state and a verb moves, or is refused with what would; successors; node codes.

use rapporteur_proto::FieldMask;
use rapporteur_proto::events::v1::*;
use tonic::{Code, Response};

use crate::harness::*;

#[tokio::test]
async fn every_move_of_a_plan_is_legal_or_says_what_is() {
    use PlanState::{Adopted, Draft, Expired, InForce, Superseded};
    let mut house = House::furnished().await;
    let moves = |state| match state {
        Draft => vec![("adopt", Adopted)],
        Adopted => vec![("bring into force", InForce)],
        InForce => vec![("expire", Expired), ("supersede", Superseded)],
        _ => vec![],
    };
    for state in [Draft, Adopted, InForce, Expired, Superseded] {
        for verb in ["adopt", "bring into force", "expire", "supersede"] {
            let superseded_by = if state == Superseded { CADIZ } else { "" };
            let name = house
                .plan(
                    "",
                    Plan {
                        state: state.into(),
                        superseded_by: superseded_by.into(),
                        ..plan()
                    },
                )
                .await
                .name;
            let plans = &mut house.plans;
            let answer = match verb {
                "adopt" => {
                    plans
                        .adopt_plan(AdoptPlanRequest {
                            name,
                            on: date("2022-12-14"),
                            ..Default::default()
                        })
                        .await
                }
                "bring into force" => {
                    plans
                        .bring_into_force_plan(BringIntoForcePlanRequest {
                            name,
                            ..Default::default()
                        })
                        .await
                }
                "expire" => {
                    plans
                        .expire_plan(ExpirePlanRequest {
                            name,
                            ..Default::default()
                        })
                        .await
                }
                _ => {
                    let request = SupersedePlanRequest {
                        name,
                        successor: CADIZ.into(),
                        ..Default::default()
                    };
                    plans.supersede_plan(request).await
                }
            };
            match (
                answer.map(Response::into_inner),
                moves(state).iter().find(|(v, _)| *v == verb),
            ) {
                (Ok(plan), Some((_, to))) => {
                    assert_eq!(plan.state(), *to);
                    assert_eq!(
                        plan.adopted.map(|d| d.value),
                        (verb == "adopt").then(|| "2022-12-14".to_owned())
                    );
                    assert_eq!(plan.superseded_by == CADIZ, *to == Superseded);
                }
                (Err(refused), None) => {
                    assert_eq!(refused.code(), Code::FailedPrecondition);
                    let words: Vec<&str> = moves(state).iter().map(|(v, _)| *v).collect();
                    assert_eq!(told(&refused, "legal_moves"), words.join(", "));
                }
                (answer, _) => panic!("{state:?} {verb}: {answer:?}"),
            }
        }
    }
    house.close().await;
}

#[tokio::test]
async fn a_successor_is_another_plan_that_is_known() {
    let mut house = House::furnished().await;
    let in_force = Plan {
        state: PlanState::InForce.into(),
        ..plan()
    };
    let (a, b) = (
        house.plan("a", in_force.clone()).await.name,
        house.plan("b", in_force).await.name,
    );
    let mut plans = house.plans.clone();
    let mut supersede = async |name: &str, successor: &str| {
        let (name, successor) = (name.to_owned(), successor.to_owned());
        plans
            .supersede_plan(SupersedePlanRequest {
                name,
                successor,
                ..Default::default()
            })
            .await
    };
    assert_eq!(
        wrong_fields(&supersede(&a, "").await.unwrap_err()),
        ["successor"]
    );
    assert_eq!(
        wrong_fields(&supersede(&a, &a).await.unwrap_err()),
        ["successor"]
    );
    let unknown = supersede(&a, "dialogues/rabat/plans/no").await.unwrap_err();
    assert_eq!(
        (reason(&unknown).as_str(), told(&unknown, "field").as_str()),
        ("UNKNOWN_REFERENCE", "successor")
    );
    supersede(&a, &b).await.unwrap();
    assert_eq!(
        wrong_fields(&supersede(&b, &a).await.unwrap_err()),
        ["successor"]
    );
}

#[tokio::test]
async fn a_code_is_given_once_in_a_plan() {
    let mut house = House::furnished().await;
    let create = |id: &str, code: &str| CreatePlanNodeRequest {
        parent: CADIZ.into(),
        plan_node_id: id.into(),
        plan_node: Some(node(code)),
        ..Default::default()
    };
    let taken = house
        .plans
        .create_plan_node(create("x", "5a"))
        .await
        .unwrap_err();
    assert_eq!(
        (reason(&taken).as_str(), told(&taken, "subject")),
        ("CODE_TAKEN", node_named("5a"))
    );
    // A code that was given up is free again.
    let recode = |id: &str, code: &str| UpdatePlanNodeRequest {
        plan_node: Some(PlanNode {
            name: node_named(id),
            ..node(code)
        }),
        update_mask: Some(FieldMask {
            paths: vec!["code".into()],
        }),
        ..Default::default()
    };
    house
        .plans
        .update_plan_node(recode("5a", "5.1"))
        .await
        .unwrap();
    house
        .plans
        .update_plan_node(recode("5a", "5.1"))
        .await
        .unwrap();
    house
        .plans
        .create_plan_node(create("x", "5a"))
        .await
        .unwrap();
    assert_eq!(
        reason(
            &house
                .plans
                .update_plan_node(recode("5a", "5a"))
                .await
                .unwrap_err()
        ),
        "CODE_TAKEN"
    );
    // Of many that take one code at once, one gets it.
    let calls = (0..16).map(|at| {
        let (mut plans, request) = (house.plans.clone(), create(&format!("y{at}"), "17"));
        async move { plans.create_plan_node(request).await.is_ok() }
    });
    let created = futures::future::join_all(calls)
        .await
        .into_iter()
        .filter(|ok| *ok)
        .count();
    assert_eq!(created, 1);
    house.close().await;
}

fn node_named(id: &str) -> String {
    format!("{CADIZ}/nodes/{id}")
}
