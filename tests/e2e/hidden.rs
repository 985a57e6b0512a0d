//! Who may see and do what, with the real programs: a text that is internal is learned through no call, and a call
//! that nobody may make changes nothing, whatever the caller says of itself.

use std::collections::BTreeSet;

use bytes::Bytes;
use prost::Message as _;
use prost_reflect::{DynamicMessage, MethodDescriptor, Value};
use rapporteur_proto::events::v1::event_service_client::EventServiceClient;
use rapporteur_proto::events::v1::{Event, UpdateEventRequest};
use rapporteur_proto::gateway::v1::access_service_client::AccessServiceClient;
use rapporteur_proto::gateway::v1::{
    CreateGrantRequest, CreateKeyRequest, Grant, IssueTokenRequest, Key, Role,
};
use tempfile::TempDir;
use tokio::time::{Duration, timeout};
use tonic::client::Grpc;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

use crate::harness::{PATIENCE, Running, channel, free_address};
use crate::raw::Raw;

/// In every text that only some may read.
const CANARY: &str = "xyzzy-canary";
const HIDDEN: &str = "dialogues/rabat/events/hidden";

/// The three programs, the services believing the gateway's signature alone.
struct House {
    folder: TempDir,
    gateway: Running,
    events: Running,
    recommendations: Running,
}

impl House {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let [events, recommendations, gateway] = std::array::from_fn(|_| free_address());
        let urls = [&events, &recommendations].map(|address| format!("http://{address}"));
        let services = ["--events", &urls[0], "--recommendations", &urls[1]];
        let mut door = Running::start("rapporteur-gateway", &gateway, &at("gateway"), &services);
        door.serving().await;
        let keys = at("gateway").join("caller-keys.json");
        let keys = ["--caller-keys", keys.to_str().unwrap()];
        let mut events = Running::start("rapporteur-events", &events, &at("events"), &keys);
        // Its key is made by the operator while it runs already.
        let key_file = at("recommendations.key");
        let door_url = format!("http://{gateway}");
        let own = [
            "--events",
            &urls[0],
            "--gateway",
            &door_url,
            "--key-file",
            key_file.to_str().unwrap(),
        ];
        let others = [&keys[..], &own].concat();
        let mut recommendations = Running::start(
            "rapporteur-recommendations",
            &recommendations,
            &at("recommendations"),
            &others,
        );
        events.serving().await;
        recommendations.serving().await;
        let house = Self {
            folder,
            gateway: door,
            events,
            recommendations,
        };
        house.admin_does(&[
            "key",
            "add",
            "--caller",
            "recommendations",
            "--to",
            key_file.to_str().unwrap(),
        ]);
        house.admin_does(&[
            "grant",
            "add",
            "--caller",
            "recommendations",
            "--role",
            "reader",
        ]);
        house
    }

    fn admin(&self) -> String {
        let file = self.folder.path().join("gateway/admin.key");
        std::fs::read_to_string(file).unwrap().trim().to_owned()
    }

    fn tool(&self, token: Option<&str>, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = std::process::Command::new(crate::harness::program("rapporteur"));
        command
            .args(arguments)
            .env("XDG_CONFIG_HOME", self.folder.path().join("config"))
            .env(
                "RAPPORTEUR_GATEWAY",
                format!("http://{}", self.gateway.address),
            )
            .env_remove("RAPPORTEUR_TOKEN")
            .env_remove("RAPPORTEUR_PROFILE")
            .stdin(std::process::Stdio::null());
        if let Some(token) = token {
            command.env("RAPPORTEUR_TOKEN", token);
        }
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.code(),
            String::from_utf8_lossy(&said).into_owned(),
        )
    }

    fn admin_does(&self, arguments: &[&str]) {
        let (code, said) = self.tool(Some(&self.admin()), arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {said}");
    }

    /// A key of somebody with one role in one dialogue.
    async fn key(&self, caller: &str, role: Role, dialogue: &str, party: &str) -> String {
        let mut access = AccessServiceClient::new(channel(&self.gateway.address));
        let grant = Grant {
            caller: caller.into(),
            role: role.into(),
            dialogue: dialogue.into(),
            party: party.into(),
            ..Grant::default()
        };
        let grant = CreateGrantRequest {
            grant: Some(grant),
            ..Default::default()
        };
        access
            .create_grant(bearing(grant, &self.admin()))
            .await
            .unwrap();
        let key = Key {
            caller: caller.into(),
            ..Key::default()
        };
        let key = CreateKeyRequest {
            key: Some(key),
            ..Default::default()
        };
        let made = access.create_key(bearing(key, &self.admin())).await;
        made.unwrap().into_inner().secret
    }
}

fn bearing<T>(message: T, token: &str) -> Request<T> {
    let mut request = Request::new(message);
    let credential = format!("Bearer {token}").parse().unwrap();
    request.metadata_mut().insert("authorization", credential);
    request
}

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
                for (place, key) in [(0, None), (0, Some(&elsewhere)), (1, None), (2, None)] {
                    let request = match key {
                        None => Request::new(guess.clone()),
                        Some(key) => bearing(guess.clone(), key),
                    };
                    let mut request = request;
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

#[tokio::test(flavor = "multi_thread")]
async fn rights_are_checked_where_the_record_is() {
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
        "event",
        "add",
        "--dialogue",
        "rabat",
        "--id",
        "open",
        "--title",
        "Open",
        "--kind",
        "workshop",
        "--state",
        "planned",
        "--start",
        "2027-01",
    ]);
    let officer = house
        .key("officer@rabat", Role::Officer, "dialogues/rabat", "")
        .await;
    let reader = house
        .key("reader@rabat", Role::Reader, "dialogues/rabat", "")
        .await;
    let confirm = ["event", "confirm", "rabat/open"];
    for key in [None, Some(reader.as_str()), Some("rpk_000000000000_0")] {
        let (code, said) = house.tool(key, &confirm);
        assert_eq!(code, Some(4), "{said}");
    }
    let (code, said) = house.tool(Some(&officer), &confirm);
    assert_eq!(code, Some(0), "{said}");

    // Straight to the service: with the gateway's token it is the same caller, without one it is nobody.
    let mut access = AccessServiceClient::new(channel(&house.gateway.address));
    let mut token = async |key: &str| {
        let issued = access.issue_token(bearing(IssueTokenRequest {}, key)).await;
        issued.unwrap().into_inner().token
    };
    let (officer, reader) = (token(&officer).await, token(&reader).await);
    let mut events = EventServiceClient::new(channel(&house.events.address));
    let update = || UpdateEventRequest {
        event: Some(Event {
            name: "dialogues/rabat/events/open".into(),
            series: "direct".into(),
            ..Event::default()
        }),
        update_mask: Some(rapporteur_proto::FieldMask {
            paths: vec!["series".into()],
        }),
        ..Default::default()
    };
    let mut smuggled = Request::new(update());
    for (name, value) in [("rapporteur-caller", "admin"), ("rapporteur-as", "admin")] {
        smuggled.metadata_mut().insert(name, value.parse().unwrap());
    }
    let answer = events.update_event(smuggled).await.unwrap_err();
    assert_eq!(answer.code(), Code::Unauthenticated, "{answer}");
    let answer = events
        .update_event(bearing(update(), &reader))
        .await
        .unwrap_err();
    assert_eq!(answer.code(), Code::PermissionDenied, "{answer}");
    let forged = format!("{}x", &officer[..officer.len() - 1]);
    for odd in [forged.as_str(), &house.admin(), "x", "a.b.c"] {
        let answer = events
            .update_event(bearing(update(), odd))
            .await
            .unwrap_err();
        assert_eq!(answer.code(), Code::Unauthenticated, "{odd}: {answer}");
    }
    // Who was refused is on record, beside who was not.
    let trail = ["audit", "--service", "events", "--refused"];
    let (code, said) = house.tool(Some(&house.admin()), &trail);
    assert_eq!(code, Some(0), "{said}");
    for caller in ["anonymous", "reader@rabat"] {
        assert!(said.contains(caller), "{said}");
    }
    let (code, _) = house.tool(None, &trail);
    assert_eq!(code, Some(4), "the trail is for auditors");
    let updated = events
        .update_event(bearing(update(), &officer))
        .await
        .unwrap();
    assert_eq!(updated.into_inner().series, "direct");
}

/// A ministry answers for itself: not for another, not in another dialogue, and not about what belongs to nobody.
#[tokio::test(flavor = "multi_thread")]
async fn a_focal_point_answers_for_its_own_party_alone() {
    let house = House::start().await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/cli/sample");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "ndjson"))
        .collect();
    files.sort();
    let files = files.iter().map(|path| path.to_str().unwrap());
    let load: Vec<&str> = ["load"].into_iter().chain(files).collect();
    house.admin_does(&load);
    let ours = house
        .key(
            "focal@gm",
            Role::FocalPoint,
            "dialogues/rabat",
            "parties/gm",
        )
        .await;
    let theirs = house
        .key(
            "focal@pt",
            Role::FocalPoint,
            "dialogues/rabat",
            "parties/pt",
        )
        .await;
    let elsewhere = house
        .key(
            "focal@kp",
            Role::FocalPoint,
            "dialogues/khartoum",
            "parties/gm",
        )
        .await;
    let respond = [
        "respond",
        "rabat/2023-geneva-missing.network/gm",
        "--response",
        "supported",
        "--on",
        "2026-01-20",
    ];
    for key in [None, Some(&theirs), Some(&elsewhere)] {
        let (code, said) = house.tool(key.map(String::as_str), &respond);
        assert_eq!(code, Some(4), "{said}");
    }
    let (code, said) = house.tool(Some(&ours), &respond);
    assert_eq!(code, Some(0), "{said}");
    // A report can neither be made in another's name nor given to another.
    let add = |party: &'static str| {
        [
            "report",
            "add",
            "--dialogue",
            "rabat",
            "--id",
            "r",
            "--addressee",
            "rabat/2023-geneva-missing.network/gm",
            "--party",
            party,
            "--claimed",
            "in-progress",
            "--text",
            "A focal point is named",
        ]
    };
    let (code, said) = house.tool(Some(&ours), &add("pt"));
    assert_eq!(code, Some(4), "{said}");
    let (code, said) = house.tool(Some(&ours), &add("gm"));
    assert_eq!(code, Some(0), "{said}");
    let submit = ["report", "submit", "rabat/r"];
    let (code, said) = house.tool(Some(&theirs), &submit);
    assert_eq!(code, Some(4), "{said}");
    let (code, said) = house.tool(Some(&ours), &submit);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = house.tool(Some(&ours), &["report", "verify", "rabat/r"]);
    assert_eq!(code, Some(4), "who reports does not verify: {said}");
}
