//! Which service owns what. A new service is one line here.

use rapporteur_proto::changes::v1::Service;

/// A service behind the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Which one.
    pub service: Service,
    /// Its name, in errors and for operators.
    pub name: &'static str,
    /// How the paths of its calls begin.
    pub path: &'static str,
    /// How the types of its records begin.
    pub types: &'static str,
    /// Collections whose records it keeps: the last but one part of a name.
    pub collections: &'static [&'static str],
}

/// All services.
pub const ROUTES: [Route; 2] = [
    Route {
        service: Service::Events,
        name: "events",
        path: "/rapporteur.events.v1.",
        types: "rapporteur.events.",
        collections: &[
            "parties",
            "sources",
            "dialogues",
            "memberships",
            "posts",
            "chairmanships",
            "plans",
            "nodes",
            "crosswalks",
            "events",
        ],
    },
    Route {
        service: Service::Recommendations,
        name: "recommendations",
        path: "/rapporteur.recommendations.v1.",
        types: "rapporteur.recommendations.",
        collections: &[
            "instruments",
            "recommendations",
            "addressees",
            "commitments",
            "reports",
            "assessments",
            "schedules",
            "vocabularies",
            "verdicts",
        ],
    },
];

/// Whether a service is there for callers. The calls about a store are for operators, who make them to one
/// process.
pub fn is_public(service: &str) -> bool {
    !service.starts_with("rapporteur.store.")
}

/// The place in [`ROUTES`] of the service that answers a call. Two comparisons: quicker than any map.
pub fn of_path(path: &str) -> Option<usize> {
    ROUTES.iter().position(|route| path.starts_with(route.path))
}

/// The place in [`ROUTES`] of the service that keeps records of a type.
pub fn of_type(type_name: &str) -> Option<usize> {
    ROUTES
        .iter()
        .position(|route| type_name.starts_with(route.types))
}

/// The place in [`ROUTES`] of the service that keeps the record with this name.
pub fn of_name(name: &str) -> Option<usize> {
    let collection = name.rsplit('/').nth(1)?;
    ROUTES
        .iter()
        .position(|route| route.collections.contains(&collection))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_types_and_names_have_one_owner() {
        assert_eq!(
            of_path("/rapporteur.events.v1.EventService/GetEvent"),
            Some(0)
        );
        assert_eq!(
            of_path("/rapporteur.recommendations.v1.AddresseeService/GetAddressee"),
            Some(1)
        );
        assert_eq!(of_path("/rapporteur.events.v2.EventService/GetEvent"), None);
        assert_eq!(of_type("rapporteur.events.v1.Event"), Some(0));
        assert_eq!(of_name("dialogues/rabat/events/x"), Some(0));
        assert_eq!(
            of_name("dialogues/rabat/recommendations/x/addressees/pt"),
            Some(1)
        );
        assert_eq!(of_name("parties/pt"), Some(0));
        assert_eq!(of_name("x"), None);
    }

    #[test]
    fn every_service_of_the_protos_has_an_owner() {
        // What the gateway answers itself; everything else has to be routed, but for what operators ask of
        // one process.
        let own = ["rapporteur.gateway.", "rapporteur.changes."];
        for service in rapporteur_proto::descriptor_pool().services() {
            let name = service.full_name();
            if !is_public(name) {
                assert_eq!(of_path(&format!("/{name}/Any")), None);
            } else if own.iter().all(|package| !name.starts_with(package)) {
                assert!(
                    of_path(&format!("/{name}/Any")).is_some(),
                    "{name} leads nowhere"
                );
            }
        }
    }
}
