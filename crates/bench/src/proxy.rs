//! A bare forwarding proxy: the least that stands between a client and a server. Hyper on both sides,
//! bodies and headers handed on as they are; no name is looked up, no caller established, no deadline kept.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use http::uri::{Authority, Scheme};
use http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper::client::conn::http2::SendRequest;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};

/// Connections to the server: as many as the gateway has.
const UPSTREAMS: usize = 2;

/// Forwards every call until `shutdown` resolves.
pub async fn serve(
    upstream: SocketAddr,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<()> {
    let mut senders = Vec::new();
    for _ in 0..UPSTREAMS {
        senders.push(connect(upstream).await?);
    }
    let authority: Authority = upstream.to_string().parse()?;
    let proxy = Arc::new(Proxy {
        senders,
        next: AtomicUsize::new(0),
        authority,
    });
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, _) = tokio::select! {
            accepted = listener.accept() => accepted?,
            () = &mut shutdown => return Ok(()),
        };
        stream.set_nodelay(true)?;
        let proxy = proxy.clone();
        tokio::spawn(async move {
            let forward = service_fn(move |request| proxy.clone().forward(request));
            let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            // The client has gone; it does not say good-bye.
            let _ = builder
                .serve_connection(TokioIo::new(stream), forward)
                .await;
        });
    }
}

async fn connect(upstream: SocketAddr) -> Result<SendRequest<Incoming>> {
    let stream = TcpStream::connect(upstream).await?;
    stream.set_nodelay(true)?;
    let builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
    let (sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

struct Proxy {
    senders: Vec<SendRequest<Incoming>>,
    next: AtomicUsize,
    authority: Authority,
}

impl Proxy {
    async fn forward(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Incoming>, hyper::Error> {
        let place = self.next.fetch_add(1, Ordering::Relaxed) % self.senders.len();
        let (mut parts, body) = request.into_parts();
        let mut uri = parts.uri.into_parts();
        uri.scheme = Some(Scheme::HTTP);
        uri.authority = Some(self.authority.clone());
        // All three parts are there, so this cannot fail.
        parts.uri = Uri::from_parts(uri).unwrap_or_default();
        self.senders[place]
            .clone()
            .send_request(Request::from_parts(parts, body))
            .await
    }
}
