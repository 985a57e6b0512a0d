//! One model for each sight: what a reader may not see is not in the model that answers them.
//!
//! So no view has to think of it, and none can count, join or quote what it should not. All models follow the same
//! changes; one for a new sight is made from the whole one, and the one that was longest without a question gives
//! way to it.

use std::sync::atomic::{AtomicU64, Ordering};

use prost::Message as _;
use rapporteur_proto::changes::v1::Service;
use rapporteur_records::{Sight, name};

use crate::model::{Model, below};

/// Most sights beside the whole that are kept at a time.
const NARROWED: usize = 8;
const RECOMMENDATION: &str = "rapporteur.recommendations.v1.Recommendation";
const ADDRESSEE: &str = "rapporteur.recommendations.v1.Addressee";
const VERDICT: &str = "rapporteur.recommendations.v1.Verdict";

/// The models.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    whole: Model,
    narrowed: Vec<Narrowed>,
    questions: AtomicU64,
}

#[derive(Debug)]
struct Narrowed {
    sight: Sight,
    model: Model,
    /// Number of the last question that was asked of it.
    asked: AtomicU64,
}

impl Shelf {
    /// The model for a sight, if there is one.
    pub(crate) fn get(&self, sight: &Sight) -> Option<&Model> {
        if *sight == Sight::Everything {
            return Some(&self.whole);
        }
        let found = self.narrowed.iter().find(|one| one.sight == *sight)?;
        let question = self.questions.fetch_add(1, Ordering::Relaxed);
        found.asked.store(question, Ordering::Relaxed);
        Some(&found.model)
    }

    /// The model of everything.
    pub(crate) fn whole(&self) -> &Model {
        &self.whole
    }

    /// Makes the model for a sight.
    pub(crate) fn add(&mut self, sight: &Sight) {
        if self.get(sight).is_some() {
            return;
        }
        if self.narrowed.len() >= NARROWED {
            let oldest = self
                .narrowed
                .iter()
                .enumerate()
                .min_by_key(|(_, one)| one.asked.load(Ordering::Relaxed))
                .map(|(place, _)| place);
            oldest.map(|place| self.narrowed.swap_remove(place));
        }
        self.narrowed.push(Narrowed {
            model: narrowed(&self.whole, sight),
            sight: sight.clone(),
            asked: AtomicU64::new(self.questions.fetch_add(1, Ordering::Relaxed)),
        });
    }

    /// Takes over a new value of a record, or that it is gone.
    pub(crate) fn apply(&mut self, name: &str, type_name: &str, value: Option<&[u8]>) {
        self.whole.apply(name, type_name, value);
        for one in &mut self.narrowed {
            let shown = value.filter(|bytes| {
                one.sight.sees_inside(name) || !is_internal(&self.whole, name, type_name, bytes)
            });
            one.model.apply(name, type_name, shown);
            // Addressees and verdicts come and go with their recommendation.
            let had_it = one.model.recommendations.contains_key(name);
            if type_name == RECOMMENDATION && !one.sight.sees_inside(name) {
                for (name, addressee) in below(&self.whole.addressees, format!("{name}/")) {
                    let bytes = had_it.then(|| addressee.encode_to_vec());
                    one.model.apply(name, ADDRESSEE, bytes.as_deref());
                }
                for (name, verdict) in below(&self.whole.verdicts, format!("{name}/")) {
                    let bytes = verdict.encode_to_vec();
                    let shown = had_it && !crate::model::is_internal(VERDICT, &bytes);
                    one.model
                        .apply(name, VERDICT, shown.then_some(bytes.as_slice()));
                }
            }
        }
    }

    /// Forgets everything that came from a service.
    pub(crate) fn clear(&mut self, service: Service) {
        self.whole.clear(service);
        for one in &mut self.narrowed {
            one.model.clear(service);
        }
    }
}

/// What a reader with this sight sees of a model.
fn narrowed(whole: &Model, sight: &Sight) -> Model {
    let mut model = whole.clone();
    for (name, type_name) in whole.internal() {
        if !sight.sees_inside(&name) {
            model.apply(&name, type_name, None);
        }
    }
    let is_orphan = |one: &&String| {
        let above = name::parent_of(one);
        whole.recommendations.contains_key(above) && !model.recommendations.contains_key(above)
    };
    let addressees = model.addressees.keys().filter(is_orphan);
    let addressees = addressees.map(|one| (one.clone(), ADDRESSEE));
    let verdicts = model.verdicts.keys().filter(is_orphan);
    let verdicts = verdicts.map(|one| (one.clone(), VERDICT));
    let orphans: Vec<(String, &str)> = addressees.chain(verdicts).collect();
    for (name, type_name) in orphans {
        model.apply(&name, type_name, None);
    }
    model
}

fn is_internal(whole: &Model, name: &str, type_name: &str, bytes: &[u8]) -> bool {
    if crate::model::is_internal(type_name, bytes) {
        return true;
    }
    if type_name != ADDRESSEE && type_name != VERDICT {
        return false;
    }
    let above = whole.recommendations.get(name::parent_of(name));
    above.is_some_and(|above| crate::model::is_internal(RECOMMENDATION, &above.encode_to_vec()))
}

#[cfg(test)]
mod tests {
    use prost::Name as _;
    use rapporteur_proto::recommendations::v1::{
        Addressee, Recommendation, RecommendationState, Verdict,
    };
    use rapporteur_proto::r#type::v1::Visibility;

    use super::*;
    use crate::sample;

    fn seen(shelf: &mut Shelf, sight: &Sight) -> (usize, usize, usize) {
        let (events, texts, addressees, verdicts) = counted(shelf, sight);
        assert_eq!(addressees, verdicts, "both go with their recommendation");
        (events, texts, addressees)
    }

    fn counted(shelf: &mut Shelf, sight: &Sight) -> (usize, usize, usize, usize) {
        shelf.add(sight);
        let model = shelf.get(sight).unwrap();
        (
            model.events.len(),
            model.recommendations.len(),
            model.addressees.len(),
            model.verdicts.len(),
        )
    }

    /// Whatever happens in whatever order, the model of a sight is what a new one would be.
    #[test]
    fn each_model_holds_just_what_its_reader_may_see() {
        let sights = [
            Sight::Public,
            Sight::dialogues(["dialogues/rabat"]),
            Sight::dialogues(["dialogues/khartoum"]),
            Sight::Everything,
        ];
        let mut shelf = Shelf::default();
        for sight in &sights {
            shelf.add(sight);
        }
        let mut event = sample::event("rabat", "a", "2024-01-01");
        let mut text = sample::recommendation("rabat", "r", &event.name);
        let addressee = Addressee {
            name: format!("{}/addressees/pt", text.name),
            party: "parties/pt".into(),
            ..Addressee::default()
        };
        let verdict = Verdict {
            name: format!("{}/verdicts/theme-1", text.name),
            ..Verdict::default()
        };
        let kinds = [
            (Visibility::Public, RecommendationState::Adopted),
            (Visibility::Internal, RecommendationState::Draft),
            (Visibility::Embargoed, RecommendationState::Adopted),
            (Visibility::Public, RecommendationState::Draft),
            (Visibility::Public, RecommendationState::Adopted),
        ];
        for (round, (visibility, state)) in kinds.into_iter().enumerate() {
            event.set_visibility(visibility);
            text.set_visibility(visibility);
            text.set_state(state);
            let put = |shelf: &mut Shelf, which: usize| match which {
                0 => shelf.apply(
                    &event.name,
                    "rapporteur.events.v1.Event",
                    Some(&event.encode_to_vec()),
                ),
                1 => shelf.apply(
                    &text.name,
                    &Recommendation::full_name(),
                    Some(&text.encode_to_vec()),
                ),
                2 => shelf.apply(
                    &addressee.name,
                    &Addressee::full_name(),
                    Some(&addressee.encode_to_vec()),
                ),
                _ => shelf.apply(
                    &verdict.name,
                    &Verdict::full_name(),
                    Some(&verdict.encode_to_vec()),
                ),
            };
            for step in 0..4 {
                put(&mut shelf, (step + round) % 4);
                for one in &shelf.narrowed {
                    assert_eq!(
                        one.model,
                        narrowed(&shelf.whole, &one.sight),
                        "{round} {step}"
                    );
                }
            }
            let open = visibility == Visibility::Public && state == RecommendationState::Adopted;
            let events = usize::from(visibility == Visibility::Public);
            let texts = usize::from(open);
            assert_eq!(
                seen(&mut shelf, &sights[0]),
                (events, texts, texts),
                "{round}"
            );
            assert_eq!(seen(&mut shelf, &sights[1]), (1, 1, 1), "who works there");
            assert_eq!(
                seen(&mut shelf, &sights[2]),
                (events, texts, texts),
                "who works elsewhere"
            );
            assert_eq!(seen(&mut shelf, &sights[3]), (1, 1, 1));
        }
        shelf.clear(Service::Events);
        assert_eq!(seen(&mut shelf, &sights[0]), (0, 1, 1));
    }

    #[test]
    fn the_sight_that_is_asked_least_gives_way() {
        let mut shelf = Shelf::default();
        for number in 0..20 {
            shelf.add(&Sight::dialogues([format!("dialogues/d{number}")]));
            assert!(shelf.narrowed.len() <= NARROWED);
            shelf.add(&Sight::Public);
        }
        assert!(shelf.get(&Sight::Public).is_some(), "asked all the time");
        assert!(shelf.get(&Sight::dialogues(["dialogues/d0"])).is_none());
    }
}
