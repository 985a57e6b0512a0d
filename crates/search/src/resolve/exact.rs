//! Names looked up as they are written, but for what does not count.

use super::fold::{is_small, key, words};
use super::gazetteer::{Claim, capitals};
use super::{How, Kind, Only, Resolver, forms};

/// How sure a name in a language is, another spelling in use, and a name without its form of state.
const NAME: f32 = 1.0;
const ALIAS: f32 = 0.98;
const FORM: f32 = 0.95;

/// Whom a spelling means.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Lookup {
    /// Nobody is called so.
    Nothing,
    /// This one, by what, how sure.
    One(u32, How, f32),
    /// One of these, or nobody who is known: it cannot be told.
    Several(Vec<u32>),
}

impl Resolver {
    /// Whom a name means, without guessing at wrong letters.
    pub(super) fn exact(&self, name: &str, only: Only) -> Lookup {
        let name = name.trim();
        if let Some(id) = self.by_name.get(name) {
            return self.told(&[*id], How::Code, NAME, only);
        }
        let code = self.code(name, only);
        if code != Lookup::Nothing {
            return code;
        }
        let whole = words(name);
        if whole.is_empty() {
            return Lookup::Nothing;
        }
        let found = self.named(&key(&whole), only);
        if found != Lookup::Nothing {
            return found;
        }
        if let Some((outer, inner)) = turned(name) {
            let (outer_words, inner_words) = (words(outer), words(inner));
            let around = [&inner_words[..], &outer_words[..]].concat();
            let found = self.named(&key(&around), only);
            if found != Lookup::Nothing {
                return found;
            }
            // "Benin (BEN)", "Iran (Islamic Republic of)": what is in the brackets says the same, or nothing.
            let found = self.named(&key(&outer_words), only);
            if let (Lookup::One(id, ..), true) = (&found, name.contains('(')) {
                let empty = inner_words
                    .iter()
                    .all(|word| is_small(word) || forms::is_form(word));
                let same =
                    matches!(self.plainly(inner, only), Lookup::One(other, ..) if other == *id);
                if same || (empty && !forms::tells_apart(&self.entity(*id).code, &inner_words)) {
                    return found;
                }
            }
        }
        self.without_form(&whole, only)
    }

    /// As a code or a name, just so.
    fn plainly(&self, name: &str, only: Only) -> Lookup {
        match self.code(name.trim(), only) {
            Lookup::Nothing => self.named(&key(&words(name)), only),
            found => found,
        }
    }

    fn code(&self, name: &str, only: Only) -> Lookup {
        let shorter = capitals(name);
        let spellings = [Some(name), shorter.as_deref()];
        for codes in [&self.spelled.codes, &self.gazetteer.spelled.codes] {
            for spelling in spellings.into_iter().flatten() {
                if let Some(ids) = codes.get(spelling) {
                    let found = self.told(ids, How::Code, NAME, only);
                    if found != Lookup::Nothing {
                        return found;
                    }
                }
            }
        }
        Lookup::Nothing
    }

    /// By key: the record first, then what is unclear, then the names in languages, then other spellings.
    pub(super) fn named(&self, key: &str, only: Only) -> Lookup {
        if key.is_empty() {
            return Lookup::Nothing;
        }
        if let Some(claims) = self.spelled.names.get(key) {
            let found = self.claimed(claims, only);
            if found != Lookup::Nothing {
                return found;
            }
        }
        if let Some(ids) = self.gazetteer.unclear.get(key) {
            return match self.told(ids, How::Alias, ALIAS, only) {
                Lookup::Several(ids) => Lookup::Several(ids),
                _ => Lookup::Several(Vec::new()),
            };
        }
        let claims = self.gazetteer.spelled.names.get(key);
        claims.map_or(Lookup::Nothing, |claims| self.claimed(claims, only))
    }

    fn claimed(&self, claims: &[Claim], only: Only) -> Lookup {
        for (name, how, score) in [(true, How::Name, NAME), (false, How::Alias, ALIAS)] {
            let ids: Vec<u32> = claims
                .iter()
                .filter(|claim| claim.name == name)
                .map(|claim| claim.entity)
                .collect();
            let found = self.told(&ids, how, score, only);
            if found != Lookup::Nothing {
                return found;
            }
        }
        Lookup::Nothing
    }

    /// A name without `Republic of` and the like, where what is left can mean one alone.
    fn without_form(&self, whole: &[String], only: Only) -> Lookup {
        let Some(rest) = forms::without(whole) else {
            return Lookup::Nothing;
        };
        match self.named(&key(&rest), only) {
            Lookup::One(id, ..) if self.entity(id).kind != Kind::State => Lookup::Nothing,
            Lookup::One(id, ..) if forms::tells_apart(&self.entity(id).code, whole) => {
                Lookup::Several(vec![id])
            }
            Lookup::One(id, _, score) => Lookup::One(id, How::Alias, score.min(FORM)),
            found => found,
        }
    }

    /// These, as the record has them, of the kind that is wanted.
    fn told(&self, ids: &[u32], how: How, score: f32, only: Only) -> Lookup {
        let mut meant = Vec::new();
        for id in self.as_recorded(ids) {
            let kind = self.entity(id).kind;
            let wanted = match only {
                Only::Anybody => true,
                Only::States => kind == Kind::State,
                Only::Organisations => kind == Kind::Organisation,
            };
            if wanted && !meant.contains(&id) {
                meant.push(id);
            }
        }
        match meant.as_slice() {
            [] => Lookup::Nothing,
            [one] => Lookup::One(*one, how, score),
            _ => Lookup::Several(meant),
        }
    }

    /// The parties of the record in the place of the shipped ones that they are.
    pub(super) fn as_recorded<'a>(&'a self, ids: &'a [u32]) -> impl Iterator<Item = u32> {
        ids.iter().flat_map(|id| {
            let stand_ins = self
                .stand_ins
                .get(id)
                .map_or(std::slice::from_ref(id), Vec::as_slice);
            stand_ins.iter().copied()
        })
    }
}

/// The two parts of a name that is written the other way round: `Korea, Republic of`, `Iran (Islamic Republic of)`.
fn turned(name: &str) -> Option<(&str, &str)> {
    if let Some(inside) = name.trim_end().strip_suffix(')') {
        return inside
            .split_once('(')
            .filter(|(outer, inner)| !outer.trim().is_empty() && !inner.contains('('));
    }
    let (outer, inner) = name.split_once([',', '،'])?;
    (!inner.contains([',', '،'])).then_some((outer, inner))
}
