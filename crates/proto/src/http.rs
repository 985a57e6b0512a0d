//! How a call is made over HTTP/JSON, as its `google.api.http` annotation says.

use prost::Message as _;
use prost_reflect::{MethodDescriptor, Value};

use crate::google::api::HttpRule;

/// The annotation, without its field number.
const HTTP: &str = "google.api.http";

/// The HTTP rules of a method: the first is the usual one, further ones lead to the same call. Empty when the
/// method has no annotation.
pub fn http_rules(method: &MethodDescriptor) -> Vec<HttpRule> {
    let pool = method.parent_pool();
    let Some(http) = pool.get_extension_by_name(HTTP) else {
        return Vec::new();
    };
    let options = method.options();
    if !options.has_extension(&http) {
        return Vec::new();
    }
    let annotation = options.get_extension(&http);
    let Value::Message(rule) = annotation.as_ref() else {
        return Vec::new();
    };
    // Both are the same message, so one reads what the other writes.
    let Ok(mut first) = HttpRule::decode(rule.encode_to_vec().as_slice()) else {
        return Vec::new();
    };
    let others = std::mem::take(&mut first.additional_bindings);
    [first].into_iter().chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::google::api::http_rule::Pattern;

    fn rules(service: &str, method: &str) -> Vec<HttpRule> {
        let pool = crate::descriptor_pool();
        let service = pool.get_service_by_name(service).unwrap();
        let method = service.methods().find(|m| m.name() == method).unwrap();
        http_rules(&method)
    }

    #[test]
    fn a_rule_is_read_with_what_it_adds() {
        let [create] = &rules("rapporteur.events.v1.EventService", "CreateEvent")[..] else {
            panic!("one rule");
        };
        let path = "/v1/{parent=dialogues/*}/events".to_owned();
        assert_eq!(create.pattern, Some(Pattern::Post(path)));
        assert_eq!(create.body, "event");
        assert_eq!(
            rules("rapporteur.gateway.v1.TraceService", "Trace").len(),
            5
        );
        assert!(rules("rapporteur.store.v1.StoreService", "GetStoreInfo").is_empty());
    }
}
