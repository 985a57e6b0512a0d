//! Calls that have one answer.

use ::http::{Method, StatusCode};
use bytes::Bytes;

use super::House;
use super::http::{ask, get};

const EVENT: &str = "/v1/dialogues/rabat/events/e";
const EVENTS: &str = "/v1/dialogues/rabat/events";

#[tokio::test]
async fn a_record_is_read_and_kept() {
    let house = House::new(&[]).await;
    let gateway = &house.gateway;
    let read = get(gateway, EVENT)
        .header("x-request-id", "id-1")
        .answer()
        .await;
    assert_eq!(read.status, StatusCode::OK);
    assert_eq!(read.header("content-type"), "application/json");
    assert_eq!(read.header("etag"), "\"7\"");
    assert_eq!(read.header("x-request-id"), "id-1");
    assert_eq!(read.header("cache-control"), "private, no-cache");
    assert_eq!(read.header("x-content-type-options"), "nosniff");
    let json = read.json();
    assert_eq!(json["name"], "dialogues/rabat/events/e");
    assert_eq!(json["series"], "anonymous");
    assert_eq!(json["stateReason"], "id-1", "one id all the way");

    let again = get(gateway, EVENT).header("if-none-match", "W/\"7\"");
    let again = again.answer().await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    assert_eq!((again.body.len(), again.header("etag")), (0, "\"7\""));
    let other = get(gateway, EVENT).header("if-none-match", "\"6\"");
    assert_eq!(other.answer().await.status, StatusCode::OK);
    let head = ask(gateway, Method::HEAD, EVENT).answer().await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
}

#[tokio::test]
async fn the_door_is_the_same() {
    let house = House::new(&[]).await;
    let gateway = &house.gateway;
    let forged = get(gateway, EVENT).header("rapporteur-caller", "admin");
    assert_eq!(forged.answer().await.json()["series"], "anonymous");
    let admin = get(gateway, EVENT)
        .key(gateway)
        .header("rapporteur-as", "ana");
    assert_eq!(admin.answer().await.json()["series"], "admin:ana");
    let pretender = get(gateway, EVENT).header("rapporteur-as", "ana");
    let pretender = pretender.answer().await;
    assert_eq!(pretender.status, StatusCode::FORBIDDEN);
    assert_eq!(pretender.reason(), "PERMISSION_DENIED");

    let post = || ask(gateway, Method::POST, EVENTS).json("{}");
    let nobody = post().answer().await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    assert_eq!(nobody.header("www-authenticate"), "Bearer");
    assert_eq!(nobody.reason(), "UNAUTHENTICATED");
    let wrong = post()
        .header("authorization", "Bearer rpk_x_y")
        .answer()
        .await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    let twice = post().key(gateway).key(gateway).answer().await;
    assert_eq!(twice.status, StatusCode::UNAUTHORIZED);
    let key = format!("{EVENTS}?authorization=Bearer%20{}", gateway.key);
    let key = ask(gateway, Method::POST, &key).json("{}").answer().await;
    assert_eq!(key.status, StatusCode::BAD_REQUEST, "no key in an address");
}

#[tokio::test]
async fn a_record_is_written_once_and_over_the_version_that_was_seen() {
    let house = House::new(&[]).await;
    let gateway = &house.gateway;
    let made = ask(gateway, Method::POST, &format!("{EVENTS}?eventId=e"))
        .key(gateway)
        .header("idempotency-key", "k-1")
        .json(r#"{"title": {"byLanguage": {"fr": "Été"}}}"#)
        .answer()
        .await;
    assert_eq!(made.status, StatusCode::OK, "{:?}", made.body);
    assert_eq!(made.json()["series"], "k-1");
    assert_eq!(made.json()["title"]["byLanguage"]["fr"], "Été");

    let patch = |etag: &str| {
        let patch = ask(gateway, Method::PATCH, EVENT).key(gateway);
        patch.header("if-match", etag).json(r#"{"series": "s"}"#)
    };
    let changed = patch("\"7\"").answer().await;
    assert_eq!(changed.json()["series"], "s", "{:?}", changed.body);
    let stale = patch("\"6\"").answer().await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert_eq!(stale.json()["error"]["status"], "ABORTED");
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let house = House::new(&[]).await;
    let gateway = &house.gateway;
    let none = get(gateway, "/v1/dialogues/rabat/events/none")
        .answer()
        .await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    assert_eq!(none.reason(), "NOT_FOUND");
    for nowhere in ["/v1/nowhere", "/v1/dialogues//events", "/v1/", "/", "/v2/x"] {
        let nowhere = get(gateway, nowhere).answer().await;
        assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    }
    let delete = ask(gateway, Method::DELETE, EVENT).answer().await;
    assert_eq!(delete.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(delete.header("allow"), "GET, PATCH");
    let odd = get(gateway, &format!("{EVENTS}?pageSize=x")).answer().await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
    assert_eq!(odd.reason(), "INVALID_FIELDS");
    let hidden = get(gateway, "/v1/dialogues/rabat/events/a%2fb")
        .answer()
        .await;
    assert_eq!(hidden.status, StatusCode::BAD_REQUEST);
    let large = Bytes::from(vec![b' '; (4 << 20) + 1]);
    let large = ask(gateway, Method::POST, EVENTS).body(large, "application/json");
    let large = large.answer().await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    let late = get(gateway, "/v1/dialogues/rabat/events/slow");
    let late = late.header("grpc-timeout", "50m").answer().await;
    assert_eq!(late.status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(late.reason(), "DEADLINE_EXCEEDED");
}

#[tokio::test]
async fn a_service_that_is_down_is_named() {
    let house = House::new(&[]).await;
    let [events, _texts] = house.behind;
    events.stop().await;
    let down = get(&house.gateway, EVENT).answer().await;
    assert_eq!(down.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(down.reason(), "UPSTREAM_UNAVAILABLE");
    assert_eq!(down.header("retry-after"), "1");
    let status = get(&house.gateway, "/v1/status").answer().await;
    let services = status.json();
    let events = &services["services"][1];
    assert_eq!(events["service"], "events");
    assert!(
        events.get("serving").is_none(),
        "false is left out: {events}"
    );
}

#[tokio::test]
async fn the_calls_are_described() {
    let house = House::new(&[]).await;
    let described = get(&house.gateway, "/openapi.json").answer().await;
    assert_eq!(described.status, StatusCode::OK);
    assert_eq!(described.json()["openapi"], "3.1.0");
    let etag = described.header("etag").to_owned();
    let again = get(&house.gateway, "/openapi.json").header("if-none-match", &etag);
    assert_eq!(again.answer().await.status, StatusCode::NOT_MODIFIED);
}
