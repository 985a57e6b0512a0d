//! The names that are shipped: states and territories by ISO 3166-1, and organisations.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use super::families::{are_taken_for_each_other, has_family};
use super::fold::key_of;
use super::typo::Typos;
use super::{Entity, Kind};

const COUNTRIES: &str = include_str!("data/countries.tsv");
const ALIASES: &str = include_str!("data/aliases.tsv");
const OURS: &str = include_str!("data/ours.tsv");
const ORGANISATIONS: &str = include_str!("data/organisations.tsv");

/// Keys of so few ASCII letters are codes, and as such told apart by their case.
const CODE_LETTERS: usize = 3;

/// Shorter spellings are left as they are; too many others are a letter away.
const LEAST_DOUBTED: usize = 5;

static SHIPPED: LazyLock<Arc<Gazetteer>> =
    LazyLock::new(|| Arc::new(Gazetteer::build(&|_, _| true)));

/// A spelling, and who is called so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) entity: u32,
    /// It is a name in a language, not just a spelling in use.
    pub(super) name: bool,
}

/// What is known of names, whatever the record says.
#[derive(Debug, Default)]
pub struct Gazetteer {
    pub(super) entities: Vec<Entity>,
    pub(super) spelled: Spellings,
    /// Keys of which nobody can tell who is meant, with those who may be.
    pub(super) unclear: HashMap<String, Vec<u32>>,
    pub(super) typos: Typos,
}

/// Codes and names.
#[derive(Clone, Debug, Default)]
pub(super) struct Spellings {
    /// Codes, acronyms and very short names, as they are written.
    pub(super) codes: HashMap<String, Vec<u32>>,
    /// Names by key.
    pub(super) names: HashMap<String, Vec<Claim>>,
}

impl Spellings {
    pub(super) fn code(&mut self, code: &str, entity: u32) {
        if code.is_empty() {
            return;
        }
        let of = self.codes.entry(code.to_owned()).or_default();
        if !of.contains(&entity) {
            of.push(entity);
        }
    }

    /// A spelling of any length.
    pub(super) fn spelling(&mut self, spelling: &str, entity: u32, name: bool) {
        let key = key_of(spelling);
        if key.is_empty() {
            return;
        }
        if key.is_ascii() && key.len() <= CODE_LETTERS {
            let spelling = spelling.trim();
            self.code(spelling, entity);
            if let Some(code) = capitals(spelling) {
                self.code(&code, entity);
            }
            return;
        }
        let claims = self.names.entry(key).or_default();
        match claims.iter_mut().find(|claim| claim.entity == entity) {
            Some(claim) => claim.name |= name,
            None => claims.push(Claim { entity, name }),
        }
    }
}

/// A code without its dots and spaces (`U.S.A.`); nothing where there is anything but capitals and digits.
pub(super) fn capitals(text: &str) -> Option<String> {
    let mut code = String::new();
    for c in text.chars() {
        match c {
            'A'..='Z' | '0'..='9' => code.push(c),
            '.' | ' ' | '-' => {}
            _ => return None,
        }
    }
    (!code.is_empty() && code.len() <= 12).then_some(code)
}

impl Gazetteer {
    /// What is shipped; read once in a process.
    pub fn shipped() -> Arc<Self> {
        SHIPPED.clone()
    }

    /// What is shipped but for the spellings in use that `keep` (code, spelling) declines: to measure how well names
    /// are told that nobody has listed.
    pub fn without(keep: &dyn Fn(&str, &str) -> bool) -> Arc<Self> {
        Arc::new(Self::build(keep))
    }

    /// The shipped spellings in use, with their codes, to be measured by.
    pub fn aliases() -> impl Iterator<Item = (&'static str, &'static str)> {
        ALIASES.lines().flat_map(|line| {
            let (code, spellings) = line.split_once('\t').unwrap_or((line, ""));
            spellings.split('\t').map(move |spelling| (code, spelling))
        })
    }

    fn build(keep: &dyn Fn(&str, &str) -> bool) -> Self {
        let mut all = Self::default();
        let mut states = HashMap::new();
        let mut lines = COUNTRIES.lines();
        let languages: Vec<&str> = lines
            .next()
            .unwrap_or_default()
            .split('\t')
            .skip(1)
            .collect();
        for line in lines {
            let (code, names) = line.split_once('\t').unwrap_or((line, ""));
            let titles = languages.iter().zip(names.split('\t'));
            let state = all.add(Kind::State, code, "", titles);
            states.insert(code, state);
            all.spelled.code(code, state);
            if let Some(iso) = rust_iso3166::from_alpha2(code) {
                all.spelled.code(iso.alpha3, state);
                all.spelled.code(&format!("{:03}", iso.numeric), state);
                all.spelled.spelling(iso.name, state, true);
            }
            for name in names.split('\t') {
                all.spelled.spelling(name, state, true);
            }
        }
        for (code, spelling) in Self::aliases().filter(|(code, spelling)| keep(code, spelling)) {
            if let Some(state) = states.get(code) {
                all.spelled.spelling(spelling, *state, false);
            }
        }
        all.doubt();
        for (codes, spellings) in table(OURS) {
            let meant: Vec<u32> = codes
                .split(' ')
                .filter_map(|code| states.get(code))
                .copied()
                .collect();
            for spelling in spellings.split('|') {
                match meant.as_slice() {
                    [state] => all.ours(spelling, *state),
                    _ => {
                        all.unclear.insert(key_of(spelling), meant.clone());
                    }
                }
            }
        }
        for (acronym, rest) in table(ORGANISATIONS) {
            let (title, others) = rest.split_once('\t').unwrap_or((rest, ""));
            let organisation = all.add(Kind::Organisation, "", acronym, [(&"en", title)]);
            for spelling in [acronym, title] {
                all.spelled.spelling(spelling, organisation, true);
            }
            for spelling in others.split('|') {
                all.spelled.spelling(spelling, organisation, true);
            }
        }
        let unclear = all.unclear.keys();
        all.typos = Typos::of(all.spelled.names.keys().chain(unclear));
        all
    }

    /// Takes a spelling in use for unclear that is but a letter away from the name of a state for which its own is often
    /// taken: somebody's `Nigera` may be Niger, and is a slip for Nigeria too.
    fn doubt(&mut self) {
        let named = |claims: &[Claim]| claims.iter().any(|claim| claim.name);
        let names = self.spelled.names.iter();
        let names = Typos::of(
            names
                .filter(|(_, claims)| named(claims))
                .map(|(key, _)| key),
        );
        let code = |id: u32| self.entities[id as usize].code.as_str();
        let mut unclear = Vec::new();
        for (key, claims) in &self.spelled.names {
            let [
                Claim {
                    entity,
                    name: false,
                },
            ] = claims.as_slice()
            else {
                continue;
            };
            if !has_family(code(*entity)) || key.chars().count() < LEAST_DOUBTED {
                continue;
            }
            let mut may_be = vec![*entity];
            for (_, near) in names.near(key, 1) {
                let others = self.spelled.names[near].iter().filter(|claim| claim.name);
                may_be.extend(
                    others
                        .map(|claim| claim.entity)
                        .filter(|other| are_taken_for_each_other(code(*entity), code(*other))),
                );
            }
            may_be.sort_unstable();
            may_be.dedup();
            if may_be.len() > 1 {
                unclear.push((key.clone(), may_be));
            }
        }
        self.unclear.extend(unclear);
    }

    /// A spelling of our own takes the place of what other tables say of it.
    fn ours(&mut self, spelling: &str, state: u32) {
        let key = key_of(spelling);
        self.unclear.remove(&key);
        if let Some(claims) = self.spelled.names.get_mut(&key) {
            claims.retain(|claim| claim.entity == state || claim.name);
        }
        self.spelled.spelling(spelling, state, true);
    }

    fn add<'a>(
        &mut self,
        kind: Kind,
        code: &str,
        acronym: &str,
        titles: impl IntoIterator<Item = (&'a &'a str, &'a str)>,
    ) -> u32 {
        let titles: BTreeMap<String, String> = titles
            .into_iter()
            .map(|(language, title)| ((*language).to_owned(), title.to_owned()))
            .collect();
        self.entities.push(Entity {
            kind,
            code: code.to_owned(),
            acronym: acronym.to_owned(),
            titles,
            party: None,
        });
        u32::try_from(self.entities.len() - 1).unwrap_or(u32::MAX)
    }
}

/// The lines of one of our tables, at their first tab.
fn table(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
}
