//! `compose`: what the record says of an event, as a post.

use std::collections::BTreeMap;

use rapporteur_posts::{Figure, Form, Item, Language, Meeting, Quoted, Style, compose, parties};
use rapporteur_proto::events::v1;
use rapporteur_proto::recommendations::v1 as rec;
use rapporteur_proto::r#type::v1::{CivilDate, LocalizedText};

use crate::connect::Connection;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::record::{self, get};
use crate::{language, name, word};

/// Which event, as what.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Ask {
    /// The event, in full or short
    #[arg(long, value_name = "EVENT")]
    event: String,
    // The long name is that of the global option, which is called otherwise here; clap shares its value by the id.
    /// What kind of post
    #[arg(id = "form", long = "as", value_enum, value_name = "FORM")]
    form: FormWord,
    /// Act as somebody else, by name; for the admin key only [env: RAPPORTEUR_AS]
    #[arg(id = "act_as", long = "in-the-name-of", value_name = "NAME")]
    #[allow(dead_code, reason = "read by the global option of this id")]
    act_as: Option<String>,
    /// Text without markup; Markdown otherwise
    #[arg(long)]
    plain: bool,
}

/// Kinds of post.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum FormWord {
    /// What will be
    Announcement,
    /// What was, with its figures
    ReportOut,
    /// The elements of its list, one by one
    Takeaways,
}

/// Most elements of a post.
const ELEMENTS: usize = 200;

pub(crate) async fn run(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    let asked = ctx.global.lang.clone().unwrap_or_else(|| "en".to_owned());
    let spoken = match asked.split('-').next() {
        Some("en") => Language::English,
        Some("fr") => Language::French,
        _ => {
            return Err(Failure::usage(format!(
                "--lang {asked}: posts are composed in en and fr"
            )));
        }
    };
    let event = name::expand(name::EVENT, &ask.event, ctx.global.dialogue.as_deref())?;
    let meeting = meeting(&ctx.connect()?, &event, &asked).await?;
    let form = match ask.form {
        FormWord::Announcement => Form::Announcement,
        FormWord::ReportOut => Form::ReportOut,
        FormWord::Takeaways => Form::Takeaways,
    };
    let style = if ask.plain {
        Style::Plain
    } else {
        Style::Markdown
    };
    if matches!(ask.form, FormWord::Takeaways) && meeting.takeaways.is_empty() {
        return Err(Failure::other(
            "NO_TAKEAWAYS",
            format!("the record has no recommendation or takeaway of {event}"),
        ));
    }
    let text =
        compose(&meeting, form, spoken, style).map_err(|why| Failure::other("UNPRINTABLE", why))?;
    ctx.print(text)
}

/// Everything that the record says of an event and its elements.
async fn meeting(to: &Connection, name: &str, asked: &str) -> Result<Meeting> {
    let event: v1::Event = typed(get(to, &crate::event::NOUN, name, None).await?)?;
    let owner = name.split("/events/").next().unwrap_or_default().to_owned();
    let item = |text: &Option<LocalizedText>| {
        let picked = text
            .as_ref()
            .and_then(|text| language::pick(text, Some(asked)));
        picked.map_or_else(Item::default, |it| Item {
            text: it.words.to_owned(),
            language: it.tag.to_owned(),
        })
    };
    let mut dialogues = Vec::new();
    for dialogue in std::iter::once(&owner).chain(&event.joint_dialogues) {
        let record: v1::Dialogue = typed(get(to, &crate::dialogue::NOUN, dialogue, None).await?)?;
        dialogues.push(item(&record.title));
    }
    let mut names: BTreeMap<&str, Item> = BTreeMap::new();
    for role in &event.roles {
        if !names.contains_key(role.party.as_str()) {
            let record: v1::Party = typed(get(to, &crate::party::NOUN, &role.party, None).await?)?;
            let title = item(&record.title);
            // Every language has a name for a state, whether the record has it or not.
            let other = !asked.starts_with(&title.language);
            let known = parties::state_name(&record.country_code, asked.starts_with("fr"));
            let title = known.filter(|_| other).map_or(title, |name| Item {
                text: name.to_owned(),
                language: String::new(),
            });
            names.insert(&role.party, title);
        }
    }
    let roles = rapporteur_proto::descriptor_pool().get_enum_by_name("rapporteur.events.v1.Role");
    let role = |number: i32| {
        roles
            .as_ref()
            .map_or(String::new(), |values| word::word(values, number))
    };
    let request = rec::ListRecommendationsRequest {
        parent: "dialogues/-".to_owned(),
        event: name.to_owned(),
        ..Default::default()
    };
    let method =
        crate::connect::method(crate::recommendation::NOUN.service, "ListRecommendations")?;
    let found = record::pages(to, &method, crate::noun::reflect(&request)?, ELEMENTS).await?;
    let mut elements: Vec<rec::Recommendation> = Vec::new();
    for record in found.records {
        elements.push(typed(record)?);
    }
    elements.sort_by(|one, other| (one.order, &one.name).cmp(&(other.order, &other.name)));
    let date = |date: &Option<CivilDate>| {
        date.as_ref()
            .map(|date| date.value.clone())
            .unwrap_or_default()
    };
    let place = event.place.clone().unwrap_or_default();
    Ok(Meeting {
        title: item(&event.title),
        dialogues,
        start: date(&event.start),
        end: date(&event.end),
        place: place.name,
        country: place.country_code,
        held: matches!(
            event.state(),
            v1::EventState::Held | v1::EventState::Reported | v1::EventState::Closed
        ),
        roles: event
            .roles
            .iter()
            .map(|it| {
                (
                    role(it.role),
                    names.get(it.party.as_str()).cloned().unwrap_or_default(),
                )
            })
            .collect(),
        agenda: event
            .agenda
            .iter()
            .map(|point| item(&point.title))
            .collect(),
        figures: event
            .claims
            .iter()
            .map(|claim| figure(name, claim))
            .collect(),
        takeaways: elements
            .iter()
            .map(|it| {
                (
                    if it.path.is_empty() {
                        it.order.to_string()
                    } else {
                        it.path.clone()
                    },
                    item(&it.text),
                    it.name.clone(),
                )
            })
            .collect(),
        themes: event.themes.clone(),
        links: event
            .links
            .iter()
            .map(|link| {
                (
                    Item {
                        text: link.title.clone(),
                        language: String::new(),
                    },
                    link.url.clone(),
                )
            })
            .collect(),
    })
}

fn figure(event: &str, claim: &rapporteur_proto::r#type::v1::Claim) -> Figure {
    let from = claim.provenance.clone().unwrap_or_default();
    let qualifiers =
        rapporteur_proto::descriptor_pool().get_enum_by_name("rapporteur.type.v1.Qualifier");
    Figure {
        claim: format!("{event}#{}", claim.id),
        measure: claim.measure.clone(),
        value: claim.value,
        total: claim.total,
        qualifier: qualifiers.map_or(String::new(), |values| word::word(&values, claim.qualifier)),
        unit: claim.unit.clone(),
        from: Quoted {
            quote: from.quote,
            source: if from.source.is_empty() {
                from.url
            } else {
                from.source
            },
        },
    }
}

fn typed<M: prost::Message + Default>(record: prost_reflect::DynamicMessage) -> Result<M> {
    record
        .transcode_to()
        .map_err(|e| Failure::other("UNREADABLE_ANSWER", e.to_string()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_form_takes_the_place_of_the_name() {
        let asked = |line: &str| crate::command().try_get_matches_from(line.split(' '));
        let matches = asked(
            "rapporteur compose --event rabat/x --as report-out --in-the-name-of ana --lang fr",
        )
        .unwrap();
        let own = matches.subcommand_matches("compose").unwrap();
        assert_eq!(
            own.get_one::<String>("act_as").map(String::as_str),
            Some("ana")
        );
        let before = asked("rapporteur --as ana compose --event rabat/x --as takeaways").unwrap();
        assert_eq!(
            before.get_one::<String>("act_as").map(String::as_str),
            Some("ana")
        );
        assert!(asked("rapporteur compose --event rabat/x --as song").is_err());
    }
}
