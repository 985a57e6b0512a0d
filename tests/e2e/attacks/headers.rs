//! Smuggling in who calls: headers that our own processes use between them, and those of others, in every spelling.

use std::time::Duration;

use rapporteur_proto::events::v1::dialogue_service_client::DialogueServiceClient;
use rapporteur_proto::events::v1::{CreateDialogueRequest, Dialogue};
use rapporteur_proto::gateway::v1::Role;
use rapporteur_proto::r#type::v1::LocalizedText;
use tonic::metadata::{AsciiMetadataKey, BinaryMetadataKey, MetadataValue};
use tonic::transport::Channel;
use tonic::{Code, Request};

use super::http::{self, Answer};
use super::{Results, code};
use crate::floods::{Attacker, HEADERS, literal};
use crate::harness::channel;
use crate::keyed::House;

/// Names under which somebody may try to say who calls: ours, and those that other houses' proxies set.
const NAMES: [&str; 16] = [
    "rapporteur-caller",
    "rapporteur-as",
    "rapporteur-rights",
    "rapporteur-grants",
    "rapporteur-token",
    "x-rapporteur-caller",
    "grpc-metadata-rapporteur-caller",
    "x-forwarded-user",
    "x-forwarded-for",
    "x-remote-user",
    "remote-user",
    "x-auth-request-email",
    "x-client-cert",
    "x-forwarded-client-cert",
    "proxy-authorization",
    "cookie",
];
const VALUES: [&str; 4] = ["admin", "admin:admin", "recommendations", "anonymous"];

fn request() -> Request<CreateDialogueRequest> {
    let mut request = Request::new(CreateDialogueRequest {
        dialogue_id: "smuggled".into(),
        dialogue: Some(Dialogue {
            title: Some(LocalizedText {
                by_language: [("en".to_owned(), "Smuggled".to_owned())].into(),
                ..LocalizedText::default()
            }),
            ..Dialogue::default()
        }),
        ..CreateDialogueRequest::default()
    });
    request.set_timeout(Duration::from_secs(20));
    request
}

/// Asks for a write with a header in every number and encoding; the codes that came.
async fn smuggle(to: &Channel, name: &str, value: &str, key: Option<&str>) -> Vec<Code> {
    let mut codes = Vec::new();
    for way in ["once", "twice", "in bytes"] {
        let mut request = request();
        let metadata = request.metadata_mut();
        if let Some(key) = key {
            metadata.insert("authorization", format!("Bearer {key}").parse().unwrap());
        }
        if way == "in bytes" {
            let name = BinaryMetadataKey::from_bytes(format!("{name}-bin").as_bytes()).unwrap();
            metadata.insert_bin(name, MetadataValue::from_bytes(value.as_bytes()));
        } else {
            let name = AsciiMetadataKey::from_bytes(name.as_bytes()).unwrap();
            metadata.append(name.clone(), "anonymous".parse().unwrap());
            if way == "twice" {
                metadata.append(name, value.parse().unwrap());
            } else {
                metadata.insert(name, value.parse().unwrap());
            }
        }
        let mut dialogues = DialogueServiceClient::new(to.clone());
        codes.push(code(&dialogues.create_dialogue(request).await));
    }
    codes
}

#[tokio::test(flavor = "multi_thread")]
async fn who_calls_cannot_be_smuggled_in() {
    let house = House::start().await;
    house.admin_does(&[
        "dialogue",
        "add",
        "--id",
        "rabat",
        "--title",
        "Rabat Process",
    ]);
    let reader = house
        .key("reader@rabat", Role::Reader, "dialogues/rabat", "")
        .await;
    let (gateway, events) = (
        channel(&house.gateway.address),
        channel(&house.events.address),
    );
    let mut results = Results::new("headers");
    // One that only the admin key may send is refused with any other, which is as good.
    let refused = [Code::Unauthenticated, Code::PermissionDenied];
    for name in NAMES {
        for (place, to, key) in [
            ("at the gateway, nobody", &gateway, None),
            ("at the gateway, a reader", &gateway, Some(reader.as_str())),
            ("at events, nobody", &events, None),
        ] {
            for value in VALUES {
                for came in smuggle(to, name, value, key).await {
                    results.add(&format!("{name}: {value}, {place}"), &refused, &came);
                }
            }
        }
    }
    // HTTP/1.1 takes names in any case.
    for name in [
        "RAPPORTEUR-CALLER",
        "Rapporteur-As",
        "rapporteur_caller",
        "Rapporteur-Caller ",
    ] {
        let body = r#"{"title": {"byLanguage": {"en": "Smuggled"}}}"#;
        let length = body.len();
        let request = format!(
            "POST /v1/dialogues?dialogueId=smuggled HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
             {name}: admin\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let Answer { status, .. } = http::ask(&house.gateway.address, request.as_bytes()).await;
        results.add(&format!("{name} over HTTP/1.1"), &[400, 401, 403], &status);
    }
    for address in [&house.gateway.address, &house.events.address] {
        let answered = upper_case(address).await;
        results.add(
            "Rapporteur-Caller in capitals over HTTP/2",
            &[false],
            &answered,
        );
    }
    // Who it is stays who it is.
    let (_, plain) = house.tool(Some(&reader), &["whoami", "-o", "json"]);
    for name in ["rapporteur-caller", "x-forwarded-user"] {
        let request = format!(
            "GET /v1/caller HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {reader}\r\n\
             {name}: admin\r\n\r\n"
        );
        let Answer { status, body, .. } =
            http::ask(&house.gateway.address, request.as_bytes()).await;
        let said = String::from_utf8_lossy(&body).into_owned();
        let is_same = status == 200 && said.contains("reader@rabat") && !said.contains("admin");
        results.said(
            &format!("{name} beside a key"),
            "reader@rabat",
            &said,
            is_same,
        );
    }
    assert!(plain.contains("reader@rabat"), "{plain}");
    let (_, listed) = house.tool(None, &["dialogue", "list", "-o", "json"]);
    results.add(
        "(is anything there that was smuggled in)",
        &[false],
        &listed.contains("smuggled"),
    );
    results.print();
}

/// Whether a call with such a name gets as far as an answer of gRPC. RFC 9113 8.2.1 calls it malformed.
async fn upper_case(address: &str) -> bool {
    let mut attacker = Attacker::connect(address, &[]).await;
    let (_, mut head) = attacker.head("events.v1.DialogueService/CreateDialogue", 5);
    let more = literal("Rapporteur-Caller", "admin");
    head.extend(&more);
    let length = u32::try_from(head.len() - 9).unwrap().to_be_bytes();
    head[..3].copy_from_slice(&length[1..]);
    attacker.send(&head).await.ok();
    attacker.is_answered(HEADERS).await
}
