//! Counts of items by what they answer, how far they are, and what is derived of them.

use std::collections::BTreeMap;

use rapporteur_proto::gateway::v1::{
    CommitmentCount, CountItemsRequest, CountItemsResponse, FlagCount, ImplementationCount,
    ResponseCount,
};
use rapporteur_proto::recommendations::v1::Response;
use rapporteur_records::{Result, Violations};

use crate::day::Day;
use crate::item::{FLAGS, Item, Survey};
use crate::model::Model;
use crate::outline::count;
use crate::selection::Selection;
use crate::subject::Subject;

/// A request to count whose form is right; whether its names exist the model says.
#[derive(Clone, Debug)]
pub struct ItemCount {
    /// On which day, for whom.
    pub day: Day,
    selection: Selection,
}

impl ItemCount {
    /// Reads a request; every wrong field is named.
    pub fn read(request: &CountItemsRequest, now: i64) -> Result<Self> {
        let mut wrong = Violations::default();
        let day = Day::read(&mut wrong, &request.on, request.as_of, now)
            .stale_after(&mut wrong, request.stale_after_days)
            .public_only(request.public_only);
        let selection = Selection::read(
            &mut wrong,
            &request.dialogues,
            &request.parties,
            &request.posts,
            &request.themes,
            &request.plan_nodes,
        );
        wrong.done()?;
        Ok(Self { day, selection })
    }
}

/// How many items there are. The positions are for the caller to fill in.
pub fn count_items(model: &Model, question: &ItemCount) -> Result<CountItemsResponse> {
    let chosen = question.selection.in_model(model)?;
    let survey = Survey::of(model, &question.day);
    Ok(counted(chosen.items(&survey), &question.day))
}

/// Each addressee has one response and one implementation, so either sum is the number of addressees.
pub(crate) fn counted<'m>(items: impl Iterator<Item = Item<'m>>, day: &Day) -> CountItemsResponse {
    let mut responses: BTreeMap<i32, usize> = BTreeMap::new();
    let mut implementations: BTreeMap<i32, usize> = BTreeMap::new();
    let mut states: BTreeMap<i32, usize> = BTreeMap::new();
    let mut flags = [[0_usize; 2]; FLAGS.len()];
    let (mut addressees, mut commitments) = (0, 0);
    for item in items {
        let kind = match &item.subject {
            Subject::Addressee(entry, _) => {
                addressees += 1;
                // What was stored before anybody answered reads as no answer.
                let response = entry.response.max(Response::None.into());
                *responses.entry(response).or_default() += 1;
                let implementation = item.subject.implementation().into();
                *implementations.entry(implementation).or_default() += 1;
                0
            }
            Subject::Commitment(one) => {
                commitments += 1;
                *states.entry(one.state).or_default() += 1;
                1
            }
        };
        for (number, flag) in flags.iter_mut().zip(FLAGS) {
            number[kind] += usize::from(item.has(flag));
        }
    }
    CountItemsResponse {
        addressees: count(addressees),
        responses: responses
            .into_iter()
            .map(|(response, number)| ResponseCount {
                response,
                count: count(number),
            })
            .collect(),
        implementations: implementations
            .into_iter()
            .map(|(implementation, number)| ImplementationCount {
                implementation,
                count: count(number),
            })
            .collect(),
        commitments: count(commitments),
        commitment_states: states
            .into_iter()
            .map(|(state, number)| CommitmentCount {
                state,
                count: count(number),
            })
            .collect(),
        flags: FLAGS
            .into_iter()
            .zip(flags)
            .map(|(flag, [addressees, commitments])| FlagCount {
                flag: flag.into(),
                addressees: count(addressees),
                commitments: count(commitments),
            })
            .collect(),
        positions: Vec::new(),
        on: day.on.to_string(),
    }
}
