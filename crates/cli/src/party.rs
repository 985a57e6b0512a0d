//! Parties: states, organisations, persons.

use rapporteur_proto::events::v1;

use crate::context::Context;
use crate::error::Result;
use crate::noun::Noun;
use crate::record::{self, Adding, Page};
use crate::{name, word};

pub(crate) const NOUN: Noun = Noun {
    kind: "party",
    message: "rapporteur.events.v1.Party",
    service: "rapporteur.events.v1.PartyService",
    pattern: name::PARTY,
    columns: &["name", "kind", "country_code", "acronym", "title"],
};

/// Parties: states, organisations, persons
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List parties
    List(List),
    /// Record a party
    Add(Box<Add>),
    #[command(flatten)]
    Any(record::Command),
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct List {
    /// Only this kind
    #[arg(long, value_parser = word::parser("rapporteur.events.v1.PartyKind"))]
    kind: Option<i32>,
    /// Only those with a name, acronym or code that begins so
    #[arg(long, value_name = "PREFIX")]
    text: Option<String>,
    #[command(flatten)]
    page: Page,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Add {
    /// What it is
    #[arg(long, value_parser = word::parser("rapporteur.events.v1.PartyKind"))]
    kind: Option<i32>,
    /// Its name; a state gets its ISO 3166-1 name when it has none
    #[arg(long)]
    title: Option<String>,
    /// ISO 3166-1 alpha-2 code of a state
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
    /// Acronym of an organisation
    #[arg(long)]
    acronym: Option<String>,
    /// Another spelling in use (repeatable)
    #[arg(long)]
    alias: Vec<String>,
    /// The organisation or state that it belongs to
    #[arg(long, value_name = "PARTY")]
    parent: Option<String>,
    /// Kind of organisation, or capacity of a person, in the words of the source
    #[arg(long)]
    description: Option<String>,
    #[command(flatten)]
    adding: Adding,
}

pub(crate) async fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::List(list) => {
            let request = v1::ListPartiesRequest {
                kind: list.kind.unwrap_or_default(),
                text_prefix: list.text.unwrap_or_default(),
                ..Default::default()
            };
            record::list(ctx, &NOUN, request, &list.page).await
        }
        Command::Add(add) => {
            let mut party: v1::Party = add.adding.base(ctx)?;
            party.kind = add.kind.unwrap_or(party.kind);
            add.adding.text(&mut party.title, &add.title);
            party.country_code = add.country.unwrap_or(party.country_code);
            party.acronym = add.acronym.unwrap_or(party.acronym);
            party.aliases.extend(add.alias);
            if add.parent.is_some() {
                party.parent_party = name::expand_some(name::PARTY, &add.parent, None)?;
            }
            party.description = add.description.unwrap_or(party.description);
            record::add(ctx, &NOUN, String::new(), party, &add.adding).await
        }
        Command::Any(command) => record::run(ctx, &NOUN, command).await,
    }
}
