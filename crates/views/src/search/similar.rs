//! What says the same as a text, or nearly; and what was said before, while somebody is drafting.

use std::collections::BTreeMap;
use std::sync::Arc;

use rapporteur_proto::gateway::v1::{
    Likeness, Position, SaidBefore, SaidText, SharedTerm, SimilarRequest, SimilarText,
};
use rapporteur_proto::r#type::v1::LocalizedText;
use rapporteur_records::{Error, Pattern, Result, Sight, Violations};
use rapporteur_search::similar::{Alike, DUPLICATE, Match, REPEATS};

use super::Search;
use super::answer::seen_thing;
use super::field::{KIND, STATE};
use super::said::{Draft, Said, said};
use crate::model::Model;
use crate::scope::dialogue_of;

/// Longest text that is compared, in characters.
const MOST_CHARS: usize = 20_000;
/// Most texts of one record that are compared.
const MOST_TEXTS: usize = 8;
/// The least score when nobody says which.
const LEAST: f32 = 0.3;
/// Most shared words that are told.
const MOST_SHARED: usize = 12;
/// Most records that a draft is told to repeat.
const MOST_REPEATED: usize = 5;
/// Records to return, when nobody says how many, and at most.
const LIMIT: usize = 20;
const MOST_RECORDS: usize = 100;
/// Most dialogues or kinds of a request.
const MOST_VALUES: usize = 100;
const DIALOGUE: Pattern = Pattern("dialogues/*");
/// The kinds of what says something that may be said again.
const KINDS: [&str; 3] = ["commitment", "instrument", "recommendation"];

/// A request whose form is right.
#[derive(Debug)]
struct SimilarQuestion {
    texts: Vec<(String, String)>,
    own: String,
    dialogues: Vec<String>,
    kinds: Vec<String>,
    least: f32,
    limit: usize,
}

impl SimilarQuestion {
    fn read(request: &SimilarRequest, model: &Model, sight: &Sight) -> Result<Self> {
        let mut wrong = Violations::default();
        let length = request.text.chars().take(MOST_CHARS + 1).count();
        wrong.require(
            length <= MOST_CHARS,
            "text",
            format_args!("has more than {MOST_CHARS} characters; give the part that matters"),
        );
        wrong.require(
            request.text.trim().is_empty() != request.name.is_empty(),
            "text",
            "or name has to be given, and not both",
        );
        if !request.language.is_empty() {
            wrong.language("language", &request.language);
            wrong.require(
                request.name.is_empty(),
                "language",
                "is of a text; a record has its own",
            );
        }
        scope(&mut wrong, &request.dialogues, &request.kinds, &KINDS);
        let limit = limit(&mut wrong, request.limit);
        let least = request.min_score;
        wrong.require(
            (0.0..=1.0).contains(&least),
            "min_score",
            format_args!("{least} is not from 0 to 1"),
        );
        wrong.done()?;
        let texts = if request.name.is_empty() {
            vec![(request.language.clone(), request.text.clone())]
        } else {
            of_record(model, &request.name, sight)?
        };
        Ok(Self {
            texts,
            own: request.name.clone(),
            dialogues: request.dialogues.clone(),
            kinds: request.kinds.clone(),
            least: if least == 0.0 { LEAST } else { least },
            limit,
        })
    }

    /// Whether a text is not asked for.
    fn leaves_out(&self, said: &Said) -> bool {
        *said.name == *self.own
            || !is_in(&self.dialogues, dialogue_of(&said.name))
            || !is_in(&self.kinds, kind_of(&said.name))
    }
}

/// Checks the filters that both questions have.
pub(super) fn scope(
    wrong: &mut Violations,
    dialogues: &[String],
    kinds: &[String],
    known: &[&str],
) {
    for (field, values) in [("dialogues", dialogues), ("kinds", kinds)] {
        let count = values.len();
        wrong.require(
            count <= MOST_VALUES,
            field,
            format_args!("has {count} values; at most {MOST_VALUES} are taken"),
        );
    }
    wrong.names("dialogues", dialogues, DIALOGUE);
    for (place, kind) in kinds.iter().enumerate().take(MOST_VALUES) {
        wrong.require(
            known.contains(&kind.as_str()),
            format_args!("kinds[{place}]"),
            format_args!("is not one of {}", known.join(", ")),
        );
    }
}

/// How many records are asked for.
pub(super) fn limit(wrong: &mut Violations, limit: i32) -> usize {
    match usize::try_from(limit) {
        Ok(0) => LIMIT,
        Ok(limit) => limit.min(MOST_RECORDS),
        Err(_) => {
            wrong.add("limit", format_args!("{limit} is negative"));
            0
        }
    }
}

/// Whether a list of what is asked for has this; an empty one has everything.
pub(super) fn is_in(asked: &[String], value: &str) -> bool {
    asked.is_empty() || asked.iter().any(|asked| asked == value)
}

/// The kind of a record, by its name.
fn kind_of(name: &str) -> &str {
    let collection = name.rsplit('/').nth(1).unwrap_or_default();
    collection.strip_suffix('s').unwrap_or(collection)
}

/// The texts of a record that are compared, as a reader sees them.
fn of_record(model: &Model, name: &str, sight: &Sight) -> Result<Vec<(String, String)>> {
    let missing = || Error::NotFound { name: name.into() };
    let thing = seen_thing(model, name, sight).ok_or_else(missing)?;
    let own = said(model, name).map(|(_, text)| text);
    let text = own.or(thing.title.as_deref());
    Ok(text.map(texts_of).unwrap_or_default())
}

fn texts_of(text: &LocalizedText) -> Vec<(String, String)> {
    let all = text.by_language.iter().take(MOST_TEXTS);
    all.map(|(language, text)| (language.clone(), text.chars().take(MOST_CHARS).collect()))
        .collect()
}

impl Search {
    /// Answers a request for a reader with this sight, and says what that rests on.
    pub async fn similar(
        &self,
        request: &SimilarRequest,
        sight: &Sight,
    ) -> Result<(Vec<SimilarText>, Vec<Position>)> {
        let views = &self.shared.views;
        let question = views.whole(|model| SimilarQuestion::read(request, model, sight))?;
        let question = Arc::new(question);
        let positions = self.positions();
        let mut found = Vec::new();
        for (language, text) in &question.texts {
            let draft = Draft {
                text: text.clone(),
                language: language.clone(),
                least: question.least,
                limit: question.limit,
                sight: sight.clone(),
            };
            let asked = question.clone();
            found.extend(
                self.alike(draft, move |said| asked.leaves_out(said))
                    .await?,
            );
        }
        let found = best(found, question.limit);
        let shown = views.whole(|model| {
            let shown = found.iter().filter_map(|one| shown(model, one, sight));
            shown.collect()
        });
        Ok((shown, positions))
    }

    /// What a text repeats that a record has just been given: nothing that its writer may not see, and nothing of
    /// the record itself.
    pub async fn said_before(
        &self,
        name: &str,
        text: &LocalizedText,
        sight: &Sight,
    ) -> Result<SaidBefore> {
        let own: Arc<str> = name.into();
        let mut found = Vec::new();
        for (language, text) in texts_of(text) {
            let draft = Draft {
                text,
                language,
                least: REPEATS,
                limit: MOST_REPEATED,
                sight: sight.clone(),
            };
            let own = own.clone();
            found.extend(self.alike(draft, move |said| said.name == own).await?);
        }
        let found = best(found, MOST_REPEATED);
        let texts = self.shared.views.whole(|model| {
            let shown = found.iter().filter_map(|one| shown(model, one, sight));
            let brief = |one: SimilarText| SaidText {
                name: one.name,
                language: one.language,
                date: one.date,
                score: one.score,
                likeness: one.likeness,
            };
            shown.map(brief).collect()
        });
        Ok(SaidBefore { texts })
    }
}

/// Of each record what is most alike; the most alike first.
fn best(found: Vec<Match<Said>>, limit: usize) -> Vec<Match<Said>> {
    let mut by_name: BTreeMap<Arc<str>, Match<Said>> = BTreeMap::new();
    for one in found {
        match by_name.get(&one.key.name) {
            Some(there) if there.alike.score >= one.alike.score => {}
            _ => drop(by_name.insert(one.key.name.clone(), one)),
        }
    }
    let mut best: Vec<Match<Said>> = by_name.into_values().collect();
    best.sort_by(|one, other| other.alike.score.total_cmp(&one.alike.score));
    best.truncate(limit);
    best
}

fn shown(model: &Model, found: &Match<Said>, sight: &Sight) -> Option<SimilarText> {
    let name = &*found.key.name;
    let thing = seen_thing(model, name, sight)?;
    let one = |field: &str| thing.values(field).next().unwrap_or_default().to_owned();
    let alike = &found.alike;
    let score = alike.score.min(1.0);
    let likeness = if score >= DUPLICATE {
        Likeness::Duplicate
    } else if score >= REPEATS {
        Likeness::Repeats
    } else {
        Likeness::Alike
    };
    Some(SimilarText {
        name: name.to_owned(),
        kind: one(KIND),
        state: one(STATE),
        language: found.key.language.to_string(),
        date: thing
            .date
            .map(|date| date.value.clone())
            .unwrap_or_default(),
        score,
        likeness: likeness.into(),
        share_of_asked: alike.of_first,
        share_of_found: alike.of_second,
        shared: shared(alike),
        title: thing.title.map(std::borrow::Cow::into_owned),
    })
}

/// What two texts have in common, the weightiest first.
pub(super) fn shared(alike: &Alike) -> Vec<SharedTerm> {
    let some = alike.shared.iter().take(MOST_SHARED);
    some.map(|shared| SharedTerm {
        term: shared.text.clone(),
        is_concept: shared.is_concept,
        weight: shared.weight,
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{self, Put as _};

    fn wrong(request: &SimilarRequest) -> String {
        let read = SimilarQuestion::read(request, &Model::default(), &Sight::Public);
        read.unwrap_err().to_string()
    }

    #[test]
    fn a_request_names_every_wrong_field() {
        let request = SimilarRequest {
            text: "a ".repeat(MOST_CHARS),
            language: "no_such".into(),
            dialogues: vec!["rabat".into()],
            kinds: vec!["event".into()],
            limit: -1,
            min_score: 1.5,
            ..SimilarRequest::default()
        };
        let error = wrong(&request);
        for field in [
            "text:",
            "language:",
            "dialogues[0]",
            "kinds[0]",
            "limit:",
            "min_score:",
        ] {
            assert!(error.contains(field), "{field} in {error}");
        }
        assert!(wrong(&SimilarRequest::default()).contains("text:"));
        let both = SimilarRequest {
            text: "a".into(),
            name: "dialogues/rabat/recommendations/a".into(),
            min_score: f32::NAN,
            ..SimilarRequest::default()
        };
        let error = wrong(&both);
        assert!(
            error.contains("text:") && error.contains("min_score:"),
            "{error}"
        );
    }

    #[test]
    fn a_record_is_asked_about_by_each_of_its_texts_and_is_not_found_itself() {
        let mut model = Model::default();
        let mut one = sample::recommendation("rabat", "a", "");
        let texts = &mut one.text.get_or_insert_default().by_language;
        texts.insert("fr".into(), "le texte".into());
        model.put(one.clone());
        let request = SimilarRequest {
            name: one.name.clone(),
            kinds: vec!["recommendation".into()],
            dialogues: vec!["dialogues/khartoum".into()],
            ..SimilarRequest::default()
        };
        let question = SimilarQuestion::read(&request, &model, &Sight::Public).unwrap();
        assert_eq!(question.texts.len(), 2);
        let leaves_out = |name: &str| question.leaves_out(&Said::sample(name));
        assert!(leaves_out(&one.name));
        assert!(leaves_out("dialogues/rabat/recommendations/b"));
        assert!(leaves_out("dialogues/khartoum/instruments/b"));
        assert!(!leaves_out("dialogues/khartoum/recommendations/b"));
        let nobody = SimilarRequest {
            name: "dialogues/rabat/recommendations/none".into(),
            ..SimilarRequest::default()
        };
        let missing = SimilarQuestion::read(&nobody, &model, &Sight::Public).unwrap_err();
        assert!(matches!(missing, Error::NotFound { .. }));
    }
}
