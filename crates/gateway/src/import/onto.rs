//! The services, asked in the name of whoever imports: what that caller may not do, an import may not either.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use prost::Message as _;
use prost_reflect::{DynamicMessage, MethodDescriptor, Value};
use rapporteur_access::Rights;
use rapporteur_records::{Error, time};
use rapporteur_server::{CALLER_KEY, REQUEST_ID_KEY, Raw, status, trace};
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::MetadataValue;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use super::kinds::{Kind, set};
use crate::access::Mint;
use crate::routes;
use crate::upstream::{Upstream, Upstreams};

/// How long one call may take.
const WITHIN: Duration = Duration::from_secs(30);
/// First pause before a call is repeated, doubled each time, and how often that is: 6 s together. Reads change nothing, and
/// writes have a request id, so both may be repeated.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const REPEATS: u32 = 6;
/// Largest answer.
const ANSWER_BYTES: usize = 8 << 20;

/// Calls services for somebody.
#[derive(Clone, Debug)]
pub struct Onto {
    pub(super) upstreams: Upstreams,
    pub(super) mint: Arc<Mint>,
    pub(super) caller: String,
    pub(super) rights: Rights,
    pub(super) request_id: String,
}

impl Onto {
    /// The answer of the service that owns a method.
    pub(super) async fn call(
        &self,
        method: &MethodDescriptor,
        message: &DynamicMessage,
    ) -> Result<DynamicMessage, Status> {
        let answer = self.send(method, message.encode_to_vec().into()).await?;
        DynamicMessage::decode(method.output(), answer)
            .map_err(|error| status(Error::Internal(format!("an answer: {error}"))))
    }

    /// The same, of an encoded message: neither side is read here.
    pub(super) async fn send(
        &self,
        method: &MethodDescriptor,
        message: Bytes,
    ) -> Result<Bytes, Status> {
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        let nobody = || status(Error::Internal(format!("{path} leads nowhere")));
        let place = routes::of_path(&path).ok_or_else(nobody)?;
        let upstream = &self.upstreams.all()[place];
        let path: PathAndQuery = path
            .parse()
            .map_err(|_| status(Error::Internal("not a path".into())))?;
        let mut pause = FIRST_PAUSE;
        for repeat in 0.. {
            match self.once(upstream, path.clone(), message.clone()).await {
                Err(lost) if lost.code() == Code::Unavailable && repeat < REPEATS => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                answer => return answer,
            }
        }
        Err(upstream.down("it does not answer"))
    }

    async fn once(
        &self,
        upstream: &Upstream,
        path: PathAndQuery,
        message: Bytes,
    ) -> Result<Bytes, Status> {
        let papers = self.mint.papers(&self.caller, &self.rights, time::now_us());
        let papers = papers.map_err(status)?;
        let mut request = Request::new(message);
        let metadata = request.metadata_mut();
        for (key, value) in [
            ("authorization", papers.credential.as_bytes()),
            (CALLER_KEY, papers.caller.as_bytes()),
            (REQUEST_ID_KEY, self.request_id.as_bytes()),
        ] {
            // They were checked when they came in.
            if let Ok(value) = MetadataValue::try_from(value)
                && !value.is_empty()
            {
                metadata.insert(key, value);
            }
        }
        trace::inject(metadata);
        request.set_timeout(WITHIN);
        let mut grpc =
            Grpc::new(upstream.replicas.channel()).max_decoding_message_size(ANSWER_BYTES);
        grpc.ready()
            .await
            .map_err(|error| upstream.down(&error.to_string()))?;
        let answer = grpc.unary(request, path, Raw).await;
        answer
            .map(tonic::Response::into_inner)
            .map_err(|answered| upstream.failed(answered))
    }

    /// A record as it stands, if it is there for this caller.
    pub(super) async fn get(
        &self,
        kind: &Kind,
        name: &str,
    ) -> Result<Option<DynamicMessage>, Status> {
        let method = kind.method("Get").map_err(status)?;
        let mut request = DynamicMessage::new(method.input());
        set(&mut request, "name", Value::String(name.to_owned())).map_err(status)?;
        match self.call(method, &request).await {
            Ok(found) => Ok(Some(found)),
            Err(none) if none.code() == Code::NotFound => Ok(None),
            Err(failed) => Err(failed),
        }
    }
}

/// Whether an answer says nothing about the record: everything waits then.
pub(super) fn is_fatal(answer: &Status) -> bool {
    matches!(
        answer.code(),
        Code::Unavailable
            | Code::DeadlineExceeded
            | Code::Cancelled
            | Code::Unauthenticated
            | Code::ResourceExhausted
    )
}

/// Why a service refused something, for a row.
pub(super) fn in_words(refused: &Status) -> String {
    let details = refused.get_error_details();
    let wrong = details.bad_request().map(|bad| {
        let each = bad.field_violations.iter();
        each.map(|one| format!("{}: {}", one.field, one.description))
            .collect::<Vec<_>>()
            .join("; ")
    });
    wrong
        .filter(|words| !words.is_empty())
        .unwrap_or_else(|| refused.message().to_owned())
}

/// What a refusal misses: a record that is not there.
pub(super) fn missing(refused: &Status) -> Option<String> {
    let details = refused.get_error_details();
    let info = details.error_info()?;
    match (refused.code(), info.reason.as_str()) {
        (Code::FailedPrecondition, "UNKNOWN_REFERENCE") => info.metadata.get("name").cloned(),
        (Code::NotFound, _) => info.metadata.get("resource").cloned(),
        _ => None,
    }
}
