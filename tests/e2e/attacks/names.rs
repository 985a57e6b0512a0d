//! Names that are none: paths that climb, that are encoded once too often, that look like others, that turn around,
//! that end early or not at all - of every noun, over gRPC and in paths of HTTP.

use std::fmt::Write as _;

use bytes::Bytes;
use prost::Message as _;
use prost_reflect::{DynamicMessage, MethodDescriptor, Value};
use rapporteur_proto::google::api::http_rule::Pattern;
use rapporteur_proto::http_rules;
use tonic::client::Grpc;
use tonic::transport::Channel;
use tonic::{Code, Status};

use super::http::{self, Answer};
use super::{Results, code};
use crate::harness::channel;
use crate::keyed::{House, bearing};
use rapporteur_server::Raw;

/// Segments of a name that nothing may be called.
fn odd() -> Vec<String> {
    let mut all: Vec<String> = [
        "",
        ".",
        "..",
        "~",
        "*",
        "-",
        "../rabat",
        "../../etc/passwd",
        "..\\rabat",
        "rabat/..",
        "rabat/",
        "rabat/../rabat",
        "%2f",
        "%2e%2e",
        "%2e%2e%2f",
        "..%2frabat",
        "%252e%252e%252f",
        "%c0%ae%c0%ae",
        "%00",
        "rabat%00",
        "rabat\0",
        "r\u{430}bat",
        "\u{ff52}\u{ff41}\u{ff42}\u{ff41}\u{ff54}",
        "raba\u{301}t",
        "rabat\u{202e}",
        "\u{2066}rabat\u{2069}",
        "\u{200b}rabat",
        "rabat\u{feff}",
        "RABAT",
        "Rabat",
        " rabat",
        "rabat ",
        "rabat\t",
        "rabat\r\nX-Evil: 1",
        "rabat\n",
        "rabat;x=1",
        "rabat?x=1",
        "rabat#x",
        "rabat:cancel",
        "{rabat}",
        "<rabat>",
        "rabat'--",
        "rabat\"",
        "$(id)",
        "`id`",
        "\u{1f600}",
        "\u{10ffff}",
        "=1+1",
    ]
    .map(str::to_owned)
    .into();
    all.push("r".repeat(300));
    all.push("r".repeat(8_000));
    all
}

/// A method that reads one record of a noun, and the shape of the noun's names.
struct Noun {
    get: MethodDescriptor,
    shape: String,
}

/// Each noun that can be asked for by name.
fn nouns() -> Vec<Noun> {
    let services = rapporteur_proto::descriptor_pool().services();
    let methods = services.flat_map(|service| service.methods().collect::<Vec<_>>());
    let shape = |method: &MethodDescriptor| {
        let rule = http_rules(method).into_iter().next()?;
        let Some(Pattern::Get(path)) = rule.pattern else {
            return None;
        };
        let shape = path.strip_prefix("/v1/{name=")?.strip_suffix('}')?;
        Some(shape.to_owned())
    };
    methods
        .filter(|method| method.name().starts_with("Get"))
        .filter_map(|get| {
            Some(Noun {
                shape: shape(&get)?,
                get,
            })
        })
        .collect()
}

/// Names of this shape with one segment that is odd: the last, and the first.
fn spoilt(shape: &str, odd: &str) -> Vec<String> {
    let stars = shape.matches('*').count();
    let places = if stars > 1 {
        vec![0, stars - 1]
    } else {
        vec![0]
    };
    let spoil = |place: usize| {
        let mut parts = shape.split('*');
        let mut name = parts.next().unwrap().to_owned();
        for (number, rest) in parts.enumerate() {
            name.push_str(if number == place { odd } else { "rabat" });
            name.push_str(rest);
        }
        name
    };
    places.into_iter().map(spoil).collect()
}

async fn ask(
    to: &Channel,
    method: &MethodDescriptor,
    key: &str,
    message: &DynamicMessage,
) -> Result<(), Status> {
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let mut client = Grpc::new(to.clone());
    client.ready().await.unwrap();
    let mut request = bearing(Bytes::from(message.encode_to_vec()), key);
    request.set_timeout(std::time::Duration::from_secs(20));
    let answer = client.unary(request, path.parse().unwrap(), Raw).await;
    answer.map(drop)
}

/// Each byte that may not stand in a target of HTTP, as %XX; `%` and `/` stay what they are.
fn target(name: &str) -> String {
    let mut target = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/%*:".contains(&byte) {
            target.push(char::from(byte));
        } else {
            write!(target, "%{byte:02X}").unwrap();
        }
    }
    target
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_names_lead_nowhere() {
    let house = House::start().await;
    house.admin_does(&[
        "dialogue",
        "add",
        "--id",
        "rabat",
        "--title",
        "Rabat Process",
    ]);
    let (key, gateway) = (house.admin(), channel(&house.gateway.address));
    let nouns = nouns();
    assert!(nouns.len() > 15, "{}", nouns.len());
    let mut results = Results::new("names of every noun");
    for noun in &nouns {
        let (mut grpc, mut web) = (Vec::new(), Vec::new());
        for odd in odd() {
            for name in spoilt(&noun.shape, &odd) {
                let mut message = DynamicMessage::new(noun.get.input());
                message.set_field_by_name("name", Value::String(name.clone()));
                let came = code(&ask(&gateway, &noun.get, &key, &message).await);
                if ![Code::InvalidArgument, Code::NotFound].contains(&came) {
                    grpc.push((name.clone(), came));
                }
                let request = format!(
                    "GET /v1/{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n\r\n",
                    target(&name)
                );
                let Answer { status, .. } =
                    http::ask(&house.gateway.address, request.as_bytes()).await;
                // What is left of a path may be that of a list, which is another call and not this record.
                let is_list = name.ends_with('/') || odd.is_empty();
                let refused = [400, 404, 405, 414, 431].contains(&status);
                if !(refused || is_list && status == 200) {
                    web.push((name, status));
                }
            }
        }
        let shape = &noun.shape;
        let nothing = "INVALID_ARGUMENT or NOT_FOUND";
        results.said(
            &format!("{shape} over gRPC"),
            nothing,
            &format!("others: {grpc:?}"),
            grpc.is_empty(),
        );
        results.said(
            &format!("/v1/{shape}"),
            "400 or 404",
            &format!("others: {web:?}"),
            web.is_empty(),
        );
    }
    results.print();
}

/// Nothing is created under an odd id, whatever else is right or wrong with it.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_gets_an_odd_name() {
    let house = House::start().await;
    house.admin_does(&[
        "dialogue",
        "add",
        "--id",
        "rabat",
        "--title",
        "Rabat Process",
    ]);
    let (key, gateway) = (house.admin(), channel(&house.gateway.address));
    let mut results = Results::new("ids of new records");
    let services = rapporteur_proto::descriptor_pool().services();
    for method in services.flat_map(|service| service.methods().collect::<Vec<_>>()) {
        let input = method.input();
        let id = input
            .fields()
            .find(|field| field.name().ends_with("_id") && field.name() != "request_id");
        let (true, Some(id)) = (method.name().starts_with("Create"), id) else {
            continue;
        };
        let mut made = Vec::new();
        // Without an id one is given.
        for odd in odd().iter().filter(|odd| !odd.is_empty()) {
            let mut message = DynamicMessage::new(input.clone());
            message.set_field(&id, Value::String(odd.clone()));
            if input.get_field_by_name("parent").is_some() {
                message.set_field_by_name("parent", Value::String("dialogues/rabat".into()));
            }
            let came = ask(&gateway, &method, &key, &message).await;
            if code(&came) != Code::InvalidArgument {
                made.push((odd.clone(), code(&came)));
            }
        }
        let what = format!("{} with {}", method.name(), id.name());
        results.said(
            &what,
            "INVALID_ARGUMENT",
            &format!("others: {made:?}"),
            made.is_empty(),
        );
    }
    results.print();
    let (_, listed) = house.tool(None, &["dialogue", "list", "-o", "csv"]);
    assert_eq!(listed.lines().count(), 2, "{listed}");
}
