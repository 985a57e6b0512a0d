//! `rapporteur.events.v1.PlanService`.

use rapporteur_proto::events::v1::plan_service_server::PlanService;
use rapporteur_proto::events::v1::{
    AdoptPlanRequest, BatchGetPlanNodesRequest, BatchGetPlanNodesResponse,
    BringIntoForcePlanRequest, CreateCrosswalkRequest, CreatePlanNodeRequest, CreatePlanRequest,
    Crosswalk, ExpirePlanRequest, GetCrosswalkRequest, GetPlanNodeRequest, GetPlanRequest,
    ListCrosswalksRequest, ListCrosswalksResponse, ListPlanNodesRequest, ListPlanNodesResponse,
    ListPlansRequest, ListPlansResponse, Plan, PlanNode, SupersedePlanRequest,
    UpdateCrosswalkRequest, UpdatePlanNodeRequest, UpdatePlanRequest,
};
use rapporteur_server::desk::{Answered, record};
use tonic::Request;

use super::Api;
use crate::crosswalk::{self, CROSSWALK};
use crate::plan::{self, PLAN};
use crate::plan_node::{self, PLAN_NODE};

#[tonic::async_trait]
impl PlanService for Api {
    async fn get_plan(&self, request: Request<GetPlanRequest>) -> Answered<Plan> {
        self.desk.get(&PLAN, request).await
    }

    async fn list_plans(&self, request: Request<ListPlansRequest>) -> Answered<ListPlansResponse> {
        self.desk
            .list(&PLAN, request, async |records, query| {
                plan::listing(records, query).await
            })
            .await
    }

    async fn create_plan(&self, request: Request<CreatePlanRequest>) -> Answered<Plan> {
        let (call, request) = self
            .desk
            .received("rapporteur.events.v1.PlanService/CreatePlan", request)
            .await?;
        record(plan::create(self.desk.records(), call, request).await)
    }

    async fn update_plan(&self, request: Request<UpdatePlanRequest>) -> Answered<Plan> {
        let (call, request) = self
            .desk
            .received("rapporteur.events.v1.PlanService/UpdatePlan", request)
            .await?;
        record(plan::update(self.desk.records(), call, request).await)
    }

    async fn get_plan_node(&self, request: Request<GetPlanNodeRequest>) -> Answered<PlanNode> {
        self.desk.get(&PLAN_NODE, request).await
    }

    async fn list_plan_nodes(
        &self,
        request: Request<ListPlanNodesRequest>,
    ) -> Answered<ListPlanNodesResponse> {
        self.desk
            .list(&PLAN_NODE, request, async |records, query| {
                plan_node::listing(records, query).await
            })
            .await
    }

    async fn batch_get_plan_nodes(
        &self,
        request: Request<BatchGetPlanNodesRequest>,
    ) -> Answered<BatchGetPlanNodesResponse> {
        self.desk.batch_get(&PLAN_NODE, request).await
    }

    async fn create_plan_node(
        &self,
        request: Request<CreatePlanNodeRequest>,
    ) -> Answered<PlanNode> {
        let (call, request) = self
            .desk
            .received("rapporteur.events.v1.PlanService/CreatePlanNode", request)
            .await?;
        record(plan_node::create(self.desk.records(), call, request).await)
    }

    async fn update_plan_node(
        &self,
        request: Request<UpdatePlanNodeRequest>,
    ) -> Answered<PlanNode> {
        let (call, request) = self
            .desk
            .received("rapporteur.events.v1.PlanService/UpdatePlanNode", request)
            .await?;
        record(plan_node::update(self.desk.records(), call, request).await)
    }

    async fn adopt_plan(&self, request: Request<AdoptPlanRequest>) -> Answered<Plan> {
        let (call, request) = self
            .desk
            .received("rapporteur.events.v1.PlanService/AdoptPlan", request)
            .await?;
        record(plan::adopt(self.desk.records(), call, request).await)
    }

    async fn bring_into_force_plan(
        &self,
        request: Request<BringIntoForcePlanRequest>,
    ) -> Answered<Plan> {
        let (call, request) = self
            .desk
            .received(
                "rapporteur.events.v1.PlanService/BringIntoForcePlan",
                request,
            )
            .await?;
        record(plan::bring_into_force(self.desk.records(), call, request).await)
    }

    async fn expire_plan(&self, request: Request<ExpirePlanRequest>) -> Answered<Plan> {
        let (call, request) = self
            .desk
            .received("rapporteur.events.v1.PlanService/ExpirePlan", request)
            .await?;
        record(plan::expire(self.desk.records(), call, request).await)
    }

    async fn supersede_plan(&self, request: Request<SupersedePlanRequest>) -> Answered<Plan> {
        let (call, request) = self
            .desk
            .received("rapporteur.events.v1.PlanService/SupersedePlan", request)
            .await?;
        record(plan::supersede(self.desk.records(), call, request).await)
    }

    async fn get_crosswalk(&self, request: Request<GetCrosswalkRequest>) -> Answered<Crosswalk> {
        self.desk.get(&CROSSWALK, request).await
    }

    async fn list_crosswalks(
        &self,
        request: Request<ListCrosswalksRequest>,
    ) -> Answered<ListCrosswalksResponse> {
        self.desk
            .list(&CROSSWALK, request, async |records, query| {
                crosswalk::listing(records, query).await
            })
            .await
    }

    async fn create_crosswalk(
        &self,
        request: Request<CreateCrosswalkRequest>,
    ) -> Answered<Crosswalk> {
        let (call, request) = self
            .desk
            .received("rapporteur.events.v1.PlanService/CreateCrosswalk", request)
            .await?;
        record(crosswalk::create(self.desk.records(), call, request).await)
    }

    async fn update_crosswalk(
        &self,
        request: Request<UpdateCrosswalkRequest>,
    ) -> Answered<Crosswalk> {
        let (call, request) = self
            .desk
            .received("rapporteur.events.v1.PlanService/UpdateCrosswalk", request)
            .await?;
        record(crosswalk::update(self.desk.records(), call, request).await)
    }
}
