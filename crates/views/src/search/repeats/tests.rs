use std::collections::BTreeSet;

use rapporteur_proto::gateway::v1::{ListSuggestionsRequest, Suggestion};
use rapporteur_proto::recommendations::v1::{
    RecommendationState, Relation, RelationKind, Verdict, VerdictDecision, VerdictKind,
};
use rapporteur_proto::r#type::v1::Visibility;
use rapporteur_records::Sight;
use rapporteur_records::words::verdict;
use rapporteur_search::similar::REPEATS;

use super::graph::Graph;
use super::queue::{Asker, Pair, Wanted, message};
use super::*;
use crate::model::Model;
use crate::sample::history::{Dice, SECRET};
use crate::sample::{self, Put as _};

const FOCAL: &str = "Name a national focal point for missing migrants in each ministry";
const FOCAL_TOO: &str = "Name national focal points for missing migrants in every ministry";
const COST: &str = "Reduce the cost of remittances to three per cent";

fn text(dialogue: &str, id: &str, words: &str, adopted: &str) -> Recommendation {
    let mut one = sample::recommendation(dialogue, id, "");
    one.text = sample::text(words);
    one.adopted = sample::date(adopted);
    one.set_state(RecommendationState::Adopted);
    one
}

/// A graph that was kept up with a model.
fn graph(model: &Model) -> Graph {
    let mut graph = Graph::default();
    for (name, one) in &model.recommendations {
        graph.put(name, Some(said(one)));
    }
    looked_at(&mut graph);
    graph
}

fn looked_at(graph: &mut Graph) {
    let mut scratch = Vec::new();
    loop {
        let next = graph.to_do().next();
        let Some(text) = next else {
            return;
        };
        let found = graph.neighbours(text, &mut scratch);
        graph.link(text, found);
    }
}

fn suggested(graph: &Graph, model: &Model, sight: &Sight) -> Vec<Suggestion> {
    suggested_from(REPEATS, graph, model, sight)
}

fn suggested_from(least: f32, graph: &Graph, model: &Model, sight: &Sight) -> Vec<Suggestion> {
    let asker = Asker {
        graph,
        model,
        sight,
        least,
    };
    let mut pairs: Vec<Pair> = graph.repeating().filter_map(|r| asker.pair(r)).collect();
    pairs.sort_by_key(super::queue::key);
    pairs.iter().map(|p| message(graph, model, p)).collect()
}

fn pairs(all: &[Suggestion]) -> Vec<(&str, &str)> {
    use rapporteur_records::name::id_of;
    all.iter()
        .map(|one| (id_of(&one.subject), id_of(&one.object)))
        .collect()
}

fn decide(model: &mut Model, of: &Suggestion, decision: VerdictDecision) {
    model.put(Verdict {
        name: of.verdict.clone(),
        kind: of.kind,
        object: of.object.clone(),
        decision: decision.into(),
        ..Verdict::default()
    });
}

#[test]
fn the_later_one_repeats_the_earliest_and_is_decided_once() {
    let mut model = Model::default();
    model.put(text("rabat", "a", FOCAL, "2021-05-01"));
    model.put(text("khartoum", "b", FOCAL, "2022"));
    model.put(text("rabat", "c", FOCAL_TOO, "2024"));
    model.put(text("rabat", "other", COST, "2020"));
    // Not adopted yet: later than all that was.
    let mut draft = text("rabat", "d", &FOCAL.to_uppercase(), "");
    draft.set_state(RecommendationState::Tabled);
    model.put(draft);
    let mut kept = graph(&model);
    let all = suggested(&kept, &model, &Sight::Everything);
    assert_eq!(pairs(&all), [("b", "a"), ("d", "a"), ("c", "a")]);
    assert_eq!(all[0].score, 1.0);
    assert_eq!(all[0].kind(), VerdictKind::DuplicateOf);
    assert_eq!(
        all[0].verdict,
        verdict::name(&all[0].subject, VerdictKind::DuplicateOf, &all[0].object)
    );
    assert!(all[2].score < 1.0 && !all[2].reasons.is_empty());

    // Rejected with one of those that say it: with all of them. Accepted: the same.
    decide(&mut model, &all[2], VerdictDecision::Rejected);
    decide(&mut model, &all[0], VerdictDecision::Accepted);
    let rest = suggested(&kept, &model, &Sight::Everything);
    assert_eq!(pairs(&rest), [("d", "a")]);
    // Taken back, it is proposed again.
    decide(&mut model, &all[2], VerdictDecision::Withdrawn);
    let rest = suggested(&kept, &model, &Sight::Everything);
    assert_eq!(pairs(&rest), [("d", "a"), ("c", "a")]);
    // So is what the record says already, whichever of the two says it.
    let relation = |kind: RelationKind, target: &str| Relation {
        kind: kind.into(),
        target: target.into(),
        provenance: None,
    };
    let mut first = text("rabat", "a", FOCAL, "2021-05-01");
    first.relations = vec![relation(RelationKind::Amends, &all[1].subject)];
    model.put(first);
    let mut third = text("rabat", "c", FOCAL_TOO, "2024");
    third.relations = vec![relation(RelationKind::Repeats, &all[0].subject)];
    model.put(third);
    let rest = suggested(&kept, &model, &Sight::Everything);
    assert_eq!(pairs(&rest), []);

    // A text that changes leaves its place.
    let mut model = Model::default();
    model.put(text("rabat", "a", FOCAL, "2021-05-01"));
    model.put(text("rabat", "c", COST, "2024"));
    kept.put("dialogues/khartoum/recommendations/b", None);
    kept.put("dialogues/rabat/recommendations/d", None);
    let now = said(&model.recommendations["dialogues/rabat/recommendations/c"]);
    kept.put("dialogues/rabat/recommendations/c", Some(now));
    looked_at(&mut kept);
    kept.put("dialogues/rabat/recommendations/other", None);
    let all = suggested(&kept, &model, &Sight::Everything);
    assert_eq!(pairs(&all), []);
    assert_eq!(kept.len(), 2);
}

#[test]
fn bad_questions_are_named() {
    let wrong = |request: ListSuggestionsRequest| {
        let error = Wanted::read(request).unwrap_err().to_string();
        error.trim_start_matches("invalid argument: ").to_owned()
    };
    let kinds = ListSuggestionsRequest {
        kinds: vec![VerdictKind::Theme.into()],
        ..Default::default()
    };
    assert!(wrong(kinds).starts_with("kinds[0]: "));
    let score = ListSuggestionsRequest {
        min_score: f64::NAN,
        ..Default::default()
    };
    assert!(wrong(score).starts_with("min_score: "));
    let subject = ListSuggestionsRequest {
        subject: "parties/pt".into(),
        verdicts: vec!["x".into(); 1_001],
        ..Default::default()
    };
    let wrong = wrong(subject);
    assert!(
        wrong.contains("subject: ") && wrong.contains("verdicts: "),
        "{wrong}"
    );
}

/// Whatever changes in whatever order: a graph that was kept up suggests what one that is made anew does; nobody is
/// shown what they may not see; nothing that was decided comes again.
#[test]
fn what_is_kept_up_is_what_is_made_anew() {
    let sights = [
        Sight::Public,
        Sight::dialogues(["dialogues/rabat"]),
        Sight::Everything,
    ];
    for seed in 1..=20 {
        let mut dice = Dice(seed | 1);
        let (mut model, mut kept) = (Model::default(), Graph::default());
        let mut decided = BTreeSet::new();
        for _ in 0..60 {
            let dialogue = ["rabat", "khartoum"][dice.below(2)];
            let words = [FOCAL, FOCAL_TOO, COST, SECRET, ""][dice.below(5)];
            let day = ["", "2021", "2022-03", "2023-01-01"][dice.below(4)];
            let mut one = text(dialogue, &format!("r{}", dice.below(6)), words, day);
            one.set_visibility([Visibility::Public, Visibility::Internal][dice.below(2)]);
            kept.put(&one.name, Some(said(&one)));
            model.put(one);
            looked_at(&mut kept);
            for sight in &sights {
                let all = suggested(&kept, &model, sight);
                // Scores below 1 move a little with what else is there.
                let [old, new] = [&kept, &graph(&model)]
                    .map(|graph| pairs_of(&suggested_from(1.0, graph, &model, sight)));
                assert_eq!(old, new);
                for one in &all {
                    for name in [&one.subject, &one.object] {
                        let text = &model.recommendations[name];
                        let hidden = text.visibility() == Visibility::Internal;
                        assert!(!hidden || sight.sees_inside(name), "{name}");
                    }
                    assert!(!decided.contains(&(one.subject.clone(), one.object.clone())));
                }
                if let Some(one) = all.first().filter(|_| dice.below(6) == 0) {
                    let choice = [VerdictDecision::Accepted, VerdictDecision::Rejected];
                    decide(&mut model, one, choice[dice.below(2)]);
                    decided.insert((one.subject.clone(), one.object.clone()));
                    decided.insert((one.object.clone(), one.subject.clone()));
                }
            }
        }
        assert!(!decided.is_empty());
    }
}

fn pairs_of(all: &[Suggestion]) -> BTreeSet<(String, String)> {
    let pair = |one: &Suggestion| (one.subject.clone(), one.object.clone());
    all.iter().map(pair).collect()
}
