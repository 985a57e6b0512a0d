//! The audit trails of all services, asked of them in the name of the caller, who decide who may; and the gateway's own,
//! which tells of keys and grants and of the calls that were refused at the door.

use rapporteur_proto::changes::v1::audit_service_server::{AuditService, AuditServiceServer};
use rapporteur_proto::changes::v1::{
    ListAuditEntriesRequest, ListAuditEntriesResponse, Service, VerifyAuditTrailRequest,
    VerifyAuditTrailResponse,
};
use rapporteur_records::Error;
use rapporteur_server::audit::{ANSWER_BYTES, LIST, VERIFY};
use rapporteur_server::client::Onward;
use rapporteur_server::{Caller, Deadline, MAX_DECODING_BYTES, Refusals, Trail, status};
use tonic::{Request, Response, Status};

use crate::upstream::{Upstream, Upstreams};

/// Asks the services, and answers for the gateway.
#[derive(Clone, Debug)]
pub struct Audit {
    upstreams: Upstreams,
    own: Trail,
    refusals: Refusals,
}

/// The generated server. `own` is the gateway's trail.
pub fn server(upstreams: Upstreams, own: Trail, refusals: Refusals) -> AuditServiceServer<Audit> {
    let audit = Audit {
        upstreams,
        own,
        refusals,
    };
    AuditServiceServer::new(audit)
        .max_decoding_message_size(MAX_DECODING_BYTES)
        .max_encoding_message_size(ANSWER_BYTES)
}

impl Audit {
    /// Whose trail is meant; `None` = the gateway's own.
    fn owner(&self, service: Service) -> Result<Option<&Upstream>, Status> {
        if service == Service::Gateway {
            return Ok(None);
        }
        let owner = self
            .upstreams
            .all()
            .iter()
            .find(|one| one.service == service);
        owner.map(Some).ok_or_else(|| {
            let wrong = "is not SERVICE_EVENTS, SERVICE_RECOMMENDATIONS or SERVICE_GATEWAY";
            status(Error::invalid("service", wrong))
        })
    }
}

#[tonic::async_trait]
impl AuditService for Audit {
    async fn list_audit_entries(
        &self,
        request: Request<ListAuditEntriesRequest>,
    ) -> Result<Response<ListAuditEntriesResponse>, Status> {
        let Some(owner) = self.owner(request.get_ref().service())? else {
            self.refusals.may(&Caller::of(&request), LIST).await?;
            let listed = self.own.list(request.into_inner()).await;
            return listed.map(Response::new).map_err(status);
        };
        let onward = Onward::of(&request);
        let request = onward.request(request.into_inner()).map_err(status)?;
        owner.list_audit_entries(request).await.map(Response::new)
    }

    async fn verify_audit_trail(
        &self,
        request: Request<VerifyAuditTrailRequest>,
    ) -> Result<Response<VerifyAuditTrailResponse>, Status> {
        let Some(owner) = self.owner(request.get_ref().service())? else {
            self.refusals.may(&Caller::of(&request), VERIFY).await?;
            return self.own.verify(request.get_ref()).await.map(Response::new);
        };
        // A walk takes as long as there is to walk: it ends in the time that the caller gives, if any.
        let left = Deadline::of(&request).remaining();
        let onward = Onward::of(&request);
        let mut request = onward.without_deadline(request.into_inner());
        if let Some(left) = left {
            request.set_timeout(left);
        }
        owner.verify_audit_trail(request).await.map(Response::new)
    }
}
