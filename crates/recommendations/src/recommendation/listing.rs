//! What a list of recommendations asks for: the rows to walk, and what to let through.

use std::collections::BTreeSet;

use rapporteur_proto::recommendations::v1::{
    Addressee, Instrument, ListRecommendationsRequest, Recommendation, RecommendationState as State,
};
use rapporteur_records::words::PLAN_NODE;
use rapporteur_records::words::text::{SHORT, begins_a_word};
use rapporteur_records::{
    Error, Listing, PageRequest, Pattern, Range, Records, Result, Violations, change, name,
};
use rapporteur_store::Direction;

use super::{RECOMMENDATION, place};
use crate::addressee::{self, ADDRESSEE};
use crate::instrument::{self, EVENT, INSTRUMENT, listing_prefix};
use crate::register::Register;

/// Most ranges of one list: their places are counted in a byte of the page token.
const RANGES: usize = 250;
/// Most entries of the ledger that a list by addressee looks through.
const ENTRIES: usize = 100_000;

/// What a list asks for, in the order of the instruments.
pub async fn listing(
    records: &Records,
    register: &Register,
    request: &ListRecommendationsRequest,
) -> Result<Listing<Recommendation>> {
    check(request)?;
    RECOMMENDATION
        .pattern
        .check_list_parent("parent", &request.parent)?;
    if request.as_of.is_none() {
        register.parent_exists(&request.parent).await?;
    }
    let under = listing_prefix(&request.parent);
    let instruments = instruments_of(records, request).await?;
    let ranges = if !request.parent_recommendation.is_empty() {
        vec![place::below(&request.parent_recommendation)]
    } else if !request.instrument.is_empty() {
        vec![place::of_instrument(&request.instrument)]
    } else if !request.event.is_empty() {
        let inherited = instruments.iter().map(|i| place::of_instrument_only(i));
        std::iter::once(place::of_event(&request.event))
            .chain(inherited)
            .collect()
    } else {
        vec![place::of_dialogue(under.trim_end_matches('/'))]
    };
    let mut listing = Listing {
        ranges,
        filter: None,
    };
    listing = filter(listing, request, under, instruments);
    if !request.plan_node.is_empty() {
        let nodes: BTreeSet<String> = register
            .nodes_below(&request.plan_node)
            .await?
            .into_iter()
            .collect();
        listing = listing.only(move |r| r.plan_links.iter().any(|link| nodes.contains(&link.node)));
    }
    if !request.addressee.is_empty() {
        let addressed = addressed(records, request).await?;
        if request.as_of.is_none() && addressed.len() <= RANGES {
            listing.ranges = exactly(records, &listing.ranges, &addressed).await?;
        }
        listing = listing.only(move |r| addressed.contains(&r.name));
    }
    Ok(listing)
}

fn check(request: &ListRecommendationsRequest) -> Result<()> {
    let mut violations = Violations::default();
    violations.name("instrument", &request.instrument, INSTRUMENT.pattern);
    violations.name("event", &request.event, EVENT);
    violations.choices::<State>("states", &request.states);
    violations.codes("themes", &request.themes);
    violations.name("plan_node", &request.plan_node, PLAN_NODE);
    violations.name("addressee", &request.addressee, Pattern("parties/*"));
    violations.plain("text_prefix", &request.text_prefix, SHORT);
    violations.name(
        "parent_recommendation",
        &request.parent_recommendation,
        RECOMMENDATION.pattern,
    );
    violations.done()
}

fn filter(
    mut listing: Listing<Recommendation>,
    request: &ListRecommendationsRequest,
    under: String,
    instruments: Vec<String>,
) -> Listing<Recommendation> {
    let ListRecommendationsRequest {
        instrument,
        event,
        parent_recommendation: above,
        ..
    } = request.clone();
    let narrowed = !(instrument.is_empty() && event.is_empty() && above.is_empty());
    if narrowed {
        listing = listing.only(move |r| {
            let inherits = r.event.is_empty() && instruments.contains(&r.instrument);
            r.name.starts_with(&under)
                && (instrument.is_empty() || r.instrument == instrument)
                && (event.is_empty() || r.event == event || inherits)
                && (above.is_empty() || r.parent_recommendation == above)
        });
    }
    if !request.states.is_empty() {
        let states = request.states.clone();
        listing = listing.only(move |r| states.contains(&r.state));
    }
    if !request.themes.is_empty() {
        let themes = request.themes.clone();
        listing = listing.only(move |r| r.themes.iter().any(|theme| themes.contains(theme)));
    }
    if !request.text_prefix.is_empty() {
        let prefix = request.text_prefix.clone();
        listing = listing.only(move |r| begins_a_word(r.text.as_ref(), &prefix));
    }
    listing
}

/// The instruments of the event asked for: their elements are of the event too, without naming it.
async fn instruments_of(
    records: &Records,
    request: &ListRecommendationsRequest,
) -> Result<Vec<String>> {
    if request.event.is_empty() {
        return Ok(Vec::new());
    }
    let listing: Listing<Instrument> = Listing {
        ranges: vec![instrument::of_event(&request.event)],
        filter: None,
    };
    let page = PageRequest {
        size: RANGES,
        as_of: request.as_of,
        ..Default::default()
    };
    let page = records.list(&INSTRUMENT, &listing, &page).await?;
    if page.next.is_some() {
        return Err(Error::Exhausted(format!(
            "{} has more than {RANGES} instruments",
            request.event
        )));
    }
    page.records
        .iter()
        .map(|stored| Ok(change::message::<Instrument>(stored)?.name))
        .collect()
}

/// The recommendations that the party asked for is addressed by, from its entries in the ledger.
async fn addressed(
    records: &Records,
    request: &ListRecommendationsRequest,
) -> Result<BTreeSet<String>> {
    let ranges = vec![addressee::of_party(
        &request.addressee,
        &listing_prefix(&request.parent),
    )];
    let listing: Listing<Addressee> = Listing {
        ranges,
        filter: None,
    };
    let mut addressed = BTreeSet::new();
    let mut page = PageRequest {
        size: 5_000,
        as_of: request.as_of,
        ..Default::default()
    };
    loop {
        let found = records.list(&ADDRESSEE, &listing, &page).await?;
        for stored in found.records {
            let entry: Addressee = change::message(&stored)?;
            addressed.insert(name::parent_of(&entry.name).to_owned());
        }
        match found.next {
            None => return Ok(addressed),
            Some(_) if addressed.len() >= ENTRIES => {
                return Err(Error::Exhausted(format!(
                    "{} has more than {ENTRIES} entries",
                    request.addressee
                )));
            }
            Some(next) => page.after = next,
        }
    }
}

/// The rows of just these records among `ranges`, in their order: a focal point's few among a dialogue's many.
async fn exactly(
    records: &Records,
    ranges: &[Range],
    names: &BTreeSet<String>,
) -> Result<Vec<Range>> {
    let names: Vec<String> = names.iter().cloned().collect();
    let mut keys = BTreeSet::new();
    for stored in records.get_many(&RECOMMENDATION, &names, None).await? {
        let recommendation: Recommendation = change::message(&stored)?;
        let holds = |key: &[u8]| {
            ranges
                .iter()
                .any(|r| key >= &r.from[..] && (r.to.is_empty() || key < &r.to[..]))
        };
        keys.extend(
            (RECOMMENDATION.index)(&recommendation)
                .into_iter()
                .filter(|key| holds(key)),
        );
    }
    let one = |key: bytes::Bytes| Range {
        to: [&key[..], &[0]].concat().into(),
        from: key,
        direction: Direction::Forward,
    };
    Ok(keys.into_iter().map(one).collect())
}
