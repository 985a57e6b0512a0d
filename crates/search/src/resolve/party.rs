//! The parties of the record, laid over the shipped names.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::fold::key_of;
use super::gazetteer::{Gazetteer, Spellings, capitals};
use super::typo::Typos;
use super::{Entity, Kind, Resolver};

/// A party of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// `parties/{party}`.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// ISO 3166-1 alpha-2 code of a state; empty for others.
    pub code: String,
    /// Acronym; may be empty.
    pub acronym: String,
    /// Its names by language.
    pub titles: BTreeMap<String, String>,
    /// Other spellings in use.
    pub aliases: Vec<String>,
}

impl Resolver {
    /// With these parties over the shipped names. All that is known of a shipped name (a state by its code, an organisation
    /// by its acronym or a title) then leads to the party.
    pub fn new(gazetteer: Arc<Gazetteer>, parties: impl IntoIterator<Item = Known>) -> Self {
        let mut resolver = Self {
            gazetteer,
            parties: Vec::new(),
            spelled: Spellings::default(),
            filled_in: HashMap::new(),
            by_name: HashMap::new(),
            stand_ins: HashMap::new(),
            typos: Typos::default(),
        };
        for party in parties {
            resolver.add(party);
        }
        // A person's name with a letter wrong may be another person's.
        let persons = |id: &u32| resolver.entity(*id).kind == Kind::Person;
        let names = resolver.spelled.names.iter();
        let names = names.filter(|(_, claims)| !claims.iter().all(|claim| persons(&claim.entity)));
        let names: Vec<&String> = names
            .map(|(key, _)| key)
            .chain(resolver.filled_in.keys())
            .collect();
        resolver.typos = Typos::of(names.into_iter());
        resolver
    }

    fn add(&mut self, party: Known) {
        let place = self.gazetteer.entities.len() + self.parties.len();
        let id = u32::try_from(place).unwrap_or(u32::MAX);
        let shipped = self.shipped(&party);
        if let Some(shipped) = shipped {
            self.stand_ins.entry(shipped).or_default().push(id);
        }
        for title in party.titles.values() {
            let key = key_of(title);
            if party.kind == Kind::State && self.gazetteer.unclear.contains_key(&key) {
                self.filled_in.entry(key).or_default().push(id);
            } else {
                self.spelled.spelling(title, id, true);
            }
        }
        for alias in &party.aliases {
            self.spelled.spelling(alias, id, false);
        }
        self.spelled.code(&party.code, id);
        self.spelled.code(&party.acronym, id);
        if let Some(code) = capitals(&party.acronym) {
            self.spelled.code(&code, id);
        }
        if !party.acronym.is_empty() {
            self.spelled.spelling(&party.acronym, id, true);
        }
        self.by_name.insert(party.name.clone(), id);
        let known = shipped.map(|shipped| self.gazetteer.entities[shipped as usize].clone());
        let mut titles = party.titles;
        let (mut code, mut acronym) = (party.code, party.acronym);
        if let Some(known) = known {
            for (language, title) in known.titles {
                titles.entry(language).or_insert(title);
            }
            code = if code.is_empty() { known.code } else { code };
            acronym = if acronym.is_empty() {
                known.acronym
            } else {
                acronym
            };
        }
        self.parties.push(Entity {
            kind: party.kind,
            code,
            acronym,
            titles,
            party: Some(party.name),
        });
    }

    /// The shipped one that a party is.
    fn shipped(&self, party: &Known) -> Option<u32> {
        let spelled = &self.gazetteer.spelled;
        let of_kind = |id: &u32| self.gazetteer.entities[*id as usize].kind == party.kind;
        match party.kind {
            Kind::State => {
                let mut ids = spelled.codes.get(&party.code)?.iter();
                ids.find(|id| of_kind(id)).copied()
            }
            Kind::Organisation => {
                let words = || party.titles.values().chain(&party.aliases);
                let titled = words().find_map(|title| {
                    let mut claims = spelled.names.get(&key_of(title))?.iter();
                    claims.find(|claim| of_kind(&claim.entity))
                });
                if let Some(claim) = titled {
                    return Some(claim.entity);
                }
                // An acronym alone may be another's; it must not be called otherwise.
                let codes = spelled.codes.get(&party.acronym).into_iter().flatten();
                let unnamed = words().next().is_none();
                codes.copied().find(|id| unnamed && of_kind(id))
            }
            Kind::Person => None,
        }
    }
}
