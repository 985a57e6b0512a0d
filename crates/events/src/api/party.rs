//! `rapporteur.events.v1.PartyService`.

use rapporteur_proto::events::v1::party_service_server::PartyService;
use rapporteur_proto::events::v1::{
    BatchGetPartiesRequest, BatchGetPartiesResponse, CreatePartyRequest, GetPartyRequest,
    ListPartiesRequest, ListPartiesResponse, Party, UpdatePartyRequest,
};
use rapporteur_server::desk::{Answered, received, record};
use tonic::Request;

use super::Api;
use crate::party::{self, PARTY};

#[tonic::async_trait]
impl PartyService for Api {
    async fn get_party(&self, request: Request<GetPartyRequest>) -> Answered<Party> {
        let request = request.into_inner();
        self.desk.get(&PARTY, &request.name, request.as_of).await
    }

    async fn list_parties(
        &self,
        request: Request<ListPartiesRequest>,
    ) -> Answered<ListPartiesResponse> {
        self.desk
            .list(&PARTY, request, async |query| party::listing(query))
            .await
    }

    async fn batch_get_parties(
        &self,
        request: Request<BatchGetPartiesRequest>,
    ) -> Answered<BatchGetPartiesResponse> {
        let request = request.into_inner();
        self.desk
            .batch_get(&PARTY, &request.names, request.as_of)
            .await
    }

    async fn create_party(&self, request: Request<CreatePartyRequest>) -> Answered<Party> {
        let (call, request) = received("rapporteur.events.v1.PartyService/CreateParty", request);
        record(party::create(self.desk.records(), call, request).await)
    }

    async fn update_party(&self, request: Request<UpdatePartyRequest>) -> Answered<Party> {
        let (call, request) = received("rapporteur.events.v1.PartyService/UpdateParty", request);
        record(party::update(self.desk.records(), call, request).await)
    }
}
