//! The future, other plans, and groups.

use rapporteur_proto::events::v1::{Crosswalk, CrosswalkKind};
use rapporteur_proto::gateway::v1::CoverageGrouping;

use super::*;

/// A question about the plan with everything else left open.
fn question() -> Question {
    Question {
        plan: PLAN.into(),
        ..Question::default()
    }
}

#[test]
fn the_future_is_counted_beside_the_present() {
    let mut model = with_dialogues();
    for (id, state, node, kind) in [
        ("held", EventState::Held, "1.1", Addressed),
        ("planned", EventState::Planned, "1.2", Planned),
        ("put-off", EventState::Postponed, "2", Addressed),
        ("draft", EventState::Draft, "5a.1", Addressed),
        ("off", EventState::Cancelled, "5b", Addressed),
    ] {
        let mut event = event("rabat", id, "2025-06-01");
        event.state = state.into();
        event.plan_links = vec![link(node, kind)];
        model.put(event);
    }
    let figures = |if_held: Option<&[&str]>| {
        let name = |id: &&str| format!("dialogues/rabat/events/{id}");
        let question = Question {
            if_held: if_held.map(|ids| ids.iter().map(name).collect()),
            ..question()
        };
        let answer = coverage(&model, &question).unwrap();
        let level = answer
            .levels
            .iter()
            .find(|l| l.kind() == PlanNodeKind::Action)
            .unwrap();
        let supposed: Vec<_> = answer
            .supposed
            .iter()
            .map(|name| name.rsplit('/').next().unwrap().to_owned())
            .collect();
        assert_eq!(answer.events_counted, 1, "only what was held was counted");
        (
            level.addressed,
            level.planned_only,
            level.projected,
            supposed,
        )
    };
    assert_eq!(figures(None), (1, 2, None, vec![]));
    let both = vec!["planned".to_owned(), "put-off".to_owned()];
    assert_eq!(figures(Some(&[])), (1, 2, Some(2), both));
    let one = vec!["put-off".to_owned()];
    assert_eq!(figures(Some(&["put-off"])), (1, 2, Some(1), one));
    let unknown = Question {
        if_held: Some(vec!["dialogues/rabat/events/none".into()]),
        ..question()
    };
    assert!(matches!(
        coverage(&model, &unknown),
        Err(Error::NotFound { .. })
    ));
}

#[test]
fn crosswalks_count_by_their_kind_in_both_directions_and_one_step() {
    const GCM: &str = "dialogues/khartoum/plans/gcm";
    let other = |id: &str| format!("{GCM}/nodes/{id}");
    // Ours, theirs, recorded from ours to theirs or the other way round, how the other stands to the first.
    for (ours_first, kind, asked, counts) in [
        (true, CrosswalkKind::Exact, CrosswalkKind::Exact, true),
        (false, CrosswalkKind::Exact, CrosswalkKind::Exact, true),
        (false, CrosswalkKind::Close, CrosswalkKind::Close, true),
        (true, CrosswalkKind::Close, CrosswalkKind::Exact, false),
        (true, CrosswalkKind::Broader, CrosswalkKind::Broader, true),
        (true, CrosswalkKind::Broader, CrosswalkKind::Narrower, false),
        (false, CrosswalkKind::Broader, CrosswalkKind::Broader, false),
        (false, CrosswalkKind::Broader, CrosswalkKind::Narrower, true),
        (false, CrosswalkKind::Narrower, CrosswalkKind::Broader, true),
        (true, CrosswalkKind::Withdrawn, CrosswalkKind::Exact, false),
    ] {
        let mut model = with_dialogues();
        for (id, parent) in [
            ("7", String::new()),
            ("7a", other("7")),
            ("8", String::new()),
        ] {
            model.put(rapporteur_proto::events::v1::PlanNode {
                name: other(id),
                parent_node: parent,
                ..Default::default()
            });
        }
        let mut meeting = event("khartoum", "meeting", "2024-01-01");
        meeting.plan_links = vec![rapporteur_proto::r#type::v1::PlanLink {
            node: other("7a"),
            kind: Addressed.into(),
            provenance: None,
        }];
        model.put(meeting);
        let (from, to) = if ours_first {
            (node_name("1.1"), other("7"))
        } else {
            (other("7"), node_name("1.1"))
        };
        for (id, from_node, to_node) in [
            ("tie", from, to),
            ("far", node_name("2"), other("8")),
            ("step", other("8"), other("7")),
        ] {
            model.put(Crosswalk {
                name: format!("{PLAN}/crosswalks/{id}"),
                from_node,
                to_node,
                kind: kind.into(),
                ..Crosswalk::default()
            });
        }
        let question = Question {
            through: vec![asked],
            ..question()
        };
        let answer = coverage(&model, &question).unwrap();
        let of = |code: &str| answer.nodes.iter().find(|n| n.code == code).unwrap();
        assert_eq!(
            of("1.1").addressed,
            counts,
            "{ours_first} {kind:?} {asked:?}"
        );
        assert_eq!(of("1").addressed, counts, "and the nodes above");
        assert!(!of("2").addressed, "one step only");
        for proof in &of("1.1").proof {
            assert_eq!(proof.crosswalk, format!("{PLAN}/crosswalks/tie"));
            assert_eq!(proof.node, other("7a"), "the node that the link names");
        }
        let plain = coverage(&model, &self::question()).unwrap();
        assert_eq!(
            plain.events_counted, 0,
            "nothing counts through what nobody asked for"
        );
    }
}

#[test]
fn what_is_asked_of_the_future_and_of_other_plans_is_checked() {
    let request = rapporteur_proto::gateway::v1::GetCoverageRequest {
        plan: PLAN.into(),
        if_held: vec!["event".into()],
        through: vec![0, CrosswalkKind::Withdrawn.into(), 99],
        group_by: 77,
        ..Default::default()
    };
    let error = Question::read(&request).unwrap_err().to_string();
    for field in [
        "if_held[0]:",
        "if_held: is only read",
        "through[0]:",
        "through[1]:",
        "through[2]:",
        "group_by:",
    ] {
        assert!(error.contains(field), "{field} in {error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_group_is_the_same_question_with_a_narrower_scope(model in any_model(), supposing in any::<bool>()) {
        let whole = |group_by| Question {
            group_by,
            if_held: supposing.then(Vec::new),
            ..question()
        };
        let by_year = coverage(&model, &whole(CoverageGrouping::Year)).unwrap();
        for group in &by_year.groups {
            let day = |text: &str| Some(text.parse().unwrap());
            let period = crate::period::Period { from: day(&group.from), to: day(&group.to) };
            let alone = coverage(&model, &Question { period, ..whole(CoverageGrouping::Unspecified) }).unwrap();
            prop_assert_eq!(&group.levels, &alone.levels);
            prop_assert_eq!(group.events_counted, alone.events_counted);
        }
        let by_dialogue = coverage(&model, &whole(CoverageGrouping::Dialogue)).unwrap();
        for group in &by_dialogue.groups {
            let dialogues = vec![group.key.clone()];
            let alone = coverage(&model, &Question { dialogues, ..whole(CoverageGrouping::Unspecified) }).unwrap();
            prop_assert_eq!(&group.levels, &alone.levels);
            prop_assert_eq!(group.events_counted, alone.events_counted);
        }
        let sum: i32 = by_dialogue.groups.iter().map(|group| group.events_counted).sum();
        let joint = |e: &&Event| was_held(e) && !e.joint_dialogues.is_empty() && e.plan_links.iter().any(|l| l.kind() == Addressed);
        prop_assert_eq!(sum - count(model.events.values().filter(joint).count()), by_dialogue.events_counted);
    }

    #[test]
    fn the_future_takes_nothing_away_and_never_exceeds_the_total(model in any_model()) {
        let answer = coverage(&model, &Question { if_held: Some(Vec::new()), ..question() }).unwrap();
        let now = coverage(&model, &question()).unwrap();
        for (level, now) in answer.levels.iter().zip(&now.levels) {
            let projected = level.projected.unwrap();
            prop_assert!(level.addressed <= projected && projected <= level.recorded);
            prop_assert_eq!((level.addressed, level.planned_only), (now.addressed, now.planned_only));
        }
        prop_assert!(answer.nodes.iter().all(|node| node.projected.is_some()));
    }
}
