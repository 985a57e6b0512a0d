//! The store of a running service, through the service.

use std::path::Path;
use std::time::Duration;

use prost::Message as _;
use rapporteur_proto::store::v1::{
    ExportStoreRequest, ExportStoreResponse, GetStoreInfoRequest, GetStoreInfoResponse,
    MoveStoreRequest, MoveStoreResponse, VerifyStoreRequest, VerifyStoreResponse,
};
use rapporteur_server::tls::PeerArgs;
use rapporteur_store::archive::{self, Summary};
use rapporteur_store::copy::Progress;
use rapporteur_store::engine::Text;
use serde_json::json;

use super::place::{Bar, address, failed, progress, show};
use crate::connect::{self, Connection};
use crate::context::Context;
use crate::error::{Failure, Result};

const SERVICE: &str = "rapporteur.store.v1.StoreService";
/// What is done to a whole store takes as long as the store is big.
const LONG: Duration = Duration::from_secs(7 * 24 * 60 * 60);

pub(super) async fn info(
    url: &str,
    patience: Duration,
    peers: &PeerArgs,
) -> Result<GetStoreInfoResponse> {
    let to = Connection::new(url, None, patience, peers)?;
    to.ask(SERVICE, &GetStoreInfoRequest {}).await
}

pub(super) async fn verify(url: &str, peers: &PeerArgs) -> Result<VerifyStoreResponse> {
    let to = Connection::new(url, None, LONG, peers)?;
    to.ask(SERVICE, &VerifyStoreRequest {}).await
}

/// Takes the archive of the service's store into a file, and reads it once more before it gets its name.
pub(super) async fn export(url: &str, peers: &PeerArgs, to: &Path, bar: Bar) -> Result<Summary> {
    let info = info(url, LONG, peers).await?;
    let mut hear = bar.hear();
    let mut file = archive::file::NewFile::create(to).map_err(failed)?;
    let from = Connection::new(url, None, LONG, peers)?;
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
    let bar = progress(ctx);
    let mut hear = bar.hear();
    let service = Connection::new(url, None, LONG, &ctx.peers()?)?;
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
    let target = info(url, LONG, &ctx.peers()?)
        .await
        .map_or_else(|_| target.to_string(), |info| info.address);
    let said = json!({"address": target, "head": head, "held_ms": held_ms});
    show(ctx, &said)?;
    ctx.say(format_args!(
        "The service goes on with {target}: start it with that from now on. The old place is kept and refuses to be opened."
    ))
}
