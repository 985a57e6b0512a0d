//! The store of a running service, through the service.

use std::path::Path;
use std::time::Duration;

use prost::Message as _;
use rapporteur_proto::gateway::v1::{IssueTokenRequest, IssueTokenResponse};
use rapporteur_proto::store::v1::{
    ExportStoreRequest, ExportStoreResponse, GetStoreInfoRequest, GetStoreInfoResponse,
    MoveStoreRequest, MoveStoreResponse, VerifyStoreRequest, VerifyStoreResponse,
};
use rapporteur_store::archive::{self, Summary};
use rapporteur_store::copy::Progress;
use rapporteur_store::engine::Text;
use serde_json::json;

use super::place::{address, failed, progress, show};
use crate::connect::{self, Connection};
use crate::context::Context;
use crate::error::{Failure, Result};

const ACCESS: &str = "rapporteur.gateway.v1.AccessService";
const SERVICE: &str = "rapporteur.store.v1.StoreService";
/// What is done to a whole store takes as long as the store is big.
const LONG: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The service, asked with a caller token of the gateway that the profile names; without one where no key is known.
/// The gateway itself, about its own store, is asked with the key.
async fn reach(ctx: &mut Context<'_>, url: &str, patience: Duration) -> Result<Connection> {
    if url.trim_end_matches('/') == ctx.gateway()?.trim_end_matches('/') {
        return Ok(ctx.connect()?.within(patience));
    }
    let token = match ctx.connect()? {
        gateway if gateway.has_token() => {
            let asked = gateway.ask(ACCESS, &IssueTokenRequest {}).await;
            match asked {
                Ok(IssueTokenResponse { token, .. }) => Some(token),
                // A service that believes whoever calls is kept without its gateway.
                Err(why) => {
                    ctx.say(format_args!(
                        "The gateway gives no caller token ({why}); asking {url} without."
                    ))?;
                    None
                }
            }
        }
        _ => None,
    };
    let service = Connection::new(url, token.as_deref(), patience, &ctx.peers()?)?;
    Ok(service.to("the service"))
}

pub(super) async fn info(
    ctx: &mut Context<'_>,
    url: &str,
    patience: Duration,
) -> Result<GetStoreInfoResponse> {
    let to = reach(ctx, url, patience).await?;
    to.ask(SERVICE, &GetStoreInfoRequest {}).await
}

pub(super) async fn verify(ctx: &mut Context<'_>, url: &str) -> Result<VerifyStoreResponse> {
    let to = reach(ctx, url, LONG).await?;
    to.ask(SERVICE, &VerifyStoreRequest {}).await
}

/// Takes the archive of the service's store into a file, and reads it once more before it gets its name.
pub(crate) async fn export(ctx: &mut Context<'_>, url: &str, to: &Path) -> Result<Summary> {
    let from = reach(ctx, url, LONG).await?;
    let info: GetStoreInfoResponse = from.ask(SERVICE, &GetStoreInfoRequest {}).await?;
    let bar = progress(ctx);
    let mut hear = bar.hear();
    let mut file = archive::file::NewFile::create(to).map_err(failed)?;
    let mut pieces = from.stream(SERVICE, &ExportStoreRequest {}).await?;
    let mut received = 0;
    while let Some(piece) = pieces.message().await? {
        let piece = ExportStoreResponse::decode(piece).map_err(connect::unreadable)?;
        received += piece.data.len() as u64;
        file.write(&piece.data).map_err(failed)?;
        // An archive is about as large as the store, so this is about right.
        hear(Progress {
            position: received.min(info.disk_bytes.unwrap_or(received)),
            head: info.disk_bytes.unwrap_or(received),
        });
    }
    let (_, summary) = file.check().map_err(failed)?;
    file.finish().map_err(failed)?;
    Ok(summary)
}

/// Has the service move its store, and waits until it has.
pub(super) async fn relocate(ctx: &mut Context<'_>, url: &str, to: &Text) -> Result<()> {
    let target = address("--to", to)?;
    let service = reach(ctx, url, LONG).await?;
    let bar = progress(ctx);
    let mut hear = bar.hear();
    let request = MoveStoreRequest {
        // The service needs the password too, when there is one.
        target: to.secret().to_owned(),
    };
    let mut answers = service.stream(SERVICE, &request).await?;
    let mut last = None;
    while let Some(answer) = answers.message().await? {
        let answer = MoveStoreResponse::decode(answer).map_err(connect::unreadable)?;
        let (position, head) = (answer.position, answer.head);
        hear(Progress { position, head });
        last = answer.held.map(|held| (held, position));
    }
    drop(bar);
    let Some((held, head)) = last else {
        let text = "the service ended before it said how the move went; ask it with `store info`";
        return Err(Failure::other("OUTCOME_UNKNOWN", text));
    };
    let held_ms = held.seconds * 1_000 + i64::from(held.nanos) / 1_000_000;
    // As the service names it: with the schema that it chose where the address names none.
    let target = info(ctx, url, LONG)
        .await
        .map_or_else(|_| target.to_string(), |info| info.address);
    let said = json!({"address": target, "head": head, "held_ms": held_ms});
    show(ctx, &said)?;
    ctx.say(format_args!(
        "The service goes on with {target}: start it with that from now on. The old place is kept and refuses to be opened."
    ))
}
