//! Addressees: their two machines through the service, entries recorded afterwards.

mod fields;

use crate::world::*;

fn of(party: &str) -> Addressee {
    Addressee {
        party: party.into(),
        ..Addressee::default()
    }
}

#[tokio::test]
async fn an_addressee_answers() {
    let mut world = World::new().await;
    let parent = world
        .recommendation("r", adopted("Act"))
        .await
        .unwrap()
        .name;
    let made = world
        .addressee(
            &parent,
            Addressee {
                lead_post: "dialogues/rabat/posts/ma-focal".into(),
                ..of("parties/ma")
            },
        )
        .await
        .unwrap();
    assert_eq!(made.name, format!("{parent}/addressees/ma"));
    // Silence, which is not "not started".
    assert_eq!(
        (made.response(), made.implementation()),
        (Response::None, Implementation::None)
    );

    let respond = |response: Response, reason: &str| RespondAddresseeRequest {
        name: made.name.clone(),
        response: response.into(),
        word: "accepted".into(),
        on: day("2024-11-01"),
        reason: reason.into(),
        ..Default::default()
    };
    let claims = RespondAddresseeRequest {
        claims_already_implemented: true,
        ..respond(Response::Noted, "")
    };
    let noted = world
        .addressees
        .respond_addressee(claims)
        .await
        .unwrap()
        .into_inner();
    assert!(noted.claims_already_implemented);
    assert_eq!(
        (
            noted.entries[0].word.as_str(),
            noted.entries[0].recorded_by.is_empty()
        ),
        ("accepted", false)
    );
    assert_eq!(
        refused(
            world
                .addressees
                .respond_addressee(respond(Response::Supported, ""))
                .await
        )
        .1,
        "reason"
    );
    let supported = world
        .addressees
        .respond_addressee(respond(Response::Supported, "new government"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (supported.response(), supported.entries.len()),
        (Response::Supported, 2)
    );
    let back = reason(
        world
            .addressees
            .respond_addressee(respond(Response::UnderConsideration, "x"))
            .await,
    );
    assert_eq!(
        (back.0, back.1.as_str()),
        (Code::FailedPrecondition, "ILLEGAL_TRANSITION")
    );
    assert!(back.2.starts_with("respond supported,"), "{}", back.2);
    assert_eq!(
        refused(
            world
                .addressees
                .respond_addressee(respond(Response::Unspecified, ""))
                .await
        )
        .1,
        "response"
    );

    // What the ledger moves, an update does not.
    let update = UpdateAddresseeRequest {
        addressee: Some(Addressee {
            name: made.name.clone(),
            party: "parties/ma".into(),
            note: "hello".into(),
            next_due: day("2025"),
            ..Default::default()
        }),
        ..Default::default()
    };
    let noted = world
        .addressees
        .update_addressee(update.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (noted.note.as_str(), noted.response(), noted.entries.len()),
        ("hello", Response::Supported, 2)
    );
    let moved = UpdateAddresseeRequest {
        addressee: Some(of("parties/pt")).map(|a| Addressee {
            name: made.name.clone(),
            ..a
        }),
        update_mask: Some(FieldMask {
            paths: vec!["party".into()],
        }),
        ..update
    };
    assert_eq!(
        refused(world.addressees.update_addressee(moved).await).1,
        "addressee.party"
    );
}

#[tokio::test]
async fn entries_recorded_afterwards_are_moves_like_any_other() {
    let mut world = World::new().await;
    let parent = world
        .recommendation("r", adopted("Act"))
        .await
        .unwrap()
        .name;
    let entry = |on: &str, response: Response, implementation: Implementation| LedgerEntry {
        on: day(on),
        response: response.into(),
        implementation: implementation.into(),
        word: "as written".into(),
        provenance: says_so(),
        ..LedgerEntry::default()
    };
    let (no, silent) = (Response::Unspecified, Implementation::Unspecified);
    let entries = vec![
        entry("2024-01", Response::Supported, silent),
        entry("2024-02-01", no, Implementation::Planned),
        entry("2024-03-01", no, Implementation::InProgress),
    ];
    let made = world
        .addressee(
            &parent,
            Addressee {
                entries: entries.clone(),
                ..of("parties/pt")
            },
        )
        .await
        .unwrap();
    assert_eq!(
        (made.response(), made.implementation()),
        (Response::Supported, Implementation::InProgress)
    );
    assert!(
        made.entries
            .iter()
            .all(|e| e.word == "as written" && e.record_time.is_some())
    );

    let backwards = vec![
        entries[2].clone(),
        entry("2024-04-01", no, Implementation::Planned),
    ];
    let answer = reason(
        world
            .addressee(
                &parent,
                Addressee {
                    entries: backwards,
                    ..of("parties/gm")
                },
            )
            .await,
    );
    assert_eq!(
        (answer.0, answer.1.as_str()),
        (Code::FailedPrecondition, "ILLEGAL_TRANSITION")
    );
    let unsorted = vec![
        entries[2].clone(),
        entry("2024-02-01", no, Implementation::Implemented),
    ];
    let answer = refused(
        world
            .addressee(
                &parent,
                Addressee {
                    entries: unsorted,
                    ..of("parties/gm")
                },
            )
            .await,
    );
    assert_eq!(
        answer,
        (
            Code::InvalidArgument,
            "addressee.entries[1].on.value".into()
        )
    );

    // How far it was is taken from a source, or from a report that is verified.
    let mut unproven = entries;
    unproven[1].provenance = None;
    let addressee = Addressee {
        entries: unproven,
        ..of("parties/gm")
    };
    assert_eq!(
        refused(world.addressee(&parent, addressee).await),
        (
            Code::InvalidArgument,
            "addressee.entries[1].provenance".into()
        )
    );
}
