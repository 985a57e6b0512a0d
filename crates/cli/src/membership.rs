//! Memberships: who belongs to a dialogue, from when to when.

use rapporteur_proto::events::v1;

use crate::context::Context;
use crate::error::Result;
use crate::noun::Noun;
use crate::record::{self, Adding, Page};
use crate::{name, when, word};

pub(crate) const NOUN: Noun = Noun {
    kind: "membership",
    message: "rapporteur.events.v1.Membership",
    service: "rapporteur.events.v1.DialogueService",
    pattern: name::MEMBERSHIP,
    columns: &["name", "party", "kind", "group", "start", "end"],
};

/// Memberships: who belongs to a dialogue, from when to when
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List memberships
    List(List),
    /// Record a membership
    Add(Box<Add>),
    #[command(flatten)]
    Any(record::Command),
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct List {
    /// Only those of this party
    #[arg(long)]
    party: Option<String>,
    /// Only those in force on this day
    #[arg(long, value_name = "DATE")]
    on: Option<String>,
    #[command(flatten)]
    page: Page,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Add {
    /// Who
    #[arg(long)]
    party: Option<String>,
    /// As what
    #[arg(long, value_parser = word::parser("rapporteur.events.v1.MembershipKind"))]
    kind: Option<i32>,
    /// Since when
    #[arg(long, value_name = "DATE")]
    start: Option<String>,
    /// Until when
    #[arg(long, value_name = "DATE")]
    end: Option<String>,
    /// Group of members in the words of the dialogue
    #[arg(long)]
    group: Option<String>,
    #[command(flatten)]
    adding: Adding,
}

pub(crate) async fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::List(list) => {
            let request = v1::ListMembershipsRequest {
                parent: crate::event::any_dialogue(ctx)?,
                party: name::expand_some(name::PARTY, &list.party, None)?,
                on: list.on.unwrap_or_default(),
                ..Default::default()
            };
            record::list(ctx, &NOUN, request, &list.page).await
        }
        Command::Add(add) => {
            let mut membership: v1::Membership = add.adding.base(ctx)?;
            if add.party.is_some() {
                membership.party = name::expand_some(name::PARTY, &add.party, None)?;
            }
            membership.kind = add.kind.unwrap_or(membership.kind);
            membership.start = when::civil_some(&add.start).or(membership.start);
            membership.end = when::civil_some(&add.end).or(membership.end);
            membership.group = add.group.unwrap_or(membership.group);
            record::add(ctx, &NOUN, record::parent(ctx)?, membership, &add.adding).await
        }
        Command::Any(command) => record::run(ctx, &NOUN, command).await,
    }
}
