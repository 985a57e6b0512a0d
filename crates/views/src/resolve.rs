//! Names told with the parties of the record. The telling is in `rapporteur_search::resolve`.

use std::sync::{Arc, Mutex, PoisonError};

use rapporteur_proto::events::v1::{Party, PartyKind};
use rapporteur_proto::gateway::v1::{
    NamedParty, Position, ResolveNamesRequest, ResolvedBy, ResolvedCell, ResolvedName,
};
use rapporteur_proto::r#type::v1::LocalizedText;
use rapporteur_records::{Error, Result, Sight, Violations};
use rapporteur_search::resolve::{
    Candidate, Gazetteer, How, Kind, Known, MAX_NAME_CHARS, Only, Resolution, Resolver,
};

use crate::follow::Views;
use crate::model::Model;

/// Most texts of a request.
const MOST_CELLS: usize = 1_000;
/// Most characters of a text that is taken apart.
const MAX_CELL_CHARS: usize = 5_000;
/// Most names of an answer.
const MOST_NAMES: usize = 10_000;

/// Tells names, with the parties as the record has them now.
#[derive(Clone, Debug)]
pub struct Names {
    views: Views,
    made: Arc<Mutex<Option<Made>>>,
}

/// Made of the parties as they were at these positions.
type Made = (Vec<Position>, Arc<Resolver>);

impl Names {
    /// With the parties of these views.
    pub fn new(views: &Views) -> Self {
        Self {
            views: views.clone(),
            made: Arc::default(),
        }
    }

    /// What tells names, and what it rests on. It is made anew when the record has changed. Parties are public, so it is the
    /// same for everybody. Takes its time the first time: not to be called where nothing may block.
    pub fn resolver(&self) -> (Arc<Resolver>, Vec<Position>) {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let known = made.as_ref().map(|(positions, _)| positions.clone());
        let view = |model: &Model| {
            known
                .is_none_or(|at| at != self.views.positions())
                .then(|| parties(model))
        };
        let (parties, positions) = self.views.read(&Sight::Everything, view);
        match (parties, &*made) {
            (None, Some((at, resolver))) => (resolver.clone(), at.clone()),
            (parties, _) => {
                let parties = parties.unwrap_or_default();
                let resolver = Arc::new(Resolver::new(Gazetteer::shipped(), parties));
                *made = Some((positions.clone(), resolver.clone()));
                (resolver, positions)
            }
        }
    }
}

/// Checks a request; every wrong field is named.
pub fn check(request: &ResolveNamesRequest) -> Result<Only> {
    let mut wrong = Violations::default();
    let count = request.names.len();
    wrong.require(
        (1..=MOST_CELLS).contains(&count),
        "names",
        format_args!("has {count} names; 1 to {MOST_CELLS} can be asked for at a time"),
    );
    let most = if request.split {
        MAX_CELL_CHARS
    } else {
        MAX_NAME_CHARS
    };
    for (place, name) in request.names.iter().enumerate().take(MOST_CELLS) {
        wrong.require(
            name.chars().nth(most).is_none(),
            format_args!("names[{place}]"),
            format_args!("is longer than {most} characters"),
        );
    }
    let only = match PartyKind::try_from(request.kind) {
        Ok(PartyKind::Unspecified) => Only::Anybody,
        Ok(PartyKind::State) => Only::States,
        Ok(PartyKind::Organisation) => Only::Organisations,
        _ => {
            wrong.add(
                "kind",
                "is none of PARTY_KIND_STATE, PARTY_KIND_ORGANISATION",
            );
            Only::Anybody
        }
    };
    wrong.done()?;
    Ok(only)
}

/// The answer to a request that was checked. `go_on` is asked before each text, so that one that nobody waits for any more
/// can be left; `None` then.
pub fn resolve(
    resolver: &Resolver,
    request: &ResolveNamesRequest,
    only: Only,
    go_on: impl Fn() -> bool,
) -> Result<Option<Vec<ResolvedCell>>> {
    let mut cells = Vec::with_capacity(request.names.len());
    let mut names = 0;
    for cell in &request.names {
        if !go_on() {
            return Ok(None);
        }
        let told: Vec<ResolvedName> = if request.split {
            let parts = resolver.resolve_list(cell, only).into_iter();
            parts
                .map(|part| shown(&cell[part.at], part.resolution))
                .collect()
        } else if cell.trim().is_empty() {
            Vec::new()
        } else {
            vec![shown(cell.trim(), resolver.resolve(cell, only))]
        };
        names += told.len();
        if names > MOST_NAMES {
            return Err(Error::invalid(
                "names",
                format!("hold more than {MOST_NAMES} names together; ask for fewer at a time"),
            ));
        }
        cells.push(ResolvedCell { names: told });
    }
    Ok(Some(cells))
}

fn shown(written: &str, resolution: Resolution<'_>) -> ResolvedName {
    let written = written.to_owned();
    match resolution {
        Resolution::Match(found) => ResolvedName {
            written,
            meant: Some(named(&found)),
            candidates: Vec::new(),
        },
        Resolution::Unknown(among) => ResolvedName {
            written,
            meant: None,
            candidates: among.iter().map(named).collect(),
        },
    }
}

fn named(found: &Candidate<'_>) -> NamedParty {
    let entity = found.entity;
    let kind = match entity.kind {
        Kind::State => PartyKind::State,
        Kind::Organisation => PartyKind::Organisation,
        Kind::Person => PartyKind::Person,
    };
    let by = match found.how {
        How::Code => ResolvedBy::Code,
        How::Name => ResolvedBy::Name,
        How::Alias => ResolvedBy::Alias,
        How::Typo => ResolvedBy::Typo,
    };
    NamedParty {
        party: entity.party.clone().unwrap_or_default(),
        kind: kind.into(),
        country_code: entity.code.clone(),
        acronym: entity.acronym.clone(),
        title: Some(LocalizedText {
            by_language: entity.titles.clone(),
            ..LocalizedText::default()
        }),
        by: by.into(),
        score: found.score,
    }
}

/// What tells names, for those who know only this crate.
pub type Telling = Resolver;

/// Whom one name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meant {
    /// This party, `parties/{party}`.
    Party(String),
    /// This state, by its ISO 3166-1 alpha-2 code, of which the record has no party.
    State(String),
    /// This organisation, of which the record has no party.
    Organisation {
        /// Its acronym; may be empty.
        acronym: String,
        /// What it is called in full, in English where that is known.
        title: String,
    },
    /// Nobody can say; perhaps one of these, the likeliest first.
    Unknown(Vec<String>),
}

/// Whom one name means, in short.
pub fn meant(resolver: &Resolver, name: &str) -> Meant {
    let named = |found: &Candidate<'_>| match &found.entity.party {
        Some(party) => party.clone(),
        None => found
            .entity
            .titles
            .get("en")
            .cloned()
            .unwrap_or_else(|| found.entity.code.clone()),
    };
    match resolver.resolve(name, Only::Anybody) {
        Resolution::Match(found) => match &found.entity.party {
            Some(party) => Meant::Party(party.clone()),
            None if !found.entity.code.is_empty() => Meant::State(found.entity.code.clone()),
            None => Meant::Organisation {
                acronym: found.entity.acronym.clone(),
                title: named(&found),
            },
        },
        Resolution::Unknown(among) => Meant::Unknown(among.iter().map(named).collect()),
    }
}

/// The parties of a model, as names are told by them.
pub fn parties(model: &Model) -> Vec<Known> {
    model.parties.values().map(known).collect()
}

/// A party, as names are told by it.
pub fn known(party: &Party) -> Known {
    let titles = party.title.clone().unwrap_or_default().by_language;
    Known {
        name: party.name.clone(),
        kind: match party.kind() {
            PartyKind::State => Kind::State,
            PartyKind::Person => Kind::Person,
            PartyKind::Organisation | PartyKind::Unspecified => Kind::Organisation,
        },
        code: party.country_code.clone(),
        acronym: party.acronym.clone(),
        titles,
        aliases: party.aliases.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(names: &[&str]) -> ResolveNamesRequest {
        ResolveNamesRequest {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            ..ResolveNamesRequest::default()
        }
    }

    #[test]
    fn wrong_requests_are_told_what_is_wrong() {
        let long = "x".repeat(501);
        for (request, said) in [
            (request(&[]), "names"),
            (request(&vec!["x"; 1_001]), "1 to 1000"),
            (request(&["x", &long]), "names[1]"),
            (
                ResolveNamesRequest {
                    kind: 3,
                    ..request(&["x"])
                },
                "kind",
            ),
            (
                ResolveNamesRequest {
                    kind: 99,
                    ..request(&["x"])
                },
                "kind",
            ),
        ] {
            let error = check(&request).unwrap_err().to_string();
            assert!(error.contains(said), "{said}: {error}");
        }
        let split = ResolveNamesRequest {
            split: true,
            ..request(&["x", &long])
        };
        assert_eq!(check(&split).unwrap(), Only::Anybody);
    }

    #[test]
    fn answers_are_bounded_and_can_be_left() {
        let cell = "a;".repeat(250);
        let request = ResolveNamesRequest {
            split: true,
            ..request(&[cell.as_str(); 50])
        };
        let resolver = Resolver::default();
        let error = resolve(&resolver, &request, Only::Anybody, || true).unwrap_err();
        assert!(error.to_string().contains("10000 names"), "{error}");
        assert_eq!(
            resolve(&resolver, &request, Only::Anybody, || false).unwrap(),
            None
        );
    }

    #[test]
    fn each_text_has_its_answer() {
        let mut model = Model::default();
        let party = Party {
            name: "parties/sn".into(),
            kind: PartyKind::State.into(),
            country_code: "SN".into(),
            ..Party::default()
        };
        model.parties.insert(party.name.clone(), party);
        let resolver = Resolver::new(Gazetteer::shipped(), parties(&model));
        let request = request(&["السنغال", " ", "Congo"]);
        let cells = resolve(&resolver, &request, Only::Anybody, || true)
            .unwrap()
            .unwrap();
        let found = cells[0].names[0].meant.as_ref().unwrap();
        assert_eq!(
            (found.party.as_str(), found.by()),
            ("parties/sn", ResolvedBy::Name)
        );
        assert_eq!(found.title.as_ref().unwrap().by_language["fr"], "Sénégal");
        assert!(cells[1].names.is_empty());
        let codes: Vec<&str> = cells[2].names[0]
            .candidates
            .iter()
            .map(|one| one.country_code.as_str())
            .collect();
        assert_eq!(codes, ["CD", "CG"]);
    }
}
