//! The joined change feed.

use rapporteur_proto::changes::v1::change_service_client::ChangeServiceClient;
use rapporteur_proto::changes::v1::{
    ListChangesRequest, ListRevisionsRequest, Service, WatchRequest, WatchResponse,
};
use rapporteur_proto::events::v1::{Event, Party};
use rapporteur_proto::recommendations::v1::Recommendation;
use tonic::Streaming;

use super::*;
use crate::feed::Feed;
use crate::wire::Cable;

const EVENT: &str = "dialogues/rabat/events/e";
const TEXT: &str = "dialogues/rabat/recommendations/r";

async fn next(stream: &mut Streaming<WatchResponse>) -> (Option<String>, String) {
    let message = soon("news", stream.message()).await.unwrap().unwrap();
    (
        message
            .change
            .map(|change| change.resources[0].name.clone()),
        message.token,
    )
}

/// Reads until the feed has shown these names, in whatever order, and gives the last token.
async fn all(stream: &mut Streaming<WatchResponse>, wanted: &[&str]) -> String {
    let mut missing: Vec<&str> = wanted.to_vec();
    let mut last = String::new();
    while !missing.is_empty() {
        let (name, token) = next(stream).await;
        if let Some(name) = name {
            let place = missing
                .iter()
                .position(|m| *m == name)
                .unwrap_or_else(|| panic!("{name} again"));
            missing.remove(place);
        }
        last = token;
    }
    last
}

#[tokio::test]
async fn both_feeds_are_one_and_resume_anywhere() {
    let (events, texts) = (
        Feed::new(Service::Events),
        Feed::new(Service::Recommendations),
    );
    events.put(1, "parties/pt", &Party::default());
    texts.put(2, TEXT, &Recommendation::default());
    events.put(3, EVENT, &Event::default());
    let (one, other) = (events.serve().await, texts.serve().await);
    let gateway = Gateway::start(&one.url, &other.url).await;
    let mut client = ChangeServiceClient::new(gateway.channel.clone());

    let mut seen = Vec::new();
    let mut token = String::new();
    loop {
        let page = ListChangesRequest {
            token,
            page_size: 1,
            ..ListChangesRequest::default()
        };
        let page = soon("a page", client.list_changes(page))
            .await
            .unwrap()
            .into_inner();
        seen.extend(
            page.changes
                .iter()
                .map(|c| (c.service(), c.position, c.resources[0].name.clone())),
        );
        token = page.next_token;
        if page.at_head {
            break;
        }
    }
    let expected = [
        (Service::Events, 1, "parties/pt".to_owned()),
        (Service::Recommendations, 1, TEXT.to_owned()),
        (Service::Events, 2, EVENT.to_owned()),
    ];
    assert_eq!(seen, expected);

    let types = ListChangesRequest {
        types: vec!["rapporteur.events.v1.Event".into()],
        ..ListChangesRequest::default()
    };
    let only = client.list_changes(types).await.unwrap().into_inner();
    assert_eq!(only.changes.len(), 1);
    let odd = ListChangesRequest {
        token: "x".into(),
        ..ListChangesRequest::default()
    };
    assert_eq!(
        client.list_changes(odd).await.unwrap_err().code(),
        Code::InvalidArgument
    );

    let watch = WatchRequest {
        token,
        ..WatchRequest::default()
    };
    let mut stream = client.watch(watch).await.unwrap().into_inner();
    events.put(4, EVENT, &Event::default());
    texts.put(5, TEXT, &Recommendation::default());
    let last = all(&mut stream, &[EVENT, TEXT]).await;
    drop(stream);
    events.put(6, "parties/eg", &Party::default());
    let mut stream = client
        .watch(WatchRequest {
            token: last,
            ..WatchRequest::default()
        })
        .await
        .unwrap()
        .into_inner();
    all(&mut stream, &["parties/eg"]).await;
}

#[tokio::test]
async fn revisions_come_from_the_service_that_keeps_the_name() {
    let (events, texts) = (
        Feed::new(Service::Events),
        Feed::new(Service::Recommendations),
    );
    events.put(1, EVENT, &Event::default());
    texts.put(2, TEXT, &Recommendation::default());
    let (one, other) = (events.serve().await, texts.serve().await);
    let gateway = Gateway::start(&one.url, &other.url).await;
    let mut client = ChangeServiceClient::new(gateway.channel.clone());
    for (name, service) in [(EVENT, Service::Events), (TEXT, Service::Recommendations)] {
        let request = ListRevisionsRequest {
            name: name.into(),
            ..ListRevisionsRequest::default()
        };
        let revisions = client
            .list_revisions(request)
            .await
            .unwrap()
            .into_inner()
            .revisions;
        assert_eq!(
            revisions.iter().map(|r| r.service()).collect::<Vec<_>>(),
            [service]
        );
    }
    let request = ListRevisionsRequest {
        name: "x/y".into(),
        ..ListRevisionsRequest::default()
    };
    assert_eq!(
        client.list_revisions(request).await.unwrap_err().code(),
        Code::InvalidArgument
    );
}

#[tokio::test]
async fn the_joined_feed_ends_with_the_service_that_is_gone() {
    let (events, texts) = (
        Feed::new(Service::Events),
        Feed::new(Service::Recommendations),
    );
    let (one, other) = (events.serve().await, texts.serve().await);
    let cable = Cable::to(&other.url).await;
    let gateway = Gateway::start(&one.url, &cable.url()).await;
    let mut client = ChangeServiceClient::new(gateway.channel.clone());
    let mut stream = client
        .watch(WatchRequest::default())
        .await
        .unwrap()
        .into_inner();
    events.put(1, EVENT, &Event::default());
    let last = all(&mut stream, &[EVENT]).await;
    cable.cut().await;
    let ended = loop {
        match soon("the end", stream.message()).await {
            Ok(Some(message)) => assert!(message.change.is_none(), "only signs of life"),
            Ok(None) => panic!("it ended without a word"),
            Err(status) => break status,
        }
    };
    assert_down(&ended, "recommendations");
    let page = ListChangesRequest {
        token: last.clone(),
        ..ListChangesRequest::default()
    };
    assert_down(
        &client.list_changes(page).await.unwrap_err(),
        "recommendations",
    );
    let again = WatchRequest {
        token: last.clone(),
        ..WatchRequest::default()
    };
    assert_down(&client.watch(again).await.unwrap_err(), "recommendations");

    texts.put(2, TEXT, &Recommendation::default());
    cable.mend();
    // The channel may have to notice first that its connection is gone.
    let mut stream = soon("the feed again", async {
        loop {
            let again = WatchRequest {
                token: last.clone(),
                ..WatchRequest::default()
            };
            match client.watch(again).await {
                Ok(stream) => break stream.into_inner(),
                Err(status) => assert_down(&status, "recommendations"),
            }
        }
    })
    .await;
    all(&mut stream, &[TEXT]).await;
}
