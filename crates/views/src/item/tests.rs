use rapporteur_proto::events::v1::PostDuty;
use rapporteur_proto::gateway::v1::{
    CountItemsRequest, CountItemsResponse, ItemOrder, ListOpenItemsRequest,
};
use rapporteur_proto::recommendations::v1::{LedgerEntry, RecommendationState, Response, Voice};

use super::*;
use crate::sample::{
    self, Put as _, addressee, assessment, commitment, date, dialogue, on, party, post,
    recommendation, report,
};
use crate::{Asked, ItemCount, OpenItems, count_items, open_items};

const TEXT: &str = "dialogues/rabat/recommendations/r";
const SUBJECT: &str = "dialogues/rabat/recommendations/r/addressees/pt";

fn base() -> Model {
    let mut model = Model::default();
    model.put(dialogue("rabat"));
    model.put(party("pt"));
    model.put(recommendation("rabat", "r", ""));
    model.put(addressee(TEXT, "pt"));
    model
}

fn derived(model: &Model, name: &str, day: &Day) -> OpenItem {
    let survey = Survey::of(model, day);
    let subject = Subject::of(model, name, day).unwrap();
    survey.item(subject).message(&survey)
}

fn flags(model: &Model, name: &str, day: &str) -> Vec<ItemFlag> {
    derived(model, name, &on(day)).flags().collect()
}

#[test]
fn silence_has_an_age_and_is_not_a_status() {
    let mut model = base();
    model.put(post("pt-fp", "pt", PostDuty::FocalPoint, ""));
    let item = derived(&model, SUBJECT, &on("2024-01-31"));
    assert_eq!(
        item.flags().collect::<Vec<_>>(),
        [ItemFlag::Open, ItemFlag::NoReport]
    );
    assert_eq!((item.silent_days, item.age_days), (Some(30), Some(30)));
    assert_eq!(item.implementation(), Implementation::None);
    assert_eq!((item.score, item.overdue_days), (None, None));
    assert_eq!(item.post, "dialogues/rabat/posts/pt-fp");
    assert_eq!(item.holder, "parties/pt-fp-holder");

    model.put(report(
        "p",
        SUBJECT,
        "2024-02-01",
        Implementation::InProgress,
    ));
    let item = derived(&model, SUBJECT, &on("2025-02-01"));
    let expected = [ItemFlag::Open, ItemFlag::Unverified, ItemFlag::Stale];
    assert_eq!(item.flags().collect::<Vec<_>>(), expected);
    assert_eq!(item.claimed(), Implementation::InProgress);
    assert_eq!(
        item.implementation(),
        Implementation::None,
        "a claim moves nothing"
    );
    assert_eq!((item.silent_days, item.score), (Some(366), Some(0.5)));
}

#[test]
fn an_item_is_open_while_its_text_stands_and_it_is_not_done() {
    for (state, implementation, open) in [
        (RecommendationState::Adopted, Implementation::None, true),
        (RecommendationState::Adopted, Implementation::Stalled, true),
        (
            RecommendationState::Adopted,
            Implementation::Implemented,
            false,
        ),
        (
            RecommendationState::Adopted,
            Implementation::NotApplicable,
            false,
        ),
        (RecommendationState::Tabled, Implementation::None, false),
        (RecommendationState::Superseded, Implementation::None, false),
        (
            RecommendationState::Retired,
            Implementation::InProgress,
            false,
        ),
    ] {
        let mut model = base();
        let mut text = recommendation("rabat", "r", "");
        text.state = state.into();
        model.put(text);
        let mut entry = addressee(TEXT, "pt");
        entry.implementation = implementation.into();
        model.put(entry);
        let is_open = flags(&model, SUBJECT, "2024-06-01").contains(&ItemFlag::Open);
        assert_eq!(is_open, open, "{state:?} {implementation:?}");
    }
    for (number, open) in [
        false, true, true, false, true, true, true, false, false, false,
    ]
    .into_iter()
    .enumerate()
    {
        let mut model = base();
        let mut one = commitment("rabat", "c", &["pt"]);
        one.state = i32::try_from(number).unwrap();
        model.put(one.clone());
        let is_open = flags(&model, &one.name, "2024-06-01").contains(&ItemFlag::Open);
        assert_eq!(is_open, open, "{:?}", one.state());
    }
}

#[test]
fn a_dispute_is_between_voices_and_their_last_words() {
    let mut model = base();
    let claims = |model: &mut Model, id: &str, day: &str, claimed| {
        model.put(report(id, SUBJECT, day, claimed));
    };
    claims(&mut model, "p1", "2024-03-01", Implementation::Implemented);
    model.put(assessment(
        "ngo",
        SUBJECT,
        Voice::ThirdParty,
        Implementation::Stalled,
    ));
    let disputed =
        |model: &Model| flags(model, SUBJECT, "2025-02-01").contains(&ItemFlag::Disputed);
    assert!(disputed(&model));
    let item = derived(&model, SUBJECT, &on("2025-02-01"));
    assert_eq!(item.score, Some(0.75));
    let voices: Vec<_> = item
        .standpoints
        .iter()
        .map(|s| (s.voice(), s.score))
        .collect();
    assert_eq!(
        voices,
        [(Voice::Self_, Some(1.0)), (Voice::ThirdParty, Some(0.5))]
    );

    claims(
        &mut model,
        "p2",
        "2024-09-01",
        Implementation::PartiallyImplemented,
    );
    assert!(
        !disputed(&model),
        "the last word of each counts, and 0.5 is 0.5"
    );
    model.put(assessment(
        "other",
        SUBJECT,
        Voice::ThirdParty,
        Implementation::NotApplicable,
    ));
    assert!(!disputed(&model), "what has no score disputes nothing");

    let mut entry = addressee(TEXT, "pt");
    entry.implementation = Implementation::Implemented.into();
    entry.entries = vec![LedgerEntry {
        on: date("2024-10-01"),
        implementation: entry.implementation,
        word: "closed".into(),
        ..LedgerEntry::default()
    }];
    model.put(entry);
    assert!(
        disputed(&model),
        "what was verified is the word of the secretariat"
    );
    let item = derived(&model, SUBJECT, &on("2025-02-01"));
    let found = item
        .standpoints
        .iter()
        .find(|s| s.voice() == Voice::Secretariat)
        .unwrap();
    assert_eq!(
        (found.party.as_str(), found.word.as_str()),
        ("parties/icmpd", "closed")
    );
    assert_eq!(item.word, "closed");
}

#[test]
fn returned_reports_come_back_until_they_are_handed_in_again() {
    let mut model = base();
    let mut sent = report("p", SUBJECT, "2024-02-01", Implementation::Planned);
    for (state, expected) in [
        (ProgressReportState::Submitted, Some(ItemFlag::Unverified)),
        (ProgressReportState::Returned, Some(ItemFlag::Returned)),
        (ProgressReportState::Verified, None),
        (ProgressReportState::Retracted, Some(ItemFlag::NoReport)),
    ] {
        sent.state = state.into();
        model.put(sent.clone());
        let found = flags(&model, SUBJECT, "2024-03-01");
        for flag in [ItemFlag::Unverified, ItemFlag::Returned] {
            assert_eq!(
                found.contains(&flag),
                expected == Some(flag),
                "{state:?} {flag:?}"
            );
        }
        let silent = matches!(
            state,
            ProgressReportState::Returned | ProgressReportState::Retracted
        );
        assert_eq!(found.contains(&ItemFlag::NoReport), silent, "{state:?}");
    }
}

#[test]
fn a_promise_is_a_commitment_of_the_same_party_for_the_same_text() {
    let mut model = base();
    let mut one = commitment("rabat", "c", &["ma"]);
    one.recommendations = vec![TEXT.into()];
    model.put(one.clone());
    assert!(!flags(&model, SUBJECT, "2024-06-01").contains(&ItemFlag::Promised));
    one.partners = vec!["parties/pt".into()];
    model.put(one.clone());
    let item = derived(&model, SUBJECT, &on("2024-06-01"));
    assert!(item.flags().any(|flag| flag == ItemFlag::Promised));
    assert_eq!(item.commitments, [one.name.clone()]);
    one.state = CommitmentState::Cancelled.into();
    model.put(one);
    assert!(
        derived(&model, SUBJECT, &on("2024-06-01"))
            .commitments
            .is_empty()
    );
}

#[test]
fn the_alternate_answers_where_there_is_no_focal_point() {
    let mut model = base();
    let orphaned =
        |model: &Model| flags(model, SUBJECT, "2024-06-01").contains(&ItemFlag::Orphaned);
    assert!(orphaned(&model));
    model.put(post("a-alt", "pt", PostDuty::Alternate, ""));
    model.put(post("z-fp", "pt", PostDuty::FocalPoint, "2025-01-01"));
    assert!(
        orphaned(&model),
        "the focal point's post, which nobody holds yet"
    );
    assert_eq!(
        derived(&model, SUBJECT, &on("2025-06-01")).post,
        "dialogues/rabat/posts/z-fp"
    );
    let mut entry = addressee(TEXT, "pt");
    entry.lead_post = "dialogues/rabat/posts/a-alt".into();
    model.put(entry);
    assert!(!orphaned(&model), "the post named in it goes before");
}

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
    sample::history::history(7, 400)
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
        let error = open_items(&base(), &question, asked).unwrap_err();
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
        sample::history::history(seed * 7_919, 150)
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
        let unanswered = |one: &&rapporteur_proto::gateway::v1::ResponseCount| {
            one.response() == Response::Unspecified
        };
        assert_eq!(counts.responses.iter().find(unanswered), None);
    }
}
