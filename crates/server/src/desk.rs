//! Between generated servers and records: what every handler of every noun does alike.

use std::fmt;
use std::sync::Arc;

use rapporteur_proto::{PagedRequest, Record, Stored, Timestamp, Wire, WriteRequest};
use rapporteur_records::{Call, Error, Listing, Noun, PageRequest, Records};
use tonic::{Request, Response, Status};

use crate::page::{PageToken, fingerprint, page_size};
use crate::recent::{Answer, Asked, Recent};
use crate::{Caller, status};

/// What a handler answers.
pub type Answered<T> = Result<Response<Wire<T>>, Status>;

/// Answers requests from the records of one service.
#[derive(Clone)]
pub struct Desk {
    records: Records,
    tokens: PageToken,
    recent: Arc<Recent>,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Desk")
    }
}

impl Desk {
    /// A desk over `records`, with the page tokens of their store.
    pub fn new(records: Records, tokens: PageToken) -> Self {
        let recent = Arc::default();
        Self {
            records,
            tokens,
            recent,
        }
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
        let (size, page_token) = query.take_page();
        let size = page_size(size).map_err(status)?;
        let asked = Asked {
            query: fingerprint(&query),
            size,
            page_token,
        };
        // Before anything is read: what is written meanwhile makes the answer too old to be kept.
        let head = self.records.store().head().await;
        let head = head.map_err(|e| status(e.into()))?;
        let answer = match self.recent.get(&asked, head) {
            Some(answer) => answer,
            None => {
                let answer = self
                    .page(noun, &query, &asked, plan)
                    .await
                    .map_err(status)?;
                self.recent.keep(asked, head, &answer);
                answer
            }
        };
        Ok(Response::new(Wire::page(
            answer.records,
            answer.next_page_token,
        )))
    }

    async fn page<T: Record, Q: PagedRequest>(
        &self,
        noun: &Noun<T>,
        query: &Q,
        asked: &Asked,
        plan: impl AsyncFnOnce(&Q) -> Result<Listing<T>, Error>,
    ) -> Result<Answer, Error> {
        let after = self.tokens.decode(&asked.page_token, asked.query)?;
        let listing = plan(query).await?;
        let request = PageRequest {
            size: asked.size,
            after,
            as_of: query.as_of(),
        };
        let page = self.records.list(noun, &listing, &request).await?;
        let next = page.next.map(|key| self.tokens.encode(asked.query, &key));
        Ok(Answer {
            records: page.records,
            next_page_token: next.unwrap_or_default(),
        })
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
