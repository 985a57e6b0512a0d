//! Calls from one of our processes to another: always with a deadline, always under the id of the
//! request they serve.

pub mod token;

use std::error::Error as _;
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use rapporteur_records::Error;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;
use tower::service_fn;

use crate::caller::{CALLER_KEY, Caller, REQUEST_ID_KEY};
use crate::deadline::Deadline;
use crate::network::{self, Connection};
use crate::tls::Outgoing;
use crate::trace;

/// Deadline of a call that serves no request with one.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(10);

/// How long a connection may take to stand.
pub const CONNECT_WITHIN: Duration = Duration::from_secs(3);
/// A silent service is asked for a sign of life this often: not more often than the servers allow, see `serve.rs`.
pub const KEEPALIVE: Duration = Duration::from_secs(30);
/// How long that sign may take.
pub const KEEPALIVE_WITHIN: Duration = Duration::from_secs(10);
/// Calls at a time that the services take on one connection.
const STREAMS: u32 = 256;
/// How many bytes of one answer may be under way. The window of the connection holds that of all its calls, so
/// that clients who do not read what they asked for hold up nobody else.
pub const STREAM_WINDOW: u32 = 256 << 10;
/// How many bytes of all answers on one connection may be under way.
pub const CONNECTION_WINDOW: u32 = STREAMS * STREAM_WINDOW;
/// Ports of addresses that name none.
pub const HTTP_PORT: u16 = 80;
/// The same of `https://`.
pub const HTTPS_PORT: u16 = 443;
/// Kept back from what is left, so that our own answer still arrives in time.
const MARGIN: Duration = Duration::from_millis(20);

/// A channel to another service, such as `http://127.0.0.1:7401`. It connects at the first call and
/// again after a loss, so the other side need not run yet. Keep one for each peer; clones share it.
pub fn connect(url: &str) -> Result<Channel, Error> {
    connect_over(url, None)
}

/// [`connect`], over TLS when `tls` is given, whatever the address says.
pub fn connect_over(url: &str, tls: Option<Outgoing>) -> Result<Channel, Error> {
    let endpoint = Endpoint::from_shared(url.to_owned()).map_err(|error| {
        Error::invalid(
            "url",
            format!("`{url}` is not the address of a service: {error}"),
        )
    })?;
    let endpoint = endpoint
        .connect_timeout(CONNECT_WITHIN)
        .tcp_nodelay(true)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_WITHIN)
        .keep_alive_while_idle(true);
    Ok(lazy(&endpoint, tls))
}

/// A channel to `endpoint` over whatever network this process is on, and over TLS when `tls` is given.
pub fn lazy(endpoint: &Endpoint, tls: Option<Outgoing>) -> Channel {
    endpoint.connect_with_connector_lazy(service_fn(move |uri: Uri| {
        let tls = tls.clone();
        async move { way(&uri, tls).await.map(TokioIo::new) }
    }))
}

async fn way(uri: &Uri, tls: Option<Outgoing>) -> std::io::Result<Box<dyn Connection>> {
    let host = uri.host().unwrap_or_default();
    let usual = if tls.is_some() { HTTPS_PORT } else { HTTP_PORT };
    let stream = network::reach(host, uri.port_u16().unwrap_or(usual)).await?;
    match tls {
        Some(tls) => Ok(Box::new(tls.secure(host, stream).await?)),
        None => Ok(stream),
    }
}

/// What is passed on from the request that is being served to the calls made for it.
#[derive(Clone, Debug)]
pub struct Onward {
    caller: Option<Caller>,
    /// The caller's token, where the other side believes nothing else.
    token: Option<MetadataValue<Ascii>>,
    deadline: Deadline,
}

impl Onward {
    /// Taken from the request that is being served.
    pub fn of<T>(request: &Request<T>) -> Self {
        Self {
            caller: Some(Caller::of(request)),
            token: request.metadata().get("authorization").cloned(),
            deadline: Deadline::of(request),
        }
    }

    /// For work that a process does by itself.
    pub fn within(time: Duration) -> Self {
        Self {
            caller: None,
            token: None,
            deadline: Deadline::after(time),
        }
    }

    /// A request with the remaining time, the caller and the request id on it. When no time is left,
    /// the call is not worth making.
    pub fn request<M>(&self, message: M) -> Result<Request<M>, Error> {
        let left = self
            .deadline
            .remaining()
            .map_or(DEFAULT_DEADLINE, |left| left.saturating_sub(MARGIN));
        if left.is_zero() {
            return Err(Error::DeadlineExceeded);
        }
        let mut request = self.without_deadline(message);
        request.set_timeout(left);
        Ok(request)
    }

    /// A request with the caller and the request id on it, for a stream that lasts.
    pub fn without_deadline<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        trace::inject(request.metadata_mut());
        if let Some(token) = &self.token {
            request
                .metadata_mut()
                .insert("authorization", token.clone());
        }
        if let Some(caller) = &self.caller {
            for (key, value) in [
                (CALLER_KEY, &caller.id),
                (REQUEST_ID_KEY, &caller.request_id),
            ] {
                // Both were checked when they came in; an id that is missing is made by the other side.
                if !value.is_empty()
                    && let Ok(value) = MetadataValue::try_from(value.as_str())
                {
                    request.metadata_mut().insert(key, value);
                }
            }
        }
        request
    }
}

/// Sets the deadline of a call, which goes on the present trace.
pub fn within<M>(message: M, time: Duration) -> Request<M> {
    let mut request = Request::new(message);
    trace::inject(request.metadata_mut());
    request.set_timeout(time);
    request
}

/// The status that any other client would report: tonic's reports its own expired deadline as CANCELLED
/// "Timeout expired", a connection that was lost or refused as CANCELLED or UNKNOWN, and a call in flight when
/// the other side went (GOAWAY without an error) as INTERNAL.
pub fn settled(status: Status) -> Status {
    match status.code() {
        Code::Cancelled if status.message() == "Timeout expired" => {
            Status::deadline_exceeded("the deadline of the call has passed")
        }
        // A status with a source was made on this side.
        Code::Cancelled | Code::Unknown | Code::Internal if status.source().is_some() => {
            Status::unavailable(format!("the connection was lost: {}", status.message()))
        }
        _ => status,
    }
}

/// The domain's error for a call to `service` that failed. Only what means the same to our own caller
/// keeps its meaning; the rest is the other side's trouble.
pub fn upstream(service: &str, status: Status) -> Error {
    let status = settled(status);
    match status.code() {
        Code::DeadlineExceeded => Error::DeadlineExceeded,
        Code::NotFound => {
            let details = status.get_error_details();
            let name = details
                .resource_info()
                .map(|resource| resource.resource_name.clone());
            Error::NotFound {
                name: name.unwrap_or_else(|| status.message().to_owned()),
            }
        }
        Code::Unauthenticated => Error::Unauthenticated(status.message().to_owned()),
        Code::PermissionDenied => Error::PermissionDenied(status.message().to_owned()),
        Code::ResourceExhausted => Error::Exhausted(status.message().to_owned()),
        Code::Unavailable | Code::Cancelled | Code::Aborted => Error::Upstream {
            service: service.to_owned(),
            description: status.message().to_owned(),
        },
        code => Error::Internal(format!("{service} answered {code:?}: {}", status.message())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expired_deadline_has_its_own_code() {
        assert_eq!(
            settled(Status::cancelled("Timeout expired")).code(),
            Code::DeadlineExceeded
        );
        assert_eq!(
            settled(Status::cancelled("by the user")).code(),
            Code::Cancelled
        );
        assert_eq!(
            upstream("events", Status::cancelled("Timeout expired")),
            Error::DeadlineExceeded
        );
    }

    #[test]
    fn a_connection_that_was_lost_is_told_as_such() {
        for code in [Code::Cancelled, Code::Unknown, Code::Internal] {
            let mut lost = Status::new(code, "http2 error");
            // What the other side says has no source.
            assert_eq!(settled(lost.clone()).code(), code);
            lost.set_source(std::sync::Arc::new(std::io::Error::other("gone")));
            assert_eq!(settled(lost).code(), Code::Unavailable);
        }
    }

    #[test]
    fn a_failed_call_is_told_in_our_own_words() {
        let down = upstream("events", Status::unavailable("refused"));
        assert_eq!(
            down,
            Error::Upstream {
                service: "events".into(),
                description: "refused".into()
            }
        );
        let unknown = Error::NotFound {
            name: "events/7".into(),
        };
        assert_eq!(upstream("events", crate::status(unknown.clone())), unknown);
        assert!(matches!(
            upstream("events", Status::data_loss("x")),
            Error::Internal(_)
        ));
    }

    #[test]
    fn time_caller_and_id_go_on() {
        let mut served = Request::new(());
        served
            .metadata_mut()
            .insert(CALLER_KEY, "users/a".parse().unwrap());
        served
            .metadata_mut()
            .insert(REQUEST_ID_KEY, "id-1".parse().unwrap());
        served
            .extensions_mut()
            .insert(Deadline::after(Duration::from_secs(2)));
        let onward = Onward::of(&served).request(()).unwrap();
        assert_eq!(Caller::of(&onward), Caller::of(&served));
        assert!(onward.metadata().get("grpc-timeout").is_some());
        served
            .extensions_mut()
            .insert(Deadline::after(Duration::ZERO));
        assert_eq!(
            Onward::of(&served).request(()).unwrap_err(),
            Error::DeadlineExceeded
        );
        assert!(connect("not a url").is_err());
    }
}
