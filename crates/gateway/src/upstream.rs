//! The services, for the calls that the gateway makes itself: feeds, revisions, health.

use std::sync::Arc;

use rapporteur_proto::changes::v1::audit_service_client::AuditServiceClient;
use rapporteur_proto::changes::v1::change_service_client::ChangeServiceClient;
use rapporteur_proto::changes::v1::{
    ListAuditEntriesRequest, ListAuditEntriesResponse, ListChangesRequest, ListChangesResponse,
    ListRevisionsRequest, ListRevisionsResponse, Service, VerifyAuditTrailRequest,
    VerifyAuditTrailResponse, WatchRequest, WatchResponse,
};
use rapporteur_records::Error;
use rapporteur_server::client::settled;
use rapporteur_server::{Replicas, status, trace};
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status, Streaming};

use crate::Arguments;
use crate::routes::ROUTES;

/// Largest answer that the gateway takes from a service: a page of changes may hold many records.
const ANSWER_BYTES: usize = 64 << 20;

/// A service behind the gateway.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// Which one.
    pub service: Service,
    /// Its name.
    pub name: &'static str,
    /// Where it is.
    pub replicas: Arc<Replicas>,
}

/// All services, in the order of [`ROUTES`].
#[derive(Clone, Debug)]
pub struct Upstreams {
    all: Arc<[Upstream; ROUTES.len()]>,
}

impl Upstreams {
    /// The services that the arguments name. Nothing is connected yet.
    pub fn connect(arguments: &Arguments) -> Result<Self, Error> {
        let upstream = |place: usize, addresses: &[String]| {
            let route = ROUTES[place];
            Ok::<_, Error>(Upstream {
                service: route.service,
                name: route.name,
                replicas: Arc::new(Replicas::new(route.name, addresses, &arguments.peers)?),
            })
        };
        let all = [
            upstream(0, &arguments.events)?,
            upstream(1, &arguments.recommendations)?,
        ];
        Ok(Self { all: Arc::new(all) })
    }

    /// Each of them.
    pub fn all(&self) -> &[Upstream; ROUTES.len()] {
        &self.all
    }
}

impl Upstream {
    /// A page of its change feed, from whichever replica answers.
    pub async fn list_changes(
        &self,
        request: Request<ListChangesRequest>,
    ) -> Result<ListChangesResponse, Status> {
        let asked = |channel| {
            let request = copy(&request);
            async move { changes(channel).list_changes(request).await }
        };
        let answer = self.replicas.ask(asked).await;
        answer.map(Response::into_inner).map_err(|e| self.failed(e))
    }

    /// The revisions of a record, from whichever replica answers.
    pub async fn list_revisions(
        &self,
        request: Request<ListRevisionsRequest>,
    ) -> Result<ListRevisionsResponse, Status> {
        let asked = |channel| {
            let request = copy(&request);
            async move { changes(channel).list_revisions(request).await }
        };
        let answer = self.replicas.ask(asked).await;
        answer.map(Response::into_inner).map_err(|e| self.failed(e))
    }

    /// What comes after a token, from one replica, until it stops.
    pub async fn watch(
        &self,
        request: Request<WatchRequest>,
    ) -> Result<Streaming<WatchResponse>, Status> {
        let asked = |channel| {
            let request = copy(&request);
            async move { changes(channel).watch(request).await }
        };
        let answer = self.replicas.ask(asked).await;
        answer.map(Response::into_inner).map_err(|e| self.failed(e))
    }

    /// A page of its audit trail, from whichever replica answers.
    pub async fn list_audit_entries(
        &self,
        request: Request<ListAuditEntriesRequest>,
    ) -> Result<ListAuditEntriesResponse, Status> {
        let asked = |channel| {
            let request = copy(&request);
            async move {
                let mut client =
                    AuditServiceClient::new(channel).max_decoding_message_size(ANSWER_BYTES);
                client.list_audit_entries(request).await
            }
        };
        let answer = self.replicas.ask(asked).await;
        answer.map(Response::into_inner).map_err(|e| self.failed(e))
    }

    /// What it finds of all that it keeps, from whichever replica answers.
    pub async fn verify_audit_trail(
        &self,
        request: Request<VerifyAuditTrailRequest>,
    ) -> Result<VerifyAuditTrailResponse, Status> {
        let asked = |channel| {
            let request = copy(&request);
            async move {
                AuditServiceClient::new(channel)
                    .verify_audit_trail(request)
                    .await
            }
        };
        let answer = self.replicas.ask(asked).await;
        answer.map(Response::into_inner).map_err(|e| self.failed(e))
    }

    /// What the caller is told when this service answered a call with an error. What it says itself
    /// goes through as it is; that it says nothing gets its name.
    pub fn failed(&self, answered: Status) -> Status {
        let answered = settled(answered);
        if answered.code() == Code::Unavailable {
            self.down(answered.message())
        } else {
            answered
        }
    }

    /// The service does not answer.
    pub fn down(&self, description: &str) -> Status {
        status(Error::Upstream {
            service: self.name.to_owned(),
            description: description.to_owned(),
        })
    }
}

/// The change feed at the end of a channel.
pub(crate) fn changes(channel: Channel) -> ChangeServiceClient<Channel> {
    ChangeServiceClient::new(channel).max_decoding_message_size(ANSWER_BYTES)
}

/// A request that can be made again: the message, and who asks within which time.
fn copy<M: Clone>(request: &Request<M>) -> Request<M> {
    let mut copy = Request::new(request.get_ref().clone());
    *copy.metadata_mut() = request.metadata().clone();
    // Each asking is a span of its own.
    trace::inject(copy.metadata_mut());
    copy
}
