//! Posts: duties that stay when people go.

use rapporteur_proto::events::v1;

use crate::context::Context;
use crate::error::Result;
use crate::noun::Noun;
use crate::record::{self, Adding, Page};
use crate::{name, when, word};

pub(crate) const NOUN: Noun = Noun {
    kind: "post",
    message: "rapporteur.events.v1.Post",
    service: "rapporteur.events.v1.DialogueService",
    pattern: name::POST,
    columns: &["name", "party", "duty", "scope", "holders.holder"],
};

/// Posts: duties that stay when people go
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List posts
    List(List),
    /// Record a post
    Add(Box<Add>),
    #[command(flatten)]
    Any(record::Command),
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct List {
    /// Only those of this party
    #[arg(long)]
    party: Option<String>,
    /// Only this duty
    #[arg(long, value_parser = word::parser("rapporteur.events.v1.PostDuty"))]
    duty: Option<i32>,
    #[command(flatten)]
    page: Page,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Add {
    /// Whose post
    #[arg(long)]
    party: Option<String>,
    /// What its holder does
    #[arg(long, value_parser = word::parser("rapporteur.events.v1.PostDuty"))]
    duty: Option<i32>,
    /// For what (Area 2, missing migrants)
    #[arg(long)]
    scope: Option<String>,
    /// Who holds it: a party, or a name where the person is not recorded
    #[arg(long)]
    holder: Option<String>,
    /// Since when the holder holds it
    #[arg(long, value_name = "DATE", requires = "holder")]
    since: Option<String>,
    #[command(flatten)]
    adding: Adding,
}

pub(crate) async fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::List(list) => {
            let request = v1::ListPostsRequest {
                parent: crate::event::any_dialogue(ctx)?,
                party: name::expand_some(name::PARTY, &list.party, None)?,
                duty: list.duty.unwrap_or_default(),
                ..Default::default()
            };
            record::list(ctx, &NOUN, request, &list.page).await
        }
        Command::Add(add) => {
            let mut post: v1::Post = add.adding.base(ctx)?;
            if add.party.is_some() {
                post.party = name::expand_some(name::PARTY, &add.party, None)?;
            }
            post.duty = add.duty.unwrap_or(post.duty);
            post.scope = add.scope.unwrap_or(post.scope);
            if let Some(holder) = add.holder {
                post.holders.push(v1::PostHolder {
                    holder,
                    start: when::civil_some(&add.since),
                    end: None,
                });
            }
            record::add(ctx, &NOUN, record::parent(ctx)?, post, &add.adding).await
        }
        Command::Any(command) => record::run(ctx, &NOUN, command).await,
    }
}
