//! Imports: files of others made records. A file is looked at first, and what is committed is what was looked at.
//!
//! A preview reads the file by a mapping (`rapporteur_exchange`), asks the services row by row what they would do, and
//! keeps the plan in the gateway's own store, so that whichever gateway over that store can commit it, go on with it and
//! undo it. The same file again finds its records by their natural keys, of which their names are made, so nothing is
//! doubled. All calls are made in the name of the caller.
//!
//! | module | holds |
//! | --- | --- |
//! | [`noun`] | imports as records |
//! | [`row`], [`kept`] | rows as they are kept, and how far an import is |
//! | `work` | an import on its way, from state to state |
//! | `kinds` | what can be imported, as calls |
//! | [`onto`] | the services, asked in the name of the caller |
//! | `spool`, `preview`, `plan`, `compare`, `ledger` | from a file to a preview |
//! | `outside` | snapshots of outside calendars, each compared with the one before |
//! | `commit`, `undo` | from a preview to the record, and back |
//! | [`forget`] | what nobody will commit |

mod commit;
mod compare;
pub mod forget;
pub mod kept;
mod kinds;
mod ledger;
pub mod noun;
pub mod onto;
mod outside;
mod plan;
mod preview;
pub mod row;
mod spool;
mod undo;
mod work;

use std::collections::HashSet;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::Stream;
use rapporteur_proto::gateway::v1::import_service_server::{ImportService, ImportServiceServer};
use rapporteur_proto::gateway::v1::{
    CommitImportRequest, CommitImportResponse, GetImportRequest, Import, ImportState,
    ImportVerdict, ListImportRowsRequest, ListImportRowsResponse, ListImportsRequest,
    ListImportsResponse, PreviewImportRequest, PreviewImportResponse, UndoImportRequest,
    UndoImportResponse,
};
use rapporteur_proto::{Stored, Wire};
use rapporteur_records::name::id_of;
use rapporteur_records::{Call, Error, Page, PageRequest, Records};
use rapporteur_server::desk::Answered;
use rapporteur_server::page::{fingerprint, page_size};
use rapporteur_server::{Caller, MAX_DECODING_BYTES, PageToken, Refusals, status};
use rapporteur_views::{Names, Views};
use tokio::sync::mpsc;
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;

use self::kept::Kept;
use self::noun::IMPORT;
use self::onto::Onto;
use self::preview::{Asked, Known};
use crate::access::Mint;
use crate::coverage::ANSWER_BYTES;
use crate::nearby::Nearby;
use crate::upstream::Upstreams;
use crate::visitor::Visitor;

/// Rows that one look at a list reads; a filter that matches little gives a short page and a token.
const LOOKED_AT: usize = 2_000;
/// How long a preview waits for copies as fresh as itself; without them it asks the services for each record.
const COPIES_WITHIN: Duration = Duration::from_secs(5);
/// A page of rows ends at the first row past this size.
const PAGE_BYTES: usize = 2 << 20;

/// Imports files.
#[derive(Clone, Debug)]
pub struct Imports(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    records: Records,
    upstreams: Upstreams,
    mint: Arc<Mint>,
    names: Names,
    nearby: Arc<Nearby>,
    tokens: PageToken,
    refusals: Refusals,
    /// Where files stay while they are read.
    folder: PathBuf,
    /// Imports that are being written or taken back here.
    busy: Mutex<HashSet<String>>,
}

/// What the gateway has for imports.
#[derive(Debug)]
pub struct Parts {
    /// The gateway's own records.
    pub records: Records,
    /// The services.
    pub upstreams: Upstreams,
    /// Says to them who calls.
    pub mint: Arc<Mint>,
    /// Tells names of parties.
    pub views: Views,
    /// Knows the records that are there.
    pub nearby: Arc<Nearby>,
    /// Makes page tokens.
    pub tokens: PageToken,
    /// Where refused calls go on record.
    pub refusals: Refusals,
    /// Where files stay while they are read.
    pub folder: PathBuf,
}

/// The generated server.
pub fn server(parts: Parts) -> ImportServiceServer<Imports> {
    let imports = Imports(Arc::new(Inner {
        records: parts.records,
        upstreams: parts.upstreams,
        mint: parts.mint,
        names: Names::new(&parts.views),
        nearby: parts.nearby,
        tokens: parts.tokens,
        refusals: parts.refusals,
        folder: parts.folder,
        busy: Mutex::default(),
    }));
    ImportServiceServer::new(imports)
        .max_decoding_message_size(MAX_DECODING_BYTES)
        .max_encoding_message_size(ANSWER_BYTES)
}

/// The full name of a method of this service.
macro_rules! rpc {
    ($method:literal) => {
        concat!("rapporteur.gateway.v1.ImportService/", $method)
    };
}

/// Answers as they come.
type Told<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl ImportService for Imports {
    type PreviewImportStream = Told<PreviewImportResponse>;
    type CommitImportStream = Told<CommitImportResponse>;
    type UndoImportStream = Told<UndoImportResponse>;

    async fn preview_import(
        &self,
        request: Request<Streaming<PreviewImportRequest>>,
    ) -> Result<Response<Self::PreviewImportStream>, Status> {
        let (caller, onto) = self.allowed(&request, rpc!("PreviewImport")).await?;
        let mut parts = request.into_inner();
        let first = parts.message().await?;
        let mut first = first.ok_or_else(|| status(Error::invalid("dialogue", "is missing")))?;
        let asked = Asked::read(&first).map_err(status)?;
        let data = std::mem::take(&mut first.data);
        let spooled = spool::receive(&self.0.folder, data, parts).await?;
        let names = self.0.names.clone();
        let told = tokio::task::spawn_blocking(move || names.resolver().0).await;
        let parties = told.map_err(|error| status(Error::Internal(error.to_string())))?;
        let mut call = Call::new(&caller.id, rpc!("PreviewImport"), &first);
        call.log_id = caller.request_id;
        let this = self.clone();
        Ok(tell(|told| async move {
            let id = Uuid::now_v7().to_string();
            let what = (&this.0.records, call, id.as_str());
            let file = (asked, spooled);
            // What was acknowledged before now is seen in any case.
            let there = this.0.nearby.at_hand(&onto.rights, COPIES_WITHIN).await;
            let known = Known { parties, there };
            let import = preview::preview(what, onto, file, known, told.clone()).await;
            let end = import.map(|import| PreviewImportResponse {
                rows: Vec::new(),
                import: Some(import),
            });
            told.send(end).await.ok();
        }))
    }

    async fn commit_import(
        &self,
        request: Request<CommitImportRequest>,
    ) -> Result<Response<Self::CommitImportStream>, Status> {
        let (caller, onto) = self.allowed(&request, rpc!("CommitImport")).await?;
        let request = request.into_inner();
        let busy = self.begin(&request.name)?;
        let import = self.read(&request.name, &caller).await?;
        let refused = import.summary.unwrap_or_default().refused;
        if refused > 0 && !request.continue_on_error && import.state() != ImportState::Committed {
            return Err(status(Error::Precondition {
                reason: "ROWS_REFUSED",
                subject: import.name,
                description: format!(
                    "{refused} rows are refused; with continue_on_error the others are imported"
                ),
                legal: Vec::new(),
            }));
        }
        let mut call = Call::new(&caller.id, rpc!("CommitImport"), &request);
        call.log_id = caller.request_id;
        call.reason.clone_from(&request.reason);
        let this = self.clone();
        Ok(tell(|told| async move {
            let _busy = busy;
            let end = this.commit(&onto, &call, import, &request, &told).await;
            told.send(end).await.ok();
        }))
    }

    async fn undo_import(
        &self,
        request: Request<UndoImportRequest>,
    ) -> Result<Response<Self::UndoImportStream>, Status> {
        let (caller, onto) = self.allowed(&request, rpc!("UndoImport")).await?;
        let request = request.into_inner();
        let busy = self.begin(&request.name)?;
        let import = self.read(&request.name, &caller).await?;
        let mut call = Call::new(&caller.id, rpc!("UndoImport"), &request);
        call.log_id = caller.request_id;
        call.reason.clone_from(&request.reason);
        let this = self.clone();
        Ok(tell(|told| async move {
            let _busy = busy;
            let end = this
                .undo(&onto, &call, import, &request.reason, &told)
                .await;
            told.send(end).await.ok();
        }))
    }

    async fn get_import(&self, request: Request<GetImportRequest>) -> Answered<Import> {
        let (caller, _) = self.allowed(&request, rpc!("GetImport")).await?;
        let name = request.into_inner().name;
        self.read(&name, &caller).await?;
        rapporteur_server::desk::record(self.0.records.get(&IMPORT, &name, None).await)
    }

    async fn list_imports(
        &self,
        request: Request<ListImportsRequest>,
    ) -> Answered<ListImportsResponse> {
        let (caller, _) = self.allowed(&request, rpc!("ListImports")).await?;
        let mut query = request.into_inner();
        let size = page_size(std::mem::take(&mut query.page_size)).map_err(status)?;
        let token = std::mem::take(&mut query.page_token);
        let print = fingerprint(&query).with(caller.id.as_bytes());
        let page = async {
            let asked = PageRequest {
                size,
                after: self.0.tokens.decode(&token, print)?,
                as_of: None,
            };
            let listing = noun::listing(query.dialogue, caller)?;
            self.0.records.list(&IMPORT, &listing, &asked).await
        };
        let Page { records, next } = page.await.map_err(status)?;
        let next = next.map(|key| self.0.tokens.encode(print, &key));
        let records: Vec<Stored> = records;
        Ok(Response::new(Wire::page(records, next.unwrap_or_default())))
    }

    async fn list_import_rows(
        &self,
        request: Request<ListImportRowsRequest>,
    ) -> Result<Response<ListImportRowsResponse>, Status> {
        let (caller, _) = self.allowed(&request, rpc!("ListImportRows")).await?;
        let mut query = request.into_inner();
        let size = page_size(std::mem::take(&mut query.page_size)).map_err(status)?;
        let token = std::mem::take(&mut query.page_token);
        let print = fingerprint(&query).with(caller.id.as_bytes());
        self.read(&query.parent, &caller).await?;
        let after = self.0.tokens.decode(&token, print).map_err(status)?;
        let after = <[u8; 8]>::try_from(after.as_slice()).ok();
        let from = after.map_or(0, |place| u64::from_be_bytes(place).saturating_add(1));
        let kept = Kept::of(self.0.records.store(), id_of(&query.parent));
        let looked = kept.from(from, LOOKED_AT).await.map_err(status)?;
        let (mut rows, mut bytes, mut last) = (Vec::new(), 0, None);
        let all = looked.len() < LOOKED_AT;
        let count = looked.len();
        let mut seen = 0;
        for (place, kept) in looked {
            if rows.len() == size || bytes > PAGE_BYTES {
                break;
            }
            (seen, last) = (seen + 1, Some(place));
            let row = kept.shown();
            if [row.verdict(), ImportVerdict::Unspecified].contains(&query.verdict()) {
                bytes += prost::Message::encoded_len(&row);
                rows.push(row);
            }
        }
        let ended = all && seen == count;
        let next = last.filter(|_| !ended);
        let next = next.map(|place| self.0.tokens.encode(print, &place.to_be_bytes()));
        Ok(Response::new(ListImportRowsResponse {
            rows,
            next_page_token: next.unwrap_or_default(),
        }))
    }
}

impl Imports {
    /// Who calls, if they may, and the services in their name.
    async fn allowed<T: Sync>(
        &self,
        request: &Request<T>,
        rpc: &'static str,
    ) -> Result<(Caller, Onto), Status> {
        let caller = Caller::of(request);
        self.0.refusals.may(&caller, rpc).await?;
        let visitor = request.extensions().get::<Visitor>();
        let rights = visitor.map_or_else(|| caller.rights.clone(), |it| it.rights.clone());
        let onto = Onto {
            upstreams: self.0.upstreams.clone(),
            mint: self.0.mint.clone(),
            caller: caller.id.clone(),
            rights,
            request_id: caller.request_id.clone(),
        };
        Ok((caller, onto))
    }

    async fn read(&self, name: &str, caller: &Caller) -> Result<Import, Status> {
        let found = noun::read(&self.0.records, name, caller).await;
        found.map_err(status)
    }
}

/// Answers of work that goes on beside the call.
fn tell<T: Send + 'static, F: Future<Output = ()> + Send + 'static>(
    work: impl FnOnce(mpsc::Sender<Result<T, Status>>) -> F,
) -> Response<Told<T>> {
    let (sender, mut receiver) = mpsc::channel(4);
    tokio::spawn(work(sender));
    let answers = futures::stream::poll_fn(move |context| receiver.poll_recv(context));
    Response::new(Box::pin(answers))
}
