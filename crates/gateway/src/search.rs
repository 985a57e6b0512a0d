//! Search over gRPC. What is found and counted is in `rapporteur_views::search`.

use std::sync::Arc;

use rapporteur_proto::gateway::v1::search_service_server::{SearchService, SearchServiceServer};
use rapporteur_proto::gateway::v1::{
    ListSuggestionsRequest, ListSuggestionsResponse, RebuildSearchIndexRequest,
    RebuildSearchIndexResponse, RelatedRequest, RelatedResponse, SearchRequest, SearchResponse,
    SimilarRequest, SimilarResponse, SuggestClassesRequest, SuggestClassesResponse,
};
use rapporteur_records::Result as Answer;
use rapporteur_server::page::{PageToken, fingerprint, page_size};
use rapporteur_server::{Caller, MAX_DECODING_BYTES, MAX_ENCODING_BYTES, Refusals, status};
use rapporteur_store::Store;
use rapporteur_views::Search;
use rapporteur_views::search::Wanted;
use tonic::{Request, Response, Status};

use crate::coverage::patience;

const REBUILD: &str = "rapporteur.gateway.v1.SearchService/RebuildSearchIndex";

/// Finds records.
#[derive(Clone, Debug)]
pub struct Found {
    search: Search,
    tokens: PageToken,
    refusals: Refusals,
}

/// The generated server.
pub async fn server(
    search: Search,
    store: &Arc<dyn Store>,
    refusals: Refusals,
) -> Answer<SearchServiceServer<Found>> {
    let tokens = PageToken::new(store.head().await?.store_id);
    Ok(SearchServiceServer::new(Found {
        search,
        tokens,
        refusals,
    })
    .max_decoding_message_size(MAX_DECODING_BYTES)
    .max_encoding_message_size(MAX_ENCODING_BYTES))
}

#[tonic::async_trait]
impl SearchService for Found {
    async fn search(
        &self,
        request: Request<SearchRequest>,
    ) -> Result<Response<SearchResponse>, Status> {
        let (within, sight) = (patience(&request), Caller::sight_of(&request));
        let mut request = request.into_inner();
        let size = page_size(std::mem::take(&mut request.page_size)).map_err(status)?;
        let token = std::mem::take(&mut request.page_token);
        let at_least = std::mem::take(&mut request.at_least);
        // A page is continued by who began it, within what they saw then.
        let query = fingerprint(&request).with(format!("{sight:?}").as_bytes());
        let after = self.tokens.decode(&token, query).map_err(status)?;
        self.search
            .at_least(&at_least, within)
            .await
            .map_err(status)?;
        let found = self.search.search(&request, &sight, size, after);
        let (found, positions) = found.await.map_err(status)?;
        let next = found.next.as_ref();
        let next = next.map(|key| self.tokens.encode(query, key));
        Ok(Response::new(SearchResponse {
            next_page_token: next.unwrap_or_default(),
            positions,
            ..found.response
        }))
    }

    async fn suggest_classes(
        &self,
        request: Request<SuggestClassesRequest>,
    ) -> Result<Response<SuggestClassesResponse>, Status> {
        let (within, sight) = (patience(&request), Caller::sight_of(&request));
        let request = request.into_inner();
        self.search
            .at_least(&request.at_least, within)
            .await
            .map_err(status)?;
        let suggested = self.search.suggest_classes(&request, &sight);
        Ok(Response::new(suggested.await.map_err(status)?))
    }

    async fn list_suggestions(
        &self,
        request: Request<ListSuggestionsRequest>,
    ) -> Result<Response<ListSuggestionsResponse>, Status> {
        let (within, sight) = (patience(&request), Caller::sight_of(&request));
        let mut request = request.into_inner();
        let size = page_size(std::mem::take(&mut request.page_size)).map_err(status)?;
        let token = std::mem::take(&mut request.page_token);
        let at_least = std::mem::take(&mut request.at_least);
        let query = fingerprint(&request).with(format!("{sight:?}").as_bytes());
        let after = self.tokens.decode(&token, query).map_err(status)?;
        let wanted = Wanted::read(request).map_err(status)?;
        self.search
            .at_least(&at_least, within)
            .await
            .map_err(status)?;
        let suggested = self.search.suggest(wanted, &sight, size, after);
        let (suggested, positions) = suggested.await.map_err(status)?;
        let next = suggested.page.last;
        let next = next.map(|key| self.tokens.encode(query, &key));
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        Ok(Response::new(ListSuggestionsResponse {
            next_page_token: next.unwrap_or_default(),
            total: count(suggested.page.total),
            reckoned: count(suggested.reckoned),
            to_reckon: count(suggested.to_reckon),
            suggestions: suggested.page.entries,
            positions,
        }))
    }

    async fn rebuild_search_index(
        &self,
        request: Request<RebuildSearchIndexRequest>,
    ) -> Result<Response<RebuildSearchIndexResponse>, Status> {
        self.refusals.may(&Caller::of(&request), REBUILD).await?;
        let already_running = self.search.rebuild();
        Ok(Response::new(RebuildSearchIndexResponse {
            already_running,
        }))
    }

    async fn similar(
        &self,
        request: Request<SimilarRequest>,
    ) -> Result<Response<SimilarResponse>, Status> {
        let (within, sight) = (patience(&request), Caller::sight_of(&request));
        let request = request.into_inner();
        let at_least = self.search.at_least(&request.at_least, within);
        at_least.await.map_err(status)?;
        let found = self.search.similar(&request, &sight).await;
        let (texts, positions) = found.map_err(status)?;
        Ok(Response::new(SimilarResponse { texts, positions }))
    }

    async fn related(
        &self,
        request: Request<RelatedRequest>,
    ) -> Result<Response<RelatedResponse>, Status> {
        let (within, sight) = (patience(&request), Caller::sight_of(&request));
        let request = request.into_inner();
        let at_least = self.search.at_least(&request.at_least, within);
        at_least.await.map_err(status)?;
        let found = self.search.related(&request, &sight).await;
        let (records, positions) = found.map_err(status)?;
        Ok(Response::new(RelatedResponse { records, positions }))
    }
}
