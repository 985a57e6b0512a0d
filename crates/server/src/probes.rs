//! Health and figures on an address of their own, without TLS: probes of Kubernetes and of balancers have no
//! certificate, nor has many a Prometheus. Nothing else is answered there, and figures nowhere else.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use prometheus::TEXT_FORMAT;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic_health::pb::health_server::{Health, HealthServer};

use crate::accept::{Door, DoorLimits, Incoming};
use crate::metrics::Metrics;

/// Probes are few.
const LIMITS: DoorLimits = DoorLimits {
    connections: 64,
    per_address: 0,
    handshake: Duration::from_secs(5),
    take: Duration::from_secs(5),
};
const STREAMS_PER_CONNECTION: u32 = 8;

/// Answers health, and `/metrics` over HTTP/1.1 or 2, at `address` until what is returned is dropped.
pub(crate) async fn answer(
    address: SocketAddr,
    health: HealthServer<impl Health>,
    metrics: Metrics,
) -> std::io::Result<JoinSet<()>> {
    let listener = TcpListener::bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, "health and figures are told");
    let told = get(|| async move {
        let text = metrics.text().await;
        text.map(|text| ([(CONTENT_TYPE, TEXT_FORMAT)], text))
            .map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
    });
    let health = Routes::from(Router::new().route("/metrics", told)).add_service(health);
    let served = Server::builder()
        .accept_http1(true)
        .max_concurrent_streams(STREAMS_PER_CONNECTION)
        .add_routes(health)
        .serve_with_incoming(Incoming::new(listener, Door::new(LIMITS, None)));
    let mut task = JoinSet::new();
    task.spawn(async move {
        if let Err(error) = served.await {
            tracing::error!(%error, "health is not answered any more");
        }
    });
    Ok(task)
}
