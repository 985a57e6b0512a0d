//! Reads that the gateway answers from its own copies: what they show is what the service shows, to each reader, and
//! never older than what was asked for.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use prost::Message as _;
use rapporteur_proto::FieldMask;
use rapporteur_proto::changes::v1::ListChangesRequest;
use rapporteur_proto::changes::v1::change_service_client::ChangeServiceClient;
use rapporteur_proto::events::v1::event_service_client::EventServiceClient;
use rapporteur_proto::events::v1::{
    BatchGetEventsRequest, Event, GetEventRequest, UpdateEventRequest,
};
use rapporteur_proto::gateway::v1::Role;
use tonic::client::Grpc;
use tonic::{Code, Request, Response, Status};

use crate::harness::{PATIENCE, channel};
use crate::keyed::{House, bearing};
use rapporteur_server::Raw;

/// As old a copy as there may be: what decides is what its reader has seen.
const ANY_AGE: &str = "max-age=86400";

/// Says that a copy will do.
pub(crate) fn accept_copy<T>(request: &mut Request<T>) {
    accept(request, ANY_AGE);
}

fn accept<T>(request: &mut Request<T>, said: &str) {
    let metadata = request.metadata_mut();
    metadata.insert("cache-control", said.parse().unwrap());
}

fn by<T>(message: T, key: Option<&str>) -> Request<T> {
    match key {
        Some(key) => bearing(message, key),
        None => Request::new(message),
    }
}

async fn asked(
    house: &House,
    rpc: &str,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, Status> {
    let mut client = Grpc::new(channel(&house.gateway.address));
    client.ready().await.unwrap();
    let path = format!("/rapporteur.{rpc}").parse().unwrap();
    client.unary(request, path, Raw).await
}

fn is_copy(answer: &Response<Bytes>) -> bool {
    let metadata = answer.metadata();
    assert_eq!(
        metadata.contains_key("age"),
        metadata.contains_key("rapporteur-position")
    );
    metadata.contains_key("age")
}

/// What the gateway answers from its copies, once it does.
pub(crate) async fn copied(
    house: &House,
    rpc: &str,
    message: &impl prost::Message,
    key: Option<&str>,
) -> Bytes {
    let until = Instant::now() + PATIENCE;
    loop {
        let mut request = by(Bytes::from(message.encode_to_vec()), key);
        accept_copy(&mut request);
        if let Ok(answer) = asked(house, rpc, request).await
            && is_copy(&answer)
        {
            return answer.into_inner();
        }
        assert!(Instant::now() < until, "{rpc} is answered by the service");
    }
}

/// The names of all records, by type.
async fn records(house: &House) -> BTreeMap<String, Vec<String>> {
    let mut changes = ChangeServiceClient::new(channel(&house.gateway.address))
        .max_decoding_message_size(64 << 20);
    let mut records = BTreeMap::<String, Vec<String>>::new();
    let mut token = String::new();
    loop {
        let request = ListChangesRequest {
            token,
            page_size: 1_000,
            ..ListChangesRequest::default()
        };
        let page = changes.list_changes(bearing(request, &house.admin()));
        let page = page.await.unwrap().into_inner();
        for resource in page.changes.into_iter().flat_map(|change| change.resources) {
            let names = records.entry(resource.r#type).or_default();
            if !names.contains(&resource.name) {
                names.push(resource.name);
            }
        }
        token = page.next_token;
        if page.at_head {
            return records;
        }
    }
}

/// The call that gets one record of a type.
fn get(type_name: &str) -> String {
    let services = rapporteur_proto::descriptor_pool().services();
    let mut methods = services.flat_map(|service| service.methods().collect::<Vec<_>>());
    let found = methods.find(|method| {
        method.name().starts_with("Get") && method.output().full_name() == type_name
    });
    let found = found.unwrap_or_else(|| panic!("nothing gets a {type_name}"));
    let path = format!("{}/{}", found.parent_service().full_name(), found.name());
    path.trim_start_matches("rapporteur.").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_are_what_the_service_answers_to_each_reader() {
    let house = House::start().await;
    house.load_sample();
    let reader = house
        .key("reader@rabat", Role::Reader, "dialogues/rabat", "")
        .await;
    let admin = house.admin();
    let readers = [None, Some(reader.as_str()), Some(admin.as_str())];
    let (mut same, mut hidden) = (0, 0);
    for (type_name, names) in records(&house).await {
        let rpc = get(&type_name);
        for name in names.iter().take(20) {
            // Every request for one record looks like this one.
            let message = GetEventRequest {
                name: name.clone(),
                as_of: None,
            };
            let bytes = Bytes::from(message.encode_to_vec());
            for reader in readers {
                let service = asked(&house, &rpc, by(bytes.clone(), reader)).await;
                match service {
                    Ok(answer) => {
                        assert!(!is_copy(&answer), "{name}: nobody asked for a copy");
                        let copy = copied(&house, &rpc, &message, reader).await;
                        assert_eq!(copy, answer.into_inner(), "{name}");
                        same += 1;
                    }
                    Err(status) => {
                        let mut request = by(bytes.clone(), reader);
                        accept_copy(&mut request);
                        let refused = asked(&house, &rpc, request).await.unwrap_err();
                        assert_eq!(refused.code(), status.code(), "{name}");
                        assert_eq!(refused.message(), status.message(), "{name}");
                        hidden += 1;
                    }
                }
            }
        }
        println!("{rpc}: {} records", names.len());
    }
    println!("{same} answers are the same, {hidden} are refused alike");
    assert!(same > 100);

    let events = records(&house).await.remove("rapporteur.events.v1.Event");
    let names: Vec<String> = events.unwrap().into_iter().take(30).collect();
    let batch = BatchGetEventsRequest { names, as_of: None };
    let rpc = "events.v1.EventService/BatchGetEvents";
    let bytes = Bytes::from(batch.encode_to_vec());
    let service = asked(&house, rpc, by(bytes, Some(&admin))).await.unwrap();
    let copy = copied(&house, rpc, &batch, Some(&admin)).await;
    assert_eq!(copy, service.into_inner());
}

/// The number in an event's series.
fn number(event: &Event) -> u32 {
    event.series.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_shown_less_than_was_promised() {
    let house = House::start().await;
    house.load_sample();
    let rabat = "dialogues/rabat";
    let officer = house.key("officer@rabat", Role::Officer, rabat, "").await;
    let reader = house.key("reader@rabat", Role::Reader, rabat, "").await;
    let name = "dialogues/rabat/events/open";
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
    let mut client = EventServiceClient::new(channel(&house.gateway.address));
    let get = || GetEventRequest {
        name: name.into(),
        as_of: None,
    };
    let (mut copies, mut acknowledged) = (0, Vec::<(Instant, u32)>::new());
    for round in 1..=60_u32 {
        let event = Event {
            name: name.into(),
            series: round.to_string(),
            ..Event::default()
        };
        let update = UpdateEventRequest {
            event: Some(event),
            update_mask: Some(FieldMask {
                paths: vec!["series".into()],
            }),
            ..UpdateEventRequest::default()
        };
        let updated = client.update_event(bearing(update, &officer)).await;
        updated.unwrap();
        acknowledged.push((Instant::now(), round));

        // One's own writes are seen at once, however old a copy one accepts.
        let mut own = bearing(get(), &officer);
        accept_copy(&mut own);
        let own = client.get_event(own).await.unwrap();
        copies += usize::from(own.metadata().contains_key("age"));
        assert_eq!(number(own.get_ref()), round, "the officer's own");

        // Whoever has seen a state is never shown one before it.
        if round % 3 == 0 {
            let strict = client.get_event(bearing(get(), &reader)).await.unwrap();
            assert!(!strict.metadata().contains_key("age"));
            assert_eq!(number(strict.get_ref()), round);
            let mut loose = bearing(get(), &reader);
            accept_copy(&mut loose);
            let loose = client.get_event(loose).await.unwrap();
            assert!(number(loose.get_ref()) >= round, "the reader went back");
        }

        // Of others' writes one sees at least those that were acknowledged so long ago.
        let began = Instant::now();
        let mut other = Request::new(get());
        accept(&mut other, "max-age=1");
        let other = client.get_event(other).await.unwrap();
        let old = began.checked_sub(Duration::from_secs(1));
        let owed = acknowledged
            .iter()
            .filter(|(at, _)| old.is_some_and(|old| *at <= old))
            .map(|(_, number)| *number)
            .max()
            .unwrap_or_default();
        let shown = other.get_ref().series.parse().unwrap_or(0_u32);
        assert!(shown >= owed, "{shown} was shown, {owed} was owed");
    }
    println!("{copies} of 60 own writes were read from copies");

    // The service is gone: a copy is shown while it is as fresh as is asked, and then nothing.
    copied(&house, "events.v1.EventService/GetEvent", &get(), None).await;
    house.events.kill();
    let mut loose = Request::new(get());
    accept_copy(&mut loose);
    assert_eq!(number(client.get_event(loose).await.unwrap().get_ref()), 60);
    let until = Instant::now() + PATIENCE;
    loop {
        let mut short = Request::new(get());
        accept(&mut short, "max-age=1");
        match client.get_event(short).await {
            // It asks as fast as it can: told to come back, it does.
            Err(status) if status.code() == Code::ResourceExhausted => {
                assert!(Instant::now() < until, "{status}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Err(status) => break assert_eq!(status.code(), Code::Unavailable, "{status}"),
            Ok(answer) => assert!(Instant::now() < until, "{answer:?}"),
        }
    }
}
