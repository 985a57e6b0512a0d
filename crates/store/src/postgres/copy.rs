//! What the head row says of copies: one that is being filled, and one that went on elsewhere.

use tokio_postgres::types::ToSql;

use super::Address;
use super::catalog::named;
use super::connect::Connector;
use super::error::{corrupt, sent};
use crate::Result;
use crate::engine::Remote;

/// Makes the finished copy at `address` a store like any other.
pub async fn finish_copy(address: &Address, remote: &Remote) -> Result<()> {
    let text = "update @.head set unfinished = false where stream = 0";
    change(address, remote, text, &[]).await
}

/// Has every later commit and opening of the store at `address` refused, with the address `to` where it goes
/// on; `None` takes that back.
pub async fn mark_moved(address: &Address, remote: &Remote, to: Option<String>) -> Result<()> {
    let text = "update @.head set moved_to = $1 where stream = 0";
    change(address, remote, text, &[&to]).await
}

/// Whether there is a store at `address`, of whatever format.
pub async fn is_there(address: &Address, remote: &Remote) -> Result<bool> {
    let schema = named(address, remote).await?;
    let session = Connector::new(address, remote)?.session().await?;
    let tables = schema.tables(&session.client).await?;
    Ok(tables.iter().any(|table| table == "meta"))
}

async fn change(
    address: &Address,
    remote: &Remote,
    text: &str,
    values: &[&(dyn ToSql + Sync)],
) -> Result<()> {
    let schema = named(address, remote).await?;
    let session = Connector::new(address, remote)?.session().await?;
    let changed = session.client.execute(&schema.sql(text), values).await;
    match changed.map_err(|error| sent(&error))? {
        0 => Err(corrupt("the head row is missing")),
        _ => Ok(()),
    }
}
