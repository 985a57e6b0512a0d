//! Calls go through untouched; only who calls and how much time is left are set on the way.

use tokio_stream::StreamExt as _;
use tonic::Streaming;
use tonic::metadata::MetadataValue;

use super::*;
use crate::echo::{Echo, NAME, State};
use crate::wire::Cable;

async fn behind() -> (Upstream, Gateway, std::sync::Arc<State>) {
    let echo = Echo::default();
    let state = echo.state.clone();
    let upstream = Upstream::start(Routes::new(echo)).await;
    let gateway = Gateway::start(&upstream.url, &nobody().await).await;
    (upstream, gateway, state)
}

async fn watch(gateway: &Gateway, method: &str) -> Result<Streaming<String>, Status> {
    let mut grpc = tonic::client::Grpc::new(gateway.channel.clone());
    grpc.ready().await.unwrap();
    let path = format!("/{NAME}/{method}").parse().unwrap();
    let request = gateway.keyed(String::new());
    soon(
        method,
        grpc.server_streaming(request, path, ProstCodec::default()),
    )
    .await
    .map(Response::into_inner)
}

#[tokio::test]
async fn a_call_and_its_metadata_go_through() {
    let (_upstream, gateway, _) = behind().await;
    let answer = gateway
        .echo("GetSaid", Request::new("héllo".into()))
        .await
        .unwrap();
    assert_eq!(answer.get_ref(), "héllo");
    let mut request = gateway.keyed(String::new());
    request
        .metadata_mut()
        .insert("x-own", "kept".parse().unwrap());
    request
        .metadata_mut()
        .insert("x-request-id", "my-request".parse().unwrap());
    request
        .metadata_mut()
        .insert_bin("x-own-bin", MetadataValue::from_bytes(&[0, 255]));
    let answer = gateway.echo("GetMetadata", request).await.unwrap();
    assert_eq!(answer.metadata().get("x-answer").unwrap(), "kept");
    assert_eq!(answer.metadata().get("x-request-id").unwrap(), "my-request");
    let seen: Vec<&str> = answer.get_ref().lines().collect();
    assert!(
        seen.contains(&"x-own: kept") && seen.contains(&"x-request-id: my-request"),
        "{seen:?}"
    );
    assert!(seen.contains(&r#"x-own-bin: b"\0\xff""#), "{seen:?}");
}

#[tokio::test]
async fn streams_go_through_both_ways() {
    let (_upstream, gateway, _) = behind().await;
    let items: Vec<String> = soon(
        "items",
        watch(&gateway, "WatchSome")
            .await
            .unwrap()
            .map(Result::unwrap)
            .collect(),
    )
    .await;
    assert_eq!(items, ["one", "two", "three"]);

    // An answer to each item before the next one is sent: nothing is held back on the way.
    let mut grpc = tonic::client::Grpc::new(gateway.channel.clone());
    grpc.ready().await.unwrap();
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let outgoing = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let path = format!("/{NAME}/WatchBoth").parse().unwrap();
    sender.send("first".to_owned()).await.unwrap();
    let codec = ProstCodec::<String, String>::default();
    let mut back = soon("both", grpc.streaming(gateway.keyed(outgoing), path, codec))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        soon("first", back.message()).await.unwrap().unwrap(),
        "first back"
    );
    sender.send("second".to_owned()).await.unwrap();
    assert_eq!(
        soon("second", back.message()).await.unwrap().unwrap(),
        "second back"
    );
    drop(sender);
    assert!(soon("the end", back.message()).await.unwrap().is_none());
}

#[tokio::test]
async fn an_error_comes_back_with_its_details() {
    let (_upstream, gateway, _) = behind().await;
    let direct = gateway.echo("GetFailure", nothing()).await.unwrap_err();
    let mut stream = watch(&gateway, "WatchFailing").await.unwrap();
    for _ in 0..3 {
        soon("an item", stream.message()).await.unwrap().unwrap();
    }
    let in_stream = soon("the failure", stream.message()).await.unwrap_err();
    for status in [direct, in_stream] {
        assert_eq!(status.code(), Code::NotFound);
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "NOT_FOUND");
        assert_eq!(
            details.resource_info().unwrap().resource_name,
            "dialogues/x/events/7"
        );
    }
}

#[tokio::test]
async fn the_time_that_is_left_goes_on_and_ends_the_call_on_both_sides() {
    let (_upstream, gateway, state) = behind().await;
    let remaining = async |request| -> u64 {
        gateway
            .echo("GetRemaining", request)
            .await
            .unwrap()
            .get_ref()
            .parse()
            .unwrap()
    };
    let mut request = Request::new(String::new());
    request.set_timeout(Duration::from_secs(5));
    let left = remaining(request).await;
    assert!(left > 1_000 && left <= 5_000, "{left}");
    // The gateway's own default, since the client sets none.
    let left = remaining(Request::new(String::new())).await;
    assert!(left > 5_000 && left <= 10_000, "{left}");

    let mut request = Request::new(String::new());
    request.set_timeout(Duration::from_millis(300));
    let status = client::settled(gateway.echo("GetSlow", request).await.unwrap_err());
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    soon("the service to give up", state.left.notified()).await;
}

#[tokio::test]
async fn a_call_that_the_client_gives_up_is_given_up_behind() {
    let (_upstream, gateway, state) = behind().await;
    let call = gateway.echo("GetSlow", nothing());
    tokio::select! {
        answer = call => panic!("{answer:?}"),
        () = state.entered.notified() => {}
    }
    soon("the service to give up", state.left.notified()).await;
}

#[tokio::test]
async fn big_messages_are_the_business_of_the_service() {
    let (_upstream, gateway, _) = behind().await;
    assert_eq!(
        gateway
            .echo("GetBig", nothing())
            .await
            .unwrap()
            .get_ref()
            .len(),
        3 << 20
    );
    let echoed = gateway
        .echo("GetSaid", Request::new("a".repeat(3 << 20)))
        .await
        .unwrap();
    assert_eq!(echoed.get_ref().len(), 3 << 20);
    let refused = gateway
        .echo("GetSaid", Request::new("a".repeat(5 << 20)))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert_eq!(
        refused.get_error_details().error_info().unwrap().reason,
        "MESSAGE_TOO_LARGE"
    );
}

#[tokio::test]
async fn many_calls_at_once_go_through() {
    let (_upstream, gateway, _) = behind().await;
    let calls = (0..400).map(|number| {
        let text = format!("call {number}");
        let call = gateway.echo("GetSaid", Request::new(text.clone()));
        async move { assert_eq!(call.await.unwrap().into_inner(), text) }
    });
    futures::future::join_all(calls).await;
}

#[tokio::test]
async fn streams_that_nobody_reads_hold_up_nobody_else() {
    let (_upstream, gateway, _) = behind().await;
    let address = gateway.address;
    let mut unread = Vec::new();
    for _ in 0..24 {
        let mut grpc =
            tonic::client::Grpc::new(client::connect(&format!("http://{address}")).unwrap());
        grpc.ready().await.unwrap();
        let path = format!("/{NAME}/WatchFlood").parse().unwrap();
        let codec = ProstCodec::<String, String>::default();
        let mut stream = soon(
            "a flood",
            grpc.server_streaming(gateway.keyed(String::new()), path, codec),
        )
        .await
        .unwrap()
        .into_inner();
        soon("the first item", stream.message())
            .await
            .unwrap()
            .unwrap();
        unread.push(stream);
    }
    for _ in 0..100 {
        assert_eq!(
            gateway
                .echo("GetBig", nothing())
                .await
                .unwrap()
                .get_ref()
                .len(),
            3 << 20
        );
    }
    for mut stream in unread {
        for _ in 0..100 {
            assert_eq!(
                soon("another item", stream.message())
                    .await
                    .unwrap()
                    .unwrap()
                    .len(),
                64 << 10
            );
        }
    }
}

#[tokio::test]
async fn a_service_that_is_down_is_named_and_found_again() {
    let upstream = Upstream::start(Routes::new(Echo::default())).await;
    let cable = Cable::to(&upstream.url).await;
    let gateway = Gateway::start(&cable.url(), &nobody().await).await;
    gateway.echo("GetSaid", nothing()).await.unwrap();

    let mut stream = watch(&gateway, "WatchForever").await.unwrap();
    for _ in 0..3 {
        soon("an item", stream.message()).await.unwrap().unwrap();
    }
    cable.cut().await;
    assert_down(
        &soon("the break", stream.message()).await.unwrap_err(),
        "events",
    );
    for _ in 0..4 {
        assert_down(
            &gateway.echo("GetSaid", nothing()).await.unwrap_err(),
            "events",
        );
    }
    cable.mend();
    soon("the service to be found again", async {
        while gateway.echo("GetSaid", nothing()).await.is_err() {}
    })
    .await;
    for _ in 0..4 {
        gateway.echo("GetSaid", nothing()).await.unwrap();
    }

    // The other service was never there; it is named too.
    let mut recommendations =
        rapporteur_proto::recommendations::v1::recommendation_service_client::RecommendationServiceClient::new(
            gateway.channel.clone(),
        );
    let status = soon(
        "an answer",
        recommendations.get_recommendation(
            rapporteur_proto::recommendations::v1::GetRecommendationRequest::default(),
        ),
    )
    .await
    .unwrap_err();
    assert_down(&status, "recommendations");
}

#[tokio::test]
async fn what_no_service_answers_is_unimplemented() {
    let (_upstream, gateway, _) = behind().await;
    let mut grpc = tonic::client::Grpc::new(gateway.channel.clone());
    for path in [
        "/rapporteur.events.v9.EventService/GetEvent",
        "/x",
        "/rapporteur.gateway.v1.CoverageService/GetNothing",
    ] {
        grpc.ready().await.unwrap();
        let codec = ProstCodec::<String, String>::default();
        let status = grpc
            .unary(gateway.keyed(String::new()), path.parse().unwrap(), codec)
            .await
            .unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented, "{path}: {status:?}");
    }
}

#[tokio::test]
async fn a_client_sees_every_service_at_the_gateway() {
    use tonic_reflection::pb::v1::ServerReflectionRequest;
    use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
    use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
    use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

    let gateway = Gateway::start(&nobody().await, &nobody().await).await;
    let ask = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut reflection = ServerReflectionClient::new(gateway.channel.clone());
    let answer = reflection
        .server_reflection_info(tokio_stream::once(ask))
        .await
        .unwrap();
    let answer = soon("services", answer.into_inner().message())
        .await
        .unwrap()
        .unwrap();
    let Some(MessageResponse::ListServicesResponse(services)) = answer.message_response else {
        panic!("{answer:?}")
    };
    let seen: Vec<String> = services.service.into_iter().map(|s| s.name).collect();
    for service in rapporteur_proto::descriptor_pool()
        .services()
        .filter(|s| s.full_name().starts_with("rapporteur."))
    {
        // Operators ask each service about its own store: that is no business of the public door.
        let is_public = service.package_name() != "rapporteur.store.v1";
        assert_eq!(
            seen.iter().any(|name| name == service.full_name()),
            is_public,
            "{} in {seen:?}",
            service.full_name()
        );
    }
    gateway.stop().await;
}
