//! Calendars over HTTP.

use ::http::{Method, StatusCode};
use rapporteur_proto::events::v1::{Event, EventState, Party};
use rapporteur_proto::recommendations::v1::{Commitment, CommitmentState};
use rapporteur_proto::r#type::v1::Visibility;

use super::House;
use super::http::{Answer, ask, get};
use crate::record::{POST, Record, date, fill};
use crate::{Gateway, soon};

fn event(number: usize, state: EventState) -> Event {
    Event {
        name: format!("dialogues/rabat/events/e{number}"),
        uid: format!("uid-{number}"),
        state: state.into(),
        start: date("2024-10-16"),
        ..Event::default()
    }
}

/// How often a line stands in a calendar.
fn count(answer: &Answer, line: &str) -> usize {
    let text = std::str::from_utf8(&answer.body).unwrap();
    text.split("\r\n").filter(|found| *found == line).count()
}

#[tokio::test]
async fn a_calendar_holds_every_page_and_no_draft() {
    let house = House::new(&[]).await;
    let states = [
        EventState::Confirmed,
        EventState::Cancelled,
        EventState::Draft,
    ];
    let events = (0..2_400).map(|number| event(number, states[number % 3]));
    *house.keeper.events.lock().unwrap() = events.collect();
    let target = "/v1/calendar.ics?state=confirmed&state=cancelled&kind=summit";
    let calendar = get(&house.gateway, target).answer().await;
    assert_eq!(calendar.status, StatusCode::OK, "{:?}", calendar.body);
    assert_eq!(
        calendar.header("content-type"),
        "text/calendar; charset=utf-8"
    );
    assert_eq!(calendar.header("x-content-type-options"), "nosniff");
    assert_eq!(count(&calendar, "BEGIN:VEVENT"), 1_600);
    assert_eq!(count(&calendar, "STATUS:CANCELLED"), 800, "they stay");
    assert_eq!(count(&calendar, "UID:uid-3"), 1);
    let lists = house.keeper.lists.lock().unwrap().clone();
    assert_eq!(lists.len(), 3);
    assert_eq!((lists[0].states.len(), lists[0].kinds.len()), (2, 1));
    assert_eq!(lists[0].parent, "dialogues/-");
}

#[tokio::test]
async fn an_unchanged_calendar_is_not_made_again() {
    let house = House::new(&[]).await;
    *house.keeper.events.lock().unwrap() = vec![event(1, EventState::Planned)];
    house.texts.put_nothing(1);
    let first = house.events.put(1, "parties/pt", &Party::default());
    read_up_to(&house.gateway, "EVENTS", first).await;
    let target = "/v1/calendar.ics";
    let etag = get(&house.gateway, target).answer().await;
    let etag = etag.header("etag").to_owned();
    let again = || {
        get(&house.gateway, target)
            .header("if-none-match", &etag)
            .answer()
    };
    let asked = || house.keeper.lists.lock().unwrap().last().unwrap().page_size;
    assert_eq!(again().await.status, StatusCode::NOT_MODIFIED);
    assert_eq!(
        asked(),
        1,
        "only the door and the list were asked whether it may be read"
    );

    // Something else was written: it is made again, and is the same.
    let second = house.events.put(2, "parties/eg", &Party::default());
    read_up_to(&house.gateway, "EVENTS", second).await;
    assert_eq!(again().await.status, StatusCode::NOT_MODIFIED);
    assert_eq!(asked(), 1_000);

    house.keeper.events.lock().unwrap()[0].set_state(EventState::Cancelled);
    let third = house.events.put(3, "parties/it", &Party::default());
    read_up_to(&house.gateway, "EVENTS", third).await;
    let changed = again().await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_eq!(count(&changed, "STATUS:CANCELLED"), 1);
    assert_ne!(changed.header("etag"), etag);
}

/// Waits until the views have read this far of a service.
async fn read_up_to(gateway: &Gateway, service: &str, position: u64) {
    let wanted =
        format!("%7B%22service%22:%22SERVICE_{service}%22,%22position%22:%22{position}%22%7D");
    let target = format!("/v1/gaps?atLeast={wanted}");
    let answer = soon("the views", get(gateway, &target).answer()).await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
}

#[tokio::test]
async fn the_calendar_of_a_post_is_what_it_has_to_report() {
    let mut record = Record::new();
    fill(&mut record);
    let (one, other) = (record.events.serve().await, record.texts.serve().await);
    let gateway = Gateway::start(&one.url, &other.url).await;
    read_up_to(&gateway, "EVENTS", record.positions[0].position).await;
    read_up_to(&gateway, "RECOMMENDATIONS", record.positions[1].position).await;
    let target = format!("/v1/{POST}/calendar.ics");
    let calendar = get(&gateway, &target).answer().await;
    assert_eq!(calendar.status, StatusCode::OK, "{:?}", calendar.body);
    let dues = get(&gateway, &format!("/v1/dues?unmet=true&posts={POST}"))
        .answer()
        .await;
    let dues = dues.json()["dues"].as_array().unwrap().len();
    assert!(dues > 0);
    assert_eq!(count(&calendar, "BEGIN:VTODO"), dues);
    assert_eq!(count(&calendar, "STATUS:NEEDS-ACTION"), dues);

    // What only those see who work on it goes to nobody else.
    let internal = Commitment {
        name: "dialogues/rabat/commitments/c".into(),
        owners: vec!["parties/pt".into()],
        lead_post: POST.into(),
        state: CommitmentState::InProgress.into(),
        due: date("2024-05-31"),
        visibility: Visibility::Internal.into(),
        ..Commitment::default()
    };
    record.put(1, &internal.name, &internal);
    read_up_to(&gateway, "RECOMMENDATIONS", record.positions[1].position).await;
    let public = get(&gateway, &target).answer().await;
    let own = get(&gateway, &target).key(&gateway).answer().await;
    let line = format!("X-RAPPORTEUR-NAME:{}", internal.name);
    assert_eq!(count(&public, &line), 0);
    assert!(count(&own, &line) > 0, "{:?}", own.body);
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let house = House::new(&[]).await;
    let odd = get(&house.gateway, "/v1/calendar.ics?kind=party")
        .answer()
        .await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
    assert_eq!(odd.reason(), "INVALID_FIELDS");
    let post = ask(&house.gateway, Method::POST, "/v1/calendar.ics")
        .answer()
        .await;
    assert_eq!(post.status, StatusCode::METHOD_NOT_ALLOWED);
    let key = get(&house.gateway, "/v1/calendar.ics").header("authorization", "Bearer x");
    assert_eq!(key.answer().await.status, StatusCode::UNAUTHORIZED);
}
