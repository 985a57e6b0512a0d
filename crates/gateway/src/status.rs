//! How the parts of the system are: the gateway, each service, and how far the views have read it.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use rapporteur_proto::changes::v1::ListChangesRequest;
use rapporteur_proto::gateway::v1::status_service_server::{StatusService, StatusServiceServer};
use rapporteur_proto::gateway::v1::{
    GetStatusRequest, GetStatusResponse, SearchStatus, ServiceStatus,
};
use rapporteur_records::FeedToken;
use rapporteur_records::mirror::Progress;
use rapporteur_server::client::{settled, within};
use rapporteur_server::{ENGINE_KEY, Replica, VERSION_KEY, status};
use rapporteur_store::{Health, Store};
use rapporteur_views::follow::name_of;
use rapporteur_views::{Search, Views};
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::upstream::{Upstream, Upstreams, changes};

/// A service that takes longer than this to say how it is, is not well.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);
/// A feed gives a sign of life every 15 s; after three that did not come the views are not up to date.
const SILENCE: Duration = Duration::from_secs(45);
/// No record's name begins so: a page of changes below it says only where the log ends.
const NO_NAME: &str = "/";

/// Asks the parts.
#[derive(Clone)]
pub struct Asked {
    views: Views,
    upstreams: Upstreams,
    store: Arc<dyn Store>,
    search: Option<Search>,
}

/// The generated server.
pub fn server(
    views: Views,
    upstreams: Upstreams,
    store: Arc<dyn Store>,
    search: Option<Search>,
) -> StatusServiceServer<Asked> {
    StatusServiceServer::new(Asked {
        views,
        upstreams,
        store,
        search,
    })
}

#[tonic::async_trait]
impl StatusService for Asked {
    async fn get_status(
        &self,
        _: Request<GetStatusRequest>,
    ) -> Result<Response<GetStatusResponse>, Status> {
        let replicas = self.upstreams.all().iter().flat_map(|upstream| {
            let each = upstream.replicas.all().iter();
            each.map(move |replica| self.ask(upstream, replica))
        });
        let (own, replicas) = futures::join!(self.own(), join_all(replicas));
        let services: Vec<_> = [own?].into_iter().chain(replicas).collect();
        let search = self
            .search
            .as_ref()
            .map(|search| searched(search, &services));
        Ok(Response::new(GetStatusResponse { services, search }))
    }
}

impl Asked {
    async fn own(&self) -> Result<ServiceStatus, Status> {
        let failed = |error| status(rapporteur_records::Error::Store(error));
        let head = self.store.head().await.map_err(failed)?.position;
        let (serving, detail) = match self.store.health().await {
            Health::Serving => (true, String::new()),
            Health::Failing(why) => (false, why),
        };
        Ok(ServiceStatus {
            service: "gateway".to_owned(),
            address: String::new(),
            serving,
            detail,
            head,
            // Nobody follows the gateway's own log, so nothing of it is behind.
            viewed: head,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            engine: self.store.info().await.map_err(failed)?.engine.to_owned(),
            trouble: String::new(),
        })
    }

    async fn ask(&self, upstream: &Upstream, replica: &Replica) -> ServiceStatus {
        let channel = || replica.channel.clone();
        let (health, head) = futures::join!(check(channel()), self.head(upstream, channel()));
        let progress = self.views.progress(upstream.service);
        let viewed = progress.position;
        let mut details = Vec::new();
        let (serving, metadata) = match health {
            Ok((serving, metadata)) => {
                if !serving {
                    details.push("it says that it does not serve".to_owned());
                }
                (serving, metadata)
            }
            Err(why) => {
                details.push(why);
                (false, MetadataMap::new())
            }
        };
        let trouble = trouble(&progress);
        if !trouble.is_empty() {
            details.push(format!("the views do not get on: {trouble}"));
        } else if !progress.caught_up {
            details.push("the views have not read all of it since the gateway began".to_owned());
        }
        // The views may have read on since the head was asked for.
        let head = head.unwrap_or_default().max(viewed);
        let said = |key| {
            metadata
                .get(key)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned()
        };
        ServiceStatus {
            service: upstream.name.to_owned(),
            address: replica.address.clone(),
            serving,
            detail: details.join("; "),
            head,
            viewed,
            version: said(VERSION_KEY),
            engine: said(ENGINE_KEY),
            trouble,
        }
    }

    /// The end of a service's log, asked for from where the views are, so that little has to be looked at.
    async fn head(&self, upstream: &Upstream, channel: Channel) -> Option<u64> {
        let token = self.views.token(upstream.service).await.ok()?;
        let query = ListChangesRequest {
            token,
            name_prefix: NO_NAME.to_owned(),
            ..ListChangesRequest::default()
        };
        let page = changes(channel)
            .list_changes(within(query, ANSWER_WITHIN))
            .await
            .ok()?
            .into_inner();
        page.next_token
            .parse::<FeedToken>()
            .ok()
            .map(|token| token.0.position)
    }
}

/// How the search index is, beside how far the services are.
fn searched(search: &Search, services: &[ServiceStatus]) -> SearchStatus {
    let now = search.standing().borrow().clone();
    let positions = search.positions();
    let behind = positions.iter().map(|read| {
        let of = services
            .iter()
            .filter(|one| one.service == name_of(read.service()));
        let head = of.map(|one| one.head).max().unwrap_or_default();
        head.saturating_sub(read.position)
    });
    SearchStatus {
        whole: now.whole,
        documents: now.documents,
        behind: behind.sum(),
        building: now.building,
        to_compare: search.to_compare(),
        detail: now.trouble,
        positions,
    }
}

/// Why the views do not get on with a service: what stopped them, or a feed that fell silent.
fn trouble(progress: &Progress) -> String {
    let behind = progress.behind().filter(|behind| *behind > SILENCE);
    match behind {
        _ if !progress.trouble.is_empty() => progress.trouble.clone(),
        Some(behind) => format!("nothing was heard of it for {} s", behind.as_secs()),
        None => String::new(),
    }
}

/// Whether a service says that it serves, and what else it says of itself.
async fn check(channel: Channel) -> Result<(bool, MetadataMap), String> {
    let request = within(
        HealthCheckRequest {
            service: String::new(),
        },
        ANSWER_WITHIN,
    );
    match HealthClient::new(channel).check(request).await {
        Ok(answer) => Ok((
            answer.get_ref().status() == ServingStatus::Serving,
            answer.metadata().clone(),
        )),
        Err(status) => Err(settled(status).message().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn views_are_stuck_when_something_stops_them_or_nothing_is_heard() {
        let heard = |seconds| Progress {
            current: Instant::now().checked_sub(Duration::from_secs(seconds)),
            caught_up: true,
            ..Progress::default()
        };
        assert_eq!(trouble(&Progress::default()), "", "they begin");
        assert_eq!(trouble(&heard(16)), "");
        assert_eq!(trouble(&heard(46)), "nothing was heard of it for 46 s");
        let stopped = Progress {
            trouble: "refused".to_owned(),
            ..heard(46)
        };
        assert_eq!(trouble(&stopped), "refused");
    }
}
