//! `grpc.health.v1`: `""` is the process, a full service name is that service, `liveness` says only
//! that the process runs.

use tonic::metadata::MetadataValue;
use tonic::{Request, Response, Status};
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health as HealthCalls, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_health::server::{HealthReporter, HealthService};

use crate::serving::About;

/// Metadata key of the program's version on health answers.
pub const VERSION_KEY: &str = "rapporteur-version";
/// Metadata key of the storage engine on health answers.
pub const ENGINE_KEY: &str = "rapporteur-engine";

/// The name that stays SERVING through faults and drain: a process is not killed for those.
pub(crate) const LIVENESS: &str = "liveness";

/// The health of a process and its services, which turn together.
pub(crate) struct Health {
    reporter: HealthReporter,
    names: Vec<String>,
}

impl Health {
    pub(crate) async fn of(services: &[String]) -> Self {
        let health = Self {
            reporter: HealthReporter::new(),
            names: services.to_vec(),
        };
        health
            .reporter
            .set_service_status(LIVENESS, ServingStatus::Serving)
            .await;
        health.set(true).await;
        health
    }

    pub(crate) fn service(&self, about: About) -> HealthServer<Introduced> {
        let health = HealthService::from_health_reporter(self.reporter.clone());
        HealthServer::new(Introduced { health, about })
    }

    pub(crate) async fn set(&self, serving: bool) {
        let status = if serving {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        };
        self.reporter.set_service_status("", status).await;
        for name in &self.names {
            self.reporter.set_service_status(name, status).await;
        }
    }
}

/// The health service of tonic, whose answers also say what answers.
pub(crate) struct Introduced {
    health: HealthService,
    about: About,
}

#[tonic::async_trait]
impl HealthCalls for Introduced {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let mut answer = self.health.check(request).await?;
        for (key, value) in [
            (VERSION_KEY, self.about.version),
            (ENGINE_KEY, (self.about.engine)()),
        ] {
            if !value.is_empty() {
                let value = MetadataValue::from_static(value);
                answer.metadata_mut().insert(key, value);
            }
        }
        Ok(answer)
    }

    type WatchStream = <HealthService as HealthCalls>::WatchStream;

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        self.health.watch(request).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

    use super::*;

    #[tokio::test]
    async fn the_engine_is_the_one_of_the_moment() {
        let moved = Arc::new(AtomicBool::new(false));
        let has_moved = moved.clone();
        let engine = move || if has_moved.load(SeqCst) { "new" } else { "old" };
        let introduced = Introduced {
            health: HealthService::from_health_reporter(HealthReporter::new()),
            about: About {
                version: "1",
                engine: Arc::new(engine),
            },
        };
        for (now, name) in [(false, "old"), (true, "new")] {
            moved.store(now, SeqCst);
            let asked = Request::new(HealthCheckRequest::default());
            let answer = introduced.check(asked).await.unwrap();
            let said = answer.metadata().get(ENGINE_KEY).unwrap();
            assert_eq!(said.to_str().unwrap(), name);
        }
    }
}
