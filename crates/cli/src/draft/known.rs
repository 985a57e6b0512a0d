//! What the record knows: its dialogues and parties by their names.

use std::collections::BTreeMap;

use rapporteur_posts::parties::{BuiltIn, Parties, Party, folded};
use rapporteur_proto::events::v1;

use crate::connect::{Connection, method};
use crate::error::{Failure, Result};
use crate::noun::{Noun, reflect};
use crate::record;

/// Everything of one list, as generated messages.
pub(super) async fn all<Q, M>(to: &Connection, noun: &Noun, request: Q) -> Result<Vec<M>>
where
    Q: prost::Message + prost::Name,
    M: prost::Message + Default,
{
    let method = method(noun.service, Q::NAME.trim_end_matches("Request"))?;
    let found = record::pages(to, &method, reflect(&request)?, 0).await?;
    let typed = found
        .records
        .iter()
        .map(prost_reflect::DynamicMessage::transcode_to::<M>);
    typed
        .collect::<std::result::Result<Vec<M>, _>>()
        .map_err(|e| Failure::other("UNREADABLE_ANSWER", e.to_string()))
}

/// The id of each dialogue and what texts call it.
pub(super) async fn dialogues(to: &Connection) -> Result<Vec<(String, Vec<String>)>> {
    let dialogues: Vec<v1::Dialogue> = all(
        to,
        &crate::dialogue::NOUN,
        v1::ListDialoguesRequest::default(),
    )
    .await?;
    let named = |dialogue: v1::Dialogue| {
        let id = dialogue.name.trim_start_matches("dialogues/").to_owned();
        let mut names: Vec<String> = dialogue
            .title
            .into_iter()
            .flat_map(|title| title.by_language.into_values())
            .collect();
        // Codes of two letters are words of many languages.
        if dialogue.code.len() > 2 {
            names.push(dialogue.code.replace('-', " "));
            names.push(dialogue.code);
        }
        (id, names)
    };
    Ok(dialogues.into_iter().map(named).collect())
}

/// The parties of the record, by everything that they are called; others as the tool knows them.
pub(super) struct Recorded {
    by_name: BTreeMap<String, Party>,
    by_country: BTreeMap<String, Party>,
    ids: BTreeMap<String, Party>,
}

impl Recorded {
    pub(super) async fn ask(to: &Connection) -> Result<Self> {
        let parties: Vec<v1::Party> =
            all(to, &crate::party::NOUN, v1::ListPartiesRequest::default()).await?;
        Ok(Self::of(parties))
    }

    fn of(parties: Vec<v1::Party>) -> Self {
        let mut known = Self {
            by_name: BTreeMap::new(),
            by_country: BTreeMap::new(),
            ids: BTreeMap::new(),
        };
        for party in parties {
            // People take part for somebody; a post's "by Ana Silva" gives a person no role.
            if party.kind() == v1::PartyKind::Person {
                continue;
            }
            let titles: Vec<String> = party
                .title
                .into_iter()
                .flat_map(|title| title.by_language.into_values())
                .collect();
            let found = Party {
                id: party.name.trim_start_matches("parties/").to_owned(),
                title: titles.first().cloned().unwrap_or_default(),
                country: party.country_code.clone(),
                recorded: true,
            };
            let names = titles
                .into_iter()
                .chain(party.aliases)
                .chain([party.acronym]);
            for name in names
                .map(|name| folded(&name))
                .filter(|name| name.len() > 1)
            {
                known.by_name.entry(name).or_insert_with(|| found.clone());
            }
            if !party.country_code.is_empty() {
                known.by_country.insert(party.country_code, found.clone());
            }
            known.ids.insert(found.id.clone(), found);
        }
        known
    }
}

impl Parties for Recorded {
    fn find(&self, name: &str) -> Option<Party> {
        if let Some(party) = self.by_name.get(&folded(name)) {
            return Some(party.clone());
        }
        let party = BuiltIn.find(name)?;
        let recorded = self
            .by_country
            .get(&party.country)
            .or_else(|| self.ids.get(&party.id));
        Some(recorded.cloned().unwrap_or(party))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapporteur_proto::r#type::v1::LocalizedText;

    #[test]
    fn the_records_own_parties_come_first() {
        let named = |name: &str| LocalizedText {
            by_language: [("en".to_owned(), name.to_owned())].into(),
            ..LocalizedText::default()
        };
        let party = |name: &str, kind: v1::PartyKind, title: &str| v1::Party {
            name: name.to_owned(),
            kind: kind.into(),
            title: Some(named(title)),
            ..v1::Party::default()
        };
        let mut egypt = party(
            "parties/arab-republic-of-egypt",
            v1::PartyKind::State,
            "Arab Republic of Egypt",
        );
        egypt.country_code = "EG".to_owned();
        let office = party(
            "parties/iom",
            v1::PartyKind::Organisation,
            "IOM headquarters",
        );
        let known = Recorded::of(vec![
            egypt,
            office,
            party("parties/ana", v1::PartyKind::Person, "Ana Silva"),
        ]);
        let id = |name: &str| known.find(name).map(|party| (party.id, party.recorded));
        assert_eq!(
            id("Égypte"),
            Some(("arab-republic-of-egypt".to_owned(), true))
        );
        assert_eq!(id("OIM"), Some(("iom".to_owned(), true)));
        assert_eq!(id("Portugal"), Some(("pt".to_owned(), false)));
        assert_eq!(id("Ana Silva"), None);
    }
}
