//! The way to the gateway: one channel, the token, a deadline for each call, and patience with a
//! service that is starting.
//!
//! Messages are the generated ones or their reflected twins; either goes over the wire by the path
//! that its descriptor gives, so a new noun needs no new client code here.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::Stream;
use prost::{Message, Name};
use prost_reflect::{DynamicMessage, MethodDescriptor};
use rapporteur_proto::descriptor_pool;
use rapporteur_server::tls::{Outgoing, PeerArgs};
use rapporteur_server::{Raw, client};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::{Ascii, MetadataMap, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status, Streaming};

use crate::error::{Failure, Result};

/// First pause before a call is repeated; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Times that a call is repeated: after 0.1, 0.2, 0.4, 0.8 seconds.
const REPEATS: u32 = 4;
/// Largest answer.
const ANSWER_BYTES: usize = 64 << 20;

/// A gateway that can be asked.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    channel: Channel,
    token: Option<MetadataValue<Ascii>>,
    /// In whose name an administrator calls.
    act_as: Option<MetadataValue<Ascii>>,
    /// Whether answers need not say what was said before.
    unreminded: bool,
    timeout: Duration,
    /// What it is called when it cannot be reached.
    whom: &'static str,
}

impl Connection {
    /// Does not connect yet: that happens with the first call. `peers`: how an https:// address is reached.
    pub(crate) fn new(
        address: &str,
        token: Option<&str>,
        timeout: Duration,
        peers: &PeerArgs,
    ) -> Result<Self> {
        let wrong = |why: String| {
            Failure::usage(format!("{address} is not the address of a gateway: {why}"))
        };
        let private = address.starts_with("https://");
        if !private && !address.starts_with("http://") {
            return Err(wrong(
                "it should look like http://HOST:PORT or https://HOST:PORT".to_owned(),
            ));
        }
        let tls = private.then(|| Outgoing::new(peers)).transpose();
        let tls = tls.map_err(|error| Failure::usage(error.to_string()))?;
        let endpoint =
            Endpoint::from_shared(address.to_owned()).map_err(|e| wrong(e.to_string()))?;
        let endpoint = endpoint.connect_timeout(timeout).tcp_nodelay(true);
        let channel = client::lazy(&endpoint, tls);
        let token = token
            .map(|token| MetadataValue::try_from(format!("Bearer {token}")))
            .transpose()
            // The text itself stays out of the message: it is a secret.
            .map_err(|_| {
                Failure::other(
                    "BAD_TOKEN",
                    "the token has characters that no header can carry",
                )
            })?
            .map(|mut value| {
                value.set_sensitive(true);
                value
            });
        Ok(Self {
            channel,
            token,
            act_as: None,
            unreminded: false,
            timeout,
            whom: "the gateway",
        })
    }

    /// The same, called so when it cannot be reached: not everything that is asked is a gateway.
    pub(crate) fn to(mut self, whom: &'static str) -> Self {
        self.whom = whom;
        self
    }

    /// The same with another deadline for each call.
    pub(crate) fn within(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The same for somebody who writes much and is not to be told what it repeats.
    pub(crate) fn unreminded(mut self) -> Self {
        self.unreminded = true;
        self
    }

    /// Whether it is asked with a key or a token.
    pub(crate) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// The same in somebody's name; the gateway allows it to the admin key alone.
    pub(crate) fn acting_as(mut self, name: Option<&str>) -> Result<Self> {
        self.act_as = name
            .map(MetadataValue::try_from)
            .transpose()
            .map_err(|_| Failure::usage("--as has characters that no header can carry"))?;
        Ok(self)
    }

    /// Calls a method and gives the answer as generated type: `GetStatusRequest` asks `GetStatus`.
    pub(crate) async fn ask<Q: Message + Name, A: Message + Name + Default>(
        &self,
        service: &str,
        question: &Q,
    ) -> Result<A> {
        let method = method(service, Q::NAME.trim_end_matches("Request"))?;
        let answer = self.unary(&method, question.encode_to_vec().into()).await?;
        A::decode(answer.into_inner()).map_err(unreadable)
    }

    /// Calls a method with reflected messages.
    pub(crate) async fn call(
        &self,
        method: &MethodDescriptor,
        request: &DynamicMessage,
    ) -> Result<DynamicMessage> {
        Ok(self.call_told(method, request).await?.0)
    }

    /// The same, with what else was told beside the answer.
    pub(crate) async fn call_told(
        &self,
        method: &MethodDescriptor,
        request: &DynamicMessage,
    ) -> Result<(DynamicMessage, MetadataMap)> {
        let answer = self.unary(method, request.encode_to_vec().into()).await?;
        let (told, answer, _) = answer.into_parts();
        let answer = DynamicMessage::decode(method.output(), answer).map_err(unreadable)?;
        Ok((answer, told))
    }

    /// Repeats only what was UNAVAILABLE. That is safe: reads change nothing, and writes carry a request id.
    async fn unary(&self, method: &MethodDescriptor, body: Bytes) -> Result<Response<Bytes>> {
        let end = Instant::now() + self.timeout;
        let mut pause = FIRST_PAUSE;
        for repeat in 0.. {
            let left = end.saturating_duration_since(Instant::now());
            let once = tokio::time::timeout(left, self.once(method, body.clone(), left));
            let status = match once.await {
                Err(_) => {
                    let text = format!("no answer within {} s", self.timeout.as_secs());
                    return Err(Status::deadline_exceeded(text).into());
                }
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(status)) => plain(self.whom, status),
            };
            if status.code() != Code::Unavailable
                || repeat == REPEATS
                || Instant::now() + pause >= end
            {
                return Err(status.into());
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        Err(Status::unavailable("no answer").into())
    }

    async fn once(
        &self,
        method: &MethodDescriptor,
        body: Bytes,
        left: Duration,
    ) -> std::result::Result<Response<Bytes>, Status> {
        let mut client = self.client().await?;
        let mut request = self.request(body);
        request.set_timeout(left);
        client.unary(request, path(method)?, Raw).await
    }

    /// Opens a stream of answers; it has no deadline.
    pub(crate) async fn stream<Q: Message + Name>(
        &self,
        service: &str,
        question: &Q,
    ) -> Result<Streaming<Bytes>> {
        let method = method(service, Q::NAME.trim_end_matches("Request"))?;
        let mut client = self
            .client()
            .await
            .map_err(|status| plain(self.whom, status))?;
        let request = self.request(question.encode_to_vec().into());
        let answer = client
            .server_streaming(request, path(&method)?, Raw)
            .await
            .map_err(|status| plain(self.whom, status))?;
        Ok(answer.into_inner())
    }

    /// Sends a stream of messages and opens one of answers; neither has a deadline.
    pub(crate) async fn upload(
        &self,
        method: &MethodDescriptor,
        parts: impl Stream<Item = Bytes> + Send + 'static,
    ) -> Result<Streaming<Bytes>> {
        let mut client = self
            .client()
            .await
            .map_err(|status| plain(self.whom, status))?;
        let request = self.request(parts);
        let answer = client
            .streaming(request, path(method)?, Raw)
            .await
            .map_err(|status| plain(self.whom, status))?;
        Ok(answer.into_inner())
    }

    fn request<T>(&self, body: T) -> Request<T> {
        let mut request = Request::new(body);
        if let Some(token) = &self.token {
            request
                .metadata_mut()
                .insert("authorization", token.clone());
        }
        if let Some(name) = &self.act_as {
            request.metadata_mut().insert("rapporteur-as", name.clone());
        }
        if self.unreminded {
            let no = MetadataValue::from_static("no");
            request.metadata_mut().insert("rapporteur-similar", no);
        }
        request
    }

    async fn client(&self) -> std::result::Result<tonic::client::Grpc<Channel>, Status> {
        let mut client =
            tonic::client::Grpc::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES);
        client.ready().await.map_err(|e| {
            Status::unavailable(format!("cannot reach {}: {}", self.whom, root(&e)))
        })?;
        Ok(client)
    }
}

/// A method by name; the names are in this program's own protos.
pub(crate) fn method(service: &str, name: &str) -> Result<MethodDescriptor> {
    let found = descriptor_pool()
        .get_service_by_name(service)
        .and_then(|s| s.methods().find(|m| m.name() == name));
    found.ok_or_else(|| Failure::other("UNKNOWN_METHOD", format!("{service} has no method {name}")))
}

fn path(method: &MethodDescriptor) -> std::result::Result<PathAndQuery, Status> {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
        .parse()
        .map_err(|_| Status::internal("not a method path"))
}

/// An answer that is not the message that it should be.
pub(crate) fn unreadable(error: prost::DecodeError) -> Failure {
    Failure::other(
        "UNREADABLE_ANSWER",
        format!("{error}; is the gateway of another version?"),
    )
}

/// A connection that was refused or broke, in words: tonic says only "transport error", and of a broken
/// one not even that it was unavailable. Only statuses made on this side have a source. With TLS 1.3 a server that
/// refuses a client's certificate says so by breaking the connection when the first call is on it.
fn plain(whom: &str, status: Status) -> Status {
    use std::error::Error as _;
    let cause = status.source().map(root);
    let settled = client::settled(status);
    match cause {
        Some(cause) if settled.code() == Code::Unavailable => {
            Status::unavailable(format!("cannot reach {whom}: {cause}"))
        }
        _ => settled,
    }
}

fn root(error: &(dyn std::error::Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    deepest.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_and_a_token_are_checked() {
        let peers = PeerArgs::default();
        let new = |address, token| Connection::new(address, token, Duration::from_secs(1), &peers);
        assert!(new("http://127.0.0.1:7700", Some("rpk_a_b")).is_ok());
        assert_eq!(new("127.0.0.1:7700", None).unwrap_err().exit_code(), 2);
        let error = new("http://127.0.0.1:1", Some("sec\nret"))
            .unwrap_err()
            .to_string();
        assert!(!error.contains("sec"), "{error}");
    }

    #[tokio::test]
    async fn nobody_there_is_unavailable() {
        let soon = Duration::from_millis(400);
        let nobody =
            Connection::new("http://127.0.0.1:9", None, soon, &PeerArgs::default()).unwrap();
        let question = rapporteur_proto::gateway::v1::GetStatusRequest {};
        let answer = nobody
            .ask::<_, rapporteur_proto::gateway::v1::GetStatusResponse>(
                "rapporteur.gateway.v1.StatusService",
                &question,
            )
            .await;
        assert_eq!(answer.unwrap_err().exit_code(), 6);
    }
}
