//! Trace over gRPC. The walk is in `rapporteur_views::trace`.

use rapporteur_proto::gateway::v1::trace_service_server::{TraceService, TraceServiceServer};
use rapporteur_proto::gateway::v1::{TraceRequest, TraceResponse};
use rapporteur_server::client::Onward;
use rapporteur_server::{Caller, MAX_DECODING_BYTES, MAX_ENCODING_BYTES, status};
use rapporteur_views::{Views, trace};
use tonic::{Request, Response, Status};

use crate::coverage::patience;
use crate::replay;
use crate::upstream::Upstreams;

/// Follows records.
#[derive(Clone, Debug)]
pub struct Traced {
    views: Views,
    upstreams: Upstreams,
}

/// The generated server.
pub fn server(views: Views, upstreams: Upstreams) -> TraceServiceServer<Traced> {
    TraceServiceServer::new(Traced { views, upstreams })
        .max_decoding_message_size(MAX_DECODING_BYTES)
        .max_encoding_message_size(MAX_ENCODING_BYTES)
}

#[tonic::async_trait]
impl TraceService for Traced {
    async fn trace(
        &self,
        request: Request<TraceRequest>,
    ) -> Result<Response<TraceResponse>, Status> {
        let (onward, within) = (Onward::of(&request), patience(&request));
        let sight = Caller::sight_of(&request);
        let request = request.into_inner();
        let (hops, positions) = match request.as_of {
            None => {
                self.views
                    .at_least(&request.at_least, within)
                    .await
                    .map_err(status)?;
                self.views.read(&sight, |model| trace(model, &request.name))
            }
            Some(moment) => {
                let (model, positions) = replay::as_of(&self.upstreams, &onward, moment).await?;
                (trace(&model, &request.name), positions)
            }
        };
        Ok(Response::new(TraceResponse {
            hops: hops.map_err(status)?,
            positions,
        }))
    }
}
