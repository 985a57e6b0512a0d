//! Names with letters wrong.

use std::collections::BTreeMap;

use super::families::are_taken_for_each_other;
use super::fold::key_of;
use super::{Candidate, How, Kind, Only, Resolution, Resolver};

/// Shorter names are not guessed at: too many others are a letter away.
const LEAST_LETTERS: usize = 6;
/// From so many letters on, another spelling in use is guessed at, in Latin letters: in scripts whose words are a few signs
/// long, as many wrong ones are too many.
const LEAST_LETTERS_OF_ALIASES: usize = 8;
/// From so many letters on, two of them may be wrong.
const TWO_WRONG: usize = 10;
/// The second best must be so many changes further off.
const MARGIN: usize = 2;
/// What is further off is not compared.
const FARTHEST: usize = 3;
/// Those who may be meant that are named at most.
const MOST_CANDIDATES: usize = 5;
/// And the least share of letters that must be right for it.
const LEAST_LIKENESS: f32 = 0.7;

/// How far off somebody is: with what is added for another spelling in use, and in letters.
type Nearest = (usize, usize);

impl Resolver {
    /// Whom a name means that nobody has just so.
    pub(super) fn nearly(&self, name: &str, only: Only) -> Resolution<'_> {
        let key = key_of(name);
        let length = key.chars().count();
        if !(LEAST_LETTERS..=super::typo::MOST_LETTERS).contains(&length)
            || key.chars().any(|c| c.is_ascii_digit())
        {
            return Resolution::Unknown(Vec::new());
        }
        let near = [&self.typos, &self.gazetteer.typos].map(|typos| typos.near(&key, FARTHEST));
        let mut nearest: BTreeMap<u32, Nearest> = BTreeMap::new();
        // What is called nobody's name may be what is meant too.
        let mut nobody = usize::MAX;
        let first = key.chars().next();
        let mut same_begin = std::collections::BTreeSet::new();
        for (distance, other) in near.into_iter().flatten() {
            let claims = self.claims(other);
            if claims.is_empty() {
                nobody = nobody.min(distance);
            }
            for (id, named) in claims {
                // What is not a name in a language counts as if it were a change further off.
                if other.chars().next() == first {
                    same_begin.insert((id, distance));
                }
                let found = (distance + usize::from(!named), distance);
                let best = nearest.entry(id).or_insert(found);
                *best = found.min(*best);
            }
        }
        let mut ranked: Vec<(u32, Nearest)> = nearest.into_iter().collect();
        ranked.sort_by_key(|(id, nearest)| (*nearest, *id));
        let likeness = |distance: usize| 1.0 - distance as f32 / length as f32;
        if let [(id, (cost, distance)), others @ ..] = ranked.as_slice()
            && self.wanted(*id, only)
            && same_begin.contains(&(*id, *distance))
            && nobody >= distance + MARGIN
            && self.is_clear(*id, (*cost, *distance), (length, key.is_ascii()), others)
        {
            return Resolution::Match(self.candidate(*id, How::Typo, likeness(*distance)));
        }
        let candidates = ranked
            .into_iter()
            .filter(|(id, _)| self.wanted(*id, only))
            .map(|(id, (_, distance))| self.candidate(id, How::Typo, likeness(distance)))
            .filter(|candidate| candidate.score >= LEAST_LIKENESS)
            .take(MOST_CANDIDATES);
        Resolution::Unknown(candidates.collect::<Vec<Candidate<'_>>>())
    }

    /// Whether the best can be told from the others.
    fn is_clear(
        &self,
        best: u32,
        (cost, distance): Nearest,
        (length, latin): (usize, bool),
        others: &[(u32, Nearest)],
    ) -> bool {
        let most = if length >= TWO_WRONG { 2 } else { 1 };
        let long_enough =
            cost == distance || (latin && length >= LEAST_LETTERS_OF_ALIASES + 4 * (distance - 1));
        let code = &self.entity(best).code;
        let family = |id: u32| are_taken_for_each_other(code, &self.entity(id).code);
        distance <= most
            && long_enough
            && others
                .iter()
                .all(|(id, (far, _))| *far >= distance + MARGIN && *far > cost && !family(*id))
    }

    /// Who is called by a key, as the record has them.
    fn claims(&self, key: &str) -> Vec<(u32, bool)> {
        let mut all = Vec::new();
        let names = [&self.spelled.names, &self.gazetteer.spelled.names];
        for claim in names
            .into_iter()
            .filter_map(|names| names.get(key))
            .flatten()
        {
            all.extend(self.as_recorded(&[claim.entity]).map(|id| (id, claim.name)));
        }
        for ids in [&self.filled_in, &self.gazetteer.unclear]
            .into_iter()
            .filter_map(|of| of.get(key))
        {
            all.extend(self.as_recorded(ids).map(|id| (id, false)));
        }
        all
    }

    fn wanted(&self, id: u32, only: Only) -> bool {
        match (only, self.entity(id).kind) {
            (_, Kind::Person) => false,
            (Only::Anybody, _) => true,
            (Only::States, kind) => kind == Kind::State,
            (Only::Organisations, kind) => kind == Kind::Organisation,
        }
    }
}
