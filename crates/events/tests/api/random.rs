//! Lists against a naive filter: five hundred random events, random queries, both orders, small pages.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rapporteur_proto::Timestamp;
use rapporteur_proto::events::v1::*;
use rapporteur_proto::r#type::v1::{CivilDate, PlanLink, PlanLinkKind};
use tokio::runtime::Runtime;

use crate::harness::*;

const DIALOGUES: [&str; 3] = [RABAT, KHARTOUM, "dialogues/jvap"];
const THEMES: [&str; 4] = ["diaspora", "labour-migration", "return", "protection"];
const PARTIES: [&str; 3] = ["parties/pt", "parties/eg", "parties/icmpd"];
const NODES: [&str; 4] = ["a1", "5", "5a", "a2"];
const WORDS: [&str; 5] = ["Réunion", "meeting", "Lisbon", "Mobility", "mob"];

/// An event of a dialogue, with the place among all events of the one that it is part of.
fn events() -> impl Strategy<Value = (usize, Event, Option<usize>)> {
    let what = (
        1..=4_i32,
        select(vec![1, 2, 3, 4, 5, 8]),
        subsequence(WORDS.to_vec(), 1..=3),
        0..3_usize,
    );
    let links = (
        subsequence(DIALOGUES.to_vec(), 0..=2),
        subsequence(THEMES.to_vec(), 0..=3),
        proptest::collection::vec((select(PARTIES.to_vec()), 1..=3_i32), 0..3),
        subsequence(PARTIES.to_vec(), 0..=1),
        subsequence(NODES.to_vec(), 0..=2),
        proptest::option::weighted(0.2, 0..40_usize),
    );
    (what, links, dates()).prop_map(
        |((kind, state, words, at), (joint, themes, roles, sent, nodes, above), (start, end))| {
            let roles: BTreeSet<(&str, i32)> = roles.into_iter().collect();
            let event = Event {
                kind,
                state,
                title: text(&words.join(" ")),
                joint_dialogues: joint
                    .into_iter()
                    .filter(|d| *d != DIALOGUES[at])
                    .map(str::to_owned)
                    .collect(),
                themes: themes.into_iter().map(str::to_owned).collect(),
                roles: roles
                    .into_iter()
                    .map(|(p, role)| EventRole {
                        party: p.into(),
                        role,
                        ..Default::default()
                    })
                    .collect(),
                delegations: sent
                    .into_iter()
                    .map(|p| Delegation {
                        party: p.into(),
                        ..Default::default()
                    })
                    .collect(),
                plan_links: nodes.into_iter().map(link).collect(),
                no_outcome: true,
                time_zone: "Africa/Casablanca".into(),
                start,
                end,
                ..Event::default()
            };
            (at, event, above)
        },
    )
}

fn link(node: &str) -> PlanLink {
    PlanLink {
        node: format!("{CADIZ}/nodes/{node}"),
        kind: PlanLinkKind::Planned.into(),
        ..PlanLink::default()
    }
}

/// Dates of every precision, in the past so that any state is allowed, or none.
fn dates() -> impl Strategy<Value = (Option<CivilDate>, Option<CivilDate>)> {
    let day = || (2019..=2024_i32, 1..=12_u32, 1..=28_u32);
    (day(), 0..7_u32).prop_map(|((y, m, d), form)| match form {
        0 => (None, None),
        1 => (date(""), None),
        2 => (date(&format!("{y}")), None),
        3 => (date(&format!("{y}-{m:02}")), date(&format!("{y}"))),
        4 => (date(&format!("{y}-{m:02}-{d:02}T09:30")), None),
        5 => (
            date(&format!("{y}-{m:02}-{d:02}")),
            date(&format!("{y}-12-31")),
        ),
        _ => (date(&format!("{y}-{m:02}-{d:02}")), None),
    })
}

fn queries() -> impl Strategy<Value = ListEventsRequest> {
    let maybe = |values: Vec<String>| prop_oneof![3 => Just(String::new()), 1 => select(values)];
    let owned = |values: &[&str]| values.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>();
    let day = || {
        (2018..=2025_i32, 1..=12_u32, 1..=28_u32).prop_map(|(y, m, d)| format!("{y}-{m:02}-{d:02}"))
    };
    let days = prop_oneof![
        3 => Just((String::new(), String::new())),
        1 => (day(), day()).prop_map(|(a, b)| (a.clone().min(b.clone()), a.max(b))),
        1 => day().prop_map(|from| (from, String::new())),
        1 => day().prop_map(|to| (String::new(), to)),
    ];
    let nodes: Vec<String> = NODES.iter().map(|node| link(node).node).collect();
    let above = (0..40)
        .map(|at| format!("{}/events/e{at:03}", DIALOGUES[at % 3]))
        .collect();
    let some = (
        select(vec![RABAT, KHARTOUM, "dialogues/jvap", "dialogues/-"]),
        prop_oneof![2 => Just(vec![]), 1 => subsequence(vec![1, 2, 3, 4, 5, 8], 1..=2)],
        prop_oneof![2 => Just(vec![]), 1 => subsequence(vec![1, 2, 3, 4], 1..=2)],
        prop_oneof![2 => Just(vec![]), 1 => subsequence(owned(&THEMES), 1..=2)],
        maybe(owned(&PARTIES)),
        0..=3_i32,
    );
    let rest = (
        maybe(nodes),
        days,
        maybe(owned(&["reun", "mob", "LISBON", "eeting"])),
        maybe(above),
        0..=2_i32,
        any::<bool>(),
        7..=200_i32,
    );
    (some, rest).prop_map(|((parent, states, kinds, themes, party, role), rest)| {
        let (plan_node, (from, to), text_prefix, parent_event, order, own_only, page_size) = rest;
        let role = if party.is_empty() { 0 } else { role };
        ListEventsRequest {
            parent: parent.into(),
            page_size,
            states,
            kinds,
            themes,
            party,
            role,
            plan_node,
            from,
            to,
            text_prefix,
            parent_event,
            order,
            own_only,
            ..Default::default()
        }
    })
}

/// First and last day that an event can mean, as text: this sorts like the days, and shares no code with the service.
fn span(event: &Event) -> Option<(String, String)> {
    let fill = |value: &str, end: bool| match value.len() {
        4 => format!("{value}-{}", if end { "12-31" } else { "01-01" }),
        7 if end => {
            let last = match &value[5..] {
                "02" if value[..4].parse::<i32>().unwrap() % 4 == 0 => 29,
                "02" => 28,
                "04" | "06" | "09" | "11" => 30,
                _ => 31,
            };
            format!("{value}-{last}")
        }
        7 => format!("{value}-01"),
        _ => value[..10].to_owned(),
    };
    let start = event.start.as_ref().filter(|d| !d.value.is_empty())?;
    let end = event.end.as_ref().map_or(&start.value, |end| &end.value);
    Some((fill(&start.value, false), fill(end, true)))
}

fn wanted(event: &Event, query: &ListEventsRequest) -> bool {
    let own = event.name.starts_with(&format!("{}/", query.parent));
    let joint = event.joint_dialogues.contains(&query.parent) && !query.own_only;
    let below = |node: &str| match node.rsplit('/').next().unwrap() {
        "a1" => vec!["a1", "5", "5a"],
        "5" => vec!["5", "5a"],
        "5a" => vec!["5a"],
        _ => vec!["a2"],
    };
    let in_role = event
        .roles
        .iter()
        .any(|r| r.party == query.party && (query.role == 0 || r.role == query.role));
    let sent = query.role == 0 && event.delegations.iter().any(|d| d.party == query.party);
    let title = &event.title.as_ref().unwrap().by_language["en"];
    let folded = title.to_lowercase().replace('é', "e");
    let dated = span(event);
    let days = query.from.is_empty() && query.to.is_empty()
        || dated.is_some_and(|(first, last)| {
            (query.from.is_empty() || last >= query.from)
                && (query.to.is_empty() || first <= query.to)
        });
    (query.parent == "dialogues/-" || own || joint)
        && (query.states.is_empty() || query.states.contains(&event.state))
        && (query.kinds.is_empty() || query.kinds.contains(&event.kind))
        && (query.themes.is_empty()
            || query
                .themes
                .iter()
                .any(|theme| event.themes.contains(theme)))
        && (query.party.is_empty() || in_role || sent)
        && (query.plan_node.is_empty()
            || event
                .plan_links
                .iter()
                .any(|l| below(&query.plan_node).contains(&l.node.rsplit('/').next().unwrap())))
        && (query.parent_event.is_empty() || event.parent_event == query.parent_event)
        && folded
            .split(' ')
            .any(|word| word.starts_with(&query.text_prefix.to_lowercase()))
        && days
}

fn naive(all: &BTreeMap<String, Event>, query: &ListEventsRequest) -> Vec<String> {
    let found = || all.values().filter(|event| wanted(event, query));
    let mut dated: Vec<(String, String)> = found()
        .filter_map(|e| Some((span(e)?.0, e.name.clone())))
        .collect();
    dated.sort();
    if query.order() == EventOrder::StartDesc {
        dated.reverse();
    }
    let undated = found()
        .filter(|e| span(e).is_none())
        .map(|e| e.name.clone());
    dated
        .into_iter()
        .map(|(_, name)| name)
        .chain(undated)
        .collect()
}

async fn listed(house: &House, query: &ListEventsRequest) -> Vec<Event> {
    let (mut events, mut query, mut found) = (house.events.clone(), query.clone(), Vec::new());
    loop {
        let page = events
            .list_events(query.clone())
            .await
            .unwrap()
            .into_inner();
        assert!(page.events.len() <= query.page_size as usize);
        found.extend(page.events);
        query.page_token = page.next_page_token;
        if query.page_token.is_empty() {
            return found;
        }
    }
}

async fn recorded(runner: &mut TestRunner, house: &mut House) -> BTreeMap<String, Event> {
    house.dialogue("jvap", dialogue()).await;
    house.node("a2", node("A2")).await;
    let drawn: Vec<_> = (0..500)
        .map(|_| events().new_tree(runner).unwrap().current())
        .collect();
    let mut all = BTreeMap::new();
    // The first forty first: the others may be part of them.
    for (base, some) in [(0, &drawn[..40]), (40, &drawn[40..])] {
        let calls = some
            .iter()
            .enumerate()
            .map(|(at, (dialogue, event, above))| {
                let at = base + at;
                let dialogue = if at < 40 { at % 3 } else { *dialogue };
                let mut event = event.clone();
                event
                    .joint_dialogues
                    .retain(|joint| joint != DIALOGUES[dialogue]);
                if let Some(above) = above.filter(|_| at >= 40) {
                    event.parent_event = format!("{}/events/e{above:03}", DIALOGUES[above % 3]);
                }
                let request = CreateEventRequest {
                    parent: DIALOGUES[dialogue].into(),
                    event_id: format!("e{at:03}"),
                    event: Some(event),
                    reason: "a test".into(),
                    ..Default::default()
                };
                let mut events = house.events.clone();
                async move { events.create_event(request).await.unwrap().into_inner() }
            });
        all.extend(
            futures::future::join_all(calls)
                .await
                .into_iter()
                .map(|event| (event.name.clone(), event)),
        );
    }
    all
}

/// Replaces three hundred of them, so that index rows go as well as come.
async fn changed(runner: &mut TestRunner, house: &House, all: &mut BTreeMap<String, Event>) {
    let some: Vec<Event> = all
        .values()
        .step_by(5)
        .chain(all.values().skip(1).step_by(3))
        .cloned()
        .collect();
    for old in some {
        let (_, drawn, _) = events().new_tree(runner).unwrap().current();
        let own = old.name.split("/events/").next().unwrap();
        let mut event = Event {
            name: old.name.clone(),
            parent_event: old.parent_event,
            ..drawn
        };
        event.joint_dialogues.retain(|joint| joint != own);
        let request = UpdateEventRequest {
            event: Some(event),
            ..Default::default()
        };
        let updated = house
            .events
            .clone()
            .update_event(request)
            .await
            .unwrap()
            .into_inner();
        assert_eq!(updated.state, old.state);
        all.insert(old.name, updated);
    }
}

fn latest(all: &BTreeMap<String, Event>) -> Option<Timestamp> {
    all.values()
        .filter_map(|event| event.update_time)
        .max_by_key(|t| (t.seconds, t.nanos))
}

/// Asks a good many queries, now and as of a moment, and compares with the naive filter.
fn compare(
    runtime: &Runtime,
    runner: &mut TestRunner,
    house: &House,
    all: &BTreeMap<String, Event>,
) {
    let matched = Cell::new(0);
    // A runner counts its cases once, so each comparison needs its own.
    let mut fresh = TestRunner::new_with_rng(runner.config().clone(), runner.new_rng());
    let outcome = fresh.run(&queries(), |query| {
        let found = runtime.block_on(listed(house, &query));
        let names: Vec<String> = found.iter().map(|event| event.name.clone()).collect();
        prop_assert_eq!(&names, &naive(all, &query));
        matched.set(matched.get() + names.len());
        for event in &found {
            prop_assert_eq!(event, &all[&event.name]);
        }
        Ok(())
    });
    outcome.unwrap();
    let matched = matched.get();
    assert!(
        matched > 2_000,
        "the queries hardly match anything: {matched}"
    );
}

fn compare_as_of(
    runtime: &Runtime,
    runner: &mut TestRunner,
    house: &House,
    all: &BTreeMap<String, Event>,
) {
    let as_of = latest(all);
    for at in 0..10 {
        let query = queries().new_tree(runner).unwrap().current();
        let query = ListEventsRequest {
            as_of,
            page_size: 60 + at,
            ..query
        };
        let found = runtime.block_on(listed(house, &query));
        let names: Vec<String> = found.into_iter().map(|event| event.name).collect();
        assert_eq!(names, naive(all, &query), "{query:?}");
    }
}

#[test]
fn every_list_is_the_filter_of_all() {
    let runtime = Runtime::new().unwrap();
    let config = Config {
        cases: 250,
        failure_persistence: None,
        ..Config::default()
    };
    // Always the same draw, so that a failure is seen again.
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let mut house = runtime.block_on(House::furnished());
    let first = runtime.block_on(recorded(&mut runner, &mut house));
    assert_eq!(first.len(), 500);
    compare(&runtime, &mut runner, &house, &first);
    compare_as_of(&runtime, &mut runner, &house, &first);
    let mut then = first.clone();
    runtime.block_on(changed(&mut runner, &house, &mut then));
    compare(&runtime, &mut runner, &house, &then);
    // As of now is the same list though it is read from history, and the past is still what it was.
    compare_as_of(&runtime, &mut runner, &house, &then);
    compare_as_of(&runtime, &mut runner, &house, &first);
    runtime.block_on(house.close());
}
