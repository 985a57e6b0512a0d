//! `rapporteur.recommendations.v1.ScheduleService`.

use rapporteur_proto::recommendations::v1::schedule_service_server::ScheduleService;
use rapporteur_proto::recommendations::v1::{
    CreateScheduleRequest, GetScheduleRequest, ListSchedulesRequest, ListSchedulesResponse,
    Schedule, UpdateScheduleRequest,
};
use rapporteur_records::Records;
use rapporteur_server::desk::{Answered, record};
use tonic::Request;

use super::Api;
use crate::schedule::{self, SCHEDULE};

#[tonic::async_trait]
impl ScheduleService for Api {
    async fn get_schedule(&self, request: Request<GetScheduleRequest>) -> Answered<Schedule> {
        self.desk.get(&SCHEDULE, request).await
    }

    async fn list_schedules(
        &self,
        request: Request<ListSchedulesRequest>,
    ) -> Answered<ListSchedulesResponse> {
        let plan = async |_: &Records, query: &ListSchedulesRequest| {
            schedule::listing(&self.register, query).await
        };
        self.desk.list(&SCHEDULE, request, plan).await
    }

    async fn create_schedule(&self, request: Request<CreateScheduleRequest>) -> Answered<Schedule> {
        let rpc = "rapporteur.recommendations.v1.ScheduleService/CreateSchedule";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(schedule::create(self.desk.records(), &self.register, call, request).await)
    }

    async fn update_schedule(&self, request: Request<UpdateScheduleRequest>) -> Answered<Schedule> {
        let rpc = "rapporteur.recommendations.v1.ScheduleService/UpdateSchedule";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(schedule::update(self.desk.records(), &self.register, call, request).await)
    }
}
