//! A hint to other replicas that there is something new, so that they need not wait for their next look.
//!
//! Never needed, and off unless asked for. It is sent after a commit, from a connection of its own: a NOTIFY
//! inside a commit would take a lock that all commits of all databases share, until that commit is on the disk.

use std::time::Duration;

use tokio::sync::mpsc;

use super::connect::{Connector, Session};
use super::error::unsent;
use super::schema::Schema;
use super::waiting::Head;
use crate::Result;

/// Commits that follow each other more quickly share a hint.
const APART: Duration = Duration::from_millis(10);
/// Between attempts to reach a server that is away; doubled each time, up to the second figure.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// What is lost in a crash of the server is not worth waiting for its disk.
const NOTIFY: &str = "select pg_notify($1, $2)";
const SETTINGS: &str = "set synchronous_commit = off; listen @";

/// Tells of the commits of this process and hears of those of others, on one connection, which is made anew as often
/// as it breaks.
pub(super) async fn exchange(connector: Connector, schema: Schema, head: Head) {
    let mut pause = BACKOFF.0;
    loop {
        match connected(&connector, &schema).await {
            Ok((session, heard)) => {
                pause = BACKOFF.0;
                // What was said meanwhile was not heard.
                head.look();
                talk(&session, &schema, heard, &head).await;
            }
            Err(error) => tracing::debug!(%error, "no hints for now"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(BACKOFF.1);
    }
}

type Heard = mpsc::UnboundedReceiver<String>;

/// The channel has the name of the schema.
async fn connected(connector: &Connector, schema: &Schema) -> Result<(Session, Heard)> {
    let (hear, heard) = mpsc::unbounded_channel();
    let session = connector.session_that_hears(Some(hear)).await?;
    let listening = session.client.batch_execute(&schema.sql(SETTINGS)).await;
    listening.map_err(|error| unsent(&error))?;
    Ok((session, heard))
}

/// Until the connection breaks.
async fn talk(session: &Session, schema: &Schema, mut heard: Heard, head: &Head) {
    let mut ours = head.ours();
    let name = schema.to_string();
    loop {
        tokio::select! {
            hint = heard.recv() => match hint {
                // Ours come back too. Whoever says it may be wrong, so it is only a reason to look.
                Some(hint) if hint.parse().is_ok_and(|position| head.knows(position)) => {}
                Some(_) => head.look(),
                None => return,
            },
            changed = ours.changed() => {
                let position = ours.borrow_and_update().to_string();
                let told = session.client.execute(NOTIFY, &[&name, &position]).await;
                if changed.is_err() || told.is_err() {
                    return;
                }
                tokio::time::sleep(APART).await;
            }
        }
    }
}
