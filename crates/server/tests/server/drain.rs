//! How a server stops, and what it says about itself before.

use rapporteur_server::{Args, ServeError, Serving, client};
use tokio::sync::oneshot;
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus::{NotServing, Serving as IsServing};
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt as _;

use crate::{Running, health, say, soon, streaming, unary};

#[tokio::test]
async fn health_turns_first_and_the_call_in_flight_finishes() {
    let server = Running::start(Args::default()).await;
    let channel = server.channel();
    let request = HealthCheckRequest {
        service: crate::echo::NAME.to_owned(),
    };
    let mut watch = HealthClient::new(channel.clone())
        .watch(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        soon("health", watch.message())
            .await
            .unwrap()
            .unwrap()
            .status(),
        IsServing
    );
    let mut endless = streaming(&channel, "WatchChanges").await;
    let mut flood = streaming(&channel, "WatchFlood").await;
    assert_eq!(
        soon("an item", endless.message()).await.unwrap().unwrap(),
        "first"
    );
    assert_eq!(
        soon("an item", flood.message()).await.unwrap().unwrap(),
        "again"
    );
    let slow = tokio::spawn({
        let channel = channel.clone();
        async move { unary(&channel, "Slow", Request::new(String::new())).await }
    });
    soon("the slow call", server.state.entered.notified()).await;

    let Running {
        address,
        state,
        drain,
        stop,
        done,
        ..
    } = server;
    stop.send(()).unwrap();
    assert_eq!(
        soon("health", watch.message())
            .await
            .unwrap()
            .unwrap()
            .status(),
        NotServing
    );
    soon("the drain", drain.draining()).await;
    // Endless streams end, and say that it is worth trying elsewhere.
    let status = soon("the end of health", watch.message())
        .await
        .unwrap_err();
    assert_eq!(status.get_details_error_info().unwrap().reason, "DRAINING");
    let status = soon("the end of the stream", endless.message())
        .await
        .unwrap_err();
    assert_eq!(
        (
            status.code(),
            status.get_details_error_info().unwrap().reason.as_str()
        ),
        (Code::Unavailable, "DRAINING")
    );
    let status = soon("the end of the flood", async {
        loop {
            if let Err(status) = flood.message().await {
                return status;
            }
        }
    });
    assert_eq!(status.await.code(), Code::Unavailable);
    // The door is closed to others while the slow call still runs.
    let late = client::connect(&format!("http://{address}")).unwrap();
    soon("the door to close", async {
        while say(&late, "late").await.is_ok() {}
    })
    .await;
    assert!(!done.is_finished() && !slow.is_finished());
    state.release.notify_one();
    assert_eq!(
        soon("the slow call", slow)
            .await
            .unwrap()
            .unwrap()
            .into_inner(),
        "done"
    );
    soon("the server to end", done).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_drain_is_bounded() {
    let server = Running::start(Args {
        drain_seconds: 0,
        ..Args::default()
    })
    .await;
    let channel = server.channel();
    let slow =
        tokio::spawn(async move { unary(&channel, "Slow", Request::new(String::new())).await });
    soon("the slow call", server.state.entered.notified()).await;
    server.stop().await.unwrap();
    // It was cut off, not forgotten.
    assert!(soon("the slow call", slow).await.unwrap().is_err());
}

#[tokio::test]
async fn a_fault_turns_readiness_off_and_liveness_not() {
    let server = Running::start(Args::default()).await;
    let channel = server.channel();
    let turned = async |to| {
        soon("health to turn", async {
            while health(&channel, "").await != to {}
        })
        .await;
        soon("health to turn", async {
            while health(&channel, crate::echo::NAME).await != to {}
        })
        .await;
        assert_eq!(health(&channel, "liveness").await, IsServing);
    };
    turned(IsServing).await;
    server.readiness.not_ready("the disk is full");
    turned(NotServing).await;
    server.readiness.ready();
    turned(IsServing).await;
    let unknown = HealthCheckRequest {
        service: "nobody".to_owned(),
    };
    assert_eq!(
        HealthClient::new(channel)
            .check(unknown)
            .await
            .unwrap_err()
            .code(),
        Code::NotFound
    );
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_fatal_fault_stops_the_server_and_is_its_error() {
    let (fail, failed) = oneshot::channel::<String>();
    let server = Running::serve(Serving::default().fatal(async { failed.await.unwrap() })).await;
    assert_eq!(say(&server.channel(), "well").await.unwrap(), "well");
    fail.send("the store failed".to_owned()).unwrap();
    let error = soon("the server to end", server.done)
        .await
        .unwrap()
        .unwrap_err();
    assert!(
        matches!(&error, ServeError::Fatal(reason) if reason == "the store failed"),
        "{error}"
    );
    drop(server.stop);
}
