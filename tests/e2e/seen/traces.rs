//! One trace through the three programs: who called whom, as a collector is told.

use std::time::{Duration, Instant};

use super::collector::{Collector, Span};
use super::http;
use crate::harness::PATIENCE;
use crate::keyed::House;

/// The trace and the span that a client says it is in.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";
const OTHER: &str = "5bf92f3577b34da6a3ce929d0e0e4736";

const SERVER: i32 = 2;
const CLIENT: i32 = 3;

fn parent(trace: &str) -> String {
    format!("traceparent: 00-{trace}-{SPAN}-01")
}

/// The one span of this program, name and kind.
fn one<'a>(spans: &'a [Span], service: &str, name: &str, kind: i32) -> &'a Span {
    let mut found = spans
        .iter()
        .filter(|span| span.service == service && span.name == name && span.kind == kind);
    let first = found.next();
    let first = first.unwrap_or_else(|| panic!("{service} {name} {kind} in {spans:#?}"));
    assert!(found.next().is_none(), "twice: {spans:#?}");
    first
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_one_trace_through_all_services() {
    let (collector, url) = Collector::start().await;
    let house = House::start_with(&["--otlp", &url]).await;
    let door = house.gateway.address.clone();
    let key = format!("authorization: Bearer {}", house.admin());
    let json = "content-type: application/json".to_owned();

    // Read: nobody has mirrored a dialogue that is not there, so the recommendations service asks for it.
    let line = "GET /v1/dialogues/nowhere/recommendations";
    let deadline = Instant::now() + PATIENCE;
    // Until it has its own token, it is refused by the events service; those attempts are other traces.
    let door_says = async |headers: &[String]| http(&door, line, headers, "").await.0;
    while door_says(&[key.clone()]).await != 404 {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let status = door_says(&[parent(TRACE), key.clone()]).await;
    assert_eq!(status, 404);
    // Written: with a commit.
    let body = r#"{"title": {"byLanguage": {"en": "Coast"}}, "code": "CD"}"#;
    let line = "POST /v1/dialogues?dialogueId=coast";
    let (status, answer) = http(&door, line, &[parent(OTHER), key, json], body).await;
    assert_eq!(status, 200, "{answer}");

    let (gateway, recommendations, events) = (
        "rapporteur-gateway",
        "rapporteur-recommendations",
        "rapporteur-events",
    );
    let spans = collector.whole(TRACE, 6).await;
    let list = "rapporteur.recommendations.v1.RecommendationService/ListRecommendations";
    let web = one(&spans, gateway, "HTTP", SERVER);
    let call = one(&spans, gateway, list, SERVER);
    let forward = one(&spans, gateway, list, CLIENT);
    let served = one(&spans, recommendations, list, SERVER);
    let ask = one(&spans, recommendations, "ask events", CLIENT);
    let get = "rapporteur.events.v1.DialogueService/GetDialogue";
    let asked = one(&spans, events, get, SERVER);
    let chain = [web, call, forward, served, ask, asked];
    let mut above = SPAN;
    for span in chain {
        assert_eq!(span.parent, above, "{span:#?} in {spans:#?}");
        above = &span.id;
    }
    assert_eq!(spans.len(), chain.len(), "{spans:#?}");
    // NOT_FOUND.
    assert_eq!(asked.attributes["rpc.grpc.status_code"], "5");
    let id = &served.attributes["rapporteur.request_id"];
    assert_eq!(&call.attributes["rapporteur.request_id"], id);

    let spans = collector.whole(OTHER, 5).await;
    let create = "rapporteur.events.v1.DialogueService/CreateDialogue";
    let created = one(&spans, events, create, SERVER);
    assert_eq!(created.parent, one(&spans, gateway, create, CLIENT).id);
    let commit = one(&spans, events, "commit", 1);
    assert_eq!(commit.parent, created.id);
    assert_eq!(commit.attributes["rapporteur.commit.outcome"], "committed");

    // What the recommendations service asks the gateway for by itself is a trace of its own.
    let all = collector.all();
    let issue = "rapporteur.gateway.v1.AccessService/IssueToken";
    let issued = all.iter().find(|span| span.name == issue);
    let issued = issued.unwrap_or_else(|| panic!("{all:#?}"));
    let asking = one(
        &collector.of(&issued.trace),
        recommendations,
        "ask gateway",
        CLIENT,
    )
    .clone();
    assert_eq!(
        (issued.service.as_str(), &issued.parent),
        (gateway, &asking.id)
    );
    assert_eq!(asking.parent, "");

    // Nothing of who called, or with what.
    let said = format!("{all:?}");
    assert!(!said.contains(&house.admin()) && !said.contains("Bearer"));
}
