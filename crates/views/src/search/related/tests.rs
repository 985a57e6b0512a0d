use std::sync::Arc;

use proptest::prelude::*;
use rapporteur_proto::gateway::v1::{RelatedBy, RelatedRequest};
use rapporteur_proto::recommendations::v1::{Recommendation, Relation, RelationKind};
use rapporteur_proto::r#type::v1::{LocalizedText, PlanLinkKind, Visibility};
use rapporteur_search::Index;
use tempfile::TempDir;

use super::*;
use crate::sample::history::{Dice, SECRET, history};
use crate::sample::{self, Put as _};
use crate::search::KEYWORDS;
use crate::search::said::tests::kept;
use crate::search::thing::documents;

/// A model with all that is made of it.
struct Made {
    model: Model,
    index: Arc<Index>,
    texts: Texts<Said>,
    _folder: TempDir,
}

fn names(model: &Model) -> BTreeSet<String> {
    let events = model.events.keys().chain(model.instruments.keys());
    let texts = model.recommendations.keys().chain(model.commitments.keys());
    let others = model.reports.keys().chain(model.sources.keys());
    events.chain(texts).chain(others).cloned().collect()
}

impl Made {
    fn of(model: Model) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let index = Arc::new(Index::create(folder.path(), KEYWORDS).unwrap());
        let mut writer = index.writer(0).unwrap();
        for name in names(&model) {
            writer.put(&name, &documents(&model, &name)).unwrap();
        }
        writer.commit("", true).unwrap();
        writer.finish().unwrap();
        Self {
            texts: kept(&model).texts,
            model,
            index,
            _folder: folder,
        }
    }

    fn related(&self, name: &str, sight: &Sight) -> Option<Vec<RelatedRecord>> {
        let request = RelatedRequest {
            name: name.into(),
            limit: 100,
            ..RelatedRequest::default()
        };
        let question = RelatedQuestion::read(&request, sight).unwrap();
        let looked_for = question.looked_for(&self.model, &self.texts)?;
        let (votes, rarity) = question.candidates(&self.index, &looked_for).unwrap();
        question.best(&self.model, &self.texts, &votes.most(), &rarity)
    }
}

fn text(dialogue: &str, id: &str, language: &str, words: &str, themes: &[&str]) -> Recommendation {
    let mut one = sample::recommendation(dialogue, id, "");
    one.text = Some(LocalizedText {
        by_language: [(language.into(), words.into())].into(),
        ..LocalizedText::default()
    });
    one.themes = themes.iter().map(|theme| (*theme).into()).collect();
    one
}

fn model() -> Model {
    let mut model = sample::plan();
    model.put(sample::event("rabat", "lisbon", "2024-05-01"));
    let mut asked = text(
        "rabat",
        "asked",
        "en",
        "Establish a network on missing migrants",
        &["missing-migrants", "data"],
    );
    asked.event = "dialogues/rabat/events/lisbon".into();
    asked.plan_links = vec![sample::link("5a", PlanLinkKind::Addressed)];
    model.put(asked);
    let mut french = text(
        "khartoum",
        "french",
        "fr",
        "Créer un réseau sur les migrants disparus",
        &["missing-migrants"],
    );
    french.plan_links = vec![sample::link("5a", PlanLinkKind::Addressed)];
    model.put(french);
    model.put(text(
        "khartoum",
        "arabic",
        "ar",
        "تعزيز التعاون",
        &["missing-migrants"],
    ));
    model.put(text(
        "prague",
        "english",
        "en",
        "Build a network of experts on missing migrants",
        &[],
    ));
    model.put(text(
        "prague",
        "other",
        "en",
        "Abolish customs duties",
        &["trade"],
    ));
    let mut hidden = text(
        "khartoum",
        "hidden",
        "en",
        "Establish a network on missing migrants",
        &["missing-migrants"],
    );
    hidden.set_visibility(Visibility::Internal);
    model.put(hidden);
    let mut follower = text("prague", "follower", "en", "Report on progress made", &[]);
    follower.relations = vec![Relation {
        kind: RelationKind::FollowsUp.into(),
        target: "dialogues/rabat/recommendations/asked".into(),
        provenance: None,
    }];
    model.put(follower);
    let mut sibling = text("rabat", "sibling", "en", "Share costs", &[]);
    sibling.event = "dialogues/rabat/events/lisbon".into();
    model.put(sibling);
    model
}

const ASKED: &str = "dialogues/rabat/recommendations/asked";

fn reasons<'a>(all: &'a [RelatedRecord], id: &str) -> BTreeMap<RelatedBy, &'a str> {
    let one = all.iter().find(|one| one.name.ends_with(&format!("/{id}")));
    let one = one.unwrap_or_else(|| panic!("{id} in {all:?}"));
    let sum: f32 = one.reasons.iter().map(|reason| reason.score).sum();
    assert!((sum - one.score).abs() < 1e-5);
    one.reasons
        .iter()
        .map(|reason| (reason.by(), reason.value.as_str()))
        .collect()
}

#[test]
fn reasons_bridge_dialogues_and_languages() {
    let made = Made::of(model());
    let all = made.related(ASKED, &Sight::Public).unwrap();
    let french = reasons(&all, "french");
    assert_eq!(french[&RelatedBy::Theme], "missing-migrants");
    assert_eq!(
        french[&RelatedBy::PlanNode],
        sample::node_name("5a"),
        "the lowest alone"
    );
    assert_eq!(
        reasons(&all, "arabic")[&RelatedBy::Theme],
        "missing-migrants"
    );
    assert!(reasons(&all, "english").contains_key(&RelatedBy::Words));
    assert!(reasons(&all, "follower").contains_key(&RelatedBy::Relation));
    assert_eq!(
        reasons(&all, "sibling")[&RelatedBy::Meeting],
        "dialogues/rabat/events/lisbon"
    );
    assert!(reasons(&all, "lisbon").contains_key(&RelatedBy::Relation));
    let all: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
    assert!(!all.iter().any(|name| name.ends_with("/other")), "{all:?}");
    assert!(!all.iter().any(|name| name.ends_with("/hidden")), "{all:?}");
    let inside = Sight::dialogues(["dialogues/khartoum"]);
    let all = made.related(ASKED, &inside).unwrap();
    assert!(reasons(&all, "hidden").contains_key(&RelatedBy::Words));
}

#[test]
fn what_is_hidden_is_no_record_and_no_reason() {
    let mut model = model();
    let mut event = model.events["dialogues/rabat/events/lisbon"].clone();
    event.set_visibility(Visibility::Internal);
    model.put(event);
    let made = Made::of(model);
    let all = made.related(ASKED, &Sight::Public).unwrap();
    assert!(!format!("{all:?}").contains("lisbon"), "{all:?}");
    let hidden = "dialogues/khartoum/recommendations/hidden";
    assert_eq!(made.related(hidden, &Sight::Public), None);
    assert!(made.related(hidden, &Sight::Everything).is_some());
}

#[test]
fn rare_values_weigh_more() {
    let mut rarity = Rarity {
        total: 1_000,
        ..Rarity::default()
    };
    rarity.having.insert((THEME, "rare".into()), 2);
    rarity.having.insert((THEME, "common".into()), 900);
    assert!(rarity.of(THEME, "rare") > 3.0 * rarity.of(THEME, "common"));
    assert!((0.0..=1.0).contains(&rarity.of(THEME, "unheard")));
}

#[test]
fn a_request_names_every_wrong_field() {
    let request = RelatedRequest {
        name: "x".into(),
        limit: -1,
        dialogues: vec!["rabat".into()],
        kinds: vec!["document".into()],
        ..RelatedRequest::default()
    };
    let error = RelatedQuestion::read(&request, &Sight::Public)
        .unwrap_err()
        .to_string();
    for field in ["name:", "limit:", "dialogues[0]", "kinds[0]"] {
        assert!(error.contains(field), "{field} in {error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Whatever happened: nobody is shown a record, a reason or a word of what they may not see.
    #[test]
    fn nobody_is_shown_what_they_may_not_see(seed in any::<u64>()) {
        let mut model = Model::default();
        for step in history(seed, 100) {
            step.apply(&mut model);
        }
        let made = Made::of(model);
        let all: Vec<String> = names(&made.model).into_iter().collect();
        let mut dice = Dice(seed | 1);
        for sight in [Sight::Public, Sight::dialogues(["dialogues/rabat"]), Sight::Everything] {
            for _ in 0..4 {
                if all.is_empty() { continue; }
                let name = &all[dice.below(all.len())];
                let found = made.related(name, &sight);
                prop_assert_eq!(found.is_some(), ties::is_seen(&made.model, name, &sight));
                for one in found.iter().flatten() {
                    prop_assert!(ties::is_seen(&made.model, &one.name, &sight), "{}", one.name);
                    for reason in &one.reasons {
                        let is_record = matches!(reason.by(), RelatedBy::Relation | RelatedBy::Common | RelatedBy::Meeting);
                        prop_assert!(!is_record || ties::is_seen(&made.model, &reason.value, &sight));
                    }
                    // Of reports some with these words are open, such as retracted ones.
                    if sight == Sight::Public && one.kind != "report" {
                        let shown = format!("{one:?}");
                        prop_assert!(!shown.contains(SECRET) && !shown.contains(&SECRET.to_lowercase()), "{}", shown);
                    }
                }
            }
        }
    }
}
