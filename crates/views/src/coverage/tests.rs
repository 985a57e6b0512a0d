mod wider;

use proptest::collection::vec;
use proptest::prelude::*;
use rapporteur_proto::events::v1::{
    Chairmanship, ChairmanshipState, Dialogue, Event, EventState, PlanNodeKind,
};
use rapporteur_proto::r#type::v1::PlanLinkKind::{self, Addressed, Planned};

use super::*;
use crate::sample::{self, PLAN, Put as _, date, event, link, node_name};
use rapporteur_records::words::date::days;

fn asked(model: &Model, from: &str, to: &str, dialogues: &[&str]) -> Coverage {
    let day = |text: &str| days(date(text).as_ref());
    let question = Question {
        plan: PLAN.into(),
        period: crate::period::Period {
            from: day(from).map(|d| d.first),
            to: day(to).map(|d| d.last),
        },
        dialogues: dialogues.iter().map(|d| format!("dialogues/{d}")).collect(),
        ..Question::default()
    };
    coverage(model, &question).unwrap()
}

/// Addressed, planned only and total of a level.
fn level(answer: &Coverage, kind: PlanNodeKind) -> (i32, i32, i32) {
    let level = answer.levels.iter().find(|l| l.kind() == kind).unwrap();
    (level.addressed, level.planned_only, level.total)
}

fn with_dialogues() -> Model {
    let mut model = sample::plan();
    for id in ["rabat", "khartoum"] {
        model.put(Dialogue {
            name: format!("dialogues/{id}"),
            ..Dialogue::default()
        });
    }
    model
}

#[test]
fn a_link_addresses_its_node_and_all_above() {
    let mut model = with_dialogues();
    let mut meeting = event("rabat", "meeting", "2023-04-25");
    meeting.plan_links = vec![link("5a.1", Addressed), link("1", Planned)];
    model.put(meeting);
    let answer = asked(&model, "2023", "2023", &[]);
    assert_eq!(level(&answer, PlanNodeKind::Area), (1, 1, 2));
    assert_eq!(level(&answer, PlanNodeKind::Objective), (1, 1, 3));
    assert_eq!(level(&answer, PlanNodeKind::Action), (1, 0, 29));
    assert_eq!(
        (
            answer.events_counted,
            answer.from.as_str(),
            answer.to.as_str()
        ),
        (1, "2023-01-01", "2023-12-31")
    );
    let five = answer.nodes.iter().find(|n| n.code == "5").unwrap();
    assert_eq!(five.nodes, [node_name("5a"), node_name("5b")]);
    assert_eq!(five.proof[0].node, node_name("5a.1"));
    assert_eq!(five.proof[0].event_state(), EventState::Held);
}

#[test]
fn an_announced_event_that_has_passed_does_not_count_as_addressed() {
    let mut model = with_dialogues();
    let mut announced = event("rabat", "announced", "2023-06-22");
    announced.state = EventState::Confirmed.into();
    announced.plan_links = vec![link("1.1", Addressed)];
    model.put(announced);
    let answer = asked(&model, "", "", &[]);
    assert_eq!(level(&answer, PlanNodeKind::Action), (0, 1, 29));
    assert_eq!(answer.events_counted, 0);
}

#[test]
fn a_joint_event_counts_once_in_a_union_and_once_for_each_dialogue() {
    let mut model = with_dialogues();
    let mut joint = event("rabat", "joint", "2024-10-16");
    joint.joint_dialogues = vec!["dialogues/khartoum".into()];
    joint.plan_links = vec![link("1.1", Addressed)];
    model.put(joint);
    for dialogues in [&["rabat"][..], &["khartoum"], &["rabat", "khartoum"], &[]] {
        let answer = asked(&model, "", "", dialogues);
        assert_eq!(answer.events_counted, 1, "{dialogues:?}");
        assert_eq!(answer.nodes[0].proof.len(), 1, "{dialogues:?}");
    }
}

#[test]
fn undated_events_count_only_when_no_period_is_asked() {
    let mut model = with_dialogues();
    let mut undated = event("rabat", "undated", "");
    undated.plan_links = vec![link("1.1", Addressed)];
    model.put(undated);
    assert_eq!(asked(&model, "", "", &[]).events_counted, 1);
    assert_eq!(asked(&model, "2023", "", &[]).events_counted, 0);
    assert_eq!(asked(&model, "", "2023", &[]).events_counted, 0);
}

#[test]
fn a_chairmanship_bounds_the_days_and_the_dialogue() {
    let mut model = with_dialogues();
    for (id, dialogue, day, node) in [
        ("a", "rabat", "2023-04-25", "1.1"),
        ("b", "rabat", "2024-05-15", "1.2"),
        ("c", "khartoum", "2023-05-01", "2"),
    ] {
        let mut event = event(dialogue, id, day);
        event.plan_links = vec![link(node, Addressed)];
        model.put(event);
    }
    let mut term = Chairmanship {
        name: "dialogues/rabat/chairmanships/ma".into(),
        ..Chairmanship::default()
    };
    model.put(term.clone());
    let question = Question {
        plan: PLAN.into(),
        chairmanship: term.name.clone(),
        ..Question::default()
    };
    assert!(
        matches!(coverage(&model, &question), Err(Error::Precondition { .. })),
        "no day is known"
    );
    // Handed over on a day that nobody recorded: until the next one began, at the latest.
    term.start = date("2022-12");
    term.state = ChairmanshipState::HandedOver.into();
    model.put(term.clone());
    let next = Chairmanship {
        name: "dialogues/rabat/chairmanships/pt".into(),
        start: date("2024-02-01"),
        ..Chairmanship::default()
    };
    model.put(next);
    assert_eq!(coverage(&model, &question).unwrap().to, "2024-02-01");
    (term.start, term.end) = (date("2022-12"), date("2024-02-01"));
    model.put(term);
    let answer = coverage(&model, &question).unwrap();
    assert_eq!(answer.events_counted, 1);
    assert_eq!(
        (answer.from.as_str(), answer.to.as_str()),
        ("2022-12-01", "2024-02-01")
    );
}

#[test]
fn unknown_names_are_told() {
    let model = with_dialogues();
    let named = |question: Question| match coverage(&model, &question) {
        Err(Error::NotFound { name }) => name,
        other => panic!("{other:?}"),
    };
    let plan = || PLAN.to_owned();
    assert_eq!(
        named(Question {
            plan: "dialogues/x/plans/y".into(),
            ..Question::default()
        }),
        "dialogues/x/plans/y"
    );
    let dialogues = vec!["dialogues/x".to_owned()];
    assert_eq!(
        named(Question {
            plan: plan(),
            dialogues,
            ..Question::default()
        }),
        "dialogues/x"
    );
    let chairmanship = "dialogues/rabat/chairmanships/x".to_owned();
    assert_eq!(
        named(Question {
            plan: plan(),
            chairmanship: chairmanship.clone(),
            ..Question::default()
        }),
        chairmanship
    );
}

#[derive(Clone, Debug)]
struct Meeting {
    state: i32,
    khartoum: bool,
    joint: bool,
    year: Option<i32>,
    links: Vec<(usize, bool)>,
}

fn meeting() -> impl Strategy<Value = Meeting> {
    let year = proptest::option::of(2020..2025);
    (
        1..=8_i32,
        any::<bool>(),
        any::<bool>(),
        year,
        vec((0..12_usize, any::<bool>()), 0..4),
    )
        .prop_map(|(state, khartoum, joint, year, links)| Meeting {
            state,
            khartoum,
            joint,
            year,
            links,
        })
}

prop_compose! {
    /// A plan of any shape and meetings of any kind.
    fn any_model()(
        parents in vec(proptest::option::of(any::<prop::sample::Index>()), 1..12),
        merged in vec(proptest::option::of(0..3_u8), 12),
        declared in proptest::option::of(0..20_i32),
        meetings in vec(meeting(), 0..12),
    ) -> Model {
        let mut model = with_dialogues();
        model.nodes.clear();
        let mut plan = model.plans[PLAN].clone();
        plan.declared_counts.clear();
        plan.declared_counts.extend(declared.map(|count| rapporteur_proto::events::v1::DeclaredCount {
            kind: PlanNodeKind::Action.into(), count, provenance: None,
        }));
        model.put(plan);
        let mut depths = Vec::new();
        for (number, parent) in parents.iter().enumerate() {
            let parent = if number == 0 { None } else { parent.map(|p| p.index(number)) };
            depths.push(parent.map_or(0, |p: usize| depths[p] + 1));
            let kind = [PlanNodeKind::Area, PlanNodeKind::Objective, PlanNodeKind::Action][depths[number].min(2)];
            let parent = parent.map(|p| p.to_string()).unwrap_or_default();
            let mut node = sample::node(&number.to_string(), kind, &parent);
            node.counts_as = merged[number].map(|m| format!("m{m}")).unwrap_or_default();
            model.put(node);
        }
        for (number, meeting) in meetings.iter().enumerate() {
            let dialogue = if meeting.khartoum { "khartoum" } else { "rabat" };
            let day = meeting.year.map(|y| format!("{y}-06-15")).unwrap_or_default();
            let mut event = event(dialogue, &format!("e{number}"), &day);
            event.state = meeting.state;
            if meeting.joint {
                event.joint_dialogues = vec![format!("dialogues/{}", if meeting.khartoum { "rabat" } else { "khartoum" })];
            }
            event.plan_links = meeting.links.iter().map(|(node, done)| {
                link(&(node % parents.len()).to_string(), if *done { Addressed } else { Planned })
            }).collect();
            model.put(event);
        }
        model
    }
}

/// Whether a link of this kind to `node` or a node below it counts, found the slow way round.
fn is_linked(
    model: &Model,
    node: &str,
    year: Option<i32>,
    counts: impl Fn(&Event, PlanLinkKind) -> bool,
) -> bool {
    let is_below = |link: &str| {
        let mut at = link.to_owned();
        while let Some(found) = model.nodes.get(&at).filter(|_| at != node) {
            at.clone_from(&found.parent_node);
        }
        at == node
    };
    model.events.values().any(|event| {
        let start = event
            .start
            .as_ref()
            .map(|d| d.value.as_str())
            .unwrap_or_default();
        let then = year.is_none_or(|year| start.starts_with(&year.to_string()));
        then && event
            .plan_links
            .iter()
            .any(|l| is_below(&l.node) && counts(event, l.kind()))
    })
}

fn was_held(event: &Event) -> bool {
    matches!(
        event.state(),
        EventState::Held | EventState::Reported | EventState::Closed
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn covered_never_exceeds_the_total(model in any_model(), year in proptest::option::of(2020..2025)) {
        let year = year.map(|y: i32| y.to_string()).unwrap_or_default();
        let answer = asked(&model, &year, &year, &[]);
        for level in &answer.levels {
            prop_assert!(level.addressed >= 0 && level.planned_only >= 0);
            prop_assert!(level.addressed + level.planned_only <= level.recorded);
            prop_assert!(level.recorded <= level.total);
            prop_assert!(level.declared.is_none_or(|declared| declared <= level.total));
        }
        let nodes: usize = answer.nodes.iter().map(|n| n.nodes.len()).sum();
        prop_assert_eq!(nodes, model.nodes.len(), "every node is counted, and in one place");
    }

    #[test]
    fn a_node_is_addressed_iff_it_or_a_node_below_is(model in any_model(), year in proptest::option::of(2020..2025)) {
        let text = year.map(|y: i32| y.to_string()).unwrap_or_default();
        for node in asked(&model, &text, &text, &[]).nodes {
            let addressed = node.nodes.iter().any(|n| is_linked(&model, n, year, |e, kind| was_held(e) && kind == Addressed));
            let planned = node.nodes.iter().any(|n| is_linked(&model, n, year, |e, kind| {
                if was_held(e) { kind == Planned } else { e.state() != EventState::Cancelled }
            }));
            prop_assert_eq!(node.addressed, addressed);
            prop_assert_eq!(node.planned, planned);
            prop_assert_eq!(node.proof.is_empty(), !addressed && !planned);
        }
    }

    #[test]
    fn a_joint_event_counts_once_in_the_union_and_once_for_each_dialogue(model in any_model()) {
        let counted = |dialogues: &[&str]| asked(&model, "", "", dialogues).events_counted;
        let (rabat, khartoum) = (counted(&["rabat"]), counted(&["khartoum"]));
        let both = counted(&["rabat", "khartoum"]);
        let counts = |e: &&Event| was_held(e) && e.plan_links.iter().any(|l| l.kind() == Addressed);
        let joint = model.events.values().filter(counts).filter(|e| !e.joint_dialogues.is_empty()).count();
        prop_assert_eq!(both, counted(&[]));
        prop_assert_eq!(rabat + khartoum - count(joint), both);
        let levels = |dialogues: &[&str]| asked(&model, "", "", dialogues).levels;
        for ((union, one), other) in levels(&["rabat", "khartoum"]).iter().zip(levels(&["rabat"])).zip(levels(&["khartoum"])) {
            prop_assert!(union.addressed >= one.addressed.max(other.addressed));
            prop_assert!(union.addressed <= one.addressed + other.addressed);
        }
    }

    #[test]
    fn a_longer_period_covers_no_less(model in any_model(), from in 2020..2024_i32) {
        let longer = asked(&model, &from.to_string(), "2024", &[]);
        let shorter = asked(&model, &(from + 1).to_string(), "2024", &[]);
        for (long, short) in longer.levels.iter().zip(&shorter.levels) {
            prop_assert!(long.addressed >= short.addressed);
        }
        prop_assert!(longer.events_counted >= shorter.events_counted);
    }
}
