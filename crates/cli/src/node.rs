//! Nodes of plans: areas, objectives, actions.

use rapporteur_proto::events::v1;

use crate::context::Context;
use crate::error::Result;
use crate::noun::Noun;
use crate::record::{self, Adding, Page};
use crate::{name, when, word};

pub(crate) const NOUN: Noun = Noun {
    kind: "plan_node",
    message: "rapporteur.events.v1.PlanNode",
    service: "rapporteur.events.v1.PlanService",
    pattern: name::NODE,
    columns: &["name", "code", "kind", "parent_node", "counts_as", "text"],
};

/// Nodes of plans: areas, objectives, actions
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List nodes, in the order of their plan
    List(List),
    /// Record a node
    Add(Box<Add>),
    #[command(flatten)]
    Any(record::Command),
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct List {
    /// Only nodes of this plan (rabat/cadiz)
    #[arg(long)]
    plan: Option<String>,
    /// Only this kind
    #[arg(long, value_parser = word::parser("rapporteur.events.v1.PlanNodeKind"))]
    kind: Option<i32>,
    /// Only the children of this node: its id, or with its plan
    #[arg(long, value_name = "NODE")]
    below: Option<String>,
    #[command(flatten)]
    page: Page,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Add {
    /// The plan (rabat/cadiz)
    #[arg(long)]
    plan: Option<String>,
    /// Its code as printed: 5a, 10.7.1
    #[arg(long)]
    code: Option<String>,
    /// What it is
    #[arg(long, value_parser = word::parser("rapporteur.events.v1.PlanNodeKind"))]
    kind: Option<i32>,
    /// Place among its siblings
    #[arg(long)]
    order: Option<i32>,
    /// Its text
    #[arg(long)]
    text: Option<String>,
    /// The node above it: its id (2), or with its plan (rabat/cadiz/2)
    #[arg(long, value_name = "NODE")]
    parent: Option<String>,
    /// Nodes of one kind with the same code here count once
    #[arg(long, value_name = "CODE")]
    counts_as: Option<String>,
    /// The number in the plan's own count, where it has another
    #[arg(long)]
    alias: Option<String>,
    /// How many nodes of a kind it says that it has, as KIND=COUNT (repeatable)
    #[arg(long, value_name = "KIND=COUNT")]
    declares: Vec<String>,
    /// First day on which it is part of the plan
    #[arg(long, value_name = "DATE")]
    start: Option<String>,
    /// Last day on which it is part of the plan
    #[arg(long, value_name = "DATE")]
    end: Option<String>,
    #[command(flatten)]
    adding: Adding,
}

pub(crate) async fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    let dialogue = ctx.global.dialogue.clone();
    let dialogue = dialogue.as_deref();
    match command {
        Command::List(list) => {
            let request = v1::ListPlanNodesRequest {
                parent: crate::plan::any(ctx, list.plan.as_deref())?,
                kind: list.kind.unwrap_or_default(),
                parent_node: of_plan(&list.plan, &list.below, dialogue)?,
                ..Default::default()
            };
            record::list(ctx, &NOUN, request, &list.page).await
        }
        Command::Add(add) => {
            let mut node: v1::PlanNode = add.adding.base(ctx)?;
            node.code = add.code.unwrap_or(node.code);
            node.kind = add.kind.unwrap_or(node.kind);
            node.order = add.order.unwrap_or(node.order);
            add.adding.text(&mut node.text, &add.text);
            if add.parent.is_some() {
                node.parent_node = of_plan(&add.plan, &add.parent, dialogue)?;
            }
            node.counts_as = add.counts_as.unwrap_or(node.counts_as);
            node.alias = add.alias.unwrap_or(node.alias);
            for given in &add.declares {
                node.declared_counts.push(crate::plan::declared(given)?);
            }
            node.start = when::civil_some(&add.start).or(node.start);
            node.end = when::civil_some(&add.end).or(node.end);
            let parent = name::expand_some(name::PLAN, &add.plan, dialogue)?;
            record::add(ctx, &NOUN, parent, node, &add.adding).await
        }
        Command::Any(command) => record::run(ctx, &NOUN, command).await,
    }
}

/// The name of a node that may be given by its id alone, since its plan is given too.
fn of_plan(plan: &Option<String>, node: &Option<String>, dialogue: Option<&str>) -> Result<String> {
    match (plan, node) {
        (Some(plan), Some(id)) if !id.contains('/') => {
            let plan = name::expand(name::PLAN, plan, dialogue)?;
            Ok(format!("{plan}/nodes/{id}"))
        }
        _ => name::expand_some(name::NODE, node, dialogue),
    }
}
