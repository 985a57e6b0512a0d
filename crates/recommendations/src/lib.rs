//! The recommendations service: what meetings adopt, whom they ask, and what comes of it.
//!
//! What it keeps: instruments with their numbers, recommendations with the life of their texts, the ledger of
//! addressees, commitments, progress reports, assessments, schedules of reporting, the words of other systems. What
//! it promises: a text that was adopted does not change, a number is given once, nothing supersedes itself, each
//! change in the ledger is dated and stays, a group is who belonged to it on its day, how far something is moves
//! only when a report on it is verified, and nobody verifies what they wrote.
//! What it deliberately does not do: it keeps no dialogue, party, plan or event (the [`register`] mirrors
//! them), it decides no rights, and it stores nothing that follows from a date: silence, what is due, what is late.
//!
//! One file a noun: its record and index rows, its rules, its writes, its lists. [`api`] answers gRPC.
//!
//! | module | holds |
//! | --- | --- |
//! | [`instrument`] | texts that meetings adopt; [`numbering`] gives and finds their numbers, [`citation`] reads and prints them |
//! | [`recommendation`] | elements of texts; [`lifecycle`] says how a text may move |
//! | [`addressee`] | recommendation x party; [`ledger`] moves it, [`group`] addresses many at once |
//! | [`commitment`] | what somebody took on |
//! | [`progress_report`] | what was done, as its authors say and as somebody else verified; [`subject`] is what it is about |
//! | [`assessment`] | what others think, side by side |
//! | [`schedule`] | when who has to report; [`dated`] is the day of any move |
//! | [`vocabulary`] | the status words of other systems, as data |
//! | [`verdict`] | what a person decided about a suggestion |
//! | [`register`] | the mirror of the events service; [`mod@reference`] looks up what a record refers to |

pub mod addressee;
pub mod api;
pub mod assessment;
pub mod citation;
pub mod commitment;
pub mod dated;
pub mod group;
pub mod instrument;
pub mod ledger;
pub mod lifecycle;
pub mod numbering;
pub mod progress_report;
pub mod recommendation;
pub mod reference;
pub mod register;
pub mod schedule;
pub mod subject;
pub mod verdict;
pub mod vocabulary;

use std::future::Future;

use rapporteur_proto::changes::v1::Service;
use rapporteur_records::{AnyNoun, Introduction};
use rapporteur_server::client::token::{TokenArgs, TokenSource};
use rapporteur_server::network::Listener;
use rapporteur_server::tls::PeerArgs;
use rapporteur_server::{Args, Callers, Keeping, MainError, Storage};
use tokio::net::TcpListener;

use register::Register;

/// Keeps the recommendations of the dialogues and what comes of them.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "rapporteur-recommendations", version, mut_arg("listen", |arg| arg.default_value("127.0.0.1:7702")))]
pub struct Arguments {
    /// What every service needs.
    #[command(flatten)]
    pub server: Args,
    /// Where the events service is, whose dialogues, parties, plans and events are referred to; of several
    /// replicas over one store, all addresses
    #[arg(
        long,
        value_name = "URL,URL",
        value_delimiter = ',',
        default_value = "http://127.0.0.1:7701"
    )]
    pub events: Vec<String>,
    /// Who this service says it is to the events service, when a process that starts both decides it.
    #[arg(skip)]
    pub introduction: Introduction,
    /// Where it is told so otherwise.
    #[command(flatten)]
    pub token: TokenArgs,
    /// How the events service at https:// addresses is reached.
    #[command(flatten)]
    pub peers: PeerArgs,
}

impl AsRef<Args> for Arguments {
    fn as_ref(&self) -> &Args {
        &self.server
    }
}

/// The nouns that this service keeps.
pub static NOUNS: [&dyn AnyNoun; 9] = [
    &instrument::INSTRUMENT,
    &recommendation::RECOMMENDATION,
    &addressee::ADDRESSEE,
    &commitment::COMMITMENT,
    &progress_report::PROGRESS_REPORT,
    &assessment::ASSESSMENT,
    &schedule::SCHEDULE,
    &vocabulary::VOCABULARY,
    &verdict::VERDICT,
];

/// Runs the service on `listener` until `shutdown` resolves.
pub async fn start(
    arguments: Arguments,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), MainError> {
    // Before anything is made.
    Callers::of(&arguments.server)?;
    let storage =
        Storage::open("recommendations", &arguments.server.data, &arguments.server).await?;
    start_on(storage, arguments, listener, shutdown).await
}

/// [`start`] on a store that is open already, and on any network.
pub async fn start_on(
    storage: Storage,
    arguments: Arguments,
    listener: impl Listener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), MainError> {
    let source = arguments.token.source(&arguments.peers)?;
    let introduction = match source.clone() {
        Some(source) => Introduction::by(move || source.credential()),
        None => arguments.introduction.clone(),
    };
    let register = Register::new(
        storage.store(),
        &arguments.events,
        &arguments.peers,
        introduction,
    )?;
    register.mirror().load().await?;
    let args = &arguments.server;
    let progress = register.mirror().progress();
    args.metrics.upstream(register.replicas());
    args.metrics
        .feed("events", move || progress.borrow().clone());
    let version = env!("CARGO_PKG_VERSION");
    let keeping = Keeping::new(storage, args, Service::Recommendations, &NOUNS, version)?;
    let routes = api::routes(keeping.desk(), &register);
    let beside = async move {
        tokio::select! {
            () = register.follow() => {}
            () = kept(source.as_deref()) => {}
        }
    };
    keeping
        .serve(&api::SERVICES, routes, beside, listener, shutdown)
        .await
}

/// Keeps the token of this service, if it has one.
async fn kept(source: Option<&TokenSource>) {
    match source {
        Some(source) => source.keep().await,
        None => std::future::pending().await,
    }
}
