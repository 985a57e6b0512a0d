//! Every rule of every field: one small wrong thing in a sound message, and the answer names its field.

use rapporteur_proto::events::v1::*;
use rapporteur_proto::r#type::v1::*;

use crate::harness::*;

/// Fields, each with a change that makes it wrong.
pub(crate) type Wrong<T> = Vec<(&'static str, fn(&mut T))>;

/// Sends the sound message, then each wrong one; all as dry runs. `$wrong` is a list of (field, change).
macro_rules! each_field {
    ($client:expr, $rpc:ident, $request:expr, $field:ident, $sound:expr, $wrong:expr) => {{
        let mut send = async |message| {
            let mut request = $request;
            request.$field = Some(message);
            request.validate_only = true;
            request.reason = "a test".into();
            $client.$rpc(request).await.map(Response::into_inner)
        };
        send($sound).await.unwrap();
        for (field, change) in $wrong {
            let mut message = $sound;
            let change: fn(&mut _) = change;
            change(&mut message);
            let refused: Status = send(message).await.expect_err(field);
            assert!(
                refused.code() != tonic::Code::Internal && refused.code() != tonic::Code::Unknown,
                "{refused:?}"
            );
            if refused.code() == tonic::Code::FailedPrecondition {
                assert_eq!(
                    (reason(&refused).as_str(), told(&refused, "field").as_str()),
                    ("UNKNOWN_REFERENCE", field)
                );
            } else {
                assert_eq!(wrong_fields(&refused), [field], "{}", refused.message());
            }
        }
    }};
}
pub(crate) use each_field;

mod dialogues;
mod events;
mod parties;
mod plans;

pub(crate) fn long(characters: usize) -> String {
    "x".repeat(characters)
}

pub(crate) fn words(tag: &str, words: &str) -> Option<LocalizedText> {
    Some(LocalizedText {
        by_language: [(tag.to_owned(), words.to_owned())].into(),
        ..LocalizedText::default()
    })
}

pub(crate) fn from_source(name: &str) -> Provenance {
    Provenance {
        source: name.into(),
        ..Provenance::default()
    }
}

pub(crate) fn claim(id: &str) -> Claim {
    Claim {
        id: id.into(),
        measure: "participants".into(),
        ..Claim::default()
    }
}

pub(crate) fn role(party: &str) -> EventRole {
    EventRole {
        party: party.into(),
        role: Role::Host.into(),
        ..EventRole::default()
    }
}

pub(crate) fn delegation(party: &str) -> Delegation {
    Delegation {
        party: party.into(),
        ..Delegation::default()
    }
}

pub(crate) fn link(node: &str) -> PlanLink {
    PlanLink {
        node: format!("{CADIZ}/nodes/{node}"),
        kind: 1,
        ..PlanLink::default()
    }
}

pub(crate) fn document(id: &str) -> Document {
    Document {
        id: id.into(),
        kind: "agenda".into(),
        ..Document::default()
    }
}

pub(crate) fn url(address: &str) -> Link {
    Link {
        url: address.into(),
        ..Link::default()
    }
}

#[tokio::test]
async fn the_request_itself() {
    let mut house = House::furnished().await;
    let created = house.event("x", event()).await;
    let request = CreateEventRequest {
        parent: RABAT.into(),
        event: Some(event()),
        ..Default::default()
    };
    for (request, field) in [
        (
            CreateEventRequest {
                parent: "rabat".into(),
                ..request.clone()
            },
            "parent",
        ),
        (
            CreateEventRequest {
                parent: "dialogues/-".into(),
                ..request.clone()
            },
            "parent",
        ),
        (
            CreateEventRequest {
                request_id: "a b".into(),
                ..request.clone()
            },
            "request_id",
        ),
        (
            CreateEventRequest {
                request_id: long(65),
                ..request.clone()
            },
            "request_id",
        ),
        (
            CreateEventRequest {
                reason: long(2_001),
                ..request.clone()
            },
            "reason",
        ),
        (
            CreateEventRequest {
                event_id: "é".into(),
                ..request.clone()
            },
            "event_id",
        ),
    ] {
        assert_eq!(
            wrong_fields(&house.events.create_event(request).await.unwrap_err()),
            [field]
        );
    }
    // All that is wrong is said at once.
    let both = Event {
        ordinal: -1,
        mode: 9,
        ..created
    };
    let request = UpdateEventRequest {
        event: Some(both),
        ..Default::default()
    };
    assert_eq!(
        wrong_fields(&house.events.update_event(request).await.unwrap_err()),
        ["event.mode", "event.ordinal"]
    );
    let nameless = UpdateEventRequest {
        event: Some(event()),
        ..Default::default()
    };
    assert_eq!(
        wrong_fields(&house.events.update_event(nameless).await.unwrap_err()),
        ["event.name"]
    );
    let nothing = UpdateEventRequest::default();
    assert_eq!(
        wrong_fields(&house.events.update_event(nothing).await.unwrap_err()),
        ["event"]
    );
    // A record larger than a row of the store.
    let texts: Vec<Provenance> = (0..80)
        .map(|_| Provenance {
            quote: long(20_000),
            ..Provenance::default()
        })
        .collect();
    let large = CreateEventRequest {
        parent: RABAT.into(),
        event: Some(Event {
            provenance: texts,
            ..event()
        }),
        ..Default::default()
    };
    assert_eq!(
        reason(&house.events.create_event(large).await.unwrap_err()),
        "TOO_LARGE"
    );
}
