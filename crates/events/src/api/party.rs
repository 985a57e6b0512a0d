//! `rapporteur.events.v1.PartyService`.

use rapporteur_proto::events::v1::party_service_server::PartyService;
use rapporteur_proto::events::v1::{
    BatchGetPartiesRequest, BatchGetPartiesResponse, CreatePartyRequest, GetPartyRequest,
    ListPartiesRequest, ListPartiesResponse, Party, UpdatePartyRequest,
};
use rapporteur_server::desk::{Answered, record};
use tonic::Request;

use super::Api;
use crate::party::{self, PARTY};

#[tonic::async_trait]
impl PartyService for Api {
    async fn get_party(&self, request: Request<GetPartyRequest>) -> Answered<Party> {
        self.desk.get(&PARTY, request).await
    }

    async fn list_parties(
        &self,
        request: Request<ListPartiesRequest>,
    ) -> Answered<ListPartiesResponse> {
        self.desk
            .list(&PARTY, request, async |_, query| party::listing(query))
            .await
    }

    async fn batch_get_parties(
        &self,
        request: Request<BatchGetPartiesRequest>,
    ) -> Answered<BatchGetPartiesResponse> {
        self.desk.batch_get(&PARTY, request).await
    }

    async fn create_party(&self, request: Request<CreatePartyRequest>) -> Answered<Party> {
        let (call, request) = self
            .desk
            .received("rapporteur.events.v1.PartyService/CreateParty", request)
            .await?;
        record(party::create(self.desk.records(), call, request).await)
    }

    async fn update_party(&self, request: Request<UpdatePartyRequest>) -> Answered<Party> {
        let (call, request) = self
            .desk
            .received("rapporteur.events.v1.PartyService/UpdateParty", request)
            .await?;
        record(party::update(self.desk.records(), call, request).await)
    }
}
