//! The gateway as its clients see it, in front of services that a test holds in its hand.

#![allow(clippy::unwrap_used, clippy::panic)]

mod access;
mod callers;
mod circuit;
mod echo;
mod feed;
mod followup;
mod forwarding;
mod issuer;
mod joined;
mod mirrors;
mod oidc;
mod one_store;
mod quota;
mod record;
mod refusals;
mod replicas;
mod search;
mod secrets;
mod tokens;
mod views;
mod web;
mod wire;

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use rapporteur_gateway::Arguments;
use rapporteur_gateway::access::OidcArgs;
use rapporteur_gateway::quota::QuotaArgs;
use rapporteur_server::tls::PeerArgs;
use rapporteur_server::{Args, Callers, MainError, Readiness, ServeError, Serving, client, serve};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::interceptor::InterceptedService;
use tonic::service::{Interceptor, Routes};
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_prost::ProstCodec;
use tonic_types::StatusExt as _;

/// Nothing in these tests takes this long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// The future's value; a test fails when it does not come.
async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited too long: {what}"),
    }
}

/// An address at which nobody listens.
async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// A gateway that runs inside the test.
struct Gateway {
    address: SocketAddr,
    channel: Channel,
    key: String,
    folder: tempfile::TempDir,
    stop: oneshot::Sender<()>,
    done: JoinHandle<Result<(), MainError>>,
}

/// Puts a credential on every call of a client.
#[derive(Clone)]
struct Keyed(MetadataValue<Ascii>);

impl Interceptor for Keyed {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let metadata = request.metadata_mut();
        metadata.insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// What only some of these gateways have.
struct Own {
    origins: Vec<String>,
    quota: QuotaArgs,
    oidc: OidcArgs,
}

impl Default for Own {
    fn default() -> Self {
        Self {
            origins: Vec::new(),
            quota: QuotaArgs::unlimited(),
            oidc: OidcArgs::default(),
        }
    }
}

impl Gateway {
    async fn start(events: &str, recommendations: &str) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), events, recommendations).await
    }

    /// One that counts what callers ask.
    async fn counting(events: &str, quota: QuotaArgs) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let own = Own {
            quota,
            ..Own::default()
        };
        Self::start_with(folder, events, &nobody().await, own).await
    }

    async fn start_in(folder: tempfile::TempDir, events: &str, recommendations: &str) -> Self {
        Self::start_with(folder, events, recommendations, Own::default()).await
    }

    /// One whose door is open to pages of these origins.
    async fn start_for(
        folder: tempfile::TempDir,
        events: &str,
        recommendations: &str,
        origins: &[&str],
    ) -> Self {
        let own = Own {
            origins: origins.iter().map(|&origin| origin.to_owned()).collect(),
            ..Own::default()
        };
        Self::start_with(folder, events, recommendations, own).await
    }

    async fn start_with(
        folder: tempfile::TempDir,
        events: &str,
        recommendations: &str,
        own: Own,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let arguments = Arguments {
            server: Args {
                data: folder.path().to_owned(),
                ..Args::default()
            },
            events: events.split(',').map(str::to_owned).collect(),
            cors_origins: own.origins,
            recommendations: recommendations.split(',').map(str::to_owned).collect(),
            peers: PeerArgs::default(),
            quota: own.quota,
            no_search: false,
            oidc: own.oidc,
        };
        let key_file = arguments.admin_key_file();
        let (stop, stopped) = oneshot::channel();
        let done = tokio::spawn(rapporteur_gateway::start(arguments, listener, async {
            let _ = stopped.await;
        }));
        let channel = client::connect(&format!("http://{address}")).unwrap();
        let health = HealthCheckRequest {
            service: String::new(),
        };
        soon(
            "the gateway to serve",
            HealthClient::new(channel.clone()).check(health),
        )
        .await
        .unwrap();
        let key = std::fs::read_to_string(key_file)
            .unwrap()
            .trim_end()
            .to_owned();
        Self {
            address,
            channel,
            key,
            folder,
            stop,
            done,
        }
    }

    async fn stop(self) -> tempfile::TempDir {
        let _ = self.stop.send(());
        soon("the gateway to end", self.done)
            .await
            .unwrap()
            .unwrap();
        self.folder
    }

    fn credential(&self) -> MetadataValue<Ascii> {
        format!("Bearer {}", self.key).parse().unwrap()
    }

    /// The message with the admin key on it.
    /// Puts the admin key on every call of a client.
    fn key_on_all(&self) -> Keyed {
        Keyed(self.credential())
    }

    fn keyed<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request
            .metadata_mut()
            .insert("authorization", self.credential());
        request
    }

    /// Calls a method of the echo service behind the gateway, with the admin key if with none: in no table is
    /// written who else may call it.
    async fn echo(
        &self,
        method: &str,
        mut request: Request<String>,
    ) -> Result<Response<String>, Status> {
        let metadata = request.metadata_mut();
        if !metadata.contains_key("authorization") {
            metadata.insert("authorization", self.credential());
        }
        self.call(&format!("/{}/{method}", echo::NAME), request)
            .await
    }

    /// Calls a method of one text, just as the request is.
    async fn call(&self, path: &str, request: Request<String>) -> Result<Response<String>, Status> {
        let mut grpc = tonic::client::Grpc::new(self.channel.clone())
            .max_decoding_message_size(64 << 20)
            .max_encoding_message_size(64 << 20);
        soon("a connection", grpc.ready()).await.unwrap();
        let to = path.parse().unwrap();
        soon(path, grpc.unary(request, to, ProstCodec::default())).await
    }
}

/// A service that runs inside the test; ends with it.
struct Upstream {
    url: String,
    readiness: Readiness,
    stop: oneshot::Sender<()>,
    done: JoinHandle<Result<(), ServeError>>,
}

impl Upstream {
    async fn start(routes: Routes) -> Self {
        Self::start_at("127.0.0.1:0", routes).await
    }

    async fn start_at(address: &str, routes: Routes) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        // What the gateway says of callers is believed here.
        let serving = Serving::default().callers(Callers::Everybody);
        let readiness = serving.readiness();
        let done = tokio::spawn(serve(listener, routes, serving, async {
            let _ = stopped.await;
        }));
        Self {
            url,
            readiness,
            stop,
            done,
        }
    }

    /// Stops it the way an operator does; gives the address that it had.
    async fn stop(self) -> String {
        let _ = self.stop.send(());
        soon("the service to stop", self.done)
            .await
            .unwrap()
            .unwrap();
        self.url.trim_start_matches("http://").to_owned()
    }
}

/// The status says that this service is down, in words and for programs.
fn assert_down(status: &Status, service: &str) {
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    assert!(status.message().contains(service), "{status:?}");
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!(
        (info.reason.as_str(), info.metadata["service"].as_str()),
        ("UPSTREAM_UNAVAILABLE", service)
    );
    assert!(details.retry_info().unwrap().retry_delay.is_some());
}

/// A call without a message.
fn nothing() -> Request<String> {
    Request::new(String::new())
}
