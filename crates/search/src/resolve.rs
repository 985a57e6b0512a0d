//! Names of states, territories and organisations as people write them, told: whom they mean, or that nobody can say.
//!
//! What it keeps: the shipped names ([`Gazetteer`], read once in a process) and over them those of the record's parties,
//! which come first. What it promises: an answer where it is as good as certain, else `Unknown` with those who may be
//! meant; Niger is never taken for Nigeria, nor one Congo, Guinea or Korea for another. Any text is answered in bounded
//! time. What it deliberately does not do: it knows no towns, and it asks nobody.
//!
//! A name is looked up as a code (ISO 3166-1, M49, acronyms, as they are written), then as a name whose case, accents,
//! punctuation and articles do not count, turned around at its comma or bracket (`Korea, Republic of`), without its form
//! of state (`Kingdom of ...`), and last as one with a letter or two wrong, when nobody else is nearly called so.
//!
//! ```
//! use rapporteur_search::resolve::{Only, Resolution, Resolver};
//!
//! let resolver = Resolver::default();
//! let Resolution::Match(found) = resolver.resolve("Guinée-Bissau", Only::Anybody) else { panic!() };
//! assert_eq!(found.entity.code, "GW");
//! assert!(matches!(resolver.resolve("Nigera", Only::Anybody), Resolution::Unknown(among) if among.len() == 2));
//! ```

mod exact;
mod families;
mod fold;
mod forms;
mod gazetteer;
mod list;
mod nearly;
mod party;
mod typo;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use self::exact::Lookup;
pub use self::gazetteer::Gazetteer;
use self::gazetteer::Spellings;
pub use self::party::Known;
use self::typo::Typos;

/// Characters of a name; a longer one is unknown.
pub const MAX_NAME_CHARS: usize = 500;
/// Names that are tried together when a cell is taken apart (`Bosnia`, `Herzegovina`).
const LONGEST_RUN: usize = 5;

/// What somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A state or a territory.
    State,
    /// An organisation.
    Organisation,
    /// A person; only the record knows persons.
    Person,
}

/// Who can be meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Only {
    /// Anybody.
    #[default]
    Anybody,
    /// States and territories: `AU` is Australia then.
    States,
    /// Organisations: `AU` is the African Union then.
    Organisations,
}

/// Somebody who has a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// What it is.
    pub kind: Kind,
    /// ISO 3166-1 alpha-2 code of a state; empty for others.
    pub code: String,
    /// Acronym of an organisation; may be empty.
    pub acronym: String,
    /// Names by language (BCP 47).
    pub titles: BTreeMap<String, String>,
    /// The party in the record, `parties/{party}`, where there is one.
    pub party: Option<String>,
}

/// By what somebody was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum How {
    /// A code, an acronym or the name of the record.
    Code,
    /// A name in a language.
    Name,
    /// Another spelling in use, or a name with its form of state.
    Alias,
    /// A name with letters wrong.
    Typo,
}

/// Somebody who is meant, or may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate<'a> {
    /// Who.
    pub entity: &'a Entity,
    /// How sure that is: 1 for codes and names, 0.95 and more for other spellings, less by the share of wrong letters
    /// for typos; of those who may be meant, the share of letters that are right.
    pub score: f32,
    /// By what.
    pub how: How,
}

/// Whom a name means.
#[derive(Clone, Debug, PartialEq)]
pub enum Resolution<'a> {
    /// This one.
    Match(Candidate<'a>),
    /// Nobody can say; perhaps one of these, the likeliest first.
    Unknown(Vec<Candidate<'a>>),
}

/// A name in a cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Part<'a> {
    /// Where it stands, in bytes of the cell.
    pub at: Range<usize>,
    /// Whom it means.
    pub resolution: Resolution<'a>,
}

/// Tells names. Made once for a state of the record, asked as often as one likes, by many threads at a time.
#[derive(Clone, Debug)]
pub struct Resolver {
    gazetteer: Arc<Gazetteer>,
    /// Those of the record; their ids come after the shipped ones.
    parties: Vec<Entity>,
    spelled: Spellings,
    /// Keys under which only the title of a state claims: it may have been filled in and settles nothing unclear.
    filled_in: HashMap<String, Vec<u32>>,
    by_name: HashMap<String, u32>,
    /// Shipped id -> parties of the record that are the same.
    stand_ins: HashMap<u32, Vec<u32>>,
    typos: Typos,
}

impl Default for Resolver {
    /// With the shipped names alone.
    fn default() -> Self {
        Self::new(Gazetteer::shipped(), [])
    }
}

impl Resolver {
    /// Whom a name means as a whole.
    pub fn resolve(&self, name: &str, only: Only) -> Resolution<'_> {
        let name = name.trim();
        if name.chars().nth(MAX_NAME_CHARS).is_some() {
            return Resolution::Unknown(Vec::new());
        }
        match self.exact(name, only) {
            Lookup::One(id, how, score) => Resolution::Match(self.candidate(id, how, score)),
            Lookup::Several(ids) => {
                let each = 1.0 / ids.len().max(1) as f32;
                let ids = ids.into_iter();
                Resolution::Unknown(ids.map(|id| self.candidate(id, How::Alias, each)).collect())
            }
            Lookup::Nothing => self.nearly(name, only),
        }
    }

    /// The names in a cell, and whom they mean: `France, Bosnia and Herzegovina; UNHCR`. Names with commas and "and" in
    /// them stay whole.
    pub fn resolve_list(&self, cell: &str, only: Only) -> Vec<Part<'_>> {
        let mut parts = Vec::new();
        let trimmed = cell.trim();
        let start = cell.len() - cell.trim_start().len();
        if trimmed.is_empty() {
            return parts;
        }
        if self.is_known(trimmed, only) {
            let at = start..start + trimmed.len();
            let resolution = self.resolve(trimmed, only);
            return vec![Part { at, resolution }];
        }
        for pieces in list::chunks(cell) {
            let mut from = 0;
            while let Some(piece) = pieces.get(from) {
                // The longest run of pieces that is a name: all of them first where they are few.
                let left = pieces.len() - from;
                let runs = std::iter::once(left).chain((2..=LONGEST_RUN.min(left)).rev());
                let run = runs
                    .filter(|run| (2..=LONGEST_RUN).contains(run))
                    .find(|run| {
                        self.is_known(&cell[piece.start..pieces[from + run - 1].end], only)
                    });
                let run = run.unwrap_or(1);
                let at = piece.start..pieces[from + run - 1].end;
                parts.push(self.part(cell, at, only));
                from += run;
            }
        }
        parts
    }

    /// One name of a cell; an Arabic "and" before it is left out where nobody is called so with it.
    fn part(&self, cell: &str, at: Range<usize>, only: Only) -> Part<'_> {
        let name = &cell[at.clone()];
        if let Some(rest) = name.strip_prefix('و')
            && !self.is_known(name, only)
            && self.is_known(rest, only)
        {
            let at = at.end - rest.len()..at.end;
            return Part {
                at,
                resolution: self.resolve(rest, only),
            };
        }
        Part {
            resolution: self.resolve(name, only),
            at,
        }
    }

    /// Whether somebody, or one of several, is called just so.
    fn is_known(&self, name: &str, only: Only) -> bool {
        name.chars().nth(MAX_NAME_CHARS).is_none()
            && !matches!(self.exact(name, only), Lookup::Nothing)
    }

    fn candidate(&self, id: u32, how: How, score: f32) -> Candidate<'_> {
        Candidate {
            entity: self.entity(id),
            score,
            how,
        }
    }

    fn entity(&self, id: u32) -> &Entity {
        let shipped = &self.gazetteer.entities;
        let place = id as usize;
        shipped
            .get(place)
            .unwrap_or_else(|| &self.parties[place - shipped.len()])
    }
}
