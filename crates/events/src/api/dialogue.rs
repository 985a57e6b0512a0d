//! `rapporteur.events.v1.DialogueService`.

use rapporteur_proto::events::v1::dialogue_service_server::DialogueService;
use rapporteur_proto::events::v1::{
    ActivateChairmanshipRequest, Chairmanship, CreateChairmanshipRequest, CreateDialogueRequest,
    CreateMembershipRequest, CreatePostRequest, Dialogue, GetChairmanshipRequest,
    GetDialogueRequest, GetMembershipRequest, GetPostRequest, HandOverChairmanshipRequest,
    ListChairmanshipsRequest, ListChairmanshipsResponse, ListDialoguesRequest,
    ListDialoguesResponse, ListMembershipsRequest, ListMembershipsResponse, ListPostsRequest,
    ListPostsResponse, Membership, Post, UpdateChairmanshipRequest, UpdateDialogueRequest,
    UpdateMembershipRequest, UpdatePostRequest,
};
use rapporteur_server::desk::{Answered, received, record};
use tonic::Request;

use super::Api;
use crate::chairmanship::{self, CHAIRMANSHIP};
use crate::dialogue::{self, DIALOGUE};
use crate::membership::{self, MEMBERSHIP};
use crate::post::{self, POST};

#[tonic::async_trait]
impl DialogueService for Api {
    async fn get_dialogue(&self, request: Request<GetDialogueRequest>) -> Answered<Dialogue> {
        let request = request.into_inner();
        self.desk.get(&DIALOGUE, &request.name, request.as_of).await
    }

    async fn list_dialogues(
        &self,
        request: Request<ListDialoguesRequest>,
    ) -> Answered<ListDialoguesResponse> {
        self.desk
            .list(&DIALOGUE, request, async |_| Ok(dialogue::listing()))
            .await
    }

    async fn create_dialogue(&self, request: Request<CreateDialogueRequest>) -> Answered<Dialogue> {
        let (call, request) = received(
            "rapporteur.events.v1.DialogueService/CreateDialogue",
            request,
        );
        record(dialogue::create(self.desk.records(), call, request).await)
    }

    async fn update_dialogue(&self, request: Request<UpdateDialogueRequest>) -> Answered<Dialogue> {
        let (call, request) = received(
            "rapporteur.events.v1.DialogueService/UpdateDialogue",
            request,
        );
        record(dialogue::update(self.desk.records(), call, request).await)
    }

    async fn get_membership(&self, request: Request<GetMembershipRequest>) -> Answered<Membership> {
        let request = request.into_inner();
        self.desk
            .get(&MEMBERSHIP, &request.name, request.as_of)
            .await
    }

    async fn list_memberships(
        &self,
        request: Request<ListMembershipsRequest>,
    ) -> Answered<ListMembershipsResponse> {
        self.desk
            .list(&MEMBERSHIP, request, async |query| {
                membership::listing(self.desk.records(), query).await
            })
            .await
    }

    async fn create_membership(
        &self,
        request: Request<CreateMembershipRequest>,
    ) -> Answered<Membership> {
        let (call, request) = received(
            "rapporteur.events.v1.DialogueService/CreateMembership",
            request,
        );
        record(membership::create(self.desk.records(), call, request).await)
    }

    async fn update_membership(
        &self,
        request: Request<UpdateMembershipRequest>,
    ) -> Answered<Membership> {
        let (call, request) = received(
            "rapporteur.events.v1.DialogueService/UpdateMembership",
            request,
        );
        record(membership::update(self.desk.records(), call, request).await)
    }

    async fn get_post(&self, request: Request<GetPostRequest>) -> Answered<Post> {
        let request = request.into_inner();
        self.desk.get(&POST, &request.name, request.as_of).await
    }

    async fn list_posts(&self, request: Request<ListPostsRequest>) -> Answered<ListPostsResponse> {
        self.desk
            .list(&POST, request, async |query| {
                post::listing(self.desk.records(), query).await
            })
            .await
    }

    async fn create_post(&self, request: Request<CreatePostRequest>) -> Answered<Post> {
        let (call, request) = received("rapporteur.events.v1.DialogueService/CreatePost", request);
        record(post::create(self.desk.records(), call, request).await)
    }

    async fn update_post(&self, request: Request<UpdatePostRequest>) -> Answered<Post> {
        let (call, request) = received("rapporteur.events.v1.DialogueService/UpdatePost", request);
        record(post::update(self.desk.records(), call, request).await)
    }

    async fn get_chairmanship(
        &self,
        request: Request<GetChairmanshipRequest>,
    ) -> Answered<Chairmanship> {
        let request = request.into_inner();
        self.desk
            .get(&CHAIRMANSHIP, &request.name, request.as_of)
            .await
    }

    async fn list_chairmanships(
        &self,
        request: Request<ListChairmanshipsRequest>,
    ) -> Answered<ListChairmanshipsResponse> {
        self.desk
            .list(&CHAIRMANSHIP, request, async |query| {
                chairmanship::listing(self.desk.records(), query).await
            })
            .await
    }

    async fn create_chairmanship(
        &self,
        request: Request<CreateChairmanshipRequest>,
    ) -> Answered<Chairmanship> {
        let (call, request) = received(
            "rapporteur.events.v1.DialogueService/CreateChairmanship",
            request,
        );
        record(chairmanship::create(self.desk.records(), call, request).await)
    }

    async fn update_chairmanship(
        &self,
        request: Request<UpdateChairmanshipRequest>,
    ) -> Answered<Chairmanship> {
        let (call, request) = received(
            "rapporteur.events.v1.DialogueService/UpdateChairmanship",
            request,
        );
        record(chairmanship::update(self.desk.records(), call, request).await)
    }

    async fn activate_chairmanship(
        &self,
        request: Request<ActivateChairmanshipRequest>,
    ) -> Answered<Chairmanship> {
        let (call, request) = received(
            "rapporteur.events.v1.DialogueService/ActivateChairmanship",
            request,
        );
        record(chairmanship::activate(self.desk.records(), call, request).await)
    }

    async fn hand_over_chairmanship(
        &self,
        request: Request<HandOverChairmanshipRequest>,
    ) -> Answered<Chairmanship> {
        let (call, request) = received(
            "rapporteur.events.v1.DialogueService/HandOverChairmanship",
            request,
        );
        record(chairmanship::hand_over_without_next(self.desk.records(), call, request).await)
    }
}
