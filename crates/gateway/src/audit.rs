//! The audit trail of any service, asked of it in the name of the caller. It decides who may.

use rapporteur_proto::changes::v1::audit_service_server::{AuditService, AuditServiceServer};
use rapporteur_proto::changes::v1::{ListAuditEntriesRequest, ListAuditEntriesResponse};
use rapporteur_records::Error;
use rapporteur_server::client::Onward;
use rapporteur_server::{MAX_DECODING_BYTES, status};
use tonic::{Request, Response, Status};

use crate::upstream::Upstreams;

/// One entry may hold the largest commit twice: as it was, and as it became.
const ANSWER_BYTES: usize = 32 << 20;

/// Asks the services.
#[derive(Clone, Debug)]
pub struct Audit {
    upstreams: Upstreams,
}

/// The generated server.
pub fn server(upstreams: Upstreams) -> AuditServiceServer<Audit> {
    AuditServiceServer::new(Audit { upstreams })
        .max_decoding_message_size(MAX_DECODING_BYTES)
        .max_encoding_message_size(ANSWER_BYTES)
}

#[tonic::async_trait]
impl AuditService for Audit {
    async fn list_audit_entries(
        &self,
        request: Request<ListAuditEntriesRequest>,
    ) -> Result<Response<ListAuditEntriesResponse>, Status> {
        let onward = Onward::of(&request);
        let query = request.into_inner();
        let service = query.service();
        let owner = self
            .upstreams
            .all()
            .iter()
            .find(|one| one.service == service);
        let owner = owner.ok_or_else(|| {
            let wrong = "is not SERVICE_EVENTS or SERVICE_RECOMMENDATIONS";
            status(Error::invalid("service", wrong))
        })?;
        let request = onward.request(query).map_err(status)?;
        owner.list_audit_entries(request).await.map(Response::new)
    }
}
