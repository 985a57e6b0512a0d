//! A service that keeps records, from its store to the end of its last call: what all such services do alike.

use std::future::Future;

use rapporteur_proto::changes::v1::Service;
use rapporteur_records::{AnyNoun, Feed, Records};
use tonic::service::Routes;

use crate::network::Listener;
use crate::{Args, Audit, Callers, Changes, Desk, MainError, Serving, Storage, Trail, serve};

/// What every such service answers beside the calls about its nouns.
const SERVICES: [&str; 3] = [
    "rapporteur.changes.v1.ChangeService",
    "rapporteur.changes.v1.AuditService",
    "rapporteur.store.v1.StoreService",
];

/// A service that keeps records, about to be served.
pub struct Keeping {
    storage: Storage,
    serving: Serving,
    desk: Desk,
    feed: Feed,
    nouns: &'static [&'static dyn AnyNoun],
}

impl std::fmt::Debug for Keeping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keeping({:?})", self.feed)
    }
}

impl Keeping {
    /// The `service` of this `version` that keeps these nouns in this store.
    pub fn new(
        storage: Storage,
        args: &Args,
        service: Service,
        nouns: &'static [&'static dyn AnyNoun],
        version: &'static str,
    ) -> Result<Self, MainError> {
        let store = storage.store();
        let desk = Desk::new(Records::new(store.clone()), storage.tokens.clone(), nouns);
        let serving = Serving::from(args)
            .callers(Callers::of(args)?)
            .refusals(desk.refusals().clone())
            .descriptors(rapporteur_proto::DESCRIPTORS)
            .fatal(storage.failed())
            .about(version, storage.engine());
        storage.watch_over(serving.readiness());
        Ok(Self {
            storage,
            serving,
            desk,
            feed: Feed::new(store, service, nouns),
            nouns,
        })
    }

    /// The desk at which it answers.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Answers the calls of `routes`, which are those of these `services`, until `shutdown` resolves. `beside` is what
    /// it does meanwhile.
    pub async fn serve(
        self,
        services: &[&str],
        routes: Routes,
        beside: impl Future<Output = ()> + Send + 'static,
        listener: impl Listener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), MainError> {
        let Self {
            storage,
            serving,
            desk,
            feed,
            nouns,
        } = self;
        let all = services.iter().chain(&SERVICES);
        let serving = all.fold(serving, |serving, name| serving.service(*name));
        let refusals = desk.refusals().clone();
        let trail = Trail::new(feed.clone(), desk.records().clone(), nouns);
        let routes = routes
            .add_service(Audit::server(trail, refusals.clone()))
            .add_service(Changes::server(feed, storage.tokens.clone()))
            .add_service(storage.service(refusals.clone()));
        let (records, draining) = (desk.records().clone(), serving.drain().draining());
        let beside = tokio::spawn(async move {
            tokio::select! {
                () = beside => {}
                () = records.end_embargoes(nouns) => {}
                () = draining => {}
            }
        });
        let served = serve(listener, routes, serving, shutdown).await;
        // It ends by itself when the service drains, but not when the server fails.
        beside.abort();
        beside.await.ok();
        refusals.close().await;
        storage.close().await?;
        Ok(served?)
    }
}
