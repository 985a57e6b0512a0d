//! Follow-up: what `open`, `due`, `gaps`, `check`, `inbox` and `handover` share.

use rapporteur_proto::gateway::v1::Position;

use crate::connect::Connection;
use crate::context::Context;
use crate::error::Result;
use crate::record::AsOf;
use crate::{name, status};

pub(crate) const SERVICE: &str = "rapporteur.gateway.v1.FollowUpService";

/// At which moment, against which day.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Moment {
    /// The day against which dues and ages are counted; the day of --as-of, or today
    #[arg(long, value_name = "DATE")]
    pub(crate) on: Option<String>,
    /// Wait until everything recorded before this call is counted
    #[arg(long)]
    pub(crate) fresh: bool,
    #[command(flatten)]
    pub(crate) when: AsOf,
}

impl Moment {
    /// The day, empty when not given.
    pub(crate) fn day(&self) -> String {
        self.on.clone().unwrap_or_default()
    }

    /// What the answer must have seen.
    pub(crate) async fn at_least(&self, to: &Connection) -> Result<Vec<Position>> {
        if self.fresh {
            status::heads(to).await
        } else {
            Ok(Vec::new())
        }
    }
}

/// Of whom, about what.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Scope {
    /// Only of this party (repeatable)
    #[arg(long)]
    party: Vec<String>,
    /// Only what this post answers for (repeatable)
    #[arg(long)]
    post: Vec<String>,
    /// Only with this theme (repeatable)
    #[arg(long)]
    pub(crate) theme: Vec<String>,
    /// Only for this node of a plan or one below it (repeatable)
    #[arg(long, value_name = "NODE")]
    plan_node: Vec<String>,
}

impl Scope {
    pub(crate) fn parties(&self) -> Result<Vec<String>> {
        name::expand_all(name::PARTY, &self.party, None)
    }

    pub(crate) fn posts(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        name::expand_all(name::POST, &self.post, ctx.global.dialogue.as_deref())
    }

    pub(crate) fn plan_nodes(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        name::expand_all(name::NODE, &self.plan_node, ctx.global.dialogue.as_deref())
    }
}

/// The dialogue of `--dialogue`, as a list; empty means all.
pub(crate) fn dialogues(ctx: &Context<'_>) -> Result<Vec<String>> {
    name::expand_all(name::DIALOGUE, ctx.global.dialogue.as_slice(), None)
}
