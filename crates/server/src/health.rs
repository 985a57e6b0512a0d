//! `grpc.health.v1`: `""` is the process, a full service name is that service, `liveness` says only
//! that the process runs.

use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};

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

    pub(crate) fn service(&self) -> HealthServer<HealthService> {
        HealthServer::new(HealthService::from_health_reporter(self.reporter.clone()))
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
