//! Crosswalks: which node of another plan a node stands for.

use rapporteur_proto::events::v1;

use crate::context::Context;
use crate::error::Result;
use crate::noun::Noun;
use crate::record::{self, Adding, Page};
use crate::{name, word};

pub(crate) const NOUN: Noun = Noun {
    kind: "crosswalk",
    message: "rapporteur.events.v1.Crosswalk",
    service: "rapporteur.events.v1.PlanService",
    pattern: name::CROSSWALK,
    columns: &["name", "from_node", "kind", "to_node", "note"],
};

/// Crosswalks: which node of another plan a node stands for
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List crosswalks
    List(List),
    /// Record a crosswalk
    Add(Box<Add>),
    #[command(flatten)]
    Any(record::Command),
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct List {
    /// Only those of this plan; all when not given
    #[arg(long)]
    plan: Option<String>,
    /// Only those from or to this node
    #[arg(long)]
    node: Option<String>,
    #[command(flatten)]
    page: Page,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Add {
    /// The node that it begins at; it belongs to the plan of this node
    #[arg(long, value_name = "NODE")]
    from: Option<String>,
    /// The node of another plan
    #[arg(long, value_name = "NODE")]
    to: Option<String>,
    /// How the other node stands to it
    #[arg(long, value_parser = word::parser("rapporteur.events.v1.CrosswalkKind"))]
    kind: Option<i32>,
    /// Anything a reader should know
    #[arg(long)]
    note: Option<String>,
    #[command(flatten)]
    adding: Adding,
}

pub(crate) async fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    let dialogue = ctx.global.dialogue.clone();
    let dialogue = dialogue.as_deref();
    match command {
        Command::List(list) => {
            let request = v1::ListCrosswalksRequest {
                parent: crate::plan::any(ctx, list.plan.as_deref())?,
                node: name::expand_some(name::NODE, &list.node, dialogue)?,
                ..Default::default()
            };
            record::list(ctx, &NOUN, request, &list.page).await
        }
        Command::Add(add) => {
            let mut crosswalk: v1::Crosswalk = add.adding.base(ctx)?;
            if add.from.is_some() {
                crosswalk.from_node = name::expand_some(name::NODE, &add.from, dialogue)?;
            }
            if add.to.is_some() {
                crosswalk.to_node = name::expand_some(name::NODE, &add.to, dialogue)?;
            }
            crosswalk.kind = add.kind.unwrap_or(crosswalk.kind);
            crosswalk.note = add.note.unwrap_or(crosswalk.note);
            // `dialogues/{dialogue}/plans/{plan}` of the node.
            let plan: Vec<&str> = crosswalk.from_node.split('/').take(4).collect();
            let parent = plan.join("/");
            record::add(ctx, &NOUN, parent, crosswalk, &add.adding).await
        }
        Command::Any(command) => record::run(ctx, &NOUN, command).await,
    }
}
