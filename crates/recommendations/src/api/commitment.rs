//! `rapporteur.recommendations.v1.CommitmentService`.

use rapporteur_proto::recommendations::v1::commitment_service_server::CommitmentService;
use rapporteur_proto::recommendations::v1::{
    AcceptCommitmentRequest, CancelCommitmentRequest, CloseCommitmentRequest, Commitment,
    CompleteCommitmentRequest, CreateCommitmentRequest, DeclineCommitmentRequest,
    GetCommitmentRequest, HoldCommitmentRequest, ListCommitmentsRequest, ListCommitmentsResponse,
    ReassignCommitmentRequest, ReopenCommitmentRequest, ResumeCommitmentRequest,
    StartCommitmentRequest, UpdateCommitmentRequest, VerifyCommitmentRequest,
};
use rapporteur_records::Records;
use rapporteur_server::desk::{Answered, record};
use tonic::Request;

use super::Api;
use crate::commitment::{self, COMMITMENT};

#[tonic::async_trait]
impl CommitmentService for Api {
    async fn get_commitment(&self, request: Request<GetCommitmentRequest>) -> Answered<Commitment> {
        self.desk.get(&COMMITMENT, request).await
    }

    async fn list_commitments(
        &self,
        request: Request<ListCommitmentsRequest>,
    ) -> Answered<ListCommitmentsResponse> {
        let plan = async |_: &Records, query: &ListCommitmentsRequest| {
            commitment::listing(&self.register, query).await
        };
        self.desk.list(&COMMITMENT, request, plan).await
    }

    async fn create_commitment(
        &self,
        request: Request<CreateCommitmentRequest>,
    ) -> Answered<Commitment> {
        let rpc = "rapporteur.recommendations.v1.CommitmentService/CreateCommitment";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(commitment::create(self.desk.records(), &self.register, call, request).await)
    }

    async fn update_commitment(
        &self,
        request: Request<UpdateCommitmentRequest>,
    ) -> Answered<Commitment> {
        let rpc = "rapporteur.recommendations.v1.CommitmentService/UpdateCommitment";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(commitment::update(self.desk.records(), &self.register, call, request).await)
    }

    async fn accept_commitment(
        &self,
        request: Request<AcceptCommitmentRequest>,
    ) -> Answered<Commitment> {
        let rpc = "rapporteur.recommendations.v1.CommitmentService/AcceptCommitment";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(commitment::accept(self.desk.records(), call, request).await)
    }

    async fn decline_commitment(
        &self,
        request: Request<DeclineCommitmentRequest>,
    ) -> Answered<Commitment> {
        let rpc = "rapporteur.recommendations.v1.CommitmentService/DeclineCommitment";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(commitment::decline(self.desk.records(), call, request).await)
    }

    async fn start_commitment(
        &self,
        request: Request<StartCommitmentRequest>,
    ) -> Answered<Commitment> {
        let rpc = "rapporteur.recommendations.v1.CommitmentService/StartCommitment";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(commitment::start(self.desk.records(), call, request).await)
    }

    async fn hold_commitment(
        &self,
        request: Request<HoldCommitmentRequest>,
    ) -> Answered<Commitment> {
        let rpc = "rapporteur.recommendations.v1.CommitmentService/HoldCommitment";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(commitment::hold(self.desk.records(), call, request).await)
    }

    async fn resume_commitment(
        &self,
        request: Request<ResumeCommitmentRequest>,
    ) -> Answered<Commitment> {
        let rpc = "rapporteur.recommendations.v1.CommitmentService/ResumeCommitment";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(commitment::resume(self.desk.records(), call, request).await)
    }

    async fn complete_commitment(
        &self,
        request: Request<CompleteCommitmentRequest>,
    ) -> Answered<Commitment> {
        let rpc = "rapporteur.recommendations.v1.CommitmentService/CompleteCommitment";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(commitment::complete(self.desk.records(), call, request).await)
    }

    async fn reopen_commitment(
        &self,
        request: Request<ReopenCommitmentRequest>,
    ) -> Answered<Commitment> {
        let rpc = "rapporteur.recommendations.v1.CommitmentService/ReopenCommitment";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(commitment::reopen(self.desk.records(), call, request).await)
    }

    async fn verify_commitment(
        &self,
        request: Request<VerifyCommitmentRequest>,
    ) -> Answered<Commitment> {
        let rpc = "rapporteur.recommendations.v1.CommitmentService/VerifyCommitment";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(commitment::verify(self.desk.records(), call, request).await)
    }

    async fn close_commitment(
        &self,
        request: Request<CloseCommitmentRequest>,
    ) -> Answered<Commitment> {
        let rpc = "rapporteur.recommendations.v1.CommitmentService/CloseCommitment";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(commitment::close(self.desk.records(), call, request).await)
    }

    async fn cancel_commitment(
        &self,
        request: Request<CancelCommitmentRequest>,
    ) -> Answered<Commitment> {
        let rpc = "rapporteur.recommendations.v1.CommitmentService/CancelCommitment";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(commitment::cancel(self.desk.records(), call, request).await)
    }

    async fn reassign_commitment(
        &self,
        request: Request<ReassignCommitmentRequest>,
    ) -> Answered<Commitment> {
        let rpc = "rapporteur.recommendations.v1.CommitmentService/ReassignCommitment";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(commitment::reassign(self.desk.records(), &self.register, call, request).await)
    }
}
