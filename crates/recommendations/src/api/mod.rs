//! gRPC: each handler takes the request apart, asks the noun, and answers. No rule lives here.

mod addressee;
mod assessment;
mod commitment;
mod instrument;
mod progress_report;
mod recommendation;
mod schedule;
mod verdict;
mod vocabulary;

use rapporteur_proto::recommendations::v1::addressee_service_server::AddresseeServiceServer;
use rapporteur_proto::recommendations::v1::assessment_service_server::AssessmentServiceServer;
use rapporteur_proto::recommendations::v1::commitment_service_server::CommitmentServiceServer;
use rapporteur_proto::recommendations::v1::instrument_service_server::InstrumentServiceServer;
use rapporteur_proto::recommendations::v1::progress_report_service_server::ProgressReportServiceServer;
use rapporteur_proto::recommendations::v1::recommendation_service_server::RecommendationServiceServer;
use rapporteur_proto::recommendations::v1::schedule_service_server::ScheduleServiceServer;
use rapporteur_proto::recommendations::v1::verdict_service_server::VerdictServiceServer;
use rapporteur_proto::recommendations::v1::vocabulary_service_server::VocabularyServiceServer;
use rapporteur_server::{Desk, MAX_DECODING_BYTES, MAX_ENCODING_BYTES};
use tonic::service::Routes;

use crate::register::Register;

/// Full names of the services that [`routes`] answers, for health.
pub const SERVICES: [&str; 9] = [
    "rapporteur.recommendations.v1.InstrumentService",
    "rapporteur.recommendations.v1.RecommendationService",
    "rapporteur.recommendations.v1.AddresseeService",
    "rapporteur.recommendations.v1.CommitmentService",
    "rapporteur.recommendations.v1.ProgressReportService",
    "rapporteur.recommendations.v1.AssessmentService",
    "rapporteur.recommendations.v1.ScheduleService",
    "rapporteur.recommendations.v1.VocabularyService",
    "rapporteur.recommendations.v1.VerdictService",
];

/// Answers the requests of one service from the records behind the desk and what the register knows.
#[derive(Clone, Debug)]
struct Api {
    desk: Desk,
    register: Register,
}

/// All services of this process but the change feed.
pub fn routes(desk: &Desk, register: &Register) -> Routes {
    let api = Api {
        desk: desk.clone(),
        register: register.clone(),
    };
    macro_rules! server {
        ($server:ident) => {
            $server::new(api.clone())
                .max_decoding_message_size(MAX_DECODING_BYTES)
                .max_encoding_message_size(MAX_ENCODING_BYTES)
        };
    }
    Routes::default()
        .add_service(server!(InstrumentServiceServer))
        .add_service(server!(RecommendationServiceServer))
        .add_service(server!(AddresseeServiceServer))
        .add_service(server!(CommitmentServiceServer))
        .add_service(server!(ProgressReportServiceServer))
        .add_service(server!(AssessmentServiceServer))
        .add_service(server!(ScheduleServiceServer))
        .add_service(server!(VocabularyServiceServer))
        .add_service(server!(VerdictServiceServer))
}
