//! The audit trail of a service over gRPC; the same for every service.

use rapporteur_proto::changes::v1::audit_service_server::{AuditService, AuditServiceServer};
use rapporteur_proto::changes::v1::{ListAuditEntriesRequest, ListAuditEntriesResponse};
use rapporteur_records::{Error, Feed};
use tonic::{Request, Response, Status};

use crate::page::page_size;
use crate::{Caller, MAX_DECODING_BYTES, permitted, status};

const RPC: &str = "rapporteur.changes.v1.AuditService/ListAuditEntries";
/// One entry may hold the largest commit twice: as it was, and as it became.
const ANSWER_BYTES: usize = 32 << 20;

/// Serves the audit trail of one service.
#[derive(Clone, Debug)]
pub struct Audit {
    feed: Feed,
}

impl Audit {
    /// The generated server over `feed`.
    pub fn server(feed: Feed) -> AuditServiceServer<Self> {
        AuditServiceServer::new(Self { feed })
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
        may(&Caller::of(&request), RPC).map_err(status)?;
        let mut query = request.into_inner();
        let size = page_size(query.page_size).map_err(status)?;
        let token = std::mem::take(&mut query.token);
        let after = self.feed.resume(&token).await.map_err(status)?;
        let page = self.feed.audit(after, size, &query).await.map_err(status)?;
        Ok(Response::new(ListAuditEntriesResponse {
            entries: page.entries,
            next_token: page.next.to_string(),
            at_head: page.at_head,
        }))
    }
}

/// Whether a caller may make a call that is about no record.
pub(crate) fn may(caller: &Caller, rpc: &str) -> Result<(), Error> {
    permitted(rpc, &caller.rights, caller.is_known(), "", &[])
}
