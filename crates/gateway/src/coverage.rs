//! Coverage over gRPC. The counting is in `rapporteur_views::coverage`.

use std::time::Duration;

use rapporteur_proto::gateway::v1::coverage_service_server::{
    CoverageService, CoverageServiceServer,
};
use rapporteur_proto::gateway::v1::{Coverage, GetCoverageRequest};
use rapporteur_server::client::Onward;
use rapporteur_server::{Caller, Deadline, MAX_DECODING_BYTES, status};
use rapporteur_views::{Question, Views, coverage};
use tonic::{Request, Response, Status};

use crate::replay;
use crate::upstream::Upstreams;

/// Largest answer: the proof of a large plan is long, and cutting it would make it no proof.
pub(crate) const ANSWER_BYTES: usize = 64 << 20;
/// Longest wait for the views to reach a position.
const WAIT: Duration = Duration::from_secs(2);
/// Kept back from the deadline, so that the answer still arrives.
const MARGIN: Duration = Duration::from_millis(50);

/// Answers coverage questions.
#[derive(Clone, Debug)]
pub struct Covered {
    views: Views,
    upstreams: Upstreams,
}

/// The generated server.
pub fn server(views: Views, upstreams: Upstreams) -> CoverageServiceServer<Covered> {
    CoverageServiceServer::new(Covered { views, upstreams })
        .max_decoding_message_size(MAX_DECODING_BYTES)
        .max_encoding_message_size(ANSWER_BYTES)
}

/// How long a request may wait for the views.
pub(crate) fn patience<T>(request: &Request<T>) -> Duration {
    Deadline::of(request)
        .remaining()
        .map_or(WAIT, |left| left.saturating_sub(MARGIN).min(WAIT))
}

#[tonic::async_trait]
impl CoverageService for Covered {
    async fn get_coverage(
        &self,
        request: Request<GetCoverageRequest>,
    ) -> Result<Response<Coverage>, Status> {
        let (onward, within) = (Onward::of(&request), patience(&request));
        let sight = Caller::sight_of(&request);
        let request = request.into_inner();
        let question = Question::read(&request).map_err(status)?;
        let (answer, positions) = match request.as_of {
            None => {
                self.views
                    .at_least(&request.at_least, within)
                    .await
                    .map_err(status)?;
                self.views.read(&sight, |model| coverage(model, &question))
            }
            Some(moment) => {
                let (model, positions) = replay::as_of(&self.upstreams, &onward, moment).await?;
                (coverage(&model, &question), positions)
            }
        };
        let answer = answer.map_err(status)?;
        Ok(Response::new(Coverage {
            positions,
            ..answer
        }))
    }
}
