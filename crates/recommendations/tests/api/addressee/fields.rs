//! Every field of an addressee has its rule, and a party is addressed once.

use super::of;
use crate::world::*;

#[tokio::test]
async fn every_field_has_its_rule() {
    let mut world = World::new().await;
    let parent = world
        .recommendation("r", adopted("Act"))
        .await
        .unwrap()
        .name;
    let (invalid, unknown) = (Code::InvalidArgument, Code::FailedPrecondition);
    for (field, code, addressee) in [
        ("addressee.party", invalid, of("")),
        ("addressee.party", invalid, of("pt")),
        ("addressee.party", unknown, of("parties/nobody")),
        (
            "addressee.group",
            invalid,
            Addressee {
                group: "x".repeat(501),
                ..of("parties/pt")
            },
        ),
        (
            "addressee.addressed.value",
            invalid,
            Addressee {
                addressed: day("x"),
                ..of("parties/pt")
            },
        ),
        (
            "addressee.lead_post",
            invalid,
            Addressee {
                lead_post: "posts/x".into(),
                ..of("parties/pt")
            },
        ),
        (
            "addressee.lead_post",
            unknown,
            Addressee {
                lead_post: "dialogues/rabat/posts/no".into(),
                ..of("parties/pt")
            },
        ),
        (
            "addressee.next_due.value",
            invalid,
            Addressee {
                next_due: day("2024-1"),
                ..of("parties/pt")
            },
        ),
        (
            "addressee.note",
            invalid,
            Addressee {
                note: "a\u{202E}b".into(),
                ..of("parties/pt")
            },
        ),
        (
            "addressee.entries[0].response",
            invalid,
            Addressee {
                entries: vec![LedgerEntry::default()],
                ..of("parties/pt")
            },
        ),
    ] {
        assert_eq!(
            refused(world.addressee(&parent, addressee.clone()).await),
            (code, field.to_owned()),
            "{addressee:?}"
        );
    }
    let nowhere = world
        .addressee("dialogues/rabat/recommendations/no", of("parties/pt"))
        .await;
    assert_eq!(refused(nowhere), (unknown, "parent".into()));
}

#[tokio::test]
async fn a_party_is_addressed_once() {
    let mut world = World::new().await;
    let parent = world
        .recommendation("r", adopted("Act"))
        .await
        .unwrap()
        .name;
    let request = |id: &str| CreateAddresseeRequest {
        parent: parent.clone(),
        addressee_id: id.into(),
        addressee: Some(of("parties/pt")),
        ..Default::default()
    };
    let chosen = world
        .addressees
        .create_addressee(request("first"))
        .await
        .unwrap()
        .into_inner();
    for id in ["", "second"] {
        let again = world
            .addressees
            .create_addressee(request(id))
            .await
            .unwrap_err();
        assert!(again.message().contains(&chosen.name), "{again}");
        assert_eq!(reason::<()>(Err(again)).1, "ALREADY_ADDRESSED");
    }
    let mut callers = Vec::new();
    for id in 0..8 {
        let mut client = world.addressees.clone();
        let id = if id == 0 {
            String::new()
        } else {
            format!("m-{id}")
        };
        let request = CreateAddresseeRequest {
            addressee: Some(of("parties/ma")),
            ..request(&id)
        };
        callers.push(tokio::spawn(async move {
            client.create_addressee(request).await
        }));
    }
    let mut made = 0;
    for caller in callers {
        made += usize::from(caller.await.unwrap().is_ok());
    }
    assert_eq!(made, 1);
}
