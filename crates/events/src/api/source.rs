//! `rapporteur.events.v1.SourceService`.

use rapporteur_proto::events::v1::source_service_server::SourceService;
use rapporteur_proto::events::v1::{
    CreateSourceRequest, GetSourceRequest, ListSourcesRequest, ListSourcesResponse, Source,
    UpdateSourceRequest,
};
use rapporteur_server::desk::{Answered, received, record};
use tonic::Request;

use super::Api;
use crate::source::{self, SOURCE};

#[tonic::async_trait]
impl SourceService for Api {
    async fn get_source(&self, request: Request<GetSourceRequest>) -> Answered<Source> {
        let request = request.into_inner();
        self.desk.get(&SOURCE, &request.name, request.as_of).await
    }

    async fn list_sources(
        &self,
        request: Request<ListSourcesRequest>,
    ) -> Answered<ListSourcesResponse> {
        self.desk
            .list(&SOURCE, request, async |query| source::listing(query))
            .await
    }

    async fn create_source(&self, request: Request<CreateSourceRequest>) -> Answered<Source> {
        let (call, request) = received("rapporteur.events.v1.SourceService/CreateSource", request);
        record(source::create(self.desk.records(), call, request).await)
    }

    async fn update_source(&self, request: Request<UpdateSourceRequest>) -> Answered<Source> {
        let (call, request) = received("rapporteur.events.v1.SourceService/UpdateSource", request);
        record(source::update(self.desk.records(), call, request).await)
    }
}
