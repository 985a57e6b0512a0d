use rapporteur_proto::gateway::v1::{CountItemsRequest, CountItemsResponse, ResponseCount};
use rapporteur_proto::recommendations::v1::Response;

use super::*;
use crate::sample::{self, history};
use crate::{ItemCount, count_items};

fn listed(model: &Model, request: &ListOpenItemsRequest) -> Vec<String> {
    let question = OpenItems::read(request, i64::MAX / 2).unwrap();
    let mut names = Vec::new();
    let mut after = Vec::new();
    loop {
        let asked = Asked {
            after: &after,
            size: 2,
        };
        let page = open_items(model, &question, asked).unwrap();
        assert!(page.entries.len() <= 2);
        names.extend(page.entries.iter().map(|item| item.name.clone()));
        match page.last {
            Some(last) => after = last,
            None => {
                assert_eq!(names.len(), page.total);
                return names;
            }
        }
    }
}

#[test]
fn pages_hold_each_item_once_in_every_order() {
    let mut model = Model::default();
    history::history(7, 400)
        .iter()
        .for_each(|step| step.apply(&mut model));
    let request = ListOpenItemsRequest {
        all: true,
        on: "2025-01-01".into(),
        ..ListOpenItemsRequest::default()
    };
    let by_name = listed(&model, &request);
    assert_eq!(
        by_name.len(),
        model.addressees.len() + model.commitments.len()
    );
    assert!(by_name.is_sorted());
    for order in [
        ItemOrder::Silence,
        ItemOrder::Due,
        ItemOrder::Age,
        ItemOrder::LastReport,
    ] {
        let request = ListOpenItemsRequest {
            order: order.into(),
            ..request.clone()
        };
        let mut names = listed(&model, &request);
        assert_ne!(names, by_name, "{order:?}");
        names.sort();
        assert_eq!(names, by_name, "{order:?}");
    }
}

#[test]
fn every_wrong_field_of_a_request_is_named_and_unknown_names_are_told() {
    let request = ListOpenItemsRequest {
        flags: vec![99],
        order: 77,
        dialogues: vec!["rabat".into()],
        parties: vec!["pt".into()],
        posts: vec!["post".into()],
        themes: vec!["No Theme".into()],
        plan_nodes: vec!["node".into()],
        stale_after_days: -1,
        on: "soon".into(),
        ..ListOpenItemsRequest::default()
    };
    let error = OpenItems::read(&request, 0).unwrap_err().to_string();
    for field in [
        "flags[0]:",
        "order:",
        "dialogues[0]:",
        "parties[0]:",
        "posts[0]:",
        "themes[0]:",
        "plan_nodes[0]:",
        "stale_after_days:",
        "on:",
    ] {
        assert!(error.contains(field), "{field} in {error}");
    }
    let asked = Asked {
        after: &[],
        size: 1,
    };
    for request in [
        ListOpenItemsRequest {
            dialogues: vec!["dialogues/none".into()],
            ..ListOpenItemsRequest::default()
        },
        ListOpenItemsRequest {
            posts: vec!["dialogues/rabat/posts/none".into()],
            ..ListOpenItemsRequest::default()
        },
        ListOpenItemsRequest {
            plan_nodes: vec![sample::node_name("none")],
            ..ListOpenItemsRequest::default()
        },
    ] {
        let question = OpenItems::read(&request, 0).unwrap();
        let error = open_items(&Model::default(), &question, asked).unwrap_err();
        assert!(
            error.to_string().contains("/none does not exist"),
            "{error}"
        );
    }
}

#[test]
fn the_sum_of_either_status_is_the_number_of_addressees() {
    for seed in 1..40 {
        let mut model = Model::default();
        history::history(seed * 7_919, 150)
            .iter()
            .for_each(|step| step.apply(&mut model));
        let question = ItemCount::read(&CountItemsRequest::default(), i64::MAX / 2).unwrap();
        let counts: CountItemsResponse = count_items(&model, &question).unwrap();
        let responses: i32 = counts.responses.iter().map(|one| one.count).sum();
        let implementations: i32 = counts.implementations.iter().map(|one| one.count).sum();
        let states: i32 = counts.commitment_states.iter().map(|one| one.count).sum();
        assert_eq!(responses, counts.addressees);
        assert_eq!(implementations, counts.addressees);
        assert_eq!(states, counts.commitments);
        assert_eq!(
            usize::try_from(counts.addressees).unwrap(),
            model.addressees.len()
        );
        let unanswered = |one: &&ResponseCount| one.response() == Response::Unspecified;
        assert_eq!(counts.responses.iter().find(unanswered), None);
    }
}
