//! `rapporteur.recommendations.v1.VocabularyService`.

use rapporteur_proto::recommendations::v1::vocabulary_service_server::VocabularyService;
use rapporteur_proto::recommendations::v1::{
    CreateVocabularyRequest, GetVocabularyRequest, ListVocabulariesRequest,
    ListVocabulariesResponse, UpdateVocabularyRequest, Vocabulary,
};
use rapporteur_server::desk::{Answered, received, record};
use tonic::Request;

use super::Api;
use crate::vocabulary::{self, VOCABULARY};

#[tonic::async_trait]
impl VocabularyService for Api {
    async fn get_vocabulary(&self, request: Request<GetVocabularyRequest>) -> Answered<Vocabulary> {
        let request = request.into_inner();
        self.desk
            .get(&VOCABULARY, &request.name, request.as_of)
            .await
    }

    async fn list_vocabularies(
        &self,
        request: Request<ListVocabulariesRequest>,
    ) -> Answered<ListVocabulariesResponse> {
        let plan = async |query: &ListVocabulariesRequest| vocabulary::listing(query);
        self.desk.list(&VOCABULARY, request, plan).await
    }

    async fn create_vocabulary(
        &self,
        request: Request<CreateVocabularyRequest>,
    ) -> Answered<Vocabulary> {
        let rpc = "rapporteur.recommendations.v1.VocabularyService/CreateVocabulary";
        let (call, request) = received(rpc, request);
        record(vocabulary::create(self.desk.records(), &self.register, call, request).await)
    }

    async fn update_vocabulary(
        &self,
        request: Request<UpdateVocabularyRequest>,
    ) -> Answered<Vocabulary> {
        let rpc = "rapporteur.recommendations.v1.VocabularyService/UpdateVocabulary";
        let (call, request) = received(rpc, request);
        record(vocabulary::update(self.desk.records(), &self.register, call, request).await)
    }
}
