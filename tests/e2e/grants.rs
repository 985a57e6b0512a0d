//! Who may do what, with the real programs: whatever a caller says of itself, the service that owns the record
//! goes by what the gateway signed.

use rapporteur_proto::events::v1::event_service_client::EventServiceClient;
use rapporteur_proto::events::v1::{Event, UpdateEventRequest};
use rapporteur_proto::gateway::v1::access_service_client::AccessServiceClient;
use rapporteur_proto::gateway::v1::{IssueTokenRequest, Role};
use tonic::{Code, Request};

use crate::harness::channel;
use crate::keyed::{House, bearing};

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
    house.load_sample();
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
