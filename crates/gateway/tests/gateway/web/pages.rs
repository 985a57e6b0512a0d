//! What pages in a browser need: gRPC-Web, and leave to call from another origin.

use ::http::{Method, StatusCode};
use bytes::{BufMut as _, Bytes, BytesMut};
use prost::Message as _;
use rapporteur_proto::events::v1::{Event, GetEventRequest};

use super::House;
use super::http::{Answer, Asking, ask, get};
use crate::Gateway;

const GRPC_WEB: &str = "application/grpc-web+proto";
const GET: &str = "/rapporteur.events.v1.EventService/GetEvent";
const ORIGIN: &str = "https://pages.example.org";
const EVENT: &str = "/v1/dialogues/rabat/events/e";

fn grpc_web(gateway: &Gateway, name: &str) -> Asking {
    let message = GetEventRequest {
        name: name.into(),
        as_of: None,
    };
    let mut framed = BytesMut::new();
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.encoded_len()).unwrap());
    message.encode(&mut framed).unwrap();
    let asking = ask(gateway, Method::POST, GET).header("x-grpc-web", "1");
    asking.body(framed.freeze(), GRPC_WEB)
}

/// The message, if there is one, and the trailers of an answer in gRPC-Web.
fn frames(answer: &Answer) -> (Option<Event>, String) {
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), GRPC_WEB);
    let (mut event, mut trailers, mut left) = (None, String::new(), answer.body.clone());
    while !left.is_empty() {
        let head = left.split_to(5);
        let length = u32::from_be_bytes(head[1..].try_into().unwrap());
        let frame: Bytes = left.split_to(length.try_into().unwrap());
        match head[0] {
            0 => event = Some(Event::decode(frame).unwrap()),
            _ => trailers = String::from_utf8(frame.to_vec()).unwrap(),
        }
    }
    (event, trailers)
}

#[tokio::test]
async fn grpc_web_is_spoken_on_the_same_listener() {
    let house = House::new(&[]).await;
    let answer = grpc_web(&house.gateway, "dialogues/rabat/events/e").key(&house.gateway);
    let (event, trailers) = frames(&answer.answer().await);
    assert_eq!(event.unwrap().series, "admin");
    assert!(trailers.contains("grpc-status:0"), "{trailers}");
    let none = grpc_web(&house.gateway, "dialogues/rabat/events/none")
        .answer()
        .await;
    // A refusal without a message has its status in the head.
    assert_eq!(none.header("grpc-status"), "5", "{:?}", none.headers);
    assert!(!none.header("grpc-status-details-bin").is_empty());
}

#[tokio::test]
async fn pages_of_other_origins_call_only_where_the_operator_says_so() {
    let preflight = |gateway: &Gateway| {
        ask(gateway, Method::OPTIONS, EVENT)
            .header("origin", ORIGIN)
            .header("access-control-request-method", "PATCH")
            .header("access-control-request-headers", "authorization,if-match")
    };
    let closed = House::new(&[]).await;
    let refused = preflight(&closed.gateway).answer().await;
    assert_eq!(refused.header("access-control-allow-origin"), "");
    let read = get(&closed.gateway, EVENT)
        .header("origin", ORIGIN)
        .answer()
        .await;
    assert_eq!(read.header("access-control-allow-origin"), "");

    let open = House::new(&[ORIGIN]).await;
    let allowed = preflight(&open.gateway).answer().await;
    assert_eq!(allowed.status, StatusCode::OK);
    assert_eq!(allowed.header("access-control-allow-origin"), ORIGIN);
    assert!(
        allowed
            .header("access-control-allow-methods")
            .contains("PATCH")
    );
    assert!(
        allowed
            .header("access-control-allow-headers")
            .contains("if-match")
    );
    let read = get(&open.gateway, EVENT)
        .header("origin", ORIGIN)
        .answer()
        .await;
    assert_eq!(read.header("access-control-allow-origin"), ORIGIN);
    assert!(
        read.header("access-control-expose-headers")
            .contains("etag")
    );
    assert_eq!(read.header("access-control-allow-credentials"), "");
    let other = get(&open.gateway, EVENT).header("origin", "https://evil.example.org");
    assert_eq!(
        other.answer().await.header("access-control-allow-origin"),
        ""
    );
    let web = grpc_web(&open.gateway, "dialogues/rabat/events/e").header("origin", ORIGIN);
    let web = web.answer().await;
    assert_eq!(web.header("access-control-allow-origin"), ORIGIN);
    assert!(frames(&web).0.is_some());
}
