//! `rapporteur.recommendations.v1.InstrumentService`.

use rapporteur_proto::recommendations::v1::instrument_service_server::InstrumentService;
use rapporteur_proto::recommendations::v1::{
    CreateInstrumentRequest, GetInstrumentRequest, Instrument, ListInstrumentsRequest,
    ListInstrumentsResponse, ResolveCitationRequest, ResolveCitationResponse,
    UpdateInstrumentRequest,
};
use rapporteur_server::desk::{Answered, record};
use rapporteur_server::status;
use tonic::{Request, Response, Status};

use super::Api;
use crate::instrument::{self, INSTRUMENT};
use crate::numbering;

#[tonic::async_trait]
impl InstrumentService for Api {
    async fn get_instrument(&self, request: Request<GetInstrumentRequest>) -> Answered<Instrument> {
        self.desk.get(&INSTRUMENT, request).await
    }

    async fn list_instruments(
        &self,
        request: Request<ListInstrumentsRequest>,
    ) -> Answered<ListInstrumentsResponse> {
        self.desk
            .list(&INSTRUMENT, request, async |_, query| {
                instrument::listing(&self.register, query).await
            })
            .await
    }

    async fn create_instrument(
        &self,
        request: Request<CreateInstrumentRequest>,
    ) -> Answered<Instrument> {
        let (call, request) = self
            .desk
            .received(
                "rapporteur.recommendations.v1.InstrumentService/CreateInstrument",
                request,
            )
            .await?;
        record(instrument::create(self.desk.records(), &self.register, call, request).await)
    }

    async fn update_instrument(
        &self,
        request: Request<UpdateInstrumentRequest>,
    ) -> Answered<Instrument> {
        let (call, request) = self
            .desk
            .received(
                "rapporteur.recommendations.v1.InstrumentService/UpdateInstrument",
                request,
            )
            .await?;
        record(instrument::update(self.desk.records(), &self.register, call, request).await)
    }

    async fn resolve_citation(
        &self,
        request: Request<ResolveCitationRequest>,
    ) -> Result<Response<ResolveCitationResponse>, Status> {
        let resolved = numbering::resolve(
            &self.desk.records_for(&request),
            &self.register,
            request.into_inner(),
        )
        .await;
        resolved.map(Response::new).map_err(status)
    }
}
