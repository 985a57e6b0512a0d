//! One caller: a connection that it shares with others, and calls of bytes.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http::uri::PathAndQuery;
use rapporteur_server::Raw;
use rapporteur_server::client::lazy;
use rapporteur_server::tls::Outgoing;
use tonic::client::Grpc;
use tonic::metadata::MetadataMap;
use tonic::transport::{Channel, Endpoint};
use tonic::{Extensions, Request, Response};

/// Largest answer that a caller takes: a page of a thousand events.
const ANSWER_BYTES: usize = 64 << 20;

/// A caller. Clones share the connection.
#[derive(Clone, Debug)]
pub struct Caller {
    grpc: Grpc<Channel>,
    /// What it says with each call.
    says: MetadataMap,
}

impl Caller {
    /// Calls on a connection.
    pub fn new(channel: Channel) -> Self {
        Self {
            grpc: Grpc::new(channel).max_decoding_message_size(ANSWER_BYTES),
            says: MetadataMap::new(),
        }
    }

    /// The same, saying this with each call.
    pub fn saying(self, key: &'static str, value: &str) -> Result<Self> {
        let mut says = self.says;
        says.insert(key, value.parse()?);
        Ok(Self { says, ..self })
    }

    /// Calls a method and gives the bytes of its answer.
    pub async fn call(&mut self, path: &PathAndQuery, message: Bytes) -> Result<Bytes> {
        Ok(self.answer(path, message).await?.into_inner())
    }

    /// Calls a method and gives the bytes of its answer with what was said beside them.
    pub async fn answer(&mut self, path: &PathAndQuery, message: Bytes) -> Result<Response<Bytes>> {
        self.grpc.ready().await?;
        let request = Request::from_parts(self.says.clone(), Extensions::new(), message);
        let answer = self.grpc.unary(request, path.clone(), Raw).await;
        answer.with_context(|| path.to_string())
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

/// Private connections to a server, each made when it is first used.
pub fn connect_privately(
    address: SocketAddr,
    tls: &Outgoing,
    count: usize,
) -> Result<Vec<Channel>> {
    let endpoint = Endpoint::from_shared(format!("https://{address}"))?;
    let channel = |_| lazy(&endpoint, Some(tls.clone()));
    Ok((0..count).map(channel).collect())
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
