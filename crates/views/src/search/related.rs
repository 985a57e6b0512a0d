//! What has to do with a record, and why.
//!
//! Candidates come from the index (the record's weightiest words; each of its rarest themes, nodes and parties), from
//! what has been said that is like it, and from who names whom. Each is then scored by what both have, as far as the
//! reader sees it, and every part of the score is a reason that is told.

use std::collections::{BTreeMap, BTreeSet};

use rapporteur_proto::gateway::v1::{Position, RelatedRecord, RelatedRequest};
use rapporteur_records::{Error, Pattern, Result, Sight, Violations};
use rapporteur_search::index::record_of;
use rapporteur_search::similar::Texts;
use rapporteur_search::{Ask, Filter, Index, Node, Order, Query};

use self::score::{Side, score};
use super::Search;
use super::answer::seen_thing;
use super::field::{NODE, PARTY, THEME};
use super::lens::seen;
use super::said::{Said, spoken};
use super::similar::{is_in, limit, scope};
use super::words::KINDS;
use crate::model::Model;
use crate::scope::dialogue_of;

mod score;
#[cfg(test)]
mod tests;
mod ties;

/// Words of a record that are looked for.
const WORDS: usize = 24;
/// Texts of a record that are read for its words.
const TEXTS: usize = 4;
/// Most themes, nodes or parties of a record that are looked for, each.
const VALUES: usize = 16;
/// Candidates that words give, and that each theme, node or party gives.
const BY_WORDS: usize = 150;
const BY_VALUE: usize = 40;
/// The least likeness of texts that makes a candidate.
const LEAST: f32 = 0.15;
/// Most candidates that are scored.
const CANDIDATES: usize = 600;
const ANY: Pattern = Pattern("dialogues/*/*/*");
const SOURCE: Pattern = Pattern("sources/*");

/// How rare values are: 1 for one that hardly any record has, 0 for one that all have, as the reader sees it.
#[derive(Debug, Default)]
pub(super) struct Rarity {
    total: u64,
    having: BTreeMap<(&'static str, String), u64>,
}

impl Rarity {
    /// That of a value of a field.
    pub(super) fn of(&self, field: &'static str, value: &str) -> f32 {
        let having = self.having.get(&(field, value.to_owned()));
        let having = having.copied().unwrap_or(self.total) as f32;
        let total = (self.total as f32).max(1.0);
        let rarity = (1.0 + total / (1.0 + having)).ln() / (1.0 + total).ln();
        rarity.clamp(0.0, 1.0)
    }
}

/// A request whose form is right.
#[derive(Debug)]
struct RelatedQuestion {
    name: String,
    dialogues: Vec<String>,
    kinds: Vec<String>,
    limit: usize,
    sight: Sight,
}

impl RelatedQuestion {
    fn read(request: &RelatedRequest, sight: &Sight) -> Result<Self> {
        let mut wrong = Violations::default();
        let name = request.name.as_str();
        if name.starts_with("sources/") {
            wrong.required_name("name", name, SOURCE);
        } else {
            wrong.required_name("name", name, ANY);
        }
        let kinds: Vec<&str> = KINDS
            .into_iter()
            .filter(|kind| *kind != "document")
            .collect();
        scope(&mut wrong, &request.dialogues, &request.kinds, &kinds);
        let limit = limit(&mut wrong, request.limit);
        wrong.done()?;
        Ok(Self {
            name: request.name.clone(),
            dialogues: request.dialogues.clone(),
            kinds: request.kinds.clone(),
            limit,
            sight: sight.clone(),
        })
    }

    /// What is looked for: none of a record that there is not, or that the reader does not see.
    fn looked_for(&self, model: &Model, texts: &Texts<Said>) -> Option<LookedFor> {
        let thing = seen_thing(model, &self.name, &self.sight)?;
        let mut words: Vec<String> = Vec::new();
        let own: Vec<(String, String)> = thing
            .words
            .iter()
            .take(TEXTS)
            .map(|words| (words.language.to_owned(), words.text.clone().into_owned()))
            .collect();
        for (language, text) in &own {
            words.extend(texts.weighty(text, spoken(language, text), WORDS / own.len()));
        }
        let mut values = Vec::new();
        for field in [THEME, NODE, PARTY] {
            let some = thing.values(field).take(VALUES);
            values.extend(some.map(|value| (field, value.to_owned())));
        }
        Some(LookedFor {
            texts: own,
            words,
            values,
            ties: ties::around(model, &self.name),
        })
    }

    /// The records that may have to do with it, those that many ways lead to first; and how rare each value is.
    fn candidates(&self, index: &Index, looked_for: &LookedFor) -> Result<(Votes, Rarity)> {
        let mut votes = Votes::default();
        let sight = seen(&self.sight);
        let ask = |nodes: Vec<Node>, filters: &[(&'static str, Filter)], size: usize| {
            let order = if nodes.is_empty() {
                Order::Latest
            } else {
                Order::Relevance
            };
            let query = Query {
                nodes,
                filters: Vec::new(),
            };
            let ask = Ask {
                query: &query,
                filters,
                sight: &sight,
                languages: &[],
                facets: &[],
                order,
                size,
                after: None,
                texts: None,
            };
            let answer = index.ask(&ask);
            answer.map_err(|error| Error::Internal(error.to_string()))
        };
        let all = ask(Vec::new(), &[], 1)?;
        let mut rarity = Rarity {
            total: all.total,
            having: BTreeMap::new(),
        };
        for (field, value) in &looked_for.values {
            let filter = [(*field, Filter::Is(field, value.clone()))];
            let found = ask(Vec::new(), &filter, BY_VALUE)?;
            rarity.having.insert((*field, value.clone()), found.total);
            votes.add(found.places.iter().map(|place| record_of(&place.name)));
        }
        if !looked_for.words.is_empty() {
            let words: Vec<Node> = looked_for.words.iter().cloned().map(Node::Word).collect();
            let any = vec![Node::Any(words)];
            let found = ask(any.clone(), &[], BY_WORDS)?;
            votes.add(found.places.iter().map(|place| record_of(&place.name)));
            let shared = looked_for.values.iter();
            let shared = shared.map(|(field, value)| Filter::Is(field, value.clone()));
            let found = ask(any, &[("", Filter::Any(shared.collect()))], BY_WORDS)?;
            votes.add(found.places.iter().map(|place| record_of(&place.name)));
        }
        // Who names whom is sure.
        for _ in 0..3 {
            votes.add(looked_for.ties.iter().map(String::as_str));
        }
        Ok((votes, rarity))
    }

    /// The best of these, each with its reasons.
    fn best(
        &self,
        model: &Model,
        texts: &Texts<Said>,
        candidates: &[String],
        rarity: &Rarity,
    ) -> Option<Vec<RelatedRecord>> {
        let asked = Side::of(model, &self.name, &self.sight)?;
        let mut best = Vec::new();
        for name in candidates {
            if *name == self.name || !is_in(&self.dialogues, dialogue_of(name)) {
                continue;
            }
            let Some(other) = Side::of(model, name, &self.sight) else {
                continue;
            };
            if !is_in(&self.kinds, other.kind()) {
                continue;
            }
            let reasons = score(model, texts, &asked, &other, rarity, &self.sight);
            if !reasons.is_empty() {
                best.push(other.related(reasons));
            }
        }
        best.sort_by(|one: &RelatedRecord, other| {
            let by_score = other.score.total_cmp(&one.score);
            by_score.then_with(|| one.name.cmp(&other.name))
        });
        best.truncate(self.limit);
        Some(best)
    }
}

/// By what a record is looked for.
#[derive(Debug)]
struct LookedFor {
    texts: Vec<(String, String)>,
    words: Vec<String>,
    values: Vec<(&'static str, String)>,
    ties: BTreeSet<String>,
}

/// How many ways lead to each candidate.
#[derive(Debug, Default)]
struct Votes(BTreeMap<String, u32>);

impl Votes {
    fn add<'n>(&mut self, names: impl Iterator<Item = &'n str>) {
        for name in names {
            match self.0.get_mut(name) {
                Some(votes) => *votes += 1,
                None => drop(self.0.insert(name.to_owned(), 1)),
            }
        }
    }

    fn most(self) -> Vec<String> {
        let mut all: Vec<(String, u32)> = self.0.into_iter().collect();
        all.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        all.truncate(CANDIDATES);
        all.into_iter().map(|(name, _)| name).collect()
    }
}

impl Search {
    /// Answers a request for a reader with this sight, and says what that rests on.
    pub async fn related(
        &self,
        request: &RelatedRequest,
        sight: &Sight,
    ) -> Result<(Vec<RelatedRecord>, Vec<Position>)> {
        let question = RelatedQuestion::read(request, sight)?;
        let search = self.clone();
        self.of_index(move || {
            let (positions, index) = (search.positions(), search.live()?.1);
            let (views, sayings) = (&search.shared.views, &search.shared.sayings);
            let missing = || Error::NotFound {
                name: question.name.clone(),
            };
            let looked_for =
                sayings.ask(|texts| views.whole(|model| question.looked_for(model, texts)))?;
            let looked_for = looked_for.ok_or_else(missing)?;
            let (mut votes, rarity) = question.candidates(&index, &looked_for)?;
            for (language, text) in &looked_for.texts {
                let language = spoken(language, text);
                let unseen = |said: &Said| !said.is_seen(&question.sight);
                let like =
                    sayings.ask(|texts| texts.similar(text, language, LEAST, BY_WORDS, unseen))?;
                votes.add(like.iter().map(|one| &*one.key.name));
            }
            let candidates = votes.most();
            let best = sayings.ask(|texts| {
                views.whole(|model| question.best(model, texts, &candidates, &rarity))
            })?;
            Ok((best.ok_or_else(missing)?, positions))
        })
        .await
    }
}
