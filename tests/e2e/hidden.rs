//! A text that is internal is learned through no call of the real programs.

use std::collections::BTreeSet;

use bytes::Bytes;
use prost::Message as _;
use prost_reflect::{DynamicMessage, MethodDescriptor, Value};
use rapporteur_proto::events::v1::GetEventRequest;
use rapporteur_proto::gateway::v1::Role;
use tokio::time::{Duration, timeout};
use tonic::client::Grpc;
use tonic::transport::Channel;
use tonic::{Request, Status};

use crate::harness::{PATIENCE, channel};
use crate::keyed::{House, bearing};
use crate::nearby;
use rapporteur_server::Raw;

/// In every text that only some may read.
const CANARY: &str = "xyzzy-canary";
const HIDDEN: &str = "dialogues/rabat/events/hidden";

/// All that a call answers within a while, errors and details too.
async fn answers(to: &Channel, method: &MethodDescriptor, request: Request<Bytes>) -> Vec<u8> {
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let mut client = Grpc::new(to.clone());
    client.ready().await.unwrap();
    let answer = client
        .server_streaming(request, path.parse().unwrap(), Raw)
        .await;
    let mut heard = Vec::new();
    let mut hear = |status: &Status| {
        heard.extend_from_slice(status.message().as_bytes());
        heard.extend_from_slice(status.details());
    };
    match answer {
        Err(status) => hear(&status),
        Ok(stream) => {
            let mut stream = stream.into_inner();
            let quiet = Duration::from_millis(300);
            while let Ok(Ok(Some(message))) = timeout(quiet, stream.message()).await {
                heard.extend_from_slice(&message);
            }
        }
    }
    heard
}

/// Requests that may lead to the hidden record: its name, or that of what it hangs on, in every field that may
/// hold a name, in turn and all at once.
fn guesses(method: &MethodDescriptor) -> BTreeSet<Vec<u8>> {
    let names = [
        HIDDEN,
        "dialogues/rabat",
        "dialogues/-",
        "dialogues/rabat/recommendations/hidden",
        "dialogues/rabat/instruments/hidden",
        "dialogues/rabat/plans/cadiz",
        // A word of the hidden title: what finds words must not find it.
        "xyzzy",
        "",
    ];
    let texts: Vec<_> = method
        .input()
        .fields()
        .filter(|field| field.kind() == prost_reflect::Kind::String)
        .filter(|field| !field.name().contains("token"))
        .collect();
    let mut guesses = BTreeSet::new();
    for name in names {
        let value = |list: bool| {
            let one = Value::String(name.to_owned());
            if list { Value::List(vec![one]) } else { one }
        };
        let mut all = DynamicMessage::new(method.input());
        for field in &texts {
            let mut one = DynamicMessage::new(method.input());
            one.set_field(field, value(field.is_list()));
            guesses.insert(one.encode_to_vec());
            all.set_field(field, value(field.is_list()));
        }
        guesses.insert(all.encode_to_vec());
    }
    guesses
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_text_is_learned_through_no_call() {
    let house = House::start().await;
    house.admin_does(&[
        "dialogue",
        "add",
        "--id",
        "rabat",
        "--title",
        "Rabat Process",
    ]);
    house.admin_does(&[
        "dialogue",
        "add",
        "--id",
        "khartoum",
        "--title",
        "Khartoum Process",
    ]);
    let title = format!("{CANARY} retreat");
    let inside = house.folder.path().join("inside.json");
    std::fs::write(&inside, r#"{"visibility": "VISIBILITY_INTERNAL"}"#).unwrap();
    house.admin_does(&[
        "event",
        "add",
        "--dialogue",
        "rabat",
        "--id",
        "hidden",
        "--title",
        &title,
        "--kind",
        "workshop",
        "--state",
        "planned",
        "--start",
        "2027-01",
        "--json",
        inside.to_str().unwrap(),
    ]);
    let (code, said) = house.tool(None, &["event", "show", "rabat/hidden"]);
    assert_eq!(code, Some(3), "{said}");
    let elsewhere = house
        .key("officer@khartoum", Role::Officer, "dialogues/khartoum", "")
        .await;
    let reader = house
        .key("reader@rabat", Role::Reader, "dialogues/rabat", "")
        .await;
    let (code, said) = house.tool(Some(&reader), &["event", "show", "rabat/hidden"]);
    assert_eq!(code, Some(0), "who may read it does: {said}");
    assert!(said.contains(CANARY));

    let get = GetEventRequest {
        name: HIDDEN.into(),
        as_of: None,
    };
    let copied = nearby::copied(
        &house,
        "events.v1.EventService/GetEvent",
        &get,
        Some(&reader),
    );
    assert!(
        copied
            .await
            .windows(CANARY.len())
            .any(|w| w == CANARY.as_bytes())
    );

    let places = [
        &house.gateway.address,
        &house.events.address,
        &house.recommendations.address,
    ];
    let mut asked = 0;
    for service in rapporteur_proto::descriptor_pool().services() {
        if !service.full_name().starts_with("rapporteur.") {
            continue;
        }
        for method in service.methods() {
            for guess in guesses(&method) {
                let guess = Bytes::from(guess);
                let from = [(0, None), (0, Some(&elsewhere)), (1, None), (2, None)];
                // Where a copy would do, none is shown to the wrong reader either.
                let by_name = ["Get", "BatchGet"].map(|first| method.name().starts_with(first));
                let copies = from[..2].iter().filter(|_| by_name.contains(&true));
                let ways = from.iter().map(|way| (way, false));
                for (&(place, key), copy) in ways.chain(copies.map(|way| (way, true))) {
                    let request = match key {
                        None => Request::new(guess.clone()),
                        Some(key) => bearing(guess.clone(), key),
                    };
                    let mut request = request;
                    if copy {
                        nearby::accept_copy(&mut request);
                    }
                    // What a client says of itself is not believed.
                    request
                        .metadata_mut()
                        .insert("rapporteur-caller", "admin".parse().unwrap());
                    let to = channel(places[place]);
                    let heard = timeout(PATIENCE, answers(&to, &method, request))
                        .await
                        .unwrap();
                    let learned = heard
                        .windows(CANARY.len())
                        .any(|window| window == CANARY.as_bytes());
                    assert!(
                        !learned,
                        "{} at {place} with {:?}",
                        method.full_name(),
                        DynamicMessage::decode(method.input(), guess)
                    );
                    asked += 1;
                }
            }
        }
    }
    println!("{asked} calls learned nothing");
    assert!(asked > 1_000);
}
