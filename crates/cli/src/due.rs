//! `due`: what reporting schedules make due, and what met it.

use rapporteur_proto::gateway::v1::ListDuesRequest;

use crate::connect::method;
use crate::context::Context;
use crate::error::Result;
use crate::followup::{Moment, SERVICE, Scope, dialogues};
use crate::noun::reflect;
use crate::{name, output, record};

/// What a table shows of a due.
pub(crate) const COLUMNS: &[&str] = &[
    "due",
    "subject",
    "parties",
    "post",
    "schedule",
    "report",
    "late_days",
];

/// Which dues.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Ask {
    /// Only of this schedule
    #[arg(long)]
    schedule: Option<String>,
    #[command(flatten)]
    scope: Scope,
    /// Only due on or after this day
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// Only due on or before this day; a year ahead when not given
    #[arg(long, value_name = "DATE")]
    to: Option<String>,
    /// Only those that nobody has met
    #[arg(long)]
    unmet: bool,
    /// Most dues to show; 0 = all
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    moment: Moment,
}

pub(crate) async fn run(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    let to = ctx.connect()?;
    let dialogue = ctx.global.dialogue.as_deref();
    let request = ListDuesRequest {
        name: name::expand_some(name::SCHEDULE, &ask.schedule, dialogue)?,
        dialogues: dialogues(ctx)?,
        parties: ask.scope.parties()?,
        posts: ask.scope.posts(ctx)?,
        plan_nodes: ask.scope.plan_nodes(ctx)?,
        themes: ask.scope.theme,
        from: ask.from.unwrap_or_default(),
        to: ask.to.unwrap_or_default(),
        unmet: ask.unmet,
        as_of: ask.moment.when.as_of,
        on: ask.moment.day(),
        at_least: ask.moment.at_least(&to).await?,
        ..Default::default()
    };
    let method = method(SERVICE, "ListDues")?;
    let found = record::pages(&to, &method, reflect(&request)?, ask.limit).await?;
    output::records(ctx, COLUMNS, &found.records)?;
    found.finish(ctx)
}
