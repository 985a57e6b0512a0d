//! How much two records have to do with each other: a sum of which each part is told.

use std::borrow::Cow;
use std::collections::BTreeSet;

use rapporteur_proto::gateway::v1::{RelatedBy, RelatedReason, RelatedRecord, SearchField};
use rapporteur_records::Sight;
use rapporteur_search::similar::{Alike, Texts};

use super::Rarity;
use super::ties::{is_seen, named_by};
use crate::model::Model;
use crate::search::answer::{seen_thing, title};
use crate::search::field::{KIND, NODE, PARTY, STATE, THEME};
use crate::search::said::{Said, spoken};
use crate::search::similar::shared;
use crate::search::thing::{Thing, Words};

/// What the same words in the same order add.
const WORDS: f32 = 1.0;
/// Words less alike than this add nothing.
const LEAST_ALIKE: f32 = 0.1;
/// What a theme, a node and a party add that hardly anybody has.
const BY_THEME: f32 = 0.3;
const BY_NODE: f32 = 0.4;
const BY_PARTY: f32 = 0.2;
/// What it adds that one names the other, that both name a third, and that both are of one meeting.
const BY_RELATION: f32 = 0.5;
const BY_COMMON: f32 = 0.25;
const BY_MEETING: f32 = 0.15;
/// Most texts of a record that are compared.
const TEXTS: usize = 6;
/// Most reasons of one sort.
const MOST_REASONS: usize = 8;

/// One of two records, as a reader sees it.
#[derive(Debug)]
pub(super) struct Side<'m> {
    name: &'m str,
    thing: Thing<'m>,
    named: BTreeSet<String>,
}

impl<'m> Side<'m> {
    pub(super) fn of(model: &'m Model, name: &'m str, sight: &Sight) -> Option<Self> {
        let thing = seen_thing(model, name, sight)?;
        let mut named = named_by(model, name);
        named.retain(|target| is_seen(model, target, sight));
        Some(Self { name, thing, named })
    }

    pub(super) fn kind(&self) -> &str {
        self.thing.values(KIND).next().unwrap_or_default()
    }

    fn values(&self, field: &str) -> BTreeSet<&str> {
        self.thing.values(field).collect()
    }

    /// The record with the reasons that lead to it.
    pub(super) fn related(self, reasons: Vec<RelatedReason>) -> RelatedRecord {
        let state = self
            .thing
            .values(STATE)
            .next()
            .unwrap_or_default()
            .to_owned();
        RelatedRecord {
            name: self.name.to_owned(),
            kind: self.kind().to_owned(),
            date: self
                .thing
                .date
                .map(|date| date.value.clone())
                .unwrap_or_default(),
            state,
            score: reasons.iter().map(|reason| reason.score).sum(),
            reasons,
            title: self.thing.title.map(Cow::into_owned),
        }
    }
}

/// Why two records have to do with each other, the weightiest reason first; nothing when they have not.
pub(super) fn score(
    model: &Model,
    texts: &Texts<Said>,
    asked: &Side<'_>,
    other: &Side<'_>,
    rarity: &Rarity,
    sight: &Sight,
) -> Vec<RelatedReason> {
    let mut reasons = Vec::new();
    if let Some(alike) = most_alike(texts, &asked.thing.words, &other.thing.words) {
        reasons.push(RelatedReason {
            by: RelatedBy::Words.into(),
            score: WORDS * alike.score.min(1.0),
            words: shared(&alike),
            ..RelatedReason::default()
        });
    }
    for (by, field, facet, weight) in [
        (RelatedBy::Theme, THEME, SearchField::Theme, BY_THEME),
        (RelatedBy::PlanNode, NODE, SearchField::PlanNode, BY_NODE),
        (RelatedBy::Party, PARTY, SearchField::Party, BY_PARTY),
    ] {
        let own = asked.values(field);
        // What a record has many of says less, each.
        let each = weight / (own.len().max(1) as f32).sqrt();
        let mut both: BTreeSet<&str> = own.intersection(&other.values(field)).copied().collect();
        if field == NODE {
            lowest(model, &mut both);
        }
        let mut some: Vec<RelatedReason> = both
            .into_iter()
            .map(|value| RelatedReason {
                by: by.into(),
                value: value.to_owned(),
                title: title(model, facet, value).cloned(),
                score: each * rarity.of(field, value),
                words: Vec::new(),
            })
            .collect();
        some.sort_by(|one, other| other.score.total_cmp(&one.score));
        some.truncate(MOST_REASONS);
        reasons.extend(some);
    }
    reasons.extend(named(model, asked, other, sight));
    reasons.retain(|reason| reason.score > 0.0);
    reasons.sort_by(|one, other| other.score.total_cmp(&one.score));
    reasons
}

/// That one names the other, or both a third.
fn named(model: &Model, asked: &Side<'_>, other: &Side<'_>, sight: &Sight) -> Vec<RelatedReason> {
    let reason = |by: RelatedBy, value: &str, score: f32| RelatedReason {
        by: by.into(),
        value: value.to_owned(),
        title: seen_thing(model, value, sight).and_then(|thing| thing.title.map(Cow::into_owned)),
        score,
        words: Vec::new(),
    };
    if asked.named.contains(other.name) || other.named.contains(asked.name) {
        // Both may name a third as well, but this says it.
        let direct = RelatedReason {
            title: None,
            ..reason(RelatedBy::Relation, other.name, BY_RELATION)
        };
        return vec![direct];
    }
    let common = asked.named.intersection(&other.named).take(MOST_REASONS);
    common
        .map(|third| {
            if model.events.contains_key(third) {
                reason(RelatedBy::Meeting, third, BY_MEETING)
            } else {
                reason(RelatedBy::Common, third, BY_COMMON)
            }
        })
        .collect()
}

/// Leaves nodes out that stand above others of these: what both serve lower down says more.
fn lowest(model: &Model, nodes: &mut BTreeSet<&str>) {
    let above: BTreeSet<&str> = nodes
        .iter()
        .filter_map(|node| model.nodes.get(*node))
        .map(|node| node.parent_node.as_str())
        .collect();
    nodes.retain(|node| !above.contains(node));
}

/// How alike two records are by those of their texts that are most alike: in one language where there is one,
/// otherwise by what their words stand for.
fn most_alike(texts: &Texts<Said>, own: &[Words<'_>], others: &[Words<'_>]) -> Option<Alike> {
    let (own, others) = (
        &own[..own.len().min(TEXTS)],
        &others[..others.len().min(TEXTS)],
    );
    let pairs = || own.iter().flat_map(|a| others.iter().map(move |b| (a, b)));
    let language = |text: &Words<'_>| spoken(text.language, &text.text).to_owned();
    let is_same = |(a, b): &(&Words<'_>, &Words<'_>)| language(a) == language(b);
    let same: Vec<(&Words<'_>, &Words<'_>)> = pairs().filter(is_same).collect();
    let some: Vec<(&Words<'_>, &Words<'_>)> = if same.is_empty() {
        pairs().take(2).collect()
    } else {
        same
    };
    let compared = some.into_iter().map(|(a, b)| {
        let (from, to) = (language(a), language(b));
        texts.compare((&a.text, &from), (&b.text, &to))
    });
    let best = compared.max_by(|one, other| one.score.total_cmp(&other.score));
    best.filter(|alike| alike.score >= LEAST_ALIKE)
}
