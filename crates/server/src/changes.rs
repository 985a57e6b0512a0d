//! The change feed of a service over gRPC; the same for every service.

use std::pin::Pin;
use std::time::Duration;

use futures::Stream;
use rapporteur_proto::changes::v1::change_service_server::{ChangeService, ChangeServiceServer};
use rapporteur_proto::changes::v1::{
    ListChangesRequest, ListChangesResponse, ListRevisionsRequest, ListRevisionsResponse,
    WatchRequest, WatchResponse,
};
use rapporteur_records::feed::FeedFilter;
use rapporteur_records::{Error, Feed, FeedToken};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use crate::page::{PageToken, fingerprint, page_size};
use crate::{Caller, MAX_DECODING_BYTES, status};

/// A follower hears something at least this often, so that both ends notice a dead connection.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);
/// The largest commit that a store takes is 8 MiB; a follower must be able to hear of it.
const MAX_CHANGE_BYTES: usize = 16 << 20;
/// Changes read at once for a follower.
const READ_AHEAD: usize = 256;

/// Serves the feed of one service.
#[derive(Clone, Debug)]
pub struct Changes {
    feed: Feed,
    tokens: PageToken,
}

impl Changes {
    /// The generated server over `feed`.
    pub fn server(feed: Feed, tokens: PageToken) -> ChangeServiceServer<Self> {
        ChangeServiceServer::new(Self { feed, tokens })
            .max_decoding_message_size(MAX_DECODING_BYTES)
            .max_encoding_message_size(MAX_CHANGE_BYTES)
    }
}

#[tonic::async_trait]
impl ChangeService for Changes {
    async fn list_changes(
        &self,
        request: Request<ListChangesRequest>,
    ) -> Result<Response<ListChangesResponse>, Status> {
        let feed = self.feed.seen_by(Caller::sight_of(&request));
        let request = request.into_inner();
        let size = page_size(request.page_size).map_err(status)?;
        let filter = FeedFilter {
            types: request.types,
            name_prefix: request.name_prefix,
        };
        let after = self.feed.resume(&request.token).await.map_err(status)?;
        let page = feed.list(after, size, &filter).await.map_err(status)?;
        let (next_token, at_head) = (page.next.to_string(), page.at_head);
        Ok(Response::new(ListChangesResponse {
            changes: page.changes,
            next_token,
            at_head,
        }))
    }

    type WatchStream = Pin<Box<dyn Stream<Item = Result<WatchResponse, Status>> + Send>>;

    async fn watch(
        &self,
        request: Request<WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let feed = self.feed.seen_by(Caller::sight_of(&request));
        let request = request.into_inner();
        let filter = FeedFilter {
            types: request.types,
            name_prefix: request.name_prefix,
        };
        let after = self.feed.resume(&request.token).await.map_err(status)?;
        // A wrong token or filter is answered at once, not as the first item of a stream.
        feed.list(after, 1, &filter).await.map_err(status)?;
        // A slow follower fills this and then holds up only itself.
        let (sender, receiver) = mpsc::channel(64);
        tokio::spawn(async move {
            if let Err(error) = pump(&feed, after, &filter, &sender).await {
                // The follower may be gone already; then nobody needs the error.
                sender.send(Err(status(error))).await.ok();
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn list_revisions(
        &self,
        request: Request<ListRevisionsRequest>,
    ) -> Result<Response<ListRevisionsResponse>, Status> {
        let feed = self.feed.seen_by(Caller::sight_of(&request));
        let mut query = request.into_inner();
        let size = page_size(std::mem::take(&mut query.page_size)).map_err(status)?;
        let token = std::mem::take(&mut query.page_token);
        let query_is = fingerprint(&query);
        let after = self.tokens.decode(&token, query_is).map_err(status)?;
        let from = after.try_into().map_or(u64::MAX, u64::from_be_bytes);
        let (revisions, next) = feed
            .revisions(&query.name, from, size)
            .await
            .map_err(status)?;
        let next_page_token = next
            .map(|at| self.tokens.encode(query_is, &at.to_be_bytes()))
            .unwrap_or_default();
        Ok(Response::new(ListRevisionsResponse {
            revisions,
            next_page_token,
        }))
    }
}

/// Sends changes for as long as somebody listens.
async fn pump(
    feed: &Feed,
    mut after: FeedToken,
    filter: &FeedFilter,
    sender: &mpsc::Sender<Result<WatchResponse, Status>>,
) -> Result<(), Error> {
    loop {
        let page = feed.list(after, READ_AHEAD, filter).await?;
        let count = page.changes.len();
        let told = page.changes.last().map(|change| change.position);
        for (place, change) in page.changes.into_iter().enumerate() {
            let token = change.token.clone();
            let at_head = page.at_head && place + 1 == count;
            if sender
                .send(Ok(WatchResponse {
                    change: Some(change),
                    token,
                    at_head,
                }))
                .await
                .is_err()
            {
                return Ok(());
            }
        }
        after = page.next;
        if page.at_head {
            // Commits that hold nothing for this follower are told of too: it may be asked for their position.
            if told != Some(after.0.position) {
                let alive = WatchResponse {
                    change: None,
                    token: after.to_string(),
                    at_head: true,
                };
                if sender.send(Ok(alive)).await.is_err() {
                    return Ok(());
                }
            }
            tokio::select! {
                () = feed.wait(after, SIGN_OF_LIFE) => {}
                () = sender.closed() => return Ok(()),
            }
        }
    }
}
