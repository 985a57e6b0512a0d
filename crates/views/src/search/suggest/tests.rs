//! What is suggested rests on what the reader sees, and what is settled is not suggested.

use proptest::prelude::*;
use prost::Message as _;
use rapporteur_proto::events::v1::{Plan, PlanNodeKind};
use rapporteur_proto::recommendations::v1::{Recommendation, Verdict, VerdictDecision};
use rapporteur_proto::r#type::v1::{PlanLinkKind, Visibility};

use super::super::said::alike_in;
use super::*;
use crate::sample::{self, Put as _};
use crate::shelf::Shelf;

const VERDICT: &str = "rapporteur.recommendations.v1.Verdict";
const TEXT: &str = "Establish a network of focal points on missing migrants";

fn request(text: &str, kind: VerdictKind) -> SuggestClassesRequest {
    SuggestClassesRequest {
        text: text.into(),
        language: "en".into(),
        kind: kind.into(),
        ..SuggestClassesRequest::default()
    }
}

fn recommendation(id: &str, text: &str, theme: &str, is_internal: bool) -> Recommendation {
    let mut one = sample::recommendation("rabat", id, "");
    one.text = sample::text(text);
    one.themes = vec![theme.into()];
    one.set_visibility(if is_internal {
        Visibility::Internal
    } else {
        Visibility::Public
    });
    one
}

/// What everybody sees of a model.
fn public(model: &Model) -> Model {
    let mut shelf = Shelf::default();
    shelf.add(&Sight::Public);
    for (name, one) in &model.recommendations {
        let bytes = one.encode_to_vec();
        shelf.apply(
            name,
            "rapporteur.recommendations.v1.Recommendation",
            Some(&bytes),
        );
    }
    for (name, one) in &model.verdicts {
        shelf.apply(name, VERDICT, Some(&one.encode_to_vec()));
    }
    shelf.get(&Sight::Public).unwrap().clone()
}

/// The themes that a public reader is suggested: the service's steps, without its threads and its index.
fn themes_for_all(model: &Model, request: &SuggestClassesRequest) -> Vec<SuggestedClass> {
    let reader = public(model);
    let question = SuggestQuestion::read(request, &reader).unwrap();
    let all = reader.recommendations.values();
    let codes: BTreeSet<String> = all.flat_map(|one| one.themes.clone()).collect();
    let classes = Classes::new(&themes(codes));
    let near = |(text, language): &(String, String)| {
        let draft = question.draft(text, language, &Sight::Public);
        let found = alike_in(model, &draft, |said| {
            question.passes_over(model, &said.name)
        });
        let alike: Vec<_> = found
            .into_iter()
            .map(|one| (one.key.name, one.alike.score))
            .collect();
        question.neighbours(&reader, &alike)
    };
    let neighbours: Vec<_> = question.texts.iter().map(near).collect();
    let found = question.answer(&classes, &neighbours).into_iter();
    found.map(|one| question.shown(&reader, one)).collect()
}

#[test]
fn wrong_questions_are_told_which_field_is_wrong() {
    let model = sample::plan();
    let said = |request: &SuggestClassesRequest| {
        SuggestQuestion::read(request, &model)
            .unwrap_err()
            .to_string()
    };
    let theme = VerdictKind::Theme;
    let mut both = request("x", theme);
    both.name = "dialogues/rabat/recommendations/r".into();
    assert!(said(&both).contains("give one of them"));
    assert!(said(&request("", theme)).contains("no record is named"));
    assert!(said(&request("x", VerdictKind::Repeats)).contains("VERDICT_KIND_PLAN_NODE"));
    assert!(said(&request(&"x".repeat(MOST_TEXT + 1), theme)).contains("20001 characters"));
    let mut plans = request("x", VerdictKind::PlanNode);
    plans.plans = vec!["dialogues/rabat/plans/nowhere".into(), "cadiz".into()];
    let wrong = said(&plans);
    assert!(
        wrong.contains("is no plan of the record") && wrong.contains("plans[1]"),
        "{wrong}"
    );
    let mut limits = request("x", theme);
    (limits.limit, limits.min_score, limits.language) = (-1, f64::NAN, "??".into());
    let wrong = said(&limits);
    for field in ["limit", "min_score", "language"] {
        assert!(wrong.contains(field), "{field} in {wrong}");
    }
    let mut unknown = request("", theme);
    unknown.name = "dialogues/rabat/recommendations/nobody".into();
    let error = SuggestQuestion::read(&unknown, &model).unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
}

#[test]
fn what_is_recorded_or_decided_is_not_suggested() {
    let mut model = Model::default();
    model.put(recommendation(
        "a",
        "Find missing migrants",
        "missing-migrants",
        false,
    ));
    model.put(recommendation("b", TEXT, "consular-help", false));
    let mut asked = request("", VerdictKind::Theme);
    asked.name = "dialogues/rabat/recommendations/b".into();
    let found = themes_for_all(&model, &asked);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].object, "missing-migrants");
    let verdict = verdict::name(&asked.name, VerdictKind::Theme, "missing-migrants");
    assert_eq!(found[0].verdict, verdict);
    let reasons = found[0].reasons.as_ref().unwrap();
    assert_eq!(reasons.name, "missing migrants");
    assert_eq!(
        reasons.neighbours[0].name,
        "dialogues/rabat/recommendations/a"
    );

    let mut decided = Verdict {
        name: verdict,
        object: "missing-migrants".into(),
        ..Verdict::default()
    };
    decided.set_kind(VerdictKind::Theme);
    for (decision, count) in [
        (VerdictDecision::Rejected, 0),
        (VerdictDecision::Accepted, 0),
        (VerdictDecision::Withdrawn, 1),
    ] {
        decided.set_decision(decision);
        model.apply(&decided.name, VERDICT, Some(&decided.encode_to_vec()));
        assert_eq!(themes_for_all(&model, &asked).len(), count, "{decision:?}");
    }
}

#[test]
fn nodes_come_with_their_plan_and_those_above_what_is_recorded_are_settled() {
    let mut model = Model::default();
    let mut area = sample::node("a", PlanNodeKind::Area, "");
    area.text = sample::text("Protection and asylum");
    let mut objective = sample::node("5a", PlanNodeKind::Objective, "a");
    objective.text = sample::text("Identify missing migrants");
    let plan = area
        .name
        .split("/nodes/")
        .next()
        .unwrap_or_default()
        .to_owned();
    model.put(area.clone());
    model.put(objective.clone());
    model.put(Plan {
        name: plan.clone(),
        ..Plan::default()
    });
    let classes = |plans: &[String]| Classes::new(&nodes(&model, plans));
    assert_eq!(classes(&[]).len(), 2);
    assert_eq!(classes(std::slice::from_ref(&plan)).len(), 2);
    // A plan whose name begins alike is another plan.
    assert!(classes(&[plan[..plan.len() - 1].to_owned()]).is_empty());
    let mut asked = request(TEXT, VerdictKind::PlanNode);
    asked.plans = vec![plan];
    let question = SuggestQuestion::read(&asked, &model).unwrap();
    let found = question.answer(&classes(&[]), &[Vec::new()]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].class, objective.name);

    let mut served = recommendation("r", TEXT, "x", false);
    served.plan_links = vec![sample::link("5a", PlanLinkKind::Addressed)];
    model.put(served.clone());
    let settled = settled(&model, &served.name, VerdictKind::PlanNode);
    assert!(settled.contains(&area.name) && settled.contains(&objective.name));
}

#[test]
fn the_same_classes_are_read_once() {
    let ready = super::super::classes::Ready::default();
    let some = |code: &str| themes([code.to_owned()]);
    let first = ready.get(some("return"));
    assert!(Arc::ptr_eq(&first, &ready.get(some("return"))));
    for number in 0..20 {
        ready.get(some(&format!("theme-{number}")));
    }
    assert!(!Arc::ptr_eq(&first, &ready.get(some("return"))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// With and without the texts that a reader may not see they are suggested the same, for the same reasons.
    #[test]
    fn hidden_texts_are_no_reasons_and_move_no_score(
        texts in proptest::collection::vec((
            "(find|missing|migrants|network|focal|points|diplomas|skills|remittances|of|secret){1,1}( (find|missing|migrants|network|focal|points|diplomas|skills|remittances|of|secret)){0,7}",
            0_usize..4,
            any::<bool>(),
        ), 1..14),
        asked in "(find|missing|migrants|network|focal|points|diplomas|skills|secret)( (missing|migrants|network|remittances|secret)){0,6}",
    ) {
        const THEMES: [&str; 4] = ["missing-migrants", "remittances", "skills", "data"];
        let (mut all, mut open) = (Model::default(), Model::default());
        for (number, (text, theme, is_internal)) in texts.iter().enumerate() {
            let theme = if *is_internal { "secret" } else { THEMES[*theme] };
            let one = recommendation(&format!("r{number}"), text, theme, *is_internal);
            if !is_internal {
                open.put(one.clone());
            }
            all.put(one);
        }
        let mut asked = request(&asked, VerdictKind::Theme);
        asked.min_score = 0.01;
        let (with, without) = (themes_for_all(&all, &asked), themes_for_all(&open, &asked));
        prop_assert_eq!(with.len(), without.len());
        for one in &with {
            let other = without.iter().find(|other| other.object == one.object);
            let Some(other) = other else {
                return Err(TestCaseError::fail(format!("{one:?}")));
            };
            prop_assert!(one.object != "secret");
            prop_assert!((one.score - other.score).abs() < 1e-4, "{one:?} {other:?}");
            let names = |of: &SuggestedClass| -> BTreeSet<String> {
                let reasons = of.reasons.clone().unwrap_or_default();
                reasons.neighbours.into_iter().map(|near| near.name).collect()
            };
            prop_assert_eq!(names(one), names(other));
        }
    }
}
