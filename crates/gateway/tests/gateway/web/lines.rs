//! The change feed as JSON.

use ::http::StatusCode;
use rapporteur_proto::events::v1::{Event, Party};
use rapporteur_proto::recommendations::v1::Recommendation;
use serde_json::Value;

use super::House;
use super::http::{Lines, get};

const EVENT: &str = "dialogues/rabat/events/e";

/// The first changed record of a change: its name, and whether it is gone.
fn told(change: &Value) -> (String, bool) {
    let record = &change["resources"][0];
    let name = record["name"].as_str().unwrap().to_owned();
    (name, record.get("value").is_none())
}

#[tokio::test]
async fn changes_come_in_pages_with_tombstones() {
    let house = House::new(&[]).await;
    let event = Event {
        series: "s".into(),
        ..Event::default()
    };
    house.events.put(1, EVENT, &event);
    house.texts.put(
        2,
        "dialogues/rabat/recommendations/r",
        &Recommendation::default(),
    );
    house.events.remove::<Event>(3, EVENT);
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let target = format!("/v1/changes?pageSize=1&token={token}");
        let page = get(&house.gateway, &target).answer().await;
        assert_eq!(page.status, StatusCode::OK, "{:?}", page.body);
        let page = page.json();
        for change in page["changes"].as_array().into_iter().flatten() {
            seen.push(told(change));
        }
        token = page["nextToken"].as_str().unwrap().to_owned();
        if page["atHead"] == true {
            break;
        }
    }
    let text = "dialogues/rabat/recommendations/r".to_owned();
    assert_eq!(
        seen,
        [
            (EVENT.to_owned(), false),
            (text, false),
            (EVENT.to_owned(), true)
        ]
    );
    let first = get(
        &house.gateway,
        "/v1/changes?types=rapporteur.events.v1.Event",
    );
    let first = first.answer().await.json();
    let value = &first["changes"][0]["resources"][0]["value"];
    assert_eq!(
        value["@type"],
        "type.googleapis.com/rapporteur.events.v1.Event"
    );
    assert_eq!(value["series"], "s");
    let past = get(&house.gateway, &format!("/v1/{EVENT}:revisions"))
        .answer()
        .await;
    assert_eq!(past.json()["revisions"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn changes_are_watched_line_by_line() {
    let house = House::new(&[]).await;
    house.events.put(1, "parties/pt", &Party::default());
    for target in ["/v1/changes?watch=true", "/v1/changes:watch"] {
        let mut lines = Lines::of(get(&house.gateway, target).open().await);
        let mut next = async || loop {
            let line = lines.next().await.unwrap();
            // Everything else is a sign of life.
            if let Some(change) = line.get("change") {
                return (told(change).0, line["token"].as_str().unwrap().to_owned());
            }
        };
        assert_eq!(next().await.0, "parties/pt");
        house.events.put(2, EVENT, &Event::default());
        let (name, token) = next().await;
        assert_eq!(name, EVENT);
        let resumed = format!("/v1/changes:watch?namePrefix=dialogues/&token={token}");
        let mut resumed = Lines::of(get(&house.gateway, &resumed).open().await);
        let sign = resumed.next().await.unwrap();
        assert!(
            sign.get("change").is_none(),
            "nothing is told twice: {sign}"
        );
        house.events.remove::<Event>(3, EVENT);
        assert_eq!(next().await.0, EVENT);
        house.events.begin_anew();
        house.events.put(1, "parties/pt", &Party::default());
    }
}

#[tokio::test]
async fn a_stream_that_breaks_says_why_in_its_last_line() {
    let house = House::new(&[]).await;
    let mut lines = Lines::of(get(&house.gateway, "/v1/changes:watch").open().await);
    lines.next().await.unwrap();
    let [events, texts] = house.behind;
    // Both, as an endless stream ends as soon as one of its halves does.
    let (events, texts) = tokio::join!(events.stop(), texts.stop());
    assert!(events != texts);
    let mut last = None;
    while let Some(line) = lines.next().await {
        last = Some(line);
    }
    let last = last.unwrap();
    assert_eq!(last["error"]["code"], 503, "{last}");
    assert_eq!(last["error"]["status"], "UNAVAILABLE");

    let odd = get(&house.gateway, "/v1/changes:watch?token=x")
        .answer()
        .await;
    assert_eq!(
        odd.status,
        StatusCode::BAD_REQUEST,
        "before the first line it is the status"
    );
}

#[tokio::test]
async fn a_stream_ends_when_the_gateway_stops() {
    let house = House::new(&[]).await;
    let mut lines = Lines::of(get(&house.gateway, "/v1/changes?watch=true").open().await);
    lines.next().await.unwrap();
    let stopped = tokio::spawn(house.gateway.stop());
    let mut last = None;
    while let Some(line) = lines.next().await {
        last = Some(line);
    }
    assert_eq!(last.unwrap()["error"]["status"], "UNAVAILABLE");
    stopped.await.unwrap();
}
