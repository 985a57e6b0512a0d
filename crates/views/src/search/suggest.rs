//! Suggested themes and nodes of plans: a question read, alike texts heard, an answer with its reasons.
//!
//! Classes, neighbours and what was decided are taken from what the reader sees, so that nothing hidden is a reason or
//! moves a score.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rapporteur_proto::gateway::v1::{
    ClassNeighbour, ClassReasons, ClassWord, SearchField, SearchRequest, SuggestClassesRequest,
    SuggestClassesResponse, SuggestedClass,
};
use rapporteur_proto::recommendations::v1::VerdictKind;
use rapporteur_records::words::verdict;
use rapporteur_records::{Error, Pattern, Result, Sight, Violations};
use rapporteur_search::suggest::{
    Classes, LEAST, Neighbour, Suggestion, leave_out_outdone, scored,
};

use super::Search;
use super::classes::{nodes, recorded, settled, themes};
use super::said::{Draft, said, spoken};
use crate::model::Model;

/// Most characters of a text.
const MOST_TEXT: usize = 20_000;
/// Suggestions, when nobody says how many, and at most.
const USUAL: usize = 10;
const MOST: usize = 50;
/// Plans that may be named.
const MOST_PLANS: usize = 100;
/// Languages of a record that are read.
const MOST_LANGUAGES: usize = 8;
/// Alike texts that are heard, and how alike they have to be.
const NEIGHBOURS: usize = 30;
const LEAST_ALIKE: f32 = 0.1;
/// Themes that are looked at: those that most records have.
const MOST_THEMES: i32 = 1_000;
/// Neighbours that are shown as reasons.
const SHOWN: usize = 5;
const PLAN: Pattern = Pattern("dialogues/*/plans/*");

/// A question whose form is right.
#[derive(Clone, Debug)]
pub(super) struct SuggestQuestion {
    kind: VerdictKind,
    /// The record; may be empty.
    name: String,
    /// Texts with their languages (ISO 639-1, "" where nobody knows).
    texts: Vec<(String, String)>,
    plans: Vec<String>,
    limit: usize,
    least: f32,
    settled: BTreeSet<String>,
}

impl SuggestQuestion {
    /// Reads a request; every wrong field is named. `model` is what the reader sees.
    pub(super) fn read(request: &SuggestClassesRequest, model: &Model) -> Result<Self> {
        let mut wrong = Violations::default();
        let kind = request.kind();
        if !matches!(kind, VerdictKind::Theme | VerdictKind::PlanNode) {
            wrong.add(
                "kind",
                "is not VERDICT_KIND_THEME or VERDICT_KIND_PLAN_NODE",
            );
        }
        match (request.name.is_empty(), request.text.trim().is_empty()) {
            (true, true) => wrong.add("text", "is empty, and no record is named"),
            (false, false) => wrong.add("text", "is given beside name; give one of them"),
            _ => {}
        }
        let length = request.text.chars().count();
        if length > MOST_TEXT {
            wrong.add(
                "text",
                format_args!("has {length} characters; at most {MOST_TEXT} are read"),
            );
        }
        if !request.language.is_empty() {
            wrong.language("language", &request.language);
        }
        if request.plans.len() > MOST_PLANS {
            let count = request.plans.len();
            wrong.add(
                "plans",
                format_args!("has {count} values; at most {MOST_PLANS} are taken"),
            );
        } else {
            for (place, plan) in request.plans.iter().enumerate() {
                let at = format!("plans[{place}]");
                wrong.required_name(&at, plan, PLAN);
                if PLAN.matches(plan) && !model.plans.contains_key(plan) {
                    wrong.add(&at, format_args!("{plan} is no plan of the record"));
                }
            }
        }
        let limit = match usize::try_from(request.limit) {
            Ok(0) => USUAL,
            Ok(limit) => limit.min(MOST),
            Err(_) => {
                wrong.add("limit", format_args!("{} is negative", request.limit));
                0
            }
        };
        if !(0.0..=1.0).contains(&request.min_score) {
            let score = request.min_score;
            wrong.add("min_score", format_args!("{score} is not 0 to 1"));
        }
        wrong.done()?;
        let texts = if request.name.is_empty() {
            let language = spoken(&request.language, &request.text);
            vec![(request.text.clone(), language.to_owned())]
        } else {
            texts(model, &request.name)?
        };
        Ok(Self {
            kind,
            settled: settled(model, &request.name, kind),
            name: request.name.clone(),
            texts,
            plans: request.plans.clone(),
            limit,
            least: if request.min_score > 0.0 {
                request.min_score as f32
            } else {
                LEAST
            },
        })
    }

    /// What each text says for each class, the best of each class, but for what is settled.
    pub(super) fn answer(
        &self,
        classes: &Classes<String>,
        neighbours: &[Vec<Neighbour<String, String>>],
    ) -> Vec<Suggestion<String, String>> {
        let mut best: BTreeMap<String, Suggestion<String, String>> = BTreeMap::new();
        for ((text, language), neighbours) in self.texts.iter().zip(neighbours) {
            for one in scored(classes, text, language, neighbours, self.least) {
                let known = best.get(&one.class);
                if known.is_none_or(|known| known.score < one.score)
                    && !self.settled.contains(&one.class)
                {
                    best.insert(one.class.clone(), one);
                }
            }
        }
        let mut all: Vec<_> = best.into_values().collect();
        leave_out_outdone(classes, &mut all);
        all.sort_by(|a, b| {
            let by_score = b.score.total_cmp(&a.score);
            by_score.then_with(|| a.class.cmp(&b.class))
        });
        all.truncate(self.limit);
        all
    }

    /// What neighbours of a text are looked for.
    fn draft(&self, text: &str, language: &str, sight: &Sight) -> Draft {
        Draft {
            text: text.to_owned(),
            language: language.to_owned(),
            least: LEAST_ALIKE,
            limit: NEIGHBOURS,
            sight: sight.clone(),
        }
    }

    /// Whether a record is no neighbour: itself, and what is not recorded to be about anything.
    fn passes_over(&self, model: &Model, name: &str) -> bool {
        *name == *self.name || recorded(model, name, self.kind).is_empty()
    }

    /// The reader's neighbours of one text: records that are alike, with what they are recorded to be about.
    fn neighbours(
        &self,
        model: &Model,
        alike: &[(Arc<str>, f32)],
    ) -> Vec<Neighbour<String, String>> {
        let one = |(name, likeness): &(Arc<str>, f32)| Neighbour {
            name: name.to_string(),
            likeness: *likeness,
            classes: recorded(model, name, self.kind),
        };
        alike.iter().map(one).collect()
    }

    /// A suggestion as it is shown.
    fn shown(&self, model: &Model, one: Suggestion<String, String>) -> SuggestedClass {
        let node = model.nodes.get(&one.class);
        let [by_words, by_name, by_neighbours] = one.reasons.parts.map(f64::from);
        let words = one.reasons.words.into_iter();
        let neighbours = one.reasons.neighbours.into_iter().take(SHOWN);
        let verdict = if model.recommendations.contains_key(&self.name) {
            verdict::name(&self.name, self.kind, &one.class)
        } else {
            String::new()
        };
        SuggestedClass {
            code: node.map(|node| node.code.clone()).unwrap_or_default(),
            title: node.and_then(|node| node.text.clone()),
            score: f64::from(one.score),
            reasons: Some(ClassReasons {
                by_words,
                by_name,
                by_neighbours,
                words: words
                    .map(|(text, share)| ClassWord {
                        text,
                        share: f64::from(share),
                    })
                    .collect(),
                name: one.reasons.named.unwrap_or_default(),
                neighbours: neighbours
                    .map(|(name, likeness)| ClassNeighbour {
                        name,
                        likeness: f64::from(likeness),
                    })
                    .collect(),
            }),
            verdict,
            object: one.class,
        }
    }
}

/// What a record says, by language.
fn texts(model: &Model, name: &str) -> Result<Vec<(String, String)>> {
    let Some((_, text)) = said(model, name) else {
        return Err(Error::NotFound {
            name: name.to_owned(),
        });
    };
    let mut texts: Vec<(String, String)> = text
        .by_language
        .iter()
        .filter(|(_, words)| !words.trim().is_empty())
        .map(|(language, words)| {
            let language = spoken(language, words).to_owned();
            (words.chars().take(MOST_TEXT).collect(), language)
        })
        .collect();
    texts.sort_by(|a, b| a.1.cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
    texts.truncate(MOST_LANGUAGES);
    Ok(texts)
}

impl Search {
    /// Suggests themes or nodes for a reader with this sight.
    pub async fn suggest_classes(
        &self,
        request: &SuggestClassesRequest,
        sight: &Sight,
    ) -> Result<SuggestClassesResponse> {
        let views = &self.shared.views;
        let read = |model: &Model| SuggestQuestion::read(request, model);
        let (question, positions) = views.read(sight, read);
        let question = question?;
        let from = match question.kind {
            VerdictKind::Theme => themes(self.themes(sight).await?),
            _ => views.read(sight, |model| nodes(model, &question.plans)).0,
        };
        let mut neighbours = Vec::new();
        for (text, language) in &question.texts {
            let alike = self.classified(&question, text, language, sight).await?;
            neighbours.push(
                views
                    .read(sight, |model| question.neighbours(model, &alike))
                    .0,
            );
        }
        let (ready, views, sight) = (self.classes.clone(), views.clone(), sight.clone());
        self.in_turn(move || {
            let classes = ready.get(from);
            let found = question.answer(&classes, &neighbours);
            let shown = |model: &Model| {
                let all = found.into_iter();
                all.map(|one| question.shown(model, one)).collect()
            };
            Ok(SuggestClassesResponse {
                suggestions: views.read(&sight, shown).0,
                considered: i32::try_from(classes.len()).unwrap_or(i32::MAX),
                language: match question.texts.as_slice() {
                    [(_, language)] => language.clone(),
                    _ => String::new(),
                },
                positions,
            })
        })
        .await
    }

    /// The themes that the records have which a reader sees.
    async fn themes(&self, sight: &Sight) -> Result<Vec<String>> {
        let request = SearchRequest {
            facets: vec![SearchField::Theme.into()],
            facet_size: MOST_THEMES,
            ..SearchRequest::default()
        };
        let (found, _) = self.search(&request, sight, 1, Vec::new()).await?;
        let facets = found.response.facets.iter();
        Ok(facets
            .flat_map(|facet| &facet.values)
            .map(|value| value.value.clone())
            .collect())
    }

    /// Records that say something alike and are recorded to be about something.
    async fn classified(
        &self,
        question: &SuggestQuestion,
        text: &str,
        language: &str,
        sight: &Sight,
    ) -> Result<Vec<(Arc<str>, f32)>> {
        let draft = question.draft(text, language, sight);
        let (views, question) = (self.shared.views.clone(), question.clone());
        let found = self.alike(draft, move |said| {
            views.whole(|model| question.passes_over(model, &said.name))
        });
        let all = found.await?.into_iter();
        Ok(all.map(|one| (one.key.name, one.alike.score)).collect())
    }
}

#[cfg(test)]
mod tests;
