//! Whether the server keeps what it says it keeps.

use tokio_postgres::Client;

use super::error::unsent;
use crate::{Error, Result};

/// What was found of a server.
struct Server {
    version: String,
    synchronous_commit: String,
    fsync: bool,
    full_page_writes: bool,
    standby_names: String,
    /// Standbys that nobody waits for. Only a privileged role sees them.
    asynchronous: i64,
}

/// Warns of settings that lose acknowledged commits; when `strict`, refuses them.
pub(super) async fn check(client: &Client, strict: bool) -> Result<()> {
    let server = look(client).await.map_err(|error| unsent(&error))?;
    tracing::info!(version = server.version, "PostgreSQL");
    let dangers = server.dangers();
    for danger in &dangers {
        tracing::warn!("the store is not safe: {danger}");
    }
    if !strict {
        return Ok(());
    }
    let mut reasons = dangers;
    if server.standby_names.is_empty() {
        reasons.push(
            "synchronous_standby_names is empty: the machine's loss would lose commits".into(),
        );
    }
    match reasons.is_empty() {
        true => Ok(()),
        false => Err(Error::Schema(format!(
            "refused, since store-strict is set: {}",
            reasons.join("; ")
        ))),
    }
}

async fn look(client: &Client) -> std::result::Result<Server, tokio_postgres::Error> {
    let text = "select current_setting('server_version'), current_setting('synchronous_commit'), \
        current_setting('fsync')::bool, current_setting('full_page_writes')::bool, \
        current_setting('synchronous_standby_names'), \
        (select count(*) from pg_stat_replication where sync_state = 'async')";
    let row = client.query_one(text, &[]).await?;
    Ok(Server {
        version: row.try_get(0)?,
        synchronous_commit: row.try_get(1)?,
        fsync: row.try_get(2)?,
        full_page_writes: row.try_get(3)?,
        standby_names: row.try_get(4)?,
        asynchronous: row.try_get(5)?,
    })
}

impl Server {
    fn dangers(&self) -> Vec<String> {
        let mut dangers = Vec::new();
        let standbys = !self.standby_names.is_empty();
        match self.synchronous_commit.as_str() {
            "off" => {
                dangers.push("synchronous_commit is off: a crash loses the last commits".into())
            }
            "local" if standbys => {
                dangers
                    .push("synchronous_commit is local: a fail-over loses the last commits".into());
            }
            _ => {}
        }
        if !self.fsync {
            dangers.push("fsync is off: a power loss may damage everything".into());
        }
        if !self.full_page_writes {
            dangers.push("full_page_writes is off: a power loss may damage pages".into());
        }
        if !standbys && self.asynchronous > 0 {
            dangers.push("replication is asynchronous: a fail-over loses the last commits".into());
        }
        dangers
    }
}
