//! `rapporteur.recommendations.v1.ProgressReportService`.

use rapporteur_proto::recommendations::v1::progress_report_service_server::ProgressReportService;
use rapporteur_proto::recommendations::v1::{
    CreateProgressReportRequest, GetProgressReportRequest, ListProgressReportsRequest,
    ListProgressReportsResponse, ProgressReport, PublishProgressReportRequest,
    RedraftProgressReportRequest, RetractProgressReportRequest, ReturnProgressReportRequest,
    SubmitProgressReportRequest, UpdateProgressReportRequest, VerifyProgressReportRequest,
};
use rapporteur_records::Records;
use rapporteur_server::desk::{Answered, record};
use tonic::Request;

use super::Api;
use crate::progress_report::{self, PROGRESS_REPORT};

#[tonic::async_trait]
impl ProgressReportService for Api {
    async fn get_progress_report(
        &self,
        request: Request<GetProgressReportRequest>,
    ) -> Answered<ProgressReport> {
        self.desk.get(&PROGRESS_REPORT, request).await
    }

    async fn list_progress_reports(
        &self,
        request: Request<ListProgressReportsRequest>,
    ) -> Answered<ListProgressReportsResponse> {
        let plan = async |_: &Records, query: &ListProgressReportsRequest| {
            progress_report::listing(&self.register, query).await
        };
        self.desk.list(&PROGRESS_REPORT, request, plan).await
    }

    async fn create_progress_report(
        &self,
        request: Request<CreateProgressReportRequest>,
    ) -> Answered<ProgressReport> {
        let rpc = "rapporteur.recommendations.v1.ProgressReportService/CreateProgressReport";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(progress_report::create(self.desk.records(), &self.register, call, request).await)
    }

    async fn update_progress_report(
        &self,
        request: Request<UpdateProgressReportRequest>,
    ) -> Answered<ProgressReport> {
        let rpc = "rapporteur.recommendations.v1.ProgressReportService/UpdateProgressReport";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(progress_report::update(self.desk.records(), &self.register, call, request).await)
    }

    async fn submit_progress_report(
        &self,
        request: Request<SubmitProgressReportRequest>,
    ) -> Answered<ProgressReport> {
        let rpc = "rapporteur.recommendations.v1.ProgressReportService/SubmitProgressReport";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(progress_report::submit(self.desk.records(), &self.register, call, request).await)
    }

    async fn verify_progress_report(
        &self,
        request: Request<VerifyProgressReportRequest>,
    ) -> Answered<ProgressReport> {
        let rpc = "rapporteur.recommendations.v1.ProgressReportService/VerifyProgressReport";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(
            progress_report::verify::verify(self.desk.records(), &self.register, call, request)
                .await,
        )
    }

    async fn return_progress_report(
        &self,
        request: Request<ReturnProgressReportRequest>,
    ) -> Answered<ProgressReport> {
        let rpc = "rapporteur.recommendations.v1.ProgressReportService/ReturnProgressReport";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(progress_report::return_(self.desk.records(), &self.register, call, request).await)
    }

    async fn redraft_progress_report(
        &self,
        request: Request<RedraftProgressReportRequest>,
    ) -> Answered<ProgressReport> {
        let rpc = "rapporteur.recommendations.v1.ProgressReportService/RedraftProgressReport";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(progress_report::redraft(self.desk.records(), &self.register, call, request).await)
    }

    async fn publish_progress_report(
        &self,
        request: Request<PublishProgressReportRequest>,
    ) -> Answered<ProgressReport> {
        let rpc = "rapporteur.recommendations.v1.ProgressReportService/PublishProgressReport";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(progress_report::publish(self.desk.records(), &self.register, call, request).await)
    }

    async fn retract_progress_report(
        &self,
        request: Request<RetractProgressReportRequest>,
    ) -> Answered<ProgressReport> {
        let rpc = "rapporteur.recommendations.v1.ProgressReportService/RetractProgressReport";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(progress_report::retract(self.desk.records(), &self.register, call, request).await)
    }
}
