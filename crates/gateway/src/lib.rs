//! The public door of rapporteur: one address for every service.
//!
//! What it keeps: keys and grants, which calls it refused, and the mirrors from which its views are made; the mirrors
//! can be lost. What it promises: a call goes on to the service that owns the noun with its bytes
//! untouched, under the name of the caller whom the door established and nobody else's; a service that
//! is down is UNAVAILABLE by name; joined answers say what they rest on. What it deliberately does not
//! do: it decodes no request that it does not answer itself, so a new RPC or field needs no change here.
//!
//! | module | holds |
//! | --- | --- |
//! | [`routes`] | which service owns what: the one table |
//! | [`door`] | who calls, and what anonymous callers may; [`visitor`]: whom it took in |
//! | [`access`] | keys, grants, and the tokens that say to the services who calls |
//! | [`key`] | the admin key |
//! | [`quota`] | how much a caller may ask; [`audience`]: how many may watch |
//! | [`forward`] | passing calls on |
//! | [`nearby`] | reads that are answered from the gateway's own copies; [`fresh`]: how fresh these are, [`at_hand`]: the same for the gateway itself |
//! | [`balance`] | over the replicas of a service; [`repeat`]: which calls may be made twice |
//! | [`lanes`] | connections to a replica |
//! | [`stream`], [`download`] | one call on such a connection, up and down |
//! | [`upstream`] | calls that the gateway makes itself |
//! | [`changes`] | the joined change feed |
//! | [`audit`] | the audit trails of the services, and its own |
//! | [`coverage`], [`trace`], [`followup`] | views over gRPC |
//! | [`search`] | records found by their words; [`reminder`]: what a draft repeats |
//! | [`resolve`] | names of parties told |
//! | [`import`] | files of others made records |
//! | [`replay`] | the model as it was at a moment |
//! | [`status`] | how the parts are |
//! | [`web`] | HTTP/JSON, calendars and gRPC-Web |

#![warn(missing_docs)]

pub mod access;
pub mod at_hand;
pub mod audience;
pub mod audit;
pub mod balance;
pub mod changes;
pub mod coverage;
pub mod door;
pub mod download;
pub mod followup;
pub mod forward;
pub mod fresh;
pub mod import;
pub mod key;
pub mod lanes;
pub mod nearby;
pub mod quota;
pub mod reminder;
pub mod repeat;
pub mod replay;
pub mod resolve;
pub mod routes;
pub mod search;
pub mod status;
pub mod stream;
pub mod trace;
pub mod upstream;
pub mod visitor;
pub mod web;

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use rapporteur_proto::changes::v1::Service;
use rapporteur_records::{Feed, Introduction, Records};
use rapporteur_server::network::Listener;
use rapporteur_server::tls::PeerArgs;
use rapporteur_server::{
    Args, Callers, Drain, MainError, Refusals, Serving, Storage, Trail, serve,
};
use rapporteur_views::{Search, Views};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tonic::service::Routes;

use crate::access::{Book, Mint, Oidc, OidcArgs, usage};
use crate::door::Door;
use crate::nearby::Nearby;
use crate::quota::{Quota, QuotaArgs};
use crate::reminder::Reminder;
use crate::upstream::Upstreams;

/// Calls at a time on one connection: the fewest that RFC 9113 6.5.2 recommends, since anybody may connect.
const STREAMS: u32 = 100;

/// One address for all services: forwards, joins, and says who calls.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "rapporteur-gateway", version, mut_arg("listen", |arg| arg.default_value("127.0.0.1:7700")))]
pub struct Arguments {
    /// What every service needs.
    #[command(flatten)]
    pub server: Args,
    /// Where the events service is; of several replicas over one store, all addresses
    #[arg(
        long,
        value_name = "URL,URL",
        value_delimiter = ',',
        default_value = "http://127.0.0.1:7701"
    )]
    pub events: Vec<String>,
    /// Where the recommendations service is; of several replicas over one store, all addresses
    #[arg(
        long,
        value_name = "URL,URL",
        value_delimiter = ',',
        default_value = "http://127.0.0.1:7702"
    )]
    pub recommendations: Vec<String>,
    /// Origins whose pages may call (`https://example.org`); none by default
    #[arg(long, value_name = "ORIGIN,ORIGIN", value_delimiter = ',')]
    pub cors_origins: Vec<String>,
    /// How services at https:// addresses are reached.
    #[command(flatten)]
    pub peers: PeerArgs,
    /// How much callers may ask.
    #[command(flatten)]
    pub quota: QuotaArgs,
    /// Keep no search index; searches are then refused
    #[arg(long, env = "RAPPORTEUR_NO_SEARCH")]
    pub no_search: bool,
    /// Whose tokens are taken, besides keys.
    #[command(flatten)]
    pub oidc: OidcArgs,
}

impl AsRef<Args> for Arguments {
    fn as_ref(&self) -> &Args {
        &self.server
    }
}

impl Arguments {
    /// The file that holds the admin key in clear, written at the first start.
    pub fn admin_key_file(&self) -> PathBuf {
        self.server.data.join("admin.key")
    }

    /// The folder of the search index, which can be deleted while the gateway is stopped and is made again.
    fn search_folder(&self) -> Option<PathBuf> {
        (!self.no_search).then(|| self.server.data.join("search"))
    }

    /// The file with the public keys by which services verify who calls: a JSON Web Key Set, written at each start.
    pub fn caller_keys_file(&self) -> PathBuf {
        self.server.data.join("caller-keys.json")
    }
}

/// Runs the gateway on `listener` until `shutdown` resolves. The services need not run yet.
pub async fn start(
    arguments: Arguments,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), MainError> {
    let storage = open(&arguments).await?;
    start_on(storage, arguments, listener, shutdown).await
}

/// Opens the gateway's store.
pub async fn open(arguments: &Arguments) -> Result<Storage, MainError> {
    // A wrong address is told before anything is made.
    Upstreams::connect(arguments)?;
    Oidc::new(&arguments.oidc)?;
    let data = arguments.server.data.join("store");
    Storage::open("gateway", &data, &arguments.server).await
}

/// [`start`] on a store that is open already, and on any network.
pub async fn start_on(
    storage: Storage,
    arguments: Arguments,
    listener: impl Listener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), MainError> {
    let upstreams = Upstreams::connect(&arguments)?;
    let serving = Serving::from(&arguments.server)
        .fatal(storage.failed())
        .about(env!("CARGO_PKG_VERSION"), storage.engine())
        .callers(Callers::Elsewhere);
    storage.watch_over(serving.readiness());
    let served = run(
        &arguments, listener, serving, &upstreams, &storage, shutdown,
    )
    .await;
    storage.close().await?;
    served
}

async fn run(
    arguments: &Arguments,
    listener: impl Listener,
    serving: Serving,
    upstreams: &Upstreams,
    storage: &Storage,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), MainError> {
    let (store, tokens) = (&storage.store(), storage.tokens.clone());
    key::admin(store, &arguments.admin_key_file()).await?;
    let book = Arc::new(Book::open(Records::new(store.clone())).await?);
    let mint = Arc::new(Mint::open(store).await?);
    let keys_file = arguments.caller_keys_file();
    mint.publish(&keys_file)
        .map_err(|error| format!("{}: {error}", keys_file.display()))?;
    let oidc = Oidc::new(&arguments.oidc)?;
    let door = Door::new(book.clone(), mint.clone(), oidc.clone());
    let refusals = Refusals::over(book.records().clone());
    let metrics = &arguments.server.metrics;
    let door = door.counting(Quota::new(&arguments.quota), metrics.clone());
    let door = Arc::new(door.recording(refusals.clone()));
    let views = Views::load(store).await?;
    let search = arguments
        .search_folder()
        .map(|folder| Search::new(&views, &folder));
    let nearby = Arc::new(Nearby::new(&views));
    for upstream in upstreams.all() {
        let (views, service) = (views.clone(), upstream.service);
        metrics.upstream(&upstream.replicas);
        metrics.feed(upstream.name, move || views.progress(service));
    }
    let mut followers = follow(
        &views,
        &nearby,
        upstreams,
        &mint.introduction("gateway"),
        &serving.drain(),
    );
    attend(&book, oidc, &mut followers, &serving.drain());
    let mut searching = JoinSet::new();
    if let Some(search) = search.clone() {
        searching.spawn(async move { search.keep().await });
    }
    let (following, kept_in, draining) = (mint.clone(), store.clone(), serving.drain().draining());
    followers.spawn(async move {
        tokio::select! {
            () = following.follow(&kept_in, Some(&keys_file)) => {}
            () = draining => {}
        }
    });
    let (own, draining) = (book.records().clone(), serving.drain().draining());
    followers.spawn(async move {
        tokio::select! {
            () = import::forget::each_day(own) => {}
            () = draining => {}
        }
    });
    let followed_up = followup::server(views.clone(), upstreams.clone(), store).await?;
    let feed = Feed::new(store.clone(), Service::Gateway, &access::NOUNS);
    let feed = feed.keeping_secret(access::ring::is_secret);
    let trail = Trail::new(feed, book.records().clone(), &access::NOUNS);
    let imported = import::server(import::Parts {
        records: book.records().clone(),
        upstreams: upstreams.clone(),
        mint: mint.clone(),
        views: views.clone(),
        nearby: nearby.clone(),
        tokens: tokens.clone(),
        refusals: refusals.clone(),
        folder: arguments.server.data.join("imports"),
    });
    let audited = audit::server(upstreams.clone(), trail, refusals.clone());
    let kept = access::service::server(book.clone(), mint, tokens, refusals.clone());
    let router = forward::router(
        upstreams,
        door.clone(),
        nearby,
        Reminder::new(search.clone()),
    );
    let routes = Routes::from(router)
        .add_service(door.guard(coverage::server(views.clone(), upstreams.clone())))
        .add_service(door.guard(trace::server(views.clone(), upstreams.clone())))
        .add_service(door.guard(followed_up))
        .add_service(door.guard(resolve::server(views.clone())))
        .add_service(door.guard(imported))
        .add_service(door.guard(audited))
        .add_service(door.guard(changes::server(upstreams.clone(), book.clone())))
        .add_service(door.guard(kept))
        // Of the gateway's own store, for backups; that of a service is asked of the service.
        .add_service(door.guard(storage.service(refusals.clone())))
        .add_service(door.guard(status::server(
            views.clone(),
            upstreams.clone(),
            store.clone(),
            search.clone(),
        )));
    let routes = match &search {
        Some(search) => {
            let server = search::server(search.clone(), store, refusals.clone()).await?;
            routes.add_service(door.guard(server))
        }
        None => routes,
    };
    let serving = serving.http1().streams(STREAMS).pace(web::pace);
    let router = routes.into_axum_router();
    let tls = arguments.server.tls.tls_cert.is_some();
    let scheme = if tls { "https" } else { "http" };
    let origins = &arguments.cors_origins;
    let routes = web::router(router, &serving.calls(), views, scheme, origins)?;
    // Reflection shows every service: to a client the system is one server.
    let services = rapporteur_proto::descriptor_pool()
        .services()
        .map(|service| service.full_name().to_owned());
    // What operators do to one service's store, they ask of that service.
    let services =
        services.filter(|name| name.starts_with("rapporteur.") && routes::is_public(name));
    let serving = services.fold(
        serving.descriptors(rapporteur_proto::DESCRIPTORS),
        Serving::service,
    );
    let served = serve(listener, routes, serving, shutdown).await;
    followers.shutdown().await;
    if let Some(search) = &search {
        // It leaves the index in order before the folder is somebody else's.
        search.stop();
        searching.join_all().await;
    }
    refusals.close().await;
    // The last minute's.
    if let Err(error) = usage::Ledger::default().write(&book).await {
        tracing::warn!(%error, "could not write when keys were last used");
    }
    Ok(served?)
}

/// Keeps up with what is written of keys and grants, by whatever gateway, writes when keys are used, and fetches
/// the keys of the identity provider.
fn attend(book: &Arc<Book>, oidc: Option<Arc<Oidc>>, followers: &mut JoinSet<()>, drain: &Drain) {
    if let Some(oidc) = oidc {
        let draining = drain.draining();
        followers.spawn(async move {
            tokio::select! {
                () = oidc.follow() => {}
                () = draining => {}
            }
        });
    }
    let (book, draining) = (book.clone(), drain.draining());
    followers.spawn(async move {
        tokio::select! {
            () = book.follow() => {}
            () = usage::Ledger::default().keep(&book) => {}
            () = draining => {}
        }
    });
}

/// Keeps the views up to date beside the calls, and knows which replicas take calls.
fn follow(
    views: &Views,
    nearby: &Arc<Nearby>,
    upstreams: &Upstreams,
    introduction: &Introduction,
    drain: &Drain,
) -> JoinSet<()> {
    let mut followers = JoinSet::new();
    for (place, upstream) in upstreams.all().iter().enumerate() {
        let (nearby, upstream) = (nearby.clone(), upstream.clone());
        let (views, service, replicas) =
            (views.clone(), upstream.service, upstream.replicas.clone());
        let introduction = introduction.clone();
        let draining = drain.draining();
        followers.spawn(async move {
            tokio::select! {
                () = views.follow(service, || replicas.channel(), &introduction) => {}
                () = nearby.keep(place, &upstream, &introduction) => {}
                () = replicas.watch() => {}
                () = draining => {}
            }
        });
    }
    followers
}
