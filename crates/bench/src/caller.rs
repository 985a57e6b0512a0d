//! One caller: a connection that it shares with others, and calls of bytes.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http::uri::PathAndQuery;
use tonic::Request;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};

use crate::raw::Raw;

/// Largest answer that a caller takes: a page of a thousand events.
const ANSWER_BYTES: usize = 64 << 20;

/// A caller. Clones share the connection.
#[derive(Clone, Debug)]
pub struct Caller {
    grpc: Grpc<Channel>,
}

impl Caller {
    /// Calls on a connection.
    pub fn new(channel: Channel) -> Self {
        Self {
            grpc: Grpc::new(channel).max_decoding_message_size(ANSWER_BYTES),
        }
    }

    /// Calls a method and gives the bytes of its answer.
    pub async fn call(&mut self, path: &PathAndQuery, message: Bytes) -> Result<Bytes> {
        self.grpc.ready().await?;
        let answer = self
            .grpc
            .unary(Request::new(message), path.clone(), Raw)
            .await;
        Ok(answer.with_context(|| path.to_string())?.into_inner())
    }
}

/// Opens connections to a server.
pub async fn connect(address: SocketAddr, count: usize) -> Result<Vec<Channel>> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?.tcp_nodelay(true);
    let mut channels = Vec::with_capacity(count);
    for _ in 0..count {
        channels.push(
            endpoint
                .connect()
                .await
                .with_context(|| format!("connecting to {address}"))?,
        );
    }
    Ok(channels)
}

/// `count` callers that share the connections evenly.
pub fn callers(channels: &[Channel], count: usize) -> Vec<Caller> {
    channels
        .iter()
        .cycle()
        .take(count)
        .cloned()
        .map(Caller::new)
        .collect()
}
