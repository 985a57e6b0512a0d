//! What every rapporteur process needs around its services, so that a service is only its trade.
//!
//! This crate turns arguments into a running server and a domain error into a status; it promises that
//! every call has a deadline, an id and an answer, that every error says why in a form for programs,
//! and that a process which is asked to stop finishes what it began. It deliberately knows nothing of
//! events or recommendations, holds no storage and decides no rights.
//!
//! | module | holds |
//! | --- | --- |
//! | [`args`] | flags, variables and file keys: one definition ([`Args`], [`args::parse`]) |
//! | [`telemetry`] | log lines on stderr |
//! | [`metrics`] | figures for Prometheus |
//! | [`trace`] | spans for OpenTelemetry |
//! | [`run()`] | the life of a process, [`shutdown_signal`] |
//! | [`serve()`], [`Serving`] | listener + routes -> server with health, reflection, limits, drain |
//! | [`Drain`], [`Readiness`] | "the process stops" to services, "I cannot work" from them |
//! | [`CallLayer`] | request id, deadline, panic, log of each call |
//! | [`deadline`] | [`Deadline`] of the present call, which methods have none |
//! | [`Caller`] | who calls |
//! | [`tls`] | private connections, both ways; [`tls::Peer`]: who is at the other end |
//! | [`status()`] | `rapporteur_records::Error` -> `tonic::Status`, the only such place |
//! | [`desk`] | what every handler does alike: get, list, write requests |
//! | [`changes`] | the change feed over gRPC |
//! | [`Storage`] | the open store of a process, watched |
//! | [`stores`] | what operators do to it over gRPC |
//! | [`audit`], [`Refusals`] | the audit trail over gRPC, and refused calls in it |
//! | [`Keeping`] | all of this around a service that keeps records |
//! | [`page`] | page sizes and page tokens |
//! | [`Desk`], [`Changes`] | what every handler of records, and every change feed, does alike |
//! | [`client`], [`Raw`] | calls to other services; messages as bytes |
//!
//! # A service in one page
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use clap::Parser;
//! use rapporteur_server::{Args, MainError, Serving, Storage, run, serve, shutdown_signal};
//! use tokio::net::TcpListener;
//! use tonic::service::Routes;
//!
//! /// Keeps the events of the dialogues.
//! #[derive(Parser)]
//! // Another default than the shared one:
//! #[command(version, mut_arg("listen", |arg| arg.default_value("127.0.0.1:7401")))]
//! struct Arguments {
//!     #[command(flatten)]
//!     server: Args,
//!     // Own flags get RAPPORTEUR_GREETING and the file key `greeting` by themselves.
//!     #[arg(long, default_value = "hello")]
//!     greeting: String,
//! }
//!
//! impl AsRef<Args> for Arguments {
//!     fn as_ref(&self) -> &Args {
//!         &self.server
//!     }
//! }
//!
//! fn main() -> ExitCode {
//!     run(start)
//! }
//!
//! async fn start(args: Arguments) -> Result<(), MainError> {
//!     let storage = Storage::open("events", &args.server.data, &args.server).await?;
//!     let listener = TcpListener::bind(args.server.listen).await?;
//!     let serving = Serving::from(&args.server)
//!         // .descriptors(rapporteur_proto::FILE_DESCRIPTOR_SET)
//!         .service("rapporteur.events.v1.EventService");
//!     let _drain = serving.drain(); // for followers and sweepers; `Watch` streams end by themselves
//!     let routes = Routes::default();
//!     // .add_service(EventServiceServer::new(api)
//!     //     .max_decoding_message_size(MAX_DECODING_BYTES)
//!     //     .max_encoding_message_size(MAX_ENCODING_BYTES))
//!     let served = serve(listener, routes, serving, shutdown_signal()).await;
//!     storage.close().await?; // after the last call, whatever `served` says
//!     Ok(served?)
//! }
//! ```
//!
//! A handler:
//!
//! ```text
//! async fn list_events(&self, request: Request<ListEventsRequest>) -> Result<Response<ListEventsResponse>, Status> {
//!     let caller = Caller::of(&request);                       // before into_inner
//!     let mut query = request.into_inner();
//!     let size = page_size(query.page_size).map_err(status)?;
//!     let token = std::mem::take(&mut query.page_token);
//!     query.page_size = 0;
//!     let fingerprint = fingerprint(&query);
//!     let after = self.tokens.decode(&token, fingerprint).map_err(status)?; // empty: from the beginning
//!     let (events, last_key, more) = self.calendar.list(&caller, &query, &after, size).await.map_err(status)?;
//!     let next_page_token = if more { self.tokens.encode(fingerprint, &last_key) } else { String::new() };
//!     Ok(Response::new(ListEventsResponse { events, next_page_token }))
//! }
//! ```

#![warn(missing_docs)]

/// The allocator of every process: a commit or an answer makes many small pieces and frees them on another
/// thread, at which glibc's is slow.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub mod args;
pub mod audit;
pub mod changes;
pub mod client;
pub mod deadline;
pub mod desk;
pub mod metrics;
pub mod network;
pub mod page;
pub mod stores;
pub mod telemetry;
pub mod tls;
pub mod trace;

mod accept;
mod answer;
mod call;
mod caller;
mod callers;
mod drain;
mod explain;
mod guarded;
mod health;
mod keeping;
mod permission;
mod probes;
mod raw;
mod recent;
mod refusals;
mod replicas;
mod run;
mod secured;
mod serve;
mod serving;
mod status;
mod storage;
mod together;
mod untaken;

pub use answer::Answer;
pub use args::{Args, arguments};
pub use audit::{Audit, Trail};
pub use call::{Call, CallFuture, CallLayer};
pub use caller::{ANONYMOUS, CALLER_KEY, Caller, REQUEST_ID_KEY, is_caller_id, is_request_id};
pub use callers::Callers;
pub use changes::Changes;
pub use deadline::Deadline;
pub use desk::Desk;
pub use drain::{Drain, Readiness};
pub use explain::code_name;
pub use health::{ENGINE_KEY, VERSION_KEY};
pub use keeping::Keeping;
pub use metrics::Metrics;
pub use page::PageToken;
pub use permission::permitted;
pub use raw::Raw;
pub use refusals::Refusals;
pub use replicas::{Replica, Replicas};
pub use run::{MainError, run, run_from, shutdown_signal};
pub use serve::{MAX_DECODING_BYTES, MAX_ENCODING_BYTES, ServeError, serve};
pub use serving::Serving;
pub use status::{DOMAIN, status};
pub use storage::{Storage, StoreArgs, StoreServerArgs};
pub use together::Together;
