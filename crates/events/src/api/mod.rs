//! gRPC: each handler takes the request apart, asks the noun, and answers. No rule lives here.

mod dialogue;
mod event;
mod party;
mod plan;
mod source;

use rapporteur_proto::events::v1::dialogue_service_server::DialogueServiceServer;
use rapporteur_proto::events::v1::event_service_server::EventServiceServer;
use rapporteur_proto::events::v1::party_service_server::PartyServiceServer;
use rapporteur_proto::events::v1::plan_service_server::PlanServiceServer;
use rapporteur_proto::events::v1::source_service_server::SourceServiceServer;
use rapporteur_server::{Desk, MAX_DECODING_BYTES, MAX_ENCODING_BYTES};
use tonic::service::Routes;

/// Full names of the services that [`routes`] answers, for health.
pub const SERVICES: [&str; 5] = [
    "rapporteur.events.v1.PartyService",
    "rapporteur.events.v1.SourceService",
    "rapporteur.events.v1.DialogueService",
    "rapporteur.events.v1.PlanService",
    "rapporteur.events.v1.EventService",
];

/// Answers the requests of one service from the records behind the desk.
#[derive(Clone, Debug)]
struct Api {
    desk: Desk,
}

/// All services of this process but the change feed.
pub fn routes(desk: &Desk) -> Routes {
    let api = Api { desk: desk.clone() };
    macro_rules! server {
        ($server:ident) => {
            $server::new(api.clone())
                .max_decoding_message_size(MAX_DECODING_BYTES)
                .max_encoding_message_size(MAX_ENCODING_BYTES)
        };
    }
    Routes::default()
        .add_service(server!(PartyServiceServer))
        .add_service(server!(SourceServiceServer))
        .add_service(server!(DialogueServiceServer))
        .add_service(server!(PlanServiceServer))
        .add_service(server!(EventServiceServer))
}
