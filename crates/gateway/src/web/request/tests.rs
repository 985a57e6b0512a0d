use http::{HeaderName, Method};
use prost::Message as _;
use rapporteur_proto::events::v1::GetEventRequest;
use rapporteur_proto::events::v1::{
    CreateEventRequest, EventKind, EventState, ListEventsRequest, PlanEventRequest,
    UpdateEventRequest,
};
use rapporteur_proto::gateway::v1::GetCoverageRequest;

use super::super::bindings::{Bindings, Found};
use super::*;

/// The request that a line of HTTP means, or the field that is wrong and why.
fn read<M: prost::Message + Default>(
    method: Method,
    target: &str,
    headers: &[(&'static str, &str)],
    body: &str,
) -> std::result::Result<M, String> {
    let bindings = Bindings::of(rapporteur_proto::descriptor_pool()).unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = Path::split(path);
    let Found::Call(binding) = bindings.find(&method, &path) else {
        panic!("nothing at {target}");
    };
    let mut all = HeaderMap::new();
    if !body.is_empty() {
        all.insert(
            CONTENT_TYPE,
            "application/json; charset=utf-8".parse().unwrap(),
        );
    }
    for (name, value) in headers {
        all.insert(HeaderName::from_static(name), value.parse().unwrap());
    }
    let said = Said {
        path: &path,
        query,
        headers: &all,
        body: body.as_bytes(),
    };
    let message = message(binding, said).map_err(|error| error.to_string())?;
    Ok(M::decode(message.encode_to_vec().as_slice()).unwrap())
}

fn get<M: prost::Message + Default>(target: &str) -> std::result::Result<M, String> {
    read(Method::GET, target, &[], "")
}

const EVENTS: &str = "/v1/dialogues/rabat/events";
const EVENT: &str = "/v1/dialogues/rabat/events/e";

#[test]
fn a_query_is_read_by_the_types_of_its_fields() {
    let target = format!(
        "{EVENTS}?pageSize=7&states=EVENT_STATE_HELD&states=3&kinds=EVENT_KIND_SUMMIT&themes=a&themes=b\
         &own_only=true&textPrefix=caf%C3%A9+x&from=2024-01-01&asOf=2024-05-06T07:08:09Z"
    );
    let request: ListEventsRequest = get(&target).unwrap();
    assert_eq!(request.parent, "dialogues/rabat");
    assert_eq!(request.page_size, 7);
    assert_eq!(
        request.states,
        [EventState::Held as i32, EventState::Confirmed as i32]
    );
    assert_eq!(request.kinds, [EventKind::Summit as i32]);
    assert_eq!(request.themes, ["a", "b"]);
    assert!(request.own_only);
    assert_eq!(request.text_prefix, "café x");
    assert_eq!(request.as_of.unwrap().seconds, 1_714_979_289);
    let at_least = "%7B%22service%22:%22SERVICE_EVENTS%22,%22position%22:%225%22%7D";
    let target = format!("/v1/dialogues/rabat/plans/p/coverage?atLeast={at_least}");
    let request: GetCoverageRequest = get(&target).unwrap();
    assert_eq!(request.at_least[0].position, 5);
}

#[test]
fn a_wrong_parameter_is_named() {
    for (query, named) in [
        ("x=1", "x: is no parameter"),
        ("pageSize=many", "pageSize"),
        ("ownOnly=yes", "ownOnly: \"yes\" should be true or false"),
        ("states=HELD", "states[0]"),
        ("pageSize=1&pageSize=2", "pageSize: is given twice"),
        ("asOf=yesterday", "asOf"),
        ("states.x=1", "states.x: is no parameter"),
    ] {
        let refused = get::<ListEventsRequest>(&format!("{EVENTS}?{query}")).unwrap_err();
        assert!(refused.contains(named), "{query}: {refused}");
    }
}

#[test]
fn the_body_is_the_request_or_one_field_of_it() {
    let body = r#"{"title": {"byLanguage": {"en": "Ä"}}, "kind": "EVENT_KIND_SUMMIT"}"#;
    let target = format!("{EVENTS}?eventId=e&validateOnly=true");
    let created: CreateEventRequest = read(Method::POST, &target, &[], body).unwrap();
    let event = created.event.unwrap();
    assert_eq!(event.title.unwrap().by_language["en"], "Ä");
    assert_eq!(
        (created.event_id.as_str(), created.validate_only),
        ("e", true)
    );

    let body = r#"{"name": "dialogues/other/events/x", "series": "s"}"#;
    let target = format!("{EVENT}?updateMask=series,start.value");
    let updated: UpdateEventRequest = read(Method::PATCH, &target, &[], body).unwrap();
    assert_eq!(updated.event.unwrap().name, "dialogues/rabat/events/e");
    assert_eq!(
        updated.update_mask.unwrap().paths,
        ["series", "start.value"]
    );

    let body = r#"{"reason": "why", "name": "dialogues/other/events/x"}"#;
    let plan = format!("{EVENT}:plan");
    let planned: PlanEventRequest = read(Method::POST, &plan, &[], body).unwrap();
    assert_eq!(planned.name, "dialogues/rabat/events/e");
    assert_eq!(planned.reason, "why");
    let planned: PlanEventRequest = read(Method::POST, &plan, &[], "").unwrap();
    assert_eq!(planned.name, "dialogues/rabat/events/e");
}

#[test]
fn a_wrong_body_says_where() {
    let refused =
        |body: &str| read::<CreateEventRequest>(Method::POST, EVENTS, &[], body).unwrap_err();
    for (body, named) in [
        ("", "content-type"),
        ("{", "body: is not JSON"),
        ("[]", "body: should be a JSON object"),
        (r#"{"titel": {}}"#, "titel"),
        (r#"{"start": {"value": 7}}"#, "event.start.value"),
        (
            r#"{"agenda": [{}, {"number": {}}]}"#,
            "event.agenda[1].number",
        ),
    ] {
        let refused = refused(body);
        assert!(refused.contains(named), "{body}: {refused}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(refused(&deep).contains("body: is not JSON"));
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let refused = read::<CreateEventRequest>(Method::POST, EVENTS, &form, "a=b").unwrap_err();
    assert!(refused.contains("should be application/json"), "{refused}");
    let refused = read::<GetEventRequest>(Method::GET, EVENT, &[], "{}").unwrap_err();
    assert!(refused.contains("body: this call has no body"), "{refused}");
    let target = format!("{EVENTS}?event.series=s");
    let refused = read::<CreateEventRequest>(Method::POST, &target, &[], "{}").unwrap_err();
    assert!(refused.contains("belongs into the body"), "{refused}");
    let target = format!("{EVENT}:plan?reason=x");
    let refused = read::<PlanEventRequest>(Method::POST, &target, &[], "{}").unwrap_err();
    assert!(refused.contains("reason: stands in the query"), "{refused}");
}

#[test]
fn headers_become_the_fields_that_mean_the_same() {
    let plan = format!("{EVENT}:plan");
    let headers = [("idempotency-key", "\"k-1\""), ("if-match", "\"7\"")];
    let planned: PlanEventRequest = read(Method::POST, &plan, &headers, "").unwrap();
    assert_eq!(
        (planned.request_id.as_str(), planned.etag.as_str()),
        ("k-1", "7")
    );
    let body = r#"{"request_id": "k-1"}"#;
    let planned: PlanEventRequest = read(Method::POST, &plan, &headers, body).unwrap();
    assert_eq!(planned.request_id, "k-1");
    let other = r#"{"requestId": "k-2"}"#;
    let refused = read::<PlanEventRequest>(Method::POST, &plan, &headers, other).unwrap_err();
    assert!(
        refused.contains("idempotency-key: is another one"),
        "{refused}"
    );

    let updated: UpdateEventRequest =
        read(Method::PATCH, EVENT, &headers, r#"{"series": "s"}"#).unwrap();
    assert_eq!(updated.event.unwrap().etag, "7");
    assert_eq!(updated.request_id, "k-1");
    let weak = [("if-match", "W/\"7\"")];
    let refused = read::<UpdateEventRequest>(Method::PATCH, EVENT, &weak, "{}").unwrap_err();
    assert!(
        refused.contains("if-match: should be one etag"),
        "{refused}"
    );
    let refused = read::<ListEventsRequest>(Method::GET, EVENTS, &headers, "").unwrap_err();
    assert!(refused.contains("if-match: has no meaning"), "{refused}");
}
