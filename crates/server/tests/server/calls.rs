//! What every call gets: an id, a deadline, an answer.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rapporteur_server::{Args, DOMAIN, MAX_DECODING_BYTES, Serving, client};
use tonic::{Code, Request};
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};
use tonic_types::StatusExt as _;
use tracing::Level;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::{Running, say, soon, streaming, unary};

fn text(text: &str) -> Request<String> {
    Request::new(text.to_owned())
}

#[tokio::test]
async fn a_request_id_is_taken_over_or_made_and_comes_back() {
    let server = Running::start(Args::default()).await;
    let channel = server.channel();
    let id = async |sent: Option<&str>| {
        let mut request = text("x");
        if let Some(sent) = sent {
            request
                .metadata_mut()
                .insert("x-request-id", sent.parse().unwrap());
        }
        let answer = unary(&channel, "Caller", request).await.unwrap();
        let id = answer
            .metadata()
            .get("x-request-id")
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        // The handler saw the same.
        assert_eq!(answer.into_inner(), format!("anonymous {id}"));
        id
    };
    assert_eq!(id(Some("abc-1")).await, "abc-1");
    let (one, two, three) = (id(None).await, id(None).await, id(Some("a_b")).await);
    assert!(
        one != two && two != three && three != "a_b",
        "{one} {two} {three}"
    );
    assert!(one.len() <= 64 && one.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    server.stop().await.unwrap();
}

#[tokio::test]
async fn every_error_has_a_reason_and_the_request_id() {
    let server = Running::start(Args::default()).await;
    let channel = server.channel();
    for (method, code, reason) in [
        ("Fail", Code::NotFound, "NOT_FOUND"),
        ("Nothing", Code::Unimplemented, "UNIMPLEMENTED"),
        ("Panic", Code::Internal, "PANIC"),
        ("PanicAtOnce", Code::Internal, "PANIC"),
    ] {
        let mut request = text("x");
        request
            .metadata_mut()
            .insert("x-request-id", "abc-1".parse().unwrap());
        let status = unary(&channel, method, request).await.unwrap_err();
        assert_eq!(status.code(), code, "{method}: {status}");
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!(
            (info.reason.as_str(), info.domain.as_str()),
            (reason, DOMAIN)
        );
        assert_eq!(
            details.request_info().unwrap().request_id,
            "abc-1",
            "{method}"
        );
        assert_eq!(status.metadata().get("x-request-id").unwrap(), "abc-1");
    }
    // The connection is whole after all that.
    assert_eq!(say(&channel, "still here").await.unwrap(), "still here");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn the_log_says_what_happened_and_nothing_secret() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(Level::TRACE)
        .with_writer({
            let log = log.clone();
            move || log.clone()
        });
    let filter = filter_fn(|event| event.target().starts_with("rapporteur_server"));
    // For this thread, on which the server runs too.
    let _guard = tracing::subscriber::set_default(subscriber.finish().with(filter));
    let server = Running::start(Args::default()).await;
    let channel = server.channel();
    for method in ["Say", "Panic"] {
        let mut request = text("the body");
        request
            .metadata_mut()
            .insert("authorization", "Bearer canary".parse().unwrap());
        request
            .metadata_mut()
            .insert("rapporteur-caller", "users/a".parse().unwrap());
        let _ = unary(&channel, method, request).await;
    }
    server.stop().await.unwrap();
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let line = |method: &str| {
        text.lines()
            .find(|line| line.contains(method))
            .unwrap_or_else(|| panic!("{text}"))
    };
    for word in ["DEBUG", "Ok", "users/a", "request_id", "ms"] {
        assert!(
            line("EchoService/Say").contains(word),
            "{word} is not in {}",
            line("EchoService/Say")
        );
    }
    assert!(line("EchoService/Panic").contains("ERROR"));
    assert!(
        !text.contains("canary") && !text.contains("the body"),
        "{text}"
    );
}

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_panic_inside_a_stream_is_a_status() {
    let server = Running::start(Args::default()).await;
    let mut stream = streaming(&server.channel(), "WatchPanic").await;
    assert_eq!(
        soon("the first item", stream.message())
            .await
            .unwrap()
            .unwrap(),
        "first"
    );
    let status = soon("the end", stream.message()).await.unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert_eq!(status.get_details_error_info().unwrap().reason, "PANIC");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_call_ends_at_its_deadline() {
    let mut args = Args {
        default_deadline_seconds: 1,
        max_deadline_seconds: 1,
        ..Args::default()
    };
    let server = Running::start(args.clone()).await;
    let channel = server.channel();
    let without = unary(&channel, "Slow", text(""));
    let mut long = text("");
    long.set_timeout(Duration::from_secs(3_600));
    let (without, capped) = tokio::join!(without, unary(&channel, "Slow", long));
    for status in [without.unwrap_err(), capped.unwrap_err()] {
        assert_eq!(status.code(), Code::DeadlineExceeded, "{status}");
        assert_eq!(
            status.get_details_error_info().unwrap().reason,
            "DEADLINE_EXCEEDED"
        );
    }
    let mut short = text("");
    short.set_timeout(Duration::from_millis(50));
    let status = client::settled(unary(&channel, "Slow", short).await.unwrap_err());
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status}");
    server.stop().await.unwrap();

    // The handler knows what is left.
    args.max_deadline_seconds = 3_600;
    args.default_deadline_seconds = 1_800;
    let server = Running::start(args).await;
    let left = async |timeout: Option<u64>| {
        let mut request = text("");
        timeout
            .into_iter()
            .for_each(|seconds| request.set_timeout(Duration::from_secs(seconds)));
        unary(&server.channel(), "Remaining", request)
            .await
            .unwrap()
            .into_inner()
    };
    assert_eq!(left(None).await, "Some(1799)");
    assert_eq!(left(Some(900)).await, "Some(899)");
    assert_eq!(left(Some(9_000)).await, "Some(3599)");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_message_above_four_mebibytes_is_refused() {
    let server = Running::start(Args::default()).await;
    let channel = server.channel();
    // The field's key and length take five bytes.
    let most = "x".repeat(MAX_DECODING_BYTES - 5);
    assert_eq!(say(&channel, &most).await.unwrap().len(), most.len());
    let status = say(&channel, &format!("{most}x")).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    assert_eq!(
        status.get_details_error_info().unwrap().reason,
        "MESSAGE_TOO_LARGE"
    );
    assert_eq!(say(&channel, "small").await.unwrap(), "small");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn headers_above_the_limit_are_refused() {
    let server = Running::start(Args::default()).await;
    let channel = server.channel();
    let mut request = text("x");
    request
        .metadata_mut()
        .insert("x-long", "y".repeat(20 << 10).parse().unwrap());
    assert!(unary(&channel, "Say", request).await.is_err());
    assert_eq!(say(&channel, "after").await.unwrap(), "after");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn reflection_lists_what_is_served() {
    let server = Running::start(Args::default()).await;
    let MessageResponse::ListServicesResponse(list) =
        reflect(&server, MessageRequest::ListServices(String::new())).await
    else {
        panic!("not a list")
    };
    let names: Vec<_> = list
        .service
        .into_iter()
        .map(|service| service.name)
        .collect();
    for name in [
        crate::echo::NAME,
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
    ] {
        assert!(
            names.iter().any(|n| n == name),
            "{name} is not in {names:?}"
        );
    }
    let symbol = MessageRequest::FileContainingSymbol("grpc.health.v1.Health".to_owned());
    assert!(matches!(
        reflect(&server, symbol).await,
        MessageResponse::FileDescriptorResponse(_)
    ));
    server.stop().await.unwrap();

    let server = Running::serve(Serving::from(&Args {
        reflection: false,
        ..Args::default()
    }))
    .await;
    let request = tokio_stream::iter([ServerReflectionRequest::default()]);
    let status = ServerReflectionClient::new(server.channel())
        .server_reflection_info(request)
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    server.stop().await.unwrap();
}

async fn reflect(server: &Running, question: MessageRequest) -> MessageResponse {
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(question),
    };
    let mut client = ServerReflectionClient::new(server.channel());
    let mut answers = client
        .server_reflection_info(tokio_stream::iter([request]))
        .await
        .unwrap()
        .into_inner();
    let answer: ServerReflectionResponse = soon("reflection", answers.message())
        .await
        .unwrap()
        .unwrap();
    answer.message_response.unwrap()
}
