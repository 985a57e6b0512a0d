//! `rapporteur.recommendations.v1.VocabularyService`.

use rapporteur_proto::recommendations::v1::vocabulary_service_server::VocabularyService;
use rapporteur_proto::recommendations::v1::{
    CreateVocabularyRequest, GetVocabularyRequest, ListVocabulariesRequest,
    ListVocabulariesResponse, UpdateVocabularyRequest, Vocabulary,
};
use rapporteur_records::Records;
use rapporteur_server::desk::{Answered, record};
use tonic::Request;

use super::Api;
use crate::vocabulary::{self, VOCABULARY};

#[tonic::async_trait]
impl VocabularyService for Api {
    async fn get_vocabulary(&self, request: Request<GetVocabularyRequest>) -> Answered<Vocabulary> {
        self.desk.get(&VOCABULARY, request).await
    }

    async fn list_vocabularies(
        &self,
        request: Request<ListVocabulariesRequest>,
    ) -> Answered<ListVocabulariesResponse> {
        let plan = async |_: &Records, query: &ListVocabulariesRequest| vocabulary::listing(query);
        self.desk.list(&VOCABULARY, request, plan).await
    }

    async fn create_vocabulary(
        &self,
        request: Request<CreateVocabularyRequest>,
    ) -> Answered<Vocabulary> {
        let rpc = "rapporteur.recommendations.v1.VocabularyService/CreateVocabulary";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(vocabulary::create(self.desk.records(), &self.register, call, request).await)
    }

    async fn update_vocabulary(
        &self,
        request: Request<UpdateVocabularyRequest>,
    ) -> Answered<Vocabulary> {
        let rpc = "rapporteur.recommendations.v1.VocabularyService/UpdateVocabulary";
        let (call, request) = self.desk.received(rpc, request).await?;
        record(vocabulary::update(self.desk.records(), &self.register, call, request).await)
    }
}
