//! Words, names and neighbours put together, with the reasons.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;

use super::classes::{Classes, Said};

/// So many of the most alike texts are heard.
const NEIGHBOURS: usize = 10;
/// What each witness is worth at most.
const WORDS: f32 = 0.6;
const NAME: f32 = 0.6;
const NEIGHBOUR: f32 = 0.8;
/// A class that has this share of a text's weight has nearly all that a class can have.
const FULL: f32 = 0.45;
/// Words that are shown as reasons.
const SHOWN: usize = 6;

/// A text that people have put into classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbour<N, K> {
    /// Its name.
    pub name: N,
    /// How alike it is, from 0 to 1.
    pub likeness: f32,
    /// Its classes; those above count too.
    pub classes: Vec<K>,
}

/// Why a class is suggested.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reasons<N> {
    /// What each part is worth by itself, from 0 to 1: words, name, neighbours.
    pub parts: [f32; 3],
    /// Words (without their endings) and concepts in common, each with its share of all that is in common.
    pub words: Vec<(String, f32)>,
    /// The name of the class that stands in the text.
    pub named: Option<String>,
    /// Texts of this class that are alike, with their likeness, the most alike first.
    pub neighbours: Vec<(N, f32)>,
}

/// A class that a text may belong to.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion<N, K> {
    /// Which class.
    pub class: K,
    /// How sure that is, from 0 to 1.
    pub score: f32,
    /// Why.
    pub reasons: Reasons<N>,
}

/// The classes that a text may belong to with a score of `least` or more, the surest first, equal ones by key. A
/// class is left out where one below it is at least as sure: who accepts that one has both. `neighbours` are texts
/// like it, in any order; only such as whoever asks may see.
pub fn suggest<N: Clone + Ord, K: Clone + Eq + Hash + Ord>(
    classes: &Classes<K>,
    text: &str,
    language: &str,
    neighbours: &[Neighbour<N, K>],
    least: f32,
) -> Vec<Suggestion<N, K>> {
    let mut all = scored(classes, text, language, neighbours, least);
    let mut outdone = BTreeSet::new();
    for one in &all {
        let above = classes.with_those_above(&one.class).into_iter().skip(1);
        let less = |key: &K| {
            let other = all.iter().find(|other| other.class == *key);
            other.is_some_and(|other| other.score <= one.score)
        };
        outdone.extend(above.map(|place| classes.key(place).clone()).filter(less));
    }
    all.retain(|one| !outdone.contains(&one.class));
    all
}

/// The same, those that are outdone by one below them too.
pub fn scored<N: Clone + Ord, K: Clone + Eq + Hash + Ord>(
    classes: &Classes<K>,
    text: &str,
    language: &str,
    neighbours: &[Neighbour<N, K>],
    least: f32,
) -> Vec<Suggestion<N, K>> {
    let said = classes.said(text, language);
    let near = near(classes, neighbours);
    let words = contrast(&said);
    let mut all = Vec::new();
    for (place, (said, words)) in said.into_iter().zip(words).enumerate() {
        let (close, neighbours) = near.get(&place).cloned().unwrap_or_default();
        let name = if said.named.is_some() { NAME } else { 0.0 };
        let parts = [WORDS * words, name, NEIGHBOUR * close];
        let score = 1.0 - parts.iter().map(|part| 1.0 - part).product::<f32>();
        if score < least || score <= 0.0 {
            continue;
        }
        let mut words = said.shared;
        words.truncate(SHOWN);
        all.push(Suggestion {
            class: classes.key(place).clone(),
            score,
            reasons: Reasons {
                parts,
                words,
                named: said.named,
                neighbours,
            },
        });
    }
    all.sort_by(|a, b| {
        let by_score = b.score.total_cmp(&a.score);
        by_score.then_with(|| a.class.cmp(&b.class))
    });
    all
}

/// What the words say for each class, from 0 to 1: how much of the text it covers, held against the class that
/// covers the most.
fn contrast(said: &[Said]) -> Vec<f32> {
    let most = said.iter().map(|one| one.covered).fold(0.0, f32::max);
    let worth = |one: &Said| {
        if most <= 0.0 {
            return 0.0;
        }
        let absolute = (one.covered / FULL).min(1.0);
        absolute * (one.covered / most).powi(2)
    };
    said.iter().map(worth).collect()
}

/// By class what its neighbours say, from 0 to 1, and who they are.
fn near<N: Clone + Ord, K: Clone + Eq + Hash + Ord>(
    classes: &Classes<K>,
    neighbours: &[Neighbour<N, K>],
) -> BTreeMap<usize, (f32, Vec<(N, f32)>)> {
    let mut nearest: Vec<&Neighbour<N, K>> = neighbours
        .iter()
        .filter(|one| !one.classes.is_empty())
        .collect();
    nearest.sort_by(|a, b| {
        b.likeness
            .total_cmp(&a.likeness)
            .then_with(|| a.name.cmp(&b.name))
    });
    nearest.truncate(NEIGHBOURS);
    let weight = |one: &Neighbour<N, K>| one.likeness.clamp(0.0, 1.0).powi(2);
    let all: f32 = nearest.iter().map(|one| weight(one)).sum();
    let mut near: BTreeMap<usize, (f32, f32, Vec<(N, f32)>)> = BTreeMap::new();
    for one in nearest {
        let mut counted: Vec<usize> = one
            .classes
            .iter()
            .flat_map(|key| classes.with_those_above(key))
            .collect();
        counted.sort_unstable();
        counted.dedup();
        for place in counted {
            let (votes, best, names) = near.entry(place).or_default();
            *votes += weight(one);
            *best = best.max(one.likeness);
            names.push((one.name.clone(), one.likeness));
        }
    }
    // Many votes of texts that are hardly alike are worth little.
    let worth = |votes: f32, best: f32| votes / all.max(f32::MIN_POSITIVE) * best.min(1.0).sqrt();
    near.into_iter()
        .map(|(place, (votes, best, names))| (place, (worth(votes, best), names)))
        .collect()
}
