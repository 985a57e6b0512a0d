//! `rapporteur.recommendations.v1.AddresseeService`.

use rapporteur_proto::recommendations::v1::addressee_service_server::AddresseeService;
use rapporteur_proto::recommendations::v1::{
    AddressRecommendationRequest, AddressRecommendationResponse, Addressee, CreateAddresseeRequest,
    GetAddresseeRequest, ListAddresseesRequest, ListAddresseesResponse, RespondAddresseeRequest,
    UpdateAddresseeRequest,
};
use rapporteur_server::desk::{Answered, record};
use rapporteur_server::status;
use tonic::{Request, Response, Status};

use super::Api;
use crate::addressee::{self, ADDRESSEE};
use crate::group;

#[tonic::async_trait]
impl AddresseeService for Api {
    async fn get_addressee(&self, request: Request<GetAddresseeRequest>) -> Answered<Addressee> {
        self.desk.get(&ADDRESSEE, request).await
    }

    async fn list_addressees(
        &self,
        request: Request<ListAddresseesRequest>,
    ) -> Answered<ListAddresseesResponse> {
        self.desk
            .list(&ADDRESSEE, request, async |records, query| {
                addressee::listing(records, &self.register, query).await
            })
            .await
    }

    async fn create_addressee(
        &self,
        request: Request<CreateAddresseeRequest>,
    ) -> Answered<Addressee> {
        let (call, request) = self
            .desk
            .received(
                "rapporteur.recommendations.v1.AddresseeService/CreateAddressee",
                request,
            )
            .await?;
        record(addressee::create(self.desk.records(), &self.register, call, request).await)
    }

    async fn update_addressee(
        &self,
        request: Request<UpdateAddresseeRequest>,
    ) -> Answered<Addressee> {
        let (call, request) = self
            .desk
            .received(
                "rapporteur.recommendations.v1.AddresseeService/UpdateAddressee",
                request,
            )
            .await?;
        record(addressee::update(self.desk.records(), &self.register, call, request).await)
    }

    async fn address_recommendation(
        &self,
        request: Request<AddressRecommendationRequest>,
    ) -> Result<Response<AddressRecommendationResponse>, Status> {
        let rpc = "rapporteur.recommendations.v1.AddresseeService/AddressRecommendation";
        let (call, request) = self.desk.received(rpc, request).await?;
        let addressed = group::address(self.desk.records(), &self.register, call, request).await;
        addressed.map(Response::new).map_err(status)
    }

    async fn respond_addressee(
        &self,
        request: Request<RespondAddresseeRequest>,
    ) -> Answered<Addressee> {
        let (call, request) = self
            .desk
            .received(
                "rapporteur.recommendations.v1.AddresseeService/RespondAddressee",
                request,
            )
            .await?;
        record(addressee::respond(self.desk.records(), &self.register, call, request).await)
    }
}
