//! The audit trail of a service over gRPC; the same for every service.

use std::fmt;
use std::sync::Arc;

use rapporteur_proto::changes::v1::audit_service_server::{AuditService, AuditServiceServer};
use rapporteur_proto::changes::v1::{
    ListAuditEntriesRequest, ListAuditEntriesResponse, VerifyAuditTrailRequest,
    VerifyAuditTrailResponse,
};
use rapporteur_records::{Anchor, AnyNoun, Damage, Error, Feed, Records, Whole};
use tokio::sync::Semaphore;
use tonic::{Code, Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::page::page_size;
use crate::refusals::Refusals;
use crate::{Caller, DOMAIN, MAX_DECODING_BYTES, status, stores};

/// Reads the trail.
pub const LIST: &str = "rapporteur.changes.v1.AuditService/ListAuditEntries";
/// Proves it.
pub const VERIFY: &str = "rapporteur.changes.v1.AuditService/VerifyAuditTrail";
/// One entry may hold the largest commit three times: as it was, as it became, and as it is stored.
pub const ANSWER_BYTES: usize = 48 << 20;

/// The audit trail of one store, for whoever may read it.
#[derive(Clone)]
pub struct Trail {
    feed: Feed,
    records: Records,
    nouns: &'static [&'static dyn AnyNoun],
    /// A walk reads everything, so there is one at a time.
    walking: Arc<Semaphore>,
}

impl fmt::Debug for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trail({:?})", self.feed)
    }
}

impl Trail {
    /// The trail of these records, told by this feed of them.
    pub fn new(feed: Feed, records: Records, nouns: &'static [&'static dyn AnyNoun]) -> Self {
        Self {
            feed,
            records,
            nouns,
            walking: Arc::new(Semaphore::new(1)),
        }
    }

    /// A page of it.
    pub async fn list(
        &self,
        mut query: ListAuditEntriesRequest,
    ) -> Result<ListAuditEntriesResponse, Error> {
        let size = page_size(query.page_size)?;
        let token = std::mem::take(&mut query.token);
        let after = self.feed.resume(&token).await?;
        let page = self.feed.audit(after, size, &query).await?;
        Ok(ListAuditEntriesResponse {
            entries: page.entries,
            next_token: page.next.to_string(),
            at_head: page.at_head,
        })
    }

    /// Walks all of it and of what it tells of.
    pub async fn verify(
        &self,
        asked: &VerifyAuditTrailRequest,
    ) -> Result<VerifyAuditTrailResponse, Status> {
        let since = since(asked).map_err(status)?;
        let _walking = self.walking.acquire().await;
        let whole = self.records.whole(self.nouns, since).await;
        whole.map(told).map_err(damaged)
    }
}

/// The place that must still be there.
fn since(asked: &VerifyAuditTrailRequest) -> Result<Option<Anchor>, Error> {
    if asked.since_position == 0 && asked.since_hash.is_empty() {
        return Ok(None);
    }
    let hash = <[u8; 32]>::try_from(&*asked.since_hash);
    let hash = hash.map_err(|_| Error::invalid("since_hash", "is not a hash of 32 bytes"))?;
    let position = asked.since_position;
    Ok(Some(Anchor { position, hash }))
}

/// What was found whole, as the answer.
pub fn told(whole: Whole) -> VerifyAuditTrailResponse {
    VerifyAuditTrailResponse {
        store_id: whole.store_id.to_string(),
        head: whole.head.position,
        head_hash: whole.head.hash.to_vec(),
        rows: whole.store.rows,
        log_entries: whole.store.log_entries,
        history_rows: whole.store.history_rows,
        records: whole.records.records,
        index_rows: whole.records.rows,
        guard_rows: whole.records.guards,
        mirrored_records: whole.mirrored,
    }
}

/// The reason that programs know a damage by.
pub fn reason(damage: &Damage) -> &'static str {
    match damage {
        Damage::Store(error) => stores::reason(error),
        Damage::Records(_) => "RECORDS_DIFFER",
        Damage::Past(_) => "PAST_REWRITTEN",
    }
}

/// Who may ask is told everything: bad places are what the call is about.
fn damaged(damage: Damage) -> Status {
    let reason = reason(&damage);
    let text = damage.to_string();
    match damage {
        Damage::Store(error) => stores::status(error),
        Damage::Records(_) | Damage::Past(_) => {
            let details = ErrorDetails::with_error_info(reason, DOMAIN, []);
            // A status travels in headers, which have little room.
            let short: String = text.chars().take(1_500).collect();
            Status::with_error_details(Code::DataLoss, short, details)
        }
    }
}

/// Serves the audit trail of one service.
#[derive(Clone, Debug)]
pub struct Audit {
    trail: Trail,
    refusals: Refusals,
}

impl Audit {
    /// The generated server over `trail`.
    pub fn server(trail: Trail, refusals: Refusals) -> AuditServiceServer<Self> {
        AuditServiceServer::new(Self { trail, refusals })
            .max_decoding_message_size(MAX_DECODING_BYTES)
            .max_encoding_message_size(ANSWER_BYTES)
    }
}

#[tonic::async_trait]
impl AuditService for Audit {
    async fn list_audit_entries(
        &self,
        request: Request<ListAuditEntriesRequest>,
    ) -> Result<Response<ListAuditEntriesResponse>, Status> {
        self.refusals.may(&Caller::of(&request), LIST).await?;
        let listed = self.trail.list(request.into_inner()).await;
        listed.map(Response::new).map_err(status)
    }

    async fn verify_audit_trail(
        &self,
        request: Request<VerifyAuditTrailRequest>,
    ) -> Result<Response<VerifyAuditTrailResponse>, Status> {
        self.refusals.may(&Caller::of(&request), VERIFY).await?;
        let found = self.trail.verify(request.get_ref()).await;
        found.map(Response::new)
    }
}
