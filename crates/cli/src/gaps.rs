//! `gaps`: what the record lacks.

use rapporteur_proto::gateway::v1::ListGapsRequest;

use crate::connect::{Connection, method};
use crate::context::Context;
use crate::error::Result;
use crate::followup::{Moment, SERVICE, dialogues};
use crate::noun::reflect;
use crate::{output, plan, record, word};

/// What a table shows of a gap.
pub(crate) const COLUMNS: &[&str] = &["kind", "name", "days", "detail", "text"];

/// Which gaps.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Ask {
    /// Only these kinds (repeatable)
    #[arg(long, value_parser = word::parser("rapporteur.gateway.v1.GapKind"))]
    kind: Vec<i32>,
    #[command(flatten)]
    pub(crate) of: Of,
    /// Most gaps to show; 0 = all
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: usize,
}

/// Of what, at which moment.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Of {
    /// Only of this plan
    #[arg(long)]
    plan: Option<String>,
    /// An event is without an outcome after so many days; 60 when not given
    #[arg(long, value_name = "DAYS")]
    outcome_after: Option<i32>,
    #[command(flatten)]
    pub(crate) moment: Moment,
}

impl Of {
    /// What is asked of the gateway, but for kinds and pages.
    pub(crate) async fn request(
        &self,
        ctx: &mut Context<'_>,
        to: &Connection,
    ) -> Result<ListGapsRequest> {
        let dialogue = ctx.global.dialogue.as_deref();
        Ok(ListGapsRequest {
            dialogues: dialogues(ctx)?,
            plan: match &self.plan {
                Some(given) => plan::meant(to, given, dialogue).await?,
                None => String::new(),
            },
            outcome_after_days: self.outcome_after.unwrap_or_default(),
            as_of: self.moment.when.as_of,
            on: self.moment.day(),
            ..Default::default()
        })
    }
}

pub(crate) async fn run(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    let to = ctx.connect()?;
    let request = ListGapsRequest {
        kinds: ask.kind,
        at_least: ask.of.moment.at_least(&to).await?,
        ..ask.of.request(ctx, &to).await?
    };
    let method = method(SERVICE, "ListGaps")?;
    let found = record::pages(&to, &method, reflect(&request)?, ask.limit).await?;
    output::records(ctx, COLUMNS, &found.records)?;
    found.finish(ctx)
}
