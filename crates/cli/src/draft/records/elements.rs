//! Elements of lists, and instruments that are cited, as records.

use std::collections::BTreeMap;

use rapporteur_posts::{self as posts, Body, Post, Proposal};
use rapporteur_proto::recommendations::v1 as rec;
use rapporteur_proto::r#type::v1::{Basis, CivilDate, ExternalId};

use super::facts::{civil_date, number};
use super::{Facts, Made, kept, names, provenance, source_name, words};
use crate::connect::Connection;
use crate::error::Result;

/// Elements of lists, and instruments that are cited.
pub(super) async fn elements(
    to: &Connection,
    post: &Post,
    own: &[&Proposal],
    facts: &Facts<'_>,
    made: &mut Made,
) -> Result<()> {
    let (source, names) = (source_name(post), names(own));
    let held: BTreeMap<&str, &posts::Event> = own
        .iter()
        .filter_map(|it| {
            if let Body::Event(event) = &it.record {
                Some((event.name.as_str(), event))
            } else {
                None
            }
        })
        .collect();
    let owner = if facts.dialogue.is_empty() {
        names
            .values()
            .next()
            .and_then(|name| name.split("/events/").next())
            .unwrap_or_default()
    } else {
        &facts.dialogue
    };
    for proposal in own {
        if let Body::Instrument(it) = &proposal.record {
            match instrument(post, proposal, it, owner, &source) {
                Ok(instrument) => {
                    let (noun, name) = (&crate::instrument::NOUN, instrument.name.clone());
                    made.lines.push(kept(to, noun, &name, instrument).await?);
                }
                Err(why) => made.left_out.push(format!("{}: {why}", proposal.id)),
            }
        }
    }
    for proposal in own {
        let Body::Takeaway(it) = &proposal.record else {
            continue;
        };
        let event = names
            .get(it.event.as_str())
            .cloned()
            .unwrap_or_else(|| it.event.clone());
        let Some((dialogue, id)) = event.split_once("/events/") else {
            made.left_out.push(format!(
                "{}: stems from no accepted event; accept it, or edit event to its full name",
                proposal.id
            ));
            continue;
        };
        let (kind, letter) = if it.list == "recommendation" {
            (rec::RecommendationKind::Operational, 'r')
        } else {
            (rec::RecommendationKind::Takeaway, 't')
        };
        let day = held
            .get(event.as_str())
            .filter(|event| event.state == posts::State::Held)
            .map(|event| {
                let day = event.end.as_ref().or(event.start.as_ref()).map(civil_date);
                let mut day = day.unwrap_or_else(|| CivilDate {
                    basis: Basis::Unknown.into(),
                    ..CivilDate::default()
                });
                if !day.value.is_empty() {
                    day.basis = Basis::Inferred.into();
                }
                day
            });
        let state = if day.is_some() {
            rec::RecommendationState::Adopted
        } else {
            rec::RecommendationState::Draft
        };
        let name = format!("{dialogue}/recommendations/{id}.{letter}{}", it.number);
        let element = rec::Recommendation {
            name: name.clone(),
            event: event.clone(),
            path: it.number.to_string(),
            order: it.number.try_into().unwrap_or(0),
            kind: kind.into(),
            text: words(post, &it.text),
            state: state.into(),
            adopted: day,
            provenance: vec![provenance(&proposal.evidence, &source, "text")],
            ..rec::Recommendation::default()
        };
        let noun = &crate::recommendation::NOUN;
        made.lines.push(kept(to, noun, &name, element).await?);
    }
    Ok(())
}

fn instrument(
    post: &Post,
    proposal: &Proposal,
    it: &posts::Instrument,
    owner: &str,
    source: &str,
) -> std::result::Result<rec::Instrument, String> {
    if owner.is_empty() {
        return Err("belongs to no dialogue; give --dialogue".to_owned());
    }
    let small = |value: Option<u32>| value.and_then(|value| value.try_into().ok()).unwrap_or(0);
    let plain: String = it
        .symbol
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let (id, title) = match it.number {
        Some(number) => (number.to_string(), format!("{} no. {number}", it.kind)),
        None => (plain, it.symbol.clone()),
    };
    let known = (!it.symbol.is_empty()).then(|| ExternalId {
        scheme: "symbol".to_owned(),
        value: it.symbol.clone(),
    });
    Ok(rec::Instrument {
        name: format!("{owner}/instruments/{id}"),
        kind: number(
            "rapporteur.recommendations.v1.InstrumentKind",
            "kind",
            &it.kind,
        )?,
        title: words(
            post,
            if it.title.is_empty() {
                &title
            } else {
                &it.title
            },
        ),
        number: small(it.number),
        session: small(it.session),
        year: small(it.year),
        provenance: vec![provenance(&proposal.evidence, source, "")],
        external_ids: known.into_iter().collect(),
        ..rec::Instrument::default()
    })
}
