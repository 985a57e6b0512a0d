//! A change feed that a test writes by hand.

use std::sync::{Arc, Mutex};

use futures::Stream;
use futures::stream::{self, BoxStream, StreamExt as _};
use prost::{Message, Name};
use rapporteur_proto::changes::v1::change_service_server::{ChangeService, ChangeServiceServer};
use rapporteur_proto::changes::v1::{
    Change, ListChangesRequest, ListChangesResponse, ListRevisionsRequest, ListRevisionsResponse,
    ResourceChange, Service, WatchRequest, WatchResponse,
};
use rapporteur_proto::{Any, Timestamp};
use rapporteur_records::{Error, FeedToken};
use rapporteur_server::status;
use rapporteur_store::Token;
use tokio::sync::watch;
use tonic::service::Routes;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::Upstream;

/// The log of a service: its changes, and which history they are.
#[derive(Clone, Debug)]
struct Log {
    history: Uuid,
    changes: Vec<Change>,
}

/// A service that has nothing but a feed.
#[derive(Clone)]
pub(crate) struct Feed {
    service: Service,
    log: Arc<Mutex<Log>>,
    news: watch::Sender<Uuid>,
}

impl Feed {
    pub(crate) fn new(service: Service) -> Self {
        let history = Uuid::new_v4();
        let log = Arc::new(Mutex::new(Log {
            history,
            changes: Vec::new(),
        }));
        Self {
            service,
            log,
            news: watch::Sender::new(history),
        }
    }

    pub(crate) async fn serve(&self) -> Upstream {
        Upstream::start(self.routes()).await
    }

    /// Its feed, to be served beside other services.
    pub(crate) fn routes(&self) -> Routes {
        Routes::new(ChangeServiceServer::new(self.clone()))
    }

    /// Adds a commit at this second and gives its position.
    pub(crate) fn put<T: Message + Name>(&self, seconds: i64, name: &str, record: &T) -> u64 {
        let value = Any {
            type_url: format!("type.googleapis.com/{}", T::full_name()),
            value: record.encode_to_vec(),
        };
        let resource = ResourceChange {
            name: name.into(),
            r#type: T::full_name(),
            value: Some(value),
        };
        self.commit(seconds, vec![resource])
    }

    /// Adds a commit at this second that removes a record.
    pub(crate) fn remove<T: Name>(&self, seconds: i64, name: &str) -> u64 {
        let resource = ResourceChange {
            name: name.into(),
            r#type: T::full_name(),
            value: None,
        };
        self.commit(seconds, vec![resource])
    }

    /// Adds a commit that touches no record, as a service makes one for itself.
    pub(crate) fn put_nothing(&self, seconds: i64) -> u64 {
        self.commit(seconds, Vec::new())
    }

    fn commit(&self, seconds: i64, resources: Vec<ResourceChange>) -> u64 {
        let mut log = self.log.lock().unwrap();
        let position = log.changes.len() as u64 + 1;
        let token = token(log.history, position).to_string();
        log.changes.push(Change {
            service: self.service.into(),
            position,
            time: Some(Timestamp { seconds, nanos: 0 }),
            resources,
            token,
            ..Change::default()
        });
        self.news.send_replace(log.history);
        position
    }

    /// Another history takes the place of this one, as after a restore. Watches end.
    pub(crate) fn begin_anew(&self) {
        let mut log = self.log.lock().unwrap();
        *log = Log {
            history: Uuid::new_v4(),
            changes: Vec::new(),
        };
        self.news.send_replace(log.history);
    }

    fn after(&self, text: &str) -> Result<(Uuid, usize, Vec<Change>), Status> {
        let log = self.log.lock().unwrap().clone();
        if text.is_empty() {
            return Ok((log.history, 0, log.changes));
        }
        let found: FeedToken = text.parse().map_err(status)?;
        if found.0.store_id != log.history {
            let description = "the token belongs to another history".to_owned();
            return Err(status(Error::OutOfRange {
                reason: "HISTORY_DIVERGED",
                description,
            }));
        }
        let position = usize::try_from(found.0.position).unwrap();
        Ok((log.history, position, log.changes[position..].to_vec()))
    }
}

fn token(history: Uuid, position: u64) -> FeedToken {
    FeedToken(Token {
        store_id: history,
        position,
        op_id: Uuid::from_u128(position.into()),
    })
}

#[tonic::async_trait]
impl ChangeService for Feed {
    async fn list_changes(
        &self,
        request: Request<ListChangesRequest>,
    ) -> Result<Response<ListChangesResponse>, Status> {
        let request = request.into_inner();
        let (history, position, changes) = self.after(&request.token)?;
        let size = usize::try_from(request.page_size).unwrap();
        let size = if size == 0 { 50 } else { size };
        let page: Vec<Change> = changes.iter().take(size).cloned().collect();
        let at_head = page.len() == changes.len();
        let next_token = token(history, (position + page.len()) as u64).to_string();
        let wanted = |change: &Change| {
            change.resources.iter().any(|r| {
                r.name.starts_with(&request.name_prefix)
                    && (request.types.is_empty() || request.types.contains(&r.r#type))
            })
        };
        let changes = page.into_iter().filter(wanted).collect();
        Ok(Response::new(ListChangesResponse {
            changes,
            next_token,
            at_head,
        }))
    }

    type WatchStream = BoxStream<'static, Result<WatchResponse, Status>>;

    async fn watch(
        &self,
        request: Request<WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let request = request.into_inner();
        self.after(&request.token)?;
        let (feed, news) = (self.clone(), self.news.subscribe());
        Ok(Response::new(changes(feed, news, request.token).boxed()))
    }

    async fn list_revisions(
        &self,
        request: Request<ListRevisionsRequest>,
    ) -> Result<Response<ListRevisionsResponse>, Status> {
        let name = request.into_inner().name;
        let (_, _, mut changes) = self.after("")?;
        changes.retain(|change| change.resources.iter().any(|r| r.name == name));
        Ok(Response::new(ListRevisionsResponse {
            revisions: changes,
            next_page_token: String::new(),
        }))
    }
}

/// What comes after a token, then news, until the history ends.
fn changes(
    feed: Feed,
    mut news: watch::Receiver<Uuid>,
    after: String,
) -> impl Stream<Item = Result<WatchResponse, Status>> {
    let history = *news.borrow_and_update();
    stream::unfold(
        (feed, news, after, true),
        move |(feed, mut news, after, first)| async move {
            if !first && (news.changed().await.is_err() || *news.borrow_and_update() != history) {
                return None;
            }
            let (_, _, changes) = feed.after(&after).ok()?;
            let token = changes.last().map_or(after, |change| change.token.clone());
            let alive = WatchResponse {
                change: None,
                token: token.clone(),
                at_head: true,
            };
            let told = |change: &Change| !change.resources.is_empty();
            let items = changes
                .into_iter()
                .filter(told)
                .map(|change| WatchResponse {
                    token: change.token.clone(),
                    change: Some(change),
                    at_head: false,
                });
            let items: Vec<_> = items.chain([alive]).map(Ok).collect();
            Some((stream::iter(items), (feed, news, token, false)))
        },
    )
    .flatten()
}
