//! The OpenAPI document: the bindings, in words that tools for HTTP read. All of it is made from the descriptor
//! set and the comments of the protos, so it says what this very program does.

mod comments;
mod schema;

use http::Method;
use prost_reflect::{FieldDescriptor, Kind};
use rapporteur_access::Who;
use serde_json::{Map, Value, json};

use self::comments::Comments;
use self::schema::Schemas;
use super::bindings::{Binding, Bindings, BodyOf};

const ABOUT: &str = "The record of intergovernmental dialogues. The same calls over gRPC: ask its reflection. \
    Whatever everybody may read needs no key. An error is `{\"error\": {code, status, message, details}}` as AIP-193 \
    writes it; `details` name the wrong fields, the present etag, the moves that would do, or when to come back.";

/// The document, version 3.1.
pub fn document(bindings: &Bindings) -> Value {
    let comments = Comments::of(rapporteur_proto::descriptor_pool());
    let mut schemas = Schemas::new(&comments);
    let mut paths: Map<String, Value> = Map::new();
    let mut tags: Vec<Value> = Vec::new();
    let mut named: Vec<String> = Vec::new();
    for binding in bindings.all() {
        let service = binding.call.parent_service();
        if tags.iter().all(|tag| tag["name"] != service.name()) {
            let about = comments.at(&service.parent_file(), service.path());
            tags.push(json!({"name": service.name(), "description": about}));
        }
        let mut id = format!("{}_{}", service.name(), binding.call.name());
        let same = named.iter().filter(|name| **name == id).count();
        named.push(id.clone());
        if same > 0 {
            id.push_str(&format!("_{}", same + 1));
        }
        let (path, variables) = binding.template.spelt_out();
        let operation = operation(binding, &id, &variables, &mut schemas, &comments);
        let method = binding.method.as_str().to_ascii_lowercase();
        let at = paths.entry(path).or_insert_with(|| json!({}));
        if let Some(at) = at.as_object_mut() {
            at.insert(method, operation);
        }
    }
    paths.extend(super::calendar::paths());
    let about = "Calendars to subscribe to.";
    tags.push(json!({"name": "Calendar", "description": about}));
    let mut components = schemas.into_components();
    components["Error"] = error();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "rapporteur",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
        },
        "servers": [{"url": "/"}],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    })
}

fn operation(
    binding: &Binding,
    id: &str,
    variables: &[String],
    schemas: &mut Schemas<'_>,
    comments: &Comments,
) -> Value {
    let call = &binding.call;
    let service = call.parent_service();
    let about = comments.at(&service.parent_file(), call.path());
    let summary = about.split_once(". ").map_or(about, |(first, _)| first);
    let mut parameters: Vec<Value> = variables.iter().map(|name| in_path(name)).collect();
    if binding.body != BodyOf::Request {
        let of_path: Vec<&str> = binding.template.fields().collect();
        for field in call.input().fields() {
            let in_body = matches!(&binding.body, BodyOf::Field(whole) if *whole == field);
            if !in_body && !of_path.contains(&field.name()) {
                parameters.push(in_query(&field, schemas));
            }
        }
    }
    parameters.extend(headers(binding));
    if binding.method == Method::GET {
        parameters.extend(super::export::parameters(binding));
    }
    let mut operation = json!({
        "operationId": id,
        "tags": [service.name()],
        "summary": summary.trim_end_matches('.'),
        "description": about,
        "parameters": parameters,
        "responses": responses(binding, schemas),
        "security": [{"key": []}],
    });
    let path = binding.path();
    let rule = rapporteur_access::rule(path.strip_prefix('/').unwrap_or(&path));
    if rule.is_some_and(|rule| rule.who == Who::Anyone) {
        operation["security"] = json!([{}, {"key": []}]);
    }
    let (body, required) = match &binding.body {
        BodyOf::Nothing => return operation,
        BodyOf::Request => (schemas.message(&call.input()), false),
        BodyOf::Field(field) => (schemas.field(field), true),
    };
    operation["requestBody"] = json!({
        "required": required,
        "content": {"application/json": {"schema": body}},
    });
    operation
}

fn in_path(name: &str) -> Value {
    let about = if name == "name" {
        "Name of the record, slashes included."
    } else {
        "Id within its collection; `-` stands for any where a list allows it."
    };
    json!({
        "name": name,
        "in": "path",
        "required": true,
        "description": about,
        "schema": {"type": "string"},
    })
}

fn in_query(field: &FieldDescriptor, schemas: &mut Schemas<'_>) -> Value {
    let schema = schemas.field(field);
    let mut parameter = json!({
        "name": field.json_name(),
        "in": "query",
        "description": schemas.about_field(field),
    });
    let message = matches!(field.kind(), Kind::Message(_));
    if message && schema.get("type") != Some(&"string".into()) {
        parameter["content"] = json!({"application/json": {"schema": schema}});
    } else {
        parameter["schema"] = schema;
    }
    parameter
}

/// The headers that a call reads.
fn headers(binding: &Binding) -> Vec<Value> {
    let header = |name: &str, about: &str| json!({"name": name, "in": "header", "description": about, "schema": {"type": "string"}});
    let mut all = Vec::new();
    if binding.method == Method::GET {
        if binding.call.output().get_field_by_name("etag").is_some() {
            all.push(header(
                "If-None-Match",
                "The `ETag` of what the caller has: 304 while it is the same.",
            ));
        }
        return all;
    }
    if binding
        .call
        .input()
        .get_field_by_name("request_id")
        .is_some()
    {
        all.push(header(
            "Idempotency-Key",
            "Repeating a request with the same key does it once; the same as `requestId`.",
        ));
    }
    if super::request::etag_place(binding).is_some() {
        all.push(header(
            "If-Match",
            "The `ETag` that the record must still have.",
        ));
    }
    all
}

fn responses(binding: &Binding, schemas: &mut Schemas<'_>) -> Value {
    let output = binding.call.output();
    let (media, about) = if binding.call.is_server_streaming() {
        (
            "application/x-ndjson",
            "One JSON object a line; if the stream breaks, the last line is an error.",
        )
    } else {
        ("application/json", "Done.")
    };
    let schema = match &binding.answer {
        Some(field) => schemas.field(field),
        None => schemas.message(&output),
    };
    let mut content = Map::new();
    content.insert(media.to_owned(), json!({"schema": schema}));
    if binding.method == Method::GET {
        super::export::content(binding, &mut content);
    }
    let mut responses = json!({
        "200": {"description": about, "content": content},
        "default": {
            "description": "An error.",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        },
    });
    if output.get_field_by_name("etag").is_some() {
        responses["200"]["headers"] = json!({
            "ETag": {"description": "Version of the record.", "schema": {"type": "string"}},
        });
        if binding.method == Method::GET {
            responses["304"] = json!({"description": "It is as the caller has it."});
        }
    }
    responses
}

/// What AIP-193 writes.
fn error() -> Value {
    json!({
        "type": "object",
        "required": ["error"],
        "properties": {"error": {
            "type": "object",
            "required": ["code", "status", "message", "details"],
            "properties": {
                "code": {"type": "integer", "description": "Status of HTTP."},
                "status": {"type": "string", "description": "Code of gRPC."},
                "message": {"type": "string", "description": "For people."},
                "details": {
                    "type": "array",
                    "description": "For programs: messages of `google.rpc`.",
                    "items": {
                        "type": "object",
                        "required": ["@type"],
                        "properties": {"@type": {"type": "string"}},
                        "additionalProperties": true,
                    },
                },
            },
        }},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made() -> Value {
        document(&Bindings::of(rapporteur_proto::descriptor_pool()).unwrap())
    }

    #[test]
    fn a_call_is_described_with_its_comments() {
        let document = made();
        let list = &document["paths"]["/v1/dialogues/{dialogue}/events"]["get"];
        assert_eq!(list["operationId"], "EventService_ListEvents");
        let parameters = list["parameters"].as_array().unwrap();
        let of = |name: &str| parameters.iter().find(|p| p["name"] == name).unwrap();
        assert_eq!(of("dialogue")["in"], "path");
        assert_eq!(of("states")["schema"]["type"], "array");
        assert_eq!(of("asOf")["schema"]["format"], "date-time");
        assert!(
            of("ownOnly")["description"]
                .as_str()
                .unwrap()
                .contains("Joint events")
        );
        assert!(parameters.iter().all(|p| p["name"] != "parent"));
        let event = &document["components"]["schemas"]["rapporteur.events.v1.Event"];
        assert_eq!(event["properties"]["uid"]["readOnly"], true);
        assert_eq!(list["security"][0], json!({}));

        let create = &document["paths"]["/v1/dialogues/{dialogue}/events"]["post"];
        assert_eq!(create["security"], json!([{"key": []}]));
        let body = &create["requestBody"]["content"]["application/json"]["schema"];
        assert_eq!(
            body["$ref"],
            "#/components/schemas/rapporteur.events.v1.Event"
        );
        let coverage = &document["paths"]["/v1/dialogues/{dialogue}/plans/{plan}/coverage"]["get"];
        let parameters = coverage["parameters"].as_array().unwrap();
        let at_least = parameters.iter().find(|p| p["name"] == "atLeast").unwrap();
        assert!(at_least["content"]["application/json"]["schema"].is_object());
        let watch = &document["paths"]["/v1/changes:watch"]["get"];
        assert!(watch["responses"]["200"]["content"]["application/x-ndjson"].is_object());
    }

    #[test]
    fn everything_that_is_described_says_what_it_means() {
        let document = made();
        let (mut operations, mut silent) = (0, Vec::new());
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                operations += 1;
                if operation["description"] == "" {
                    silent.push(format!("{method} {path}"));
                }
                for parameter in operation["parameters"].as_array().unwrap() {
                    if parameter["description"] == "" {
                        silent.push(format!("{method} {path}: {}", parameter["name"]));
                    }
                }
            }
        }
        assert!(operations > 100, "{operations}");
        assert_eq!(silent, Vec::<String>::new());
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = made();
        let text = document.to_string();
        for reference in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
            let name = reference.split('"').next().unwrap();
            let schema = &document["components"]["schemas"][name];
            assert!(schema.is_object(), "{name}");
        }
    }
}
