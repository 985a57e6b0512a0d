//! The queue of suggestions: each recommendation that says again what an earlier one said, with that one.
//!
//! Nothing of it is stored. What a person decided is in the record (a verdict, or a relation that says so), and what is
//! decided about one of several records with the same text holds for that text: nobody is asked the same twice.

use std::collections::HashMap;
use std::sync::Arc;

use rapporteur_proto::gateway::v1::{ListSuggestionsRequest, Suggestion};
use rapporteur_proto::recommendations::v1::{
    Recommendation, RelationKind, Verdict, VerdictDecision, VerdictKind,
};
use rapporteur_records::name::parent_of;
use rapporteur_records::words::verdict;
use rapporteur_records::{Error, Pattern, Result, Sight, Violations};
use rapporteur_search::similar::{DUPLICATE, REPEATS};

use super::Repeats;
use super::graph::{Graph, Record};
use crate::follow::Views;
use crate::model::{Model, below};
use crate::page::{Asked, Page, page};
use crate::scope::dialogue_of;
use crate::search::lens::is_internal;

/// Records that are looked at of the model at a time; others may read and write it in between.
const AT_A_TIME: usize = 500;
/// Words in common that are told.
const WORDS: usize = 8;
/// Answers that are kept.
const KEPT: usize = 8;
/// Most names of verdicts in one request.
const VERDICTS: usize = 1_000;

/// Suggestions whose form is right.
#[derive(Clone, Debug)]
pub struct Wanted {
    request: ListSuggestionsRequest,
    least: f32,
}

/// One page of suggestions, and how far the reckoning is.
#[derive(Clone, Debug)]
pub struct Suggested {
    /// The page.
    pub page: Page<Suggestion>,
    /// Texts that were looked at.
    pub reckoned: usize,
    /// Texts that have to be looked at yet.
    pub to_reckon: usize,
}

/// One recommendation, and the one that it repeats.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    score: f32,
    subject: Arc<str>,
    object: Arc<str>,
    /// Their texts.
    texts: (u32, u32),
    /// How many have the same object.
    alike: i32,
}

/// What was answered of late, by what it rests on.
pub(super) type Cache = Vec<(Basis, Arc<Vec<Pair>>)>;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Basis {
    sight: Sight,
    positions: [u64; 2],
    version: u64,
    least: f32,
}

impl Wanted {
    /// Reads a request; every wrong field is named.
    pub fn read(request: ListSuggestionsRequest) -> Result<Self> {
        const TEXT: Pattern = Pattern("dialogues/*/recommendations/*");
        let mut wrong = Violations::default();
        for (place, kind) in request.kinds.iter().enumerate() {
            let known = [VerdictKind::Repeats, VerdictKind::DuplicateOf];
            wrong.require(
                known.iter().any(|one| i32::from(*one) == *kind),
                format_args!("kinds[{place}]"),
                "is neither VERDICT_KIND_REPEATS nor VERDICT_KIND_DUPLICATE_OF",
            );
        }
        wrong.name("dialogue", &request.dialogue, Pattern("dialogues/*"));
        wrong.name("subject", &request.subject, TEXT);
        wrong.name("object", &request.object, TEXT);
        let many = request.verdicts.len();
        wrong.require(
            many <= VERDICTS,
            "verdicts",
            format_args!("has {many} entries; at most {VERDICTS} are looked for at once"),
        );
        let verdict = Pattern("dialogues/*/recommendations/*/verdicts/*");
        for (place, name) in request.verdicts.iter().take(VERDICTS).enumerate() {
            wrong.name(format_args!("verdicts[{place}]"), name, verdict);
        }
        let least = request.min_score;
        wrong.require((0.0..=1.0).contains(&least), "min_score", "is not 0 to 1");
        wrong.done()?;
        #[allow(clippy::cast_possible_truncation)]
        let least = (least as f32).max(REPEATS);
        Ok(Self { request, least })
    }

    fn has(&self, pair: &Pair) -> bool {
        let asked = &self.request;
        let is = |wanted: &str, is: &str| wanted.is_empty() || wanted == is;
        let kind = kind(pair);
        is(&asked.dialogue, dialogue_of(&pair.subject))
            && is(&asked.subject, &pair.subject)
            && is(&asked.object, &pair.object)
            && (asked.kinds.is_empty() || asked.kinds.contains(&kind.into()))
            && (asked.verdicts.is_empty()
                || asked
                    .verdicts
                    .iter()
                    .any(|name| parent_of(name) == &*pair.subject && *name == named(pair)))
    }
}

/// Word for word the same is a duplicate; the same in substance is a repetition.
fn kind(pair: &Pair) -> VerdictKind {
    if pair.score >= DUPLICATE {
        VerdictKind::DuplicateOf
    } else {
        VerdictKind::Repeats
    }
}

fn named(pair: &Pair) -> String {
    verdict::name(&pair.subject, kind(pair), &pair.object)
}

impl Repeats {
    /// One page of what is suggested to a reader with this sight: the surest first, equals by name.
    pub(in crate::search) fn suggest(
        &self,
        views: &Views,
        wanted: &Wanted,
        sight: &Sight,
        asked: Asked<'_>,
    ) -> Result<Suggested> {
        let (reckoned, to_reckon) = self.progress();
        let pairs = self.pairs(views, sight, wanted.least)?;
        let all = pairs.iter().filter(|pair| wanted.has(pair));
        let all = all.map(|pair| (key(pair), pair)).collect();
        let graph = self.graph();
        let page = views.whole(|model| page(all, asked, |pair| message(&graph, model, pair)));
        Ok(Suggested {
            page,
            reckoned,
            to_reckon,
        })
    }

    fn pairs(&self, views: &Views, sight: &Sight, least: f32) -> Result<Arc<Vec<Pair>>> {
        let poisoned = |_| Error::Internal("the kept suggestions were left halfway".to_owned());
        // First: what changes meanwhile makes another basis.
        let basis = Basis {
            sight: sight.clone(),
            positions: views.read_up_to(),
            version: self.version.load(std::sync::atomic::Ordering::Acquire),
            least,
        };
        let mut cache = self.cache.lock().map_err(poisoned)?;
        if let Some((_, known)) = cache.iter().find(|(known, _)| *known == basis) {
            return Ok(known.clone());
        }
        let made = Arc::new(self.make(views, sight, least));
        cache.truncate(KEPT - 1);
        cache.insert(0, (basis, made.clone()));
        Ok(made)
    }

    fn make(&self, views: &Views, sight: &Sight, least: f32) -> Vec<Pair> {
        let graph = self.graph();
        let records: Vec<&Record> = graph.repeating().collect();
        let mut pairs = Vec::new();
        for some in records.chunks(AT_A_TIME) {
            views.whole(|model| {
                let asked = Asker {
                    graph: &graph,
                    model,
                    sight,
                    least,
                };
                pairs.extend(some.iter().filter_map(|record| asked.pair(record)));
            });
        }
        let mut alike: HashMap<Arc<str>, i32> = HashMap::new();
        for pair in &pairs {
            *alike.entry(pair.object.clone()).or_default() += 1;
        }
        for pair in &mut pairs {
            pair.alike = alike.get(&pair.object).copied().unwrap_or_default();
        }
        pairs
    }
}

/// Who asks, of what.
pub(super) struct Asker<'a> {
    pub(super) graph: &'a Graph,
    pub(super) model: &'a Model,
    pub(super) sight: &'a Sight,
    pub(super) least: f32,
}

impl Asker<'_> {
    fn sees(&self, name: &str) -> Option<&Recommendation> {
        let text = self.model.recommendations.get(name)?;
        (self.sight.sees_inside(name) || !is_internal(text)).then_some(text)
    }

    /// What a recommendation repeats, if that is to be decided yet: of what is the same, else of what is nearly the
    /// same, else of what is alike, the earliest.
    pub(super) fn pair(&self, record: &Record) -> Option<Pair> {
        let subject = &record.place.name;
        let text = self.sees(subject)?;
        let settled = self.settled(subject, text);
        let mut best: Option<(u8, &super::graph::Place, Pair)> = None;
        for own in &record.texts {
            for (other, score) in self.graph.near(*own) {
                // What was decided may settle all; but for that, only what is surer than the best so far matters.
                let class = class(score);
                let is_worse = best.as_ref().is_some_and(|(known, ..)| class > *known);
                if score < self.least || (is_worse && settled.repeated.is_empty()) {
                    continue;
                }
                let says = |name: &&str| {
                    let record = self.graph.record(name);
                    record.is_some_and(|record| record.texts.contains(&other))
                };
                if settled.repeated.iter().any(|name| says(&name.as_str())) {
                    return None;
                }
                if settled.other.iter().any(|name| says(&name.as_str())) {
                    continue;
                }
                let members = self.graph.members(other);
                let mut earlier = members.take_while(|member| **member < record.place);
                let Some(object) = earlier
                    .find(|member| member.name != *subject && self.sees(&member.name).is_some())
                else {
                    continue;
                };
                let is_better = best
                    .as_ref()
                    .is_none_or(|(known, place, _)| (class, object) < (*known, place));
                if is_better && !self.is_settled_from(&object.name, subject) {
                    let pair = Pair {
                        score,
                        subject: subject.clone(),
                        object: object.name.clone(),
                        texts: (*own, other),
                        alike: 0,
                    };
                    best = Some((class, object, pair));
                }
            }
        }
        best.map(|(_, _, pair)| pair)
    }

    fn settled(&self, name: &str, text: &Recommendation) -> Settled {
        let mut settled = Settled::default();
        for relation in &text.relations {
            match relation.kind() {
                RelationKind::Repeats | RelationKind::DuplicateOf => {
                    settled.repeated.push(relation.target.clone());
                }
                _ => settled.other.push(relation.target.clone()),
            }
        }
        let verdicts = below(&self.model.verdicts, format!("{name}/verdicts/"));
        let decided = verdicts.filter(|(_, one)| is_decided(one));
        settled
            .other
            .extend(decided.map(|(_, one)| one.object.clone()));
        settled
    }

    /// Whether the other one says already how it stands to this one.
    fn is_settled_from(&self, other: &str, name: &str) -> bool {
        let related = self.model.recommendations.get(other);
        let related = related.is_some_and(|o| o.relations.iter().any(|r| r.target == name));
        let kinds = [VerdictKind::Repeats, VerdictKind::DuplicateOf];
        related
            || kinds.into_iter().any(|kind| {
                let verdict = self.model.verdicts.get(&verdict::name(other, kind, name));
                verdict.is_some_and(is_decided)
            })
    }
}

/// What is decided about a recommendation.
#[derive(Default)]
struct Settled {
    /// It says that it repeats these.
    repeated: Vec<String>,
    /// It does not repeat these, or stands to them otherwise.
    other: Vec<String>,
}

fn is_decided(verdict: &Verdict) -> bool {
    let kinds = [VerdictKind::Repeats, VerdictKind::DuplicateOf];
    let decisions = [VerdictDecision::Accepted, VerdictDecision::Rejected];
    kinds.contains(&verdict.kind()) && decisions.contains(&verdict.decision())
}

fn class(score: f32) -> u8 {
    if score >= 1.0 {
        0
    } else if score >= DUPLICATE {
        1
    } else {
        2
    }
}

/// The surest first, equals by name; each recommendation is there once.
pub(super) fn key(pair: &Pair) -> Vec<u8> {
    // Scores are not negative, so their bits are in their order.
    let sure = !pair.score.to_bits();
    [sure.to_be_bytes().as_slice(), pair.subject.as_bytes()].concat()
}

pub(super) fn message(graph: &Graph, model: &Model, pair: &Pair) -> Suggestion {
    let text = |name: &str| model.recommendations.get(name)?.text.clone();
    let why = graph.why(pair.texts.0, pair.texts.1);
    let words = why.into_iter().flat_map(|alike| alike.shared);
    Suggestion {
        verdict: named(pair),
        kind: kind(pair).into(),
        subject: pair.subject.to_string(),
        object: pair.object.to_string(),
        score: (f64::from(pair.score) * 1e4).round() / 1e4,
        reasons: words.map(|shared| shared.text).take(WORDS).collect(),
        subject_text: text(&pair.subject),
        object_text: text(&pair.object),
        alike: pair.alike,
    }
}
