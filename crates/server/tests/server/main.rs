//! The server as its clients and its operator see it: real sockets, real clients, nothing asleep.

#![allow(clippy::unwrap_used, clippy::panic)]

mod calls;
mod certificates;
mod door;
mod drain;
mod echo;
mod private;
mod untaken;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rapporteur_server::{
    Args, Callers, Drain, MAX_ENCODING_BYTES, Readiness, ServeError, Serving, client, serve,
};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::client::Grpc;
use tonic::service::Routes;
use tonic::transport::Channel;
use tonic::{Request, Response, Status, Streaming};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_prost::ProstCodec;

/// Nothing in these tests takes this long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// The future's value; a test fails when it does not come.
async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited too long: {what}"),
    }
}

/// A server that runs inside the test.
struct Running {
    address: SocketAddr,
    state: Arc<echo::State>,
    drain: Drain,
    readiness: Readiness,
    stop: oneshot::Sender<()>,
    done: JoinHandle<Result<(), ServeError>>,
}

impl Running {
    async fn start(args: Args) -> Self {
        Self::serve(Serving::from(&args)).await
    }

    async fn serve(serving: Serving) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let echo = echo::Echo::default();
        let state = echo.state.clone();
        // Whom these tests say they are is believed.
        let serving = serving.service(echo::NAME).callers(Callers::Everybody);
        let (drain, readiness) = (serving.drain(), serving.readiness());
        let (stop, stopped) = oneshot::channel();
        let done = tokio::spawn(serve(listener, Routes::new(echo), serving, async {
            let _ = stopped.await;
        }));
        Self {
            address,
            state,
            drain,
            readiness,
            stop,
            done,
        }
    }

    fn channel(&self) -> Channel {
        client::connect(&format!("http://{}", self.address)).unwrap()
    }

    /// Stops and waits for the end.
    async fn stop(self) -> Result<(), ServeError> {
        let _ = self.stop.send(());
        soon("the server to end", self.done).await.unwrap()
    }
}

async fn unary(
    channel: &Channel,
    method: &str,
    request: Request<String>,
) -> Result<Response<String>, Status> {
    let mut grpc = Grpc::new(channel.clone()).max_encoding_message_size(2 * MAX_ENCODING_BYTES);
    soon("a connection", grpc.ready())
        .await
        .map_err(|error| Status::unavailable(error.to_string()))?;
    let path = format!("/{}/{method}", echo::NAME).parse().unwrap();
    soon(method, grpc.unary(request, path, ProstCodec::default())).await
}

async fn say(channel: &Channel, text: &str) -> Result<String, Status> {
    unary(channel, "Say", Request::new(text.to_owned()))
        .await
        .map(Response::into_inner)
}

async fn streaming(channel: &Channel, method: &str) -> Streaming<String> {
    let mut grpc = Grpc::new(channel.clone());
    grpc.ready().await.unwrap();
    let path = format!("/{}/{method}", echo::NAME).parse().unwrap();
    let request = Request::new(String::new());
    soon(
        method,
        grpc.server_streaming(request, path, ProstCodec::<String, String>::default()),
    )
    .await
    .unwrap()
    .into_inner()
}

async fn health(channel: &Channel, service: &str) -> ServingStatus {
    let request = HealthCheckRequest {
        service: service.to_owned(),
    };
    soon("health", HealthClient::new(channel.clone()).check(request))
        .await
        .unwrap()
        .into_inner()
        .status()
}
