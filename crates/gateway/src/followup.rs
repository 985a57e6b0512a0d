//! Follow-up over gRPC. The counting is in `rapporteur_views`: each call reads its question, asks the model of now
//! or of a moment, and says what the answer rests on.

use std::sync::Arc;
use std::time::Duration;

use prost::Message;
use rapporteur_proto::Timestamp;
use rapporteur_proto::gateway::v1::follow_up_service_server::{
    FollowUpService, FollowUpServiceServer,
};
use rapporteur_proto::gateway::v1::{
    CountItemsRequest, CountItemsResponse, Figures, GetFiguresRequest, GetHandoverRequest,
    GetInboxRequest, Handover, Inbox, ListDuesRequest, ListDuesResponse, ListGapsRequest,
    ListGapsResponse, ListOpenItemsRequest, ListOpenItemsResponse, Position,
};
use rapporteur_records::{Result as Answer, Sight, time};
use rapporteur_server::client::Onward;
use rapporteur_server::page::{PageToken, fingerprint, page_size};
use rapporteur_server::{Caller, MAX_DECODING_BYTES, status};
use rapporteur_store::Store;
use rapporteur_views::{
    Asked, Dues, FiguresQuestion, Gaps, HandoverQuestion, InboxQuestion, ItemCount, Model,
    OpenItems, Views, count_items, dues, figures, gaps, handover, inbox, open_items,
};
use tonic::{Request, Response, Status};

use crate::coverage::{ANSWER_BYTES, patience};
use crate::replay;
use crate::upstream::Upstreams;

/// Answers what is still to be done.
#[derive(Clone, Debug)]
pub struct FollowedUp {
    views: Views,
    upstreams: Upstreams,
    tokens: PageToken,
}

/// The generated server.
pub async fn server(
    views: Views,
    upstreams: Upstreams,
    store: &Arc<dyn Store>,
) -> Answer<FollowUpServiceServer<FollowedUp>> {
    let tokens = PageToken::new(store.head().await?.store_id);
    let followed_up = FollowedUp {
        views,
        upstreams,
        tokens,
    };
    Ok(FollowUpServiceServer::new(followed_up)
        .max_decoding_message_size(MAX_DECODING_BYTES)
        .max_encoding_message_size(ANSWER_BYTES))
}

/// What a call carries beside its question: as whom to ask on, and how long to wait.
struct Way {
    onward: Onward,
    sight: Sight,
    within: Duration,
}

impl Way {
    fn of<T>(request: &Request<T>) -> Self {
        Self {
            onward: Onward::of(request),
            sight: Caller::sight_of(request),
            within: patience(request),
        }
    }
}

impl FollowedUp {
    /// What a view makes of the model at a moment, or of the present one when it is at least this new.
    async fn ask<T>(
        &self,
        way: &Way,
        as_of: Option<Timestamp>,
        at_least: &[Position],
        view: impl FnOnce(&Model) -> Answer<T>,
    ) -> Result<(T, Vec<Position>), Status> {
        let (answer, positions) = match as_of {
            Some(moment) => {
                let (model, positions) =
                    replay::as_of(&self.upstreams, &way.onward, moment).await?;
                (view(&model), positions)
            }
            None => {
                let reached = self.views.at_least(at_least, way.within).await;
                reached.map_err(status)?;
                self.views.read(&way.sight, view)
            }
        };
        Ok((answer.map_err(status)?, positions))
    }

    /// Reads the page that a request asks for: its size, and the key after which it begins. `on` is taken out of the
    /// token where the first page chose the day, so that no page is counted against another day than the first.
    fn paged<M: Message + Paged>(&self, request: &mut M) -> Answer<PageOf> {
        let size = page_size(*request.size())?;
        *request.size() = 0;
        let token = std::mem::take(request.token());
        let query = fingerprint(request);
        let key = self.tokens.decode(&token, query)?;
        let after = match key.split_at_checked(DAY_BYTES) {
            Some((day, after)) => {
                *request.on() = String::from_utf8_lossy(day).into_owned();
                after.to_vec()
            }
            None => Vec::new(),
        };
        Ok(PageOf { size, after, query })
    }

    /// The token of the page after this one.
    fn next(&self, page: &PageOf, on: jiff::civil::Date, last: Option<Vec<u8>>) -> String {
        last.map_or_else(String::new, |last| {
            let key = [on.to_string().as_bytes(), &last].concat();
            self.tokens.encode(page.query, &key)
        })
    }
}

/// `2026-11-25`.
const DAY_BYTES: usize = 10;

/// A page as it was asked for.
struct PageOf {
    size: usize,
    after: Vec<u8>,
    query: rapporteur_server::page::Fingerprint,
}

impl PageOf {
    fn asked(&self) -> Asked<'_> {
        Asked {
            after: &self.after,
            size: self.size,
        }
    }
}

/// A list request that counts against a day.
trait Paged {
    fn size(&mut self) -> &mut i32;
    fn token(&mut self) -> &mut String;
    fn on(&mut self) -> &mut String;
}

macro_rules! paged {
    ($($request:ident),*) => { $(
        impl Paged for $request {
            fn size(&mut self) -> &mut i32 {
                &mut self.page_size
            }

            fn token(&mut self) -> &mut String {
                &mut self.page_token
            }

            fn on(&mut self) -> &mut String {
                &mut self.on
            }
        }
    )* };
}

paged!(ListOpenItemsRequest, ListGapsRequest, ListDuesRequest);

#[tonic::async_trait]
impl FollowUpService for FollowedUp {
    async fn list_open_items(
        &self,
        request: Request<ListOpenItemsRequest>,
    ) -> Result<Response<ListOpenItemsResponse>, Status> {
        let way = Way::of(&request);
        let mut request = request.into_inner();
        let page = self.paged(&mut request).map_err(status)?;
        let question = OpenItems::read(&request, time::now_us()).map_err(status)?;
        let view = |model: &Model| open_items(model, &question, page.asked());
        let (found, positions) = self
            .ask(&way, request.as_of, &request.at_least, view)
            .await?;
        let on = question.day.on;
        Ok(Response::new(ListOpenItemsResponse {
            items: found.entries,
            next_page_token: self.next(&page, on, found.last),
            total: i32::try_from(found.total).unwrap_or(i32::MAX),
            positions,
            on: on.to_string(),
        }))
    }

    async fn count_items(
        &self,
        request: Request<CountItemsRequest>,
    ) -> Result<Response<CountItemsResponse>, Status> {
        let way = Way::of(&request);
        let request = request.into_inner();
        let question = ItemCount::read(&request, time::now_us()).map_err(status)?;
        let view = |model: &Model| count_items(model, &question);
        let (answer, positions) = self
            .ask(&way, request.as_of, &request.at_least, view)
            .await?;
        Ok(Response::new(CountItemsResponse {
            positions,
            ..answer
        }))
    }

    async fn list_gaps(
        &self,
        request: Request<ListGapsRequest>,
    ) -> Result<Response<ListGapsResponse>, Status> {
        let way = Way::of(&request);
        let mut request = request.into_inner();
        let page = self.paged(&mut request).map_err(status)?;
        let question = Gaps::read(&request, time::now_us()).map_err(status)?;
        let view = |model: &Model| gaps(model, &question, page.asked());
        let ((found, counts), positions) = self
            .ask(&way, request.as_of, &request.at_least, view)
            .await?;
        Ok(Response::new(ListGapsResponse {
            gaps: found.entries,
            next_page_token: self.next(&page, question.day.on, found.last),
            counts,
            positions,
        }))
    }

    async fn list_dues(
        &self,
        request: Request<ListDuesRequest>,
    ) -> Result<Response<ListDuesResponse>, Status> {
        let way = Way::of(&request);
        let mut request = request.into_inner();
        let page = self.paged(&mut request).map_err(status)?;
        let question = Dues::read(&request, time::now_us()).map_err(status)?;
        let view = |model: &Model| dues(model, &question, page.asked());
        let (found, positions) = self
            .ask(&way, request.as_of, &request.at_least, view)
            .await?;
        Ok(Response::new(ListDuesResponse {
            dues: found.entries,
            next_page_token: self.next(&page, question.day.on, found.last),
            positions,
        }))
    }

    async fn get_inbox(
        &self,
        request: Request<GetInboxRequest>,
    ) -> Result<Response<Inbox>, Status> {
        let way = Way::of(&request);
        let request = request.into_inner();
        let question = InboxQuestion::read(&request, time::now_us()).map_err(status)?;
        let view = |model: &Model| inbox(model, &question);
        let (answer, positions) = self
            .ask(&way, request.as_of, &request.at_least, view)
            .await?;
        Ok(Response::new(Inbox {
            positions,
            ..answer
        }))
    }

    async fn get_handover(
        &self,
        request: Request<GetHandoverRequest>,
    ) -> Result<Response<Handover>, Status> {
        let way = Way::of(&request);
        let request = request.into_inner();
        let question = HandoverQuestion::read(&request, time::now_us()).map_err(status)?;
        let view = |model: &Model| handover(model, &question);
        let (answer, positions) = self
            .ask(&way, request.as_of, &request.at_least, view)
            .await?;
        Ok(Response::new(Handover {
            positions,
            ..answer
        }))
    }

    async fn get_figures(
        &self,
        request: Request<GetFiguresRequest>,
    ) -> Result<Response<Figures>, Status> {
        let way = Way::of(&request);
        let request = request.into_inner();
        let question = FiguresQuestion::read(&request, time::now_us()).map_err(status)?;
        let moment = request.as_of.unwrap_or_default();
        let (then, then_positions) = replay::as_of(&self.upstreams, &way.onward, moment).await?;
        let view = |now: &Model| figures(&then, now, &question);
        let (answer, positions) = self.ask(&way, None, &request.at_least, view).await?;
        Ok(Response::new(Figures {
            as_of: request.as_of,
            then_positions,
            positions,
            ..answer
        }))
    }
}
