//! Calls to the gateway's own services, as if they had come over gRPC: the same door, limits, routes and views
//! answer them, so that there is one decision for every way in.

use axum::Router;
use http::{Extensions, HeaderMap, HeaderName};
use prost::Message as _;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use rapporteur_server::{Call, CallLayer, REQUEST_ID_KEY};
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataMap;
use tonic::service::Routes;
use tonic::{Request, Response, Status, Streaming};
use tower::Layer as _;

use super::bindings::Binding;
use crate::coverage::ANSWER_BYTES;

/// What of the headers of HTTP means the same in gRPC; everything else stays outside.
const PASSED: [HeaderName; 8] = [
    http::header::AUTHORIZATION,
    http::header::CACHE_CONTROL,
    HeaderName::from_static("rapporteur-as"),
    crate::reminder::SAID_BEFORE_JSON,
    HeaderName::from_static("grpc-timeout"),
    HeaderName::from_static(REQUEST_ID_KEY),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
];

/// The way to the gateway's services from within.
#[derive(Clone, Debug)]
pub struct Inside(Call<Routes>);

/// Who asks, within which time, under which id: what goes along with a call.
#[derive(Clone, Debug)]
pub struct Onward {
    metadata: MetadataMap,
    extensions: Extensions,
}

impl Onward {
    /// What a request of HTTP hands on.
    pub fn of(headers: &HeaderMap, extensions: &Extensions) -> Self {
        let mut passed = HeaderMap::new();
        for name in &PASSED {
            for value in headers.get_all(name) {
                // Twice is for the door to refuse, so it has to see it.
                passed.append(name, value.clone());
            }
        }
        Self {
            metadata: MetadataMap::from_headers(passed),
            extensions: extensions.clone(),
        }
    }

    /// A message with all that goes along.
    pub fn request<M>(&self, message: M) -> Request<M> {
        Request::from_parts(self.metadata.clone(), self.extensions.clone(), message)
    }

    /// What the caller says of itself.
    pub fn identity(&self) -> impl Iterator<Item = &[u8]> {
        let of = |name| self.metadata.get_all(name).iter();
        let own = ["authorization", "rapporteur-as"].into_iter();
        own.flat_map(move |name| of(name).map(|value| value.as_encoded_bytes()))
    }

    /// Whether the caller says who it is.
    pub fn has_credential(&self) -> bool {
        self.metadata.contains_key("authorization")
    }
}

impl Inside {
    /// The way to these services, behind this layer.
    pub fn new(grpc: Router, calls: &CallLayer) -> Self {
        Self(calls.layer(Routes::from(grpc).prepare()))
    }

    /// The same, for generated clients.
    pub fn service(&self) -> Call<Routes> {
        self.0.clone()
    }

    /// Makes a call that has one answer.
    pub async fn unary(
        &self,
        binding: &Binding,
        request: Request<DynamicMessage>,
    ) -> Result<Response<DynamicMessage>, Status> {
        let (mut grpc, path, codec) = self.ready(binding)?;
        grpc.unary(request, path, codec).await
    }

    /// Makes a call that has a stream of answers.
    pub async fn streaming(
        &self,
        binding: &Binding,
        request: Request<DynamicMessage>,
    ) -> Result<Streaming<DynamicMessage>, Status> {
        let (mut grpc, path, codec) = self.ready(binding)?;
        let answer = grpc.server_streaming(request, path, codec).await?;
        Ok(answer.into_inner())
    }

    fn ready(
        &self,
        binding: &Binding,
    ) -> Result<(Grpc<Call<Routes>>, http::uri::PathAndQuery, Reflected), Status> {
        let grpc = Grpc::new(self.service()).max_decoding_message_size(ANSWER_BYTES);
        let path = binding.path().parse::<http::uri::PathAndQuery>();
        let path = path.map_err(|error| Status::internal(error.to_string()))?;
        Ok((grpc, path, Reflected(binding.call.output())))
    }
}

/// Writes any message, and reads this one.
#[derive(Clone, Debug)]
pub(super) struct Reflected(MessageDescriptor);

impl Codec for Reflected {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        self.clone()
    }

    fn decoder(&mut self) -> Self {
        self.clone()
    }
}

impl Encoder for Reflected {
    type Item = DynamicMessage;
    type Error = Status;

    fn encode(&mut self, item: DynamicMessage, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        item.encode(to)
            .map_err(|error| Status::internal(error.to_string()))
    }
}

impl Decoder for Reflected {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        DynamicMessage::decode(self.0.clone(), from)
            .map(Some)
            .map_err(|error| Status::internal(error.to_string()))
    }
}
