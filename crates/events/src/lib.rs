//! The events service: dialogues and who carries them, plans, events, and the sources of it all.
//!
//! What it keeps: parties, sources, dialogues with their memberships, posts and chairmanships, plans with
//! their nodes and crosswalks, events. What it promises: every state moves only as the trade allows, a dialogue has one
//! active chair, trees have no cycles, a repeated request is done once. What it deliberately does not do:
//! it never asks another service, and it decides no rights.
//!
//! One file a noun: its record and index rows, its rules, its writes, its lists. [`api`] answers gRPC,
//! [`mod@reference`] looks up what a record refers to, [`ancestry`] keeps trees trees.

pub mod api;

pub mod party;
pub mod source;

pub mod chairmanship;
pub mod dialogue;
pub mod membership;
pub mod post;

pub mod crosswalk;
pub mod plan;
pub mod plan_node;

pub mod event;

pub mod ancestry;
pub mod reference;

use std::future::Future;

use rapporteur_proto::changes::v1::Service;
use rapporteur_records::{AnyNoun, Feed, Records};
use rapporteur_server::network::Listener;
use rapporteur_server::{Args, Audit, Callers, Changes, Desk, MainError, Serving, Storage, serve};
use tokio::net::TcpListener;

/// Keeps the events of the dialogues.
#[derive(Debug, clap::Parser)]
#[command(name = "rapporteur-events", version, mut_arg("listen", |arg| arg.default_value("127.0.0.1:7701")))]
pub struct Arguments {
    /// What every service needs.
    #[command(flatten)]
    pub server: Args,
}

impl AsRef<Args> for Arguments {
    fn as_ref(&self) -> &Args {
        &self.server
    }
}

/// The nouns that this service keeps.
pub static NOUNS: [&dyn AnyNoun; 10] = [
    &party::PARTY,
    &source::SOURCE,
    &dialogue::DIALOGUE,
    &membership::MEMBERSHIP,
    &post::POST,
    &chairmanship::CHAIRMANSHIP,
    &plan::PLAN,
    &plan_node::PLAN_NODE,
    &crosswalk::CROSSWALK,
    &event::EVENT,
];

/// Runs the service on `listener` until `shutdown` resolves.
pub async fn start(
    arguments: Arguments,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), MainError> {
    // Before anything is made.
    Callers::of(&arguments.server)?;
    let storage = Storage::open("events", &arguments.server.data, &arguments.server).await?;
    start_on(storage, arguments, listener, shutdown).await
}

/// [`start`] on a store that is open already, and on any network.
pub async fn start_on(
    storage: Storage,
    arguments: Arguments,
    listener: impl Listener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), MainError> {
    let (store, tokens) = (storage.store(), storage.tokens.clone());
    let feed = Feed::new(store.clone(), Service::Events, &NOUNS);
    let desk = Desk::new(Records::new(store.clone()), tokens.clone(), &NOUNS);
    let services = api::SERVICES
        .iter()
        .chain(&["rapporteur.changes.v1.ChangeService"])
        .chain(&["rapporteur.changes.v1.AuditService"])
        .chain(&["rapporteur.store.v1.StoreService"]);
    let serving = services.fold(
        Serving::from(&arguments.server).callers(Callers::of(&arguments.server)?),
        |serving, name| serving.service(*name),
    );
    let serving = serving
        .descriptors(rapporteur_proto::DESCRIPTORS)
        .fatal(storage.failed())
        .about(env!("CARGO_PKG_VERSION"), storage.engine());
    storage.watch_over(serving.readiness());
    let routes = api::routes(&desk)
        .add_service(Audit::server(feed.clone()))
        .add_service(Changes::server(feed, tokens))
        .add_service(storage.service());
    let (records, draining) = (desk.records().clone(), serving.drain().draining());
    let embargoes = tokio::spawn(async move {
        tokio::select! {
            () = records.end_embargoes(&NOUNS) => {}
            () = draining => {}
        }
    });
    let served = serve(listener, routes, serving, shutdown).await;
    // It ends by itself when the service drains, but not when the server fails.
    embargoes.abort();
    embargoes.await.ok();
    storage.close().await?;
    Ok(served?)
}
