//! What the head row says of copies: one that is being filled, and one that went on elsewhere.

use tokio_postgres::types::ToSql;

use super::Address;
use super::catalog::named;
use super::connect::Connector;
use super::error::{corrupt, sent, unsent};
use crate::Result;
use crate::copy::Mark;
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

/// What the store at `address` says of copies, if there is one.
pub async fn mark(address: &Address, remote: &Remote) -> Result<Option<Mark>> {
    if !is_there(address, remote).await? {
        return Ok(None);
    }
    let schema = named(address, remote).await?;
    let session = Connector::new(address, remote)?.session().await?;
    let text = schema.sql("select store_id, unfinished, moved_to from @.head where stream = 0");
    let head = session.client.query_opt(&text, &[]).await;
    let read = |head: tokio_postgres::Row| {
        Ok(Mark {
            store_id: head.try_get(0)?,
            unfinished: head.try_get(1)?,
            moved_to: head.try_get(2)?,
        })
    };
    let head = head.map_err(|error| unsent(&error))?;
    let head = head.ok_or_else(|| corrupt("the head row is missing"))?;
    read(head)
        .map(Some)
        .map_err(|error: tokio_postgres::Error| unsent(&error))
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
