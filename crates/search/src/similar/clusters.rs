//! Groups of texts that say the same.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use super::likeness::{Print, compare};
use super::texts::Texts;
use super::vocabulary::Term;

/// So many neighbours of one text are looked at.
const NEIGHBOURS: usize = 40;

/// Texts that say the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster<K> {
    /// The one that the others are most like: the first by key among the same texts of the largest group.
    pub leader: K,
    /// All of them with their likeness to the leader, the leader itself first, then by key.
    pub members: Vec<(K, f32)>,
}

impl<K: Clone + Eq + Hash + Ord> Texts<K> {
    /// Groups of near-duplicates: texts with a likeness of `least` or more. Two groups become one only if their
    /// leaders are alike too, so that a chain of small changes does not bring together what differs. The same
    /// texts give the same groups, the largest first.
    pub fn clusters(&self, least: f32) -> Vec<Cluster<K>> {
        // The same words in the same order are one text with several keys.
        let mut same: HashMap<&[Term], Vec<u32>> = HashMap::new();
        for (place, slot) in self.slots.iter().enumerate() {
            if let Some(slot) = slot.as_ref().filter(|slot| !slot.terms.is_empty()) {
                same.entry(&slot.terms).or_default().push(place as u32);
            }
        }
        let mut groups: Vec<Vec<u32>> = same.into_values().collect();
        let key = |place: u32| self.slots[place as usize].as_ref().map(|slot| &slot.key);
        for group in &mut groups {
            group.sort_by_key(|place| key(*place));
        }
        groups.sort_by(|a, b| {
            b.len()
                .cmp(&a.len())
                .then_with(|| key(a[0]).cmp(&key(b[0])))
        });
        let leads: HashMap<u32, usize> = groups
            .iter()
            .enumerate()
            .map(|(number, group)| (group[0], number))
            .collect();

        let prints: Vec<Print> = groups.iter().map(|group| self.print(group[0])).collect();
        let mut edges: Vec<(f32, usize, usize)> = Vec::new();
        let mut scratch = Vec::new();
        for (number, print) in prints.iter().enumerate() {
            for place in self.candidates(print, least, NEIGHBOURS, &mut scratch, |_| false) {
                let Some(other) = leads.get(&place).copied().filter(|other| *other != number)
                else {
                    continue;
                };
                let score = compare(&self.vocabulary, print, &prints[other], &[]).score;
                if score >= least {
                    edges.push((score, number.min(other), number.max(other)));
                }
            }
        }
        edges.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        edges.dedup_by_key(|edge| (edge.1, edge.2));

        // The leader of a group is its first by size, then by key: the lowest number.
        let mut leader: Vec<usize> = (0..groups.len()).collect();
        for (_, a, b) in edges {
            let (a, b) = (root(&mut leader, a), root(&mut leader, b));
            if a != b && compare(&self.vocabulary, &prints[a], &prints[b], &[]).score >= least {
                leader[a.max(b)] = a.min(b);
            }
        }
        let mut clusters: BTreeMap<usize, Vec<(K, f32)>> = BTreeMap::new();
        for (number, group) in groups.iter().enumerate() {
            let lead = root(&mut leader, number);
            let score = if lead == number {
                1.0
            } else {
                compare(&self.vocabulary, &prints[lead], &prints[number], &[]).score
            };
            let members = clusters.entry(lead).or_default();
            members.extend(
                group
                    .iter()
                    .filter_map(|place| key(*place))
                    .map(|key| (key.clone(), score)),
            );
        }
        let whole = |(lead, mut members): (usize, Vec<(K, f32)>)| {
            let leader = key(groups[lead][0])?.clone();
            members.sort_by(|a, b| {
                (a.0 != leader)
                    .cmp(&(b.0 != leader))
                    .then_with(|| a.0.cmp(&b.0))
            });
            (members.len() > 1).then_some(Cluster { leader, members })
        };
        let mut clusters: Vec<Cluster<K>> = clusters.into_iter().filter_map(whole).collect();
        clusters.sort_by(|a, b| {
            b.members
                .len()
                .cmp(&a.members.len())
                .then_with(|| a.leader.cmp(&b.leader))
        });
        clusters
    }

    fn print(&self, place: u32) -> Print {
        Print::new(
            self.slots[place as usize]
                .as_ref()
                .map_or(&[], |slot| &slot.terms),
        )
    }
}

fn root(leader: &mut [usize], of: usize) -> usize {
    let mut at = of;
    while leader[at] != at {
        leader[at] = leader[leader[at]];
        at = leader[at];
    }
    at
}
