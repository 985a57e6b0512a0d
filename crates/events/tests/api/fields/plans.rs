//! Plans and their nodes.

use rapporteur_proto::events::v1::*;
use tonic::{Response, Status};

use super::*;

#[tokio::test]
async fn plans_and_nodes() {
    let mut house = House::furnished().await;
    let count = |kind, count| DeclaredCount {
        kind,
        count,
        ..DeclaredCount::default()
    };
    let counted = Plan {
        declared_counts: vec![count(1, 5), count(7, 29)],
        ..plan()
    };
    let wrong: Wrong<Plan> = vec![
        ("plan.title", |p| p.title = None),
        ("plan.state", |p| p.state = 99),
        ("plan.adopted.value", |p| p.adopted = date("in Cadiz")),
        ("plan.end.value", |p| {
            (p.start, p.end) = (date("2023"), date("2022"))
        }),
        ("plan.superseded_by", |p| p.superseded_by = CADIZ.into()),
        ("plan.superseded_by", |p| {
            p.state = PlanState::Superseded.into()
        }),
        ("plan.superseded_by", |p| {
            (p.state, p.superseded_by) =
                (PlanState::Superseded.into(), format!("{RABAT}/plans/no"));
        }),
        ("plan.declared_counts[0].kind", |p| {
            p.declared_counts[0].kind = 0
        }),
        ("plan.declared_counts[1].kind", |p| {
            p.declared_counts[1].kind = 1
        }),
        ("plan.declared_counts[1].count", |p| {
            p.declared_counts[1].count = -1
        }),
        ("plan.declared_counts[1].provenance.source", |p| {
            p.declared_counts[1].provenance = Some(from_source("sources/no"));
        }),
        ("plan.documents[0].id", |p| p.documents = vec![document("")]),
    ];
    let request = CreatePlanRequest {
        parent: RABAT.into(),
        ..Default::default()
    };
    each_field!(
        house.plans,
        create_plan,
        request.clone(),
        plan,
        counted.clone(),
        wrong
    );
    let wrong: Wrong<PlanNode> = vec![
        ("plan_node.code", |n| n.code = String::new()),
        ("plan_node.code", |n| n.code = long(65)),
        ("plan_node.kind", |n| n.kind = 0),
        ("plan_node.order", |n| n.order = -1),
        ("plan_node.text.by_language[en]", |n| {
            n.text = text(&long(20_001))
        }),
        ("plan_node.parent_node", |n| n.parent_node = "5".into()),
        ("plan_node.parent_node", |n| {
            n.parent_node = format!("{CADIZ}/nodes/no")
        }),
        ("plan_node.parent_node", |n| {
            n.parent_node = format!("{RABAT}/plans/other/nodes/5")
        }),
        ("plan_node.counts_as", |n| n.counts_as = long(65)),
        ("plan_node.declared_counts[0].kind", |n| {
            n.declared_counts = vec![DeclaredCount::default()]
        }),
        ("plan_node.end.value", |n| {
            (n.start, n.end) = (date("2024"), date("2023"))
        }),
        ("plan_node.alias", |n| n.alias = long(501)),
        ("plan_node.provenance[0].source", |n| {
            n.provenance = vec![from_source("sources/no")]
        }),
    ];
    let request = CreatePlanNodeRequest {
        parent: CADIZ.into(),
        ..Default::default()
    };
    each_field!(
        house.plans,
        create_plan_node,
        request.clone(),
        plan_node,
        node("9"),
        wrong
    );
    let request = CreatePlanNodeRequest {
        parent: format!("{RABAT}/plans/no"),
        plan_node: Some(node("9")),
        ..Default::default()
    };
    assert_eq!(
        told(
            &house.plans.create_plan_node(request).await.unwrap_err(),
            "field"
        ),
        "parent"
    );
}
