//! `event add`: an event in one line.

use rapporteur_proto::events::v1;
use rapporteur_proto::r#type::v1::{Claim, Link, Place, PlanLink, PlanLinkKind};

use super::{NOUN, number};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::record::{self, Adding};
use crate::{name, when, word};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Add {
    /// Its title
    #[arg(long)]
    title: Option<String>,
    /// What it is about
    #[arg(long, value_name = "WORDS")]
    description: Option<String>,
    /// What it is
    #[arg(long, value_parser = word::parser("rapporteur.events.v1.EventKind"))]
    kind: Option<i32>,
    /// Where it stands; draft when not given
    #[arg(long, value_parser = word::parser("rapporteur.events.v1.EventState"))]
    state: Option<i32>,
    /// First day: 2024, 2024-10, 2024-10-16, 2024-10-16T09:30 or unknown
    #[arg(long, value_name = "DATE")]
    start: Option<String>,
    /// Last day
    #[arg(long, value_name = "DATE")]
    end: Option<String>,
    /// IANA time zone, needed where a clock time is given
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// How people meet
    #[arg(long, value_parser = word::parser("rapporteur.events.v1.EventMode"))]
    mode: Option<i32>,
    /// City or building
    #[arg(long)]
    city: Option<String>,
    /// ISO 3166-1 alpha-2 code of the country
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
    /// UN/LOCODE (PT LIS)
    #[arg(long, value_name = "CODE")]
    locode: Option<String>,
    /// Another dialogue that holds it too (repeatable)
    #[arg(long, value_name = "DIALOGUE")]
    joint: Vec<String>,
    /// A body that meets (repeatable)
    #[arg(long)]
    body: Vec<String>,
    /// Series that it belongs to
    #[arg(long)]
    series: Option<String>,
    /// Which one of its series
    #[arg(long)]
    ordinal: Option<i32>,
    /// The event that it is part of
    #[arg(long, value_name = "EVENT")]
    part_of: Option<String>,
    /// An event that it follows up (repeatable)
    #[arg(long, value_name = "EVENT")]
    follows_up: Vec<String>,
    /// A theme, a lower-case code (repeatable)
    #[arg(long)]
    theme: Vec<String>,
    /// Who does what, as PARTY:ROLE or PARTY:ROLE:CAPACITY (repeatable)
    #[arg(long, value_name = "PARTY:ROLE")]
    role: Vec<String>,
    /// Who sent how many, as PARTY or PARTY=COUNT (repeatable)
    #[arg(long, value_name = "PARTY=COUNT")]
    delegation: Vec<String>,
    /// A point of the agenda (repeatable)
    #[arg(long, value_name = "TITLE")]
    agenda: Vec<String>,
    /// A node of a plan that it addressed, as NODE or NODE=QUOTE (repeatable)
    #[arg(long, value_name = "NODE")]
    addressed: Vec<String>,
    /// A node of a plan that it is to address, as NODE or NODE=QUOTE (repeatable)
    #[arg(long, value_name = "NODE")]
    planned: Vec<String>,
    /// A figure that the source states, as MEASURE=VALUE or MEASURE=VALUE/TOTAL (repeatable)
    #[arg(long, value_name = "MEASURE=VALUE")]
    claim: Vec<String>,
    /// A link, verbatim (repeatable)
    #[arg(long, value_name = "URL")]
    link: Vec<String>,
    /// It had no outcome
    #[arg(long)]
    no_outcome: bool,
    #[command(flatten)]
    adding: Adding,
}

pub(super) async fn run(ctx: &mut Context<'_>, add: Add) -> Result<()> {
    let event = event(ctx, &add)?;
    record::add(ctx, &NOUN, record::parent(ctx)?, event, &add.adding).await
}

fn event(ctx: &Context<'_>, add: &Add) -> Result<v1::Event> {
    let dialogue = ctx.global.dialogue.as_deref();
    let mut event: v1::Event = add.adding.base(ctx)?;
    add.adding.text(&mut event.title, &add.title);
    add.adding.text(&mut event.description, &add.description);
    event.kind = add.kind.unwrap_or(event.kind);
    event.state = add.state.unwrap_or(event.state);
    event.start = when::civil_some(&add.start).or(event.start);
    event.end = when::civil_some(&add.end).or(event.end);
    event.time_zone = add.time_zone.clone().unwrap_or(event.time_zone);
    event.mode = add.mode.unwrap_or(event.mode);
    if add.city.is_some() || add.country.is_some() || add.locode.is_some() {
        let place: &mut Place = event.place.get_or_insert_default();
        place.name = add.city.clone().unwrap_or_default();
        place.country_code = add.country.clone().unwrap_or_default();
        place.locode = add.locode.clone().unwrap_or_default();
    }
    event
        .joint_dialogues
        .extend(name::expand_all(name::DIALOGUE, &add.joint, None)?);
    event
        .bodies
        .extend(name::expand_all(name::BODY, &add.body, dialogue)?);
    event.series = add.series.clone().unwrap_or(event.series);
    event.ordinal = add.ordinal.unwrap_or(event.ordinal);
    if add.part_of.is_some() {
        event.parent_event = name::expand_some(name::EVENT, &add.part_of, dialogue)?;
    }
    event
        .follows_up
        .extend(name::expand_all(name::EVENT, &add.follows_up, dialogue)?);
    event.themes.extend(add.theme.iter().cloned());
    for given in &add.role {
        event.roles.push(v1::EventRole {
            provenance: add.adding.provenance(None)?,
            ..role(given)?
        });
    }
    for given in &add.delegation {
        event.delegations.push(delegation(given)?);
    }
    for title in &add.agenda {
        let title = Some(record::text(&add.adding.language, title));
        let number = (event.agenda.len() + 1).to_string();
        event.agenda.push(v1::AgendaItem {
            number,
            title,
            ..Default::default()
        });
    }
    for (links, kind) in [
        (&add.addressed, PlanLinkKind::Addressed),
        (&add.planned, PlanLinkKind::Planned),
    ] {
        for given in links {
            event
                .plan_links
                .push(plan_link(given, kind, dialogue, &add.adding)?);
        }
    }
    for given in &add.claim {
        event.claims.push(Claim {
            provenance: add.adding.provenance(None)?,
            ..claim(given)?
        });
    }
    event.links.extend(add.link.iter().map(|url| Link {
        url: url.clone(),
        ..Default::default()
    }));
    event.no_outcome |= add.no_outcome;
    Ok(event)
}

/// `pt:co-chair` or `ng:reference-country:Area 1`.
fn role(given: &str) -> Result<v1::EventRole> {
    let mut parts = given.splitn(3, ':');
    let (Some(party), Some(role)) = (parts.next(), parts.next()) else {
        return Err(Failure::usage(format!(
            "{given}: write PARTY:ROLE, as pt:co-chair"
        )));
    };
    Ok(v1::EventRole {
        party: name::expand(name::PARTY, party, None)?,
        role: number("rapporteur.events.v1.Role", role)?,
        capacity: parts.next().unwrap_or_default().to_owned(),
        provenance: None,
    })
}

/// `pt` or `pt=12`.
fn delegation(given: &str) -> Result<v1::Delegation> {
    let (party, count) = given
        .split_once('=')
        .map_or((given, None), |(party, count)| (party, Some(count)));
    let stated_count = count
        .map(|count| {
            count
                .parse()
                .map_err(|_| misfit(given, "PARTY=COUNT, as pt=12"))
        })
        .transpose()?;
    Ok(v1::Delegation {
        party: name::expand(name::PARTY, party, None)?,
        stated_count,
        ..Default::default()
    })
}

/// `cadiz/5a` or `cadiz/5a=the words that say so`.
pub(crate) fn plan_link(
    given: &str,
    kind: PlanLinkKind,
    dialogue: Option<&str>,
    adding: &Adding,
) -> Result<PlanLink> {
    let (node, quote) = given
        .split_once('=')
        .map_or((given, None), |(node, quote)| (node, Some(quote)));
    let node = name::expand(name::NODE, node, dialogue)?;
    Ok(PlanLink {
        node,
        kind: kind.into(),
        provenance: adding.provenance(quote)?,
    })
}

/// `participants=156` or `objectives_addressed=5/10`.
fn claim(given: &str) -> Result<Claim> {
    let wrong = || {
        misfit(
            given,
            "MEASURE=VALUE, as participants=156 or objectives_addressed=5/10",
        )
    };
    let (measure, figures) = given.split_once('=').ok_or_else(wrong)?;
    let (value, total) = figures
        .split_once('/')
        .map_or((figures, None), |(value, total)| (value, Some(total)));
    let figure = |text: &str| text.parse::<i64>().map_err(|_| wrong());
    Ok(Claim {
        id: measure.replace('_', "-"),
        measure: measure.to_owned(),
        value: Some(figure(value)?),
        total: total.map(figure).transpose()?,
        ..Default::default()
    })
}

fn misfit(given: &str, shape: &str) -> Failure {
    Failure::usage(format!("{given}: write {shape}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_a_party_and_what_it_does() {
        let read = role("ng:reference-country:Area 1: diaspora").unwrap();
        assert_eq!(
            (read.party.as_str(), read.role),
            ("parties/ng", i32::from(v1::Role::ReferenceCountry))
        );
        assert_eq!(read.capacity, "Area 1: diaspora");
        for odd in ["pt", "pt:king", ":chair"] {
            assert_eq!(role(odd).unwrap_err().exit_code(), 2, "{odd}");
        }
    }

    #[test]
    fn figures_are_read_with_their_total() {
        let read = claim("objectives_addressed=5/10").unwrap();
        assert_eq!(
            (read.id.as_str(), read.value, read.total),
            ("objectives-addressed", Some(5), Some(10))
        );
        assert_eq!(claim("participants=156").unwrap().total, None);
        assert_eq!(delegation("pt=12").unwrap().stated_count, Some(12));
        assert_eq!(delegation("pt").unwrap().stated_count, None);
        for odd in ["participants", "participants=many", "a=1/x"] {
            assert_eq!(claim(odd).unwrap_err().exit_code(), 2, "{odd}");
        }
    }
}
