//! The register mirror: what it knows, what it asks for, what happens when nobody answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use prost::Message as _;
use rapporteur_proto::Wire;
use rapporteur_proto::events::v1::party_service_client::PartyServiceClient;
use rapporteur_proto::events::v1::party_service_server::{PartyService, PartyServiceServer};
use rapporteur_proto::events::v1::*;
use rapporteur_proto::recommendations::v1::{AddressRecommendationRequest, Addressee};
use rapporteur_proto::{Record as _, Stored};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Code, Request, Response, Status};

use crate::world::{
    LISBON, RABAT, Service, World, adopted, day, english, reason, refused, text, until,
};

fn of(party: &str) -> Addressee {
    Addressee {
        party: party.into(),
        ..Addressee::default()
    }
}

impl World {
    /// Records parties in the events service.
    pub(crate) async fn parties(&self, names: &[String]) {
        let client = PartyServiceClient::new(self.events.as_ref().unwrap().channel());
        let mut callers = Vec::new();
        for name in names {
            let party = Party {
                kind: PartyKind::Organisation.into(),
                title: english("Party"),
                ..Party::default()
            };
            let party_id = name.trim_start_matches("parties/").to_owned();
            let request = CreatePartyRequest {
                party_id,
                party: Some(party),
                ..Default::default()
            };
            let mut client = client.clone();
            callers.push(tokio::spawn(async move {
                client.create_party(request).await.unwrap()
            }));
        }
        for caller in callers {
            caller.await.unwrap();
        }
    }
}

/// An events service that tells of parties and of no change: a mirror that follows it stands still.
#[derive(Clone, Default)]
struct Lagging {
    asked: Arc<AtomicUsize>,
}

#[tonic::async_trait]
impl PartyService for Lagging {
    async fn get_party(
        &self,
        request: Request<GetPartyRequest>,
    ) -> Result<Response<Wire<Party>>, Status> {
        let name = request.into_inner().name;
        self.asked.fetch_add(1, Ordering::SeqCst);
        if name != "parties/new" {
            return Err(Status::not_found(name));
        }
        let mut party = Party::default();
        *party.header_mut().name = name;
        Ok(Response::new(Wire::record(Stored {
            bytes: party.encode_to_vec().into(),
            version: 1,
        })))
    }

    async fn list_parties(
        &self,
        _: Request<ListPartiesRequest>,
    ) -> Result<Response<Wire<ListPartiesResponse>>, Status> {
        Err(Status::unimplemented("not asked"))
    }

    async fn batch_get_parties(
        &self,
        _: Request<BatchGetPartiesRequest>,
    ) -> Result<Response<Wire<BatchGetPartiesResponse>>, Status> {
        Err(Status::unimplemented("not asked"))
    }

    async fn create_party(
        &self,
        _: Request<CreatePartyRequest>,
    ) -> Result<Response<Wire<Party>>, Status> {
        Err(Status::unimplemented("not asked"))
    }

    async fn update_party(
        &self,
        _: Request<UpdatePartyRequest>,
    ) -> Result<Response<Wire<Party>>, Status> {
        Err(Status::unimplemented("not asked"))
    }
}

#[tokio::test]
async fn what_the_mirror_lacks_is_asked_for_once() {
    let mut world = World::new().await;
    world.mirrored().await;
    let parent = world
        .recommendation("r", adopted("Act"))
        .await
        .unwrap()
        .name;
    let lagging = Lagging::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server =
        tonic::transport::Server::builder().add_service(PartyServiceServer::new(lagging.clone()));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    world.restart(address).await;

    // Known from before the restart: not asked for.
    world.addressee(&parent, of("parties/pt")).await.unwrap();
    assert_eq!(lagging.asked.load(Ordering::SeqCst), 0);
    world.addressee(&parent, of("parties/new")).await.unwrap();
    assert_eq!(lagging.asked.load(Ordering::SeqCst), 1);
    let unknown = world.addressee(&parent, of("parties/nobody")).await;
    assert_eq!(
        refused(unknown),
        (Code::FailedPrecondition, "addressee.party".into())
    );
    assert_eq!(lagging.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_new_record_is_known_at_once() {
    let mut world = World::new().await;
    let parent = world
        .recommendation("r", adopted("Act"))
        .await
        .unwrap()
        .name;
    for n in 0..10 {
        let name = format!("parties/fresh-{n}");
        world.parties(std::slice::from_ref(&name)).await;
        world.addressee(&parent, of(&name)).await.unwrap();
    }
}

#[tokio::test]
async fn with_events_down_what_is_known_goes_on() {
    let mut world = World::new().await;
    world.mirrored().await;
    let parent = world
        .recommendation("r", adopted("Act"))
        .await
        .unwrap()
        .name;
    let address = world.events.as_ref().unwrap().address;
    world.without_events().await;

    world.addressee(&parent, of("parties/pt")).await.unwrap();
    world.recommendation("more", text("More")).await.unwrap();
    let group = AddressRecommendationRequest {
        recommendation: parent.clone(),
        groups: vec![RABAT.into()],
        on: day("2024-10-16"),
        ..Default::default()
    };
    let answer = world
        .addressees
        .address_recommendation(group)
        .await
        .unwrap()
        .into_inner();
    assert_eq!((answer.created.len(), answer.existing.len()), (2, 1));

    let unknown = world
        .addressee(&parent, of("parties/nobody"))
        .await
        .unwrap_err();
    assert!(unknown.message().contains("events"), "{unknown}");
    assert_eq!(
        reason::<()>(Err(unknown)),
        (
            Code::Unavailable,
            "UPSTREAM_UNAVAILABLE".into(),
            String::new()
        )
    );
    let unknown = adopted("x");
    let unknown = world
        .recommendation(
            "x",
            rapporteur_proto::recommendations::v1::Recommendation {
                event: format!("{LISBON}-2"),
                ..unknown
            },
        )
        .await;
    assert_eq!(unknown.unwrap_err().code(), Code::Unavailable);

    // The same after a restart: the mirror is kept.
    world.restart(address).await;
    world.addressee(&parent, of("parties/un")).await.unwrap();
}

#[tokio::test]
async fn a_replaced_history_fills_the_mirror_anew() {
    let mut world = World::new().await;
    world.mirrored().await;
    let parent = world
        .recommendation("r", adopted("Act"))
        .await
        .unwrap()
        .name;
    let other = TempDir::new().unwrap();
    world.without_events().await;
    let events = Service::events(&other).await;
    let address = events.address;
    world.events = Some(events);
    world.parties(&["parties/new".to_owned()]).await;
    world.restart(address).await;
    world.addressee(&parent, of("parties/new")).await.unwrap();
    // What only the old history had goes, though it was known a moment ago.
    let client = world.addressees.clone();
    let request = rapporteur_proto::recommendations::v1::CreateAddresseeRequest {
        parent,
        addressee: Some(of("parties/pt")),
        validate_only: true,
        ..Default::default()
    };
    let refused_now = until("the mirror to be emptied", || async {
        client.clone().create_addressee(request.clone()).await.err()
    });
    assert_eq!(refused_now.await.code(), Code::FailedPrecondition);
}

#[tokio::test]
async fn an_events_service_that_never_answers_counts_as_down() {
    let mut world = World::new().await;
    world.mirrored().await;
    let parent = world
        .recommendation("r", adopted("Act"))
        .await
        .unwrap()
        .name;
    // Connections are taken by the system and read by nobody.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    world.restart(silent.local_addr().unwrap()).await;
    world.addressee(&parent, of("parties/pt")).await.unwrap();
    let unknown = world.addressee(&parent, of("parties/nobody")).await;
    assert_eq!(reason(unknown).1, "UPSTREAM_UNAVAILABLE");
}
