//! `rapporteur.recommendations.v1.VerdictService`.

use rapporteur_proto::recommendations::v1::verdict_service_server::VerdictService;
use rapporteur_proto::recommendations::v1::{
    CreateVerdictRequest, GetVerdictRequest, ListVerdictsRequest, ListVerdictsResponse,
    UpdateVerdictRequest, Verdict,
};
use rapporteur_records::Records;
use rapporteur_server::desk::{Answered, record};
use tonic::Request;

use super::Api;
use crate::verdict::{self, VERDICT};

#[tonic::async_trait]
impl VerdictService for Api {
    async fn get_verdict(&self, request: Request<GetVerdictRequest>) -> Answered<Verdict> {
        self.desk.get(&VERDICT, request).await
    }

    async fn list_verdicts(
        &self,
        request: Request<ListVerdictsRequest>,
    ) -> Answered<ListVerdictsResponse> {
        let plan = async |records: &Records, query: &ListVerdictsRequest| {
            verdict::listing(records, &self.register, query).await
        };
        self.desk.list(&VERDICT, request, plan).await
    }

    async fn create_verdict(&self, request: Request<CreateVerdictRequest>) -> Answered<Verdict> {
        let rpc = "rapporteur.recommendations.v1.VerdictService/CreateVerdict";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(verdict::create(self.desk.records(), &self.register, call, request).await)
    }

    async fn update_verdict(&self, request: Request<UpdateVerdictRequest>) -> Answered<Verdict> {
        let rpc = "rapporteur.recommendations.v1.VerdictService/UpdateVerdict";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(verdict::update(self.desk.records(), &self.register, call, request).await)
    }
}
