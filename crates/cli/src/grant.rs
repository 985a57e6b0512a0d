//! Grants: a role of somebody, in one dialogue or in all.

use prost_types::Timestamp;
use rapporteur_proto::gateway::v1::{
    CreateGrantRequest, Grant, ListGrantsRequest, RevokeGrantRequest,
};
use uuid::Uuid;

use crate::connect::method;
use crate::context::Context;
use crate::error::Result;
use crate::key::SERVICE;
use crate::noun::{Noun, reflect};
use crate::record::{self, Move, Write};
use crate::{name, output, when, word};

const NOUN: Noun = Noun {
    kind: "grant",
    message: "rapporteur.gateway.v1.Grant",
    service: SERVICE,
    pattern: "grants/*",
    columns: &[
        "name",
        "caller",
        "role",
        "dialogue",
        "party",
        "expire_time",
        "revoke_time",
    ],
};

/// Grants: who has which role, in one dialogue or in all
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List grants
    List(List),
    /// Grant somebody a role; in all dialogues without --dialogue
    Add(Add),
    /// Take a grant back, at once; it stays on record
    Revoke(Move),
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct List {
    /// Only grants to this caller
    #[arg(long, value_name = "NAME")]
    caller: Option<String>,
    /// Revoked and expired ones too
    #[arg(long)]
    ended: bool,
    /// Most grants to show; 0 = all
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: usize,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Add {
    /// To whom: the caller of keys, an address of the identity provider, or `oidc:` and what its claim says
    #[arg(long, value_name = "NAME")]
    caller: String,
    /// Which role
    #[arg(long, value_parser = word::parser("rapporteur.gateway.v1.Role"))]
    role: i32,
    /// For which party, of a contributor or focal point; for every party when not given
    #[arg(long, value_name = "PARTY")]
    party: Option<String>,
    /// Until when: 2027-01-31 (its end), 2027-01-31T12:00:00Z or "90 days"; for ever when not given
    #[arg(long, value_name = "TIME", value_parser = when::moment)]
    expires: Option<Timestamp>,
    #[command(flatten)]
    write: Write,
}

pub(crate) async fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    let dialogue = name::expand_some(name::DIALOGUE, &ctx.global.dialogue, None)?;
    match command {
        Command::List(list) => {
            let request = ListGrantsRequest {
                caller: list.caller.unwrap_or_default(),
                dialogue,
                show_ended: list.ended,
                ..ListGrantsRequest::default()
            };
            let method = method(SERVICE, "ListGrants")?;
            let (to, request) = (ctx.connect()?, reflect(&request)?);
            let found = record::pages(&to, &method, request, list.limit).await?;
            output::records(ctx, NOUN.columns, &found.records)?;
            found.finish(ctx)
        }
        Command::Add(add) => {
            let own = add.write.request_id.clone();
            let request = CreateGrantRequest {
                grant: Some(Grant {
                    caller: add.caller,
                    role: add.role,
                    dialogue,
                    party: name::expand_some(name::PARTY, &add.party, None)?,
                    expire_time: add.expires,
                    ..Grant::default()
                }),
                request_id: own.unwrap_or_else(|| Uuid::new_v4().to_string()),
                reason: add.write.reason.clone().unwrap_or_default(),
                validate_only: add.write.dry_run,
            };
            let grant: Grant = ctx.connect()?.ask(SERVICE, &request).await?;
            output::records(ctx, NOUN.columns, &[reflect(&grant)?])?;
            add.write.note(ctx)
        }
        Command::Revoke(step) => {
            record::act(ctx, &NOUN, &step, RevokeGrantRequest::default()).await
        }
    }
}
