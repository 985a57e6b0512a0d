//! Words, names and neighbours put together, with the reasons.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

use super::classes::{Classes, Said};

/// So many of the most alike texts are heard.
const NEIGHBOURS: usize = 14;
/// What the name of a class in a text is worth, against all of its words.
const NAME: f32 = 0.5;
/// What it is worth at most that people put alike texts into a class.
const NEIGHBOUR: f32 = 0.45;
/// Evidence that is as good as none.
const NONE: f32 = 0.2;
/// How much the mean of the best counts against a class, and how many those are.
const OTHERS: f32 = 0.6;
const BEST: usize = 4;
/// How sharply evidence is told from none.
const SHARP: f32 = 2.5;
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
    /// What words, name and neighbours are worth; their sum is the evidence.
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
    leave_out_outdone(classes, &mut all);
    all
}

/// Leaves out each class that is not surer than one below it.
pub fn leave_out_outdone<N, K: Clone + Eq + Hash + Ord>(
    classes: &Classes<K>,
    all: &mut Vec<Suggestion<N, K>>,
) {
    let scores: HashMap<&K, f32> = all.iter().map(|one| (&one.class, one.score)).collect();
    let mut outdone = BTreeSet::new();
    for one in all.iter() {
        let above = classes.with_those_above(&one.class).into_iter().skip(1);
        let less = |key: &&K| scores.get(key).is_some_and(|score| *score <= one.score);
        outdone.extend(above.map(|place| classes.key(place)).filter(less).cloned());
    }
    all.retain(|one| !outdone.contains(&one.class));
}

/// The same, those that are outdone by one below them too.
pub fn scored<N: Clone + Ord, K: Clone + Eq + Hash + Ord>(
    classes: &Classes<K>,
    text: &str,
    language: &str,
    neighbours: &[Neighbour<N, K>],
    least: f32,
) -> Vec<Suggestion<N, K>> {
    let near = near(classes, neighbours);
    let weigh = |(place, said): (usize, &Said)| {
        let name = if said.named.is_some() { NAME } else { 0.0 };
        let close = near.get(&place).map_or(0.0, |(worth, _)| *worth);
        [said.covered, name, NEIGHBOUR * close]
    };
    let said = classes.said(text, language);
    let parts: Vec<[f32; 3]> = said.iter().enumerate().map(weigh).collect();
    let evidence: Vec<f32> = parts.iter().map(|parts| parts.iter().sum()).collect();
    let mut order: Vec<usize> = (0..evidence.len())
        .filter(|place| evidence[*place] > 0.0)
        .collect();
    order.sort_by(|a, b| evidence[*b].total_cmp(&evidence[*a]).then(a.cmp(b)));
    let mut all = Vec::new();
    for place in &order {
        let others = rivals(classes, &order, *place).map(|rival| evidence[rival]);
        let score = sureness(evidence[*place], others.sum::<f32>() / BEST as f32);
        if score < least {
            continue;
        }
        let said = &said[*place];
        all.push(Suggestion {
            class: classes.key(*place).clone(),
            score,
            reasons: Reasons {
                parts: parts[*place],
                words: said.shared.iter().take(SHOWN).cloned().collect(),
                named: said.named.clone(),
                neighbours: near
                    .get(place)
                    .map(|(_, names)| names.clone())
                    .unwrap_or_default(),
            },
        });
    }
    all.sort_by(|a, b| {
        let by_score = b.score.total_cmp(&a.score);
        by_score.then_with(|| a.class.cmp(&b.class))
    });
    all
}

/// How sure a class is, from its evidence and the mean evidence of the best.
fn sureness(evidence: f32, best: f32) -> f32 {
    let own = evidence.powf(SHARP);
    own / (own + NONE.powf(SHARP) + OTHERS * best.powf(SHARP))
}

/// The best classes of the scheme of this one, itself among them; those above and below it are not its rivals.
fn rivals<'a, K: Clone + Eq + Hash + Ord>(
    classes: &'a Classes<K>,
    order: &'a [usize],
    place: usize,
) -> impl Iterator<Item = usize> + 'a {
    let kin = move |other: usize| {
        other != place && (classes.is_above(other, place) || classes.is_above(place, other))
    };
    let all = order.iter().copied();
    all.filter(move |other| classes.same_scheme(*other, place) && !kin(*other))
        .take(BEST)
}

/// What the neighbours of a class say, from 0 to 1, and who they are, the most alike first.
type Near<N> = (f32, Vec<(N, f32)>);

/// By class what its neighbours say, scheme by scheme: their share of the votes of all that are in a class of the
/// scheme. Many votes of texts that are hardly alike are worth little.
fn near<N: Clone + Ord, K: Clone + Eq + Hash + Ord>(
    classes: &Classes<K>,
    neighbours: &[Neighbour<N, K>],
) -> BTreeMap<usize, Near<N>> {
    let mut nearest: Vec<&Neighbour<N, K>> = neighbours.iter().collect();
    nearest.sort_by(|a, b| {
        let by_likeness = b.likeness.total_cmp(&a.likeness);
        by_likeness.then_with(|| a.name.cmp(&b.name))
    });
    // By scheme: how many were heard, and their votes together.
    let mut heard: BTreeMap<usize, (usize, f32)> = BTreeMap::new();
    let mut near: BTreeMap<usize, Near<N>> = BTreeMap::new();
    for one in nearest {
        let vote = one.likeness.clamp(0.0, 1.0).powi(2);
        let all = one.classes.iter();
        let places: BTreeSet<usize> = all.flat_map(|key| classes.with_those_above(key)).collect();
        let schemes: BTreeSet<usize> = places.iter().map(|at| classes.scheme(*at)).collect();
        let mut full = BTreeSet::new();
        for scheme in schemes {
            let (count, votes) = heard.entry(scheme).or_default();
            if *count == NEIGHBOURS {
                full.insert(scheme);
            } else {
                *count += 1;
                *votes += vote;
            }
        }
        for place in places {
            if !full.contains(&classes.scheme(place)) {
                let (votes, names) = near.entry(place).or_default();
                *votes += vote;
                names.push((one.name.clone(), one.likeness));
            }
        }
    }
    for (place, (votes, names)) in &mut near {
        let (_, all) = heard[&classes.scheme(*place)];
        let most_alike = names.first().map_or(0.0, |(_, likeness)| likeness.min(1.0));
        *votes = *votes / all.max(f32::MIN_POSITIVE) * most_alike.sqrt();
    }
    near
}
