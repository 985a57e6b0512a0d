//! `open`: what is open, overdue, silent or disputed.

use rapporteur_proto::gateway::v1::ListOpenItemsRequest;

use crate::connect::method;
use crate::context::Context;
use crate::error::Result;
use crate::followup::{Moment, SERVICE, Scope, dialogues};
use crate::noun::reflect;
use crate::{output, record, word};

/// What a table shows of an item.
pub(crate) const COLUMNS: &[&str] = &[
    "name",
    "parties",
    "response",
    "implementation",
    "claimed",
    "due",
    "overdue_days",
    "silent_days",
    "flags",
    "text",
];

/// Which items.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Ask {
    /// Only with this flag (repeatable; one of them is enough)
    #[arg(long, value_parser = word::parser("rapporteur.gateway.v1.ItemFlag"))]
    flag: Vec<i32>,
    #[command(flatten)]
    scope: Scope,
    /// In which order
    #[arg(long, value_parser = word::parser("rapporteur.gateway.v1.ItemOrder"))]
    order: Option<i32>,
    /// A report is stale after so many days
    #[arg(long, value_name = "DAYS")]
    stale_after: Option<i32>,
    /// Items that are done or closed too
    #[arg(long)]
    all: bool,
    /// Only what is public
    #[arg(long)]
    public: bool,
    /// Most items to show; 0 = all
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    moment: Moment,
}

pub(crate) async fn run(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    let to = ctx.connect()?;
    let request = ListOpenItemsRequest {
        flags: ask.flag,
        dialogues: dialogues(ctx)?,
        parties: ask.scope.parties()?,
        posts: ask.scope.posts(ctx)?,
        plan_nodes: ask.scope.plan_nodes(ctx)?,
        themes: ask.scope.theme,
        order: ask.order.unwrap_or_default(),
        stale_after_days: ask.stale_after.unwrap_or_default(),
        as_of: ask.moment.when.as_of,
        on: ask.moment.day(),
        at_least: ask.moment.at_least(&to).await?,
        all: ask.all,
        public_only: ask.public,
        ..Default::default()
    };
    let method = method(SERVICE, "ListOpenItems")?;
    let found = record::pages(&to, &method, reflect(&request)?, ask.limit).await?;
    output::records(ctx, COLUMNS, &found.records)?;
    found.finish(ctx)
}
