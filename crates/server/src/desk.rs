//! Between generated servers and records: what every handler of every noun does alike.

use std::fmt;
use std::sync::Arc;

use rapporteur_access::Rights;
use rapporteur_proto::{
    BatchGetRequest, GetRequest, PagedRequest, Record, Stored, Wire, WriteRequest,
};
use rapporteur_records::{
    AnyNoun, Call, Error, Listing, Noun, PageRequest, Records, Sight, layout,
};
use tonic::{Request, Response, Status};

use crate::page::{PageToken, fingerprint, page_size};
use crate::recent::{Answer, Asked, Recent};
use crate::refusals::Refusals;
use crate::{Caller, permitted, status};

/// What a handler answers.
pub type Answered<T> = Result<Response<Wire<T>>, Status>;

/// Answers requests from the records of one service, to each caller what that caller may see and do.
#[derive(Clone)]
pub struct Desk {
    records: Records,
    tokens: PageToken,
    recent: Arc<Recent>,
    refusals: Refusals,
    nouns: &'static [&'static dyn AnyNoun],
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Desk")
    }
}

impl Desk {
    /// A desk over `records` of these nouns, with the page tokens of their store.
    pub fn new(
        records: Records,
        tokens: PageToken,
        nouns: &'static [&'static dyn AnyNoun],
    ) -> Self {
        Self {
            refusals: Refusals::over(records.clone()),
            records,
            tokens,
            recent: Arc::default(),
            nouns,
        }
    }

    /// The records behind it, all of them.
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// Where calls go on record that are refused.
    pub fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    /// The records that the caller of this request sees.
    pub fn records_for<R>(&self, request: &Request<R>) -> Records {
        self.records.seen_by(Caller::sight_of(request))
    }

    /// Answers a Get.
    pub async fn get<T: Record, Q: GetRequest>(
        &self,
        noun: &Noun<T>,
        request: Request<Q>,
    ) -> Answered<T> {
        let records = self.records_for(&request);
        let query = request.into_inner();
        record(records.get(noun, query.name(), query.as_of()).await)
    }

    /// Answers a BatchGet.
    pub async fn batch_get<T: Record, L, Q: BatchGetRequest>(
        &self,
        noun: &Noun<T>,
        request: Request<Q>,
    ) -> Answered<L> {
        let records = self.records_for(&request);
        let query = request.into_inner();
        let found = records.get_many(noun, query.names(), query.as_of()).await;
        let found = found.map_err(status)?;
        Ok(Response::new(Wire::page(found, String::new())))
    }

    /// Answers a List. `plan` turns the request (its page taken out) into what to look for among the records that
    /// the caller sees.
    pub async fn list<T: Record, L, Q: PagedRequest>(
        &self,
        noun: &Noun<T>,
        request: Request<Q>,
        plan: impl AsyncFnOnce(&Records, &Q) -> Result<Listing<T>, Error>,
    ) -> Answered<L> {
        let sight = Caller::sight_of(&request);
        let mut query = request.into_inner();
        let (size, page_token) = query.take_page();
        let size = page_size(size).map_err(status)?;
        let asked = Asked {
            query: fingerprint(&query),
            size,
            page_token,
            // What nobody is kept from is the same for everybody.
            sight: if noun.is_never_internal() {
                Sight::Everything
            } else {
                sight.clone()
            },
        };
        // Before anything is read: what is written meanwhile makes the answer too old to be kept.
        let head = self.records.store().head().await;
        let head = head.map_err(|e| status(e.into()))?;
        let answer = match self.recent.get(&asked, head) {
            Some(answer) => answer,
            None => {
                let records = self.records.seen_by(sight);
                let answer = self.page(&records, noun, &query, &asked, plan).await;
                let answer = answer.map_err(status)?;
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
        records: &Records,
        noun: &Noun<T>,
        query: &Q,
        asked: &Asked,
        plan: impl AsyncFnOnce(&Records, &Q) -> Result<Listing<T>, Error>,
    ) -> Result<Answer, Error> {
        let after = self.tokens.decode(&asked.page_token, asked.query)?;
        let listing = plan(records, query).await?;
        let request = PageRequest {
            size: asked.size,
            after,
            as_of: query.as_of(),
        };
        let page = records.list(noun, &listing, &request).await?;
        let next = page.next.map(|key| self.tokens.encode(asked.query, &key));
        Ok(Answer {
            records: page.records,
            next_page_token: next.unwrap_or_default(),
        })
    }

    /// A write request as the call that the change log keeps, and its message, if the caller may make it.
    pub async fn received<R: WriteRequest>(
        &self,
        rpc: &'static str,
        request: Request<R>,
    ) -> Result<(Call, R), Status> {
        let caller = Caller::of(&request);
        let (call, message) = received(rpc, request);
        match self.may(&caller, rpc, &message).await {
            Ok(()) => Ok((call, message)),
            Err(error) => Err(self.refusals.refuse(&call, message.subject(), error).await),
        }
    }

    /// Whether the caller may make this call on the record that it is about.
    async fn may(
        &self,
        caller: &Caller,
        rpc: &'static str,
        message: &impl WriteRequest,
    ) -> Result<(), Error> {
        if caller.rights == Rights::All {
            return Ok(());
        }
        let subject = message.subject();
        let stored = self.parties_of(subject).await?;
        let proposed = message.proposed_parties().unwrap_or_default();
        let stored: Vec<&str> = stored.iter().map(String::as_str).collect();
        // Neither may a record be taken from others nor given to them. One that belongs to nobody is judged as such.
        let both = [stored, proposed];
        let owned: Vec<&[&str]> = both
            .iter()
            .map(Vec::as_slice)
            .filter(|parties| !parties.is_empty())
            .collect();
        let whose = if owned.is_empty() {
            vec![&[][..]]
        } else {
            owned
        };
        for parties in whose {
            permitted(rpc, &caller.rights, caller.is_known(), subject, parties)?;
        }
        Ok(())
    }

    /// The parties to whom the record of this name belongs; none when there is no such record.
    async fn parties_of(&self, name: &str) -> Result<Vec<String>, Error> {
        let noun = self.nouns.iter().find(|noun| noun.pattern().matches(name));
        let Some(noun) = noun else {
            return Ok(Vec::new());
        };
        let row = self
            .records
            .store()
            .get(&layout::record(noun.kind(), name))
            .await?;
        let Some(row) = row else {
            return Ok(Vec::new());
        };
        noun.parties(&row.value)
            .map_err(|error| Error::Internal(format!("{name} does not decode: {error}")))
    }
}

/// A write request as the call that the change log keeps, and its message. Whether it may be made is for
/// [`Desk::received`] to say, or for whoever answers it otherwise.
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

/// One record as an answer.
pub fn record<T>(outcome: Result<Stored, Error>) -> Answered<T> {
    outcome
        .map(|stored| Response::new(Wire::record(stored)))
        .map_err(status)
}
