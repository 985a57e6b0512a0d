//! The same commit on etcd: one transaction for each, as its clients make it; etcd itself puts those that come
//! together into one flush.
//!
//! Of its API version 3 only the messages, and of these only the fields, that the bench needs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Result, ensure};
use bytes::Bytes;
use http::uri::PathAndQuery;
use prost::Message;
use uuid::Uuid;

use super::{META, VALUE, index, key};
use crate::caller::{Caller, callers, connect};
use crate::load::Work;
use crate::plan::{CALLERS, CONNECTIONS};

/// `etcdserverpb.KV/Txn`.
static TXN: PathAndQuery = PathAndQuery::from_static("/etcdserverpb.KV/Txn");
/// `etcdserverpb.Maintenance/Status`.
static STATUS: PathAndQuery = PathAndQuery::from_static("/etcdserverpb.Maintenance/Status");

/// `PutRequest`.
#[derive(Clone, PartialEq, Message)]
struct Put {
    #[prost(bytes = "bytes", tag = "1")]
    key: Bytes,
    #[prost(bytes = "bytes", tag = "2")]
    value: Bytes,
}

/// `RequestOp`, which here is always a put.
#[derive(Clone, PartialEq, Message)]
struct Op {
    #[prost(message, optional, tag = "2")]
    put: Option<Put>,
}

/// `Compare`: without a result and a target, that the version of the key is this one.
#[derive(Clone, PartialEq, Message)]
struct Compare {
    #[prost(bytes = "bytes", tag = "3")]
    key: Bytes,
    #[prost(int64, optional, tag = "4")]
    version: Option<i64>,
}

/// `TxnRequest`.
#[derive(Clone, PartialEq, Message)]
struct Txn {
    #[prost(message, repeated, tag = "1")]
    compare: Vec<Compare>,
    #[prost(message, repeated, tag = "2")]
    success: Vec<Op>,
}

/// `TxnResponse`.
#[derive(Clone, PartialEq, Message)]
struct Done {
    #[prost(bool, tag = "2")]
    succeeded: bool,
}

/// `ResponseHeader`.
#[derive(Clone, PartialEq, Message)]
struct Header {
    #[prost(uint64, tag = "2")]
    member: u64,
    #[prost(int64, tag = "3")]
    revision: i64,
}

/// `StatusResponse`: what a member says of itself.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Status {
    #[prost(message, optional, tag = "1")]
    header: Option<Header>,
    /// The member that it takes for the leader; 0 while it knows none.
    #[prost(uint64, tag = "4")]
    pub(super) leader: u64,
}

impl Status {
    /// Which member it is.
    pub(super) fn member(&self) -> u64 {
        self.header.as_ref().map_or(0, |header| header.member)
    }

    /// How many transactions have changed something: a new cluster begins with revision 1.
    fn commits(&self) -> i64 {
        self.header.as_ref().map_or(0, |header| header.revision) - 1
    }
}

/// Asks a member how it is, on a connection of its own.
pub(super) async fn status(address: SocketAddr) -> Result<Status> {
    let channels = connect(address, 1).await?;
    let mut caller = Caller::new(channels[0].clone());
    Ok(Status::decode(caller.call(&STATUS, Bytes::new()).await?)?)
}

/// Transactions of one comparison and three puts: a record, an index row and a log entry. The entry holds no
/// values: etcd keeps those of all revisions by itself.
#[derive(Clone, Debug)]
pub(super) struct Committing {
    caller: Caller,
    next: Arc<AtomicU64>,
}

impl Committing {
    /// Callers at the leader, which spares their calls a hop, over as many connections as callers of our
    /// own services have.
    pub(super) async fn callers(leader: SocketAddr) -> Result<Vec<Self>> {
        let (channels, next) = (connect(leader, CONNECTIONS).await?, Arc::default());
        let callers = callers(&channels, CALLERS).into_iter();
        Ok(callers
            .map(|caller| Self {
                caller,
                next: Arc::clone(&next),
            })
            .collect())
    }

    /// Whether the leader has all that was acknowledged, and nothing twice.
    pub(super) async fn check(&self, leader: SocketAddr) -> Result<()> {
        let (asked, found) = (
            self.next.load(Ordering::Relaxed),
            status(leader).await?.commits(),
        );
        ensure!(
            i64::try_from(asked)? == found,
            "etcd: {asked} commits were acknowledged, {found} are there"
        );
        Ok(())
    }
}

impl Work for Committing {
    async fn call(&mut self) -> Result<()> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let put = |key, value| Op {
            put: Some(Put { key, value }),
        };
        let entry = [Uuid::new_v4().as_bytes(), &META[..]].concat();
        let txn = Txn {
            compare: vec![Compare {
                key: key(number),
                version: Some(0),
            }],
            success: vec![
                put(key(number), vec![b'v'; VALUE].into()),
                put(index(number), Bytes::new()),
                put(format!("log-{number:012}").into(), entry.into()),
            ],
        };
        let done = self.caller.call(&TXN, txn.encode_to_vec().into()).await?;
        ensure!(Done::decode(done)?.succeeded, "record {number} was there");
        Ok(())
    }
}
