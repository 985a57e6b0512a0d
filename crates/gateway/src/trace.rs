//! Trace over gRPC. The walk is in `rapporteur_views::trace`.

use rapporteur_proto::gateway::v1::trace_service_server::{TraceService, TraceServiceServer};
use rapporteur_proto::gateway::v1::{TraceRequest, TraceResponse};
use rapporteur_server::{MAX_DECODING_BYTES, MAX_ENCODING_BYTES, status};
use rapporteur_views::{Views, trace};
use tonic::{Request, Response, Status};

use crate::coverage::patience;

/// Follows records.
#[derive(Clone, Debug)]
pub struct Traced {
    views: Views,
}

/// The generated server.
pub fn server(views: Views) -> TraceServiceServer<Traced> {
    TraceServiceServer::new(Traced { views })
        .max_decoding_message_size(MAX_DECODING_BYTES)
        .max_encoding_message_size(MAX_ENCODING_BYTES)
}

#[tonic::async_trait]
impl TraceService for Traced {
    async fn trace(
        &self,
        request: Request<TraceRequest>,
    ) -> Result<Response<TraceResponse>, Status> {
        let within = patience(&request);
        let request = request.into_inner();
        self.views
            .at_least(&request.at_least, within)
            .await
            .map_err(status)?;
        let (hops, positions) = self.views.read(|model| trace(model, &request.name));
        Ok(Response::new(TraceResponse {
            hops: hops.map_err(status)?,
            positions,
        }))
    }
}
