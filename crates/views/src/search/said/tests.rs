use proptest::prelude::*;
use rapporteur_proto::recommendations::v1::Recommendation;
use rapporteur_proto::r#type::v1::Visibility;

use super::*;
use crate::sample::history::{Dice, history};
use crate::sample::{self, Put as _};

const LIKE: &str = "Establish a network of national focal points on missing migrants";

fn draft(text: &str, sight: &Sight, limit: usize) -> Draft {
    Draft {
        text: text.into(),
        language: "en".into(),
        least: 0.3,
        limit,
        sight: sight.clone(),
    }
}

/// Everything that a model says.
pub(crate) fn kept(model: &Model) -> Kept {
    let mut kept = Kept::default();
    let names = model.recommendations.keys().chain(model.instruments.keys());
    for name in names.chain(model.commitments.keys()) {
        kept.put(name, said(model, name).map(owned));
    }
    kept
}

fn found(kept: &Kept, model: &Model, draft: &Draft) -> Vec<(String, f32)> {
    let found = kept.alike(draft, |_| false);
    let found = still_seen(model, found, draft);
    let one = |one: Match<Said>| (one.key.name.to_string(), one.alike.score);
    found.into_iter().map(one).collect()
}

fn recommendation(dialogue: &str, id: &str, texts: &[(&str, &str)]) -> Recommendation {
    let mut one = sample::recommendation(dialogue, id, "");
    let texts = texts
        .iter()
        .map(|(language, text)| ((*language).into(), (*text).into()));
    one.text = Some(LocalizedText {
        by_language: texts.collect(),
        ..LocalizedText::default()
    });
    one
}

#[test]
fn a_record_is_found_once_by_the_text_that_is_most_alike() {
    let mut model = Model::default();
    let french = "Créer un réseau de points focaux nationaux sur les migrants disparus";
    model.put(recommendation(
        "rabat",
        "a",
        &[("en", LIKE), ("fr", french), ("en-GB", LIKE)],
    ));
    model.put(recommendation("khartoum", "b", &[("und", LIKE)]));
    let kept = kept(&model);
    let all = found(&kept, &model, &draft(LIKE, &Sight::Public, 10));
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(all.iter().all(|(_, score)| *score > 0.9), "{all:?}");
    assert_eq!(kept.texts.len(), 4);
}

#[test]
fn hidden_texts_take_no_place_and_what_was_hidden_since_is_not_shown() {
    let mut model = Model::default();
    for number in 0..300 {
        let mut one = recommendation("khartoum", &format!("h{number}"), &[("en", LIKE)]);
        one.set_visibility(Visibility::Internal);
        model.put(one);
    }
    let longer = format!("{LIKE} at sea");
    model.put(recommendation("rabat", "open", &[("en", &longer)]));
    let kept = kept(&model);
    let rabat = Sight::dialogues(["dialogues/rabat"]);
    for sight in [&Sight::Public, &rabat] {
        let all = found(&kept, &model, &draft(LIKE, sight, 5));
        let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["dialogues/rabat/recommendations/open"]);
    }
    assert_eq!(
        found(&kept, &model, &draft(LIKE, &Sight::Everything, 5)).len(),
        5
    );

    let mut one = recommendation("rabat", "open", &[("en", &longer)]);
    one.set_visibility(Visibility::Internal);
    model.put(one);
    assert_eq!(found(&kept, &model, &draft(LIKE, &Sight::Public, 5)), []);
    assert_eq!(found(&kept, &model, &draft(&longer, &rabat, 5)).len(), 1);
}

#[test]
fn changes_replace_and_take_away() {
    let mut model = Model::default();
    let one = recommendation("rabat", "a", &[("en", LIKE), ("fr", "Réparer les ponts")]);
    model.put(one.clone());
    let mut kept = kept(&model);
    model.put(recommendation(
        "rabat",
        "a",
        &[("en", "Build railway bridges")],
    ));
    kept.put(&one.name, said(&model, &one.name).map(owned));
    assert_eq!(kept.texts.len(), 1);
    assert_eq!(found(&kept, &model, &draft(LIKE, &Sight::Public, 5)), []);
    kept.put(&one.name, None);
    assert!(kept.texts.is_empty() && kept.records.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Whatever happened: each reader is shown what they may see and nothing else, their own texts as the same, and
    /// what was taken over piece by piece is what would be made at once.
    #[test]
    fn each_reader_is_shown_what_they_may_see(seed in any::<u64>()) {
        let mut model = Model::default();
        let mut step_by_step = Kept::default();
        for step in history(seed, 120) {
            step.apply(&mut model);
            step_by_step.put(&step.name, said(&model, &step.name).map(owned));
        }
        let at_once = kept(&model);
        prop_assert_eq!(step_by_step.texts.len(), at_once.texts.len());
        let mut dice = Dice(seed | 1);
        for sight in [Sight::Public, Sight::dialogues(["dialogues/rabat"]), Sight::Everything] {
            let names: Vec<&Arc<str>> = at_once.records.keys().collect();
            if names.is_empty() { continue; }
            let name = names[dice.below(names.len())];
            let (_, texts) = said(&model, name).unwrap();
            let text = texts.by_language.values().next().unwrap();
            let all = found(&step_by_step, &model, &draft(text, &sight, 1_000));
            for (other, score) in &all {
                let hidden = internal(&model, other).unwrap();
                prop_assert!(!hidden || sight.sees_inside(other), "{} {:?}", other, sight);
                prop_assert!(*score <= 1.0 + 1e-5);
            }
            let is_seen = !internal(&model, name).unwrap() || sight.sees_inside(name);
            let own = all.iter().find(|(other, _)| **other == **name);
            prop_assert_eq!(own.is_some(), is_seen, "{} {:?} {:?}", name, sight, all);
            if let Some((_, score)) = own {
                prop_assert!((score - 1.0).abs() < 1e-4, "{}", score);
            }
        }
    }
}
