//! Between generated servers and records: what every handler of every noun does alike.

use rapporteur_proto::{PagedRequest, Record, Stored, Timestamp, Wire, WriteRequest};
use rapporteur_records::{Call, Error, Listing, Noun, PageRequest, Records};
use tonic::{Request, Response, Status};

use crate::page::{PageToken, fingerprint, page_size};
use crate::{Caller, status};

/// What a handler answers.
pub type Answered<T> = Result<Response<Wire<T>>, Status>;

/// Answers requests from the records of one service.
#[derive(Clone, Debug)]
pub struct Desk {
    records: Records,
    tokens: PageToken,
}

impl Desk {
    /// A desk over `records`, with the page tokens of their store.
    pub fn new(records: Records, tokens: PageToken) -> Self {
        Self { records, tokens }
    }

    /// The records behind it.
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// Answers a Get.
    pub async fn get<T: Record>(
        &self,
        noun: &Noun<T>,
        name: &str,
        as_of: Option<Timestamp>,
    ) -> Answered<T> {
        record(self.records.get(noun, name, as_of).await)
    }

    /// Answers a BatchGet.
    pub async fn batch_get<T: Record, L>(
        &self,
        noun: &Noun<T>,
        names: &[String],
        as_of: Option<Timestamp>,
    ) -> Answered<L> {
        let records = self
            .records
            .get_many(noun, names, as_of)
            .await
            .map_err(status)?;
        Ok(Response::new(Wire::page(records, String::new())))
    }

    /// Answers a List. `plan` turns the request (its page taken out) into what to look for.
    pub async fn list<T: Record, L, Q: PagedRequest>(
        &self,
        noun: &Noun<T>,
        request: Request<Q>,
        plan: impl AsyncFnOnce(&Q) -> Result<Listing<T>, Error>,
    ) -> Answered<L> {
        let mut query = request.into_inner();
        let (size, token) = query.take_page();
        let size = page_size(size).map_err(status)?;
        let query_is = fingerprint(&query);
        let after = self.tokens.decode(&token, query_is).map_err(status)?;
        let listing = plan(&query).await.map_err(status)?;
        let request = PageRequest {
            size,
            after,
            as_of: query.as_of(),
        };
        let page = self
            .records
            .list(noun, &listing, &request)
            .await
            .map_err(status)?;
        let next = page
            .next
            .map(|key| self.tokens.encode(query_is, &key))
            .unwrap_or_default();
        Ok(Response::new(Wire::page(page.records, next)))
    }
}

/// One record as an answer.
pub fn record<T>(outcome: Result<Stored, Error>) -> Answered<T> {
    outcome
        .map(|stored| Response::new(Wire::record(stored)))
        .map_err(status)
}

/// A write request as the call that the change log keeps, and its message.
pub fn received<R: WriteRequest>(rpc: &'static str, request: Request<R>) -> (Call, R) {
    let caller = Caller::of(&request);
    let message = request.into_inner();
    let mut call = Call::new(&caller.id, rpc, &message);
    call.log_id = caller.request_id;
    message.request_id().clone_into(&mut call.request_id);
    message.reason().clone_into(&mut call.reason);
    call.validate_only = message.validate_only();
    (call, message)
}
