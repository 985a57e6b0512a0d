//! What a list of commitments asks for.

use std::collections::BTreeSet;

use rapporteur_proto::recommendations::v1::{
    Commitment, CommitmentKind, CommitmentState, Implementation, ListCommitmentsRequest,
};
use rapporteur_records::list::is_under;
use rapporteur_records::words::{PLAN_NODE, date};
use rapporteur_records::{Listing, Range, Result, Violations, layout};
use rapporteur_store::key::prefix_end;

use super::{BY_DUE, BY_PARTY, BY_RECOMMENDATION, COMMITMENT};
use crate::addressee::PARTY;
use crate::recommendation::RECOMMENDATION;
use crate::register::Register;

/// What a list asks for: by name, or by the day of the due when only that narrows it.
pub async fn listing(
    register: &Register,
    request: &ListCommitmentsRequest,
) -> Result<Listing<Commitment>> {
    let mut violations = Violations::default();
    violations.choices::<CommitmentState>("states", &request.states);
    violations.choices::<CommitmentKind>("kinds", &request.kinds);
    violations.choices::<Implementation>("implementations", &request.implementations);
    violations.name("party", &request.party, PARTY);
    violations.name(
        "recommendation",
        &request.recommendation,
        RECOMMENDATION.pattern,
    );
    violations.name("plan_node", &request.plan_node, PLAN_NODE);
    let due_by = violations.day("due_by", &request.due_by);
    violations.done()?;
    let mut listing = Listing::children(&COMMITMENT, &request.parent)?;
    if request.as_of.is_none() {
        register.parent_exists(&request.parent).await?;
    }
    let begin = |index| layout::index(COMMITMENT.kind, index);
    let of = |index, value: &str| vec![Range::prefix(begin(index).str(value).into_bytes())];
    let narrowed = if !request.recommendation.is_empty() {
        Some(of(BY_RECOMMENDATION, &request.recommendation))
    } else if !request.party.is_empty() {
        Some(of(BY_PARTY, &request.party))
    } else {
        due_by.map(|day| {
            let to = prefix_end(begin(BY_DUE).i64(date::ordinal(day)).as_slice());
            vec![Range {
                to,
                ..Range::prefix(begin(BY_DUE).into_bytes())
            }]
        })
    };
    if let Some(ranges) = narrowed {
        let parent = request.parent.clone();
        listing.ranges = ranges;
        listing = listing.only(move |c| is_under(&c.name, &parent));
    }
    if !request.plan_node.is_empty() {
        let below = register.nodes_below(&request.plan_node).await?;
        let nodes: BTreeSet<String> = below.into_iter().collect();
        listing = listing.only(move |c| c.plan_nodes.iter().any(|node| nodes.contains(node)));
    }
    let asked = request.clone();
    Ok(listing.only(move |c| {
        let among = |wanted: &[i32], is: i32| wanted.is_empty() || wanted.contains(&is);
        let party = &asked.party;
        among(&asked.states, c.state)
            && among(&asked.kinds, c.kind)
            && among(&asked.implementations, c.implementation)
            && (party.is_empty() || c.owners.contains(party) || c.partners.contains(party))
            && due_by.is_none_or(|day| date::days(c.due.as_ref()).is_some_and(|d| d.last <= day))
    }))
}
