//! Health on an address of its own, without TLS: probes of Kubernetes and of balancers have no certificate.
//! Nothing else is answered there.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tonic::service::Routes;
use tonic::transport::Server;

use crate::accept::{Door, DoorLimits, Incoming};

/// Probes are few.
const LIMITS: DoorLimits = DoorLimits {
    connections: 64,
    per_address: 0,
    handshake: Duration::from_secs(5),
    take: Duration::from_secs(5),
};
const STREAMS_PER_CONNECTION: u32 = 8;

/// Answers health at `address` until what is returned is dropped.
pub(crate) async fn answer(address: SocketAddr, health: Routes) -> std::io::Result<JoinSet<()>> {
    let listener = TcpListener::bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, "health is answered");
    let served = Server::builder()
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
