//! Search over services that have only a feed: how new an answer is, how the index is kept, and who pages through what.

use std::path::PathBuf;

use rapporteur_proto::events::v1::{Dialogue, Event, EventState};
use rapporteur_proto::gateway::v1::search_service_client::SearchServiceClient;
use rapporteur_proto::gateway::v1::status_service_client::StatusServiceClient;
use rapporteur_proto::gateway::v1::{
    GetStatusRequest, RebuildSearchIndexRequest, SearchField, SearchRequest, SearchResponse,
    SearchStatus,
};
use rapporteur_proto::r#type::v1::{LocalizedText, Visibility};

use super::*;
use crate::record::{DIALOGUE, Record};

fn event(id: &str, title: &str, visibility: Visibility) -> Event {
    Event {
        name: format!("{DIALOGUE}/events/{id}"),
        state: EventState::Held.into(),
        title: Some(LocalizedText {
            by_language: [("en".to_owned(), title.to_owned())].into(),
            ..LocalizedText::default()
        }),
        visibility: visibility.into(),
        ..Event::default()
    }
}

fn put(record: &mut Record, id: &str, title: &str, visibility: Visibility) {
    let event = event(id, title, visibility);
    record.put(0, &event.name.clone(), &event);
}

/// A record of a dialogue and so many events about returns.
fn record(events: usize) -> Record {
    let mut record = Record::new();
    let dialogue = Dialogue {
        name: DIALOGUE.into(),
        ..Dialogue::default()
    };
    record.put(0, DIALOGUE, &dialogue);
    // Both feeds have something, so that both are waited for.
    record.positions[1].position = record.texts.put_nothing(1_700_000_000);
    for number in 0..events {
        let title = format!("Meeting {number} on return and reintegration");
        put(
            &mut record,
            &format!("e{number}"),
            &title,
            Visibility::Public,
        );
    }
    record
}

fn asking(record: &Record, query: &str) -> SearchRequest {
    SearchRequest {
        query: query.into(),
        at_least: record.positions.clone(),
        ..SearchRequest::default()
    }
}

async fn found(gateway: &Gateway, request: SearchRequest) -> Result<SearchResponse, Status> {
    let mut client = SearchServiceClient::new(gateway.channel.clone());
    let answer = soon("a search", client.search(request)).await?;
    Ok(answer.into_inner())
}

async fn standing(gateway: &Gateway) -> SearchStatus {
    let mut client = StatusServiceClient::new(gateway.channel.clone());
    let answer = soon("the status", client.get_status(GetStatusRequest {})).await;
    answer.unwrap().into_inner().search.unwrap()
}

/// The folders of the gateway's indexes.
fn folders(gateway: &Gateway) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(gateway.folder.path().join("search")).unwrap();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_just_written_is_found_and_what_is_hidden_is_not_counted() {
    let mut record = record(3);
    put(
        &mut record,
        "hidden",
        "Retreat on xyzzy and return",
        Visibility::Internal,
    );
    let (events, texts) = (record.events.serve().await, record.texts.serve().await);
    let gateway = Gateway::start(&events.url, &texts.url).await;
    let mut request = asking(&record, "returning");
    request.facets = vec![SearchField::Dialogue.into(), SearchField::State.into()];
    let answer = found(&gateway, request.clone()).await.unwrap();
    assert_eq!((answer.total, answer.hits.len()), (3, 3));
    for facet in &answer.facets {
        assert_eq!((facet.values.len(), facet.values[0].count), (1, 3));
    }
    assert_eq!(answer.positions, record.positions);
    assert_eq!(
        found(&gateway, asking(&record, "xyzzy"))
            .await
            .unwrap()
            .total,
        0
    );

    let mut client =
        SearchServiceClient::with_interceptor(gateway.channel.clone(), gateway.key_on_all());
    let answer = soon("a search", client.search(request))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(answer.total, 4, "who may see it finds it");

    put(
        &mut record,
        "e0",
        "About something else",
        Visibility::Public,
    );
    put(&mut record, "new", "A return more", Visibility::Public);
    let answer = found(&gateway, asking(&record, "return")).await.unwrap();
    let names: Vec<&str> = answer
        .hits
        .iter()
        .map(|hit| hit.name.rsplit('/').next().unwrap())
        .collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(
        names.contains(&"new") && !names.contains(&"e0"),
        "{names:?}"
    );
    let now = standing(&gateway).await;
    assert_eq!((now.whole, now.behind, now.documents), (true, 0, 5));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_belong_to_their_query_and_reader() {
    let record = record(12);
    let (events, texts) = (record.events.serve().await, record.texts.serve().await);
    let gateway = Gateway::start(&events.url, &texts.url).await;
    let mut request = asking(&record, "return");
    request.page_size = 5;
    let (mut names, mut pages) = (Vec::new(), 0);
    loop {
        let answer = found(&gateway, request.clone()).await.unwrap();
        names.extend(answer.hits.into_iter().map(|hit| hit.name));
        pages += 1;
        if answer.next_page_token.is_empty() {
            break;
        }
        request.page_token = answer.next_page_token;
    }
    assert_eq!((names.len(), pages), (12, 3));
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 12, "none twice");
    let other = SearchRequest {
        query: "reintegration".into(),
        ..request.clone()
    };
    let refused = found(&gateway, other).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let mut client =
        SearchServiceClient::with_interceptor(gateway.channel.clone(), gateway.key_on_all());
    let refused = soon("a search", client.search(request)).await.unwrap_err();
    assert_eq!(
        refused.code(),
        Code::InvalidArgument,
        "who sees more begins anew"
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_is_taken_up_where_it_was_left_and_made_anew_when_it_is_damaged() {
    let mut record = record(5);
    let (events, texts) = (record.events.serve().await, record.texts.serve().await);
    let gateway = Gateway::start(&events.url, &texts.url).await;
    assert_eq!(
        found(&gateway, asking(&record, "return"))
            .await
            .unwrap()
            .total,
        5
    );
    let before = folders(&gateway);
    let folder = gateway.stop().await;
    put(
        &mut record,
        "e1",
        "About something else",
        Visibility::Public,
    );
    put(&mut record, "later", "Return again", Visibility::Public);
    let gateway = Gateway::start_in(folder, &events.url, &texts.url).await;
    assert_eq!(
        found(&gateway, asking(&record, "return"))
            .await
            .unwrap()
            .total,
        5
    );
    assert_eq!(folders(&gateway), before, "the same index");
    let folder = gateway.stop().await;

    for entry in std::fs::read_dir(&before[0]).unwrap() {
        let file = entry.unwrap().path();
        if file
            .extension()
            .is_some_and(|kind| kind == "idx" || kind == "term")
        {
            let mut bytes = std::fs::read(&file).unwrap();
            bytes[0] ^= 0xFF;
            std::fs::write(&file, bytes).unwrap();
        }
    }
    let gateway = Gateway::start_in(folder, &events.url, &texts.url).await;
    assert_eq!(
        found(&gateway, asking(&record, "return"))
            .await
            .unwrap()
            .total,
        5
    );
    assert_ne!(folders(&gateway), before, "another index");
    let folder = gateway.stop().await;

    // Gone altogether.
    std::fs::remove_dir_all(folder.path().join("search")).unwrap();
    let gateway = Gateway::start_in(folder, &events.url, &texts.url).await;
    assert_eq!(
        found(&gateway, asking(&record, "return"))
            .await
            .unwrap()
            .total,
        5
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_is_made_anew_while_the_old_one_answers() {
    let mut record = record(300);
    let (events, texts) = (record.events.serve().await, record.texts.serve().await);
    let gateway = Gateway::start(&events.url, &texts.url).await;
    assert_eq!(
        found(&gateway, asking(&record, "return"))
            .await
            .unwrap()
            .total,
        300
    );
    let before = folders(&gateway);

    let mut anybody = SearchServiceClient::new(gateway.channel.clone());
    let refused = anybody
        .rebuild_search_index(RebuildSearchIndexRequest {})
        .await;
    assert_eq!(refused.unwrap_err().code(), Code::Unauthenticated);
    let mut operator =
        SearchServiceClient::with_interceptor(gateway.channel.clone(), gateway.key_on_all());
    operator
        .rebuild_search_index(RebuildSearchIndexRequest {})
        .await
        .unwrap();
    // Writes and searches go on meanwhile, and every write is found.
    for round in 0.. {
        put(
            &mut record,
            &format!("during{round}"),
            "One return more",
            Visibility::Public,
        );
        let total = found(&gateway, asking(&record, "return"))
            .await
            .unwrap()
            .total;
        assert_eq!(total, 301 + i64::from(round));
        let now = standing(&gateway).await;
        assert!(now.whole, "it answers all the time");
        if now.building.is_none()
            && folders(&gateway)
                .iter()
                .all(|folder| !before.contains(folder))
        {
            break;
        }
    }
    let total = found(&gateway, asking(&record, "return"))
        .await
        .unwrap()
        .total;
    let now = standing(&gateway).await;
    assert_eq!(i64::try_from(now.documents).unwrap(), total);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_history_leaves_nothing_of_the_old_one() {
    let record = record(4);
    let (events, texts) = (record.events.serve().await, record.texts.serve().await);
    let gateway = Gateway::start(&events.url, &texts.url).await;
    assert_eq!(
        found(&gateway, asking(&record, "return"))
            .await
            .unwrap()
            .total,
        4
    );
    record.events.begin_anew();
    let last = event("new", "A return in the new history", Visibility::Public);
    record.events.put(1, &last.name, &last);
    let gone = async {
        while !found(&gateway, SearchRequest::default())
            .await
            .is_ok_and(|answer| answer.total == 1 && answer.hits[0].name == last.name)
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    soon("what the new history lacks to be gone", gone).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_queries_are_answered_or_refused_at_once() {
    let record = record(20);
    let (events, texts) = (record.events.serve().await, record.texts.serve().await);
    let gateway = Gateway::start(&events.url, &texts.url).await;
    found(&gateway, asking(&record, "return")).await.unwrap();
    for (query, refused) in [
        ("return ".repeat(10_000), true),
        ("(".repeat(500), true),
        ("a* b* c* d* *".to_owned(), false),
        (".*.*.*[a-z]{1,1000}(x+x+)+y".to_owned(), false),
        ("retrun~9999 return^1e38".to_owned(), false),
        (
            "\u{202E}nruter\u{202C} \u{0}\u{7}\u{1B}[2J".to_owned(),
            false,
        ),
        ("\"".repeat(501), true),
        ("-".repeat(1_000), false),
        ("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz".repeat(30), false),
        ("\u{301}".repeat(1_000), false),
        ("year:..".to_owned(), true),
        ("color:red".to_owned(), true),
    ] {
        let answer = found(&gateway, asking(&record, &query)).await;
        match answer {
            Ok(_) => assert!(!refused, "{query:.80}"),
            Err(status) => {
                assert_eq!(
                    status.code(),
                    Code::InvalidArgument,
                    "{query:.80} {status:?}"
                );
                assert!(refused, "{query:.80} {status:?}");
                let details = status.get_error_details();
                assert_eq!(
                    details.bad_request().unwrap().field_violations[0].field,
                    "query"
                );
            }
        }
    }
    gateway.stop().await;
}
