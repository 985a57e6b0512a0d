//! `rapporteur.events.v1.SourceService`.

use rapporteur_proto::events::v1::source_service_server::SourceService;
use rapporteur_proto::events::v1::{
    CreateSourceRequest, GetSourceRequest, ListSourcesRequest, ListSourcesResponse, Source,
    UpdateSourceRequest,
};
use rapporteur_server::desk::{Answered, record};
use tonic::Request;

use super::Api;
use crate::source::{self, SOURCE};

#[tonic::async_trait]
impl SourceService for Api {
    async fn get_source(&self, request: Request<GetSourceRequest>) -> Answered<Source> {
        self.desk.get(&SOURCE, request).await
    }

    async fn list_sources(
        &self,
        request: Request<ListSourcesRequest>,
    ) -> Answered<ListSourcesResponse> {
        self.desk
            .list(&SOURCE, request, async |_, query| source::listing(query))
            .await
    }

    async fn create_source(&self, request: Request<CreateSourceRequest>) -> Answered<Source> {
        let (call, request) = self
            .desk
            .received("rapporteur.events.v1.SourceService/CreateSource", request)
            .await?;
        record(source::create(self.desk.records(), call, request).await)
    }

    async fn update_source(&self, request: Request<UpdateSourceRequest>) -> Answered<Source> {
        let (call, request) = self
            .desk
            .received("rapporteur.events.v1.SourceService/UpdateSource", request)
            .await?;
        record(source::update(self.desk.records(), call, request).await)
    }
}
