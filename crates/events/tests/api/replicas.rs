//! Two replicas of the service over one store: what one acknowledged, the other shows.

use std::sync::Arc;

use rapporteur_events::api;
use rapporteur_proto::events::v1::party_service_client::PartyServiceClient;
use rapporteur_proto::events::v1::{
    CreatePartyRequest, ListPartiesRequest, Party, UpdatePartyRequest,
};
use rapporteur_records::Records;
use rapporteur_server::{Callers, Desk, PageToken, Serving, client, serve};
use rapporteur_store::Store;
use rapporteur_store::sled::{Options, SledStore};
use tokio::net::TcpListener;
use tonic::Code;
use tonic::transport::Channel;

use crate::harness::organisation;

/// A replica over a store that others use too.
async fn replica(store: &Arc<dyn Store>) -> PartyServiceClient<Channel> {
    let tokens = PageToken::new(store.head().await.unwrap().store_id);
    let desk = Desk::new(
        Records::new(store.clone()),
        tokens,
        &rapporteur_events::NOUNS,
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let routes = api::routes(&desk);
    tokio::spawn(serve(
        listener,
        routes,
        Serving::default().callers(Callers::Everybody),
        std::future::pending(),
    ));
    PartyServiceClient::new(client::connect(&url).unwrap())
}

fn creates(number: usize) -> CreatePartyRequest {
    CreatePartyRequest {
        party_id: format!("party-{number:03}"),
        party: Some(organisation(&format!("Party {number}"))),
        request_id: format!("00000000-0000-4000-8000-{number:012}"),
        ..Default::default()
    }
}

fn page(page_token: String) -> ListPartiesRequest {
    ListPartiesRequest {
        page_size: 7,
        page_token,
        ..Default::default()
    }
}

#[tokio::test]
async fn replicas_of_one_store_read_what_the_other_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = SledStore::open(folder.path(), Options::default()).unwrap();
    let mut replicas = [replica(&store).await, replica(&store).await];
    for number in 0..50 {
        let (writer, reader) = (number % 2, (number + 1) % 2);
        // Both have answered this page before and keep it; neither may show it again.
        for replica in &mut replicas {
            let before = replica.list_parties(page(String::new())).await.unwrap();
            assert_eq!(before.into_inner().parties.len(), number.min(7));
        }
        let made = replicas[writer]
            .create_party(creates(number))
            .await
            .unwrap();
        let made = made.into_inner();
        let mut seen = Vec::new();
        let mut token = String::new();
        // Page by page, each from the other replica than the one before.
        for turn in 0.. {
            let of = &mut replicas[(reader + turn) % 2];
            let answer = of.list_parties(page(token)).await.unwrap().into_inner();
            seen.extend(answer.parties);
            token = answer.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(seen.len(), number + 1);
        assert_eq!(seen.last(), Some(&made));

        // The same request again, at the other: it is answered, not made twice.
        let again = replicas[reader]
            .create_party(creates(number))
            .await
            .unwrap();
        assert_eq!(again.into_inner(), made);

        // What the other has changed meanwhile is not written over.
        let update = |party: Party, title: &str| UpdatePartyRequest {
            party: Some(Party {
                description: title.to_owned(),
                ..party
            }),
            update_mask: Some(rapporteur_proto::FieldMask {
                paths: vec!["description".to_owned()],
            }),
            ..Default::default()
        };
        let first = update(made.clone(), "first");
        replicas[reader].update_party(first).await.unwrap();
        let stale = replicas[writer].update_party(update(made, "second")).await;
        assert_eq!(stale.unwrap_err().code(), Code::Aborted);
    }
    store.close().await.unwrap();
}
