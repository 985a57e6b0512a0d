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
use rapporteur_records::AnyNoun;
use rapporteur_server::network::Listener;
use rapporteur_server::{Args, Callers, Keeping, MainError, Storage};
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
    let args = &arguments.server;
    let version = env!("CARGO_PKG_VERSION");
    let keeping = Keeping::new(storage, args, Service::Events, &NOUNS, version)?;
    let routes = api::routes(keeping.desk());
    let beside = std::future::pending();
    keeping
        .serve(&api::SERVICES, routes, beside, listener, shutdown)
        .await
}
