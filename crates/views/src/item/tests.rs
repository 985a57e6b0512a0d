use rapporteur_proto::events::v1::PostDuty;
use rapporteur_proto::recommendations::v1::{LedgerEntry, RecommendationState, Voice};

use super::*;
use crate::sample::{
    self, Put as _, addressee, assessment, commitment, date, dialogue, on, party, post,
    recommendation, report,
};

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
fn a_later_report_answers_for_earlier_silence() {
    let mut model = base();
    model.put(sample::every("s", 12, "2024-06-30"));
    let pressing = |model: &Model, day: &str| {
        let item = derived(model, SUBJECT, &on(day));
        let due = item.due.as_ref().unwrap().value.clone();
        let is_overdue = item.flags().any(|flag| flag == ItemFlag::Overdue);
        assert_eq!(is_overdue, item.overdue_days.is_some());
        (due, item.overdue_days)
    };
    let due = |day: &str, late| (day.to_owned(), late);
    assert_eq!(pressing(&model, "2024-06-30"), due("2024-06-30", None));
    assert_eq!(pressing(&model, "2024-07-01"), due("2024-06-30", Some(1)));
    assert_eq!(pressing(&model, "2025-08-01"), due("2024-06-30", Some(397)));
    model.put(report("p", SUBJECT, "2025-07-02", Implementation::Planned));
    assert_eq!(pressing(&model, "2025-08-01"), due("2026-06-30", None));
    assert_eq!(pressing(&model, "2026-07-05"), due("2026-06-30", Some(5)));
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
