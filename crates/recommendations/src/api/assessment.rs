//! `rapporteur.recommendations.v1.AssessmentService`.

use rapporteur_proto::recommendations::v1::assessment_service_server::AssessmentService;
use rapporteur_proto::recommendations::v1::{
    Assessment, CreateAssessmentRequest, GetAssessmentRequest, ListAssessmentsRequest,
    ListAssessmentsResponse, UpdateAssessmentRequest,
};
use rapporteur_records::Records;
use rapporteur_server::desk::{Answered, record};
use tonic::Request;

use super::Api;
use crate::assessment::{self, ASSESSMENT};

#[tonic::async_trait]
impl AssessmentService for Api {
    async fn get_assessment(&self, request: Request<GetAssessmentRequest>) -> Answered<Assessment> {
        self.desk.get(&ASSESSMENT, request).await
    }

    async fn list_assessments(
        &self,
        request: Request<ListAssessmentsRequest>,
    ) -> Answered<ListAssessmentsResponse> {
        let plan = async |_: &Records, query: &ListAssessmentsRequest| {
            assessment::listing(&self.register, query).await
        };
        self.desk.list(&ASSESSMENT, request, plan).await
    }

    async fn create_assessment(
        &self,
        request: Request<CreateAssessmentRequest>,
    ) -> Answered<Assessment> {
        let rpc = "rapporteur.recommendations.v1.AssessmentService/CreateAssessment";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(assessment::create(self.desk.records(), &self.register, call, request).await)
    }

    async fn update_assessment(
        &self,
        request: Request<UpdateAssessmentRequest>,
    ) -> Answered<Assessment> {
        let rpc = "rapporteur.recommendations.v1.AssessmentService/UpdateAssessment";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(assessment::update(self.desk.records(), &self.register, call, request).await)
    }
}
