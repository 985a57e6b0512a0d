//! A service of which no replica answers: calls are refused at once, until one is heard again.

use std::time::Instant;

use super::*;
use crate::echo::Echo;

/// A process that hangs: its connections stand, and nothing comes back.
struct Mute {
    address: String,
    task: JoinHandle<()>,
}

impl Mute {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let task = tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                held.push(stream);
            }
        });
        Self { address, task }
    }

    /// It ends, and one that works begins at its address.
    async fn restarted(self) -> Upstream {
        self.task.abort();
        let _ = self.task.await;
        Upstream::start_at(&self.address, Routes::new(Echo::default())).await
    }
}

fn ask() -> Request<String> {
    Request::new(String::new())
}

/// Calls fail, and in no time.
async fn refused_at_once(gateway: &Gateway) {
    soon("the circuit to open", async {
        loop {
            let since = Instant::now();
            let status = gateway.echo("GetSaid", ask()).await.unwrap_err();
            if since.elapsed() < Duration::from_millis(200) {
                break assert_down(&status, "events");
            }
        }
    })
    .await;
    let since = Instant::now();
    for _ in 0..100 {
        assert_down(&gateway.echo("GetSaid", ask()).await.unwrap_err(), "events");
    }
    assert!(
        since.elapsed() < Duration::from_secs(2),
        "{:?}",
        since.elapsed()
    );
}

#[tokio::test]
async fn a_service_that_hangs_costs_its_callers_no_time_and_is_found_again() {
    for replicas in [1, 2] {
        let mut mute = Vec::new();
        for _ in 0..replicas {
            mute.push(Mute::start().await);
        }
        let urls: Vec<String> = mute
            .iter()
            .map(|m| format!("http://{}", m.address))
            .collect();
        let gateway = Gateway::start(&urls.join(","), &nobody().await).await;
        refused_at_once(&gateway).await;
        let _back = mute.remove(0).restarted().await;
        soon("the circuit to close", async {
            while gateway.echo("GetSaid", ask()).await.is_err() {}
        })
        .await;
        for _ in 0..20 {
            gateway.echo("GetSaid", ask()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn one_that_says_that_it_does_not_serve_is_asked_when_it_is_the_only_one() {
    let upstream = Upstream::start(Routes::new(Echo::default())).await;
    let gateway = Gateway::start(&upstream.url, &nobody().await).await;
    gateway.echo("GetSaid", ask()).await.unwrap();
    upstream.readiness.not_ready("a trial");
    let mut health = HealthClient::new(client::connect(&upstream.url).unwrap());
    soon("the service to say so", async {
        while health
            .check(HealthCheckRequest::default())
            .await
            .unwrap()
            .into_inner()
            .status
            == 1
        {}
    })
    .await;
    // The gateway hears it about now, in the middle of these calls.
    for _ in 0..500 {
        gateway.echo("GetSaid", ask()).await.unwrap();
    }
}
