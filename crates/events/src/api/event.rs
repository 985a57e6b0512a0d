//! `rapporteur.events.v1.EventService`.

use rapporteur_proto::events::v1::event_service_server::EventService;
use rapporteur_proto::events::v1::{
    BatchGetEventsRequest, BatchGetEventsResponse, CancelEventRequest, CloseEventRequest,
    ConfirmEventRequest, CorrectEventRequest, CreateEventRequest, Event, GetEventRequest,
    HoldEventRequest, ListEventsRequest, ListEventsResponse, PlanEventRequest,
    PostponeEventRequest, ReportEventRequest, UpdateEventRequest,
};
use rapporteur_server::desk::{Answered, record};
use tonic::Request;

use super::Api;
use crate::event::{self, EVENT, list, state};

#[tonic::async_trait]
impl EventService for Api {
    async fn get_event(&self, request: Request<GetEventRequest>) -> Answered<Event> {
        self.desk.get(&EVENT, request).await
    }

    async fn list_events(
        &self,
        request: Request<ListEventsRequest>,
    ) -> Answered<ListEventsResponse> {
        self.desk
            .list(&EVENT, request, async |records, query| {
                list::listing(records, query).await
            })
            .await
    }

    async fn batch_get_events(
        &self,
        request: Request<BatchGetEventsRequest>,
    ) -> Answered<BatchGetEventsResponse> {
        self.desk.batch_get(&EVENT, request).await
    }

    async fn create_event(&self, request: Request<CreateEventRequest>) -> Answered<Event> {
        let (call, request) = self
            .desk
            .received("rapporteur.events.v1.EventService/CreateEvent", request)
            .await?;
        record(event::create(self.desk.records(), call, request).await)
    }

    async fn update_event(&self, request: Request<UpdateEventRequest>) -> Answered<Event> {
        let (call, request) = self
            .desk
            .received("rapporteur.events.v1.EventService/UpdateEvent", request)
            .await?;
        record(event::update(self.desk.records(), call, request).await)
    }

    async fn plan_event(&self, request: Request<PlanEventRequest>) -> Answered<Event> {
        let (call, request) = self
            .desk
            .received("rapporteur.events.v1.EventService/PlanEvent", request)
            .await?;
        record(state::plan(self.desk.records(), call, request).await)
    }

    async fn confirm_event(&self, request: Request<ConfirmEventRequest>) -> Answered<Event> {
        let (call, request) = self
            .desk
            .received("rapporteur.events.v1.EventService/ConfirmEvent", request)
            .await?;
        record(state::confirm(self.desk.records(), call, request).await)
    }

    async fn hold_event(&self, request: Request<HoldEventRequest>) -> Answered<Event> {
        let (call, request) = self
            .desk
            .received("rapporteur.events.v1.EventService/HoldEvent", request)
            .await?;
        record(state::hold(self.desk.records(), call, request).await)
    }

    async fn report_event(&self, request: Request<ReportEventRequest>) -> Answered<Event> {
        let (call, request) = self
            .desk
            .received("rapporteur.events.v1.EventService/ReportEvent", request)
            .await?;
        record(state::report(self.desk.records(), call, request).await)
    }

    async fn close_event(&self, request: Request<CloseEventRequest>) -> Answered<Event> {
        let (call, request) = self
            .desk
            .received("rapporteur.events.v1.EventService/CloseEvent", request)
            .await?;
        record(state::close(self.desk.records(), call, request).await)
    }

    async fn postpone_event(&self, request: Request<PostponeEventRequest>) -> Answered<Event> {
        let (call, request) = self
            .desk
            .received("rapporteur.events.v1.EventService/PostponeEvent", request)
            .await?;
        record(state::postpone(self.desk.records(), call, request).await)
    }

    async fn cancel_event(&self, request: Request<CancelEventRequest>) -> Answered<Event> {
        let (call, request) = self
            .desk
            .received("rapporteur.events.v1.EventService/CancelEvent", request)
            .await?;
        record(state::cancel(self.desk.records(), call, request).await)
    }

    async fn correct_event(&self, request: Request<CorrectEventRequest>) -> Answered<Event> {
        let (call, request) = self
            .desk
            .received("rapporteur.events.v1.EventService/CorrectEvent", request)
            .await?;
        record(state::correct(self.desk.records(), call, request).await)
    }
}
