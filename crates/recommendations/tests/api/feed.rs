//! The change feed of this service, and the history of one record.

use prost::Message as _;
use rapporteur_proto::changes::v1::change_service_client::ChangeServiceClient;
use rapporteur_proto::changes::v1::{ListChangesRequest, ListRevisionsRequest, WatchRequest};
use rapporteur_proto::recommendations::v1::*;

use crate::world::{World, adopted, text};

#[tokio::test]
async fn every_change_is_told_and_can_be_followed() {
    let mut world = World::new().await;
    let a = world.recommendation("a", adopted("A")).await.unwrap().name;
    let b = world.recommendation("b", adopted("B")).await.unwrap().name;
    let request = SupersedeRecommendationRequest {
        name: a.clone(),
        successor: b.clone(),
        reason: "newer".into(),
        ..Default::default()
    };
    let superseded = world
        .recommendations
        .supersede_recommendation(request)
        .await
        .unwrap()
        .into_inner();

    let mut feed = ChangeServiceClient::new(world.service.as_ref().unwrap().channel());
    let query = ListChangesRequest {
        name_prefix: "dialogues/rabat/".into(),
        ..Default::default()
    };
    let page = feed.list_changes(query).await.unwrap().into_inner();
    // The rows of the mirror are none of our records.
    assert_eq!(page.changes.len(), 3);
    let last = page.changes.last().unwrap();
    assert_eq!((last.reason.as_str(), last.resources.len()), ("newer", 2));
    assert!(
        last.rpc
            .ends_with("RecommendationService/SupersedeRecommendation")
    );
    let told = last
        .resources
        .iter()
        .find(|r| r.name == a)
        .unwrap()
        .value
        .clone()
        .unwrap();
    assert_eq!(
        Recommendation::decode(told.value.as_slice()).unwrap(),
        superseded
    );

    let watch = WatchRequest {
        token: last.token.clone(),
        types: vec!["rapporteur.recommendations.v1.Recommendation".into()],
        ..Default::default()
    };
    let mut stream = feed.watch(watch).await.unwrap().into_inner();
    let c = world.recommendation("c", text("C")).await.unwrap().name;
    let seen = loop {
        if let Some(change) = stream.message().await.unwrap().unwrap().change {
            break change;
        }
    };
    assert_eq!(seen.resources[0].name, c);

    // What the mirror of the register wrote is told of by its position.
    world.parties(&["parties/late".to_owned()]).await;
    let end = loop {
        let told = stream.message().await.unwrap().unwrap();
        assert_eq!(told.change, None);
        if told.at_head {
            break told.token;
        }
    };
    let query = ListChangesRequest {
        token: end,
        ..Default::default()
    };
    let page = feed.list_changes(query).await.unwrap().into_inner();
    assert_eq!((page.changes, page.at_head), (vec![], true));

    let revisions = ListRevisionsRequest {
        name: a,
        ..Default::default()
    };
    let revisions = feed
        .list_revisions(revisions)
        .await
        .unwrap()
        .into_inner()
        .revisions;
    assert_eq!(revisions.len(), 2);
}
