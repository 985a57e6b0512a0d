//! `rapporteur.recommendations.v1.RecommendationService`.

use rapporteur_proto::recommendations::v1::recommendation_service_server::RecommendationService;
use rapporteur_proto::recommendations::v1::{
    AdoptRecommendationRequest, BatchGetRecommendationsRequest, BatchGetRecommendationsResponse,
    CorrectTextRecommendationRequest, CreateRecommendationRequest, ElapseRecommendationRequest,
    GetRecommendationRequest, ListRecommendationsRequest, ListRecommendationsResponse,
    Recommendation, RedraftRecommendationRequest, RejectRecommendationRequest,
    RetireRecommendationRequest, ReviveRecommendationRequest, SupersedeRecommendationRequest,
    TableRecommendationRequest, UpdateRecommendationRequest, WithdrawRecommendationRequest,
};
use rapporteur_records::Records;
use rapporteur_server::desk::{Answered, record};
use tonic::Request;

use super::Api;
use crate::recommendation::{self, RECOMMENDATION};

#[tonic::async_trait]
impl RecommendationService for Api {
    async fn get_recommendation(
        &self,
        request: Request<GetRecommendationRequest>,
    ) -> Answered<Recommendation> {
        self.desk.get(&RECOMMENDATION, request).await
    }

    async fn list_recommendations(
        &self,
        request: Request<ListRecommendationsRequest>,
    ) -> Answered<ListRecommendationsResponse> {
        let register = &self.register;
        let plan = async |records: &Records, query: &ListRecommendationsRequest| {
            recommendation::listing(records, register, query).await
        };
        self.desk.list(&RECOMMENDATION, request, plan).await
    }

    async fn batch_get_recommendations(
        &self,
        request: Request<BatchGetRecommendationsRequest>,
    ) -> Answered<BatchGetRecommendationsResponse> {
        self.desk.batch_get(&RECOMMENDATION, request).await
    }

    async fn create_recommendation(
        &self,
        request: Request<CreateRecommendationRequest>,
    ) -> Answered<Recommendation> {
        let rpc = "rapporteur.recommendations.v1.RecommendationService/CreateRecommendation";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(recommendation::create(self.desk.records(), &self.register, call, request).await)
    }

    async fn update_recommendation(
        &self,
        request: Request<UpdateRecommendationRequest>,
    ) -> Answered<Recommendation> {
        let rpc = "rapporteur.recommendations.v1.RecommendationService/UpdateRecommendation";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(recommendation::update(self.desk.records(), &self.register, call, request).await)
    }

    async fn table_recommendation(
        &self,
        request: Request<TableRecommendationRequest>,
    ) -> Answered<Recommendation> {
        let rpc = "rapporteur.recommendations.v1.RecommendationService/TableRecommendation";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(recommendation::table(self.desk.records(), call, request).await)
    }

    async fn withdraw_recommendation(
        &self,
        request: Request<WithdrawRecommendationRequest>,
    ) -> Answered<Recommendation> {
        let rpc = "rapporteur.recommendations.v1.RecommendationService/WithdrawRecommendation";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(recommendation::withdraw(self.desk.records(), call, request).await)
    }

    async fn redraft_recommendation(
        &self,
        request: Request<RedraftRecommendationRequest>,
    ) -> Answered<Recommendation> {
        let rpc = "rapporteur.recommendations.v1.RecommendationService/RedraftRecommendation";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(recommendation::redraft(self.desk.records(), call, request).await)
    }

    async fn adopt_recommendation(
        &self,
        request: Request<AdoptRecommendationRequest>,
    ) -> Answered<Recommendation> {
        let rpc = "rapporteur.recommendations.v1.RecommendationService/AdoptRecommendation";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(recommendation::adopt(self.desk.records(), call, request).await)
    }

    async fn reject_recommendation(
        &self,
        request: Request<RejectRecommendationRequest>,
    ) -> Answered<Recommendation> {
        let rpc = "rapporteur.recommendations.v1.RecommendationService/RejectRecommendation";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(recommendation::reject(self.desk.records(), call, request).await)
    }

    async fn supersede_recommendation(
        &self,
        request: Request<SupersedeRecommendationRequest>,
    ) -> Answered<Recommendation> {
        let rpc = "rapporteur.recommendations.v1.RecommendationService/SupersedeRecommendation";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(recommendation::supersede(self.desk.records(), call, request).await)
    }

    async fn elapse_recommendation(
        &self,
        request: Request<ElapseRecommendationRequest>,
    ) -> Answered<Recommendation> {
        let rpc = "rapporteur.recommendations.v1.RecommendationService/ElapseRecommendation";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(recommendation::elapse(self.desk.records(), call, request).await)
    }

    async fn retire_recommendation(
        &self,
        request: Request<RetireRecommendationRequest>,
    ) -> Answered<Recommendation> {
        let rpc = "rapporteur.recommendations.v1.RecommendationService/RetireRecommendation";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(recommendation::retire(self.desk.records(), call, request).await)
    }

    async fn revive_recommendation(
        &self,
        request: Request<ReviveRecommendationRequest>,
    ) -> Answered<Recommendation> {
        let rpc = "rapporteur.recommendations.v1.RecommendationService/ReviveRecommendation";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(recommendation::revive(self.desk.records(), call, request).await)
    }

    async fn correct_text_recommendation(
        &self,
        request: Request<CorrectTextRecommendationRequest>,
    ) -> Answered<Recommendation> {
        let rpc = "rapporteur.recommendations.v1.RecommendationService/CorrectTextRecommendation";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(recommendation::correct_text(self.desk.records(), call, request).await)
    }
}
