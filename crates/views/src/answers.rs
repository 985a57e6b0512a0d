//! What must hold of every answer whatever the record: it follows from the record of the moment alone, and what is
//! public shows nothing that is not.

use rapporteur_proto::events::v1::CrosswalkKind;
use rapporteur_proto::gateway::v1::{
    CountItemsRequest, CountItemsResponse, Coverage, CoverageGrouping, Due, Gap,
    GetCoverageRequest, GetHandoverRequest, GetInboxRequest, Handover, Inbox, ListDuesRequest,
    ListGapsRequest, ListOpenItemsRequest, OpenItem,
};
use rapporteur_records::Error;

use crate::sample::PLAN;
use crate::sample::history::{Dice, SECRET, history};
use crate::{
    Asked, Dues, Gaps, HandoverQuestion, InboxQuestion, ItemCount, Model, OpenItems, Question,
    count_items, coverage, dues, gaps, handover, inbox, open_items,
};

const ALL: Asked<'_> = Asked {
    after: &[],
    size: usize::MAX,
};
const NOW: i64 = i64::MAX / 2;
const ON: &str = "2025-01-01";

/// Every list and figure of one model.
#[derive(Debug, PartialEq)]
struct Answers {
    items: Result<Vec<OpenItem>, Error>,
    counts: Result<CountItemsResponse, Error>,
    gaps: Result<Vec<Gap>, Error>,
    dues: Result<Vec<Due>, Error>,
    inbox: Result<Inbox, Error>,
    handover: Result<Handover, Error>,
    coverage: Vec<Result<Coverage, Error>>,
}

fn answers(model: &Model, public_only: bool) -> Answers {
    let items = ListOpenItemsRequest {
        all: true,
        on: ON.into(),
        public_only,
        ..ListOpenItemsRequest::default()
    };
    let counts = CountItemsRequest {
        on: ON.into(),
        public_only,
        ..CountItemsRequest::default()
    };
    let gaps_of = ListGapsRequest {
        on: ON.into(),
        ..ListGapsRequest::default()
    };
    let dues_of = ListDuesRequest {
        on: ON.into(),
        ..ListDuesRequest::default()
    };
    let inbox_of = GetInboxRequest {
        post: "dialogues/rabat/posts/pt-0".into(),
        on: ON.into(),
        ..GetInboxRequest::default()
    };
    let handover_of = GetHandoverRequest {
        dialogue: "dialogues/rabat".into(),
        from: "dialogues/rabat/chairmanships/pt".into(),
        to: "dialogues/rabat/chairmanships/ng".into(),
        on: ON.into(),
        public_only,
        ..GetHandoverRequest::default()
    };
    let coverage_by = |group_by: CoverageGrouping| {
        let request = GetCoverageRequest {
            plan: PLAN.into(),
            as_if_held: true,
            through: vec![CrosswalkKind::Exact.into(), CrosswalkKind::Broader.into()],
            group_by: group_by.into(),
            ..GetCoverageRequest::default()
        };
        coverage(model, &Question::read(&request).unwrap())
    };
    let (items, counts) = (
        OpenItems::read(&items, NOW).unwrap(),
        ItemCount::read(&counts, NOW).unwrap(),
    );
    let gaps_of = Gaps::read(&gaps_of, NOW).unwrap();
    let dues_of = Dues::read(&dues_of, NOW).unwrap();
    let handover_of = HandoverQuestion::read(&handover_of, NOW).unwrap();
    Answers {
        items: open_items(model, &items, ALL).map(|page| page.entries),
        counts: count_items(model, &counts),
        gaps: gaps(model, &gaps_of, ALL).map(|(page, _)| page.entries),
        dues: dues(model, &dues_of, ALL).map(|page| page.entries),
        inbox: inbox(model, &InboxQuestion::read(&inbox_of, NOW).unwrap()),
        handover: handover(model, &handover_of),
        coverage: [
            CoverageGrouping::Chairmanship,
            CoverageGrouping::Year,
            CoverageGrouping::Dialogue,
        ]
        .map(coverage_by)
        .into(),
    }
}

/// A model that took over a long history change by change answers at each moment as one that is made anew of what had
/// happened until then: nothing derived is kept from one moment to the next.
#[test]
fn every_answer_is_that_of_a_fresh_replay_up_to_the_moment() {
    let steps = history(20_261_125, 1_000);
    let mut model = Model::default();
    let mut told = Vec::new();
    for step in &steps {
        step.apply(&mut model);
        told.push(answers(&model, false));
    }
    let mut dice = Dice(4_242_424_243);
    let mut handed_over = 0;
    for _ in 0..1_000 {
        let moment = dice.below(steps.len());
        let mut fresh = Model::default();
        steps[..=moment]
            .iter()
            .for_each(|step| step.apply(&mut fresh));
        let answers = answers(&fresh, false);
        handed_over += usize::from(answers.handover.is_ok());
        assert!(answers == told[moment], "after {moment} changes");
    }
    assert!(handed_over > 500, "{handed_over}");
}

#[test]
fn what_is_public_shows_nothing_that_is_not() {
    let (mut shown, mut open) = (0, 0);
    for seed in 1..120_u64 {
        let mut model = Model::default();
        history(seed * 15_485_863, 200)
            .iter()
            .for_each(|step| step.apply(&mut model));
        let told = |public_only| {
            let answers = answers(&model, public_only);
            // Those that have a public side.
            format!(
                "{:?} {:?} {:?}",
                answers.items, answers.counts, answers.handover
            )
        };
        let public = told(true);
        assert!(!public.contains(SECRET), "seed {seed}: {public}");
        shown += usize::from(told(false).contains(SECRET));
        open += usize::from(public.contains("open words"));
    }
    assert!(
        shown > 100 && open > 20,
        "the record had secrets ({shown}) and public words ({open})"
    );
}
