//! Names told over gRPC. The telling is in `rapporteur_views::resolve`.

use std::time::Instant;

use rapporteur_proto::gateway::v1::resolve_service_server::{ResolveService, ResolveServiceServer};
use rapporteur_proto::gateway::v1::{ResolveNamesRequest, ResolveNamesResponse};
use rapporteur_server::{Deadline, MAX_DECODING_BYTES, status};
use rapporteur_views::{Names, Views, resolve};
use tonic::{Request, Response, Status};

use crate::coverage::{ANSWER_BYTES, patience};

/// Tells names.
#[derive(Clone, Debug)]
pub struct Told {
    views: Views,
    names: Names,
}

/// The generated server.
pub fn server(views: Views) -> ResolveServiceServer<Told> {
    let names = Names::new(&views);
    ResolveServiceServer::new(Told { views, names })
        .max_decoding_message_size(MAX_DECODING_BYTES)
        .max_encoding_message_size(ANSWER_BYTES)
}

#[tonic::async_trait]
impl ResolveService for Told {
    async fn resolve_names(
        &self,
        request: Request<ResolveNamesRequest>,
    ) -> Result<Response<ResolveNamesResponse>, Status> {
        let within = patience(&request);
        let end = Deadline::of(&request)
            .remaining()
            .map(|left| Instant::now() + left);
        let request = request.into_inner();
        let only = resolve::check(&request).map_err(status)?;
        self.views
            .at_least(&request.at_least, within)
            .await
            .map_err(status)?;
        let names = self.names.clone();
        // Thousands of names with letters wrong take a while; other calls do not wait for them.
        let told = tokio::task::spawn_blocking(move || {
            let (resolver, positions) = names.resolver();
            let go_on = || end.is_none_or(|end| Instant::now() < end);
            resolve::resolve(&resolver, &request, only, go_on).map(|cells| (cells, positions))
        });
        let told = told
            .await
            .map_err(|error| Status::internal(error.to_string()))?;
        let (cells, positions) = told.map_err(status)?;
        let cells = cells.ok_or_else(|| {
            Status::deadline_exceeded(
                "the time was over before all names were told; ask for fewer at a time",
            )
        })?;
        Ok(Response::new(ResolveNamesResponse { cells, positions }))
    }
}
