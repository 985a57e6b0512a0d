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
use rapporteur_server::desk::{Answered, record};
use tonic::Request;

use super::Api;
use crate::chairmanship::{self, CHAIRMANSHIP};
use crate::dialogue::{self, DIALOGUE};
use crate::membership::{self, MEMBERSHIP};
use crate::post::{self, POST};

#[tonic::async_trait]
impl DialogueService for Api {
    async fn get_dialogue(&self, request: Request<GetDialogueRequest>) -> Answered<Dialogue> {
        self.desk.get(&DIALOGUE, request).await
    }

    async fn list_dialogues(
        &self,
        request: Request<ListDialoguesRequest>,
    ) -> Answered<ListDialoguesResponse> {
        self.desk
            .list(&DIALOGUE, request, async |_, _| Ok(dialogue::listing()))
            .await
    }

    async fn create_dialogue(&self, request: Request<CreateDialogueRequest>) -> Answered<Dialogue> {
        let (call, request) = self
            .desk
            .received(
                "rapporteur.events.v1.DialogueService/CreateDialogue",
                request,
            )
            .await?;
        record(dialogue::create(self.desk.records(), call, request).await)
    }

    async fn update_dialogue(&self, request: Request<UpdateDialogueRequest>) -> Answered<Dialogue> {
        let (call, request) = self
            .desk
            .received(
                "rapporteur.events.v1.DialogueService/UpdateDialogue",
                request,
            )
            .await?;
        record(dialogue::update(self.desk.records(), call, request).await)
    }

    async fn get_membership(&self, request: Request<GetMembershipRequest>) -> Answered<Membership> {
        self.desk.get(&MEMBERSHIP, request).await
    }

    async fn list_memberships(
        &self,
        request: Request<ListMembershipsRequest>,
    ) -> Answered<ListMembershipsResponse> {
        self.desk
            .list(&MEMBERSHIP, request, async |records, query| {
                membership::listing(records, query).await
            })
            .await
    }

    async fn create_membership(
        &self,
        request: Request<CreateMembershipRequest>,
    ) -> Answered<Membership> {
        let (call, request) = self
            .desk
            .received(
                "rapporteur.events.v1.DialogueService/CreateMembership",
                request,
            )
            .await?;
        record(membership::create(self.desk.records(), call, request).await)
    }

    async fn update_membership(
        &self,
        request: Request<UpdateMembershipRequest>,
    ) -> Answered<Membership> {
        let (call, request) = self
            .desk
            .received(
                "rapporteur.events.v1.DialogueService/UpdateMembership",
                request,
            )
            .await?;
        record(membership::update(self.desk.records(), call, request).await)
    }

    async fn get_post(&self, request: Request<GetPostRequest>) -> Answered<Post> {
        self.desk.get(&POST, request).await
    }

    async fn list_posts(&self, request: Request<ListPostsRequest>) -> Answered<ListPostsResponse> {
        self.desk
            .list(&POST, request, async |records, query| {
                post::listing(records, query).await
            })
            .await
    }

    async fn create_post(&self, request: Request<CreatePostRequest>) -> Answered<Post> {
        let (call, request) = self
            .desk
            .received("rapporteur.events.v1.DialogueService/CreatePost", request)
            .await?;
        record(post::create(self.desk.records(), call, request).await)
    }

    async fn update_post(&self, request: Request<UpdatePostRequest>) -> Answered<Post> {
        let (call, request) = self
            .desk
            .received("rapporteur.events.v1.DialogueService/UpdatePost", request)
            .await?;
        record(post::update(self.desk.records(), call, request).await)
    }

    async fn get_chairmanship(
        &self,
        request: Request<GetChairmanshipRequest>,
    ) -> Answered<Chairmanship> {
        self.desk.get(&CHAIRMANSHIP, request).await
    }

    async fn list_chairmanships(
        &self,
        request: Request<ListChairmanshipsRequest>,
    ) -> Answered<ListChairmanshipsResponse> {
        self.desk
            .list(&CHAIRMANSHIP, request, async |records, query| {
                chairmanship::listing(records, query).await
            })
            .await
    }

    async fn create_chairmanship(
        &self,
        request: Request<CreateChairmanshipRequest>,
    ) -> Answered<Chairmanship> {
        let (call, request) = self
            .desk
            .received(
                "rapporteur.events.v1.DialogueService/CreateChairmanship",
                request,
            )
            .await?;
        record(chairmanship::create(self.desk.records(), call, request).await)
    }

    async fn update_chairmanship(
        &self,
        request: Request<UpdateChairmanshipRequest>,
    ) -> Answered<Chairmanship> {
        let (call, request) = self
            .desk
            .received(
                "rapporteur.events.v1.DialogueService/UpdateChairmanship",
                request,
            )
            .await?;
        record(chairmanship::update(self.desk.records(), call, request).await)
    }

    async fn activate_chairmanship(
        &self,
        request: Request<ActivateChairmanshipRequest>,
    ) -> Answered<Chairmanship> {
        let (call, request) = self
            .desk
            .received(
                "rapporteur.events.v1.DialogueService/ActivateChairmanship",
                request,
            )
            .await?;
        record(chairmanship::activate(self.desk.records(), call, request).await)
    }

    async fn hand_over_chairmanship(
        &self,
        request: Request<HandOverChairmanshipRequest>,
    ) -> Answered<Chairmanship> {
        let (call, request) = self
            .desk
            .received(
                "rapporteur.events.v1.DialogueService/HandOverChairmanship",
                request,
            )
            .await?;
        record(chairmanship::hand_over_without_next(self.desk.records(), call, request).await)
    }
}
