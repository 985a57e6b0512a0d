//! What everybody knows, held against each other: the writers, the follower, each replica, the views.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use prost::Message;
use rapporteur_proto::changes::v1::change_service_client::ChangeServiceClient;
use rapporteur_proto::changes::v1::{Change, ListChangesRequest, Service};
use rapporteur_proto::events::v1::Event;
use rapporteur_proto::gateway::v1::coverage_service_client::CoverageServiceClient;
use rapporteur_proto::gateway::v1::{GetCoverageRequest, Position};
use rapporteur_proto::recommendations::v1::instrument_service_client::InstrumentServiceClient;
use rapporteur_proto::recommendations::v1::{Instrument, ListInstrumentsRequest};
use tonic::transport::Channel;

use super::house::{House, Part};
use super::load::{COUNTERS, Known, counter};
use super::record::{DIALOGUE, NODE, Noun};
use super::tailer::{Heard, Tailer};
use crate::kill;

/// Largest answer that is taken: the proof of a plan that everything touches.
const ANSWER_BYTES: usize = 64 << 20;

/// What must never be. All of it is nothing in a sound record.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    /// Operations that were acknowledged and are not in the log, and counts that are missing in a counter.
    pub(crate) lost: u64,
    /// Operations that are in the log again, or were refused and are there; counts too many.
    pub(crate) twice: u64,
    /// Places where the follower heard something else than a replica lists as its log.
    pub(crate) gaps: u64,
    /// Records that differ between what follows from the feed, what a replica lists, and what views count.
    pub(crate) differences: u64,
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            lost,
            twice,
            gaps,
            differences,
        } = self;
        write!(
            f,
            "lost {lost}, applied twice {twice}, gaps or reorder {gaps}, differences {differences}"
        )
    }
}

/// Everything, after the writers have ended; `known` is what all of them know so far.
pub(crate) async fn check(house: &House, tailer: &Tailer, known: &Known) -> (Faults, Heard) {
    let (mut faults, mut heard) = (Faults::default(), Heard::default());
    let mut ends = Vec::new();
    for (service, part) in [
        (Service::Events, Part::Events),
        (Service::Recommendations, Part::Recommendations),
    ] {
        for replica in house.channels(part) {
            let log = log(replica).await;
            let end = log.last().map_or(0, |change| change.position);
            heard = tailer.reaches(service, end).await;
            faults.gaps += places_apart(heard.of(service), &log);
            faults.gaps += breaks(&log, service == Service::Events);
            ends.push(Position {
                service: service.into(),
                position: end,
            });
        }
    }
    count_operations(&heard, known, &mut faults);
    let events: BTreeMap<String, Event> = folded(&heard);
    let instruments: BTreeMap<String, Instrument> = folded(&heard);
    count_counters(&heard, &events, &instruments, &mut faults);
    for replica in house.channels(Part::Events) {
        faults.differences += apart(&events, &kill::list(replica).await);
    }
    for replica in house.channels(Part::Recommendations) {
        faults.differences += apart(&instruments, &list_instruments(replica).await);
    }
    let counted: BTreeMap<String, ()> = events.keys().map(|name| (name.clone(), ())).collect();
    for gateway in house.channels(Part::Gateway) {
        faults.differences += apart(&counted, &covering(gateway, &ends).await);
    }
    (faults, heard)
}

/// The whole log as a replica lists it.
async fn log(replica: Channel) -> Vec<Change> {
    let mut client = ChangeServiceClient::new(replica).max_decoding_message_size(ANSWER_BYTES);
    let (mut log, mut token) = (Vec::new(), String::new());
    loop {
        let request = ListChangesRequest {
            token,
            page_size: 1_000,
            ..ListChangesRequest::default()
        };
        let page = client.list_changes(request).await.unwrap().into_inner();
        log.extend(page.changes);
        if page.at_head {
            return log;
        }
        token = page.next_token;
    }
}

/// In how many places the follower heard of another change than stands there.
fn places_apart<'a>(heard: impl Iterator<Item = &'a Change>, log: &[Change]) -> u64 {
    let what = |change: &Change| (change.position, change.hash.clone());
    let heard: Vec<_> = heard.map(what).collect();
    let log: Vec<_> = log.iter().map(what).collect();
    let apart = heard.iter().zip(&log).filter(|(heard, log)| heard != log);
    apart.count() as u64 + heard.len().abs_diff(log.len()) as u64
}

/// In how many places one change does not follow on the one before. Where commits hold things that no caller
/// hears of (`all` is false), positions may be left out, but never go back.
fn breaks(log: &[Change], all: bool) -> u64 {
    let follows = |pair: &&[Change]| {
        let [before, after] = pair else { return false };
        let next = after.position == before.position + 1;
        let chained = after.previous_hash == before.hash;
        if next {
            chained
        } else {
            !all && after.position > before.position
        }
    };
    log.windows(2).filter(|pair| !follows(pair)).count() as u64
}

/// Each operation is in the log once if it was acknowledged, and not at all if not. Its name is the reason.
fn count_operations(heard: &Heard, known: &Known, faults: &mut Faults) {
    let mut times: BTreeMap<&str, u64> = BTreeMap::new();
    for change in heard.changes.iter().filter(|c| !c.reason.is_empty()) {
        *times.entry(&change.reason).or_default() += 1;
    }
    for op in &known.acked {
        match times.remove(op.as_str()) {
            None => faults.lost += 1,
            Some(times) => faults.twice += times - 1,
        }
    }
    faults.twice += times.values().sum::<u64>();
}

/// A counter holds as much as there were operations on it.
fn count_counters(
    heard: &Heard,
    events: &BTreeMap<String, Event>,
    instruments: &BTreeMap<String, Instrument>,
    faults: &mut Faults,
) {
    for number in 0..COUNTERS {
        let (event, instrument) = (
            counter(Noun::Event, number),
            counter(Noun::Instrument, number),
        );
        for (held, name) in [
            (events[&event].ordinal, &event),
            (
                instruments[&instrument].parties_count.unwrap_or_default(),
                &instrument,
            ),
        ] {
            let named = |change: &&Change| change.resources.iter().any(|r| r.name == *name);
            let counts = heard.changes.iter().filter(named);
            let counts = counts.filter(|c| !c.reason.is_empty()).count() as u64;
            let held = u64::try_from(held).unwrap();
            faults.lost += counts.saturating_sub(held);
            faults.twice += held.saturating_sub(counts);
        }
    }
}

/// The records of a type that follow from the feed.
fn folded<T: Message + Default + prost::Name>(heard: &Heard) -> BTreeMap<String, T> {
    let mut state = BTreeMap::new();
    for resource in heard.changes.iter().flat_map(|change| &change.resources) {
        if resource.r#type != T::full_name() {
            continue;
        }
        match &resource.value {
            Some(value) => {
                let record = T::decode(value.value.as_slice()).unwrap();
                state.insert(resource.name.clone(), record);
            }
            None => drop(state.remove(&resource.name)),
        }
    }
    state
}

async fn list_instruments(replica: Channel) -> BTreeMap<String, Instrument> {
    let mut client = InstrumentServiceClient::new(replica).max_decoding_message_size(ANSWER_BYTES);
    let (mut listed, mut page_token) = (BTreeMap::new(), String::new());
    loop {
        let request = ListInstrumentsRequest {
            parent: DIALOGUE.into(),
            page_size: 1_000,
            page_token,
            ..ListInstrumentsRequest::default()
        };
        let page = client.list_instruments(request).await.unwrap().into_inner();
        let named = page.instruments.into_iter().map(|i| (i.name.clone(), i));
        listed.extend(named);
        if page.next_page_token.is_empty() {
            return listed;
        }
        page_token = page.next_page_token;
    }
}

/// The events that a gateway's views count for the node, once they have read up to these ends.
async fn covering(gateway: Channel, ends: &[Position]) -> BTreeMap<String, ()> {
    let mut client = CoverageServiceClient::new(gateway).max_decoding_message_size(ANSWER_BYTES);
    let request = GetCoverageRequest {
        plan: NODE.split_once("/nodes/").unwrap().0.into(),
        at_least: ends.to_vec(),
        ..GetCoverageRequest::default()
    };
    let coverage = client.get_coverage(request).await.unwrap().into_inner();
    let proof = coverage.nodes.into_iter().flat_map(|node| node.proof);
    let names: Vec<String> = proof.map(|proof| proof.name).collect();
    let once: BTreeSet<&String> = names.iter().collect();
    assert_eq!(once.len(), names.len(), "an event counts twice");
    names.into_iter().map(|name| (name, ())).collect()
}

/// How many records differ.
fn apart<T: PartialEq>(one: &BTreeMap<String, T>, other: &BTreeMap<String, T>) -> u64 {
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let differ = names
        .iter()
        .filter(|name| one.get(**name) != other.get(**name));
    differ.count() as u64
}

#[test]
fn the_checks_see_what_is_wrong() {
    let change = |position: u64, reason: &str| Change {
        service: Service::Events.into(),
        position,
        reason: reason.into(),
        hash: vec![position as u8],
        previous_hash: vec![position as u8 - 1],
        ..Change::default()
    };
    let log = [change(1, "a"), change(2, "b"), change(3, "b")];
    assert_eq!((breaks(&log, true), places_apart(log.iter(), &log)), (0, 0));
    let [one, two, three] = &log;
    assert_eq!(places_apart([one, three].into_iter(), &log), 2);
    assert_eq!(places_apart([one, three, two].into_iter(), &log), 2);
    let hole = [one.clone(), three.clone()];
    assert_eq!((breaks(&hole, true), breaks(&hole, false)), (1, 0));
    assert_eq!(breaks(&[three.clone(), one.clone()], false), 1);

    let known = Known {
        acked: ["b", "c"].map(str::to_owned).into(),
        ..Known::default()
    };
    let heard = Heard {
        changes: log.to_vec(),
        ..Heard::default()
    };
    let mut faults = Faults::default();
    count_operations(&heard, &known, &mut faults);
    // `c` is not there; `b` is there once too often, and nobody was told of `a`.
    assert_eq!((faults.lost, faults.twice), (1, 2));
    let maps = ["x", "y"].map(|name| BTreeMap::from([(name.to_owned(), 1)]));
    assert_eq!(apart(&maps[0], &maps[1]), 2);
    assert_eq!(apart(&maps[0], &maps[0]), 0);
}
